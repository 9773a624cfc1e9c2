import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digits } from "steepest/data";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "../../scripts/sources.mjs";
import { linearLadder } from "../../studies/linear-ladder.js";
import { band } from "../../studies/study.js";
import { isFull } from "../full.js";

const folder = mkdtempSync(join(tmpdir(), "steepest-ladder-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Digits in the form of CIFAR-10: 28×28 grey within 32×32, three equal planes. */
function writeDigits(): void {
  const { inputs, targets, test } = digits({ train: 300, test: 300 });
  if (test === undefined) throw new Error("the digits have no test part");
  for (const [name, part] of Object.entries({ "data_batch_1_0-299.bin": { inputs, targets }, "test_batch_0-299.bin": test })) {
    const out = new Uint8Array(300 * 3073);
    for (let record = 0; record < 300; record++) {
      out[record * 3073] = part.targets.data[record];
      for (let plane = 0; plane < 3; plane++)
        for (let row = 0; row < 28; row++)
          out.set(
            Uint8Array.from(part.inputs.data.subarray((record * 28 + row) * 28, (record * 28 + row + 1) * 28)),
            record * 3073 + 1 + plane * 1024 + (row + 2) * 32 + 2,
          );
    }
    writeFileSync(join(folder, name), out);
  }
}

const study = (...argv: string[]) =>
  spawnSync(process.execPath, [join(root, "scripts/run-typescript.mjs"), join(root, "studies/main.ts"), ...argv], { encoding: "utf8" });

describe("the linear ladder", () => {
  it("climbs in three steps, in its short form on digits", async () => {
    writeDigits();
    const reports: string[] = [];
    const options = { data: folder, seeds: [1, 2], quick: true, report: (text: string) => reports.push(text) };
    const { rows, protocol } = await linearLadder.run(options);
    expect(rows.map(({ name }) => name)).toEqual(["random search", "random local search", "gradient descent in batches"]);
    for (const { values } of rows) expect(values).toHaveLength(2);
    const [random, , gradient] = rows.map(({ values }) => band(values).mean);
    expect(gradient).toBeGreaterThan(random + 0.2);
    expect(protocol[0]).toMatch(/^300 training images/);
    expect(reports.length).toBeGreaterThan(40);
    // As a command, from the published bundle: the same seed, the same numbers.
    const { status, stdout, stderr } = study("linear-ladder", "--data", folder, "--quick", "--seeds", "1", "--json");
    expect([status, stderr]).toEqual([0, ""]);
    const printed = JSON.parse(stdout);
    expect(printed.study).toBe("linear-ladder");
    printed.rows.forEach(({ values }: { values: readonly number[] }, i: number) => expect(values).toEqual([rows[i].values[0]]));
  });

  it.each<[readonly string[], number, RegExp]>([
    [["lader"], 2, /no study "lader"\. There are: linear-ladder/],
    [["linear-ladder"], 2, /needs --data DIR: CIFAR-10/],
    [["linear-ladder", "--data", "x", "--sedes", "3"], 2, /sedes/],
    [["linear-ladder", "--data", "/nowhere/at/all"], 1, /no file or folder of that name/],
  ])("calls %j wrong", (argv, code, message) => {
    const { status, stdout, stderr } = study(...argv);
    expect([status, stdout]).toEqual([code, ""]);
    expect(stderr).toMatch(message);
  });
});

const cifar = join(process.env.STEEPEST_SHARED ?? join(root, "../shared"), "data/cifar10");

describe.skipIf(!isFull || !existsSync(cifar))("the linear ladder on CIFAR-10, in full", () => {
  it("stands where it was published", async () => {
    const { rows } = await linearLadder.run({ data: cifar, seeds: [1, 2, 3, 4, 5], quick: false, report: () => undefined });
    const [random, local, gradient] = rows.map(({ values }) => band(values));
    expect(random.least).toBeLessThan(0.1555 + 0.01);
    expect(random.most).toBeGreaterThan(0.1555 - 0.01);
    expect(local.mean).toBeGreaterThan(0.19);
    expect(local.mean).toBeLessThan(0.24);
    expect(local.least).toBeGreaterThan(random.mean);
    expect(gradient.least).toBeGreaterThan(local.most + 0.08);
  });
});

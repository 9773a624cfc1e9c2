import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dense, fit, flatten, sequential } from "steepest";
import { arrayDataset, bytesToUnit, writeNpy } from "steepest/data";
import { npyDataset } from "steepest/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rejectionOf } from "../errors.js";

let folder = "";
const path = (name: string) => join(folder, name);
const save = (name: string, shape: readonly number[], data: Parameters<typeof writeNpy>[0]["data"]) =>
  writeFileSync(path(name), writeNpy({ shape, data }));
const records = 600;
const pixels = Uint8Array.from({ length: records * 6 }, (_, i) => (i * 89) % 256);
const labels = Uint8Array.from({ length: records }, (_, i) => (i % 6 < 2 ? 1 : 0));

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "steepest-npy-dataset-"));
  save("x.npy", [records, 2, 3], pixels);
  save("y.npy", [records], labels);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("npyDataset", () => {
  it("is trained on as the arrays themselves are", async () => {
    const data = await npyDataset(path("x.npy"), path("y.npy"), {
      ...{ classes: 2, preprocessing: bytesToUnit, memory: "2 kB", chunk: 20 },
      test: { inputs: path("x.npy"), targets: path("y.npy") },
    });
    expect([data.inputs, data.targets, data.memory, data.chunk]).toEqual([
      { shape: [records, 2, 3], dtype: "u8" },
      { shape: [records], dtype: "u8" },
      2000,
      20,
    ]);
    const all = { inputs: { shape: [records, 2, 3], data: pixels }, targets: labels };
    const resident = arrayDataset({ ...all, classes: 2, preprocessing: bytesToUnit, test: all });
    const options = { order: "sequential", batchSize: 32, epochs: 2 } as const;
    const model = () => sequential(flatten(), dense(2));
    const flat = (await import("steepest")).flatten;
    const [run, expected] = [
      await fit(sequential(flat(), model()), data, options),
      await fit(sequential(flat(), model()), resident, options),
    ];
    expect(run.theta).toEqual(expected.theta);
    expect(run.test?.accuracy).toBe(expected.test?.accuracy);
  });

  it("reads labels and numbers of any type", async () => {
    save("double.npy", [records], Float64Array.from(labels));
    save("short.npy", [records], Int16Array.from(labels));
    save(
      "half.npy",
      [records],
      Float32Array.from(labels, (label) => label / 2),
    );
    const chunk = async (inputs: string, targets: string, classes?: number) =>
      (await npyDataset(path(inputs), path(targets), classes === undefined ? {} : { classes })).read(7, 5);
    for (const name of ["double.npy", "short.npy"])
      expect((await chunk("x.npy", name, 2)).targets).toEqual({ shape: [5], dtype: "i32", data: Int32Array.from(labels.subarray(7, 12)) });
    expect(await chunk("short.npy", "half.npy")).toEqual({
      inputs: { shape: [5, 1], dtype: "i32", data: Int32Array.from(labels.subarray(7, 12)) },
      targets: { shape: [5], dtype: "f32", data: Float32Array.from(labels.subarray(7, 12), (label) => label / 2) },
    });
    expect((await rejectionOf(chunk("x.npy", "half.npy", 2))).message).toMatch(/no whole number[\s\S]*half\.npy, record \d+/);
  });

  it("says what is wrong, before or on the way", async () => {
    save("fewer.npy", [records - 1], labels.subarray(1));
    const opening = async (x: string, y: string) => (await rejectionOf(npyDataset(path(x), path(y), { classes: 2 }))).message;
    expect(await opening("x.npy", "fewer.npy")).toContain("not as many targets");
    expect(await opening("none.npy", "y.npy")).toContain("none.npy");
    const numbers = Float32Array.from({ length: records }, (_, i) => (i === 431 ? Number.NaN : i / records));
    save("nan.npy", [records], numbers);
    const data = await npyDataset(path("nan.npy"), path("nan.npy"), { memory: "1 kB", chunk: 10 });
    const run = await fit(sequential(dense(1)), data, { batchSize: 8, order: "sequential" });
    expect([run.status, run.failure?.message]).toEqual(["aborted", expect.stringMatching(/no finite number[\s\S]*nan\.npy, record 431/)]);
    expect(run.steps).toBeGreaterThan(40);
    expect(run.steps).toBeLessThanOrEqual(Math.floor(431 / 8));
    save("cut.npy", [records], Float32Array.from(labels));
    const cut = await npyDataset(path("cut.npy"), path("y.npy"), { memory: "2 kB", chunk: 10 });
    truncateSync(path("cut.npy"), 1000);
    expect((await rejectionOf(fit(sequential(dense(1)), cut))).message).toMatch(/truncated[\s\S]*cut\.npy/);
  });
});

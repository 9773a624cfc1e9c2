/** `steepest basins`, `steepest spectrum` and `steepest sharpness`: against the fake engine, and as a user starts them. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dense, fit, flatten, gd, hessianSpectrum, sequential, sharpnessAlong } from "steepest";
import { digits } from "steepest/data";
import { loadRun, saveRun } from "steepest/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./fake-engine.js";
import { json, steepest } from "./program.js";

let root = "";
let folder = "";
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "steepest-curvature-"));
  folder = join(root, "run");
  const data = digits({ train: 60, test: 20 });
  const trained = await fit(sequential(flatten(), dense(10)), { ...data, name: "digits" }, { epochs: 1, batchSize: 20 });
  await saveRun(trained, folder, { title: "a linear model" });
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("basins", () => {
  it("prints shares of the starts, and as JSON the whole map", async () => {
    const { code, out, asked } = await run(["basins", "x^4 - 2x^2 + y^2", "--window", "-2:2", "--lr", "0.1", "--steps", "300"]);
    expect(code).toBe(0);
    expect(asked.basins).toMatchObject({ window: { x: [-2, 2], y: [-2, 2] }, size: 256, steps: 300, optimizer: { name: "gd" } });
    expect(out).toContain("Of 8 × 8 starts 100 % arrive at 2 minima.");
    expect(out).toMatch(/ {2}50\.0 % {2}\(-?1, (-?0|\S+e-\d+)\) {2}-1/);
    const map = JSON.parse((await run(["basins", "x^4 - 2x^2 + y^2", "--window", "-2:2", "--lr", "0.1", "--json"])).out);
    expect(map).toMatchObject({
      variables: ["x", "y"],
      columns: 8,
      rows: 8,
      diverged: 0,
      optimizer: { name: "gd" },
      saddles: [{ kind: "saddle" }],
    });
    expect(map.reached).toHaveLength(64);
    expect(map.steps).toHaveLength(64);
  });

  it("says what it cannot draw, with exit code 2", async () => {
    for (const [argv, text] of [
      [["x^2"], /two variables/],
      [["x + y + z"], /two variables/],
      [["x + y", "--window", "2:1"], /--window/],
      [["x + y", "--size", "0"], /--size/],
      [["x + y", "--optimizer", "downhill"], /optimizer/],
    ] as const) {
      const { code, err } = await run(["basins", ...argv]);
      expect(code).toBe(2);
      expect(err).toMatch(text);
    }
  });

  it("draws the map", { timeout: 60_000 }, async () => {
    const file = join(root, "map.svg");
    const formula = "(x^2+y-11)^2 + (x+y^2-7)^2";
    const { code, result } = await json("basins", formula, "--lr", "0.01", "--size", "24", "--out", file);
    expect(code).toBe(0);
    expect(result.minima).toHaveLength(4);
    const svg = readFileSync(file, "utf8");
    expect(svg).toContain("<image");
    expect(svg).toContain("gd, rate 0.01");
  });
});

/** The folder was trained on a part of them. */
const data = ["--data", "digits"] as const;

describe("spectrum", () => {
  it("asks for what it was told, and prints it", async () => {
    const { code, out, asked } = await run(["spectrum", folder, ...data, "--top", "2", "--trace", "--density", "--images", "50"]);
    expect(code).toBe(0);
    expect(asked.spectrum).toMatchObject({ top: 2, bottom: 0, trace: true, density: true, records: 50, seed: 1 });
    expect(out).toContain("a linear model: the Hessian of 6 weights over 50 records");
    expect(out).toMatch(/λ1 +3 +± 1e-5/);
    expect(out).toContain("2/λ1 = 0.6667");
    expect(out).toContain("Trace 7.5 ± 0.5");
    const value = JSON.parse((await run(["spectrum", folder, ...data, "--json"])).out);
    expect(value).toMatchObject({ run: folder, largest: [{ value: 3, residual: 1e-5 }, { value: 2 }], converged: true });
    expect((await run(["spectrum", folder, ...data, "--quiet"])).out).toBe("3\n2\n");
  });

  it("goes with a bar on a terminal, and ends with an exit code of its own where it did not converge", async () => {
    const { err } = await run(["spectrum", folder, ...data], { columns: 80 });
    expect(err).toContain("eigenvalues: 7 products");
    const spectrum = async () => ({
      parameters: 6,
      loss: 1,
      gradientNorm: 1,
      largest: [],
      smallest: [],
      converged: false,
      products: 500,
      seconds: 1,
    });
    const failed = await run(["spectrum", folder, ...data], { engine: { spectrum } });
    expect(failed.code).toBe(1);
    expect(failed.out).toContain("the products were used up");
  });

  it("looks at the records that it learned from, and at no others unless they are named", async () => {
    const { code, err } = await run(["spectrum", folder]);
    expect([code, err]).toEqual([1, expect.stringMatching(/60 records[\s\S]*10000 of digits[\s\S]*--data digits/)]);
  });

  it("says what it cannot use", async () => {
    expect((await run(["spectrum", join(root, "nothing")])).err).toContain("no such run folder");
    expect((await run(["spectrum", folder, ...data, "--top", "-1"])).code).toBe(2);
    expect((await run(["spectrum"])).code).toBe(2);
    expect(await run(["spectrum", folder, ...data, "--top", "0"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("nothing is asked for"),
    });
  });

  it("is that of the run, from a process of its own", { timeout: 60_000 }, async () => {
    const file = join(root, "density.svg");
    const { code, result } = await json("spectrum", folder, ...data, "--top", "3", "--images", "40", "--trace", "--out", file);
    expect(code).toBe(0);
    const { largest } = await hessianSpectrum(await loadRun(folder), digits(), { top: 3, records: 40 });
    expect(result.largest).toEqual(largest.map(({ value, residual }) => ({ value, residual })));
    expect(result.parameters).toBe(7850);
    expect(existsSync(file)).toBe(true);
    const { out } = await steepest("spectrum", folder, ...data, "--top", "1", "--images", "40");
    expect(out).toContain("λ1");
  });
});

describe("sharpness", () => {
  it("asks for what it was told, and prints it beside the edge", async () => {
    const { code, out, asked } = await run(["sharpness", folder, ...data, "--points", "2", "--images", "50", "--seed", "7"]);
    expect(code).toBe(0);
    expect(asked.sharpness).toMatchObject({ points: 2, records: 50, seed: 7 });
    expect(out).toMatch(/^ {2}10 +0\.5 +4\.5 +4$/m);
    expect(out).toContain("Edge of stability: 2/α. Above it at 1 of 2 points.");
    expect((await run(["sharpness", folder, ...data, "--quiet"])).out).toBe("0 3\n10 4.5\n");
    expect(JSON.parse((await run(["sharpness", folder, ...data, "--json"])).out)).toMatchObject({
      run: folder,
      records: 1000,
      stableUpTo: 2,
    });
    expect((await run(["sharpness", folder, ...data], { columns: 80 })).err).toContain("1 of 2 points");
  });

  it("says what it cannot use", { timeout: 60_000 }, async () => {
    expect((await run(["sharpness"])).code).toBe(2);
    expect((await run(["sharpness", folder, ...data, "--points", "0"])).code).toBe(2);
    // Without a path.
    const { code, err } = await steepest("sharpness", folder, ...data);
    expect([code, err.includes("the path of this training was not recorded")]).toEqual([1, true]);
  });

  it("is that of the run, whose edge the folder knows, from a process of its own", { timeout: 60_000 }, async () => {
    const records = digits({ train: 60, test: 20 });
    const settings = { optimizer: gd({ learningRate: 0.1 }), epochs: 4, batchSize: 30, recordPath: true } as const;
    const trained = await fit(sequential(flatten(), dense(10)), { ...records, name: "digits" }, settings);
    const walked = join(root, "walked");
    await saveRun(trained, walked);
    const file = join(root, "sharpness.svg");
    const { code, result } = await json("sharpness", walked, ...data, "--points", "3", "--images", "40", "--out", file);
    expect(code).toBe(0);
    const { points } = await sharpnessAlong(trained, digits(), { points: 3, records: 40 });
    expect(result).toMatchObject({ points, stableUpTo: 2 });
    expect(points.map(({ step, edge }) => [step, edge])).toEqual([0, 4, 8].map((step) => [step, 20]));
    expect(readFileSync(file, "utf8")).toContain("edge 2/α");
  });
});

/** The command line as a user starts it: a process of its own, the real engine, files on disk. */
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineLayer, dense, fit, flatten, linear, type Model, sequential } from "steepest";
import { digits } from "steepest/data";
import { exportOnnx, readSafetensors, writeSafetensors } from "steepest/exchange";
import { encodePng } from "steepest/images";
import { loadRun, saveRun } from "steepest/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RandomStream } from "../../src/tensor/random.js";
import { eventsOf } from "../exchange/event-reader.js";
import { ended, environment, json, program, steepest } from "./program.js";

/** A file in the format of MNIST. */
function idx(shape: readonly number[], data: Uint8Array): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt32BE(0x800 + shape.length, 0);
  for (const [i, extent] of shape.entries()) head.writeUInt32BE(extent, 4 + 4 * i);
  return Buffer.concat([head, data]);
}

let root = "";
const names = {
  images: "train-images-idx3-ubyte",
  labels: "train-labels-idx1-ubyte",
  testImages: "t10k-images-idx3-ubyte",
  testLabels: "t10k-labels-idx1-ubyte",
};
let files: Readonly<Record<keyof typeof names, Buffer>>;

/** A folder of data, with some files replaced. */
function dataFolder(name: string, replaced: Partial<Record<keyof typeof names, Buffer>> = {}): string {
  const folder = join(root, name);
  mkdirSync(folder);
  for (const role of ["images", "labels", "testImages", "testLabels"] as const)
    writeFileSync(join(folder, names[role]), replaced[role] ?? files[role]);
  return `mnist:${folder}`;
}

let data = "";
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "steepest-end-"));
  const { inputs, targets, test } = digits({ train: 200, test: 60 });
  if (test === undefined || !(inputs.data instanceof Uint8Array && targets.data instanceof Uint8Array))
    throw new Error("the digits are no bytes");
  files = {
    images: idx([200, 28, 28], inputs.data),
    labels: idx([200], targets.data),
    testImages: idx([60, 28, 28], Uint8Array.from(test.inputs.data)),
    testLabels: idx([60], Uint8Array.from(test.targets.data)),
  };
  data = dataFolder("data");
  // The first start bundles the sources where that is due.
  expect((await steepest("--version")).code).toBe(0);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("steepest minimize", () => {
  it("gives one object with the path, the start first", async () => {
    const { code, result } = await json(
      "minimize",
      "0.5x1^2 + 2x2^2 + x1*x2",
      "--start",
      "8.7,-7.9",
      "--optimizer",
      "gd",
      "--lr",
      "0.2",
      "--steps",
      "10",
      "--path",
    );
    expect(code).toBe(0);
    expect(Object.keys(result)).toEqual(["status", "steps", "x", "value", "gradientNorm", "evaluations", "diagnosis", "findings", "path"]);
    expect(result).toMatchObject({ status: "step-limit", steps: 10, evaluations: { value: 11, gradient: 11 } });
    const path = result.path as number[][];
    expect(path).toHaveLength(11);
    expect(path[0]).toEqual([8.7, -7.9]);
    for (const [i, x] of [2.26309, -0.685208].entries()) expect(path[10][i]).toBeCloseTo(x, 5);
    expect(path[10]).toEqual(result.x);
  });

  it("converges at a tolerance", async () => {
    const { code, result } = await json("minimize", "x^2", "--start", "1", "--lr", "0.1", "--tolerance", "1e-3");
    expect([code, result.status, result.steps]).toEqual([0, "converged", 35]);
    expect(result.path).toBeUndefined();
  });

  it("ends with 1 where it diverges, with the last good point", async () => {
    const { code, result } = await json("minimize", "x^2", "--start", "1", "--lr", "100");
    expect([code, result.status, result.steps]).toEqual([1, "diverged", 67]);
    expect(result.diagnosis).toContain("α·λ = 200");
    expect(Number.isFinite(result.value)).toBe(true);
  });

  it("writes for people without --json", async () => {
    const { code, out } = await steepest(
      "minimize",
      "x^2 + y^2",
      "--start",
      "y=1,x=2",
      "--optimizer",
      "momentum",
      "--lr",
      "0.1",
      "--steps",
      "50",
    );
    expect(code).toBe(0);
    expect(out).toMatch(/Stopped after 50 steps/);
    expect(out).not.toContain("\u001b[");
  });

  it("leaves a frozen variable alone, claims no minimum of all of f, and gives the average that was asked for", async () => {
    const argv = [
      "minimize",
      "(x-y)^2 + (y-3)^2",
      "--start",
      "x=1,y=0",
      "--freeze",
      "x",
      "--optimizer",
      "nesterov",
      "--form",
      "look-ahead",
    ];
    const { code, result } = await json(
      ...argv,
      "--lr",
      "0.1",
      "--momentum",
      "0.5",
      "--schedule",
      "100:constant;polynomial",
      "--average",
      "0.5",
    );
    expect(code).toBe(0);
    expect(result).toMatchObject({ status: "converged", x: [1, expect.closeTo(2, 4)], averaged: [1, expect.closeTo(2, 3)] });
    expect(result.diagnosis).toContain("This is a minimum in what is not frozen: the Hessian's only eigenvalue is");
  });

  it.each([
    [["minimize", "x^2 +", "--start", "1"], 2, /column 6|end/],
    [["minimize", "sinn(x)", "--start", "1"], 2, /sin/],
    [["minimize", "x^2", "--start", "1,2"], 2, /1 number|x/],
    [["minimize", "x^2", "--start", "one"], 2, /one/],
    [["minimize", "x^2", "--start", "1", "--optimizer", "adm"], 2, /did you mean adam/],
  ])("%j is refused", async (argv, expected, message) => {
    const { code, result, err } = await json(...argv);
    expect(code).toBe(expected);
    expect(Object.keys(result)).toEqual(["error"]);
    expect(err).toMatch(message);
  });
});

describe("steepest gradient", () => {
  it("gives value, gradient, Hessian and a check", async () => {
    const { code, result } = await json("gradient", "x^2*y + z", "--at", "1,2,3");
    expect(code).toBe(0);
    expect(result).toMatchObject({
      value: 5,
      gradient: [4, 1, 1],
      hessian: [
        [4, 2, 0],
        [2, 0, 0],
        [0, 0, 0],
      ],
      check: { verdict: "pass" },
    });
  });

  it("gives formulas, directions and Taylor's models", async () => {
    const { code, result } = await json("gradient", "x1^3 + 5x1*x2", "--at", "1,2", "--lr", "0.5", "--direction", "3,4", "--step", "0.1,0");
    expect(code).toBe(0);
    // f = 11, ∇f = (13, 5), H = [[6, 5], [5, 0]]
    expect(result).toMatchObject({
      value: 11,
      gradient: [13, 5],
      slope: expect.closeTo(Math.sqrt(194), 12),
      next: [-5.5, -0.5],
      formulas: { x1: "3*x1^2 + 5*x2", x2: "5*x1" },
      updateRules: { x1: "x₁ ← x₁ − 0.5·(3x₁² + 5x₂)", x2: "x₂ ← x₂ − 0.5·5x₁" },
      direction: { given: true, unit: [0.6, 0.8], slope: expect.closeTo(11.8, 12), curvature: expect.closeTo(6.96, 12) },
      step: { value: expect.closeTo(12.331, 12), first: expect.closeTo(12.3, 12), second: expect.closeTo(12.33, 12) },
    });
    const { out } = await steepest("gradient", "0.5x^2 + 2y^2 + x*y", "--at", "1,2", "--taylor");
    for (const text of ["∂f/∂x  = x + y", "x ← x − 0.1·(x + y)", "steepest descent", "second order", "bends up in every direction"])
      expect(out).toContain(text);
  });
});

describe("steepest critical", () => {
  it("finds what is there, and says whether it is convex", async () => {
    const { code, result } = await json("critical", "x^3 - 3x", "--window", "-3:3");
    expect(code).toBe(0);
    expect(result).toMatchObject({
      points: [
        { kind: "minimum", point: [1], value: -2, isGlobal: false },
        { kind: "maximum", point: [-1], value: 2 },
      ],
      convexity: { verdict: "not-convex" },
    });
    const none = await json("critical", "exp(x)");
    expect(none.result).toMatchObject({ points: [], convexity: { verdict: "convex", strictly: true } });
    const { out } = await steepest("critical", "(x-y)^2");
    expect(out).toContain("Convex, not strictly");
  });
});

describe("steepest check", () => {
  it("passes a formula, and cannot tell at a kink, which it names", async () => {
    const right = await json("check", "x^2*y + sin(z)");
    expect([right.code, right.result.verdict, right.result.tensors]).toMatchObject([
      0,
      "pass",
      [{ name: "x" }, { name: "y" }, { name: "z" }],
    ]);
    const { code, result } = await json("check", "max(x, 0) + y^2", "--at", "0,1");
    expect([code, result.verdict]).toEqual([0, "cannot-tell"]);
    expect(result.diagnosis).toContain("a kink of relu: slope 0 to the left, 1 to the right");
  });

  it("checks every tensor of a model", async () => {
    const { code, result } = await json("check", "--model", "cnn", "--batch-size", "4", "--mode", "directions");
    expect([code, result.verdict]).toEqual([0, "pass"]);
    expect(result.tensors).toHaveLength(6);
  });
});

describe("steepest minimize --figure", () => {
  it("draws a descent as SVG, PNG, CSV and TypeScript, by the name of the file", async () => {
    const at = (name: string) => join(root, name);
    const argv = ["minimize", "x^2 + 10y^2", "--start", "9,1", "--lr", "0.05", "--steps", "20"];
    for (const name of ["descent.svg", "descent.png", "descent.csv", "descent.ts"])
      expect((await steepest(...argv, "--quiet", "--figure", at(name))).code).toBe(0);
    expect(readFileSync(at("descent.svg"), "utf8")).toMatch(/^<svg .*gd, rate 0\.05/s);
    expect([...readFileSync(at("descent.png")).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join("")).toBe("PNG");
    const rows = readFileSync(at("descent.csv"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("line,"));
    expect(rows).toHaveLength(21);
    expect(rows[1]).toMatch(/^line,"gd, rate 0\.05",8\.1,0,,,$/);
    expect(readFileSync(at("descent.ts"), "utf8")).toContain("export const figure = new Figure(");
    expect((await steepest(...argv, "--figure", join(root, "nowhere", "x.svg"))).code).toBe(1);
  });
});

describe("steepest noise", () => {
  it("measures the gradient of a model, and draws it", async () => {
    const svg = join(root, "noise.svg");
    const argv = ["noise", "--data", data, "--model", "linear", "--records", "120", "--batch-sizes", "1,8,40", "--samples", "30"];
    const { code, result } = await json(...argv, "--figure", svg);
    expect(code).toBe(0);
    expect(result).toMatchObject({ data, model: "linear", epochs: 0, records: 120, parameters: 7850 });
    const batches = result.batches as { size: number; replacement: boolean; z: number }[];
    expect(batches.map(({ size }) => size)).toEqual([1, 1, 8, 8, 40, 40]);
    for (const { z } of batches) expect(Math.abs(z)).toBeLessThan(4.5);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg[\s\S]*records in a batch/);
    const later = await json(...argv, "--epochs", "3");
    expect(later.result.loss).toBeLessThan(Number(result.loss));
    expect((await json(...argv, "--figure", join(root, "nowhere", "noise.svg"))).code).toBe(1);
  });
});

describe("steepest landscape", () => {
  it("shows the plane of the path of a run with its error, stops when told to, and goes on where it was", async () => {
    const folder = join(root, "with-path");
    const trained = await steepest("train", "--data", data, "--model", "mlp", "--epochs", "2", "--record-path", "--out", folder, "--quiet");
    expect([trained.code, trained.err]).toEqual([0, ""]);
    const argv = ["landscape", folder, "--plane", "pca", "--size", "17", "--images", "60"];
    const { result: whole } = await json(...argv);
    const { path, explained, values } = whole as {
      readonly path: Readonly<Record<"steps" | "loss" | "sliceLoss" | "distance", number[]>> & { readonly largestError: number };
      readonly explained: number[];
      readonly values: number[][];
    };
    // Two epochs of 180 records in batches of 64.
    expect(path.steps).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(path.loss[0]).toBeGreaterThan(path.loss[6]);
    expect(path.loss[6]).toBeCloseTo(Number(whole.centre), 6);
    expect(path.distance[6]).toBeLessThan(1e-4);
    expect(path.largestError).toBeCloseTo(Math.max(...path.loss.map((x, i) => Math.abs(x - path.sliceLoss[i]))), 12);
    expect(explained[0] + explained[1]).toBeGreaterThan(0.5);
    expect(values.flat().every(Number.isFinite)).toBe(true);

    // What an interrupted call leaves behind: some of the values.
    const file = String(whole.file);
    const { arrays, metadata } = readSafetensors(readFileSync(file), file);
    const [{ data: kept, ...form }] = arrays;
    const half = Float64Array.from(kept, (value, i) => (i % 2 === 0 ? value : Number.NaN));
    writeFileSync(file, writeSafetensors({ arrays: [{ ...form, data: half }], metadata }));
    const svg = join(root, "path.svg");
    const { result: again } = await json(...argv, "--out", svg);
    expect(again.values).toEqual(values);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg/);
    expect((await steepest("landscape", folder, "--plane", "pca", "--size", "9", "--images", "20", "--quiet")).code).toBe(0);
  }, 60_000);

  it("says what a run without a path lacks", async () => {
    const folder = join(root, "without-path");
    await steepest("train", "--data", data, "--model", "linear", "--epochs", "1", "--out", folder, "--quiet");
    const { code, err } = await steepest("landscape", folder, "--plane", "pca");
    expect(code).toBe(1);
    expect(err).toContain("--record-path");
    expect((await json("landscape", folder, "--ray", "random", "--size", "5")).result).toMatchObject({
      kind: "ray",
      done: 5,
      complete: true,
    });
  }, 60_000);
});

describe("steepest explain", () => {
  it("prints every level", async () => {
    const { code, out } = await steepest("explain", "(1-x)^2 + 100(y-x^2)^2");
    expect(code).toBe(0);
    expect(out.length).toBeGreaterThan(500);
  });
});

describe("steepest train and evaluate", () => {
  const keys = [
    "status",
    "epochs",
    "trainLoss",
    "validationLoss",
    "testLoss",
    "testAccuracy",
    "parameters",
    "seconds",
    "samplesPerSecond",
    "out",
  ];
  const train = (out: string, ...more: string[]) => ["train", "--data", data, "--model", "linear", "--epochs", "8", "--out", out, ...more];

  it("trains to a folder which evaluate finds as good as it was", async () => {
    const out = join(root, "run");
    const { code, result } = await json(...train(out, "--batch-size", "20"));
    expect(code).toBe(0);
    expect(Object.keys(result)).toEqual(keys);
    expect(result).toMatchObject({ status: "step-limit", epochs: 8, parameters: 7850, out });
    expect(result.testAccuracy).toBeGreaterThan(0.3);
    expect(readdirSync(out).sort()).toEqual(["history.jsonl", "report.html", "run.json", "weights.safetensors"]);
    for (const line of readFileSync(join(out, "history.jsonl"), "utf8").trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("loss");
    expect(readFileSync(join(out, "report.html"), "utf8")).toMatch(/^<!doctype html>/i);

    const judged = await json("evaluate", out);
    expect(judged.code).toBe(0);
    expect(judged.result).toMatchObject({ records: 60, accuracy: result.testAccuracy, loss: result.testLoss });

    // The report made anew, samples and mistakes included, is the one that training wrote.
    const page = readFileSync(join(out, "report.html"), "utf8");
    const again = await json("report", out);
    expect([again.code, again.result]).toEqual([0, { run: out, report: join(out, "report.html"), samples: 24 }]);
    expect(readFileSync(join(out, "report.html"), "utf8")).toBe(page);

    // The same again: refused, and the run untouched; with --force the same weights bit for bit, whatever the threads.
    const before = readFileSync(join(out, "weights.safetensors"));
    const refused = await json(...train(out, "--batch-size", "20"));
    expect([refused.code, Object.keys(refused.result)]).toEqual([1, ["error"]]);
    expect(refused.err).toMatch(/--force|force/);
    expect(readFileSync(join(out, "weights.safetensors"))).toEqual(before);
    expect((await json(...train(out, "--batch-size", "20", "--force", "--threads", "1"))).code).toBe(0);
    expect(readFileSync(join(out, "weights.safetensors"))).toEqual(before);
  });

  it("computes faster when asked to, says so, and then with other last bits", async () => {
    const [exact, fused] = [join(root, "exact"), join(root, "fused")];
    expect((await json(...train(exact))).code).toBe(0);
    expect((await json(...train(fused, "--fast"))).code).toBe(0);
    const [plain, other] = [exact, fused].map((out) => ({
      record: JSON.parse(readFileSync(join(out, "run.json"), "utf8")),
      weights: readFileSync(join(out, "weights.safetensors")),
    }));
    expect([plain.record.configuration.fast, plain.record.command.includes("--fast")]).toEqual([false, false]);
    expect(other.record.command).toMatch(/ --fast$/);
    // Where the engine cannot fuse, the weights are the same, and the record says that they are.
    expect(other.weights.equals(plain.weights)).toBe(!other.record.configuration.fast);
  });

  it("takes batches by difficulty, adds noise, stops early with the best weights, and says all that in the run", async () => {
    const out = join(root, "curriculum");
    const more = ["--order", "difficulty", "--pace", "0.5:2", "--gradient-noise", "1e-6", "--patience", "1", "--validation", "0.3"];
    const asked = ["train", "--data", data, "--model", "linear", "--epochs", "40", "--lr", "0.1", "--out", out, ...more];
    const { code, result } = await json(...asked);
    expect([code, result.status]).toEqual([0, "stopped-early"]);
    const history: { validationLoss?: number }[] = readFileSync(join(out, "history.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const losses = history.map(({ validationLoss }) => validationLoss).filter((loss) => loss !== undefined);
    expect(result.validationLoss).toBe(Math.min(...losses));
    expect(losses.at(-1)).toBeGreaterThanOrEqual(Number(losses.at(-2)));
    const kept = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    expect(kept.configuration).toMatchObject({
      order: "difficulty",
      pace: { from: 0.5, epochs: 2 },
      patience: 1,
      optimizer: { noise: 1e-6 },
    });
    expect(kept.command).toContain("--order difficulty --pace 0.5:2");
    const weights = readFileSync(join(out, "weights.safetensors"));
    expect((await json(...asked, "--force", "--threads", "1")).code).toBe(0);
    expect(readFileSync(join(out, "weights.safetensors"))).toEqual(weights);
  });

  it("augments the records of training steps, and says so in the run", async () => {
    const out = join(root, "augmented");
    const asked = ["train", "--data", data, "--model", "linear", "--epochs", "2", "--out", out, "--augment", "flip:vertical,crop:2,mixup"];
    expect((await json(...asked)).code).toBe(0);
    const kept = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    expect(kept.configuration.augment).toEqual([
      "flip direction=vertical probability=0.5",
      "crop padding=2 outside=zero",
      "mixup alpha=0.2",
    ]);
    expect(kept.command).toContain("--augment flip:vertical,crop:2,mixup");
    const weights = readFileSync(join(out, "weights.safetensors"));
    expect((await json(...asked, "--force", "--threads", "1")).code).toBe(0);
    expect(readFileSync(join(out, "weights.safetensors"))).toEqual(weights);
  });

  it("evaluates what saveRun of the library wrote, where the layers are known", async () => {
    const doubled = () => defineLayer({ name: "doubled", apply: (x) => x.mul(2) });
    const learn = (model: Model) => fit(model, digits({ train: 100, test: 40 }), { epochs: 2 });
    const ready = await learn(linear());
    await saveRun(ready, join(root, "ready"));
    const dataset = digits({ train: 1 });
    const { code, result } = await json("evaluate", join(root, "ready"));
    expect([code, result.records]).toEqual([0, 2000]);
    const { classes = [] } = ready.predictor()(dataset.test?.inputs.data ?? []);
    expect(result.accuracy).toBe(classes.filter((c, i) => c === dataset.test?.targets.data[i]).length / 2000);
    await saveRun(await learn(sequential(flatten(), doubled(), dense(10))), join(root, "own"));
    const own = await json("evaluate", join(root, "own"));
    expect(own.code).toBe(1);
    expect(own.err).toMatch(/layers of somebody's own[\s\S]*doubled1[\s\S]*loadRun\(folder, \{ model \}\)/);
  });

  it("exports weights for PyTorch, and starts from them again", async () => {
    const [out, file] = [join(root, "exported"), join(root, "to", "linear.safetensors")];
    expect((await json(...train(out))).code).toBe(0);
    const { code, result } = await json("export", out, "--to", file, "--layout", "pytorch");
    expect([code, result]).toEqual([0, { file, format: "safetensors", layout: "pytorch", tensors: 2, bytes: statSync(file).size }]);
    const { arrays, metadata } = readSafetensors(readFileSync(file), file);
    expect(arrays.map(({ name, shape }) => [name, shape])).toEqual([
      ["1.weight", [10, 784]],
      ["1.bias", [10]],
    ]);
    expect(metadata.get("format")).toBe("pt");
    expect(JSON.parse(metadata.get("classes") ?? "")).toEqual((await loadRun(out)).classes);
    expect(JSON.parse(metadata.get("preprocessing") ?? "")).toEqual((await loadRun(out)).preprocessing);

    const onnx = join(root, "to", "linear.onnx");
    const whole = await json("export", out, "--to", onnx, "--input", "uint8");
    expect([whole.code, whole.result]).toEqual([
      0,
      { file: onnx, format: "onnx", channels: "last", input: "uint8", bytes: statSync(onnx).size },
    ]);
    expect(readFileSync(onnx)).toEqual(Buffer.from(exportOnnx(await loadRun(out), { input: "uint8" })));

    // At a rate that is lost beside any weight the run ends where it began: at the weights of the file.
    const again = join(root, "again");
    const begun = await json(...train(again, "--optimizer", "gd", "--lr", "1e-30", "--weights", file, "--layout", "pytorch"));
    expect(begun.code).toBe(0);
    expect(readFileSync(join(again, "weights.safetensors"))).toEqual(readFileSync(join(out, "weights.safetensors")));
    expect((await loadRun(again)).command).toContain(`--weights ${file} --layout pytorch`);

    const wrong = await json(...train(join(root, "wrong"), "--weights", file));
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/missing: dense1\.weight, dense1\.bias; unexpected: 1\.weight, 1\.bias/);
  });

  it.each<[what: string, argv: readonly string[], message: RegExp]>([
    ["no file", ["export", "runs/x"], /--to FILE/],
    ["another ending", ["export", "runs/x", "--to", "x.pth"], /x\.pth/],
    ["a layout of an ONNX file", ["export", "runs/x", "--to", "x.onnx", "--layout", "pytorch"], /for safetensors/],
    ["channels of weights", ["export", "runs/x", "--to", "x.safetensors", "--channels", "first"], /for ONNX files/],
    ["names without modules", ["export", "runs/x", "--to", "x.safetensors", "--names", "conv1"], /conv1=features\.0/],
    ["a layout of nothing", ["train", "--layout", "pytorch"], /--weights FILE/],
  ])("refuses %s", async (_, argv, message) => {
    const { code, err } = await json(...argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it("stops at Ctrl-C, keeps what was learned, and ends with 130", async () => {
    const out = join(root, "interrupted");
    const child = spawn(
      process.execPath,
      [program, "train", "--data", data, "--model", "mlp", "--epochs", "100000", "--out", out, "--json"],
      { env: environment },
    );
    const result = ended(child);
    let [seen, asked] = ["", false];
    child.stderr.on("data", (text) => {
      // Learning has begun when the first epoch is reported. A second signal would end it at once.
      seen += text;
      if (asked || !seen.includes("epoch ")) return;
      asked = true;
      child.kill("SIGINT");
    });
    const { code, out: text } = await result;
    expect(code).toBe(130);
    expect(JSON.parse(text)).toMatchObject({ status: "aborted", out });
    expect((await json("evaluate", out)).code).toBe(0);
  });

  it("writes events for TensorBoard that are whole even where it is killed", async () => {
    const [out, logs] = [join(root, "killed"), join(root, "logs")];
    const argv = ["train", "--data", data, "--model", "linear", "--epochs", "100000", "--out", out, "--tensorboard", logs];
    const child = spawn(process.execPath, [program, ...argv], { env: environment });
    const result = ended(child);
    child.stderr.on("data", (text) => String(text).includes("epoch ") && child.kill("SIGKILL"));
    expect((await result).code).toBeNull();
    expect(existsSync(join(out, "run.json"))).toBe(false);
    for (const part of ["train", "validation"]) {
      const folder = join(logs, "killed", part);
      const events = eventsOf(readFileSync(join(folder, readdirSync(folder)[0])));
      const curve = events.filter(({ scalars }) => "loss" in scalars);
      expect(curve.length).toBeGreaterThan(0);
      for (const { scalars } of curve) expect(scalars.loss).toBeGreaterThan(0);
      if (part === "train") expect(events[1].texts.settings).toContain(`    steepest train --data ${data} --model linear --epochs 100000`);
    }

    // Another run of that name goes beside it.
    const after = await json(...train(out, "--tensorboard", logs));
    expect(after.result).toMatchObject({ status: "step-limit", tensorboard: join(logs, "killed-2") });
    const misplaced = await json(...train(join(root, "misplaced"), "--tensorboard", join(root, "misplaced", "logs")));
    expect([misplaced.code, existsSync(join(root, "misplaced"))]).toEqual([2, false]);
  });

  it("ends with 1 where it diverges, with weights that are finite", async () => {
    const out = join(root, "diverged");
    const { code, result } = await json(...train(out, "--optimizer", "gd", "--lr", "1e38"));
    expect([code, result.status]).toEqual([1, "diverged"]);
    expect((await json("evaluate", out)).code).toBe(0);
  });

  it("leaves a folder that holds something else alone, and says where it cannot write", async () => {
    const other = join(root, "thesis");
    mkdirSync(other);
    writeFileSync(join(other, "chapter1.tex"), "x");
    expect((await json(...train(other))).code).toBe(1);
    expect(readdirSync(other)).toEqual(["chapter1.tex"]);
    writeFileSync(join(root, "file"), "x");
    expect((await json(...train(join(root, "file", "run")))).code).toBe(1);
    if (process.getuid?.() !== 0) {
      const locked = join(root, "locked");
      mkdirSync(locked);
      chmodSync(locked, 0o500);
      expect((await json(...train(join(locked, "run")))).code).toBe(1);
      chmodSync(locked, 0o700);
    }
    expect((await json("evaluate", join(root, "nothing"))).code).toBe(1);
  });

  it("trains on colour images, and shows them", async () => {
    const folder = join(root, "colours");
    mkdirSync(folder);
    // The label is the shade of the image.
    const records = (count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, i) => Buffer.concat([Buffer.from([i % 10]), Buffer.alloc(3072, 25 * (i % 10))])));
    writeFileSync(join(folder, "data_batch_1_0-99.bin"), records(100));
    writeFileSync(join(folder, "test_batch_0-19.bin"), records(20));
    const out = join(root, "shades");
    const trained = await json(
      "train",
      "--data",
      `cifar10:${folder}`,
      "--model",
      "linear",
      "--epochs",
      "2",
      "--batch-size",
      "20",
      "--out",
      out,
    );
    expect([trained.code, trained.err.includes("rror")]).toEqual([0, false]);
    expect(trained.result.testAccuracy).toBeGreaterThan(0.1);
    expect(readFileSync(join(out, "report.html"), "utf8")).toMatch(/automobile[\s\S]*data:image\/png;base64/);
    expect((await json("evaluate", out)).result.accuracy).toBe(trained.result.testAccuracy);
  });

  it("learns from a folder of pictures, and classifies new ones", async () => {
    const pictures = join(root, "shapes");
    const random = new RandomStream(1, "pictures of a test");
    /** Stripes along or across, of any width and place, in a wide or a high picture. */
    const striped = (isAcross: boolean): Uint8Array => {
      const [width, height] = random.between(0, 1) < 0.5 ? [24, 18] : [15, 20];
      const [period, shift] = [random.between(4, 7), random.between(0, 7)];
      const data = Uint8Array.from({ length: width * height }, (_, i) => {
        const place = isAcross ? i % width : Math.floor(i / width);
        return (place + shift) % period < period / 2 ? random.between(150, 250) : random.between(0, 100);
      });
      return encodePng({ width, height, channels: 1, depth: 8, data });
    };
    for (const [name, isAcross] of [
      ["columns", true],
      ["rows", false],
    ] as const) {
      mkdirSync(join(pictures, name), { recursive: true });
      for (let i = 0; i < 80; i++) writeFileSync(join(pictures, name, `${i}.png`), striped(isAcross));
    }
    const folder = join(root, "run-shapes");
    const options = ["--model", "cnn", "--epochs", "8", "--batch-size", "16", "--seed", "2", "--out", folder];
    const refused = await steepest("train", "--data", `folder:${pictures}`, ...options);
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/pictures of one size[\s\S]*--image-size 32/)]);

    const { code, result, err } = await json(
      ...["train", "--data", `folder:${pictures}`, "--image-size", "16", "--channels", "1", "--standardize", ...options],
    );
    expect(code, err).toBe(0);
    // 16 of each class were kept apart. The classes are told by eye; chance gives a half.
    expect(result.testAccuracy).toBeGreaterThan(0.9);
    const kept: {
      readonly classes: unknown;
      readonly inputShape: unknown;
      readonly preprocessing: { readonly mean: unknown };
      readonly command: string;
    } = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
    expect(kept).toMatchObject({ classes: ["columns", "rows"], inputShape: [16, 16, 1], preprocessing: { mean: [expect.any(Number)] } });
    expect(kept.command).toContain("--image-size 16x16 --channels 1 --standardize");

    // A picture takes 264 bytes with its label and place: less than half of them are held at a time.
    const few = ["train", "--data", `folder:${pictures}`, "--memory", "20kB", "--model", "cnn", "--epochs", "2", "--batch-size", "16"];
    const streamed = await json(...few, "--image-size", "16", "--channels", "1", "--out", join(root, "run-streamed"));
    expect([streamed.code, streamed.err]).toEqual([0, expect.any(String)]);
    expect(streamed.result.status).toBe("step-limit");
    expect(streamed.result.waitingForData).toBeGreaterThan(0);
    for (const [wrong, message] of [
      [["--memory", "20 beans"], /--memory cannot be used/],
      [["--order", "difficulty"], /--order difficulty needs all/],
      [["--standardize", "--image-size", "16"], /looks at all pictures/],
      [[], /--memory needs --image-size/],
    ] as const) {
      const refusal = await steepest(...(wrong[0] === "--memory" ? ["train", "--data", `folder:${pictures}`] : few), ...wrong);
      expect([refusal.code, refusal.err]).toEqual([2, expect.stringMatching(message)]);
    }

    const again = await json("evaluate", folder);
    expect([again.code, again.result.records, again.result.accuracy]).toEqual([0, 32, result.testAccuracy]);

    const files = [true, false, true, false].map((isAcross, i) => {
      const file = join(root, `new-${i}.png`);
      writeFileSync(file, striped(isAcross));
      return file;
    });
    const said = await json("predict", folder, ...files);
    expect(said.code, said.err).toBe(0);
    const answers = said.result.pictures as { readonly class: string; readonly probability: number; readonly classes: unknown[] }[];
    expect(answers.map((picture) => picture.class)).toEqual(["columns", "rows", "columns", "rows"]);
    for (const { probability, classes } of answers) {
      expect(probability).toBeGreaterThan(0.5);
      expect(classes).toHaveLength(2);
    }
  });

  it("finds what is wrong with the data, by file and record", async () => {
    const head = (magic: number, ...rest: readonly number[]) => {
      const words = Buffer.alloc(4 * (1 + rest.length));
      for (const [i, word] of [magic, ...rest].entries()) words.writeUInt32BE(word, 4 * i);
      return words;
    };
    const wrong: readonly (readonly [string, Partial<Record<keyof typeof names, Buffer>>, RegExp])[] = [
      ["truncated", { images: files.images.subarray(0, 5000) }, /train-images-idx3-ubyte/],
      ["magic", { images: Buffer.concat([head(0x1234), files.images.subarray(4)]) }, /train-images-idx3-ubyte/],
      ["counts", { labels: idx([199], new Uint8Array(199)) }, /199/],
      ["empty", { images: idx([0, 28, 28], new Uint8Array(0)), labels: idx([0], new Uint8Array(0)) }, /empty/],
      ["label", { labels: idx([200], new Uint8Array(200).fill(11, 7)) }, /record 7/],
      ["blank", { testLabels: Buffer.alloc(0) }, /t10k-labels-idx1-ubyte/],
    ];
    for (const [name, replaced, message] of wrong) {
      const out = join(root, `from-${name}`);
      const { code, result, err } = await json(
        "train",
        "--data",
        dataFolder(name, replaced),
        "--model",
        "linear",
        "--epochs",
        "1",
        "--out",
        out,
      );
      expect([name, code, Object.keys(result)]).toEqual([name, 1, ["error"]]);
      expect(err).toMatch(message);
      expect(existsSync(out)).toBe(false);
    }
    const batches = join(root, "cifar");
    mkdirSync(batches);
    writeFileSync(join(batches, "data_batch_1_0-9.bin"), Buffer.alloc(10 * 3073).fill(12, 7 * 3073, 7 * 3073 + 1));
    const cifar = await json(
      "train",
      "--data",
      `cifar10:${batches}`,
      "--model",
      "linear",
      "--epochs",
      "1",
      "--out",
      join(root, "from-cifar"),
    );
    expect([cifar.code, cifar.err]).toEqual([1, expect.stringMatching(/out of range[\s\S]*data_batch_1_0-9\.bin, record 7/)]);
    expect((await json(...train(join(root, "large"), "--batch-size", "201"))).err).toMatch(/larger than the data/);
    expect((await json("train", "--data", `mnist:${join(root, "nowhere")}`)).code).toBe(1);
  });
});

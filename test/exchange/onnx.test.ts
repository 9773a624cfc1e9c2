import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  batchNorm,
  cnn,
  conv2d,
  crossEntropy,
  defineLayer,
  dense,
  embedding,
  flatten,
  gelu,
  groupNorm,
  layerNorm,
  linear,
  type Model,
  maxPool2d,
  meanSquared,
  relu,
  residual,
  sequential,
} from "steepest";
import { exportOnnx, type OnnxOptions } from "steepest/exchange";
import { describe, expect, it } from "vitest";
import type { Preprocessing } from "../../src/data/dataset.js";
import { predictorOf } from "../../src/descent/predictor.js";
import { Training } from "../../src/objectives/training.js";
import { RandomStream } from "../../src/tensor/random.js";
import { sizeOf } from "../../src/tensor/types.js";
import { messageOf } from "../errors.js";
import { everyLayer } from "../models/every-layer.js";
import { loadRuntime, type Runtime, type RuntimeTensor } from "./onnxruntime.js";

const onnxruntime = await loadRuntime();

const plain: Preprocessing = { scale: 1, offset: 0 };

/** A model with weights at random: variances around 1, gains around 1, all else so that what flows keeps its size. */
function randomRun(model: Model, inputShape: readonly number[], preprocessing: Preprocessing, isClassifier: boolean) {
  const training = new Training({
    model: model.build(inputShape),
    loss: isClassifier ? crossEntropy() : meanSquared(),
    preprocessing,
    seed: 3,
  });
  const random = new RandomStream(11, "weights of an exported model");
  const weights = training.named({ theta: training.initialTheta(), state: training.initialState() });
  for (const [path, values] of weights) {
    const isAround1 = /runningVariance|scale/.test(path);
    for (let i = 0; i < values.length; i++)
      values[i] = isAround1 ? random.between(0.5, 1.5) : /weight/.test(path) ? values[i] : random.between(-0.5, 0.5);
  }
  return { model: training.parts.model, training, weights, predict: predictorOf(training, training.point(weights)) };
}

async function outputsOf(file: Uint8Array, type: "float32" | "uint8", data: Float32Array | Uint8Array, dims: readonly number[]) {
  const { InferenceSession, Tensor } = installed();
  const input = new Tensor(type, data, dims);
  const session = await InferenceSession.create(file);
  try {
    return await session.run({ input });
  } finally {
    await session.release();
  }
}

const installed = (): Runtime => {
  if (onnxruntime === undefined) throw new Error("onnxruntime-web is not installed");
  return onnxruntime;
};

/** float32 on both sides, sums in another order. */
function expectClose(output: ArrayLike<number>, wanted: ArrayLike<number>): void {
  expect(output.length).toBe(wanted.length);
  const largest = Math.max(...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++) expect(Math.abs(output[i] - wanted[i]), `output ${i}`).toBeLessThan(1e-5 * Math.max(largest, 1));
}

const floats = (tensor: RuntimeTensor | undefined): Float32Array => {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new Error(`no float32 but ${tensor?.type}`);
};

const more: readonly (readonly [name: string, model: Model, input: readonly number[]])[] = [
  ["norms of vectors", sequential(dense(6), groupNorm(3), batchNorm({ affine: false }), layerNorm(), gelu()), [4]],
  ["norms of rows of vectors", sequential(embedding(5, 4), batchNorm(), layerNorm({ axes: 2, affine: false }), flatten(), dense(2)), [3]],
  ["norms of images", sequential(layerNorm(), layerNorm({ axes: 2 }), groupNorm(2), flatten(), layerNorm()), [4, 3, 4]],
  ["residual features of images", sequential(conv2d(2, 3), flatten(), residual(relu()), residual(dense(24))), [4, 3, 1]],
];

describe.skipIf(onnxruntime === undefined)(
  `a model in onnxruntime${onnxruntime ? "" : " (skipped: npm install --no-save onnxruntime-web)"}`,
  () => {
    it.each([...everyLayer, ...more])("%s gives the same outputs, for one record and for three", async (name, model, shape) => {
      const run = randomRun(model, shape, plain, false);
      const file = exportOnnx(run);
      for (const records of [1, 3]) {
        const inputs = Float32Array.from({ length: records * sizeOf(shape) }, (_, i) =>
          /embedding|rows/.test(name) ? (i * 3) % 5 : Math.sin(i * 1.7 + records),
        );
        const { output } = await outputsOf(file, "float32", inputs, [records, ...shape]);
        expect(output.dims).toEqual([records, ...run.model.outputShape]);
        expectClose(floats(output), run.predict(inputs).outputs);
      }
    });

    const standardized: Preprocessing = { scale: 1 / 255, offset: -0.1, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.25] };
    const bytes = Uint8Array.from({ length: 2 * 6 * 4 * 3 }, (_, i) => (i * 89) % 256);

    it("takes bytes as they are stored, and gives probabilities", async () => {
      const run = randomRun(cnn({ filters: [4], classes: 5 }), [6, 4, 3], standardized, true);
      const wanted = run.predict(bytes);
      const { output, probabilities } = await outputsOf(exportOnnx(run, { input: "uint8" }), "uint8", bytes, [2, 6, 4, 3]);
      expectClose(floats(output), wanted.outputs);
      expectClose(floats(probabilities), wanted.probabilities ?? []);
    });

    it("takes and gives images with their channels first", async () => {
      const run = randomRun(sequential(conv2d(2, 3), relu()), [6, 4, 3], standardized, false);
      /** [2, 6, 4, channels] with the channels before the pixels. */
      const first = (data: ArrayLike<number>, channels: number) =>
        Float32Array.from({ length: data.length }, (_, i) => {
          const [record, channel, pixel] = [Math.floor(i / (24 * channels)), Math.floor(i / 24) % channels, i % 24];
          return data[(record * 24 + pixel) * channels + channel];
        });
      const { output } = await outputsOf(exportOnnx(run, { channels: "first" }), "float32", first(bytes, 3), [2, 3, 6, 4]);
      expect(output.dims).toEqual([2, 2, 6, 4]);
      expectClose(floats(output), first(run.predict(bytes).outputs, 2));
    });

    it("says what it takes and gives", async () => {
      const run = randomRun(linear(3), [2, 2, 1], plain, true);
      const session = await installed().InferenceSession.create(exportOnnx({ ...run, classes: ["a", "b", "c"] }, { input: "uint8" }));
      expect([session.inputNames, session.outputNames]).toEqual([["input"], ["output", "probabilities"]]);
      expect(session.inputMetadata[0]).toMatchObject({ name: "input", type: "uint8", shape: ["N", 2, 2, 1] });
      await session.release();
    });
  },
);

const python = "/usr/bin/python3";
const hasChecker = spawnSync(python, ["-c", "import onnx"]).status === 0;

it.skipIf(!hasChecker)(
  `${hasChecker ? "" : "(skipped: no onnx for Python) "}the checker of ONNX finds nothing, and infers the shapes that we declare`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "steepest-onnx-"));
    try {
      for (const [i, [, model, shape]] of [...everyLayer, ...more].entries())
        writeFileSync(join(folder, `${i}.onnx`), exportOnnx(randomRun(model, shape, plain, false)));
      const script =
        "import glob, onnx, sys\n" +
        "for f in glob.glob(sys.argv[1] + '/*.onnx'):\n" +
        "  model = onnx.load(f)\n" +
        "  onnx.checker.check_model(model, full_check=True)\n" +
        "  onnx.shape_inference.infer_shapes(model, strict_mode=True)\n" +
        "  print('fine')";
      const { stdout, stderr } = spawnSync(python, ["-c", script, folder], { encoding: "utf8" });
      expect(stderr).toBe("");
      expect(stdout.trim().split("\n")).toEqual([...everyLayer, ...more].map(() => "fine"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

describe("what is refused", () => {
  const own = () => defineLayer({ name: "mine", apply: (x) => x });
  it.each([
    ["a layer of one's own", sequential(dense(2), own()), /mine1/],
    ["one within blocks", sequential(sequential(relu(), residual(sequential(relu(), own())))), /sequential1\.residual1\.mine1/],
    ["groups of rows of vectors", sequential(embedding(3, 4), groupNorm(2)), /groupNorm1/],
    ["windows of nothing but padding", sequential(embedding(3, 4), embedding(3, 2), maxPool2d(2, { padding: 2 })), /maxPool1/],
  ])("%s, by its name", (_, model, message) => {
    expect(messageOf(() => exportOnnx(randomRun(model, [3], plain, false)))).toMatch(message);
  });

  it("options that it does not know", () => {
    const run = randomRun(linear(2), [3], plain, true);
    const wrong: OnnxOptions = JSON.parse('{"channels":"middle"}');
    expect(messageOf(() => exportOnnx(run, wrong))).toMatch(/middle/);
  });
});

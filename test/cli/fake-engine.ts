/** An engine with known answers, so that the command line can be tested without training anything. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  BasinsRequest,
  BenchRequest,
  CheckRequest,
  Engine,
  EvaluateRequest,
  ExplainRequest,
  FitRequest,
  LandscapeRequest,
  MinimizeRequest,
  NoiseRequest,
  PredictRequest,
  RaceRequest,
  SharpnessRequest,
  SpectrumRequest,
  TrainingRaceRequest,
  TrainRequest,
  TrainResult,
} from "../../src/cli/engine.js";
import { main, type Surroundings } from "../../src/cli/main.js";
import type { GetDataOptions } from "../../src/data/download/get.js";
import { Profile } from "../../src/descent/profile.js";
import { lineChart } from "../../src/figures/line-chart.js";
import { basins, landscape, problems, race, raceTraining, spectralDensity, trace } from "../../src/index.js";
import { SteepestError } from "../../src/tensor/error.js";

/** What the engine was last asked for. */
export interface Asked {
  check?: CheckRequest;
  minimize?: MinimizeRequest;
  race?: RaceRequest;
  raceTraining?: TrainingRaceRequest;
  fit?: FitRequest;
  train?: TrainRequest;
  evaluate?: EvaluateRequest;
  predict?: PredictRequest;
  getData?: { readonly name: string; readonly options: GetDataOptions };
  explain?: ExplainRequest;
  bench?: BenchRequest;
  noise?: NoiseRequest;
  basins?: BasinsRequest;
  spectrum?: SpectrumRequest;
  sharpness?: SharpnessRequest;
  landscape?: LandscapeRequest;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: Asked;
}

export interface Settings extends Omit<Surroundings, "stdout" | "stderr" | "engine"> {
  /** Both streams are terminals, so wide. */
  readonly columns?: number;
  /** Changes the answers. */
  readonly engine?: Partial<Engine>;
  readonly trained?: Partial<TrainResult>;
}

/** Runs a command line against the fake engine. */
export async function run(
  argv: readonly string[],
  { columns, engine = {}, trained = {}, ...surroundings }: Settings = {},
): Promise<Outcome> {
  const asked: Asked = {};
  let [out, err] = ["", ""];
  const sink = (write: (text: string) => void) => ({ write, isTTY: columns !== undefined, columns });
  const code = await main(argv, {
    environment: {},
    now: () => new Date(Date.UTC(2026, 10, 21, 23, 44, 12)),
    onInterrupt: () => () => undefined,
    ...surroundings,
    stdout: sink((text) => {
      out += text;
    }),
    stderr: sink((text) => {
      err += text;
    }),
    engine: { ...fakeEngine(asked, trained), ...engine },
  });
  return { code, out, err, asked };
}

/** One loop at half of the limit. */
export const someProfile = new Profile({
  steps: 10,
  seconds: 2e-3,
  microsecondsPerStep: 200,
  waiting: 0,
  limits: { threads: 1, multiplyAdd: 20, triad: 10 },
  loops: [
    {
      entry: "step",
      name: "matmul1_multiply",
      calls: 10,
      microseconds: 200,
      share: 1,
      gflops: 10,
      gigabytes: 1,
      ofLimit: 0.5,
      bound: "arithmetic",
      shared: false,
    },
  ],
});

const fakeEngine = (asked: Asked, trained: Partial<TrainResult>): Engine => ({
  variables(formula) {
    if (formula.includes("§")) throw new SteepestError({ problem: 'there is no sign "§"', where: "column 1" });
    return [...new Set(formula.match(/\b(?!sin|max)[a-z]\w*/g) ?? [])].sort();
  },
  minimize(request) {
    asked.minimize = request;
    return {
      status: "converged",
      steps: 2,
      x: request.start.map((x) => x / 4),
      value: 0.125,
      gradientNorm: 1e-7,
      evaluations: { value: 3, gradient: 2 },
      diagnosis: "It converges steadily.",
      findings: [{ kind: "still-falling", text: "It was still falling." }],
      path: [request.start, request.start.map((x) => x / 2), request.start.map((x) => x / 4)],
      values: [8, 2, 0.5, 0.125],
    };
  },
  gradient: (_, at) => ({
    value: 12.5,
    gradient: at.map((x) => 2 * x),
    hessian: at.map((_, i) => at.map((_, j) => (i === j ? 2 : 0))),
    eigenvalues: at.map(() => 2),
    slope: 5,
    ascent: at.map(() => 1),
    descent: at.map(() => -1),
    next: at.map((x) => 0.8 * x),
    check: { verdict: "pass", maxRelativeError: 1.5e-9 },
  }),
  critical: ({ window }) => {
    const point = window.map(() => 1);
    return {
      points: [
        {
          point,
          value: 2,
          kind: "minimum",
          decidedBy: "hessian",
          eigenvalues: window.map(() => 3),
          index: 0,
          condition: 1,
          gradientNorm: 0,
          isIsolated: true,
          directions: [],
          unstable: [],
          isGlobal: true,
          searches: 7,
          reason: "f bends up along all directions",
        },
      ],
      starts: 8,
      converged: 7,
      metOnce: 0,
      lowest: { point, value: 2 },
      highest: { point, value: 9 },
      diagnosis: "1 minimum.",
      convexity: {
        verdict: "no-counterexample",
        strictly: undefined,
        proof: undefined,
        witness: undefined,
        tried: { points: 3, pairs: 3 },
        diagnosis: "No counterexample.",
      },
    };
  },
  basins(request) {
    asked.basins = request;
    const { formula, ...options } = request;
    return basins(formula, { ...options, size: 8 });
  },
  async spectrum(request) {
    asked.spectrum = request;
    request.onProgress?.({ stage: "eigenvalues", products: 7 });
    const vector = Float64Array.of(1);
    return {
      ...{ parameters: 6, records: request.records ?? 20, loss: 0.5, gradientNorm: 0.25, converged: true, products: 40, seconds: 1.5 },
      largest: [3, 2].map((value) => ({ value, vector, residual: 1e-5 })),
      smallest: [],
      ...(request.trace ? { trace: { value: 7.5, standardError: 0.5, samples: 32 } } : {}),
      ...(request.density ? { density: spectralDensity({ size: 3, times: (v) => v.map((x, i) => i * x) }, { probes: 2, steps: 3 }) } : {}),
    };
  },
  async sharpness(request) {
    asked.sharpness = request;
    request.onProgress?.({ done: 1, points: 2 });
    const point = (step: number, sharpness: number) => ({ step, loss: 0.5, sharpness, residual: 1e-4, learningRate: 0.5, edge: 4 });
    return { points: [point(0, 3), point(10, 4.5)], stableUpTo: 2, records: request.records ?? 20, products: 12 };
  },
  race(request) {
    asked.race = request;
    return race("problem" in request ? request.problem : problems.beale, request.optimizers, { evaluations: 20, tune: false });
  },
  async raceTraining(request) {
    asked.raceTraining = request;
    const { model, dataset, optimizers, signal } = request;
    return raceTraining(model, dataset, optimizers, { batchSize: 4, seeds: 2, tune: false, threads: 1, ...(signal ? { signal } : {}) });
  },
  check(request) {
    asked.check = request;
    return {
      check: {
        verdict: "pass",
        maxRelativeError: 1e-9,
        tensors: [{ name: "x", shape: [], verdict: "pass", coordinates: 1, checked: 1, failed: 0, unclear: 0, maxRelativeError: 1e-9 }],
        worst: [],
        sweep: [],
        directions: [],
        checked: 1,
        coordinates: 1,
        evaluations: 95,
        cost: "30d + 1",
        seed: request.seed,
        diagnosis: "All 1 derivatives agree with differences.",
      },
    };
  },
  fitCurve(request) {
    asked.fit = request;
    const names = Object.keys(request.start);
    const record = <V>(value: V) => Object.fromEntries(names.map((name) => [name, value]));
    return {
      status: "converged",
      parameters: request.start,
      standardErrors: record(0.125),
      confidenceIntervals: record([-1, 1] as const),
      correlation: names.map((_, i) => names.map((_, j) => Number(i === j))),
      residualSumOfSquares: 0.5,
      residualStandardDeviation: 0.25,
      degreesOfFreedom: 8,
      undetermined: [],
      iterations: 3,
      evaluations: { value: 7, gradient: 4 },
      diagnosis: "It fits.",
      figure: lineChart({
        title: "the fit",
        x: { label: "x" },
        y: { label: "y" },
        series: [
          {
            name: "data",
            points: [
              [0, 1],
              [1, 2],
            ],
          },
        ],
      }),
    };
  },
  predict(request) {
    asked.predict = request;
    const classes = request.run.classes?.length ?? 0;
    const count = request.inputs.length / request.run.inputShape.reduce((product, extent) => product * extent, 1);
    // The first class is the most probable, the others share the rest.
    const probabilities = Float32Array.from({ length: count * classes }, (_, i) => (i % classes === 0 ? 0.75 : 0.25 / (classes - 1)));
    return { outputs: probabilities, probabilities };
  },
  async getData(name, options) {
    asked.getData = { name, options };
    options.onProgress?.({ file: "a.gz", bytes: 500_000, totalBytes: 2_000_000 });
    options.onProgress?.({ file: "b.gz", bytes: 2_000_000, totalBytes: 2_000_000 });
    return { name, folder: `/cache/${name}`, files: 2, bytes: 2_000_000, kept: 1 };
  },
  async train(request) {
    asked.train = request;
    const progress = { totalSteps: 20, samplesPerSecond: 3921.7, seconds: 1 };
    request.onProgress({ ...progress, step: 5, epoch: 0.5, loss: 1.5 });
    request.onProgress({ ...progress, step: 10, epoch: 1, loss: 0.5, validationLoss: 0.6, validationAccuracy: 0.9 });
    request.onProgress({ ...progress, step: 20, epoch: 2, loss: 0.25, validationLoss: 0.4, validationAccuracy: 0.95, seconds: 2 });
    return {
      results: {
        status: request.signal.aborted ? "aborted" : "step-limit",
        diagnosis: "The validation loss was still falling.",
        epochs: 2,
        steps: 20,
        seconds: 2,
        samplesPerSecond: 3921.7,
        trainLoss: 0.25,
        validationLoss: 0.4,
        validationAccuracy: 0.95,
        test: {
          loss: 0.5,
          accuracy: 0.75,
          confusion: [
            [2, 1],
            [0, 1],
          ],
        },
      },
      fast: request.fast === true,
      loss: "cross-entropy",
      history: [
        { step: 1, epoch: 0.1, seconds: 0.1, loss: 2.3, learningRate: 0.002 },
        { step: 10, epoch: 1, seconds: 1, loss: 0.5, learningRate: 0.001, validationLoss: 0.6, validationAccuracy: 0.9 },
        { step: 20, epoch: 2, seconds: 2, loss: 0.25, learningRate: 0, validationLoss: 0.4, validationAccuracy: 0.95 },
      ],
      weights: [{ name: "dense1.weight", shape: [2, 3], dtype: "f32", data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
      layers: [{ layer: "dense1", outputShape: [3], parameters: 6 }],
      modelData: { name: "linear" },
      testProbabilities: Float32Array.from({ length: tiny.test * 10 }, (_, i) => (i % 10 === 3 ? 0.91 : 0.01)),
      ...trained,
    };
  },
  async evaluate(request) {
    asked.evaluate = request;
    return {
      loss: 0.5,
      accuracy: 0.75,
      confusion: [
        [2, 1],
        [0, 1],
      ],
      seconds: 0.004,
    };
  },
  async landscape(request) {
    asked.landscape = request;
    const { choice, known, size, seed, signal, onProgress } = request;
    const options = { size, seed, signal, ...(known ? { known } : {}) };
    const bowl = trace("x^2 + 3*y^2", { x: 0, y: 0 });
    if ("ray" in choice) return landscape(bowl, { ...options, ray: [1, 0] });
    return landscape(bowl, {
      ...options,
      plane: [
        [1, 0],
        [0, 1],
      ],
      onProgress: (progress) => onProgress({ ...progress, fresh: progress.done }),
    });
  },
  async noise(request) {
    asked.noise = request;
    const batch = { samples: 8, variance: 2, varianceError: 0.5, predicted: 1.5, z: 1 };
    const bias = { distance: 0.1, expected: 0.2, along: 0.05, alongError: 0.1, t: 0.5 };
    const law = { slope: -1.01, standardError: 0.02 };
    return {
      ...{ records: request.dataset.inputs.shape[0], parameters: 6, loss: 2.5, gradientNorm: 0.5, trace: 24 },
      noiseScale: { exact: 96, estimate: 90, standardError: 12, sizes: [1, 16] },
      batches: [1, 16].flatMap((size) => [true, false].map((replacement) => ({ size, replacement, ...batch, bias }))),
      law: { replacement: law, without: law },
    };
  },
  async bench(request) {
    asked.bench = request;
    return someProfile;
  },
  explain(request) {
    asked.explain = request;
    return [
      { name: "graph", summary: "what was traced", text: "x * x\n" },
      { name: "kernels", summary: "what runs", text: "loop\n" },
    ];
  },
});

/** How many records `writeTinyMnist` writes. */
export const tiny = { training: 20, test: 4 } as const;

/** A folder in the format of MNIST: 20 training and 4 test images of 28×28, labels 0, 1, 2, … */
export function writeTinyMnist(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [prefix, count] of [
    ["train", tiny.training],
    ["t10k", tiny.test],
  ] as const) {
    const images = Buffer.alloc(16 + count * 784, 7);
    for (const [i, word] of [0x803, count, 28, 28].entries()) images.writeUInt32BE(word, 4 * i);
    const labels = Buffer.alloc(8 + count);
    for (const [i, word] of [0x801, count].entries()) labels.writeUInt32BE(word, 4 * i);
    for (let i = 0; i < count; i++) labels[8 + i] = i % 10;
    writeFileSync(join(folder, `${prefix}-images-idx3-ubyte`), images);
    writeFileSync(join(folder, `${prefix}-labels-idx1-ubyte`), labels);
  }
}

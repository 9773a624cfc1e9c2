/** Handwritten digits: three networks whose accuracies are known from books and from the examples of other libraries. */
import {
  adadelta,
  conv2d,
  dense,
  dropout,
  fit,
  flatten,
  gd,
  glorot,
  type Initializer,
  type Model,
  maxPool2d,
  meanSquared,
  normal,
  type Optimizer,
  relu,
  rmsprop,
  sequential,
  sigmoid,
  stepDecay,
  type TrainedRun,
} from "steepest";
import { type Dataset, digits, mnist as readMnist } from "steepest/data";
import { measure, type Planned, telling } from "./rows.js";
import type { Study, StudyOptions, StudyResult } from "./study.js";

export const mnist: Study = {
  name: "mnist",
  title: "Two perceptrons and a convolutional network on MNIST",
  needs: "MNIST: train-images-idx3-ubyte and the three files beside it, plain or with .gz",
  seeds: 1,
  builtIn: true,
  run,
};

/** U(−b, b) with b = 1/√inputs: where PyTorch's layers start. */
const uniformByInputs: Initializer = {
  name: "uniform ± 1/√inputs",
  fill(out, shape, random) {
    const bound = 1 / Math.sqrt(shape.slice(0, -1).reduce((product, extent) => product * extent, 1));
    for (let i = 0; i < out.length; i++) out[i] = random.between(-bound, bound);
  },
};

const start = { init: normal({ std: 1 }), bias: normal({ std: 1 }) };
const sigmoids = sequential(flatten(), dense(30, start), sigmoid(), dense(10, start), sigmoid());

const unit = (units: number) => dense(units, { init: glorot() });
const relus = sequential(flatten(), unit(512), relu(), dropout(0.2), unit(512), relu(), dropout(0.2), unit(10));

const torch = { init: uniformByInputs };
const convolution = (filters: number) => conv2d(filters, 3, { padding: "valid", ...torch });
const convolutional = sequential(
  ...[convolution(32), relu(), convolution(64), relu(), maxPool2d(2), dropout(0.25), flatten()],
  ...[dense(128, torch), relu(), dropout(0.5), dense(10, torch)],
);

interface Recipe {
  readonly name: string;
  readonly model: Model;
  readonly optimizer: (stepsPerEpoch: number) => Optimizer;
  readonly batchSize: number;
  readonly epochs: number;
  readonly squares?: boolean;
  /** Whether pixels have mean 0 and deviation 1 over the training images. */
  readonly normalised?: boolean;
  readonly published: string;
  readonly bounds: readonly [number, number];
  /** One epoch beside the others. */
  readonly work: number;
}

const adadeltaByEpoch = (stepsPerEpoch: number) => adadelta({ learningRate: stepDecay(1, { every: stepsPerEpoch, factor: 0.7 }) });
const network = { model: convolutional, optimizer: adadeltaByEpoch, batchSize: 64, normalised: true, work: 60 } as const;

const recipes: readonly Recipe[] = [
  {
    name: "784-30-10 sigmoid, squares",
    model: sigmoids,
    // Nielsen's cost is ½ Σ (a − y)² over ten outputs, meanSquared a tenth of Σ (a − y)²: five times as large a rate walks the same path.
    optimizer: () => gd({ learningRate: 15 }),
    batchSize: 10,
    epochs: 30,
    squares: true,
    published: "95.42 % (the best epoch of the best of three runs)",
    bounds: [0.9442, 0.9642],
    work: 1,
  },
  {
    name: "784-512-512-10 relu, dropout 0.2",
    model: relus,
    optimizer: () => rmsprop({ learningRate: 0.001, rho: 0.9, epsilon: 1e-7, epsilonPlace: "inside" }),
    batchSize: 128,
    epochs: 20,
    published: "98.40 %",
    bounds: [0.979, 0.989],
    work: 5,
  },
  { name: "convolutional, 1 epoch", ...network, epochs: 1, published: "98.42 %", bounds: [0.9792, 0.9892] },
  { name: "convolutional, 14 epochs", ...network, epochs: 14, published: "99.1 – 99.2 %", bounds: [0.989, 0.994] },
];

async function run(options: StudyOptions): Promise<StudyResult> {
  const data = await dataOf(options);
  const records = data.inputs.shape[0];
  const planned = recipes.map(
    ({ name, model, optimizer, batchSize, epochs: whole, squares, normalised, published, bounds, work }): Planned => {
      const epochs = options.quick && !squares ? Math.min(whole, 2) : whole;
      return {
        name,
        published,
        bounds,
        work: work * epochs,
        effort: `${epochs} epoch${epochs === 1 ? "" : "s"} in batches of ${batchSize}`,
        async run(seed, tell) {
          const trained = await fit(
            model,
            normalised ? { ...data, preprocessing: { ...data.preprocessing, mean: [0.1307], std: [0.3081] } } : data,
            {
              ...(squares ? { loss: meanSquared() } : {}),
              optimizer: optimizer(Math.ceil(records / batchSize)),
              batchSize,
              epochs,
              seed,
              onProgress: telling(tell),
            },
          );
          return recognised(trained);
        },
      };
    },
  );
  return {
    quantity: "test accuracy",
    percent: true,
    rows: await measure(planned, options),
    protocol: [
      `${records} training images, ${data.test?.inputs.shape[0]} test images; nothing was chosen by the test images, the last epoch counts.`,
      "784-30-10: Nielsen, Neural Networks and Deep Learning, chapter 1. Rate 3 on half the squared error, weights and biases from N(0, 1), pixels from 0 to 1. His 95.42 % is the best epoch; inside is ± 1 point.",
      "784-512-512-10: Keras' example mnist_mlp.py. RMSprop at 0.001 with ρ = 0.9, Glorot's start, pixels from 0 to 1; inside is ± 0.5 points.",
      "Convolutional: PyTorch's example mnist. Convolutions 3×3 with 32 and 64 filters, 2×2 maxima, dropout 0.25, 128 units, dropout 0.5; Adadelta at rate 1, which falls by 0.7 after each epoch; weights from U(±1/√inputs), biases at 0 (there U(±1/√inputs) too). Pixels less 0.1307, divided by 0.3081. Inside is ± 0.5 points after 1 epoch, and 98.9 – 99.4 % after 14, about the range of public logs.",
    ],
  };
}

async function dataOf({ data, quick }: StudyOptions): Promise<Dataset> {
  if (data !== undefined && !quick) return readMnist(data);
  return digits({ train: 256, test: 100 });
}

/** The share of the test images whose largest output is at their label; squares alone do not say. */
function recognised({ test, data }: TrainedRun): number {
  if (test?.accuracy !== undefined) return test.accuracy;
  const labels = data.test?.targets.data;
  if (test === undefined || labels === undefined) return Number.NaN;
  const width = test.outputs.length / labels.length;
  let right = 0;
  for (let i = 0; i < labels.length; i++) {
    const outputs = test.outputs.subarray(i * width, (i + 1) * width);
    if (outputs.indexOf(Math.max(...outputs)) === labels[i]) right++;
  }
  return right / labels.length;
}

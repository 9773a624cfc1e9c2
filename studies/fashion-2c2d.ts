/** DeepOBS's network 2c2d on Fashion-MNIST: three optimizers at their tuned rates, against the bands of its ten seeds. */
import { adam, deepobs2c2d, fit, gd, momentum, type Optimizer } from "steepest";
import { type Dataset, digits, fashionMnist, recordCount, selectRecords } from "steepest/data";
import { measure, type Planned, telling } from "./rows.js";
import { type Study, type StudyOptions, type StudyResult, threeDeviations } from "./study.js";

export const fashion2c2d: Study = {
  name: "fashion-2c2d",
  title: "DeepOBS's 2c2d on Fashion-MNIST after 1, 2 and 5 epochs",
  needs: "Fashion-MNIST: train-images-idx3-ubyte and the three files beside it, plain or with .gz",
  seeds: 1,
  builtIn: true,
  run,
};

const BATCH = 128;

interface Tuned {
  readonly name: string;
  readonly optimizer: () => Optimizer;
  /** Test accuracy by epochs, mean and deviation of ten seeds. */
  readonly bands: readonly (readonly [epochs: number, mean: number, deviation: number])[];
}

const tuned: readonly Tuned[] = [
  {
    name: "SGD, rate 0.158",
    optimizer: () => gd({ learningRate: 0.158 }),
    bands: [
      [1, 0.8545, 0.0112],
      [2, 0.8754, 0.0086],
      [5, 0.8956, 0.0064],
    ],
  },
  {
    name: "momentum 0.99, rate 0.00251",
    optimizer: () => momentum({ learningRate: 0.00251, beta: 0.99 }),
    bands: [
      [1, 0.8517, 0.008],
      [2, 0.88, 0.0053],
      [5, 0.8988, 0.0059],
    ],
  },
  {
    name: "Adam, rate 0.000251",
    optimizer: () => adam({ learningRate: 0.000251 }),
    bands: [
      [1, 0.8526, 0.0054],
      [2, 0.8761, 0.0031],
      [5, 0.8967, 0.0035],
    ],
  },
];

async function run(options: StudyOptions): Promise<StudyResult> {
  const { data: folder, quick } = options;
  const data = wholeBatches(quick || folder === undefined ? digits({ train: 300, test: 200 }) : await fashionMnist(folder));
  const records = recordCount(data);
  const planned = tuned.flatMap(({ name, optimizer, bands }) =>
    bands.map(
      ([epochs, mean, deviation]): Planned => ({
        name: `${name}, ${epochs} epoch${epochs === 1 ? "" : "s"}`,
        published: `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)} %`,
        bounds: threeDeviations(mean, deviation),
        work: epochs,
        effort: `${(epochs * records) / BATCH} batches of ${BATCH}`,
        async run(seed, tell) {
          const trained = await fit(deepobs2c2d(), data, {
            optimizer: optimizer(),
            batchSize: BATCH,
            epochs,
            seed,
            onProgress: telling(tell),
          });
          return trained.test?.accuracy ?? Number.NaN;
        },
      }),
    ),
  );
  return {
    quantity: "test accuracy",
    percent: true,
    rows: await measure(quick ? planned.filter(({ work }) => work === 1) : planned, options),
    protocol: [
      `${records} training images in whole batches of ${BATCH}, ${data.test && recordCount(data.test)} test images; pixels from 0 to 1, no augmentation, no weight decay.`,
      "Network, start (normal with deviation 0.05, cut off at twice that; biases 0.05), batch size and tuned rates as published: Schneider, Balles, Hennig, DeepOBS (arXiv 1903.05499), problem fmnist_2c2d; its baselines are means of ten seeds ± their standard deviation. Inside is mean ± 3 deviations.",
      "DeepOBS drops the last 96 images of each epoch's order, here the last 96 of the data stay out: both make 468 steps an epoch. It tests on 9,984 images, here on all.",
      "Each row starts anew: at a constant rate the run over 2 epochs goes through the end of the run over 1.",
    ],
  };
}

/** The data without the records at the end that would not fill a batch. */
function wholeBatches(data: Dataset): Dataset {
  const count = Math.floor(recordCount(data) / BATCH) * BATCH;
  return selectRecords(
    data,
    Uint32Array.from({ length: count }, (_, i) => i),
  );
}

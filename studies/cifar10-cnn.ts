/** DeepOBS's network 3c3d on a fifth of CIFAR-10, with and without augmentation. */
import { adam, deepobs3c3d, fit, l2 } from "steepest";
import { cifar10, crop, type Dataset, digits, flip, recordCount, standardized } from "steepest/data";
import { measure, type Planned, telling } from "./rows.js";
import type { Study, StudyOptions, StudyResult } from "./study.js";

export const cifar10Cnn: Study = {
  name: "cifar10-cnn",
  title: "DeepOBS's 3c3d on one batch of CIFAR-10, with and without augmentation",
  needs: "CIFAR-10: its batches, or cifar-10-binary.tar.gz",
  seeds: 1,
  builtIn: true,
  run,
};

const BATCH = 128;
const EPOCHS = 30;

async function run(options: StudyOptions): Promise<StudyResult> {
  const { data: folder, quick } = options;
  const data = standardized(quick || folder === undefined ? inColour(digits({ train: 256, test: 100 })) : await cifar10(folder));
  const epochs = quick ? 1 : EPOCHS;
  const planned = [
    { name: "as they are", augment: [] },
    { name: "mirrored and shifted", augment: [flip(), crop({ padding: 4 })] },
  ].map(
    ({ name, augment }): Planned => ({
      name,
      published: "–",
      work: epochs,
      effort: `${epochs} epoch${epochs === 1 ? "" : "s"} in batches of ${BATCH}`,
      async run(seed, tell) {
        const trained = await fit(deepobs3c3d(), data, {
          optimizer: adam({ learningRate: 3.98e-4 }),
          regularizer: l2(1e-3),
          batchSize: BATCH,
          epochs,
          augment,
          seed,
          onProgress: telling(tell),
        });
        return trained.test?.accuracy ?? Number.NaN;
      },
    }),
  );
  return {
    quantity: "test accuracy",
    percent: true,
    rows: await measure(planned, options),
    protocol: [
      `${recordCount(data)} training images, ${data.test && recordCount(data.test)} test images; each channel with mean 0 and deviation 1 over the training images.`,
      "Network, batch size, weight decay and Adam's tuned rate of DeepOBS's problem cifar10_3c3d (arXiv 1903.05499). Its 75.96 ± 0.81 % after 10 epochs and 84.75 ± 0.33 % after 100 are with 50,000 training images: with fewer no result was published that this could be held against.",
      "Mirrored and shifted: each image is flipped left to right with probability ½, and cut out of itself with 4 pixels of margin, anew in each step.",
    ],
  };
}

/** Digits as colour images of 32×32: what the network needs at least. */
function inColour(data: Dataset): Dataset {
  const coloured = ({ inputs, targets }: Pick<Dataset, "inputs" | "targets">) => {
    const count = inputs.shape[0];
    const out = new Uint8Array(count * 32 * 32 * 3);
    for (let i = 0; i < count * 784; i++) {
      const [image, row, column] = [Math.floor(i / 784), Math.floor((i % 784) / 28), i % 28];
      out.fill(inputs.data[i], 3 * ((image * 32 + row + 2) * 32 + column + 2), 3 * ((image * 32 + row + 2) * 32 + column + 3));
    }
    return { inputs: { shape: [count, 32, 32, 3], dtype: "u8", data: out } as const, targets };
  };
  return { ...data, ...coloured(data), ...(data.test ? { test: coloured(data.test) } : {}) };
}

/**
 * How far a linear classifier of CIFAR-10 comes by guessing, by guessing around the best guess, and by following the gradient: the
 * ladder of Stanford's course CS231n (notes "Optimization: Stochastic Gradient Descent", and its first assignment).
 */
import { dense, fit, gd, l2, type Model, multiclassHinge, normal, searchWeights, sequential } from "steepest";
import { arrayDataset, cifar10, type Dataset, type DatasetPart } from "steepest/data";
import { chosen } from "./rows.js";
import type { Measured, Study, StudyOptions, StudyResult } from "./study.js";

/** W and the bias column as one matrix [10 × 3073] of N(0, scale²): what the notes reach by appending 1 to every image. */
const scores = (scale: number): Model => sequential(dense(10, { init: normal({ std: scale }), bias: normal({ std: scale }) }));

const loss = multiclassHinge({ margin: 1 });

interface Sizes {
  readonly training: number;
  readonly test: number;
  readonly tries: number;
  readonly steps: number;
}

const whole: Sizes = { training: Number.POSITIVE_INFINITY, test: Number.POSITIVE_INFINITY, tries: 1000, steps: 1500 };
const small: Sizes = { training: 300, test: 300, tries: 25, steps: 60 };

const BATCH = 200;

export const linearLadder: Study = {
  name: "linear-ladder",
  title: "A linear support vector machine on CIFAR-10, without and with gradients",
  needs: "CIFAR-10: its batches, or cifar-10-binary.tar.gz",
  seeds: 5,
  run,
};

async function run({ data: folder = "", seeds, only, quick, report }: StudyOptions): Promise<StudyResult> {
  const sizes = quick ? small : whole;
  const original = await cifar10(folder);
  const data = centred(original, sizes);
  const records = data.inputs.shape[0];
  const searched = async (method: "random" | "local", start: number, step?: number) => {
    const began = performance.now();
    const runs = await searchWeights(scores(start), data, {
      method,
      ...(step === undefined ? {} : { step }),
      tries: sizes.tries,
      seeds,
      loss,
      onProgress: ({ tried, tries, losses }) => report(`${method} search, ${tried} of ${tries}: loss ${Math.min(...losses).toFixed(3)}`),
    });
    return { values: runs.map(({ test }) => test?.accuracy ?? Number.NaN), seconds: (performance.now() - began) / 1000 };
  };
  const descended = async (): Promise<Pick<Measured, "values" | "seconds">> => {
    const began = performance.now();
    const values: number[] = [];
    for (const seed of seeds) {
      report(`gradient descent, seed ${seed}`);
      const trained = await fit(scores(1e-4), data, {
        loss,
        // The assignment counts the bias column in: λ Σ W² over all 30,730 numbers.
        regularizer: l2(2.5e4, { parameters: () => true }),
        optimizer: gd({ learningRate: 1e-7 }),
        batchSize: Math.min(BATCH, records),
        epochs: sizes.steps / Math.ceil(records / Math.min(BATCH, records)),
        seed,
      });
      values.push(trained.test?.accuracy ?? Number.NaN);
    }
    return { values, seconds: (performance.now() - began) / 1000 };
  };
  const effort = `${sizes.tries} looks at all images`;
  const batches = `${sizes.steps} batches of ${BATCH}: ${((sizes.steps * BATCH) / records).toFixed(0)} looks at all images`;
  const steps: readonly (Omit<Measured, "values" | "seconds"> & { measure(): Promise<Pick<Measured, "values" | "seconds">> })[] = [
    { name: "random search", published: "15.5 %", effort, measure: () => searched("random", 1e-4) },
    { name: "random local search", published: "21.4 %", effort, measure: () => searched("local", 1e-3, 1e-4) },
    { name: "gradient descent in batches", published: "about 39 % (validation)", effort: batches, measure: descended },
  ];
  const rows: Measured[] = [];
  for (const { measure, ...row } of chosen(steps, only)) rows.push({ ...row, ...(await measure()) });
  return {
    quantity: "test accuracy",
    percent: true,
    rows,
    protocol: [
      `${records} training images (published: 50,000; with gradients 49,000), ${data.test?.inputs.shape[0]} test images (10,000; with gradients 1,000 set apart for validation). Guessing gives 10 %.`,
      "Pixels from 0 to 255, less the mean image of the training images; a bias for each class, drawn like the weights (the notes append 1 to each image).",
      "Loss: multiclass hinge with Δ = 1, the mean over all training images; the searches go without regulariser, as in the notes.",
      "Random search: every try draws W anew from N(0, 0.0001²); the W of the lowest training loss is tested.",
      "Local search: W starts at N(0, 0.001²), each try adds N(0, 0.0001²) and is kept if the training loss falls. The start counts as the first try; in the notes it is not measured, and the first step always taken.",
      "Gradient descent: the assignment's rate 1e-7 and λ = 2.5e4 on ΣW², the bias among it, 1,500 steps on 200 images each. Batches are cut from a new order in each epoch; the assignment draws them with replacement.",
    ],
  };
}

/** Images as rows of numbers less the mean training image. */
function centred(data: Dataset, { training, test }: Sizes): Dataset {
  const pixels = data.inputs.data.length / data.inputs.shape[0];
  const first = (part: DatasetPart, most: number) => {
    const count = Math.min(most, part.inputs.shape[0]);
    return { count, bytes: part.inputs.data.subarray(0, count * pixels), labels: part.targets.data.subarray(0, count) };
  };
  const learnt = first(data, training);
  const mean = new Float64Array(pixels);
  for (let i = 0; i < learnt.bytes.length; i++) mean[i % pixels] += learnt.bytes[i];
  for (let k = 0; k < pixels; k++) mean[k] /= learnt.count;
  const part = ({ count, bytes, labels }: ReturnType<typeof first>) => ({
    inputs: { shape: [count, pixels], data: Float32Array.from(bytes, (x, i) => x - mean[i % pixels]) },
    targets: labels,
  });
  return arrayDataset({
    name: data.name,
    ...part(learnt),
    ...(data.classes ? { classes: data.classes } : {}),
    ...(data.test ? { test: part(first(data.test, test)) } : {}),
  });
}

/** D16: the gradient of a network while its loss falls, and where many seeds end. */
import { norm } from "../algebra/index.js";
import type { Dataset } from "../data/dataset.js";
import { digits } from "../data/digits.js";
import { fit } from "../descent/fit.js";
import { gradientStatistics } from "../descent/gradient-statistics/gradient-statistics.js";
import type { HistoryRecord } from "../descent/history.js";
import type { TrainedRun } from "../descent/trained-run.js";
import { lineChart } from "../figures/line-chart.js";
import { spreadChart } from "../figures/spread-chart.js";
import type { Point } from "../figures/thinning.js";
import { mlp } from "../models/ready.js";
import { gd } from "../optimizers/gradient-descent.js";
import type { Exhibit } from "./exhibit.js";
import { median } from "./paths.js";

const epochs = [0, 1, 2, 4, 8, 16] as const;
const seeds = Array.from({ length: 10 }, (_, i) => i + 1);
const settings = { optimizer: gd({ learningRate: 0.1 }), batchSize: 32 } as const;
/** Of the records alone: the gradient over all of them is what is asked for. */
const whole = { batchSizes: [1], samples: 2 } as const;

const code = `import { fit, gd, gradientStatistics, mlp } from "steepest";
import { digits } from "steepest/data";

const data = digits({ train: 1000, test: 200 });
const model = mlp({ hidden: [32] });
const cheap = { batchSizes: [1], samples: 2 }; // the gradient over all records is what is asked for
const before = await gradientStatistics(model, data, cheap);
const run = await fit(model, data, { optimizer: gd({ learningRate: 0.1 }), epochs: 16, batchSize: 32 });
const after = await gradientStatistics(run, cheap);
after.loss / before.loss < 0.1;                 // → true
after.gradientNorm / before.gradientNorm > 0.5; // → true`;

export const gradientNorm = {
  id: "D16",
  title: "Training ends far from a critical point",
  shows:
    "The loss of a network falls to a twelfth while the norm of its gradient, over all records, rises, falls, and is still of the size it had at the start: training has not arrived anywhere where the gradient vanishes. " +
    "Ten seeds end at ten different places with nearly the same loss.",
  formula: [
    "‖∇L(θ)‖₂ over all training records, after each number of epochs",
    "spread of the final loss over seeds: standard deviation / mean",
  ],
  code,
  command: "steepest train --data digits --model mlp --optimizer gd --lr 0.1 --epochs 16 --batch-size 32",
  mistake:
    "The well-known curve is the gradient of single batches, whose norm is mostly noise. Here it is the gradient over all records; the batches' own norms are mostly larger.",
  async make({ threads }) {
    const common = { ...settings, ...(threads === undefined ? {} : { threads }) };
    const data = digits({ train: 1000, test: 200 });
    const model = mlp({ hidden: [32] });
    const points: { epoch: number; loss: number; gradientNorm: number; noiseScale: number }[] = [];
    for (const epoch of epochs) {
      const seen =
        epoch === 0
          ? await gradientStatistics(model, data, whole)
          : await gradientStatistics(await fit(model, data, { ...common, epochs: epoch, seed: 1 }), whole);
      points.push({ epoch, loss: seen.loss, gradientNorm: seen.gradientNorm, noiseScale: seen.noiseScale.exact });
    }
    const runs: TrainedRun<Dataset>[] = [];
    for (const seed of seeds) runs.push(await fit(model, data, { ...common, epochs: 16, seed }));
    const losses = runs.map(({ trainLoss }) => trainLoss);
    const mean = losses.reduce((sum, x) => sum + x, 0) / losses.length;
    const deviation = Math.sqrt(losses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (losses.length - 1));
    const [first, second] = runs.map(({ theta }) => Float64Array.from(theta));
    const apart = norm(first.map((x, i) => x - second[i]));
    const length = norm(first);
    return {
      numbers: {
        epochs: [...epochs],
        loss: points.map(({ loss }) => loss),
        gradientNorm: points.map(({ gradientNorm }) => gradientNorm),
        noiseScale: points.map(({ noiseScale }) => noiseScale),
        lossRatio: points[points.length - 1].loss / points[0].loss,
        gradientNormRatio: points[points.length - 1].gradientNorm / points[0].gradientNorm,
        medianBatchGradientNormInTheLastEpoch: median(
          runs[0].history.flatMap(({ epoch, gradientNorm }) => (epoch > 15 && gradientNorm !== undefined ? [gradientNorm] : [])),
        ),
        seeds: { finalLosses: losses, mean, deviation, relative: deviation / mean, distanceOfTheFirstTwo: apart, lengthOfTheFirst: length },
      },
      data: "A network of one hidden layer of 32 units on 1,000 of the built-in digits; plain stochastic descent, batches of 32, rate 0.1.",
      figures: [
        {
          name: "norm",
          figure: lineChart({
            title: "Loss and gradient",
            subtitle: "over all records, log scale",
            x: { label: "epoch", style: "count" },
            y: { label: "value", kind: "log" },
            series: [
              { name: "loss", points: points.map(({ epoch, loss }) => [epoch, loss] as const) },
              { name: "‖∇L‖", points: points.map(({ epoch, gradientNorm }) => [epoch, gradientNorm] as const) },
            ],
          }),
          caption: "The loss falls steadily; the gradient's norm has no such trend.",
        },
        {
          name: "seeds",
          figure: spreadChart({
            title: "Loss of ten seeds",
            subtitle: "mean of each epoch; the band holds all ten",
            x: { label: "epoch", style: "count" },
            y: { label: "loss", kind: "log" },
            groups: [{ name: "gd", runs: runs.map(({ history }) => epochMeans(history)) }],
          }),
          caption: "Ten starts, ten orders of the records, one curve.",
        },
      ],
    };
  },
} satisfies Exhibit;

/** The mean loss of the records of each epoch, at its end. */
function epochMeans(history: readonly HistoryRecord[]): Point[] {
  return Array.from({ length: Math.round(history.at(-1)?.epoch ?? 0) }, (_, i): Point => {
    const own = history.filter(({ epoch }) => epoch > i + 1e-9 && epoch <= i + 1 + 1e-9);
    return [i + 1, own.reduce((sum, { loss }) => sum + loss, 0) / own.length];
  });
}

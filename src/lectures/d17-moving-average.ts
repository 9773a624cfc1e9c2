/** D17: what a moving average remembers, and what bias correction does to its first steps. */
import { replay } from "../descent/replay.js";
import { lineChart } from "../figures/line-chart.js";
import { adam } from "../optimizers/adam.js";
import { momentum } from "../optimizers/momentum.js";
import { RandomStream } from "../tensor/random.js";
import type { Exhibit } from "./exhibit.js";

const betas = [0.5, 0.9, 0.98] as const;

/** vₜ = βvₜ₋₁ + (1 − β)xₜ with v₀ = 0: momentum in the form "mean" walks by −vₜ with the rate 1. */
function movingAverage(values: readonly number[], beta: number): number[] {
  const thetas = replay(momentum({ learningRate: 1, beta, form: "mean" }), { start: [0], gradients: values.map((x) => [x]) });
  return thetas.map(([theta], t) => (t === 0 ? 0 : thetas[t - 1][0]) - theta);
}

/** A slow wave with noise on it, seed 1. */
function signal(length: number): number[] {
  const random = new RandomStream(1, "lectures, moving average");
  return Array.from({ length }, (_, t) => 1 + 0.5 * triangle(t / 60) + 0.25 * random.normal());
}

/** A wave of straight lines between −1 and 1, of period 1. */
const triangle = (t: number): number => 4 * Math.abs(t - Math.floor(t + 0.5)) - 1;

const code = `import { adam, momentum, replay } from "steepest";

// An average of ones, vₜ = 0.9 vₜ₋₁ + 0.1, is momentum in the form "mean":
const mean = momentum({ learningRate: 1, beta: 0.9, form: "mean" });
const ones = replay(mean, { start: [0], gradients: [[1], [1], [1]] });
ones.map((theta, t) => (t === 0 ? 0 : ones[t - 1][0]) - theta[0]); // → [0.1, 0.19, 0.271]
// Adam's first step for a constant gradient, with the correction and without:
const first = (biasCorrection: boolean) => {
  const rule = adam({ learningRate: 1, epsilon: 1e-300, biasCorrection });
  return -replay(rule, { start: [0], gradients: [[1]] })[0][0];
};
first(true);  // → 1
first(false); // → 3.16228…`;

export const movingAverages = {
  id: "D17",
  title: "The moving average and its correction",
  shows:
    "A moving average weighs the value of k steps ago by (1 − β)βᵏ: with β = 0.9 it remembers about ten of them, with 0.98 about fifty. " +
    "It starts from 0 and is too small at first, by exactly the factor 1 − βᵗ that the bias correction divides by.",
  formula: [
    "vₜ = βvₜ₋₁ + (1 − β)xₜ = (1 − β) Σₖ βᵏ xₜ₋ₖ,   v₀ = 0",
    "v̂ₜ = vₜ / (1 − βᵗ)",
    "Adam's first step: α with both corrections, (1 − β₁)/√(1 − β₂) α = 3.162 α without",
  ],
  code,
  mistake:
    "“Without correction the first steps are too small” holds for v, not for Adam's step: its denominator is too small by more, and the first step is 3.16 times too long. " +
    "A well-known demonstration multiplies by 1 − βᵗ where it should divide: with a constant gradient its tenth step is 43 times as long as it should be.",
  make() {
    const impulse = Array.from({ length: 60 }, (_, t) => (t === 0 ? 1 : 0));
    const ones = impulse.map(() => 1);
    const x = signal(120);
    const weights = betas.map((beta) => movingAverage(impulse, beta));
    const grown = betas.map((beta) => movingAverage(ones, beta));
    const average = movingAverage(x, 0.98);
    const share = movingAverage(
      x.map(() => 1),
      0.98,
    );
    const step = (biasCorrection: boolean, count: number) => {
      const thetas = replay(adam({ learningRate: 1, epsilon: 1e-300, biasCorrection }), {
        start: [0],
        gradients: Array.from({ length: count }, () => [1]),
      });
      return (count === 1 ? 0 : thetas[count - 2][0]) - thetas[count - 1][0];
    };
    // The defect that multiplies m and v by 1 − βᵗ: both means of a constant gradient of 1 are 1 − βᵗ themselves.
    const multiplied = (t: number) => {
      const [m, v] = [0.9, 0.999].map((beta) => movingAverage(ones, beta)[t - 1]);
      return (m * m) / Math.sqrt(v * v);
    };
    const weightChart = lineChart({
      title: "Weights of past values",
      subtitle: "(1 − β)βᵏ",
      x: { label: "steps ago", style: "count" },
      y: { label: "weight", kind: "linear" },
      series: weights.map((list, i) => ({
        name: `β = ${betas[i]}`,
        points: list.slice(0, 41).map((w, k) => [k, w] as const),
        dots: false,
      })),
    });
    const correctionChart = lineChart({
      title: "A noisy signal and its average, β = 0.98",
      x: { label: "step", style: "count" },
      y: { label: "value", kind: "linear" },
      series: [
        { name: "", points: x.map((value, t) => [t + 1, value] as const), joined: false, colour: 5 },
        { name: "corrected", points: average.map((value, t) => [t + 1, value / share[t]] as const), colour: 2 },
        { name: "uncorrected", points: average.map((value, t) => [t + 1, value] as const), colour: 1 },
      ],
    });
    const label = (values: readonly number[]) => Object.fromEntries(values.map((value, i) => [String(betas[i]), value]));
    return {
      numbers: {
        weights: Object.fromEntries(weights.map((list, i) => [String(betas[i]), list.slice(0, 10)])),
        halfLife: label(weights.map((list) => list.findIndex((w) => w <= list[0] / 2))),
        firstAverage: label(grown.map(([v]) => v)),
        averageOfOnesAfter10: label(grown.map((list) => list[9])),
        adamFirstStep: { corrected: step(true, 1), uncorrected: step(false, 1), multipliedInstead: multiplied(1) },
        adamTenthStep: { corrected: step(true, 10), uncorrected: step(false, 10), multipliedInstead: multiplied(10) },
      },
      figures: [
        { name: "weights", figure: weightChart, caption: "The larger β, the lower and longer the tail; the weights sum to 1." },
        { name: "correction", figure: correctionChart, caption: "Without the correction the average climbs from 0 for a hundred steps." },
      ],
    };
  },
} satisfies Exhibit;

/** D9: batch, stochastic and mini-batch descent on one loss surface. */
import { criticalPoints } from "../analysis/critical-points/critical-points.js";
import { minimize } from "../descent/minimize.js";
import { contourFigure } from "../figures/contour-figure.js";
import { gradientFanFigure } from "../figures/gradient-fan-figure.js";
import { lineChart } from "../figures/line-chart.js";
import { spreadChart } from "../figures/spread-chart.js";
import type { Point } from "../figures/thinning.js";
import { gd } from "../optimizers/gradient-descent.js";
import { gradientNoise } from "../optimizers/wrappers/gradient-noise.js";
import { constants, descents, formula, gradients, points, start } from "./eight-points.js";
import type { Exhibit } from "./exhibit.js";
import { length2, median } from "./paths.js";

const learningRate = 0.05;
const epochs = 100;
const sizes = [8, 4, 2, 1] as const;
const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
/** The rate of the annealed descent: α/(1 + t/80), t the steps done: halved after ten epochs. */
const annealed = (step: number) => learningRate / (1 + step / 80);

const code = `import { grad, type Tensor, tensor, vmap } from "steepest";

const x = tensor([-1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75, 2.25]);
const y = tensor([-0.9, 0.75, 0.1, 1.6, 0.85, 2.5, 1.8, 3.4]);
const loss = (w: Tensor, x: Tensor, y: Tensor) =>
  x.mul(w.slice([1], [1])).add(w.slice([0], [1])).sub(y).square().mean();
const w = tensor([-2, 2.5]);
const gradientAt = (x: Tensor, y: Tensor) => grad((w: Tensor) => loss(w, x, y))(w);
// A gradient for each point, and their mean; the gradient over all points:
const each = vmap(gradientAt)(x.reshape([8, 1]), y.reshape([8, 1]));
each.mean([0]).toArray();      // → [-4.025, 1.9375]
gradientAt(x, y).toArray();    // → [-4.025, 1.9375]`;

export const batches = {
  id: "D9",
  title: "Batch, stochastic and mini-batch descent",
  shows:
    "The gradient over all points is the mean of the gradients of the points, so a batch drawn at random points the right way on average; its spread falls with the root of its size. " +
    "At the same rate smaller batches get farther in one epoch, then keep fluctuating about the minimum; with a rate that falls they settle.",
  formula: [
    "∇L = (1/N) Σᵢ ∇Lᵢ,   w ← w − α (1/B) Σ_{i ∈ batch} ∇Lᵢ",
    "E‖g_B − ∇L‖² = tr Σ / B · (N − B)/(N − 1)   (without replacement)",
    "fluctuation on ½λw² with noise of deviation s:   α s² / (λ(2 − αλ))",
  ],
  code,
  mistake:
    "The usual sketch compares the paths by steps. A step over eight points costs eight times as much as one over a single point; by epochs, the cost, the stochastic path is ahead, and the batch path is the slow one. " +
    "And it shows a single noisy path, from which nothing follows: here are twenty, with their median and spread.",
  make() {
    const [best] = criticalPoints(formula, { window: { w0: [-5, 5], w1: [-5, 5] }, constants, starts: 8 }).minima.map(({ point }) => point);
    const away = ([w0, w1]: readonly number[]) => length2([w0 - best.w0, w1 - best.w1]);
    const own = gradients(start);
    const mean = [0, 1].map((axis) => own.reduce((sum, g) => sum + g[axis], 0) / own.length);
    const trace = own.reduce((sum, g) => sum + (g[0] - mean[0]) ** 2 + (g[1] - mean[1]) ** 2, 0) / own.length;
    const spread = sizes.toReversed().map((size) => {
      const squares = subsets(points.length, size).map((rows) => {
        const g = [0, 1].map((axis) => rows.reduce((sum, i) => sum + own[i][axis], 0) / size);
        return (g[0] - mean[0]) ** 2 + (g[1] - mean[1]) ** 2;
      });
      const measured = Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length);
      return { size, measured, predicted: Math.sqrt(((trace / size) * (points.length - size)) / (points.length - 1)) };
    });
    const runs = sizes.map((size) => ({ size, paths: descents(size, epochs, () => learningRate, seeds) }));
    const falling = { size: 1, paths: descents(1, epochs, annealed, seeds) };
    /** Medians over the seeds of the distance from the minimum, at the end of each epoch. */
    const byEpoch = ({ size, paths }: { readonly size: number; readonly paths: number[][][] }) =>
      Array.from({ length: epochs + 1 }, (_, epoch) => median(paths.map((path) => away(path[(epoch * points.length) / size]))));
    // One epoch of single points against one step of N times the rate: the difference is of second order.
    const difference = (rate: number) => {
      const [path] = descents(1, 1, () => rate, [1]);
      const [whole] = descents(points.length, 1, () => rate * points.length, [1]);
      return length2([path[points.length][0] - whole[1][0], path[points.length][1] - whole[1][1]]);
    };
    const [lambda, deviation, rate] = [2, 0.5, 0.2];
    const noisy = minimize("x^2", 1, {
      optimizer: gradientNoise(gd({ learningRate: rate }), { variance: deviation * deviation, decay: 0 }),
      steps: 20_000,
      tolerance: 0,
      path: true,
    }).path.rows();
    const settled = noisy.slice(100).map(([x]) => x * x);
    const placesOf = (path: readonly (readonly number[])[], steps: number) => path.slice(0, steps + 1).map(([w0, w1]): Point => [w0, w1]);
    const curveOf = (path: readonly (readonly number[])[], size: number) =>
      Array.from({ length: epochs + 1 }, (_, epoch): Point => [epoch, away(path[(epoch * points.length) / size])]);
    const curves = [
      ...runs.map((run) => ({
        name: run.size === 8 ? "all 8 points" : run.size === 1 ? "1 point" : `${run.size} points`,
        distances: byEpoch(run),
      })),
      { name: "1 point, annealed", distances: byEpoch(falling) },
    ];
    return {
      numbers: {
        learningRate,
        epochs,
        minimum: [best.w0, best.w1],
        gradients: own,
        meanGradient: mean,
        spread,
        afterOneEpoch: Object.fromEntries(curves.map(({ name, distances }) => [name, distances[1]])),
        afterAllEpochs: Object.fromEntries(curves.map(({ name, distances }) => [name, distances[epochs]])),
        "order of (one epoch − one batch step)": Math.log2(difference(1e-3) / difference(5e-4)),
        fluctuation: {
          measured: settled.reduce((sum, x) => sum + x, 0) / settled.length,
          predicted: (rate * deviation * deviation) / (lambda * (2 - rate * lambda)),
        },
      },
      figures: [
        {
          name: "paths",
          figure: contourFigure({
            title: "Twenty stochastic paths, and the batch path",
            f: (w0, w1) => points.reduce((sum, [x, y]) => sum + (w0 + w1 * x - y) ** 2, 0) / points.length,
            window: { x: [-2.6, 2.2], y: [-0.6, 2.9] },
            names: ["w₀", "w₁"],
            caption: "Five epochs with α = 0.05. Pale: one point a step, twenty seeds.",
            places: [{ kind: "point", at: [best.w0, best.w1], shape: "star", paint: "ink" }],
            // The many first, so that none of them hides the two that are named.
            marks: [
              ...runs[3].paths
                .slice(1, 20)
                .map((path) => ({ kind: "line", points: placesOf(path, 40), colour: 1, faint: true, trail: true, dots: false }) as const),
              { kind: "line", points: placesOf(runs[3].paths[0], 40), colour: 1, label: "1 point, seed 1", trail: true },
              { kind: "line", points: placesOf(runs[0].paths[0], 5), colour: 0, label: "all 8 points", trail: true },
              { kind: "point", at: [start[0], start[1]], shape: "ring", paint: "ink" },
            ],
          }),
          caption: "Forty small steps in many directions against five long ones in the right direction, at the same cost.",
        },
        {
          name: "gradients",
          figure: gradientFanFigure({
            title: "The eight gradients at the start",
            subtitle: "negative",
            gradients: own.map(([a, b]): Point => [a, b]),
            names: ["w₀", "w₁"],
          }),
          caption: "No single point pulls along the mean; together they do. The ellipse holds two standard deviations.",
        },
        {
          name: "distances",
          figure: spreadChart({
            title: "Distance from the minimum",
            subtitle: "median of 20 seeds; bands hold half of them",
            share: 0.5,
            x: { label: "epoch", style: "count" },
            y: { label: "distance", kind: "log" },
            groups: [
              { name: "8 points", colour: 0, runs: runs[0].paths.slice(0, 1).map((path) => curveOf(path, 8)) },
              { name: "1 point", colour: 1, runs: runs[3].paths.map((path) => curveOf(path, 1)) },
              { name: "1, annealed", colour: 2, runs: falling.paths.map((path) => curveOf(path, 1)) },
            ],
          }),
          caption: "By epochs single points are ahead at first; then only all points, and the falling rate, still get closer.",
        },
        {
          name: "spread",
          figure: lineChart({
            title: "Spread of a batch's gradient",
            subtitle: "all subsets of that size",
            x: { label: "batch size", kind: "log", ticks: [1, 2, 4, 8] },
            y: { label: "√E‖g − ∇L‖²", kind: "linear" },
            series: [
              { name: "measured", points: spread.map(({ size, measured }) => [size, measured] as const) },
              { name: "tr Σ", points: spread.map(({ size }) => [size, Math.sqrt(trace / size)] as const), reference: true },
            ],
          }),
          caption: "Drawn without replacement the spread falls faster than 1/√B (dashed), and is 0 for all eight.",
        },
      ],
    };
  },
} satisfies Exhibit;

/** All sets of `size` of the numbers below `count`. */
function subsets(count: number, size: number): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: count }, (_, last) => subsets(last, size - 1).map((rest) => [...rest, last])).flat();
}

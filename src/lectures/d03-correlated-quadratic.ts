/** D3: gradient descent on a tilted quadratic, in its own axes. */
import { taylor } from "../analysis/taylor.js";
import { symmetricEigen } from "../curvature/eigenvalues.js";
import { minimizeMany } from "../descent/many.js";
import { minimize } from "../descent/minimize.js";
import { contourFigure } from "../figures/contour-figure.js";
import { lineChart } from "../figures/line-chart.js";
import { rateSweepFigure } from "../figures/rate-sweep-figure.js";
import { gd } from "../optimizers/gradient-descent.js";
import { momentum } from "../optimizers/momentum.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Exhibit } from "./exhibit.js";
import { firstStep, length2 } from "./paths.js";
import { bestHeavyBall, bestRate } from "./quadratic-rates.js";

export const tilted = "0.5x1^2 + 2x2^2 + x1*x2";
export const tiltedStart = [8.7, -7.9] as const;
const learningRate = 0.2;
/** From 0.01 to 1, evenly by factors. */
const rates = Array.from({ length: 41 }, (_, i) => Math.exp(Math.log(0.01) * (1 - i / 40)));

/** (rate, loss after 20 steps) of a method, all rates in one program. */
function sweep(optimizer: Optimizer, learningRates: readonly number[]): (readonly [number, number])[] {
  const starts = learningRates.map(() => [...tiltedStart]);
  const { losses } = minimizeMany(tilted, starts, { optimizer, learningRates, steps: 20, tolerance: 0 });
  return learningRates.map((rate, i) => [rate, losses[i]] as const);
}

const code = `import { gd, minimize, taylor } from "steepest";

const f = "0.5x1^2 + 2x2^2 + x1*x2";
taylor(f, [0, 0]).hessian; // → [[1, 1], [1, 4]]
const optimizer = gd({ learningRate: 0.2 });
const { path } = minimize(f, [8.7, -7.9], { optimizer, steps: 10, path: true });
path.at(1);  // → [8.54, -3.32]
path.at(10); // → [2.26309…, -0.685208…]`;

export const correlatedQuadratic = {
  id: "D3",
  title: "A quadratic with correlated variables",
  shows:
    "In the axes of the Hessian's eigenvectors the two errors shrink independently, each by its own factor 1 − αλ: 0.139 along the steep axis, 0.861 along the flat one. " +
    "The path drops fast onto the flat axis, and then crawls along it.",
  formula: [
    "f(x₁, x₂) = ½x₁² + 2x₂² + x₁x₂,   H = [[1, 1], [1, 4]]",
    "eᵢ ← (1 − αλᵢ) eᵢ,   stable for α < 2/λ_{max},   best α = 2/(λ_{min} + λ_{max})",
  ],
  code,
  command: 'steepest minimize "0.5x1^2 + 2x2^2 + x1*x2" --start 8.7,-7.9 --optimizer gd --lr 0.2 --steps 10',
  mistake:
    "The contours are usually drawn without equal scales and without the eigenvectors: the path then seems to bend for no reason, and steps do not look perpendicular to the contours. " +
    "A step that updates x₂ with the new x₁ would lead to (8.54, −3.288), which is another method.",
  make() {
    const hessian = taylor(tilted, tiltedStart).hessian ?? [];
    const eigen = symmetricEigen(hessian);
    const [low, high] = eigen.map(({ value }) => value);
    const rows = (optimizer: Parameters<typeof minimize>[2]) =>
      minimize(tilted, tiltedStart, { steps: 200, tolerance: 0, path: true, ...optimizer }).path.rows();
    const path = rows({ optimizer: gd({ learningRate }) });
    const error = (x: readonly number[], vector: Float64Array) => Math.abs(x[0] * vector[0] + x[1] * vector[1]);
    const errors = eigen.map(({ vector }) => path.map((x) => error(x, vector)));
    const best = bestRate(low, high);
    const bestPath = rows({ optimizer: gd({ learningRate: best.learningRate }) });
    const ball = bestHeavyBall(low, high);
    const ballPath = rows({ optimizer: momentum({ learningRate: ball.learningRate, beta: ball.beta }) });
    const chart = lineChart({
      title: "Errors along the two eigenvectors",
      subtitle: "|⟨xₖ, vᵢ⟩|, α = 0.2",
      x: { label: "step", style: "count" },
      y: { label: "error", kind: "log", domain: [1e-4, 20] },
      series: [...errors].reverse().map((values, i) => ({
        name: i === 0 ? `steep, λ = ${high.toFixed(4)}` : `flat, λ = ${low.toFixed(4)}`,
        points: values.slice(0, 31).map((value, k) => [k, value]),
      })),
    });
    return {
      numbers: {
        hessian,
        eigenvalues: [high, low],
        eigenvectors: eigen.toReversed().map(({ vector }) => [...vector]),
        condition: high / low,
        stableBelow: 2 / high,
        factors: [...errors].reverse().map((values) => values[1] / values[0]),
        x1: path[1],
        x2: path[2],
        x10: path[10],
        "stepsTo1e-3": firstStep(path, (x) => length2(x) < 1e-3),
        best: { ...best, measured: length2(bestPath[41]) / length2(bestPath[40]) },
        heavyBall: { ...ball, "stepsTo1e-3": firstStep(ballPath, (x) => length2(x) < 1e-3) },
      },
      figures: [
        {
          name: "path",
          figure: contourFigure({
            title: "½x₁² + 2x₂² + x₁x₂",
            f: (x, y) => 0.5 * x * x + 2 * y * y + x * y,
            window: { x: [-6, 10.5], y: [-9, 6] },
            names: ["x₁", "x₂"],
            minimum: 0,
            trails: [{ name: "gd, α = 0.2", points: path.slice(0, 63).map(([x, y]) => [x, y] as const) }],
            places: [{ kind: "point", at: [0, 0], shape: "star", paint: "ink" }],
            marks: eigen.map(({ value, vector }) => {
              // Towards the start's side, so that the words stand beside the path.
              const sign = vector[0] < 0 ? -1 : 1;
              return {
                kind: "arrow",
                from: [0, 0],
                to: [4.5 * sign * vector[0], 4.5 * sign * vector[1]],
                paint: "ink",
                label: `λ = ${value.toFixed(3)}`,
              } as const;
            }),
          }),
          caption:
            "The arrows are the eigenvectors of the Hessian: along the steep one the error is gone at once, along the flat one the path crawls.",
        },
        { name: "errors", figure: chart, caption: "Two straight lines: the steep error is gone after five steps, the flat one decides." },
        {
          name: "rates",
          figure: rateSweepFigure({
            title: "Loss after 20 steps, by rate",
            label: "f after 20 steps",
            sweeps: [
              { name: "gd", points: sweep(gd(), rates), edge: 2 / high },
              { name: "momentum", points: sweep(momentum({ beta: ball.beta }), rates), edge: (2 * (1 + ball.beta)) / high },
            ],
            start: taylor(tilted, tiltedStart).value,
          }),
          caption: "Each method has a best rate close below its edge; momentum's edge lies farther out, by the factor 1 + β.",
        },
      ],
    };
  },
} satisfies Exhibit;

/** D4: a badly conditioned quadratic, with and without momentum. */
import { minimize } from "../descent/minimize.js";
import { contourFigure } from "../figures/contour-figure.js";
import { sampleGrid } from "../figures/grid.js";
import { lineChart } from "../figures/line-chart.js";
import { surfaceFigure } from "../figures/surface-figure.js";
import type { Point } from "../figures/thinning.js";
import { gd } from "../optimizers/gradient-descent.js";
import { momentum } from "../optimizers/momentum.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Exhibit } from "./exhibit.js";
import { firstStep, length2 } from "./paths.js";
import { bestHeavyBall, bestRate } from "./quadratic-rates.js";

const code = `import { gd, minimize, momentum } from "steepest";

const canyon = "0.5x^2 + 50y^2"; // eigenvalues 1 and 100
const steps = (optimizer: ReturnType<typeof gd> | ReturnType<typeof momentum>) =>
  minimize(canyon, [1, 1], { optimizer, steps: 2000, tolerance: 0, path: true })
    .path.rows()
    .findIndex(([x, y]) => Math.hypot(x, y) < 1e-6 * Math.SQRT2);
steps(gd({ learningRate: 2 / 101 }));                           // → 691
steps(momentum({ learningRate: 4 / 121, beta: (9 / 11) ** 2 })); // → 93`;

/** Steps until the error is a millionth of its start, from (1, 1), and the factor of one step. */
function measured(condition: number, optimizer: Optimizer, steps: number) {
  const run = minimize("0.5x^2 + 0.5k*y^2", { x: 1, y: 1 }, { constants: { k: condition }, optimizer, steps, tolerance: 0, path: true });
  const errors = run.path.rows().map(length2);
  return { errors, rows: run.path.rows(), steps: firstStep(errors, (error) => error < 1e-6 * errors[0]) };
}

export const canyon = {
  id: "D4",
  title: "The canyon, with and without momentum",
  shows:
    "Where one direction is 100 times as steep as the other, gradient descent bounces between the walls, since no rate suits both; momentum cancels the bouncing and adds up what leads along the floor. " +
    "The number of steps falls from the condition number κ to about its square root.",
  formula: [
    "f(x, y) = ½x² + ½κy²",
    "best α = 2/(1 + κ): error × (κ − 1)/(κ + 1) each step",
    "momentum, best α = 4/(1 + √κ)², β = ((√κ − 1)/(√κ + 1))²: error × √β",
  ],
  code,
  command: 'steepest minimize "0.5x^2 + 50y^2" --start 1,1 --optimizer momentum --lr 0.0330579 --beta 0.669421',
  mistake:
    "Momentum is usually compared with gradient descent at the same rate, which is a bad one for at least one of them. Here each runs at its own best. The famous asymptotic rate also hides a start: " +
    "both eigenvalues of the best heavy ball are double, and errors grow like k·√βᵏ first.",
  make() {
    const cases = [100, 1000].map((condition) => {
      const [plain, heavy] = [bestRate(1, condition), bestHeavyBall(1, condition)];
      const steps = 8 * condition;
      return {
        condition,
        plain: { ...plain, ...measured(condition, gd({ learningRate: plain.learningRate }), steps) },
        heavy: { ...heavy, ...measured(condition, momentum({ learningRate: heavy.learningRate, beta: heavy.beta }), steps) },
      };
    });
    const [{ plain, heavy }] = cases;
    const chart = lineChart({
      title: "Distance from the minimum",
      subtitle: "κ = 100",
      x: { label: "step", style: "count" },
      y: { label: "‖xₖ‖", kind: "log" },
      series: [
        { name: "gradient descent", colour: 0, points: plain.errors.slice(0, 701).map((error, k) => [k, error]) },
        { name: "momentum", colour: 1, points: heavy.errors.slice(0, 101).map((error, k) => [k, error]), dots: false },
      ],
    });
    // For the pictures a wider canyon, and a momentum that does not leap over its walls at first: α = 1/λmax, √β = 1 − √(αλmin).
    const kappa = 25;
    const picture = (optimizer: Optimizer) =>
      minimize("0.5x^2 + 12.5y^2", [10, 2], { optimizer, steps: 60, tolerance: 0, path: true })
        .path.rows()
        .map(([x, y]): Point => [x, y]);
    const [down, along] = [picture(gd({ learningRate: 2 / (1 + kappa) })), picture(momentum({ learningRate: 1 / kappa, beta: 0.64 }))];
    const f = (x: number, y: number) => 0.5 * x * x + 0.5 * kappa * y * y;
    const window = { x: [-3, 11], y: [-2.6, 2.6] } as const;
    const lift = (points: readonly Point[]) => points.map(([x, y]) => [x, y, f(x, y)] as const);
    /** A step of a given length against the gradient. */
    const against = ([x, y]: Point, length: number): Point => {
      const scale = length / length2([x, kappa * y]);
      return [x - scale * x, y - scale * kappa * y];
    };
    return {
      numbers: Object.fromEntries(
        cases.map(({ condition, plain, heavy }) => [
          `condition${condition}`,
          {
            gd: { learningRate: plain.learningRate, rate: plain.rate, "stepsTo1e-6": plain.steps },
            momentum: {
              learningRate: heavy.learningRate,
              beta: heavy.beta,
              rate: heavy.rate,
              "stepsTo1e-6": heavy.steps,
              // The steps that the asymptotic rate alone would take.
              stepsByRate: Math.ceil(Math.log(1e-6) / Math.log(heavy.rate)),
            },
          },
        ]),
      ),
      figures: [
        {
          name: "paths",
          figure: contourFigure({
            title: "A canyon, κ = 25, from (10, 2)",
            caption: "60 steps. gd: α = 2/26. momentum: α = 1/25, β = 0.64.",
            f,
            window,
            minimum: 0,
            trails: [
              { name: "gd", points: down },
              { name: "momentum", points: along },
            ],
            places: [{ kind: "point", at: [0, 0], shape: "star", paint: "ink" }],
            // Against the gradient: across the canyon almost everywhere.
            marks: along.slice(0, 7).map((from) => ({ kind: "arrow", from, to: against(from, 0.9), paint: "ink" }) as const),
          }),
          caption:
            "The arrows point against the gradient: across the canyon, not along it. Momentum adds them up, and what leads across cancels.",
        },
        {
          name: "surface",
          figure: surfaceFigure({
            title: "The same as a surface",
            grid: sampleGrid(f, window, [45, 31]),
            paths: [
              { name: "gd", points: lift(down), colour: 0 },
              { name: "momentum", points: lift(along), colour: 1 },
            ],
            arrows: [down[0], down[1], along[2], along[4]].map((from) => {
              const to = against(from, 0.7);
              return { from: [...from, f(...from)], to: [...to, f(...to)] } as const;
            }),
          }),
          caption: "A surface is what one remembers; lengths and right angles are lost in it.",
        },
        {
          name: "distances",
          figure: chart,
          caption: "691 steps without momentum; the curve of momentum begins with a hump and then falls ten times as steeply.",
        },
      ],
    };
  },
} satisfies Exhibit;

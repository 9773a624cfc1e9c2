/** D4: a badly conditioned quadratic, with and without momentum. */
import { minimize } from "../descent/minimize.js";
import { lineChart } from "../figures/line-chart.js";
import { gd } from "../optimizers/gradient-descent.js";
import { momentum } from "../optimizers/momentum.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { Exhibit } from "./exhibit.js";
import { firstStep, length2 } from "./paths.js";
import { bestHeavyBall, bestRate } from "./quadratic-rates.js";

const code = `import { gd, minimize, momentum } from "steepest";

const canyon = "0.5x^2 + 50y^2"; // eigenvalues 1 and 100
const options = { steps: 2000, tolerance: 0, path: true };
const plain = minimize(canyon, [1, 1], { ...options, optimizer: gd({ learningRate: 2 / 101 }) });
const heavy = minimize(canyon, [1, 1], { ...options, optimizer: momentum({ learningRate: 4 / 121, beta: (9 / 11) ** 2 }) });
const stepsTo = (rows: number[][]) => rows.findIndex(([x, y]) => Math.hypot(x, y) < 1e-6 * Math.SQRT2);
stepsTo(plain.path.rows()); // → 691
stepsTo(heavy.path.rows()); // → 93`;

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
      subtitle: "κ = 100, each at its best rate",
      x: { label: "step", style: "count" },
      y: { label: "‖xₖ‖", kind: "log" },
      series: [
        { name: "gradient descent", colour: 0, points: plain.errors.slice(0, 701).map((error, k) => [k, error]) },
        { name: "momentum", colour: 1, points: heavy.errors.slice(0, 101).map((error, k) => [k, error]), dots: false },
      ],
    });
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
          name: "distances",
          figure: chart,
          caption: "691 steps without momentum; the curve of momentum begins with a hump and then falls ten times as steeply.",
        },
      ],
    };
  },
} satisfies Exhibit;

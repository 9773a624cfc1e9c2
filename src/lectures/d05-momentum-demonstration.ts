/** D5: the demonstration of momentum on the banana. */
import { criticalPoints } from "../analysis/critical-points/critical-points.js";
import { minimizeMany } from "../descent/many.js";
import { minimize } from "../descent/minimize.js";
import { contourFigure } from "../figures/contour-figure.js";
import { lineChart } from "../figures/line-chart.js";
import { rateSweepFigure } from "../figures/rate-sweep-figure.js";
import { gd } from "../optimizers/gradient-descent.js";
import { momentum } from "../optimizers/momentum.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import type { Exhibit } from "./exhibit.js";
import { firstStep } from "./paths.js";

export const banana = "(1-x)^2 + 20(3y-x^2)^2";
const start = { x: -1.21, y: 0.853 };
const [learningRate, beta, steps] = [0.0035, 0.83, 150];

/** From 2e-4 to 1e-2, evenly by factors. */
const rates = Array.from({ length: 41 }, (_, i) => 2e-4 * Math.exp((Math.log(50) * i) / 40));

/** (rate, loss after 150 steps) of a method, all rates in one program. */
function sweep(optimizer: Optimizer): (readonly [number, number])[] {
  const ends = minimizeMany(
    banana,
    rates.map(() => start),
    { optimizer, learningRates: rates, steps, tolerance: 0 },
  );
  return rates.map((rate, i) => [rate, ends.statuses[i] === "diverged" ? Number.POSITIVE_INFINITY : ends.losses[i]] as const);
}

const code = `import { gd, minimize, momentum } from "steepest";

const banana = "(1-x)^2 + 20(3y-x^2)^2";
const start = { x: -1.21, y: 0.853 };
const [heavy, plain] = [momentum({ learningRate: 0.0035, beta: 0.83 }), gd({ learningRate: 0.0035 })];
minimize(banana, start, { optimizer: heavy, steps: 150 }).loss; // → 0.0000146…
minimize(banana, start, { optimizer: plain, steps: 150 }).loss; // → 0.503971…`;

export const momentumDemonstration = {
  id: "D5",
  title: "The demonstration of momentum",
  shows:
    "With α = 0.0035 and β = 0.83 the path swings into the valley, overshoots its end and arrives; without momentum the same rate creeps along the floor and is nowhere near after 150 steps. " +
    "Momentum also moves the edge of stability at the minimum, from α = 0.0038 to 0.0070.",
  formula: ["f(x, y) = (1 − x)² + 20 (3y − x²)²", "v ← βv + ∇f,   (x, y) ← (x, y) − αv", "stable at the minimum for αλ_{max} < 2(1 + β)"],
  code,
  command: 'steepest minimize "(1-x)^2 + 20(3y-x^2)^2" --start -1.21,0.853 --optimizer momentum --lr 0.0035 --beta 0.83 --steps 150',
  mistake:
    "The function of this demonstration is often copied as (1 − x)² + 20 (y − x²)². Its y carries a factor 3, so that the minimum lies at (1, ⅓), not at (1, 1). " +
    "And the same slider means something else where the velocity is written v ← βv + (1 − β)∇f: the rate is then 1 − β times as large.",
  make() {
    const descents = [beta, 0].map((value) => {
      const optimizer = value === 0 ? gd({ learningRate }) : momentum({ learningRate, beta: value });
      const long = minimize(banana, start, { optimizer, steps: 1000, tolerance: 0, path: true });
      const rows = long.path.rows();
      return {
        name: value === 0 ? "without momentum" : `β = ${value}`,
        loss: long.history.loss,
        first: firstStep(rows, ([x, y]) => (x - 1) ** 2 + (y - 1 / 3) ** 2 < 0.05 ** 2),
        rows: rows.slice(0, steps + 1),
      };
    });
    const [minimum] = criticalPoints(banana, { window: { x: [-2, 2], y: [-0.267, 1.067] }, starts: 64 }).minima;
    if (minimum === undefined) throw new SteepestError({ problem: "the banana has lost its minimum" });
    const [low, high] = minimum.eigenvalues;
    const runaway = minimize(banana, start, { optimizer: momentum({ learningRate: 0.0062, beta: 0.74 }), steps });
    const chart = lineChart({
      title: "Loss",
      subtitle: "α = 0.0035",
      x: { label: "step", style: "count" },
      y: { label: "f", kind: "log" },
      series: descents.map(({ name, loss }, i) => ({
        name,
        colour: i === 0 ? 1 : 0,
        points: [...loss.slice(0, steps + 1)].map((f, k) => [k, f]),
      })),
    });
    return {
      numbers: {
        learningRate,
        beta,
        f150: descents[0].loss[steps],
        f150WithoutMomentum: descents[1].loss[steps],
        "firstWithin0.05": descents.map(({ first }) => first),
        minimum: [minimum.point.x, minimum.point.y],
        eigenvalues: [high, low],
        condition: high / low,
        stableBelow: { withoutMomentum: 2 / high, withMomentum: (2 * (1 + beta)) / high },
        "status at α = 0.0062, β = 0.74": runaway.status,
      },
      figures: [
        {
          name: "paths",
          figure: contourFigure({
            title: "150 steps with α = 0.0035",
            f: (x, y) => (1 - x) * (1 - x) + 20 * (3 * y - x * x) * (3 * y - x * x),
            window: { x: [-2, 2], y: [-0.267, 1.067] },
            minimum: 0,
            trails: descents.map(({ name, rows }, i) => ({ name, colour: i === 0 ? 1 : 0, points: rows.map(([x, y]) => [x, y] as const) })),
            places: [{ kind: "point", at: [1, 1 / 3], shape: "star", paint: "ink", label: "(1, ⅓)", side: "below" }],
          }),
          caption: "With momentum the path overshoots, swings back and arrives; without it, it is still on its way.",
        },
        {
          name: "loss",
          figure: chart,
          caption: "The loss with momentum swings, since the path overshoots; it is lower by a factor of thirty thousand in the end.",
        },
        {
          name: "rates",
          figure: rateSweepFigure({
            title: "Loss after 150 steps, by rate",
            label: "f after 150 steps",
            sweeps: [
              { name: "momentum", points: sweep(momentum({ beta })), edge: (2 * (1 + beta)) / high },
              { name: "gd", points: sweep(gd()), edge: 2 / high },
            ],
            start: descents[0].loss[0],
          }),
          caption:
            "The edges are those at the minimum. From this start momentum diverges before its own: the walls on the way are steeper.",
        },
      ],
    };
  },
} satisfies Exhibit;

/** D2: gradient descent on a round bowl, with two rates of the same speed. */
import { minimize } from "../descent/minimize.js";
import { contourFigure } from "../figures/contour-figure.js";
import { lineChart } from "../figures/line-chart.js";
import { gd } from "../optimizers/gradient-descent.js";
import type { Exhibit } from "./exhibit.js";
import { firstStep, length2 } from "./paths.js";

const rates = [0.1, 0.9] as const;
const f = "x1^2 + x2^2";
const start = [8.7, -7.9];

const code = `import { gd, minimize } from "steepest";

const options = { steps: 60, tolerance: 0, path: true };
const stepsTo = (learningRate: number) => {
  const run = minimize("x1^2 + x2^2", [8.7, -7.9], { ...options, optimizer: gd({ learningRate }) });
  return run.path.rows().findIndex(([x, y]) => Math.hypot(x, y) < 1e-3);
};
[0.1, 0.9].map(stepsTo); // → [42, 42]`;

export const twoRatesOneSpeed = {
  id: "D2",
  title: "Two rates, one speed",
  shows:
    "On a round bowl both coordinates shrink by the same factor, +0.8 with α = 0.1 and −0.8 with α = 0.9. " +
    "Both descents walk on one and the same straight line through the minimum, are equally far from it at every step, and come within a thousandth after 42 steps.",
  formula: ["f(x₁, x₂) = x₁² + x₂²", "xₖ₊₁ = (1 − 2α) xₖ in both coordinates at once"],
  code,
  command: 'steepest minimize "x1^2 + x2^2" --start 8.7,-7.9 --optimizer gd --lr 0.9 --steps 42',
  mistake:
    "The large rate is often drawn as a zigzag between the walls of a valley. A round bowl has no walls: the path jumps across the minimum on one line, and is no slower for it.",
  make() {
    const paths = rates.map((learningRate) =>
      minimize(f, start, { optimizer: gd({ learningRate }), steps: 60, tolerance: 0, path: true }).path.rows(),
    );
    const distances = lineChart({
      title: "Distance from the minimum",
      subtitle: "‖xₖ‖, log scale",
      x: { label: "step", style: "count" },
      y: { label: "‖xₖ‖", kind: "log" },
      series: paths.map((path, i) => ({ name: `α = ${rates[i]}`, points: path.map((x, k) => [k, length2(x)]), dots: i === 1 })),
    });
    return {
      numbers: {
        rates: [...rates],
        factors: paths.map(([p, q]) => [q[0] / p[0], q[1] / p[1]]),
        x10: paths.map((path) => path[10]),
        "stepsTo1e-3": paths.map((path) => firstStep(path, (x) => length2(x) < 1e-3)),
        // The cross product of each point with the start: 0 on one line through the origin.
        farthestFromLine: paths.map((path) => Math.max(...path.map(([x, y]) => Math.abs(x * start[1] - y * start[0]) / length2(start)))),
      },
      figures: [
        {
          name: "paths",
          figure: contourFigure({
            title: "x₁² + x₂², from (8.7, −7.9)",
            f: (x, y) => x * x + y * y,
            window: { x: [-10, 10], y: [-9, 9] },
            names: ["x₁", "x₂"],
            minimum: 0,
            trails: paths.map((path, i) => ({
              name: `α = ${rates[i]}`,
              points: path.map(([x, y]) => [x, y] as const),
              colour: i === 0 ? 0 : 1,
              dashed: i === 1,
            })),
            places: [{ kind: "point", at: [0, 0], shape: "star", paint: "ink" }],
          }),
          caption: "One straight line for both: 0.1 stays on its side of the minimum, 0.9 changes sides at every step.",
        },
        { name: "distances", figure: distances, caption: "The two curves coincide: the dots of 0.9 lie on the line of 0.1." },
      ],
    };
  },
} satisfies Exhibit;

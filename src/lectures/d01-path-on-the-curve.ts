/** D1: gradient descent on x², with three rates. */
import { minimize } from "../descent/minimize.js";
import { curvePathFigure } from "../figures/curve-path-figure.js";
import { gd } from "../optimizers/gradient-descent.js";
import type { Exhibit } from "./exhibit.js";
import { firstStep } from "./paths.js";

const rates = [0.2, 0.9, 1.05] as const;
const start = 8.7;

const code = `import { gd, minimize } from "steepest";

const tenth = (learningRate: number) =>
  minimize("x^2", 8.7, { optimizer: gd({ learningRate }), steps: 10 }).solution;
[0.2, 0.9, 1.05].map(tenth); // → [0.0526056…, 0.934155…, 22.5656…]`;

export const pathOnTheCurve = {
  id: "D1",
  title: "A path on the curve",
  shows:
    "Each step multiplies x by the same factor 1 − 2α: with 0.2 the path creeps down one side, with 0.9 it jumps across the minimum and still comes down, with 1.05 it climbs out. " +
    "On a logarithmic axis the distances |xₖ| are three straight lines, and their slopes are the rates.",
  formula: ["f(x) = x²", "xₖ₊₁ = xₖ − α f′(xₖ) = (1 − 2α) xₖ"],
  code,
  command: 'steepest minimize "x^2" --start 8.7 --optimizer gd --lr 0.2 --steps 10',
  mistake:
    "The usual picture shows dots on the parabola alone. There 0.2 and 0.9 look equally healthy, and nothing tells how fast either is.",
  make() {
    const descents = rates.map((learningRate) => {
      const path = minimize("x^2", start, { optimizer: gd({ learningRate }), steps: 60, tolerance: 0, path: true }).path.rows();
      return { learningRate, path: path.map(([x]) => x) };
    });
    const at = (k: number) => descents.map(({ path }) => path[k]);
    const figure = curvePathFigure({
      title: "x², from 8.7",
      f: (x) => x * x,
      window: [-14, 14],
      paths: descents.map(({ learningRate, path }) => ({ name: `α = ${learningRate}`, path: path.slice(0, 21) })),
    });
    return {
      numbers: {
        rates: [...rates],
        factors: descents.map(({ path }) => path[1] / path[0]),
        x1: at(1),
        x10: at(10),
        x20: at(20),
        "stepsTo1e-3": descents.map(({ path }) => firstStep(path, (x) => Math.abs(x) < 1e-3)),
      },
      figures: [
        {
          name: "paths",
          figure,
          caption: "Three paths on the same axes; in the strip three straight lines: linear convergence, twice, and divergence.",
        },
      ],
    };
  },
} satisfies Exhibit;

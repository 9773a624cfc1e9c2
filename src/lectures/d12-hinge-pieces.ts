/** D12: the hinge loss of three points and three classes, as a function of one weight. */
import { directionalDerivative } from "../analysis/directions.js";
import { taylor } from "../analysis/taylor.js";
import { hingeFigure } from "../figures/hinge-figure.js";
import { lineChart } from "../figures/line-chart.js";
import type { Exhibit } from "./exhibit.js";

/** Three points of one number each; point i belongs to class i. */
const points = [1, -0.7, 0.9] as const;
const [w1, w2] = [0.3, -0.4];
/** The weights of the classes; that of class 0 is the variable. */
const weights = ["w0", String(w1), `(${w2})`] as const;

/** The margins of point i against the other classes: wⱼxᵢ − wᵢxᵢ + 1. */
const margins = points.map((x, i) => [0, 1, 2].filter((j) => j !== i).map((j) => `(${weights[j]}*(${x}) - ${weights[i]}*(${x}) + 1)`));
const terms = margins.map((list) => list.map((margin) => `max(0, ${margin})`).join(" + "));
const loss = `(${terms.join(" + ")})/3`;

const at = (f: string, w0: number): number => taylor(f, { w0 }, { order: 1 }).value;
const slopeAt = (f: string, w0: number): number => directionalDerivative(f, { w0 }, { w0: 1 });

const code = `import { directionalDerivative } from "steepest";

// Points 1, −0.7, 0.9 of the classes 0, 1, 2; w₁ = 0.3, w₂ = −0.4.
const loss = (w0: number) =>
  (Math.max(0, 0.3 - w0 + 1) + Math.max(0, -0.4 - w0 + 1) +
    Math.max(0, -0.7 * w0 + 0.21 + 1) + Math.max(0, 0.28 + 0.21 + 1) +
    Math.max(0, 0.9 * w0 + 0.36 + 1) + Math.max(0, 0.27 + 0.36 + 1)) / 3;
directionalDerivative(loss, 0, 1);   // → -0.6
directionalDerivative(loss, 1.5, 1); // → 0.0667
loss(1.3);                           // → 1.983333…`;

export const hingePieces = {
  id: "D12",
  title: "The pieces of a hinge loss",
  shows:
    "Each margin is a hinge: flat, then a straight line; their mean is a convex polyline whose corners stand where one of the hinges has its own. " +
    "At a corner there is no slope but an interval of them, the subgradients: where it contains 0 lies the minimum.",
  formula: [
    "Lᵢ = Σ_{j≠i} max(0, wⱼxᵢ − wᵢxᵢ + 1),   L = (L₀ + L₁ + L₂)/3",
    "x = (1, −0.7, 0.9),   w₁ = 0.3,   w₂ = −0.4,   as a function of w₀",
  ],
  code,
  command: 'steepest minimize "(max(0,1.3-w)+max(0,.6-w)+max(0,1.21-.7w)+max(0,.9w+1.36)+3.12)/3" --start 0 --optimizer gd --lr 0.1',
  mistake:
    "The usual drawing of three coloured hinges and their bowl has no axes, and its bowl is round. The real one has four corners and a flat-looking floor with slope +0.067: its minimum is a corner, where gradient descent with a constant rate never comes to rest.",
  make() {
    const kinks = margins
      .flat()
      .filter((margin) => margin.includes("w0"))
      .map((margin) => -at(margin, 0) / slopeAt(margin, 0))
      .sort((a, b) => a - b);
    const edges = [kinks[0] - 1, ...kinks, kinks[kinks.length - 1] + 1];
    const slopes = edges.slice(1).map((right, i) => slopeAt(loss, (edges[i] + right) / 2));
    const values = kinks.map((w0) => at(loss, w0));
    const lowest = values.indexOf(Math.min(...values));
    return {
      numbers: {
        kinks,
        values,
        slopes,
        subgradients: kinks.map((_, i) => [slopes[i], slopes[i + 1]]),
        minimum: { w0: kinks[lowest], value: values[lowest] },
      },
      figures: [
        {
          name: "pieces",
          figure: hingeFigure({
            title: "Three hinge terms and their mean",
            variable: "w₀",
            window: [-2.5, 2.5],
            terms: terms.map((term, i) => ({ name: `L${"₀₁₂"[i]}`, f: (w0: number) => at(term, w0) })),
            mean: (w0) => at(loss, w0),
            corners: kinks.map((w0, i) => ({ at: w0, left: slopes[i], right: slopes[i + 1] })),
          }),
          caption: "The fans hold the subgradients of each corner. Only that of the star holds a level line: the minimum.",
        },
        {
          name: "slopes",
          figure: lineChart({
            title: "The slope of the mean",
            subtitle: "upright: the subgradients of a corner",
            x: { label: "w₀" },
            y: { label: "slope", kind: "linear" },
            series: [
              {
                name: "slope",
                colour: 1,
                dots: false,
                points: slopes.flatMap((slope, i) => [[kinks[i - 1] ?? -2.5, slope] as const, [kinks[i] ?? 2.5, slope] as const]),
              },
            ],
            rules: [{ kind: "rule", axis: "y", at: 0, label: "a minimum is where this is crossed" }],
          }),
          caption: "Stairs that only rise: a convex function. They cross 0 at 1.3, with no step of slope 0.",
        },
      ],
    };
  },
} satisfies Exhibit;

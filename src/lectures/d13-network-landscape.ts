/** D13: the landscape of a trained network, over directions scaled filter by filter. */
import { digits } from "../data/digits.js";
import { fit } from "../descent/fit.js";
import { contourFigure } from "../figures/contour-figure.js";
import { surfaceFigure } from "../figures/surface-figure.js";
import { landscape } from "../landscape/index.js";
import { mlp } from "../models/ready.js";
import { adam } from "../optimizers/adam.js";
import type { Exhibit } from "./exhibit.js";

const size = 25;
const scale = 4;

const code = `import { fit, landscape, mlp } from "steepest";
import { digits } from "steepest/data";

const run = await fit(mlp({ hidden: [16] }), digits({ train: 500, test: 1 }), { epochs: 8 });
const plane = await landscape(run, { plane: "random", size: 9 }); // directions are filter-normalised
plane.values.every((loss) => loss >= 0.5 * plane.centre);         // → true
plane.values[0] > 2 * plane.centre;                               // → true`;

export const networkLandscape = {
  id: "D13",
  title: "The landscape of a trained network",
  shows:
    "Around trained weights the loss of a network is a valley, with long slopes and ridges farther out, seen over two random directions. " +
    "The directions are scaled filter by filter to the weights: otherwise the same function, its first layer multiplied by 4 and its second divided by 4, would show another valley.",
  formula: ["L(θ + a d₁ + b d₂),   dᵢ ← dᵢ ‖wᵢ‖ / ‖dᵢ‖ for each filter i", "relu(cW₁x) · W₂/c = relu(W₁x) · W₂"],
  code,
  command: "steepest landscape RUN --plane random --size 51",
  mistake:
    "The famous relief compares networks with and without shortcuts by lighting and height; contours with numbers are what can be read. One widely used tool scales biases as well, and scales them twice. " +
    "And two random directions of tens of thousands show the average curvature, not the sharp directions: those are few.",
  async make({ threads }) {
    const common = threads === undefined ? {} : { threads };
    const run = await fit(mlp({ hidden: [32] }), digits({ train: 300, test: 1 }), {
      ...{ optimizer: adam({ learningRate: 0.003 }), epochs: 12, batchSize: 32, dtype: "f64" },
      ...common,
    });
    const options = { plane: "random", size, ...common } as const;
    const plane = await landscape(run, options);
    // The same function by other weights: the first layer times c, the second over c.
    const rescaled = run.theta.slice();
    const [first, second] = run.training.layout.entries.filter(({ shape }) => shape.length === 2);
    const [bias] = run.training.layout.entries.filter(({ shape }) => shape.length === 1);
    for (const [{ offset, size: count }, factor] of [
      [first, scale],
      [bias, scale],
      [second, 1 / scale],
    ] as const)
      for (let i = 0; i < count; i++) rescaled[offset + i] *= factor;
    const difference = async (normalise: "filter" | "none") => {
      const [own, other] = [
        await landscape(run, { ...options, size: 7, normalise }),
        await landscape(run, { ...options, size: 7, normalise, at: rescaled }),
      ];
      return Math.max(...own.values.map((value, i) => Math.abs(other.values[i] / value - 1)));
    };
    const grid = {
      ...{ columns: size, rows: size, values: plane.values },
      ...{ x: [plane.a[0], plane.a[size - 1]] as const, y: [plane.b[0], plane.b[size - 1]] as const },
    };
    return {
      numbers: {
        weights: run.training.layout.count,
        loss: plane.centre,
        range: [Math.min(...plane.values), Math.max(...plane.values)],
        corners: [0, size - 1, size * (size - 1), size * size - 1].map((place) => plane.values[place]),
        changeBySameFunctionRescaled: { filter: await difference("filter"), none: await difference("none") },
      },
      data: "A network of one hidden layer of 32 units on 300 of the built-in digits.",
      figures: [
        {
          name: "contours",
          figure: contourFigure({
            title: "Two filter-normalised directions",
            caption: "Loss over 300 digits, lines spaced by factors.",
            f: grid,
            names: ["a", "b"],
            minimum: 0,
            places: [{ kind: "point", at: [0, 0], shape: "dot", paint: "ink" }],
          }),
          caption: "The numbers on the lines can be read; the dot is where training stopped.",
        },
        {
          name: "surface",
          figure: surfaceFigure({ title: "The same as a surface", grid, names: ["a", "b", "loss"] }),
          caption: "The famous form of it: the same numbers, harder to read.",
        },
      ],
    };
  },
} satisfies Exhibit;

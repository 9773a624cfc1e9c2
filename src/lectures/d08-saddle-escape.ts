/** D8: who leaves a saddle, and when. */
import { minimize } from "../descent/minimize.js";
import { sampleGrid } from "../figures/grid.js";
import { lineChart } from "../figures/line-chart.js";
import { optimizerColours } from "../figures/optimizer-colours.js";
import { surfaceFigure } from "../figures/surface-figure.js";
import { adadelta } from "../optimizers/adadelta.js";
import { adagrad } from "../optimizers/adagrad.js";
import { adam } from "../optimizers/adam.js";
import { gd } from "../optimizers/gradient-descent.js";
import { momentum } from "../optimizers/momentum.js";
import { nesterov } from "../optimizers/nesterov.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { rmsprop } from "../optimizers/rmsprop.js";
import { gradientNoise } from "../optimizers/wrappers/gradient-noise.js";
import type { Exhibit } from "./exhibit.js";
import { firstStep, median } from "./paths.js";

const inside = { epsilon: 1e-8, epsilonPlace: "inside" } as const;

/** Each as the lectures write it, by its name in the numbers. */
const methods: Readonly<Record<string, Optimizer>> = {
  gd: gd({ learningRate: 0.01 }),
  momentum: momentum({ learningRate: 0.01, beta: 0.9 }),
  nesterov: nesterov({ learningRate: 0.01, beta: 0.9, form: "look-ahead" }),
  adagrad: adagrad({ learningRate: 0.1, ...inside }),
  adagradScalar: adagrad({ learningRate: 0.1, form: "scalar", ...inside }),
  adadelta: adadelta({ learningRate: 1, rho: 0.95, epsilon: 1e-4 }),
  rmsprop: rmsprop({ learningRate: 0.01, rho: 0.9, ...inside }),
  adam: adam({ learningRate: 0.01, ...inside }),
};

const starts = { "1e-3": 1e-3, "1e-6": 1e-6, "0": 0 } as const;
const exponents = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
/** Standard deviations of noise on the gradient, for gradient descent from y = 0. */
const deviations = [1e-3, 1e-2, 1e-1] as const;
const seeds = Array.from({ length: 15 }, (_, i) => i + 1);

/** The path until the saddle is left, or 1,200 steps. */
const pathFrom = (optimizer: Optimizer, y: number): number[][] =>
  minimize("x^2 - y^2", { x: 1, y }, { optimizer, steps: 1200, tolerance: 0, path: true }).path.rows();

const stepsFrom = (optimizer: Optimizer, y: number): number | null => firstStep(pathFrom(optimizer, y), ([, y]) => Math.abs(y) >= 1);

const code = `import { gd, minimize, rmsprop } from "steepest";

const options = { steps: 1000, tolerance: 0, path: true };
const left = (optimizer: ReturnType<typeof rmsprop>, y: number) =>
  minimize("x^2 - y^2", { x: 1, y }, { ...options, optimizer })
    .path.rows()
    .findIndex((row) => Math.abs(row[1]) >= 1);
const adaptive = rmsprop({ learningRate: 0.01, rho: 0.9, epsilonPlace: "inside" });
[1e-3, 1e-6].map((y) => left(gd({ learningRate: 0.01 }), y)); // → [349, 698]
[1e-3, 1e-6].map((y) => left(adaptive, y));                   // → [72, 73]
left(adaptive, 0);                                            // → -1`;

export const saddleEscape = {
  id: "D8",
  title: "Escape from a saddle",
  shows:
    "On the ridge of a saddle only the tiny distance y₀ to it pushes sideways: gradient descent multiplies it by 1.02 a step and needs ln(1/y₀)/ln 1.02 of them, momentum fewer; " +
    "methods that divide by the size of past gradients hardly notice how small it is. From y₀ = 0 exactly nobody leaves, unless noise pushes.",
  formula: ["f(x, y) = x² − y², from (1, y₀), left when |y| ≥ 1", "gradient descent: yₖ = (1 + 2α)ᵏ y₀"],
  code,
  command: 'steepest minimize "x^2 - y^2" --start 1,1e-6 --optimizer rmsprop --lr 0.01 --rho 0.9 --steps 80',
  mistake:
    "The famous animation shows plain descent stuck on the saddle. It is not stuck, it is late: how late depends on y₀ and on how many frames are shown, and neither is stated there, nor are the rates.",
  make() {
    const names = Object.keys(methods);
    const colours = optimizerColours(Object.values(methods).map(({ name }) => name));
    const chart = lineChart({
      title: "Steps until the saddle is left",
      subtitle: "by the distance y₀ from its ridge",
      x: { label: "y₀", kind: "log", style: "power", domain: [1e-9, 0.1] },
      y: { label: "steps", kind: "linear" },
      series: names.map((name, i) => ({
        name,
        colour: colours[i],
        points: exponents.toReversed().flatMap((exponent) => {
          const y = Number(`1e-${exponent}`);
          const steps = stepsFrom(methods[name], y);
          return steps === null ? [] : [[y, steps] as const];
        }),
      })),
    });
    const steps = Object.fromEntries(
      names.map((name) => [name, Object.fromEntries(Object.entries(starts).map(([key, y]) => [key, stepsFrom(methods[name], y)]))]),
    );
    const withNoise = deviations.map((sigma) => {
      const counts = seeds.map(
        (seed) => stepsFrom(gradientNoise(gd({ learningRate: 0.01 }), { variance: sigma * sigma, decay: 0, seed }), 0) ?? 1200,
      );
      return { sigma, median: median(counts), least: Math.min(...counts), most: Math.max(...counts) };
    });
    return {
      numbers: {
        steps,
        gdByTheory: Object.fromEntries(["1e-3", "1e-6"].map((y) => [y, Math.log(1 / Number(y)) / Math.log(1.02)])),
        gdFrom0WithNoise: withNoise,
      },
      figures: [
        {
          name: "surface",
          figure: surfaceFigure({
            title: "x² − y², from (1, 0.001)",
            grid: sampleGrid((x, y) => x * x - y * y, { x: [-1, 1], y: [-1, 1] }, [25, 25]),
            caption: "α = 0.01; Adagrad 0.1, Adadelta 1; β = 0.9, ρ = 0.9 (Adadelta 0.95). Until |y| ≥ 1.",
            azimuth: 55,
            paths: names.map((name, i) => ({
              name,
              colour: colours[i],
              points: pathFrom(methods[name], 1e-3)
                .filter(([x, y]) => Math.abs(x) <= 1 && Math.abs(y) <= 1)
                .map(([x, y]) => [x, y, x * x - y * y] as const),
            })),
          }),
          caption: "All come down the ridge and leave it to one side: the order is that of the figure beside.",
        },
        {
          name: "steps",
          figure: chart,
          caption: "Against the start on a logarithmic axis gradient descent is a straight line; the adaptive methods are flat.",
        },
      ],
    };
  },
} satisfies Exhibit;

/** D7: critical points of every kind, and where descents end. */
import { criticalPoints } from "../analysis/critical-points/critical-points.js";
import { basins } from "../descent/basins/basins.js";
import { minimizeMany } from "../descent/many.js";
import { minimize } from "../descent/minimize.js";
import { basinFigure } from "../figures/basin-figure.js";
import { contourFigure } from "../figures/contour-figure.js";
import { lineChart } from "../figures/line-chart.js";
import { gd } from "../optimizers/gradient-descent.js";
import { gradientNoise } from "../optimizers/wrappers/gradient-noise.js";
import type { Exhibit } from "./exhibit.js";

export const himmelblau = "(x^2+y-11)^2 + (x+y^2-7)^2";
const beale = "(1.5-x+x*y)^2 + (2.25-x+x*y^2)^2 + (2.625-x+x*y^3)^2";
/** Two valleys, of which the left one is deeper. */
const wells = "x^4 - 2x^2 + 0.3x";
const learningRate = 0.05;
const deviation = 8;
const seeds = Array.from({ length: 30 }, (_, i) => i + 1);

/** One function for each kind of critical point at 0. */
const kinds = { minimum: "x^2", maximum: "-x^2", inflection: "x^3", flatMinimum: "x^4" } as const;

const code = `import { criticalPoints, gd, minimizeMany } from "steepest";

const himmelblau = "(x^2+y-11)^2 + (x+y^2-7)^2";
const found = criticalPoints(himmelblau, { window: { x: [-5, 5], y: [-5, 5] } });
[found.minima.length, found.saddles.length, found.maxima.length]; // → [4, 4, 1]
found.minima.every(({ isGlobal }) => isGlobal);                   // → true
// Where descents end on a curve with two valleys:
const optimizer = gd({ learningRate: 0.05 });
const ends = minimizeMany("x^4 - 2x^2 + 0.3x", [-2, -1, 0, 1, 2], { optimizer });
ends.solutions.map(Math.sign); // → [-1, -1, -1, 1, 1]`;

export const criticalPointsOfAllKinds = {
  id: "D7",
  title: "Critical points, and where descents end",
  shows:
    "The gradient vanishes at minima, maxima, saddles and inflections alike; the eigenvalues of the Hessian tell them apart, and where it is singular the neighbours do, if anything does. " +
    "Descent ends in the valley it starts in; noise on the gradient can carry it over the hill into the deeper one.",
  formula: [
    "∇f(x) = 0;   all λ(H) > 0: minimum,   all < 0: maximum,   of both signs: saddle",
    "f(x, y) = (x² + y − 11)² + (x + y² − 7)²,     g(x) = x⁴ − 2x² + 0.3x",
  ],
  code,
  command: 'steepest critical "(x^2+y-11)^2 + (x+y^2-7)^2" --window -5:5',
  mistake:
    "The famous contour race of optimizers runs over a saddle that it never names: (0, 1), where f = 14.203125. " +
    "And the sketch with one ball in one of many valleys suggests that the bad ones are local minima; in many dimensions critical points of high loss are mostly saddles.",
  async make({ signal }) {
    const found = criticalPoints(himmelblau, { window: { x: [-5, 5], y: [-5, 5] }, starts: 256 });
    const map = await basins(himmelblau, {
      window: { x: [-5, 5], y: [-5, 5] },
      optimizer: gd({ learningRate: 0.01 }),
      size: 128,
      ...(signal === undefined ? {} : { signal }),
    });
    const [saddle] = criticalPoints(beale, { window: { x: [-1, 1], y: [0.5, 1.5] }, starts: 64 }).saddles;
    const [lowest] = criticalPoints(beale, { window: { x: [2, 4], y: [0, 1] }, starts: 64 }).minima;
    const valleys = criticalPoints(wells, { window: [-2, 2] });
    const [deep, shallow] = valleys.minima;
    const [hill] = valleys.maxima;
    const starts = Array.from({ length: 81 }, (_, i) => -2 + i / 20);
    const ends = minimizeMany(wells, starts, { optimizer: gd({ learningRate }) }).solutions;
    const isDeep = (x: number) => x < hill.point;
    const plain = minimize(wells, shallow.point, { optimizer: gd({ learningRate }), steps: 2000, tolerance: 0 });
    const noisy = seeds.map((seed) =>
      minimize(wells, shallow.point, {
        // The variance falls as (1 + t)^−0.7: the descent explores first, and settles then.
        optimizer: gradientNoise(gd({ learningRate }), { variance: deviation * deviation, decay: 0.7, seed }),
        steps: 2000,
        tolerance: 0,
      }),
    );
    const xs = Array.from({ length: 161 }, (_, i) => -1.6 + i / 50);
    const g = (x: number) => x * x * x * x - 2 * x * x + 0.3 * x;
    return {
      numbers: {
        kindsAt0: Object.fromEntries(
          Object.entries(kinds).map(([name, f]) => [name, criticalPoints(f, { window: [-1, 1], starts: 32 }).points[0]?.kind ?? null]),
        ),
        himmelblau: {
          minima: found.minima.map(({ point: { x, y }, value }) => [x, y, value]),
          saddles: found.saddles.map(({ point: { x, y }, value }) => [x, y, value]),
          maxima: found.maxima.map(({ point: { x, y }, value }) => [x, y, value]),
          basins: map.minima.map(({ point: { x, y }, share }) => ({ minimum: [x, y], share })),
          diverged: map.diverged,
          globalMinima: found.minima.filter(({ isGlobal }) => isGlobal).length,
        },
        beale: {
          saddle: [saddle.point.x, saddle.point.y],
          valueAtSaddle: saddle.value,
          eigenvaluesAtSaddle: [...saddle.eigenvalues],
          minimum: [lowest.point.x, lowest.point.y],
        },
        twoValleys: {
          deep: [deep.point, deep.value],
          shallow: [shallow.point, shallow.value],
          hill: [hill.point, hill.value],
          startsThatEndInTheDeepOne: ends.filter(isDeep).length / ends.length,
          startsLeftOfTheHill: starts.filter(isDeep).length / starts.length,
          leavesTheShallowOne: {
            withoutNoise: isDeep(plain.solution),
            withNoise: noisy.filter(({ solution }) => isDeep(solution)).length / seeds.length,
          },
        },
      },
      figures: [
        {
          name: "himmelblau",
          figure: contourFigure({
            title: "Four minima, four saddles, one maximum",
            subtitle: "(x² + y − 11)² + (x + y² − 7)²",
            caption: "Star: minimum. Cross: saddle. Square: maximum.",
            f: (x, y) => (x * x + y - 11) * (x * x + y - 11) + (x + y * y - 7) * (x + y * y - 7),
            window: { x: [-5, 5], y: [-5, 5] },
            minimum: 0,
            places: [
              ...found.minima.map(({ point: { x, y } }) => ({ kind: "point", at: [x, y], shape: "star", paint: 2 }) as const),
              ...found.saddles.map(({ point: { x, y } }) => ({ kind: "point", at: [x, y], shape: "cross", paint: 1 }) as const),
              ...found.maxima.map(({ point: { x, y } }) => ({ kind: "point", at: [x, y], shape: "square", paint: 3 }) as const),
            ],
          }),
          caption: "All four minima are global: each has the value 0. Between any two neighbours stands a saddle.",
        },
        {
          name: "basins",
          figure: basinFigure(map, { title: "Where gradient descent ends", subtitle: "α = 0.01, from each place" }),
          caption: "Each place in the colour of the minimum that the descent from there reaches. The saddles stand on the borders.",
        },
        {
          name: "valleys",
          figure: lineChart({
            title: "Where descents end",
            subtitle: "x⁴ − 2x² + 0.3x, α = 0.05",
            x: { label: "x" },
            y: { label: "f", kind: "linear" },
            series: [
              { name: "f", points: xs.map((x) => [x, g(x)] as const), dots: false },
              { name: "ends", points: [deep, shallow].map(({ point, value }) => [point, value] as const), joined: false },
            ],
          }),
          caption: "Every start left of the hill ends in the deep valley, every other in the shallow one.",
        },
      ],
    };
  },
} satisfies Exhibit;

/** D11: the loss of a linear classifier with hinges, along a ray and over a plane through its weights. */
import { digits } from "../data/digits.js";
import { fit } from "../descent/fit.js";
import { contourFigure } from "../figures/contour-figure.js";
import { lineChart } from "../figures/line-chart.js";
import { landscape } from "../landscape/index.js";
import { multiclassHinge } from "../models/index.js";
import { linear } from "../models/ready.js";
import { gd } from "../optimizers/gradient-descent.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";
import type { Exhibit } from "./exhibit.js";

const rayPoints = 401;
const planePoints = 41;

const code = `import { fit, gd, landscape, linear, multiclassHinge } from "steepest";
import { digits } from "steepest/data";

const options = { loss: multiclassHinge(), optimizer: gd({ learningRate: 0.01 }), dtype: "f64" } as const;
const run = await fit(linear(), digits({ train: 100, test: 1 }), options);
const ray = await landscape(run, { ray: "random", normalise: "none", records: 1, size: 401 });
const { values } = ray;
const bends = values.slice(1, -1).map((y, i) => values[i] - 2 * y + values[i + 2]);
bends.every((bend) => bend > -1e-9);                          // → true
bends.filter((bend) => Math.abs(bend) > 1e-9).length <= 2 * 9; // → true`;

export const svmLandscape = {
  id: "D11",
  title: "The landscape of a linear classifier",
  shows:
    "Along a ray through its weights the hinge loss of one example is a convex polyline, with a corner wherever one of its margins changes sign: at most nine, and where the formula says. " +
    "Over a plane the corners are straight creases, and the mean over a hundred examples melts the facets into a bowl.",
  formula: [
    "L(W + aW₁ + bW₂),   Lᵢ = Σ_{j≠y} max(0, s_j − s_y + 1),   s = Wx",
    "corners of example i along W₁:   a = −(s_j − s_y + 1)/(d_j − d_y),   d = W₁x",
  ],
  code,
  command: "steepest landscape RUN --ray random --normalise none",
  mistake:
    "The well-known pictures have no axes, each its own colour scale, and are drawn through random weights alone. Through trained weights the same plane is a shallow bowl about the point where training stopped. " +
    "And the loss shown there has no regulariser: with it, it is no longer piecewise linear.",
  async make({ cifar10, threads }) {
    const common = threads === undefined ? {} : { threads };
    const data = cifar10 ?? digits({ train: 1000, test: 1 });
    const run = await fit(linear(), data, {
      ...{
        loss: multiclassHinge(),
        optimizer: gd({ learningRate: cifar10 === undefined ? 0.01 : 1e-4 }),
        epochs: 1,
        batchSize: 50,
        dtype: "f64",
      },
      ...common,
    });
    const raw = { normalise: "none", extent: 0.6, ...common } as const;
    const ray = await landscape(run, { ...raw, ray: "random", records: 1, size: rayPoints });
    const one = await landscape(run, { ...raw, plane: "random", records: 1, size: planePoints });
    const hundred = await landscape(run, { ...raw, plane: "random", records: 100, size: planePoints });

    // The corners by the formula, from the scores of the first record under both sets of weights.
    const { layout } = run.training;
    const { scale, offset } = run.training.parts.preprocessing;
    const [first] = [data.inputs.shape.slice(1).reduce((a, b) => a * b, 1)];
    const x = fromHost(
      Float64Array.from(data.inputs.data.subarray(0, first), (v) => v * scale + offset),
      [1, first],
      "f64",
    );
    const scores = (theta: Parameters<typeof layout.split>[0]): number[] => {
      const parts = [...layout.split(theta).values()];
      const [weight, bias] = parts.length === 2 ? parts : [parts[0], undefined];
      const product: Tensor = x.matmul(fromHost(Float64Array.from(weight), [first, 10], "f64"));
      return [...(bias === undefined ? product : product.add(fromHost(Float64Array.from(bias), [10], "f64"))).data()];
    };
    const label = Number(data.targets.data[0]);
    const [s, d] = [scores(run.theta), scores(ray.directions[0].vector)];
    const corners = s
      .flatMap((score, j) => (j === label ? [] : [-(score - s[label] + 1) / (d[j] - d[label])]))
      .filter((a) => Math.abs(a) < 0.6)
      .sort((a, b) => a - b);

    // Between the points of the grid a polyline bends only where a corner lies between the neighbours.
    const step = ray.a[1] - ray.a[0];
    const bends = Array.from(ray.values.slice(1, -1), (y, i) => ({ a: ray.a[i + 1], bend: ray.values[i] - 2 * y + ray.values[i + 2] }));
    const holdsCorner = (a: number) => corners.some((corner) => Math.abs(corner - a) < step);
    const within = bends.filter(({ a }) => holdsCorner(a)).map(({ bend }) => Math.abs(bend));
    const elsewhere = bends.filter(({ a }) => !holdsCorner(a)).map(({ bend }) => Math.abs(bend));
    const lowest = (plane: typeof one) => {
      const place = plane.values.indexOf(Math.min(...plane.values));
      return { loss: plane.values[place], a: plane.a[place % plane.size], b: plane.b[Math.floor(place / plane.size)] };
    };
    return {
      numbers: {
        weights: layout.count,
        corners,
        largestBendAtCorners: Math.max(...within),
        largestBendElsewhere: Math.max(...elsewhere),
        // Convex: no bend downwards. Rounding leaves some.
        smallestBend: Math.min(...bends.map(({ bend }) => bend)),
        lossAtTheTrainedWeights: { one: one.centre, hundred: hundred.centre },
        lowestOnThePlane: { one: lowest(one), hundred: lowest(hundred) },
      },
      data:
        cifar10 === undefined
          ? "A linear classifier of the built-in digits, 7,850 weights (give a folder with CIFAR-10 to see the one of the lectures, with 30,730)."
          : "A linear classifier of CIFAR-10: 30,730 weights.",
      figures: [
        {
          name: "ray",
          figure: lineChart({
            title: "One example along a ray",
            x: { label: "a" },
            y: { label: "hinge loss", kind: "linear" },
            series: [{ name: "loss", points: Array.from(ray.a, (a, i) => [a, ray.values[i]] as const), dots: false }],
            rules: corners.map((at) => ({ kind: "rule", axis: "x", at, label: "" }) as const),
          }),
          caption: "The dashed lines stand where the formula puts the corners.",
        },
        ...(
          [
            ["one", one],
            ["hundred", hundred],
          ] as const
        ).map(([name, plane]) => ({
          name,
          figure: contourFigure({
            title: name === "one" ? "One example over a plane" : "A hundred examples over it",
            caption: "Level lines are spaced evenly.",
            f: {
              columns: plane.size,
              rows: plane.size,
              x: [plane.a[0], plane.a[plane.size - 1]],
              y: [plane.b[0], plane.b[plane.size - 1]],
              values: plane.values,
            },
            names: ["a", "b"],
            spacing: "even",
            places: [{ kind: "point", at: [0, 0], shape: "dot", paint: "ink" }],
          }),
          caption:
            name === "one"
              ? "Facets with straight creases: each of the nine margins is a half-plane."
              : "The mean of a hundred such pictures: a bowl, still made of facets, and convex. The dot is where training stopped.",
        })),
      ],
    };
  },
} satisfies Exhibit;

/** Moré, Garbow and Hillstrom (ACM TOMS 7, 1981), problems 1–5, 7, 13, 14 and 20–22: without data. */
import { concatenate, stack } from "../../../tensor/join.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { at, coordinates, counting, family, known, repeated, sumOfSquares } from "../problem.js";

export const freudensteinRoth = sumOfSquares({
  name: "freudensteinRoth",
  about: "Freudenstein and Roth: from the usual start most descents end in the local minimum.",
  dimension: 2,
  start: [0.5, -2],
  minima: [
    { value: 0, at: [[5, 4]] },
    { value: 48.98425367924, at: [[11.41277896, -0.8968052599]] },
  ],
  residuals(p) {
    const [x, y] = coordinates(p);
    const first = x.sub(13).add(y.mul(-1).add(5).mul(y).sub(2).mul(y));
    const second = x.sub(29).add(y.add(1).mul(y).sub(14).mul(y));
    return stack([first, second]);
  },
});

export const powellBadlyScaled = sumOfSquares({
  name: "powellBadlyScaled",
  about: "Powell, badly scaled: the solution's coordinates differ by a factor of a million.",
  dimension: 2,
  start: [0, 1],
  minima: [{ value: 0, at: [[1.098159329699759e-5, 9.106146739867318]] }],
  residuals(p) {
    const [x, y] = coordinates(p);
    return stack([x.mul(y).mul(1e4).sub(1), x.neg().exp().add(y.neg().exp()).sub(1.0001)]);
  },
});

export const brownBadlyScaled = sumOfSquares({
  name: "brownBadlyScaled",
  about: "Brown, badly scaled: one coordinate of a million, one of two millionths.",
  dimension: 2,
  start: [1, 1],
  minima: [{ value: 0, at: [[1e6, 2e-6]] }],
  residuals(p) {
    const [x, y] = coordinates(p);
    return stack([x.sub(1e6), y.sub(2e-6), x.mul(y).sub(2)]);
  },
});

export const beale = sumOfSquares({
  name: "beale",
  about: "Beale: a flat, bent valley with steep sides.",
  dimension: 2,
  start: [1, 1],
  minima: [{ value: 0, at: [[3, 0.5]] }],
  residuals(p) {
    const [x, y] = coordinates(p);
    const powers = [y, y.mul(y), y.mul(y).mul(y)];
    return stack([1.5, 2.25, 2.625].map((measured, i) => x.mul(powers[i].sub(1)).add(measured)));
  },
});

export const helicalValley = sumOfSquares({
  name: "helicalValley",
  about: "Helical valley: a helix of a valley around the third axis, with a cut along a half plane.",
  dimension: 3,
  start: [-1, 0, 0],
  minima: [{ value: 0, at: [[1, 0, 0]] }],
  residuals(p) {
    const [x, y, z] = coordinates(p);
    // The angle in turns, from −¼ to ¾.
    const turns = y
      .div(x)
      .atan()
      .div(2 * Math.PI)
      .add(x.lt(0).select(x.fill(0.5), x.fill(0)));
    return stack([z.sub(turns.mul(10)).mul(10), x.square().add(y.square()).sqrt().sub(1).mul(10), z]);
  },
});

export const wood = sumOfSquares({
  name: "wood",
  about: "Wood: two valleys like Rosenbrock's that lean on each other, with a saddle on the way.",
  dimension: 4,
  start: [-3, -1, -3, -1],
  minima: [{ value: 0, at: [[1, 1, 1, 1]] }],
  residuals(p) {
    const [a, b, c, d] = coordinates(p);
    return stack([
      b.sub(a.square()).mul(10),
      a.neg().add(1),
      d.sub(c.square()).mul(Math.sqrt(90)),
      c.neg().add(1),
      b.add(d).sub(2).mul(Math.sqrt(10)),
      b.sub(d).div(Math.sqrt(10)),
    ]);
  },
});

/** Every `count`-th element, from each of the first `count`. */
const columns = (x: Tensor, count: number): Tensor[] => Array.from({ length: count }, (_, i) => x.slice([i], [x.size / count], [count]));

/** Rosenbrock's valley, once for every two variables: 10(x₂ − x₁²), 1 − x₁. */
export const rosenbrock = family(
  2,
  (dimension) =>
    sumOfSquares({
      name: dimension === 2 ? "rosenbrock" : "extendedRosenbrock",
      about: "Rosenbrock: a bent valley, easy to find and slow to follow.",
      dimension,
      start: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? -1.2 : 1)),
      minima: [{ value: 0, at: [repeated(1, dimension)] }],
      ...(dimension === 2 ? { formula: "100(y - x^2)^2 + (1 - x)^2" } : {}),
      residuals(x) {
        const [a, b] = columns(x, 2);
        return concatenate([b.sub(a.square()).mul(10), a.neg().add(1)]);
      },
    }),
  { atLeast: 2, multipleOf: 2 },
);

/** Powell's singular function, once for every four variables. */
export const powellSingular = family(
  4,
  (dimension) =>
    sumOfSquares({
      name: dimension === 4 ? "powellSingular" : "extendedPowell",
      about: "Powell, singular: the Hessian at the minimum has rank two, so that Newton's method is linear and descent sublinear.",
      dimension,
      start: Array.from({ length: dimension }, (_, i) => [3, -1, 0, 1][i % 4]),
      minima: [{ value: 0, at: [repeated(0, dimension)] }],
      residuals(x) {
        const [a, b, c, d] = columns(x, 4);
        return concatenate([b.mul(10).add(a), c.sub(d).mul(Math.sqrt(5)), b.sub(c.mul(2)).square(), a.sub(d).square().mul(Math.sqrt(10))]);
      },
    }),
  { atLeast: 4, multipleOf: 4 },
);

const watsonMinima: ReadonlyMap<number, number> = new Map([
  [6, 2.28767005355236e-3],
  [9, 1.39976013e-6],
  [12, 4.72238e-10],
]);

/** Watson: a polynomial fitted to a differential equation in 31 residuals. */
export const watson = family(
  6,
  (dimension) =>
    sumOfSquares({
      name: "watson",
      about: "Watson: polynomial coefficients, nearly dependent the more there are.",
      dimension,
      start: repeated(0, dimension),
      minima: known(watsonMinima.get(dimension)),
      residuals(x) {
        const t = counting(29).div(29);
        const degrees = counting(dimension, 0);
        const powers: Tensor[] = [t.fill(1)];
        for (let j = 1; j < dimension; j++) powers.push(powers[j - 1].mul(t));
        const table = stack(powers, 1);
        const derivative = table.slice([0, 0], [29, dimension - 1]).matmul(x.mul(degrees).slice([1], [dimension - 1]));
        const inner = derivative.sub(table.matmul(x).square()).sub(1);
        const [first, second] = [at(x, 0), at(x, 1)];
        return concatenate([inner, stack([first, second.sub(first.square()).sub(1)])]);
      },
    }),
  { atLeast: 2 },
);

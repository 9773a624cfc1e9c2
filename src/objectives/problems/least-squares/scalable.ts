/** Moré, Garbow and Hillstrom, problems 23–31 and 35: systems and penalties of any number of variables. */
import { concatenate, stack } from "../../../tensor/join.js";
import { fromHost, type Tensor } from "../../../tensor/tensor.js";
import { at, counting, family, known, product, repeated, sumOfSquares } from "../problem.js";

const scalar = (x: Tensor): Tensor => x.reshape([1]);

/** A matrix of host numbers, entry by entry; i and j count from 1. */
const matrix = (rows: number, columns: number, entry: (i: number, j: number) => number): Tensor =>
  fromHost(
    Float64Array.from({ length: rows * columns }, (_, k) => entry(Math.floor(k / columns) + 1, (k % columns) + 1)),
    [rows, columns],
    "f64",
  );

export const penalty1 = family(4, (dimension) => {
  const minimum = new Map([
    [4, { value: 2.24997750083e-5, at: 0.25000749959 }],
    [10, { value: 7.08765146719e-5, at: 0.15812230111 }],
  ]).get(dimension);
  return sumOfSquares({
    name: "penalty1",
    about: "Penalty I: a sphere held at ¼ while every coordinate is drawn, a hundred thousand times more weakly, to 1.",
    dimension,
    start: Array.from({ length: dimension }, (_, i) => i + 1),
    minima: minimum === undefined ? [] : [{ value: minimum.value, at: [repeated(minimum.at, dimension)] }],
    residuals: (x) => concatenate([x.sub(1).mul(Math.sqrt(1e-5)), scalar(x.square().sum().sub(0.25))]),
  });
});

export const penalty2 = family(
  4,
  (dimension) =>
    sumOfSquares({
      name: "penalty2",
      about: "Penalty II: exponentials on a sphere with weights.",
      dimension,
      start: repeated(0.5, dimension),
      minima: known(
        new Map([
          [4, 9.37629300735e-6],
          [10, 2.93660536545e-4],
        ]).get(dimension),
      ),
      residuals(x) {
        const weak = Math.sqrt(1e-5);
        const later = x.slice([1], [dimension - 1]);
        const earlier = x.slice([0], [dimension - 1]);
        const i = counting(dimension - 1, 2);
        const wanted = i.div(10).exp().add(i.sub(1).div(10).exp());
        const sphere = counting(dimension)
          .neg()
          .add(dimension + 1)
          .mul(x.square())
          .sum()
          .sub(1);
        return concatenate([
          scalar(at(x, 0).sub(0.2)),
          later.div(10).exp().add(earlier.div(10).exp()).sub(wanted).mul(weak),
          later.div(10).exp().sub(later.fill(-0.1).exp()).mul(weak),
          scalar(sphere),
        ]);
      },
    }),
  { atLeast: 2 },
);

export const variablyDimensioned = family(10, (dimension) =>
  sumOfSquares({
    name: "variablyDimensioned",
    about: "Variably dimensioned: a bowl with one direction that is steep in the fourth power.",
    dimension,
    start: Array.from({ length: dimension }, (_, i) => 1 - (i + 1) / dimension),
    minima: [{ value: 0, at: [repeated(1, dimension)] }],
    residuals(x) {
      const away = x.sub(1);
      const sum = away.mul(counting(dimension)).sum();
      return concatenate([away, scalar(sum), scalar(sum.square())]);
    },
  }),
);

export const trigonometric = family(10, (dimension) =>
  sumOfSquares({
    name: "trigonometric",
    about: "Trigonometric: waves, with a local minimum near the start.",
    dimension,
    start: repeated(1 / dimension, dimension),
    minima: [{ value: 0, at: [repeated(0, dimension)] }, ...(dimension === 10 ? known(2.79506e-5, 4.47357e-6) : [])],
    residuals(x) {
      const cosines = x.cos();
      return counting(dimension).mul(cosines.neg().add(1)).sub(x.sin()).add(dimension).sub(cosines.sum());
    },
  }),
);

export const brownAlmostLinear = family(
  10,
  (dimension) =>
    sumOfSquares({
      name: "brownAlmostLinear",
      about: "Brown, almost linear: linear but for one product of all variables.",
      dimension,
      start: repeated(0.5, dimension),
      minima: [
        { value: 0, at: [repeated(1, dimension)] },
        { value: 1, at: [[...repeated(0, dimension - 1), dimension + 1]] },
      ],
      residuals: (x) =>
        concatenate([
          x
            .add(x.sum())
            .sub(dimension + 1)
            .slice([0], [dimension - 1]),
          scalar(product(x).sub(1)),
        ]),
    }),
  { atLeast: 2 },
);

const gridStart = (dimension: number): number[] =>
  Array.from({ length: dimension }, (_, i) => {
    const t = (i + 1) / (dimension + 1);
    return t * (t - 1);
  });

const zeroSomewhere = known(0);

export const discreteBoundaryValue = family(10, (dimension) =>
  sumOfSquares({
    name: "discreteBoundaryValue",
    about: "Discrete boundary value problem: u″ = ½(u + t + 1)³.",
    dimension,
    start: gridStart(dimension),
    minima: zeroSomewhere,
    residuals(x) {
      const h = 1 / (dimension + 1);
      const t = counting(dimension).mul(h);
      const cube = x
        .add(t)
        .add(1)
        .pow(3)
        .mul((h * h) / 2);
      const wide = x.pad([1], [1]);
      return x
        .mul(2)
        .sub(wide.slice([0], [dimension]))
        .sub(wide.slice([2], [dimension]))
        .add(cube);
    },
  }),
);

export const discreteIntegralEquation = family(10, (dimension) =>
  sumOfSquares({
    name: "discreteIntegralEquation",
    about: "Discrete integral equation: the same boundary value problem with Green's function, so that every variable meets every other.",
    dimension,
    start: gridStart(dimension),
    minima: zeroSomewhere,
    residuals(x) {
      const h = 1 / (dimension + 1);
      const green = matrix(dimension, dimension, (i, j) => (h / 2) * (j <= i ? (1 - i * h) * j * h : i * h * (1 - j * h)));
      return x.add(green.matmul(x.add(counting(dimension).mul(h)).add(1).pow(3)));
    },
  }),
);

export const broydenTridiagonal = family(10, (dimension) =>
  sumOfSquares({
    name: "broydenTridiagonal",
    about: "Broyden, tridiagonal: a system in which neighbours meet.",
    dimension,
    start: repeated(-1, dimension),
    minima: zeroSomewhere,
    residuals(x) {
      const wide = x.pad([1], [1]);
      return x
        .mul(-2)
        .add(3)
        .mul(x)
        .sub(wide.slice([0], [dimension]))
        .sub(wide.slice([2], [dimension]).mul(2))
        .add(1);
    },
  }),
);

export const broydenBanded = family(10, (dimension) =>
  sumOfSquares({
    name: "broydenBanded",
    about: "Broyden, banded: each equation has five variables before its own and one after.",
    dimension,
    start: repeated(-1, dimension),
    minima: zeroSomewhere,
    residuals(x) {
      const band = matrix(dimension, dimension, (i, j) => (j !== i && j >= i - 5 && j <= i + 1 ? 1 : 0));
      return x
        .square()
        .mul(5)
        .add(2)
        .mul(x)
        .add(1)
        .sub(band.matmul(x.mul(x.add(1))));
    },
  }),
);

/** Points of equal weight whose means of the Chebyshev polynomials on [0, 1] are the integrals. */
export const chebyquad = family(8, (dimension) =>
  sumOfSquares({
    name: "chebyquad",
    about: "Chebyquad: the nodes of Chebyshev's quadrature, which do not exist for 8 and for 10 or more.",
    dimension,
    start: Array.from({ length: dimension }, (_, i) => (i + 1) / (dimension + 1)),
    minima:
      dimension <= 7 || dimension === 9
        ? known(0)
        : known(
            ...(new Map([
              [8, [0.003516873725677]],
              [10, [0.00477271369637536, 0.00650395480172]],
              [11, [0.00279976155186576]],
            ]).get(dimension) ?? []),
          ),
    residuals(x) {
      const twice = x.mul(2).sub(1);
      const polynomials = [x.fill(1), twice];
      for (let i = 2; i <= dimension; i++)
        polynomials.push(
          twice
            .mul(polynomials[i - 1])
            .mul(2)
            .sub(polynomials[i - 2]),
        );
      const integral = (degree: number) => (degree % 2 === 1 ? 0 : -1 / (degree * degree - 1));
      return stack(polynomials.slice(1).map((t, i) => t.mean().sub(integral(i + 1))));
    },
  }),
);

/** Moré, Garbow and Hillstrom, problems 32–34: linear systems of m = 5n equations, of full rank and of rank one. */
import { concatenate } from "../../../tensor/join.js";
import { counting, family, known, repeated, sumOfSquares } from "../problem.js";

export const linearFullRank = family(9, (dimension) => {
  const equations = 5 * dimension;
  return sumOfSquares({
    name: "linearFullRank",
    about: "Linear, of full rank: solved in one step of Gauss and Newton's.",
    dimension,
    start: repeated(1, dimension),
    minima: [{ value: equations - dimension, at: [repeated(-1, dimension)] }],
    residuals(x) {
      const mean = x.sum().mul(2 / equations);
      return concatenate([
        x.sub(mean).sub(1),
        mean
          .neg()
          .sub(1)
          .broadcastTo([equations - dimension]),
      ]);
    },
  });
});

export const linearRankOne = family(7, (dimension) => {
  const equations = 5 * dimension;
  return sumOfSquares({
    name: "linearRankOne",
    about: "Linear, of rank one: a whole hyperplane of minima, and a Jacobian that determines one direction.",
    dimension,
    start: repeated(1, dimension),
    minima: known((equations * (equations - 1)) / (2 * (2 * equations + 1))),
    residuals: (x) =>
      counting(equations)
        .mul(x.mul(counting(dimension)).sum())
        .sub(1),
  });
});

export const linearRankOneZeros = family(
  7,
  (dimension) => {
    const equations = 5 * dimension;
    return sumOfSquares({
      name: "linearRankOneZeros",
      about: "Linear, of rank one, with rows and columns of zeros.",
      dimension,
      start: repeated(1, dimension),
      minima: known((equations * equations + 3 * equations - 6) / (2 * (2 * equations - 3))),
      residuals(x) {
        const sum = x
          .mul(counting(dimension))
          .slice([1], [dimension - 2])
          .sum();
        return counting(equations - 2)
          .mul(sum)
          .sub(1)
          .pad([1], [1])
          .sub(ends(equations));
      },
    });
  },
  { atLeast: 3 },
);

/** 1 at the first and last place, 0 elsewhere. */
const ends = (length: number) => {
  const place = counting(length);
  return place.eq(1).or(place.eq(length)).cast("f64");
};

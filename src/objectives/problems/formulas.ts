/** Classic functions of two variables, written as formulas. */
import { type ParsedFormula, parseFormula } from "../formula/formula-parser.js";
import { lower } from "../formula/lower.js";
import { at, type Problem } from "./problem.js";

type Written = Omit<Problem, "f" | "dimension" | "formula"> & { readonly formula: string };

/** A problem in x and y from its formula, which is read when it is first wanted: importing the package must not wait for it. */
function written(problem: Written): Problem {
  let program: ParsedFormula | undefined;
  return {
    ...problem,
    dimension: 2,
    f: (p) => {
      program ??= parseFormula(problem.formula, { variables: ["x", "y"] });
      return lower(
        program,
        new Map([
          ["x", at(p, 0)],
          ["y", at(p, 1)],
        ]),
      );
    },
  };
}

const square = (low: number, high: number): readonly (readonly [number, number])[] => [
  [low, high],
  [low, high],
];

/** All sign patterns of one point. */
const mirrored = (x: number, y: number): number[][] => [
  [x, y],
  [x, -y],
  [-x, y],
  [-x, -y],
];

export const saddle = written({
  name: "saddle",
  about: "The plain saddle: from y = 0 no descent ever leaves it, from y = ε it takes log(1/ε) steps.",
  formula: "x^2 - y^2",
  start: [1, 1e-6],
  minima: [],
  saddles: [[0, 0]],
});

export const monkeySaddle = written({
  name: "monkeySaddle",
  about: "A saddle for a monkey: three valleys meet where slope and Hessian both vanish.",
  formula: "x^3 - 3x*y^2",
  start: [0.5, 0],
  minima: [],
  saddles: [[0, 0]],
});

export const ravine = written({
  name: "ravine",
  about: "A straight valley, a hundred times steeper across than along: condition number 100.",
  formula: "½x^2 + 50y^2",
  start: [10, 1],
  minima: [{ value: 0, at: [[0, 0]] }],
});

export const curvedValley = written({
  name: "curvedValley",
  about: "A parabolic valley with gentle walls, on which momentum overtakes plain descent.",
  formula: "(1 - x)^2 + 20(3y - x^2)^2",
  start: [-1.21, 0.853],
  minima: [{ value: 0, at: [[1, 1 / 3]] }],
});

export const booth = written({
  name: "booth",
  about: "Booth: a tilted quadratic of condition number 9.",
  formula: "(x + 2y - 7)^2 + (2x + y - 5)^2",
  start: [-5, 5],
  minima: [{ value: 0, at: [[1, 3]] }],
});

export const matyas = written({
  name: "matyas",
  about: "Matyas: a flat diagonal quadratic of condition number 25.",
  formula: "0.26(x^2 + y^2) - 0.48x*y",
  start: [8, -5],
  minima: [{ value: 0, at: [[0, 0]] }],
});

export const himmelblau = written({
  name: "himmelblau",
  about: "Himmelblau: four minima of equal depth.",
  formula: "(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
  start: [0, 0],
  minima: [
    {
      value: 0,
      at: [
        [3, 2],
        [-2.805118086953, 3.131312518251],
        [-3.779310253378, -3.283185991286],
        [3.58442834033, -1.848126526964],
      ],
    },
  ],
});

export const mccormick = written({
  name: "mccormick",
  about: "McCormick: a trough with waves; lower beyond its box.",
  formula: "sin(x + y) + (x - y)^2 - 1.5x + 2.5y + 1",
  start: [1, 1],
  bounds: [
    [-1.5, 4],
    [-3, 4],
  ],
  minima: [{ value: -1.913222954981, at: [[0.5 - Math.PI / 3, -0.5 - Math.PI / 3]] }],
});

export const sixHumpCamel = written({
  name: "sixHumpCamel",
  about: "Camel with six humps: two global and four local minima.",
  formula: "(4 - 2.1x^2 + x^4/3)*x^2 + x*y + (4y^2 - 4)*y^2",
  start: [-1, 1],
  minima: [
    {
      value: -1.031628453489877,
      at: [
        [0.0898420131, -0.712656403],
        [-0.0898420131, 0.712656403],
      ],
    },
  ],
});

export const threeHumpCamel = written({
  name: "threeHumpCamel",
  about: "Camel with three humps: a global minimum between two local ones.",
  formula: "2x^2 - 1.05x^4 + x^6/6 + x*y + y^2",
  start: [1, 1],
  minima: [
    { value: 0, at: [[0, 0]] },
    {
      value: 0.298638442236861,
      at: [
        [1.74755234574, -0.87377617287],
        [-1.74755234574, 0.87377617287],
      ],
    },
  ],
});

export const branin = written({
  name: "branin",
  about: "Branin: three global minima in a box, more outside.",
  formula: "(y - 5.1x^2/(4pi^2) + 5x/pi - 6)^2 + 10*(1 - 1/(8pi))*cos(x) + 10",
  start: [2, 5],
  bounds: [
    [-5, 10],
    [0, 15],
  ],
  minima: [
    {
      value: 0.39788735773,
      at: [
        [-Math.PI, 12.275],
        [Math.PI, 2.275],
        [3 * Math.PI, 2.475],
      ],
    },
  ],
});

export const goldsteinPrice = written({
  name: "goldsteinPrice",
  about: "Goldstein and Price: polynomials of degree eight, values from 3 to a million.",
  formula: "(1 + (x+y+1)^2*(19 - 14x + 3x^2 - 14y + 6x*y + 3y^2)) * (30 + (2x-3y)^2*(18 - 32x + 12x^2 + 48y - 36x*y + 27y^2))",
  start: [-0.5, -0.5],
  minima: [
    { value: 3, at: [[0, -1]] },
    { value: 30, at: [[-0.6, -0.4]] },
    { value: 84, at: [[1.8, 0.2]] },
    { value: 840, at: [[1.2, 0.8]] },
  ],
});

export const easom = written({
  name: "easom",
  about: "Easom: a needle in a plain.",
  formula: "-cos(x)*cos(y)*exp(-(x - pi)^2 - (y - pi)^2)",
  start: [2.5, 2.5],
  minima: [{ value: -1, at: [[Math.PI, Math.PI]] }],
});

export const eggholder = written({
  name: "eggholder",
  about: "Eggholder: ridges everywhere, kinks, and the lowest point on the edge of its box.",
  formula: "-(y + 47)*sin(sqrt(abs(x/2 + y + 47))) - x*sin(sqrt(abs(x - y - 47)))",
  start: [0, 0],
  bounds: square(-512, 512),
  minima: [{ value: -959.640662720851, at: [[512, 404.2318058]] }],
});

export const michalewicz = written({
  name: "michalewicz",
  about: "Michalewicz in two dimensions, m = 10: narrow valleys that cross on a plateau.",
  formula: "-sin(x)*sin(x^2/pi)^20 - sin(y)*sin(2y^2/pi)^20",
  start: [2, 1.5],
  bounds: square(0, Math.PI),
  minima: [{ value: -1.801303410099, at: [[2.2029055201726, Math.PI / 2]] }],
});

export const crossInTray = written({
  name: "crossInTray",
  about: "Cross in tray: four minima between kinks.",
  formula: "-0.0001*(abs(sin(x)*sin(y)*exp(abs(100 - sqrt(x^2 + y^2)/pi))) + 1)^0.1",
  start: [1, 1.5],
  minima: [{ value: -2.062611870823, at: mirrored(1.349407, 1.349407) }],
});

export const holderTable = written({
  name: "holderTable",
  about: "Hölder's table: four minima in the corners of its box.",
  formula: "-abs(sin(x)*cos(y)*exp(abs(1 - sqrt(x^2 + y^2)/pi)))",
  start: [7, 9],
  bounds: square(-10, 10),
  minima: [{ value: -19.208502567887, at: mirrored(8.055023, 9.66459) }],
});

export const schaffer4 = written({
  name: "schaffer4",
  about: "Schaffer's fourth: rings around the origin, and kinks on the diagonals.",
  formula: "0.5 + (cos(sin(abs(x^2 - y^2)))^2 - 0.5)/(1 + 0.001*(x^2 + y^2))^2",
  start: [0.5, 1],
  minima: [
    {
      value: 0.292578632036,
      at: [
        [0, 1.253131829],
        [0, -1.253131829],
        [1.253131829, 0],
        [-1.253131829, 0],
      ],
    },
  ],
});

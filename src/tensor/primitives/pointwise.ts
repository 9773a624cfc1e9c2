/**
 * Primitives that work element by element. Derivatives at kinks are choices, stated here and in the user guide:
 * |x| has slope 0 at 0; max(x, y) and min(x, y) give the whole derivative to the second argument where they are equal, so
 * that relu = max(x, 0) has slope 0 at 0; floor, sign and comparisons have derivative 0 everywhere.
 */

import { tracingError } from "../error.js";
import { erf } from "../error-function.js";
import type { Attributes, PointwisePrimitive } from "../primitive.js";
import type { Tensor } from "../tensor.js";
import type { DType } from "../types.js";
import { isFloat } from "../types.js";

type Factor = (inputs: readonly Tensor[], output: Tensor) => Tensor | undefined;

const expectDType = (name: string, allowed: string, ok: (d: DType) => boolean, inputs: readonly DType[]): DType => {
  const bad = inputs.find((d) => !ok(d));
  if (bad !== undefined)
    throw tracingError({
      problem: `${name} does not take ${bad}`,
      expected: allowed,
      received: inputs.join(", "),
      fix: 'convert with .cast("f64")',
    });
  return inputs[0];
};

const numeric = (name: string) => (inputs: readonly DType[]) => expectDType(name, "numbers", (d) => d !== "bool" && d !== "u8", inputs);
const float = (name: string) => (inputs: readonly DType[]) => expectDType(name, "f32 or f64", isFloat, inputs);
const integer = (name: string) => (inputs: readonly DType[]) =>
  expectDType(name, "i32, u32 or bool", (d) => !isFloat(d) && d !== "u8", inputs);
const truth =
  (name: string) =>
  (inputs: readonly DType[]): DType => {
    expectDType(name, "numbers", (d) => d !== "u8", inputs);
    return "bool";
  };

function entry<const N extends string>(
  name: N,
  arity: number,
  dtype: (inputs: readonly DType[], attributes: Attributes) => DType,
  evaluate: (...x: number[]) => number,
  partials: readonly Factor[] | "none",
  evaluateInteger?: (...x: number[]) => number,
) {
  const entries = { kind: "pointwise", name, arity, dtype, evaluate: (_: Attributes, ...x: number[]) => evaluate(...x), partials } as const;
  return { ...entries, ...(evaluateInteger && { evaluateInteger }) } satisfies PointwisePrimitive;
}

export const pointwise = {
  add: entry("add", 2, numeric("add"), (x, y) => x + y, [([x]) => x.fill(1), ([x]) => x.fill(1)]),
  sub: entry("sub", 2, numeric("sub"), (x, y) => x - y, [([x]) => x.fill(1), ([x]) => x.fill(-1)]),
  mul: entry("mul", 2, numeric("mul"), (x, y) => x * y, [([, y]) => y, ([x]) => x], Math.imul),
  div: entry("div", 2, numeric("div"), (x, y) => x / y, [([x, y]) => x.fill(1).div(y), ([, y], output) => output.div(y).neg()]),
  /** xʸ. ∂/∂x is 0 where y = 0, also at x = 0; ∂/∂y is taken as 0 where x ≤ 0, where xʸ log x is not a number. */
  pow: entry("pow", 2, float("pow"), (x, y) => x ** y, [
    ([x, y]) => y.mul(x.pow(y.eq(y.fill(0)).select(y.fill(1), y).sub(y.fill(1)))),
    ([x], output) => {
      const positive = x.gt(x.fill(0));
      return positive.select(output.mul(positive.select(x, x.fill(1)).log()), x.fill(0));
    },
  ]),
  minimum: entry("minimum", 2, numeric("minimum"), Math.min, [([x, y]) => x.lt(y), ([x, y]) => x.lt(y).not()]),
  maximum: entry("maximum", 2, numeric("maximum"), Math.max, [([x, y]) => x.gt(y), ([x, y]) => x.gt(y).not()]),
  neg: entry("neg", 1, numeric("neg"), (x) => -x, [([x]) => x.fill(-1)]),
  abs: entry("abs", 1, numeric("abs"), Math.abs, [([x]) => x.sign()]),
  sign: entry("sign", 1, numeric("sign"), Math.sign, "none"),
  floor: entry("floor", 1, float("floor"), Math.floor, "none"),
  sqrt: entry("sqrt", 1, float("sqrt"), Math.sqrt, [(_, output) => output.fill(0.5).div(output)]),
  exp: entry("exp", 1, float("exp"), Math.exp, [(_, output) => output]),
  expm1: entry("expm1", 1, float("expm1"), Math.expm1, [(_, output) => output.add(output.fill(1))]),
  log: entry("log", 1, float("log"), Math.log, [([x]) => x.fill(1).div(x)]),
  log1p: entry("log1p", 1, float("log1p"), Math.log1p, [([x]) => x.fill(1).div(x.add(x.fill(1)))]),
  sin: entry("sin", 1, float("sin"), Math.sin, [([x]) => x.cos()]),
  cos: entry("cos", 1, float("cos"), Math.cos, [([x]) => x.sin().neg()]),
  tanh: entry("tanh", 1, float("tanh"), Math.tanh, [(_, output) => output.fill(1).sub(output.mul(output))]),
  atan: entry("atan", 1, float("atan"), Math.atan, [([x]) => x.fill(1).div(x.mul(x).add(x.fill(1)))]),
  erf: entry("erf", 1, float("erf"), erf, [
    ([x]) =>
      x
        .mul(x)
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
  ]),
  eq: entry("eq", 2, truth("eq"), (x, y) => Number(x === y), "none"),
  ne: entry("ne", 2, truth("ne"), (x, y) => Number(x !== y), "none"),
  lt: entry("lt", 2, truth("lt"), (x, y) => Number(x < y), "none"),
  le: entry("le", 2, truth("le"), (x, y) => Number(x <= y), "none"),
  gt: entry("gt", 2, truth("gt"), (x, y) => Number(x > y), "none"),
  ge: entry("ge", 2, truth("ge"), (x, y) => Number(x >= y), "none"),
  and: entry("and", 2, integer("and"), (x, y) => x & y, "none"),
  or: entry("or", 2, integer("or"), (x, y) => x | y, "none"),
  xor: entry("xor", 2, integer("xor"), (x, y) => x ^ y, "none"),
  shiftLeft: entry("shiftLeft", 2, integer("shiftLeft"), (x, y) => x << y, "none"),
  /** Fills with zeros (u32) or with the sign (i32). */
  shiftRight: entry("shiftRight", 2, integer("shiftRight"), (x, y) => (x < 0 ? x >> y : x >>> y), "none"),
  /** remainder of integers, with the sign of x. */
  rem: entry("rem", 2, integer("rem"), (x, y) => x % y, "none"),
  not: entry(
    "not",
    1,
    (inputs) => expectDType("not", "bool", (d) => d === "bool", inputs),
    (x) => Number(x === 0),
    "none",
  ),
  /** condition ? x : y */
  select: entry(
    "select",
    3,
    ([condition, x]) => {
      expectDType("the condition of select", "bool", (d) => d === "bool", [condition]);
      return x;
    },
    (condition, x, y) => (condition !== 0 ? x : y),
    [() => undefined, ([condition]) => condition, ([condition]) => condition.not()],
  ),
  /** Conversion to the dtype in the attributes; floats to integers truncate, integers wrap. Linear between floats. */
  cast: {
    kind: "pointwise",
    name: "cast",
    arity: 1,
    dtype: (_, { to }) => to as DType,
    evaluate: ({ to }, x) => (to === "bool" ? Number(x !== 0) : x),
    partials: [([x], output) => (isFloat(x.dtype) && isFloat(output.dtype) ? output.fill(1) : undefined)],
  },
} as const satisfies Record<string, PointwisePrimitive>;

export type PointwiseName = keyof typeof pointwise;

/** The elementary functions, by the names of their primitives. */
import type { LoopBuilder } from "../builder.js";
import type { Expr } from "../ir.js";
import { erf } from "./error-function.js";
import { exp, expm1 } from "./exponential.js";
import { tanh } from "./hyperbolic.js";
import { log, log1p } from "./logarithm.js";
import { pow } from "./power.js";
import { atan, cos, sin, tan } from "./trigonometric.js";

export type MathName = "exp" | "expm1" | "log" | "log1p" | "sin" | "cos" | "tan" | "tanh" | "atan" | "erf" | "pow";

/** Writes a function's value as an expression of x (and y), f32 or f64, any lanes. What it costs and how exact it is: docs/accuracy.md. */
export type MathFunction = (b: LoopBuilder, x: Expr, y?: Expr) => Expr;

const ofOne =
  (f: (x: Expr) => Expr): MathFunction =>
  (_, x) =>
    f(x);

export const mathFunctions: Readonly<Record<MathName, MathFunction>> = {
  exp: ofOne(exp),
  expm1: ofOne(expm1),
  log: ofOne(log),
  log1p: ofOne(log1p),
  sin: ofOne(sin),
  cos: ofOne(cos),
  tan: ofOne(tan),
  tanh: ofOne(tanh),
  atan: ofOne(atan),
  erf: ofOne(erf),
  pow: (_, x, y) => {
    if (y === undefined) throw new Error("internal: pow takes two operands");
    return pow(x, y);
  },
};

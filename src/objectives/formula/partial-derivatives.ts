/** Derivatives as formulas: what a person would write down. */
import { SteepestError } from "../../tensor/error.js";
import type { Expression } from "./ast.js";
import { largestPrinted, symbolicGradient } from "./differentiate.js";
import { parseFormula } from "./formula-parser.js";
import { type AnyFunction, type Constants, parseFunction } from "./function-parser.js";
import { format } from "./print.js";

export interface PartialDerivativesOptions {
  /** Names that are given, not varied: numbers, or arrays for `sum` and `mean`. */
  readonly constants?: Constants;
  /** The signs of mathematics, `3x₁² + 5x₂` in place of `3*x1^2 + 5*x2`. Both can be read again. Default false. */
  readonly unicode?: boolean;
}

export interface UpdateRulesOptions extends PartialDerivativesOptions {
  /** A rate for the rule, or a name for it. Default `"α"`. */
  readonly learningRate?: number | string;
}

/**
 * The partial derivatives of a formula or plain function, each as a formula: differentiated symbolically and simplified (like terms
 * collected, products multiplied out or shared factors taken out, whichever is shorter).
 *
 * They are for reading, and can be read again: `minimize`, `trace` and this function take each of them. The engine computes gradients from
 * its own graph, not from these. At kinks they make the engine's choices: |x| and relu have slope 0 at 0, max gives the second argument's.
 *
 * @param f a formula, or a plain function of numbers (whose variables are named as in its text: `x`, `x[0]`, `p.x`)
 * @returns ∂f/∂v by the name of each variable v, in the order of θ
 * @throws SteepestError where f cannot be read, or is too large for its derivatives to be read by anyone (200 nodes)
 * @example
 * ```ts
 * import { partialDerivatives } from "steepest";
 * partialDerivatives("x1^3 + 5x1*x2 - 3x2*x3^2"); // → { x1: "3*x1^2 + 5*x2", x2: "5*x1 - 3*x3^2", x3: "-6*x2*x3" }
 * partialDerivatives((x) => (3 * x ** 3 + 2) ** 2, { unicode: true }); // → { x: "54x⁵ + 36x²" }
 * ```
 */
export function partialDerivatives(
  f: string | AnyFunction,
  { unicode = false, constants }: PartialDerivativesOptions = {},
): Record<string, string> {
  const { names, derivatives } = derivativesOf(f, constants);
  return Object.fromEntries(names.map((name, i) => [name, format(derivatives[i], { unicode })]));
}

/**
 * The rule of gradient descent, variable by variable:
 *
 *     v ← v − α·∂f/∂v
 *
 * @param f as for `partialDerivatives`
 * @returns the rule by the name of each variable
 * @example
 * ```ts
 * import { updateRules } from "steepest";
 * updateRules("0.5x^2 + 2y^2 + x*y", { learningRate: 0.1 }).x; // → "x ← x − 0.1·(x + y)"
 * ```
 */
export function updateRules(
  f: string | AnyFunction,
  { unicode = true, constants, learningRate = "α" }: UpdateRulesOptions = {},
): Record<string, string> {
  const { names, derivatives } = derivativesOf(f, constants);
  return Object.fromEntries(names.map((name, i) => [name, updateRule(name, derivatives[i], learningRate, unicode)]));
}

/** `x ← x − 0.1·(x + y)` */
export function updateRule(name: string, derivative: Expression, learningRate: number | string, unicode: boolean): string {
  const [arrow, minus, times] = unicode ? ["←", "−", "·"] : ["<-", "-", "*"];
  const variable = format({ kind: "name", name, span: derivative.span }, { unicode });
  if (derivative.kind === "number" && derivative.value === 0) return `${variable} ${arrow} ${variable}`;
  const slope = format(derivative, { unicode });
  const isLoose =
    derivative.kind === "conditional" ||
    (derivative.kind === "binary" && !["*", "/", "^"].includes(derivative.operator)) ||
    /^[-−]/.test(slope);
  return `${variable} ${arrow} ${variable} ${minus} ${learningRate}${times}${isLoose ? `(${slope})` : slope}`;
}

function derivativesOf(f: string | AnyFunction, constants: Constants = {}) {
  const given = Object.entries(constants);
  const isFormula = typeof f === "string";
  const program = isFormula
    ? parseFormula(f, {
        constants: given.filter(([, v]) => typeof v === "number").map(([name]) => name),
        arrays: given.filter(([, v]) => typeof v !== "number").map(([name]) => name),
      })
    : parseFunction(f, given.length === 0 ? {} : { constants });
  const names = program.variables.map((v) => (typeof v === "string" ? v : v.name));
  const derivatives = symbolicGradient(program, names);
  if (derivatives === undefined)
    throw new SteepestError({
      problem: `the ${isFormula ? "formula" : "function"} is too large for formulas of its derivatives`,
      expected: `at most ${largestPrinted} numbers, names and operations`,
      fix: "take values of the gradient: valueAndGrad, taylor(f, at).gradient, or steepest gradient --at",
    });
  return { names, derivatives };
}

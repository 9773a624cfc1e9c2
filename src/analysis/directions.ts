/** Slopes in a direction, and the direction in which the slope is greatest. */
import { norm } from "../algebra/index.js";
import type { Constants } from "../objectives/formula/function-parser.js";
import { SteepestError } from "../tensor/error.js";
import { type AnalysisOptions, type AnalysisPoint, type FunctionAt, type LikeOf, subjectOf } from "./subject.js";

export interface DirectionalOptions<C extends Constants = Constants> extends AnalysisOptions<C> {
  /** Whether the direction counts as given in place of its unit vector. Default false. */
  readonly scaled?: boolean;
}

/**
 * The directional derivative: how fast f rises at a point in a direction,
 *
 *     D_u f = ∇f(x)·u,   u = v/‖v‖₂
 *
 * The direction v may have any length but 0: its unit vector is taken. With `scaled: true` it is taken as it is, ∇f(x)·v.
 *
 * @param f a formula, a plain function, `objective({ value, gradient })`; for a tensor, a function of tensors
 * @param at the point
 * @param direction v, in the form of the point
 * @throws SteepestError where direction and point differ in form, or the direction is 0
 * @example
 * ```ts
 * import { directionalDerivative } from "steepest";
 * directionalDerivative("x^2 * y", { x: 1, y: 2 }, { x: 3, y: 4 });                 // → 3.2
 * directionalDerivative("x^2 * y", { x: 1, y: 2 }, { x: 3, y: 4 }, { scaled: true }); // → 16
 * directionalDerivative((x, y) => x * y, [2, 5], [0, -1]);                          // → -2
 * ```
 */
export function directionalDerivative<S extends AnalysisPoint, C extends Constants = Record<never, never>>(
  f: FunctionAt<S, C>,
  at: S,
  direction: NoInfer<LikeOf<S>>,
  { constants, scaled = false }: DirectionalOptions<C> = {},
): number {
  const subject = subjectOf(f, at, constants);
  const vector = subject.vector("the direction", direction);
  const length = norm(vector);
  if (length === 0)
    throw new SteepestError({ problem: "the direction is 0 everywhere, which points nowhere", fix: "give one that points" });
  const gradient = subject.problem.gradient(subject.at);
  const unit = scaled ? vector : vector.map((v) => v / length);
  return gradient.reduce((sum, g, i) => sum + g * unit[i], 0);
}

/** Where f rises and falls fastest, as unit vectors; undefined at a critical point, where no direction is steeper than another. */
export interface SteepestDirection<P> {
  /** ‖∇f‖₂: the largest directional derivative of all; its negative is the smallest. */
  readonly slope: number;
  /** ∇f/‖∇f‖₂ */
  readonly ascent: P | undefined;
  /** −∇f/‖∇f‖₂ */
  readonly descent: P | undefined;
}

/**
 * The directions of steepest ascent and descent: of all unit vectors u, ∇f/‖∇f‖ makes ∇f·u greatest, and −∇f/‖∇f‖ least. Both stand
 * at a right angle to the level set through the point.
 *
 * @param f as for `directionalDerivative`
 * @param at the point
 * @example
 * ```ts
 * import { steepestDirection } from "steepest";
 * steepestDirection("3x + 4y", { x: 0, y: 0 }); // → { slope: 5, ascent: { x: 0.6, y: 0.8 }, descent: { x: -0.6, y: -0.8 } }
 * ```
 */
export function steepestDirection<S extends AnalysisPoint, C extends Constants = Record<never, never>>(
  f: FunctionAt<S, C>,
  at: S,
  { constants }: AnalysisOptions<C> = {},
): SteepestDirection<LikeOf<S>> {
  const subject = subjectOf(f, at, constants);
  const gradient = subject.problem.gradient(subject.at);
  const slope = norm(gradient);
  if (slope === 0 || !Number.isFinite(slope)) return { slope, ascent: undefined, descent: undefined };
  return { slope, ascent: subject.like(gradient.map((g) => g / slope)), descent: subject.like(gradient.map((g) => -g / slope)) };
}

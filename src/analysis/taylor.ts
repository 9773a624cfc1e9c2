/** Taylor's models: what a function looks like near a point. */
import { dot } from "../algebra/index.js";
import type { Constants } from "../objectives/formula/function-parser.js";
import { SteepestError } from "../tensor/error.js";
import { type AnalysisOptions, type AnalysisPoint, type FunctionAt, type LikeOf, type Subject, subjectOf } from "./subject.js";

export interface TaylorOptions<C extends Constants = Constants> extends AnalysisOptions<C> {
  /** 1: a plane; 2: with the curvature. Default 2; 1 for one's own objective in JavaScript, whose Hessian is not known. */
  readonly order?: 1 | 2;
}

/** f on the line x + t·p, by its slope and curvature at t = 0. */
export interface RayModel {
  /** φ′(0) = ∇f·p, where φ(t) = f(x + tp). */
  readonly slope: number;
  /** φ″(0) = pᵀHp; undefined in a model of order 1. */
  readonly curvature: number | undefined;
  /** The least t > 0 of the second-order model, −φ′(0)/φ″(0); undefined where the model has none ahead. */
  readonly bestStep: number | undefined;
  /**
   * Steps 0 < t below this lead lower in the second-order model: −2φ′(0)/φ″(0); Infinity where it falls without end; 0 where p does not lead
   * downhill. It is exact for quadratics. With order 1 undefined: a slope alone says only that small enough steps do.
   */
  readonly descendsBelow: number | undefined;
  /** f(x) + tφ′(0) + ½t²φ″(0), the last term with order 2. */
  model(t: number): number;
  /** φ(t) minus the model: O(t²) with order 1, O(t³) with order 2. */
  remainder(t: number): number;
}

/** f near a point: f(x) + gᵀp + ½ pᵀHp. */
export class TaylorModel<P> {
  readonly order: 1 | 2;
  /** f(x) */
  readonly value: number;
  /** g = ∇f(x), in the form of the point. */
  readonly gradient: P;
  readonly #subject: Pick<Subject<unknown>, "problem" | "at">;
  readonly #slopes: Float64Array;
  readonly #vector: (what: string, value: P) => Float64Array;
  #hessian: readonly (readonly number[])[] | undefined;

  constructor(
    order: 1 | 2,
    subject: Pick<Subject<unknown>, "problem" | "at">,
    like: (x: Float64Array) => P,
    vector: (what: string, value: P) => Float64Array,
  ) {
    this.order = order;
    this.#subject = subject;
    this.#vector = vector;
    this.value = subject.problem.value(subject.at);
    this.#slopes = subject.problem.gradient(subject.at);
    this.gradient = like(this.#slopes);
  }

  /** H, row by row in the order of θ; undefined with order 1. Computed when it is first read: d products with the Hessian. */
  get hessian(): readonly (readonly number[])[] | undefined {
    if (this.order === 1) return undefined;
    const { at } = this.#subject;
    this.#hessian ??= Array.from(at, (_, i) => Array.from(this.#bent(at.map((_, j) => (i === j ? 1 : 0)))));
    return this.#hessian;
  }

  /** The model at x + p: f(x) + gᵀp, and with order 2 + ½ pᵀHp. */
  model(step: P): number {
    return this.#model(this.#vector("the step", step));
  }

  /** f(x + p) minus the model: O(‖p‖²) with order 1, O(‖p‖³) with order 2. */
  remainder(step: P): number {
    const p = this.#vector("the step", step);
    return this.#f(p, 1) - this.#model(p);
  }

  /** The model along x + t·p. The direction p counts as given, not as a unit vector. */
  along(direction: P): RayModel {
    const p = this.#vector("the direction", direction);
    const slope = dot(this.#slopes, p);
    const curvature = this.order === 2 ? dot(p, this.#bent(p)) : undefined;
    const model = (t: number) => this.value + t * slope + (curvature === undefined ? 0 : 0.5 * t * t * curvature);
    const turns = curvature !== undefined && curvature > 0 && slope < 0;
    return {
      slope,
      curvature,
      bestStep: turns ? -slope / curvature : undefined,
      descendsBelow: curvature === undefined ? undefined : descentBound(slope, curvature),
      model,
      remainder: (t) => this.#f(p, t) - model(t),
    };
  }

  #f(p: Float64Array, t: number): number {
    return this.#subject.problem.value(this.#subject.at.map((x, i) => x + t * p[i]));
  }

  #model(p: Float64Array): number {
    return this.value + dot(this.#slopes, p) + (this.order === 2 ? 0.5 * dot(p, this.#bent(p)) : 0);
  }

  #bent(p: Float64Array): Float64Array {
    const product = this.#subject.problem.hessianProduct?.(this.#subject.at, p);
    if (product === undefined) throw withoutHessian();
    return product;
  }
}

/** Below which t > 0 the parabola with this slope and curvature at 0 lies below its start. */
function descentBound(slope: number, curvature: number): number {
  if (slope < 0) return curvature > 0 ? (-2 * slope) / curvature : Number.POSITIVE_INFINITY;
  return slope === 0 && curvature < 0 ? Number.POSITIVE_INFINITY : 0;
}

/**
 * Taylor's model of f at a point, of order 1 or 2:
 *
 *     f(x + p) ≈ f(x) + gᵀp + ½ pᵀHp
 *
 * with the exact gradient g and exact products with the Hessian H. The remainder falls as ‖p‖² with order 1, as ‖p‖³ with order 2.
 *
 * @param f as for `directionalDerivative`
 * @param at x, the point
 * @throws SteepestError for order 2 of one's own objective in JavaScript, whose Hessian is not known
 * @example
 * ```ts
 * import { taylor } from "steepest";
 * const model = taylor("x^3 + y^2", { x: 1, y: 1 });
 * model.gradient;                          // → { x: 3, y: 2 }
 * model.hessian;                           // → [[6, 0], [0, 2]]
 * model.model({ x: 0.1, y: 0 });           // → 2.33
 * model.remainder({ x: 0.1, y: 0 });       // → 0.001000000
 * const downhill = model.along({ x: -3, y: -2 });
 * downhill.slope;                          // → -13
 * downhill.bestStep;                       // → 0.2096774
 * ```
 */
export function taylor<S extends AnalysisPoint, C extends Constants = Record<never, never>>(
  f: FunctionAt<S, C>,
  at: S,
  { constants, order }: TaylorOptions<C> = {},
): TaylorModel<LikeOf<S>> {
  if (order !== undefined && order !== 1 && order !== 2)
    throw new SteepestError({ problem: "there is no Taylor model of this order here", expected: "1 or 2", received: String(order) });
  const subject = subjectOf(f, at, constants);
  const knows = subject.problem.hessianProduct !== undefined;
  if (order === 2 && !knows) throw withoutHessian();
  return new TaylorModel(order ?? (knows ? 2 : 1), subject, subject.like, subject.vector);
}

const withoutHessian = (): SteepestError =>
  new SteepestError({
    problem: "the Hessian of this function is not known",
    expected: "a formula, a plain function, or a function of tensors",
    received: "an objective in JavaScript, or a derivative that knows no forward mode",
    fix: "take order: 1",
  });

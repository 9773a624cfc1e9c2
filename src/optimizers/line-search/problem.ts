/** What a line search is asked, and what it answers. */
import { literal, type Tensor } from "../../tensor/tensor.js";
import type { LossAndGradient } from "../optimizer.js";

/** The objective along a line: φ(α) = f(θ + α p), φ′(α) = ∇f(θ + α p)ᵀp. */
export interface LineSearchProblem extends LossAndGradient {
  readonly theta: Tensor;
  /** p, of the shape of θ. */
  readonly direction: Tensor;
  /** The first α that is tried, a scalar. With 0 nothing is tried. */
  readonly initial: Tensor;
  evaluate(theta: Tensor): LossAndGradient;
}

export interface LineSearchResult extends LossAndGradient {
  /** The α accepted, a float64 scalar; 0 where none was found. */
  readonly rate: Tensor;
  /** θ + α p, with loss and gradient there. */
  readonly theta: Tensor;
  /** Points tried, a float64 scalar. */
  readonly evaluations: Tensor;
  /** Whether the objective fell enough: α > 0. It does not where p is no direction of descent, or rounding hides the descent. */
  readonly succeeded: Tensor;
}

export interface LineSearchOptions {
  /** c₁ of the sufficient decrease φ(α) ≤ φ(0) + c₁ α φ′(0). Default 1e-4. */
  readonly decrease?: number;
  /** Most points tried. Default 25. */
  readonly trials?: number;
}

export type LineSearch = (problem: LineSearchProblem) => LineSearchResult;

/** A float64 number of the formula. */
export const number = (value: number): Tensor => literal(value);

export const isFinite = (x: Tensor): Tensor => x.sub(x).eq(number(0));

/** xᵀy as float64. */
export const inner = (x: Tensor, y: Tensor): Tensor => x.dot(y).cast("f64");

/** θ + α p. */
export const along = ({ theta, direction }: Pick<LineSearchProblem, "theta" | "direction">, rate: Tensor): Tensor =>
  theta.add(direction.mul(rate.cast(theta.dtype)));

/** Differences of losses below this are rounding: a few units in the last place of φ(0), computed in the dtype of θ. */
export const noiseOf = (loss: Tensor, theta: Tensor): Tensor => loss.abs().mul(number(theta.dtype === "f32" ? 2 ** -21 : 2 ** -50));

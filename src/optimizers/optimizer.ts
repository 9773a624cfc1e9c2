/** What an optimizer is: a pure traced rule over the flat parameter vector θ. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";
import type { TensorType } from "../tensor/types.js";

/** What a schedule may depend on. All are float64 scalars that adapt to what they meet; `step` counts from 0. */
export interface ScheduleContext {
  readonly step: Tensor;
  readonly totalSteps: Tensor;
  readonly stepsPerEpoch: Tensor;
}

/** A traced learning rate α(step). */
export interface Schedule {
  readonly name: string;
  rate(context: ScheduleContext): Tensor;
}

/** A learning rate: a constant or a schedule. */
export type Rate = number | Schedule;

/** State that an optimizer carries from step to step: one element for each of θ, a single float64 number, or several rows like θ. */
export type Slot =
  | { readonly shape: "likeTheta" | "scalar"; readonly initial: number }
  | { readonly shape: "history"; readonly rows: number; readonly initial: number };

export const likeTheta = (initial: number): Slot => ({ shape: "likeTheta", initial });
export const scalar = (initial: number): Slot => ({ shape: "scalar", initial });
/** A matrix of `rows` × d: vectors like θ of earlier steps. */
export const history = (rows: number, initial: number): Slot => ({ shape: "history", rows, initial });

/** The type of the tensor that a slot holds, for θ of `size` elements of `dtype`. */
export function slotType(slot: Slot, size: number, dtype: TensorType["dtype"]): TensorType {
  switch (slot.shape) {
    case "scalar":
      return { shape: [], dtype: "f64" };
    case "likeTheta":
      return { shape: [size], dtype };
    case "history":
      return { shape: [slot.rows, size], dtype };
  }
}

export type Slots = Readonly<Record<string, Slot>>;
type Values<S extends Slots> = { readonly [K in keyof S]: Tensor };

/** One parameter as the optimizer sees it. */
export interface ParameterView {
  readonly theta: Tensor;
  readonly gradient: Tensor;
}

/** Loss and gradient at one point. */
export interface LossAndGradient {
  readonly loss: Tensor;
  readonly gradient: Tensor;
}

export interface UpdateContext<S extends Slots = Slots> {
  /** The parameters, one vector of d elements. */
  readonly theta: Tensor;
  /** f(θ) */
  readonly loss: Tensor;
  /** ∇f(θ), of the same shape. */
  readonly gradient: Tensor;
  readonly slots: Values<S>;
  /** Views by name, for rules that treat parameters differently. */
  readonly parameters: Readonly<Record<string, ParameterView>>;
  /** Steps done before this one: 0, 1, 2, … */
  readonly step: Tensor;
  /** The rate in force: the schedule's value times the control `rateScale`. */
  readonly learningRate: Tensor;
  /** The objective at another point, for look-ahead rules and line searches. */
  evaluate(theta: Tensor): LossAndGradient;
}

export interface UpdateResult<S extends Slots = Slots> {
  readonly theta: Tensor;
  readonly slots: Values<S>;
  /** Loss and gradient at the new θ: what a rule that `carries` them promises. */
  readonly evaluation?: LossAndGradient;
  /** How often `evaluate` has run, where that depends on values: a scalar. Without it each call counts once. */
  readonly evaluations?: Tensor;
  /** A truth value: from here the rule cannot go on, and the descent ends as stalled. */
  readonly stalled?: Tensor;
}

export interface Optimizer<S extends Slots = Slots> {
  readonly name: string;
  readonly learningRate: Rate;
  readonly slots: S;
  /**
   * All that the rule is made of beside its rate, where that is plain values: rules of one name with equal settings are the same rule,
   * and descents with them share what has been compiled. A rule that holds anything else leaves it out.
   */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /**
   * `"evaluation"`: `update` gives loss and gradient at the new θ, so that the next step begins with them instead of evaluating again.
   * Where the objective changes from step to step (batches) it is evaluated anew all the same. With a rate of 0 such a rule stays where it is.
   */
  readonly carries?: "evaluation";
  update(context: UpdateContext<S>): UpdateResult<S>;
}

/**
 * An optimizer of one's own. A rule that works coordinate by coordinate compiles to one pass over θ, like the built-in ones.
 *
 * @example
 * ```ts
 * import { defineOptimizer, likeTheta, minimize } from "steepest";
 * const heavyBall = (options: { beta: number; learningRate: number }) =>
 *   defineOptimizer({
 *     name: "heavy-ball",
 *     learningRate: options.learningRate,
 *     slots: { velocity: likeTheta(0) },
 *     update({ theta, gradient, slots, learningRate }) {
 *       const velocity = slots.velocity.mul(options.beta).add(gradient);
 *       return { theta: theta.sub(velocity.mul(learningRate)), slots: { velocity } };
 *     },
 *   });
 * minimize((x) => x ** 2, 8.7, { optimizer: heavyBall({ beta: 0.5, learningRate: 0.1 }), steps: 100 }).solution;
 * ```
 */
export function defineOptimizer<const S extends Slots>(rule: Optimizer<S>): Optimizer<S> {
  return rule;
}

/** The traced rate of a schedule or constant. A constant is an input of the program: another one never recompiles. */
export function rateOf(rate: Rate, context: ScheduleContext): Tensor {
  return typeof rate === "number" ? weakNumber(rate) : rate.rate(context);
}

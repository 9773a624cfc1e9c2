/** What an optimizer is: a pure traced rule over the flat parameter vector θ. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";
import { allocate, type HostData, type Shape, sizeOf, type TensorType } from "../tensor/types.js";
import type { ParameterEntry, Parameters, ParameterViews } from "./parameters.js";
import type { PlateauSettings } from "./schedules/plateau.js";

/** What a schedule may depend on. All are float64 scalars that adapt to what they meet; `step` counts from 0. */
export interface ScheduleContext {
  readonly step: Tensor;
  readonly totalSteps: Tensor;
  readonly stepsPerEpoch: Tensor;
}

/** A traced learning rate α(step). */
export interface Schedule {
  readonly name: string;
  /** Lowers the rate from outside, by the losses of the run: see `reduceOnPlateau`. */
  readonly plateau?: PlateauSettings;
  rate(context: ScheduleContext): Tensor;
}

/** A learning rate: a constant or a schedule. */
export type Rate = number | Schedule;

/**
 * State that an optimizer carries from step to step: one element for each of θ, a single float64 number, several rows like θ, or a
 * piece of its own shape for each parameter. `initial: "theta"` begins with a copy of the start.
 */
export type Slot =
  | { readonly shape: "likeTheta"; readonly initial: number | "theta" }
  | { readonly shape: "scalar"; readonly initial: number }
  | { readonly shape: "history"; readonly rows: number; readonly initial: number }
  | { readonly shape: "pieces"; readonly of: (entry: ParameterEntry) => Shape; readonly initial: number };

export const likeTheta = (initial: number | "theta"): Slot => ({ shape: "likeTheta", initial });
export const scalar = (initial: number): Slot => ({ shape: "scalar", initial });
/** A matrix of `rows` × d: vectors like θ of earlier steps. */
export const history = (rows: number, initial: number): Slot => ({ shape: "history", rows, initial });
/** For each parameter a piece of the shape that `of` gives, all laid end to end: `parameters.pieces(of)` reads and joins them. */
export const pieces = (of: (entry: ParameterEntry) => Shape, initial: number): Slot => ({ shape: "pieces", of, initial });

/** The type of the tensor that a slot holds, for a θ of this make-up. */
export function slotType(slot: Slot, { size, dtype, entries }: Parameters): TensorType {
  switch (slot.shape) {
    case "scalar":
      return { shape: [], dtype: "f64" };
    case "likeTheta":
      return { shape: [size], dtype };
    case "history":
      return { shape: [slot.rows, size], dtype };
    case "pieces":
      return { shape: [entries.reduce((total, entry) => total + sizeOf(slot.of(entry)), 0)], dtype };
  }
}

/** What a slot holds before the first step. */
export function slotStart({ initial }: Slot, { shape, dtype }: TensorType, start: HostData): HostData {
  return initial === "theta" ? start.slice() : allocate(dtype, sizeOf(shape)).fill(initial);
}

export type Slots = Readonly<Record<string, Slot>>;
/** The tensors that the slots hold. */
export type SlotValues<S extends Slots = Slots> = { readonly [K in keyof S]: Tensor };

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
  readonly slots: SlotValues<S>;
  /** What θ is made up of, for rules that treat parameters differently. */
  readonly parameters: ParameterViews;
  /** Steps done before this one: 0, 1, 2, … */
  readonly step: Tensor;
  /** How much the gradient counts beside others: the records behind it as a share of a full batch, 1 but for the last batch of an epoch. */
  readonly batchShare: Tensor;
  /** The rate in force: the schedule's value times the control `rateScale`. */
  readonly learningRate: Tensor;
  /** The objective at another point, for look-ahead rules and line searches. */
  evaluate(theta: Tensor): LossAndGradient;
}

export interface UpdateResult<S extends Slots = Slots> {
  readonly theta: Tensor;
  readonly slots: SlotValues<S>;
  /** Loss and gradient at the new θ: what a rule that `carries` them promises. */
  readonly evaluation?: LossAndGradient;
  /** How often `evaluate` has run, where that depends on values: a scalar. Without it each call counts once. */
  readonly evaluations?: Tensor;
  /** A truth value: from here the rule cannot go on, and the descent ends as stalled. */
  readonly stalled?: Tensor;
}

/**
 * What a method is made of: `stochastic` bears the noise of batches, `momentum` remembers directions, `adaptive` gives coordinates (or
 * the whole of θ) a rate from the gradients that came before.
 */
export type Ingredient = "stochastic" | "momentum" | "adaptive";

/** Plain values that a rule is made of. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** A convex function that need not be smooth, with the step that minimises it near a point. */
export interface Penalty {
  readonly name: string;
  /** h(θ), a scalar. */
  value(theta: Tensor): Tensor;
  /** argmin h(u) + ‖u − θ‖² / 2α, for a rate α. */
  prox(theta: Tensor, rate: Tensor): Tensor;
}

export interface Optimizer<S extends Slots = Slots> {
  readonly name: string;
  /** What the method is made of, in the order of the type. */
  readonly ingredients?: readonly Ingredient[];
  readonly learningRate: Rate;
  readonly slots: S;
  /**
   * All that the rule is made of beside its rate, where that is plain values: rules of one name with equal settings are the same rule,
   * and descents with them share what has been compiled. A rule that holds anything else leaves it out.
   */
  readonly settings?: Settings;
  /**
   * `"evaluation"`: `update` gives loss and gradient at the new θ, so that the next step begins with them instead of evaluating again.
   * Where the objective changes from step to step (batches) it is evaluated anew all the same. With a rate of 0 such a rule stays where it is.
   */
  readonly carries?: "evaluation";
  /** What the rule adds to the objective by itself: losses and convergence count it. */
  readonly penalty?: Penalty;
  /** The slot in which an average of θ is kept: what the run gives as `averaged`. */
  readonly average?: string;
  /** Which parameters stay as they are: their gradient is 0 for the rule and for the test of convergence, and is not computed. */
  readonly frozen?: (entries: readonly ParameterEntry[]) => ReadonlySet<ParameterEntry>;
  /** θ moves only at every so many steps. Default 1. */
  readonly period?: number;
  /**
   * The edge of stability: with a constant rate α the rule converges on quadratics with eigenvalues 0 < λ as long as α·λ is below this,
   * and diverges above. Diagnoses go by it. Rules for which there is no such number leave it out.
   */
  readonly stableUpTo?: number;
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

/** Whether searches still bring anything: how methods that search know their end. */
import type { Tensor } from "../../tensor/tensor.js";
import { inner, type LineSearchResult, noiseOf, number } from "./problem.js";

/** Searches that may bring nothing. */
const PATIENCE = 10;

/**
 * How many searches of late have brought nothing, after this one: a small gain takes one off, a fall by a millionth all. A search has brought
 * something where f fell beyond rounding, or the gradient became shorter by a tenth. One that used most of its trials must lower f by a
 * millionth: at kinks the gradient jumps between its sides.
 *
 * @param trials most evaluations of a search
 */
export function idleAfter(
  idle: Tensor,
  before: { readonly theta: Tensor; readonly loss: Tensor; readonly gradient: Tensor },
  found: LineSearchResult,
  trials: number,
): Tensor {
  const value = before.loss.cast("f64");
  const fall = value.sub(found.loss.cast("f64"));
  const isSpent = found.evaluations.ge(number(Math.max(4, Math.ceil(0.6 * trials))));
  const least = isSpent.select(value.abs().mul(number(1e-6)), noiseOf(value, before.theta));
  const flattened = inner(found.gradient, found.gradient).lt(inner(before.gradient, before.gradient).mul(number(0.81)));
  const brought = fall.gt(least).or(flattened.and(isSpent.not()));
  const counted = brought.select(idle.sub(1).maximum(0), idle.add(1));
  return fall.gt(value.abs().mul(number(1e-6))).select(number(0), counted);
}

export const isExhausted = (idle: Tensor): Tensor => idle.ge(number(PATIENCE));

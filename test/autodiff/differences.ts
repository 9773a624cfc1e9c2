/** Derivatives by differences, with an estimate of their own error: what the derivatives of the tests are checked against. */
import { interpret } from "../../src/backends/interpreter/index.js";
import { tensor } from "../../src/tensor/create.js";
import type { Tensor } from "../../src/tensor/tensor.js";

export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/**
 * f′(0) by the five-point formula (f(−2h) − 8f(−h) + 8f(h) − f(2h)) / 12h, for steps halved from 2⁻⁵ to 2⁻¹⁴. Its error is a
 * truncation of order h⁴, for which two neighbouring steps speak, and a rounding of at most 18·ε·max|f| / 12h, where `noise`
 * is how many roundings of size ε·max|f| one value of f may carry.
 */
export function derivative(f: (t: number) => number, noise = 64): Estimate {
  let best: Estimate = { value: Number.NaN, error: Number.POSITIVE_INFINITY };
  let previous: number | undefined;
  for (let k = 5; k <= 14; k++) {
    const h = 2 ** -k;
    const values = [f(-2 * h), f(-h), f(h), f(2 * h)];
    const value = (values[0] - 8 * values[1] + 8 * values[2] - values[3]) / (12 * h);
    const rounding = (1.5 * noise * Number.EPSILON * Math.max(...values.map(Math.abs))) / h;
    if (previous !== undefined) {
      const error = Math.abs(value - previous) + rounding;
      if (error < best.error) best = { value, error };
    }
    previous = value;
  }
  return best;
}

/** Elements of tensors in float64, by interpretation. */
export const values = (tensors: readonly Tensor[]): number[] => interpret(tensors).flatMap((data) => [...data]);

/** A tensor of the same shape. */
export const like = (x: Tensor, data: readonly number[]): Tensor => tensor([...data], { shape: x.shape });

/** `xs` moved by t along `direction`. */
export const moved = (xs: readonly Tensor[], direction: readonly Tensor[], t: number): Tensor[] => {
  return xs.map((x, i) => {
    const v = values([direction[i]]);
    return like(
      x,
      values([x]).map((value, j) => value + t * v[j]),
    );
  });
};

export const inner = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** Numbers from a 32-bit generator (Mulberry32), for inputs that do not change from run to run. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

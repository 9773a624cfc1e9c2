/**
 * The matrices of Winograd's algorithms (Winograd 1980; Lavin and Gray 2016) as operations on a line of values.
 *
 * A tile of m × m results of a 3 × 3 convolution needs (m + 2)² multiplications of transformed pixels Bᵀ d B with transformed filters
 * G g Gᵀ instead of 9m²; Aᵀ … A gives the results. The same Bᵀ with other G and Aᵀ gives the nine taps of the filter's gradient
 * from m × m tiles of the output gradient. The transforms are evaluations of polynomials at m + 1 points and ∞, and back:
 *
 * - `SMALL`, m = 2, points 0, ±1: 4 multiplications a result. Sums and halves only; errors as those of the direct sum.
 * - `LARGE`, m = 4, points 0, ±¾, ±3/2: 2¼ multiplications a result. The error is three to five times that of the direct sum, relative
 *   to the largest result nearby (measured against float64: `docs/accuracy.md`); with the customary points 0, ±1, ±2 it would be twice that.
 */
import type { LoopBuilder } from "../loops/builder.js";
import { add, constant, mul, sub } from "../loops/expressions.js";
import type { Expr } from "../loops/ir.js";

/** A transform of a line of values. */
export type Line = (b: LoopBuilder, values: readonly Expr[]) => readonly Expr[];

export interface WinogradForm {
  /** m: results a side. */
  readonly results: number;
  /** m + 2: pixels, and places of multiplications, a side. */
  readonly tile: number;
  /** Bᵀ: pixels to places. */
  readonly pixels: Line;
  /** G: three taps to places. */
  readonly filter: Line;
  /** Aᵀ: places to results. */
  readonly output: Line;
  /** G of the filter's gradient: m output gradients to places. */
  readonly gradient: Line;
  /** Aᵀ of the filter's gradient: places to three taps. */
  readonly taps: Line;
}

const times = (factor: number, x: Expr): Expr => mul(constant(x.type, factor), x);

export const SMALL: WinogradForm = {
  results: 2,
  tile: 4,
  pixels: (_, [d0, d1, d2, d3]) => [sub(d0, d2), add(d1, d2), sub(d2, d1), sub(d3, d1)],
  filter(b, [x, y, z]) {
    const outer = b.let(add(x, z));
    return [x, times(0.5, add(outer, y)), times(0.5, sub(outer, y)), z];
  },
  output: (_, [m0, m1, m2, m3]) => [add(add(m0, m1), m2), add(sub(m1, m2), m3)],
  gradient: (_, [x, y]) => [x, times(0.5, add(x, y)), times(0.5, sub(x, y)), y],
  taps(b, [m0, m1, m2, m3]) {
    const both = b.let(add(m1, m2));
    return [add(m0, both), sub(m1, m2), add(both, m3)];
  },
};

/** The points ±P and ±Q of `LARGE`, and what the filter's side is divided by: Πᵢ≠ⱼ (pⱼ − pᵢ). */
const [P, Q] = [0.75, 1.5];
const [P2, Q2] = [P * P, Q * Q];
const [ORIGIN, AT_P, AT_Q] = [1 / (P2 * Q2), 1 / (2 * P2 * (P2 - Q2)), 1 / (2 * Q2 * (Q2 - P2))];

/** even + odd and even − odd, scaled. */
function pair(b: LoopBuilder, factor: number, even: Expr, odd: Expr): [Expr, Expr] {
  const [x, y] = [b.let(even), b.let(odd)];
  const scaled = (value: Expr): Expr => (factor === 1 ? value : times(factor, value));
  return [scaled(add(x, y)), scaled(sub(x, y))];
}

export const LARGE: WinogradForm = {
  results: 4,
  tile: 6,
  pixels: (b, [d0, d1, d2, d3, d4, d5]) => [
    add(sub(times(P2 * Q2, d0), times(P2 + Q2, d2)), d4),
    ...pair(b, 1, sub(d4, times(Q2, d2)), times(P, sub(d3, times(Q2, d1)))),
    ...pair(b, 1, sub(d4, times(P2, d2)), times(Q, sub(d3, times(P2, d1)))),
    add(sub(times(P2 * Q2, d1), times(P2 + Q2, d3)), d5),
  ],
  filter: (b, [x, y, z]) => [
    times(ORIGIN, x),
    ...pair(b, AT_P, add(x, times(P2, z)), times(P, y)),
    ...pair(b, AT_Q, add(x, times(Q2, z)), times(Q, y)),
    z,
  ],
  output(b, [m0, m1, m2, m3, m4, m5]) {
    const [p, p_] = [b.let(add(m1, m2)), b.let(sub(m1, m2))];
    const [q, q_] = [b.let(add(m3, m4)), b.let(sub(m3, m4))];
    return [
      add(add(m0, p), q),
      add(times(P, p_), times(Q, q_)),
      add(times(P2, p), times(Q2, q)),
      add(add(times(P2 * P, p_), times(Q2 * Q, q_)), m5),
    ];
  },
  gradient: (b, [x, y, z, w]) => [
    times(ORIGIN, x),
    ...pair(b, AT_P, add(x, times(P2, z)), times(P, add(y, times(P2, w)))),
    ...pair(b, AT_Q, add(x, times(Q2, z)), times(Q, add(y, times(Q2, w)))),
    w,
  ],
  taps(b, [m0, m1, m2, m3, m4, m5]) {
    const [p, q] = [b.let(add(m1, m2)), b.let(add(m3, m4))];
    return [add(add(m0, p), q), add(times(P, sub(m1, m2)), times(Q, sub(m3, m4))), add(add(times(P2, p), times(Q2, q)), m5)];
  },
};

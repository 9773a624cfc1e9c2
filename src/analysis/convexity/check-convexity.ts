/** `checkConvexity`: is f convex in a window, and how is that known? */
import { symmetricEigen } from "../../curvature/index.js";
import type { Expression } from "../../objectives/formula/ast.js";
import { curvatureOf } from "../../objectives/formula/composition.js";
import { differentiate, inlined } from "../../objectives/formula/differentiate.js";
import type { Constants } from "../../objectives/formula/function-parser.js";
import type { Range } from "../../objectives/formula/range.js";
import type { FormulaObjective } from "../../objectives/functions.js";
import type { Objective } from "../../objectives/objective.js";
import { SteepestError } from "../../tensor/error.js";
import { BatchedDerivatives } from "../batched-derivatives.js";
import type { AnalysisOptions } from "../subject.js";
import { halton, type PointIn, type Searched, type Window, windowed } from "../window.js";
import { boundedHessian } from "./bounded-hessian.js";

export interface ConvexityOptions<W extends Window, C extends Constants = Constants> extends AnalysisOptions<C> {
  /** Where: as for `criticalPoints`. */
  readonly window: W;
  /** Points at which the Hessian is looked at, and pairs of points whose middle is. Default 2,000. */
  readonly samples?: number;
}

/** Why f is not convex: a point where it bends down, or two whose middle lies above the line between them. */
export type ConvexityWitness<P> =
  | { readonly kind: "hessian"; readonly point: P; readonly eigenvalue: number; readonly direction: P }
  | { readonly kind: "midpoint"; readonly from: P; readonly to: P; readonly valueAtMiddle: number; readonly meanOfValues: number };

export interface ConvexityCheck<P> {
  /** `convex` only where it is proven; `no-counterexample` where none was found. */
  readonly verdict: "convex" | "not-convex" | "no-counterexample";
  /** True and false where proven; undefined where it is not known. A strictly convex function has at most one minimiser. */
  readonly strictly: boolean | undefined;
  /**
   * How it was proven: `composition` (the rules of disciplined convex programming), `quadratic` (a constant Hessian without negative
   * eigenvalues, up to rounding), `hessian-bounds` (interval arithmetic bounds the Hessian's eigenvalues above 0 all over the window).
   */
  readonly proof: "composition" | "quadratic" | "hessian-bounds" | undefined;
  readonly witness: ConvexityWitness<P> | undefined;
  /** Points at which the Hessian was looked at, and pairs of points whose middle was. */
  readonly tried: { readonly points: number; readonly pairs: number };
  readonly diagnosis: string;
}

/**
 * Is f convex in the window, f((x + y)/2) ≤ (f(x) + f(y))/2 for all x and y in it?
 *
 * First a counterexample is looked for: points where the Hessian has a negative eigenvalue, and pairs of points whose middle lies too high.
 * Then, for formulas and plain functions, a proof: from how the formula is composed, from a constant Hessian, from bounds on the
 * Hessian by interval arithmetic. Where neither is found the answer is `no-counterexample`.
 *
 * Convexity makes every local minimum a global one. It does not promise that there is one: eˣ is strictly convex without.
 *
 * @param f a formula, a plain function of numbers, or what `trace(f, start)` gives (of which nothing can be proven)
 * @example
 * ```ts
 * import { checkConvexity } from "steepest";
 * const { verdict, strictly } = checkConvexity("exp(x)", { window: [-5, 5] });
 * verdict;  // → "convex"
 * strictly; // → true
 * checkConvexity("(x-y)^2", { window: [[-5, 5], [-5, 5]] }).strictly;  // → false
 * checkConvexity("x^4 - x^2", { window: [-2, 2] }).verdict;            // → "not-convex"
 * ```
 */
export function checkConvexity<W extends Window, C extends Constants = Constants>(
  f: Searched,
  { window, constants, samples = 2000 }: ConvexityOptions<W, C>,
): ConvexityCheck<PointIn<W>> {
  if (!Number.isInteger(samples) || samples < 1 || samples > 100_000)
    throw new SteepestError({ problem: "samples cannot be used", expected: "a whole number from 1 to 100,000", received: String(samples) });
  const { objective, low, width, point } = windowed(f, window, constants);
  const n = low.length;
  const tried = { points: samples, pairs: samples };
  const derivatives = new BatchedDerivatives(objective, Math.min(samples, 1024));
  const place = (us: Float64Array) => us.map((u, k) => low[k % n] + u * width[k % n]);
  const points = place(halton(samples, n));
  const { values, hessians } = derivatives.at(points);
  const eigen = Array.from({ length: samples }, (_, i) => {
    const rows = Array.from({ length: n }, (_, r) => hessians.subarray((i * n + r) * n, (i * n + r + 1) * n));
    return rows.every((row) => row.every(Number.isFinite)) ? symmetricEigen(rows) : [];
  });
  const sizes = eigen
    .flatMap((pairs) => (pairs.length === 0 ? [] : [Math.max(...pairs.map(({ value }) => Math.abs(value)))]))
    .sort((a, b) => a - b);
  const curvature = sizes[sizes.length >> 1] ?? 0;
  const found = (witness: ConvexityWitness<PointIn<W>>, diagnosis: string): ConvexityCheck<PointIn<W>> => ({
    verdict: "not-convex",
    strictly: false,
    proof: undefined,
    witness,
    tried,
    diagnosis,
  });
  // The point where f bends down the most; rounding does not count.
  let worst = -1;
  eigen.forEach((pairs, i) => {
    if (pairs.length > 0 && pairs[0].value < -1e-9 * curvature && pairs[0].value < (eigen[worst]?.[0].value ?? 0)) worst = i;
  });
  if (worst >= 0) {
    const { value, vector } = eigen[worst][0];
    const at = point(points.slice(worst * n, (worst + 1) * n));
    return found(
      { kind: "hessian", point: at, eigenvalue: value, direction: point(vector) },
      `Not convex: at ${show(at)} the Hessian has the eigenvalue ${value.toPrecision(4)}, so f bends down there.`,
    );
  }
  // Pairs: each point with one far from it in the sequence.
  const partner = (i: number) => (i + (samples >> 1) + 1) % samples;
  const middles = Float64Array.from(
    { length: samples * n },
    (_, k) => 0.5 * points[k] + 0.5 * points[partner(Math.floor(k / n)) * n + (k % n)],
  );
  const between = derivatives.at(middles).values;
  for (let i = 0; i < samples; i++) {
    const mean = 0.5 * values[i] + 0.5 * values[partner(i)];
    if (!(between[i] - mean > 1e-10 * (Math.abs(values[i]) + Math.abs(values[partner(i)]) + Math.abs(between[i])))) continue;
    const ends = [i, partner(i)].map((k) => point(points.slice(k * n, (k + 1) * n)));
    return found(
      { kind: "midpoint", from: ends[0], to: ends[1], valueAtMiddle: between[i], meanOfValues: mean },
      `Not convex: halfway between ${show(ends[0])} and ${show(ends[1])} f is ${between[i].toPrecision(6)}, above the mean ${mean.toPrecision(6)} of its values there.`,
    );
  }
  const proven = isFormula(objective) ? proofFor(objective, low, width) : undefined;
  if (proven === undefined)
    return {
      verdict: "no-counterexample",
      strictly: undefined,
      proof: undefined,
      witness: undefined,
      tried,
      diagnosis: `No counterexample among ${samples} points and ${samples} pairs of points; that proves nothing.`,
    };
  const how = {
    composition: "by the way the formula is composed",
    quadratic: "a quadratic whose Hessian has no negative eigenvalue",
    "hessian-bounds": "the Hessian's eigenvalues are bounded above 0 all over the window",
  }[proven.proof];
  const promise = proven.strictly
    ? "There is at most one minimiser; convexity does not promise that there is one."
    : proven.strictly === false
      ? "Every critical point is a global minimum, and where there is one there may be many; convexity promises none."
      : "Every critical point is a global minimum; convexity does not promise that there is one.";
  return {
    verdict: "convex",
    ...proven,
    witness: undefined,
    tried,
    diagnosis: `${proven.strictly ? "Strictly convex" : proven.strictly === false ? "Convex, not strictly" : "Convex"}: ${how}. ${promise}`,
  };
}

const isFormula = (objective: Objective): objective is FormulaObjective<unknown> => "program" in objective;

interface Proof {
  readonly proof: "composition" | "quadratic" | "hessian-bounds";
  readonly strictly: boolean | undefined;
}

function proofFor({ program, variables }: FormulaObjective<unknown>, low: Float64Array, width: Float64Array): Proof | undefined {
  const whole = inlined(program);
  if (whole === undefined) return undefined;
  const ranges = new Map(variables.map((name, i): [string, Range] => [name, { low: low[i], high: low[i] + width[i] }]));
  const hessian = variables.map((row) => {
    const slope = differentiate(whole, row);
    return variables.map((column): Expression => differentiate(slope, column));
  });
  const bounds = boundedHessian(whole, hessian, variables, ranges);
  if (bounds === "positive") return { proof: "hessian-bounds", strictly: true };
  if (typeof bounds === "object") return bounds.least >= 0 ? { proof: "quadratic", strictly: bounds.least > 0 } : undefined;
  const composed = curvatureOf(whole, ranges, new Set(variables));
  if (composed === "affine" || composed === "constant") return { proof: "composition", strictly: false };
  return composed === "convex" ? { proof: "composition", strictly: undefined } : undefined;
}

const show = (point: unknown): string => JSON.stringify(point, (_, x: unknown) => (typeof x === "number" ? Number(x.toPrecision(6)) : x));

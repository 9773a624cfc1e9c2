/** Before anything is compared: do value and gradient depend on θ alone? */
import type { GradientVerdict } from "./judge.js";
import type { GradientProblem } from "./problem.js";

export interface Steadiness {
  readonly value: number;
  readonly gradient: Float64Array;
  readonly evaluations: { readonly value: number; readonly gradient: number };
  /** What is wrong, where there is nothing to compare. */
  readonly fault?: { readonly verdict: GradientVerdict; readonly diagnosis: string };
  /** The gradient is the same, bit for bit, at a point nearby. */
  readonly constant: boolean;
}

/**
 * Evaluates value and gradient at θ, at a point nearby, and at θ again. Where θ gives other numbers the second time, either chance is at
 * work (nothing can be said), or something of an earlier evaluation was kept: a sum that was not cleared, a stale buffer.
 */
export function steadiness(problem: GradientProblem, theta: Float64Array): Steadiness {
  const nearby = theta.map((x, i) => x + (i % 2 === 0 ? 1 : -1) * 2 ** -10 * Math.max(1, Math.abs(x)));
  const [valueAt, gradientAt] = [
    (x: Float64Array) => problem.value(x.slice()),
    (x: Float64Array) => Float64Array.from(problem.gradient(x.slice())),
  ];
  const value = valueAt(theta);
  const gradient = gradientAt(theta);
  const evaluated = (values: number, gradients: number) => ({ value, gradient, evaluations: { value: values, gradient: gradients } });
  const unsteady = (what: string) =>
    `The ${what} differs between two evaluations at the same point: fix the seed, and switch dropout off, before checking.`;
  if (!Object.is(valueAt(theta), value))
    return { ...evaluated(2, 1), constant: false, fault: { verdict: "cannot-tell", diagnosis: unsteady("value") } };
  if (!Number.isFinite(value)) {
    const diagnosis = `The value at this point is ${value}: there is nothing to compare with.`;
    return { ...evaluated(2, 1), constant: false, fault: { verdict: "cannot-tell", diagnosis } };
  }
  const again = gradientAt(theta);
  if (!same(again, gradient)) {
    const third = gradientAt(theta);
    const isCarried = third.every((g, i) => Math.abs(g - 2 * again[i] + gradient[i]) <= 1e-9 * Math.abs(g));
    const fault = isCarried ? carried : { verdict: "cannot-tell" as const, diagnosis: unsteady("gradient") };
    return { ...evaluated(2, 3), constant: false, fault };
  }
  valueAt(nearby);
  const afterValue = gradientAt(theta);
  const there = gradientAt(nearby);
  const afterGradient = gradientAt(theta);
  const constant = same(there, gradient) && gradient.some((g) => g !== 0);
  const fault = same(afterValue, gradient) && same(afterGradient, gradient) && Object.is(valueAt(theta), value) ? undefined : kept;
  return { ...evaluated(4, 5), constant, ...(fault && { fault }) };
}

const carried = {
  verdict: "fail" as const,
  diagnosis:
    "Each gradient at the same point adds as much to the one before: a sum is carried over from call to call, and must begin at 0.",
};

const kept = {
  verdict: "fail" as const,
  diagnosis:
    "At the same point other numbers come out after another point was evaluated: something of an earlier evaluation is kept, and is stale.",
};

const same = (a: Float64Array, b: Float64Array): boolean => a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

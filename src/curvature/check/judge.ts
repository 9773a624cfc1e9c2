/** Is a derivative that was given the one that differences find? */
import type { DifferenceEstimate } from "./differences.js";

/** "cannot-tell": the differences are too coarse to judge, as at a kink. */
export type GradientVerdict = "pass" | "fail" | "cannot-tell";

/** A derivative that was given beside the one that was found. */
export interface Judgement {
  readonly verdict: GradientVerdict;
  /** The derivative in question. */
  readonly given: number;
  /** The derivative by differences, and how far it can be trusted. */
  readonly numerical: number;
  readonly numericalError: number;
  /** |given − numerical| / size, where size is the larger of both, or a thousandth of the largest derivative, or what rounding leaves visible. */
  readonly relativeError: number;
  /** Why it failed or cannot be judged. */
  readonly reason?: string;
}

/** @param kinks names of the operations that go another way beside the point, where they are known */
export function judged(
  given: number,
  estimate: DifferenceEstimate,
  size: number,
  tolerance: number,
  kinks: () => readonly string[] = () => [],
): Judgement {
  const { value: numerical, error: numericalError, kink } = estimate;
  const difference = Math.abs(given - numerical);
  const result = (verdict: GradientVerdict, reason?: string): Judgement => ({
    verdict,
    given,
    numerical,
    numericalError,
    relativeError: difference / size,
    ...(reason !== undefined && { reason }),
  });
  if (!Number.isFinite(given)) return result("fail", `the derivative given is ${given}, where the value is finite`);
  if (kink !== undefined) {
    const slopes = `a kink${culprits(kinks())}: slope ${show(kink.left)} to the left, ${show(kink.right)} to the right`;
    const slack = tolerance * size + 4 * kink.error + 1e-3 * Math.abs(kink.right - kink.left);
    const between = given >= Math.min(kink.left, kink.right) - slack && given <= Math.max(kink.left, kink.right) + slack;
    return between ? result("cannot-tell", slopes) : result("fail", `${slopes}, and the derivative given is not between them`);
  }
  if (difference > tolerance * size + 4 * numericalError)
    return result("fail", `${show(given)} was given, differences find ${show(numerical)} ± ${show(numericalError)}`);
  if (!(numericalError <= 1e-3 * size))
    return result(
      "cannot-tell",
      `differences find no steady value here${culprits(kinks())} (${show(numerical)} ± ${show(numericalError)})`,
    );
  return result("pass");
}

/** The verdict of a whole from those of its parts: one failure fails it, one doubt leaves it in doubt. */
export const worstVerdict = (verdicts: readonly GradientVerdict[]): GradientVerdict =>
  verdicts.includes("fail") ? "fail" : verdicts.includes("cannot-tell") ? "cannot-tell" : "pass";

/** Six digits that matter. */
export const show = (x: number): string => String(Number(x.toPrecision(6)));

const culprits = (names: readonly string[]): string => (names.length === 0 ? "" : ` of ${names.slice(0, 3).join(", ")}`);

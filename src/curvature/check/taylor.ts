/** How fast the remainders of Taylor's polynomials vanish: the one test that needs no choice of a step. */

/** Remainders along a direction d, for steps h halved from one to the next. */
export interface TaylorTest {
  readonly steps: readonly number[];
  /** |f(θ + hd) − f(θ) − h·∇f·d|, which falls as h² where the gradient is right, and as h where it is wrong. */
  readonly first: readonly number[];
  /** |f(θ + hd) − f(θ) − h·∇f·d − ½h²·dᵀHd|, which falls as h³; absent where no Hessian is known. */
  readonly second?: readonly number[];
  /** log₂ of the ratio of neighbouring remainders, where they stand clear of rounding: 2 and 3, or more. Absent where none does: the remainder vanishes. */
  readonly firstSlope?: number;
  readonly secondSlope?: number;
  readonly evaluations: number;
}

const COUNT = 24;

/**
 * The test along one direction.
 *
 * @param f h ↦ f(θ + hd)
 * @param middle f(θ)
 * @param slope ∇f·d
 * @param curvature dᵀHd
 */
export function taylorTest(f: (h: number) => number, middle: number, slope: number, curvature?: number): TaylorTest {
  const steps = Array.from({ length: COUNT }, (_, k) => 2 ** -(k + 1));
  const values = steps.map(f);
  const first = steps.map((h, i) => Math.abs(values[i] - middle - h * slope));
  const second =
    curvature === undefined ? undefined : steps.map((h, i) => Math.abs(values[i] - middle - h * slope - 0.5 * h * h * curvature));
  const noise = steps.map((h, i) => 64 * Number.EPSILON * Math.max(Math.abs(middle), Math.abs(values[i]), Math.abs(h * slope)));
  const firstSlope = slopeOf(first, noise);
  const secondSlope = second && slopeOf(second, noise);
  return {
    steps,
    first,
    ...(second && { second }),
    ...(firstSlope !== undefined && { firstSlope }),
    ...(secondSlope !== undefined && { secondSlope }),
    evaluations: COUNT,
  };
}

/** The median of the last slopes that stand clear of rounding: there the leading term rules. */
function slopeOf(remainders: readonly number[], noise: readonly number[]): number | undefined {
  const slopes: number[] = [];
  for (let i = 0; i + 1 < remainders.length; i++) {
    if (!Number.isFinite(remainders[i])) slopes.length = 0;
    else if (remainders[i + 1] > 16 * noise[i + 1]) slopes.push(Math.log2(remainders[i] / remainders[i + 1]));
    else break;
  }
  const last = slopes.slice(-5).sort((a, b) => a - b);
  return last.length < 2 ? undefined : last[Math.floor(last.length / 2)];
}

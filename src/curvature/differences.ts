/** Derivatives by differences that know how far they can be trusted. */

/** A derivative found by differences. */
export interface DifferenceEstimate {
  readonly value: number;
  /** How far the true derivative may be from `value`, as far as the differences can tell; infinite where they found nothing. */
  readonly error: number;
  /** Slopes to the right and to the left where they disagree however small the step: the function has a kink at this very point. */
  readonly kink?: { readonly left: number; readonly right: number };
  /** How often the function was evaluated. */
  readonly evaluations: number;
}

const STEPS = 15;

/**
 * f′(x) for a function of one number, from central differences D(h) = (f(x + h) − f(x − h)) / 2h at 15 steps
 *
 *     h = s/8, s/32, …, s·2⁻³¹,  s = max(1, |x|)
 *
 * with one Richardson step, R(h) = D(h) + (D(h) − D(4h))/15, whose truncation falls as h⁴. The step is the one whose neighbours agree
 * best: the error stated is the larger of the two differences to them, plus what one rounding of f in the last place does to R(h).
 * Steps where f is not finite are left out (the edge of a logarithm's domain, say).
 */
export function differentiate(f: (x: number) => number, x: number): DifferenceEstimate {
  const scale = Math.max(1, Math.abs(x));
  const middle = f(x);
  const found: {
    readonly h: number;
    readonly central: number;
    readonly left: number;
    readonly right: number;
    readonly rounding: number;
  }[] = [];
  for (let k = 0; k < STEPS; k++) {
    const step = scale / (8 * 4 ** k);
    // The steps actually made, which differ from `step` by the rounding of x ± step.
    const up = x + step;
    const down = x - step;
    const above = f(up);
    const below = f(down);
    const size = Math.max(Math.abs(above), Math.abs(below), Math.abs(middle));
    if (!Number.isFinite(size)) {
      // Differences on both sides of a hole have nothing to do with one another.
      found.length = 0;
      continue;
    }
    found.push({
      h: step,
      central: (above - below) / (up - down),
      right: (above - middle) / (up - x),
      left: (middle - below) / (x - down),
      rounding: (4 * Number.EPSILON * size) / step,
    });
  }
  const evaluations = 1 + 2 * STEPS;
  const extrapolated = found.slice(1).map((d, i) => d.central + (d.central - found[i].central) / 15);
  let best: DifferenceEstimate = { value: Number.NaN, error: Number.POSITIVE_INFINITY, evaluations };
  for (let i = 1; i + 1 < extrapolated.length; i++) {
    const [before, value, after] = extrapolated.slice(i - 1, i + 2);
    const error = Math.max(Math.abs(value - before), Math.abs(value - after)) + found[i + 1].rounding;
    if (error < best.error) best = { value, error, evaluations };
  }
  const kink = kinkIn(found);
  return kink === undefined ? best : { ...best, kink };
}

/**
 * Where f is smooth, the gap between the slopes to both sides is h·f″ and shrinks with h. At a kink it stays: this looks
 * for three neighbouring steps, over which h falls sixteenfold, with gaps that agree within a tenth and stand clear of rounding.
 */
function kinkIn(
  found: readonly { readonly left: number; readonly right: number; readonly rounding: number }[],
): DifferenceEstimate["kink"] {
  for (let i = found.length - 1; i >= 2; i--) {
    const gaps = found.slice(i - 2, i + 1).map((d) => d.right - d.left);
    const least = Math.min(...gaps.map(Math.abs));
    const clear = found.slice(i - 2, i + 1).every((d, j) => Math.abs(gaps[j]) > 64 * d.rounding);
    const slope = Math.max(Math.abs(found[i].left), Math.abs(found[i].right));
    if (clear && least > 1e-6 * slope && gaps.every((gap) => Math.abs(gap - gaps[2]) <= 0.1 * Math.abs(gaps[2])))
      return { left: found[i].left, right: found[i].right };
  }
  return undefined;
}

/** Derivatives by differences that know how far they can be trusted. */

/** A derivative found by differences. */
export interface DifferenceEstimate {
  readonly value: number;
  /** How far the true derivative may be from `value`, as far as the differences can tell; infinite where they found nothing. */
  readonly error: number;
  /** Slopes to the right and to the left where they disagree however small the step: the function has a kink at this very point. */
  readonly kink?: { readonly left: number; readonly right: number; readonly error: number };
  /** How often the function was evaluated. */
  readonly evaluations: number;
  /** The steps that were tried, the longest first, each with the slope it gives. */
  readonly sweep: readonly { readonly step: number; readonly slope: number }[];
}

/**
 * How a derivative is found by differences. For d derivatives they evaluate f
 *
 *     sweep        30 d + 1  central differences at 15 steps, each pair extrapolated; the steps that agree best are taken
 *     ridders      20 d + 1  central differences at 10 steps, extrapolated to step 0 by Neville's scheme (Ridders 1982)
 *     five-point    4 d      (f(x − 2h) − 8f(x − h) + 8f(x + h) − f(x + 2h)) / 12h,  h ≈ ⁵√ε
 *     centred       2 d      (f(x + h) − f(x − h)) / 2h,  h ≈ ∛ε
 *     forward        d + 1   (f(x + h) − f(x)) / h,  h ≈ √ε
 *
 * times. The first two measure their error and see kinks. The others cannot: they take it that f changes over lengths of about max(1, |x|).
 */
export type DifferenceMethod = "sweep" | "ridders" | "five-point" | "centred" | "forward";

interface Method {
  /** Evaluations of f for each derivative. */
  readonly each: number;
  /** Whether f(x) itself is needed, once for all derivatives. */
  readonly middle: 0 | 1;
  /** What an error relative to the derivative may be. */
  readonly tolerance: number;
  estimate(f: (x: number) => number, x: number, middle: number): DifferenceEstimate;
}

const STEPS = 15;
const RIDDERS = 10;

/** The methods, by name. */
export const differenceMethods: Readonly<Record<DifferenceMethod, Method>> = {
  sweep: { each: 2 * STEPS, middle: 1, tolerance: 1e-6, estimate: bySweep },
  ridders: { each: 2 * RIDDERS, middle: 1, tolerance: 1e-6, estimate: byRidders },
  "five-point": {
    each: 4,
    middle: 0,
    tolerance: 1e-6,
    estimate: (f, x) => atOneStep(f, x, [-2, -1, 1, 2], [1, -8, 8, -1], 12, 4, 2 ** -10),
  },
  centred: { each: 2, middle: 0, tolerance: 1e-6, estimate: (f, x) => atOneStep(f, x, [-1, 1], [-1, 1], 2, 2, 2 ** -17) },
  forward: {
    each: 1,
    middle: 1,
    tolerance: 1e-5,
    estimate: (f, x, middle) => atOneStep((y) => (y === x ? middle : f(y)), x, [0, 1], [-1, 1], 1, 1, 2 ** -26),
  },
};

/** f′(x) for a function of one number, with the method's own step or steps. */
export function differentiate(f: (x: number) => number, x: number, method: DifferenceMethod = "sweep"): DifferenceEstimate {
  const { middle, estimate } = differenceMethods[method];
  const found = estimate(f, x, middle === 1 ? f(x) : Number.NaN);
  return { ...found, evaluations: found.evaluations + middle };
}

interface Sample {
  readonly step: number;
  readonly central: number;
  readonly left: number;
  readonly right: number;
  /** What one rounding of f in the last place does to a slope. */
  readonly rounding: number;
}

/** f on both sides of x, at a step that x ± step rounds; undefined where it is not finite. */
function sample(f: (x: number) => number, x: number, middle: number, step: number): Sample | undefined {
  // The steps actually made, which differ from `step` by the rounding of x ± step.
  const [up, down] = [x + step, x - step];
  const [above, below] = [f(up), f(down)];
  const size = Math.max(Math.abs(above), Math.abs(below), Math.abs(middle));
  if (!Number.isFinite(size)) return undefined;
  return {
    step,
    central: (above - below) / (up - down),
    right: (above - middle) / (up - x),
    left: (middle - below) / (x - down),
    rounding: (4 * Number.EPSILON * size) / step,
  };
}

/**
 * Central differences D(h) = (f(x + h) − f(x − h)) / 2h at 15 steps
 *
 *     h = s/8, s/32, …, s·2⁻³¹,  s = max(1, |x|)
 *
 * with one Richardson step, R(h) = D(h) + (D(h) − D(4h))/15, whose truncation falls as h⁴. The step is the one whose neighbours agree
 * best: the error stated is the larger of the two differences to them, plus what one rounding of f in the last place does to R(h).
 * Steps where f is not finite are left out (the edge of a logarithm's domain, say).
 */
function bySweep(f: (x: number) => number, x: number, middle: number): DifferenceEstimate {
  const scale = Math.max(1, Math.abs(x));
  const found: Sample[] = [];
  for (let k = 0; k < STEPS; k++) {
    const at = sample(f, x, middle, scale / (8 * 4 ** k));
    // Differences on both sides of a hole have nothing to do with one another.
    if (at === undefined) found.length = 0;
    else found.push(at);
  }
  const extrapolated = found.slice(1).map((d, i) => d.central + (d.central - found[i].central) / 15);
  let [value, error] = [Number.NaN, Number.POSITIVE_INFINITY];
  for (let i = 1; i + 1 < extrapolated.length; i++) {
    const [before, here, after] = extrapolated.slice(i - 1, i + 2);
    const uncertain = Math.max(Math.abs(here - before), Math.abs(here - after)) + found[i + 1].rounding;
    if (uncertain < error) [value, error] = [here, uncertain];
  }
  return { value, error, ...measured(found), evaluations: 2 * STEPS };
}

/**
 * Neville's table over central differences at h = s/4, s/8, …, s·2⁻¹¹: column m removes the truncation of order h²ᵐ. The entry is
 * taken that differs least from the two it was made of, and that difference, with the rounding of its own step, is the error stated.
 */
function byRidders(f: (x: number) => number, x: number, middle: number): DifferenceEstimate {
  const scale = Math.max(1, Math.abs(x));
  const found: Sample[] = [];
  let [value, error] = [Number.NaN, Number.POSITIVE_INFINITY];
  let previous: number[] = [];
  for (let k = 0; k < RIDDERS; k++) {
    const at = sample(f, x, middle, scale / (4 * 2 ** k));
    if (at === undefined) {
      found.length = 0;
      previous = [];
      continue;
    }
    found.push(at);
    const row = [at.central];
    for (let m = 1; m <= previous.length; m++) {
      const power = 4 ** m;
      row.push((power * row[m - 1] - previous[m - 1]) / (power - 1));
      const uncertain = Math.max(Math.abs(row[m] - row[m - 1]), Math.abs(row[m] - previous[m - 1])) + at.rounding;
      if (uncertain < error) [value, error] = [row[m], uncertain];
    }
    previous = row;
  }
  return { value, error, ...measured(found), evaluations: 2 * RIDDERS };
}

/** One formula at the one step at which its truncation, of order hᵖ, is about as large as its rounding. */
function atOneStep(
  f: (x: number) => number,
  x: number,
  places: readonly number[],
  weights: readonly number[],
  divisor: number,
  order: number,
  length: number,
): DifferenceEstimate {
  const scale = Math.max(1, Math.abs(x));
  // The step that is added and taken away again is one that x can be moved by exactly.
  const step = x + length * scale - x;
  const values = places.map((place) => f(x + place * step));
  const size = values.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  const value = values.reduce((sum, v, i) => sum + weights[i] * v, 0) / (divisor * step);
  const rounding = (4 * Number.EPSILON * size * weights.reduce((sum, w) => sum + Math.abs(w), 0)) / (divisor * step);
  const truncation = (step / scale) ** order * Math.max(Math.abs(value), size / scale);
  const error = Number.isFinite(value) ? rounding + truncation : Number.POSITIVE_INFINITY;
  return { value, error, evaluations: places.filter((place) => place !== 0).length, sweep: [{ step, slope: value }] };
}

function measured(found: readonly Sample[]): Pick<DifferenceEstimate, "kink" | "sweep"> {
  const kink = kinkIn(found);
  const sweep = found.map(({ step, central }) => ({ step, slope: central }));
  return kink === undefined ? { sweep } : { kink, sweep };
}

/**
 * Where f is smooth, the gap between the slopes to both sides is h·f″ and shrinks with h. At a kink it stays: this looks
 * for three neighbouring steps, the longest at least four times the shortest, with gaps that agree within a tenth and stand clear of rounding.
 * The slopes are extrapolated to step 0, and those taken that agree best with their neighbours.
 */
function kinkIn(found: readonly Sample[]): DifferenceEstimate["kink"] {
  let best: DifferenceEstimate["kink"];
  for (let i = found.length - 1; i >= 2; i--) {
    const three = found.slice(i - 2, i + 1);
    const gaps = three.map((d) => d.right - d.left);
    const least = Math.min(...gaps.map(Math.abs));
    const clear = three.every((d, j) => Math.abs(gaps[j]) > 64 * d.rounding);
    const slope = Math.max(Math.abs(found[i].left), Math.abs(found[i].right));
    if (!(clear && least > 1e-6 * slope && gaps.every((gap) => Math.abs(gap - gaps[2]) <= 0.1 * Math.abs(gaps[2])))) continue;
    const [left, leftBefore] = sideways(three, (d) => d.left);
    const [right, rightBefore] = sideways(three, (d) => d.right);
    const error = Math.max(Math.abs(left - leftBefore), Math.abs(right - rightBefore)) + three[2].rounding;
    if (best === undefined || error < best.error) best = { left, right, error };
  }
  return best;
}

/** A slope to one side at step 0, whose truncation is of order h, from the last two steps and from the two before. */
function sideways(three: readonly Sample[], side: (d: Sample) => number): readonly [number, number] {
  const towards = (far: Sample, near: Sample) => side(near) + ((side(near) - side(far)) * near.step) / (far.step - near.step);
  return [towards(three[1], three[2]), towards(three[0], three[1])];
}

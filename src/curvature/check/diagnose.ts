/** What kind of mistake it is: the usual ones leave a pattern in the numbers that are wrong. */
import { type Judgement, show } from "./judge.js";
import type { TensorPart } from "./problem.js";

/** A checked coordinate of θ. */
export interface CheckedCoordinate extends Judgement {
  readonly index: number;
  readonly name: string;
}

export interface Evidence {
  readonly checked: readonly CheckedCoordinate[];
  readonly theta: Float64Array;
  /** The whole gradient in question, also where it was not checked. */
  readonly gradient: Float64Array;
  readonly part: TensorPart;
  /** The gradient is the same at another point. */
  readonly constant: boolean;
}

/** A sentence on the likely mistake in one tensor, or in all of θ; undefined where no pattern fits. */
export function likelyMistake(evidence: Evidence): string | undefined {
  const failed = evidence.checked.filter((c) => c.verdict === "fail");
  const clear = failed.filter((c) => Number.isFinite(c.given) && c.numericalError < 1e-3 * Math.abs(c.numerical));
  if (failed.length === 0) return undefined;
  const ratio = clear.length === failed.length ? constantOf(clear.map((c) => c.given / c.numerical)) : undefined;
  if (ratio !== undefined && Math.abs(ratio) < 1e-9)
    return "All of them are 0: the value does not reach the gradient (a value read or a gradient stopped on the way).";
  return (
    (ratio === undefined ? undefined : ratioInWords(ratio, clear.length, evidence.part.shape)) ??
    misplaced(evidence) ??
    missingTerm(failed, evidence.theta) ??
    (evidence.constant ? "It is the same at another point: does it follow θ, or use what was kept from an earlier one?" : undefined)
  );
}

/** The number that all are, within a thousandth. */
function constantOf(values: readonly number[]): number | undefined {
  const [first] = values;
  return values.length > 0 && values.every((x) => Math.abs(x - first) <= 1e-3 * Math.max(Math.abs(first), 1e-3)) ? first : undefined;
}

function ratioInWords(ratio: number, count: number, shape: readonly number[]): string | undefined {
  const near = (x: number) => Math.abs(ratio - x) < 1e-3 * Math.abs(x);
  if (near(-1)) return "The sign is reversed.";
  const all = `All are ${show(ratio)} times what they should be`;
  if (near(2)) return `${all}: a factor 2 too many, as of a square, or of a term counted twice.`;
  if (near(0.5)) return `${all}: a factor 2 is missing, as of a square, or one of two places where a value is used.`;
  if (count < 2) return undefined;
  const whole = Math.round(1 / Math.abs(ratio));
  const sign = ratio < 0 ? ", and of the wrong sign" : "";
  if (whole > 2 && near(Math.sign(ratio) / whole)) {
    const axis = shape.includes(whole) ? `, as the extent of ${shape.length > 1 ? "an axis" : "the tensor"}` : "";
    return `${all}, 1/${whole}${axis}: a mean taken for a sum, or a sum over ${whole} uses (of a broadcast, or of a batch) left out${sign}.`;
  }
  if (Math.abs(ratio) > 2 && near(Math.round(ratio))) return `${all}: a sum taken for a mean over ${Math.abs(Math.round(ratio))}${sign}.`;
  return `${all}: look for a missing or doubled factor, as of a square, or of a mean taken for a sum.`;
}

/** Are the right numbers there, in other places? */
function misplaced({ checked, gradient, part }: Evidence): string | undefined {
  const { shape, offset, size } = part;
  const inside = checked.filter(({ index }) => index >= offset && index < offset + size);
  if (inside.length < 2 || !inside.every((c) => Number.isFinite(c.numerical) && Number.isFinite(c.given))) return undefined;
  const largest = Math.max(...inside.map((c) => Math.abs(c.numerical)));
  const fits = (place: (i: number) => number) =>
    inside.every((c) => {
      const at = place(c.index - offset);
      return at >= 0 && at < size ? Math.abs(gradient[offset + at] - c.numerical) <= 1e-5 * largest + 4 * c.numericalError : false;
    });
  if (shape.length === 2) {
    const [rows, columns] = shape;
    // Element (i, j) of the right one stands where a matrix of columns × rows has (j, i).
    if (fits((k) => (k % columns) * rows + Math.floor(k / columns)))
      return "It is transposed: the right numbers stand at exchanged indices.";
  }
  if (size > 2 && fits((k) => (k + 1) % size)) return "Each is that of its neighbour before: an index is off by one.";
  if (size > 2 && fits((k) => (k + size - 1) % size)) return "Each is that of its neighbour behind: an index is off by one.";
  if (fits((k) => size - 1 - k)) return "They stand in reversed order.";
  if (inside.length < size) return undefined;
  const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b);
  const [given, right] = [sorted(inside.map((c) => c.given)), sorted(inside.map((c) => c.numerical))];
  return given.every((g, i) => Math.abs(g - right[i]) <= 1e-5 * largest)
    ? "The right numbers are there, in other places: an index is mistaken."
    : undefined;
}

/** Is what is missing simple? */
function missingTerm(failed: readonly CheckedCoordinate[], theta: Float64Array): string | undefined {
  if (failed.length < 2 || !failed.every((c) => Number.isFinite(c.given) && Number.isFinite(c.numerical))) return undefined;
  const gaps = failed.map((c) => c.numerical - c.given);
  const constant = constantOf(gaps);
  if (constant !== undefined) return `The same number, ${show(constant)}, is missing everywhere: a term such as a sum of θ was left out.`;
  const share = constantOf(gaps.map((gap, i) => gap / theta[failed[i].index]));
  return share === undefined ? undefined : `What is missing is ${show(share)}·θ: a term such as a regulariser was left out.`;
}

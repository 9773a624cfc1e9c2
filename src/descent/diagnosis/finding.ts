/** What a diagnosis finds, as data. */

/** Components by the names of the variables. */
export type Direction = Readonly<Record<string, number>>;

interface Said<K extends string> {
  readonly kind: K;
  /** The finding in words. */
  readonly text: string;
}

/**
 * One thing that is known of how a descent went, with its numbers. What cannot be known is not among them.
 *
 * Where the end lies, of f itself (for `maximize` too):
 * - `minimum`, `maximum`: `by` the Hessian's eigenvalues, confirmed by neighbours, or `by` the neighbours alone; a critical point lies
 *   `within` so far
 * - `saddle`: f curves down along `direction`, and up elsewhere
 * - `not-a-minimum`: the gradient vanishes, and f is still lower near by along `direction`, at `distance` (x³ at 0); for `maximize`, higher
 * - `valley`: f does not change along `direction`: the minimum is not the only one
 * - `flat`: f does not change at all around the end
 * - `tail`: f goes on falling along `direction` as far as numbers reach, towards `limit`: no minimum lies that way (eˣ)
 * - `far`: the gradient is small, but f is lower by `fall` at `distance`: a plateau, or a flat slope
 * - `unbounded`: f falls to `value` along `direction` as far as numbers reach
 * - `inconclusive`: neither the Hessian nor the neighbours decide
 * - `at-bound`: `count` coordinates are held by their bounds, or θ by the border of its set
 *
 * How it went:
 * - `step-too-long`: rate · `curvature` = `product` is beyond the `edge` up to which the rule is stable; `largestRate` would not be
 * - `step-too-short`: f curves with `curvature` along the gradient, and rate · |curvature| = `product` is far below 1; `bestRate` goes lowest there
 * - `ravine`: eigenvalues `least` … `most`, `condition` number, and the `beta` and `learningRate` of the best heavy ball
 * - `still-falling`, `level`: the loss at the end of the history. `hovering`: it goes up and down by `spread` about `level`
 * - `noise-floor`: a stochastic loss without any trend left, about `level`, with a `spread` from step to step
 * - `overfitting`: the validation loss was lowest at `epoch`
 * - `float-limit`: what is left is below the `spacing` of the numbers
 * - `not-finite`: at step `step` (counted from 1) the first value that was not finite, and what it was made of
 */
export type Finding =
  | (Said<"minimum" | "maximum"> & {
      readonly by: "hessian" | "neighbours";
      readonly least: number;
      readonly most: number;
      readonly within: number;
    })
  | (Said<"saddle"> & { readonly least: number; readonly most: number; readonly gradientNorm: number; readonly direction?: Direction })
  | (Said<"not-a-minimum"> & { readonly distance: number; readonly difference: number; readonly direction?: Direction })
  | (Said<"valley"> & { readonly distance: number; readonly direction?: Direction })
  | (Said<"flat"> & { readonly distance: number })
  | (Said<"tail"> & { readonly limit: number; readonly direction?: Direction })
  | (Said<"far"> & { readonly distance: number; readonly fall: number; readonly direction?: Direction })
  | (Said<"unbounded"> & { readonly value: number; readonly direction?: Direction })
  | Said<"inconclusive">
  | (Said<"at-bound"> & { readonly count: number })
  | (Said<"step-too-long"> & {
      readonly learningRate: number;
      readonly curvature: number;
      readonly product: number;
      readonly edge: number;
      readonly largestRate: number;
    })
  | (Said<"step-too-short"> & {
      readonly learningRate: number;
      readonly curvature: number;
      readonly product: number;
      readonly bestRate: number;
    })
  | (Said<"ravine"> & {
      readonly least: number;
      readonly most: number;
      readonly condition: number;
      readonly beta: number;
      readonly learningRate: number;
    })
  | Said<"still-falling" | "level">
  | (Said<"hovering" | "noise-floor"> & { readonly level: number; readonly spread: number })
  | (Said<"overfitting"> & { readonly epoch: number; readonly lowest: number; readonly last: number })
  | (Said<"float-limit"> & { readonly spacing: number })
  | (Said<"not-finite"> & { readonly step: number; readonly operation?: string; readonly operands?: readonly number[] });

export type FindingKind = Finding["kind"];

/** Four digits that matter. */
export function short(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  return String(Number(x.toPrecision(4)));
}

export const plural = (count: number, noun = "step"): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

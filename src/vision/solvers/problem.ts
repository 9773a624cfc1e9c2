/** An energy with its data, as the solvers need it. */
import type { EntryPoint } from "../../compiler/program.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { fromHost, type Tensor } from "../../tensor/tensor.js";
import type { HostData, Shape } from "../../tensor/types.js";
import { type RestorationEnergy, seenPart } from "../energies.js";
import { adjoint, squaredNormOf } from "../observation.js";

export interface RestorationProblem {
  readonly energy: RestorationEnergy;
  /** f */
  readonly given: Tensor;
  /** The shape of the image that is looked for. */
  readonly shape: Shape;
  readonly dtype: "f32" | "f64";
  /** A, its adjoint and a bound of ‖A‖²; undefined where the image itself was seen. */
  readonly seen: { observe(u: Tensor): Tensor; adjoint(v: Tensor, like: Tensor): Tensor; readonly squaredNorm: number } | undefined;
  /** Weights of pixels in the data term. */
  readonly weights: Tensor | undefined;
  /** Values that the image may have; undefined where the data term alone makes the minimum unique and its dual finite. */
  readonly range: readonly [low: number, high: number] | undefined;
  /** The first image. */
  readonly start: HostData;
  /** Where the true image is known. */
  readonly reference: Tensor | undefined;
  /** Multiplies sums to integrals. */
  readonly volume: number;
}

/** A method as programs: one that does an iteration, and one that looks at where it has come. */
export interface Method {
  readonly name: string;
  /** The image; `look` brings it up to date. */
  readonly image: Variable;
  /** All variables with their first values. */
  readonly values: ReadonlyMap<Variable, HostData>;
  readonly step: EntryPoint;
  /** Records `energy`, `gap` (an upper bound of the energy's distance from its minimum) or `gradientNorm`, and with a reference `error` (mean squared). */
  readonly look: EntryPoint;
}

export interface ProblemSettings {
  readonly range: readonly [number, number] | undefined;
  readonly start: HostData | undefined;
  readonly reference: Tensor | undefined;
}

/** Puts energy and data together. */
export function problemOf(energy: RestorationEnergy, given: Tensor, settings: ProblemSettings): RestorationProblem {
  const { observe, weights, shape } = seenPart(energy, given);
  const dtype = given.dtype === "f64" ? "f64" : "f32";
  const like = fromHost(new Float32Array(shape.reduce((n, extent) => n * extent, 1)), shape, "f32");
  const seen =
    observe === undefined
      ? undefined
      : {
          observe,
          adjoint: (v: Tensor, at: Tensor) => adjoint(observe, at, v),
          squaredNorm: squaredNormOf(observe, shape),
        };
  const isHeld = energy.fidelity.convexity > 0 && seen === undefined && weights === undefined;
  return {
    energy,
    given,
    shape,
    dtype,
    seen,
    weights,
    range: settings.range ?? (isHeld ? undefined : usualRange(given.data())),
    start: settings.start ?? firstImage(given, seen, weights, like),
    reference: settings.reference,
    volume: energy.differences.volume(like),
  };
}

/** 0 to 1, or wider where the data are. */
function usualRange(data: HostData): readonly [number, number] {
  let [low, high] = [0, 1];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** The data themselves; pixels that were not seen begin with the mean of the others, and what has another shape with Aᵀf, scaled to the data's mean. */
function firstImage(given: Tensor, seen: RestorationProblem["seen"], weights: Tensor | undefined, like: Tensor): HostData {
  if (seen !== undefined) {
    const ones = given.fill(1);
    const at = like.cast(given.dtype);
    return seen.adjoint(given, at).div(seen.adjoint(ones, at).maximum(1e-6)).data();
  }
  if (weights === undefined) return given.data();
  const mean = given.mul(weights).sum().item() / Math.max(weights.sum().item(), 1e-30);
  return weights.gt(0).select(given, mean).data();
}

/** What `look` records of an image and a gap, whatever the method. */
export function looks(
  { energy, given, volume, reference }: RestorationProblem,
  image: Tensor,
  gap: Tensor | undefined,
): EntryPoint["traces"] {
  return [
    { name: "energy", value: energy.of(given)(image).cast("f64") },
    ...(gap ? [{ name: "gap", value: gap.cast("f64").mul(volume) }] : []),
    ...(reference ? [{ name: "error", value: meanSquare(image.sub(reference)) }] : []),
  ];
}

const meanSquare = (difference: Tensor): Tensor =>
  difference
    .square()
    .sum()
    .cast("f64")
    .mul(1 / difference.size);

/** The options of `landscape`, and what they are checked into. */
import type { DatasetPart } from "../data/dataset.js";
import { checkOptionNames } from "../descent/option-names.js";
import type { Path } from "../descent/run.js";
import { unusable } from "../descent/settings.js";
import type { TrainingPath } from "../descent/training-path.js";
import type { PlaneChoice, RayChoice } from "./choices.js";
import type { Normalisation } from "./directions.js";
import type { LandscapePlane, LandscapeRay } from "./result.js";

/** How far `landscape` has come. */
export interface LandscapeProgress<S = LandscapePlane | LandscapeRay> {
  /** Points that are known. */
  readonly done: number;
  readonly total: number;
  readonly seconds: number;
  /** What is known so far, for a picture; it does not change any more. */
  readonly slice: S;
}

interface SliceOptions {
  /** What the loss is of. Default: the data that the run was trained on, without what was kept apart for validation. */
  readonly data?: DatasetPart;
  /** How many of its records, evenly spaced among all. Default: all. */
  readonly records?: number;
  /** θ₀. Default: the weights of the run, the start of an objective, the last point of a path. */
  readonly at?: ArrayLike<number>;
  /** How random directions are scaled to the weights, see `normalisedDirection`. Default "filter" for models, "none" for objectives. */
  readonly normalise?: Normalisation;
  /** Of random directions. Default 1. */
  readonly seed?: number;
  /** Points along an axis. Default 51, of a ray 201. */
  readonly size?: number;
  /**
   * Half the width of the window: −extent ≤ a, b ≤ extent in lengths of the directions; or its ends. Default 1; of rays to another point [−0.5, 1.5]. For the plane of a
   * path a number says how many times as wide as the window that holds it.
   */
  readonly extent?: number | readonly [low: number, high: number];
  /** A path to be seen over the slice. Default: for its own plane that of the run, else none. */
  readonly path?: Path | TrainingPath;
  /** Values of an interrupted call with the same arguments, NaN where they are missing: only those are computed. */
  readonly known?: ArrayLike<number>;
  /** Threads. Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /** Multiplies and adds in one instruction, see `fit`. Default false. */
  readonly fast?: boolean;
  /** Where the worker's source lies, under a content-security policy that forbids inline workers. */
  readonly workerUrl?: string;
  /** Aborting gives what is known so far; while directions are still looked for, an error. */
  readonly signal?: AbortSignal;
}

export interface PlaneOptions extends SliceOptions {
  /** Which plane. Default "random". */
  readonly plane?: PlaneChoice;
  readonly onProgress?: (progress: LandscapeProgress<LandscapePlane>) => void;
}

export interface RayOptions extends SliceOptions {
  /** Which ray. */
  readonly ray: RayChoice;
  readonly onProgress?: (progress: LandscapeProgress<LandscapeRay>) => void;
}

const names = [
  ...["plane", "ray", "data", "records", "at", "normalise", "seed", "size", "extent", "path", "known"],
  ...["threads", "fast", "workerUrl", "signal", "onProgress"],
];

/** Whether a ray is asked for, and not a plane. */
export const isRay = (options: PlaneOptions | RayOptions): options is RayOptions => "ray" in options && options.ray !== undefined;

/** @throws SteepestError that names the option */
export function checkSliceOptions(options: PlaneOptions | RayOptions): void {
  checkOptionNames("landscape", options, names);
  const { normalise, seed, size, extent, known } = options;
  if ("plane" in options && options.plane !== undefined && isRay(options)) throw unusable("ray", "either a plane or a ray", "both");
  if (normalise !== undefined && !["filter", "layer", "none"].includes(normalise))
    throw unusable("normalise", '"filter", "layer" or "none"', normalise);
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) throw unusable("seed", "a whole number from 0 to 2⁵³ − 1", seed);
  if (size !== undefined && !(Number.isInteger(size) && size >= 2 && size <= 4096))
    throw unusable("size", "a whole number from 2 to 4096", size);
  const isWindow =
    typeof extent === "number"
      ? Number.isFinite(extent) && extent > 0
      : extent === undefined || (Array.isArray(extent) && extent.length === 2 && extent.every(Number.isFinite) && extent[0] < extent[1]);
  if (!isWindow) throw unusable("extent", "a number > 0, or two ascending ends", JSON.stringify(extent));
  const points = (size ?? ("ray" in options ? RAY : PLANE)) ** ("ray" in options ? 1 : 2);
  if (known !== undefined && known.length !== points)
    throw unusable("known", `${points} values, one for each point`, `${known.length} values`);
}

/** Points along the axis of a ray, and along each axis of a plane. */
export const [RAY, PLANE] = [201, 51];

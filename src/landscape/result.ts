/** What `landscape` gives. */
import type { HostData } from "../tensor/types.js";
import type { Normalisation } from "./directions.js";

/** Which direction it is. */
export type DirectionKind = "random" | "gradient" | "eigen" | "pca" | "to" | "given";

/** A direction through the space of the weights. */
export interface SliceDirection {
  readonly kind: DirectionKind;
  /** In words: `random direction 1, filter-normalised`. */
  readonly name: string;
  /** d, like θ with its gaps. */
  readonly vector: HostData;
  /** ‖d‖₂: what one unit of its coordinate is as a distance. */
  readonly length: number;
  /** Of a principal direction of a path: the share of the squared distances to its last point that lie along it. */
  readonly explained?: number;
  /** Of an eigenvector of the Hessian: its eigenvalue. */
  readonly eigenvalue?: number;
}

/** Recorded points of a training over a slice: what the slice says of them, and what is true. */
export interface PathOverSlice {
  /** Which steps of the training they are. */
  readonly steps: Float64Array;
  /** Coordinates of the nearest point of the slice. b is 0 throughout over a ray. */
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** How far the point is from the slice. */
  readonly distance: Float64Array;
  /** The loss of the point itself, with the running statistics that it had. */
  readonly loss: Float64Array;
  /** The loss of the nearest point of the slice: what a contour under it shows. */
  readonly sliceLoss: Float64Array;
}

interface SliceResult {
  /** What the loss is of: `cnn on digits`, or the name of the objective. */
  readonly name: string;
  /** Points along an axis. */
  readonly size: number;
  /** Coordinates along d₁. */
  readonly a: Float64Array;
  /** Losses; NaN where nothing was computed yet, Infinity where the loss is no finite number. */
  readonly values: Float64Array;
  /** The loss at θ₀. */
  readonly centre: number;
  /** Records that losses are means over; undefined for objectives without. */
  readonly records?: number;
  readonly normalisation: Normalisation;
  readonly seed: number;
  /** Points that are known. */
  readonly done: number;
  /** Whether all are. */
  readonly complete: boolean;
  /** Every so many places along an axis, and the last one, all is known; 0 where not even that. */
  readonly stride: number;
  /** The path of the training over the slice. */
  readonly path?: PathOverSlice;
}

/** L(θ₀ + a d) */
export interface LandscapeRay extends SliceResult {
  readonly kind: "ray";
  readonly directions: readonly [SliceDirection];
}

/** L(θ₀ + a d₁ + b d₂): `values[j · size + i]` is the loss at (a[i], b[j]). */
export interface LandscapePlane extends SliceResult {
  readonly kind: "plane";
  readonly directions: readonly [SliceDirection, SliceDirection];
  /** Coordinates along d₂. */
  readonly b: Float64Array;
}

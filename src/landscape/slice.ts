/** The loss over a plane (or a line) through the space of the weights, as a function of coordinates. */
import type { HostData } from "../tensor/types.js";

/** The plane θ₀ + a d₁ + b d₂, or the line θ₀ + a d₁. */
export interface PlacedPlane {
  readonly centre: HostData;
  readonly first: HostData;
  readonly second?: HostData;
  /** What layers carry there. Default: what the subject says. */
  readonly state?: HostData;
}

/** What was found at the first points of those asked for. */
export interface PointLosses {
  readonly losses: Float64Array;
  /** Points done: fewer than asked for where a signal came. */
  readonly done: number;
}

export interface Slice {
  /** Says which plane it is. */
  place(plane: PlacedPlane): Promise<void>;
  /**
   * Losses at points.
   *
   * @param coordinates a₀, b₀, a₁, b₁, …; the b of a line do not count
   */
  losses(coordinates: Float64Array, signal?: AbortSignal): Promise<PointLosses>;
  close(): void;
}

/**
 * Does points block by block.
 *
 * @param block computes some points into the array given, and says how many of them were done
 */
export async function inBlocks(
  coordinates: Float64Array,
  room: number,
  block: (coordinates: Float64Array, out: Float64Array) => Promise<number>,
): Promise<PointLosses> {
  const points = coordinates.length / 2;
  const losses = new Float64Array(points);
  for (let from = 0; from < points; from += room) {
    const count = Math.min(room, points - from);
    const done = await block(coordinates.subarray(2 * from, 2 * (from + count)), losses.subarray(from, from + count));
    if (done < count) return { losses, done: from + done };
  }
  return { losses, done: points };
}

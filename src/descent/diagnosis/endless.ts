/** Where f falls without an end. */
import { norm } from "../../algebra/index.js";
import type { Finding } from "./finding.js";
import { short } from "./finding.js";
import { FEW, inWords, type Landscape, type Ray } from "./landscape.js";
import { down, up, type Words } from "./place-words.js";

/** Components of an axis below this part of the largest count as 0. */
const SMALL = 1e-5;

/** A direction, and what f does along it. */
interface Way {
  readonly vector: Float64Array;
  readonly downhill: Ray;
}

/** f falls to the end of the numbers: without limit, or towards one. */
export function endless(land: Landscape, words: Words, { vector, downhill }: Way): Finding {
  const direction = land.named(vector);
  const along = inWords(direction);
  const value = land.sign * downhill.last;
  const deep = land.dtype === "f32" ? -1e25 : -1e100;
  if (downhill.last < deep * Math.max(1, Math.abs(land.value)))
    return {
      kind: "unbounded",
      value,
      ...(direction ? { direction } : {}),
      text: `f is ${words.unbounded} as far as numbers reach: along ${along} it ${words.falls} to ${short(value)}.`,
    };
  return {
    kind: "tail",
    limit: value,
    ...(direction ? { direction } : {}),
    text: `No ${words.lowest} lies ahead: along ${along} f goes on ${words.falling} as far as numbers reach, to ${short(value)}.`,
  };
}

/** Whether f falls to the end of the numbers along −∇f. */
export function findEndless(land: Landscape): Finding[] {
  const length = norm(land.gradient);
  if (land.free.length > FEW || !(length > 0) || !Number.isFinite(land.value) || land.held > 0) return [];
  const vector = cleaned(land.gradient.map((g) => -g / length));
  const downhill = land.ray(vector, 1e-7 * land.reach);
  return downhill.first === "down" && downhill.isEndless ? [endless(land, land.sign === 1 ? down : up, { vector, downhill })] : [];
}

/**
 * Whether a search that stalled has in truth followed f down to the end of the numbers: f lies far below, and goes on falling along −∇f, or
 * the way that it came, for as long as there are numbers.
 *
 * @param value f at the end, or −f where it is maximised
 */
export function runsAway(value: number, landscape: () => Landscape): boolean {
  if (!(value < -1e6)) return false;
  const land = landscape();
  const { start, end, gradient } = land;
  if (land.held > 0) return false;
  return [gradient.map((g) => -g), Float64Array.from(end, (x, i) => x - start[i])].some((way) => {
    const length = norm(way);
    if (!(length > 0 && Number.isFinite(length))) return false;
    const { isEndless, last } = land.ray(
      way.map((x) => x / length),
      land.reach,
    );
    // Near the end of the numbers little further can be seen.
    return isEndless && last <= land.value && last < (land.dtype === "f32" ? -1e25 : -1e100);
  });
}

/** Without its small components: of those, rounding is all that would be seen far out, and any direction will do that is near. */
export function cleaned(direction: Float64Array): Float64Array {
  const most = direction.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  return direction.map((x) => (Math.abs(x) < SMALL * most ? 0 : x));
}

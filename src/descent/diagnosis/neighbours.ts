/** What the neighbours of a critical point say where the Hessian does not. */
import { dot, norm } from "../../algebra/index.js";
import type { EigenPair } from "../../curvature/index.js";
import { RandomStream } from "../../tensor/random.js";
import { cleaned, endless } from "./endless.js";
import { type Finding, short } from "./finding.js";
import type { Landscape, Ray } from "./landscape.js";
import { farFrom, inconclusive, lowerNearBy, valley, type Words } from "./place-words.js";

/** How far neighbours are looked at, as a part of θ's size. */
const AROUND = 0.1;
/** Directions at random that have to agree with a minimum by its neighbours alone. */
const RANDOM = 32;

/** An eigendirection with what f does on both sides of it, downhill first. */
interface Axis {
  readonly pair: EigenPair;
  readonly vector: Float64Array;
  readonly downhill: Ray;
  readonly uphill: Ray;
}

/** The directions that the Hessian leaves open are followed. */
export function byNeighbours(
  land: Landscape,
  words: Words,
  { open, settled }: { readonly open: readonly EigenPair[]; readonly settled: readonly EigenPair[] },
  { low, high, within }: { readonly low: number; readonly high: number; readonly within: number },
): Finding[] {
  const { reach } = land;
  const from = 1e-7 * reach;
  const axes = open.map((pair): Axis => {
    const sign = dot(pair.vector, land.gradient) > 0 ? -1 : 1;
    const vector = cleaned(pair.vector).map((x) => sign * x);
    const back = vector.map((x) => -x);
    const [one, other] = [land.ray(vector, from), land.ray(back, from)];
    return one.first === "down" || other.first !== "down"
      ? { pair, vector, downhill: one, uphill: other }
      : { pair, vector: back, downhill: other, uphill: one };
  });
  const near = AROUND * reach;
  const sloping = axes.filter(({ downhill }) => downhill.first === "down");
  const fall = sloping.find(({ downhill }) => downhill.isEndless);
  const further =
    fall ?? sloping.find(({ downhill, uphill }) => uphill.first === "down" || !((downhill.risesAt ?? Number.POSITIVE_INFINITY) <= near));
  if (further !== undefined) {
    const { vector, downhill, uphill } = further;
    const direction = land.named(vector);
    const { lowestAt, lowest, firstAt, risesAt } = downhill;
    const first = Math.abs(land.value - land.valueAt(vector, firstAt));
    // It is not the slope that leads down, but what the third derivative or higher ones say.
    const isCritical = first > 10 * Math.abs(dot(vector, land.gradient)) * firstAt;
    const below = isCritical || uphill.first === "down";
    return [
      ...(below && firstAt <= near ? [lowerNearBy(words, "The Hessian cannot tell, but neighbours can", firstAt, first, direction)] : []),
      ...(fall ? [endless(land, words, fall)] : []),
      ...(!fall && !(below && firstAt <= near)
        ? [risesAt === undefined ? inconclusive(words) : farFrom(words, lowestAt, Math.abs(land.value - lowest), direction)]
        : []),
    ];
  }
  const still = axes.filter(({ downhill, uphill }) => isFlatTo(downhill, near) && isFlatTo(uphill, near));
  if (still.length > 0) {
    if (still.length === land.free.length)
      return [{ kind: "flat", distance: near, text: `f does not change within a distance of ${short(near)}: this is flat ground.` }];
    if (still.length + sloping.length === axes.length && sloping.length === 0) {
      return [valley(words, near, land.axis(still[0].vector))];
    }
    return [inconclusive(words)];
  }
  const isBowl = ({ downhill, uphill }: Axis) =>
    (uphill.first === "up" && uphill.firstAt <= near && downhill.first === "up" && downhill.firstAt <= near) ||
    (uphill.first === "up" &&
      uphill.firstAt <= near &&
      downhill.first === "down" &&
      (downhill.risesAt ?? Number.POSITIVE_INFINITY) <= near);
  if (!axes.every(isBowl)) return [inconclusive(words)];
  const width = Math.max(...axes.map(({ downhill, uphill }) => Math.max(downhill.risesAt ?? downhill.firstAt, uphill.firstAt)));
  const radius = 4 * width;
  if (open.some(({ vector }) => isCurvedValley(land, vector, radius, settled))) return [inconclusive(words)];
  const around = sphere(land).map((direction) => ({ direction, rise: land.valueAt(direction, radius) - land.value }));
  const lowest = around.reduce((low, one) => (one.rise < low.rise ? one : low));
  if (lowest.rise < -land.noise) {
    const isCritical = -lowest.rise > 10 * norm(land.gradient) * radius;
    return isCritical
      ? [lowerNearBy(words, "The Hessian cannot tell, but neighbours can", radius, lowest.rise, land.named(lowest.direction))]
      : [inconclusive(words)];
  }
  const even = around.find(
    ({ direction, rise }) => rise <= land.noise && Math.abs(land.valueAt(direction, near) - land.value) <= land.noise,
  );
  if (even !== undefined) return [valley(words, near, land.axis(even.direction))];
  if (lowest.rise <= land.noise) return [inconclusive(words)];
  const reachOf = Math.max(radius, within);
  return [
    {
      kind: words.lowest,
      by: "neighbours",
      least: low,
      most: high,
      within: reachOf,
      text: `A ${words.lowest}${land.scope} lies within ${short(reachOf)}, by its neighbours: all are ${words.higher}. The Hessian alone cannot tell.`,
    },
  ];
}

const isFlatTo = ({ first, firstAt }: Ray, near: number): boolean => first === "flat" || firstAt > near;

/**
 * Whether f is lower at a distance once steps of Newton's in the steep directions have brought it back to the floor of the valley: straight
 * on, the walls of a curved valley rise on both sides.
 */
function isCurvedValley(land: Landscape, vector: Float64Array, distance: number, steep: readonly EigenPair[]): boolean {
  if (steep.length === 0) return false;
  return [-distance, distance].some((t) => {
    const step = vector.map((x) => t * x);
    for (let round = 0; round < 4; round++) {
      const slope = land.gradientAt(step);
      for (const { value, vector: across } of steep) {
        const back = dot(across, slope) / value;
        across.forEach((x, i) => {
          step[i] -= back * x;
        });
      }
    }
    return land.valueAt(step, 1) < land.value - land.noise;
  });
}

/** Directions of length 1: the axes, the diagonals between each two, and some at random. */
function sphere(land: Landscape): Float64Array[] {
  const { free } = land;
  const along = (parts: readonly (readonly [number, number])[]) => {
    const direction = new Float64Array(land.end.length);
    for (const [i, x] of parts) direction[i] = x;
    const length = norm(direction);
    return direction.map((x) => x / length);
  };
  const signs = [-1, 1];
  const axes = [...free].flatMap((i) => signs.map((s) => along([[i, s]])));
  const diagonals = [...free].flatMap((i) =>
    [...free]
      .filter((j) => j > i)
      .flatMap((j) =>
        signs.flatMap((s) =>
          signs.map((t) =>
            along([
              [i, s],
              [j, t],
            ]),
          ),
        ),
      ),
  );
  const random = new RandomStream(0, "neighbours");
  const others = free.length === 1 ? [] : Array.from({ length: RANDOM }, () => along([...free].map((i) => [i, random.normal()])));
  return [...axes, ...diagonals, ...others];
}

/** What kind of place a descent has ended at. Where neither second derivatives nor neighbours tell, nothing is claimed. */
import { dot, norm } from "../../algebra/index.js";
import type { EigenPair } from "../../curvature/index.js";
import { RandomStream } from "../../tensor/random.js";
import { type Direction, type Finding, plural, short } from "./finding.js";
import { FEW, inWords, type Landscape, type Ray } from "./landscape.js";

/** A critical point is near where a Newton step is at most this part of θ's size. */
const NEAR = 1e-4;
/** How far neighbours are looked at, as a part of θ's size. */
const AROUND = 0.1;
/** Components of an axis below this part of the largest count as 0. */
const SMALL = 1e-5;
/** Directions at random that have to agree with a minimum by its neighbours alone. */
const RANDOM = 32;

/** Words for f where it is minimised, and for −f where it is maximised. */
interface Words {
  readonly lowest: "minimum" | "maximum";
  readonly highest: "minimum" | "maximum";
  readonly falling: string;
  readonly falls: string;
  readonly lower: string;
  readonly higher: string;
  readonly unbounded: string;
}

const down: Words = {
  lowest: "minimum",
  highest: "maximum",
  falling: "falling",
  falls: "falls",
  lower: "lower",
  higher: "higher",
  unbounded: "unbounded below",
};
const up: Words = {
  lowest: "maximum",
  highest: "minimum",
  falling: "rising",
  falls: "rises",
  lower: "higher",
  higher: "lower",
  unbounded: "unbounded above",
};

/** An eigendirection with what f does on both sides of it, downhill first. */
interface Axis {
  readonly pair: EigenPair;
  readonly vector: Float64Array;
  readonly downhill: Ray;
  readonly uphill: Ray;
}

/**
 * @param isSmall whether the gradient's norm is within the tolerance: then directions in which the quadratic model does not lead to a
 * critical point near by are looked at, too
 */
export function findPlace(land: Landscape, isSmall: boolean): Finding[] {
  const words = land.sign === 1 ? down : up;
  if (land.isOnBorder) return [{ kind: "at-bound", count: 1, text: `The border of the set holds θ: f ${words.falls} beyond it.` }];
  const held: Finding[] =
    land.held === 0
      ? []
      : [
          {
            kind: "at-bound",
            count: land.held,
            text: `${plural(land.held, "coordinate")} ${land.held === 1 ? "is" : "are"} held by a bound, beyond which f ${words.falls}.`,
          },
        ];
  if (land.free.length === 0 || !Number.isFinite(land.value) || !land.gradient.every(Number.isFinite)) return held;
  const found = land.spectrum.isComplete ? ofFew(land, words, isSmall) : ofMany(land, words, isSmall);
  return [...held, ...found];
}

function ofFew(land: Landscape, words: Words, isSmall: boolean): Finding[] {
  const { pairs, zero } = land.spectrum;
  const { gradient, reach } = land;
  const slopeOf = ({ vector }: EigenPair) => Math.abs(dot(vector, gradient));
  const moveOf = (pair: EigenPair) => Math.abs(slopeOf(pair) / pair.value);
  const isFlat = ({ value }: EigenPair) => Math.abs(value) <= zero || value === 0;
  const isNear = (pair: EigenPair) => !isFlat(pair) && moveOf(pair) <= NEAR * reach;
  // Far from a critical point the Hessian does not say what kind it is.
  if (!isSmall && !(pairs.some(isNear) && pairs.every((pair) => isNear(pair) || (isFlat(pair) && slopeOf(pair) * reach <= land.noise))))
    return [];
  const within = norm(pairs.filter(isNear).map(moveOf));
  if (!isSmall && !contracts(land)) return [];
  const settled = pairs.filter((pair) => isNear(pair) && agrees(land, pair));
  const open = pairs.filter((pair) => !settled.includes(pair));
  const [least, most] = [pairs[0], pairs[pairs.length - 1]];
  const [low, high] = land.sign === 1 ? [least.value, most.value] : [-most.value, -least.value];
  const range = rangeOf(low, high);
  const rising = settled.filter(({ value }) => value > 0);
  const sinking = settled.filter(({ value }) => value < 0);
  if (sinking.length > 0) {
    if (open.length === 0 && rising.length === 0)
      return [
        { kind: words.highest, by: "hessian", least: low, most: high, within, text: `This is a ${words.highest}${land.scope}: ${range}.` },
      ];
    const direction = land.axis(least.vector);
    if (rising.length > 0)
      return [
        {
          kind: "saddle",
          least: low,
          most: high,
          gradientNorm: norm(gradient),
          ...(direction ? { direction } : {}),
          text: `This is a saddle point${land.scope}: ${range}. Along ${inWords(direction)} f ${words.falls} both ways.`,
        },
      ];
    return [lowerNearBy(words, "The Hessian has a falling direction", 0, 0, direction)];
  }
  if (open.length === 0) return [lowestByHessian(land, words, isSmall, { low, high, within })];
  return byNeighbours(land, words, { open, settled }, { low, high, within });
}

/** The directions that the Hessian leaves open are followed. */
function byNeighbours(
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

/**
 * Whether f bends along an eigenvector as the eigenvalue says: to half of it, on both sides, at the first distance at which the parabola
 * stands out of the slope and of rounding, and at twice that.
 */
function agrees(land: Landscape, { value, vector }: EigenPair): boolean {
  const slope = dot(vector, land.gradient);
  const bends = (t: number) => {
    const bend = 0.5 * value * t * t;
    return Math.abs(land.valueAt(vector, t) - land.value - slope * t - bend) <= 0.5 * Math.abs(bend);
  };
  const least = Math.max(8 * Math.abs(slope / value), 64 * land.epsilon * land.reach, Math.sqrt((64 * land.noise) / Math.abs(value)));
  for (let h = least; h <= Math.max(4 * least, NEAR * land.reach); h *= 4) if ([-h, h, -2 * h, 2 * h].every(bends)) return true;
  return false;
}

/** Whether the Hessian of the end still holds where its Newton step leads: the gradient is then much smaller there, or small already. */
function contracts(land: Landscape): boolean {
  const step = land.newtonStep();
  if (step === undefined) return false;
  const length = norm(land.gradient);
  return length === 0 || norm(step) <= 1e3 * land.epsilon * land.reach || norm(land.gradientAt(step)) <= 0.3 * length;
}

function lowestByHessian(
  land: Landscape,
  { lowest }: Words,
  isSmall: boolean,
  { low, high, within }: { readonly low: number; readonly high: number; readonly within: number },
): Finding {
  const here =
    isSmall || within <= 1e-7 * land.reach ? `This is a ${lowest}${land.scope}` : `A ${lowest}${land.scope} lies within ${short(within)}`;
  return { kind: lowest, by: "hessian", least: low, most: high, within, text: `${here}: ${rangeOf(low, high)}.` };
}

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

/** Without its small components: of those, rounding is all that would be seen far out, and any direction will do that is near. */
function cleaned(direction: Float64Array): Float64Array {
  const most = direction.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  return direction.map((x) => (Math.abs(x) < SMALL * most ? 0 : x));
}

function ofMany(land: Landscape, words: Words, isSmall: boolean): Finding[] {
  const { least, most, zero } = land.spectrum;
  const gradientNorm = norm(land.gradient);
  if (least === undefined || most === undefined) return [];
  const [low, high] = land.sign === 1 ? [least.value, most.value] : [-most.value, -least.value];
  const range = rangeOf(low, high);
  if (least.value < -zero) {
    const isNear = gradientNorm <= NEAR * Math.abs(least.value) * land.reach;
    if (!(isSmall && isNear && agrees(land, least))) return [];
    if (most.value < -zero)
      return [
        {
          kind: words.highest,
          by: "hessian",
          least: low,
          most: high,
          within: 0,
          text: `This is a ${words.highest}${land.scope}: ${range}.`,
        },
      ];
    return most.value > zero
      ? [{ kind: "saddle", least: low, most: high, gradientNorm, text: `This is a saddle point${land.scope}: ${range}.` }]
      : [lowerNearBy(words, "The Hessian has a falling direction", 0, 0, undefined)];
  }
  if (least.value <= zero) return isSmall ? [inconclusive(words)] : [];
  const step = land.newtonStep();
  if (step === undefined) return [];
  const within = norm(step);
  if (!(within <= NEAR * land.reach)) return [];
  if (!contracts(land) || !agrees(land, least)) return [];
  return [lowestByHessian(land, words, isSmall, { low, high, within })];
}

/** f falls to the end of the numbers: without limit, or towards one. */
export function endless(land: Landscape, words: Words, { vector, downhill }: Pick<Axis, "vector" | "downhill">): Finding {
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

function lowerNearBy(words: Words, why: string, distance: number, difference: number, direction: Direction | undefined): Finding {
  const where = distance > 0 ? ` by ${short(Math.abs(difference))} at a distance of ${short(distance)}` : "";
  return {
    kind: "not-a-minimum",
    distance,
    difference: Math.abs(difference),
    ...(direction ? { direction } : {}),
    text: `This is no ${words.lowest}. ${why}: f is ${words.lower}${where} along ${inWords(direction)}.`,
  };
}

const isFlatTo = ({ first, firstAt }: Ray, near: number): boolean => first === "flat" || firstAt > near;

const inconclusive = ({ lowest }: Words): Finding => ({
  kind: "inconclusive",
  text: `The Hessian is singular here, and the neighbours do not decide: whether this is a ${lowest}, neither can say.`,
});

const valley = ({ lowest }: Words, distance: number, direction: Direction | undefined): Finding => ({
  kind: "valley",
  distance,
  ...(direction ? { direction } : {}),
  text: `A valley: along ${inWords(direction)} f does not change, so that the ${lowest} is not the only one.`,
});

const farFrom = ({ lowest, lower }: Words, distance: number, fall: number, direction: Direction | undefined): Finding => ({
  kind: "far",
  distance,
  fall,
  ...(direction ? { direction } : {}),
  text: `No ${lowest} is near, although the gradient is small: f is ${lower} by ${short(fall)} at a distance of ${short(distance)} along ${inWords(direction)}.`,
});

const rangeOf = (low: number, high: number): string =>
  short(low) === short(high)
    ? `the Hessian's only eigenvalue is ${short(low)}`
    : `the Hessian's eigenvalues run from ${short(low)} to ${short(high)}`;

/** What kind of place a descent has ended at. Where neither second derivatives nor neighbours tell, nothing is claimed. */
import { dot, norm } from "../../algebra/index.js";
import type { EigenPair } from "../../curvature/index.js";
import { type Finding, plural, short } from "./finding.js";
import { inWords, type Landscape } from "./landscape.js";
import { byNeighbours } from "./neighbours.js";
import { down, inconclusive, lowerNearBy, rangeOf, up, type Words } from "./place-words.js";

/** A critical point is near where a Newton step is at most this part of θ's size. */
const NEAR = 1e-4;

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

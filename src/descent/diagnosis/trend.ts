/** What the losses of a history still do at its end. */
import { type Finding, short } from "./finding.js";

/** Blocks whose means are compared, and how many losses there must be for that. */
const BLOCKS = 8;
const LEAST = 5 * BLOCKS;
/** Mann and Kendall's statistic of 8 means: beyond 18 in size chance alone would bring it once in 30 times, within 12 it does every sixth time. */
const TREND = 18;
const NONE = 12;

/**
 * The trend over the last two fifths, by Mann and Kendall's test on the means of 8 blocks: how many pairs of blocks rise less how many
 * fall, from −28 to 28. It asks for no shape of curve, and no distribution of noise.
 */
export interface Trend {
  readonly statistic: number;
  readonly isFalling: boolean;
  readonly isAbsent: boolean;
  /** Losses that were looked at. */
  readonly count: number;
  readonly level: number;
  /** The standard deviation of the single losses within their blocks. */
  readonly spread: number;
  /** The share of losses that are above the one before. */
  readonly rises: number;
}

/** @returns undefined where the history is too short */
export function trendOf(losses: ArrayLike<number>): Trend | undefined {
  const size = Math.floor((0.4 * losses.length) / BLOCKS);
  if (size * BLOCKS < 0.4 * LEAST || size < 2) return undefined;
  const from = losses.length - size * BLOCKS;
  const means = Array.from({ length: BLOCKS }, (_, k) => meanOf(losses, from + k * size, from + (k + 1) * size));
  let statistic = 0;
  for (let a = 0; a < BLOCKS; a++) for (let b = a + 1; b < BLOCKS; b++) statistic += Math.sign(means[b] - means[a]);
  let [square, rises] = [0, 0];
  for (let i = from; i < losses.length; i++) {
    const off = losses[i] - means[Math.floor((i - from) / size)];
    square += off * off;
    if (i > from && losses[i] > losses[i - 1]) rises++;
  }
  const count = size * BLOCKS;
  return {
    statistic,
    isFalling: statistic <= -TREND,
    isAbsent: Math.abs(statistic) <= NONE,
    count,
    level: meanOf(losses, from, losses.length),
    spread: Math.sqrt(square / (count - BLOCKS)),
    rises: rises / (count - 1),
  };
}

/** @param isStochastic whether the gradients carried noise */
export function findTrend(losses: Float64Array, sign: 1 | -1, isStochastic: boolean): Finding[] {
  const falling: Finding = {
    kind: "still-falling",
    text:
      sign === 1 ? "It was still falling: more steps would lower it further." : "It was still rising: more steps would raise it further.",
  };
  const tenth = Math.floor(losses.length / 10);
  if (tenth < 1) return [];
  const [before, after] = [
    meanOf(losses, losses.length - 2 * tenth, losses.length - tenth),
    meanOf(losses, losses.length - tenth, losses.length),
  ];
  if (tenth >= 5 && Math.abs(before - after) <= 1e-9 * Math.max(Math.abs(before), Math.abs(after)))
    return [{ kind: "level", text: "The loss has hardly changed over the last tenth of the steps." }];
  const isLower = sign * after < sign * before - 1e-6 * Math.abs(before);
  const trend = trendOf(sign === 1 ? losses : losses.map((x) => -x));
  if (trend === undefined) return isLower ? [falling] : [];
  if (trend.isFalling) return isLower ? [falling] : [];
  // Up and down, and not merely flatter and flatter.
  if (!trend.isAbsent || trend.rises < 0.2 || !(trend.spread > 1e-6 * Math.abs(trend.level))) return [];
  const [level, spread] = [sign * trend.level, trend.spread];
  const seen = `no trend is left in the last ${trend.count} losses, which go up and down by ${short(spread)} about ${short(level)}`;
  return isStochastic
    ? [{ kind: "noise-floor", level, spread, text: `A noise floor: ${seen}. A lower learning rate, or less noise, lowers it.` }]
    : [{ kind: "hovering", level, spread, text: `It hovers: ${seen}. Steps of this length get no nearer; let the learning rate fall.` }];
}

function meanOf(values: ArrayLike<number>, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i];
  return sum / (to - from);
}

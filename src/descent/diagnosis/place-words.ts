/** What is said of a place. */
import type { Direction, Finding } from "./finding.js";
import { short } from "./finding.js";
import { inWords } from "./landscape.js";

/** Words for f where it is minimised, and for −f where it is maximised. */
export interface Words {
  readonly lowest: "minimum" | "maximum";
  readonly highest: "minimum" | "maximum";
  readonly falling: string;
  readonly falls: string;
  readonly lower: string;
  readonly higher: string;
  readonly unbounded: string;
}

export const down: Words = {
  lowest: "minimum",
  highest: "maximum",
  falling: "falling",
  falls: "falls",
  lower: "lower",
  higher: "higher",
  unbounded: "unbounded below",
};
export const up: Words = {
  lowest: "maximum",
  highest: "minimum",
  falling: "rising",
  falls: "rises",
  lower: "higher",
  higher: "lower",
  unbounded: "unbounded above",
};

export function lowerNearBy(words: Words, why: string, distance: number, difference: number, direction: Direction | undefined): Finding {
  const where = distance > 0 ? ` by ${short(Math.abs(difference))} at a distance of ${short(distance)}` : "";
  return {
    kind: "not-a-minimum",
    distance,
    difference: Math.abs(difference),
    ...(direction ? { direction } : {}),
    text: `This is no ${words.lowest}. ${why}: f is ${words.lower}${where} along ${inWords(direction)}.`,
  };
}

export const inconclusive = ({ lowest }: Words): Finding => ({
  kind: "inconclusive",
  text: `The Hessian is singular here, and the neighbours do not decide: whether this is a ${lowest}, neither can say.`,
});

export const valley = ({ lowest }: Words, distance: number, direction: Direction | undefined): Finding => ({
  kind: "valley",
  distance,
  ...(direction ? { direction } : {}),
  text: `A valley: along ${inWords(direction)} f does not change, so that the ${lowest} is not the only one.`,
});

export const farFrom = ({ lowest, lower }: Words, distance: number, fall: number, direction: Direction | undefined): Finding => ({
  kind: "far",
  distance,
  fall,
  ...(direction ? { direction } : {}),
  text: `No ${lowest} is near, although the gradient is small: f is ${lower} by ${short(fall)} at a distance of ${short(distance)} along ${inWords(direction)}.`,
});

export const rangeOf = (low: number, high: number): string =>
  short(low) === short(high)
    ? `the Hessian's only eigenvalue is ${short(low)}`
    : `the Hessian's eigenvalues run from ${short(low)} to ${short(high)}`;

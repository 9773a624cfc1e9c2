/** Augmentations that move whole pixels to mirrored places: nothing is interpolated, nothing leaves the picture. */
import { SteepestError } from "../../tensor/error.js";
import { chance } from "../../tensor/random-bits.js";
import { literal, type Tensor } from "../../tensor/tensor.js";
import { type Augmentation, defineAugmentation } from "./augmentation.js";
import { checkNumber, pictureExtents } from "./checks.js";

export interface FlipOptions {
  /** Across which line: "horizontal" swaps left and right. Default "horizontal". */
  readonly direction?: "horizontal" | "vertical";
  /** How often. Default 0.5. */
  readonly probability?: number;
}

/**
 * Swaps left and right, or above and below, of a picture with some probability.
 *
 * @throws SteepestError for an unknown direction, or a probability outside [0, 1]
 */
export function flip(options: FlipOptions = {}): Augmentation {
  const { direction = "horizontal", probability = 0.5 } = options;
  checkNumber("flip()", probability, "a probability from 0 to 1", (p) => p >= 0 && p <= 1);
  if (direction !== "horizontal" && direction !== "vertical")
    throw new SteepestError({
      problem: "flip() knows no such direction",
      expected: '"horizontal" or "vertical"',
      received: String(direction),
    });
  return defineAugmentation({
    name: "flip",
    settings: { direction, probability },
    apply: ({ inputs }, { randomBits }) => {
      const [records] = pictureExtents("flip", inputs.shape);
      return mirrored(inputs, chance(randomBits([records]), probability), direction === "horizontal" ? 2 : 1);
    },
  });
}

/** Turns a square picture by 0, 90, 180 or 270 degrees, each equally often, counter-clockwise. */
export function turn(): Augmentation {
  return defineAugmentation({
    name: "turn",
    apply: ({ inputs }, { randomBits }) => {
      const bits = randomBits([squareRecords("turn", inputs)]);
      const [odd, half] = [isSet(bits, 0), isSet(bits, 1)];
      return transposed(mirrored(mirrored(inputs, half, 1), odd.ne(half), 2), odd);
    },
  });
}

/** One of the eight symmetries of the square, each equally often: turned by a multiple of 90 degrees, and mirrored or not. */
export function dihedral(): Augmentation {
  return defineAugmentation({
    name: "dihedral",
    apply: ({ inputs }, { randomBits }) => {
      const bits = randomBits([squareRecords("dihedral", inputs)]);
      return transposed(mirrored(mirrored(inputs, isSet(bits, 0), 1), isSet(bits, 1), 2), isSet(bits, 2));
    },
  });
}

/** The picture mirrored along an axis, where `when` [records] says so. */
const mirrored = (x: Tensor, when: Tensor, axis: 1 | 2): Tensor => when.broadcastAlong(x.shape, [0]).select(x.reverse(axis), x);

const transposed = (x: Tensor, when: Tensor): Tensor => when.broadcastAlong(x.shape, [0]).select(x.transpose([0, 2, 1, 3]), x);

/** Bit 31 − `which` of each word: the upper ones. */
const isSet = (bits: Tensor, which: number): Tensor =>
  bits
    .shiftRight(literal(31 - which, "u32"))
    .and(literal(1, "u32"))
    .ne(literal(0, "u32"));

function squareRecords(owner: string, { shape }: Tensor): number {
  const [records, height, width] = pictureExtents(owner, shape);
  if (height === width) return records;
  throw new SteepestError({
    problem: `the augmentation ${owner} takes square pictures`,
    expected: "as many rows as columns",
    received: `${height} × ${width}`,
    fix: 'flip() and flip({ direction: "vertical" }) take any extents',
  });
}

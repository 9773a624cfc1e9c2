/** Augmentations that change the numbers of a record, where they are. */
import { iota, type Tensor } from "../../tensor/tensor.js";
import { type Augmentation, defineAugmentation } from "./augmentation.js";
import { checkNumber, pictureExtents, type Range, rangeOf } from "./checks.js";

/**
 * Adds one number to all of a record, uniform in its range: m stands for [−m, m]. Pictures of bytes run from 0 to 1. Nothing is cut off.
 *
 * Elsewhere: TensorFlow `random_brightness(max_delta)`.
 */
export function brightness(by: Range): Augmentation {
  const range = rangeOf("brightness()", by);
  return defineAugmentation({
    name: "brightness",
    settings: { by },
    apply: ({ inputs }, { uniform }) => {
      const delta = between(uniform([inputs.shape[0]]), range);
      return inputs.add(delta.broadcastAlong(inputs.shape, [0]));
    },
  });
}

/**
 * Multiplies the distance of a picture from its mean, in each channel, by one factor, uniform in its range: m stands for [1 − m, 1 + m].
 *
 *     y = f (x − x̄) + x̄
 *
 * Elsewhere: TensorFlow `random_contrast`.
 */
export function contrast(by: Range): Augmentation {
  const range = rangeOf("contrast()", by, 1);
  return defineAugmentation({
    name: "contrast",
    settings: { by },
    apply: ({ inputs }, { uniform }) => {
      const [records] = pictureExtents("contrast", inputs.shape);
      const factor = between(uniform([records]), range).broadcastAlong(inputs.shape, [0]);
      const mean = inputs.mean([1, 2]).broadcastAlong(inputs.shape, [0, 3]);
      return inputs.sub(mean).mul(factor).add(mean);
    },
  });
}

/**
 * Adds N(0, σ²) to every number by itself. σ is in units of the inputs: 25/255 for "σ = 25" in pictures of bytes. With [from, to] each record
 * has a σ of its own, uniform between them. Nothing is cut off.
 *
 * @throws SteepestError for a σ below 0
 */
export function gaussianNoise(sigma: Range): Augmentation {
  const range = typeof sigma === "number" ? ([sigma, sigma] as const) : rangeOf("gaussianNoise()", sigma);
  checkNumber("gaussianNoise()", range[0], "σ ≥ 0", (least) => least >= 0);
  return defineAugmentation({
    name: "gaussianNoise",
    settings: { sigma },
    apply: ({ inputs }, { normal, uniform }) => {
      const noise = normal(inputs.shape);
      if (range[0] === range[1]) return inputs.add(noise.mul(range[0]));
      const level = between(uniform([inputs.shape[0]], "level"), range);
      return inputs.add(noise.mul(level.broadcastAlong(inputs.shape, [0])));
    },
  });
}

export interface CutoutOptions {
  /** Side of the square in pixels. */
  readonly size: number;
  /** What it is filled with. Default 0: black. */
  readonly value?: number;
}

/**
 * A square of one value in each picture (DeVries and Taylor: arXiv 1708.04552): its centre is any pixel equally often, so that it may hang over the border.
 *
 * @throws SteepestError for a size that is no whole number ≥ 1
 */
export function cutout(options: CutoutOptions): Augmentation {
  const { size, value = 0 } = options;
  checkNumber("cutout()", size, "a side of whole pixels ≥ 1", (n) => Number.isInteger(n) && n >= 1);
  checkNumber("cutout()", value, "a finite value", () => true);
  return defineAugmentation({
    name: "cutout",
    settings: { size, value },
    apply: ({ inputs }, { uniform }) => {
      const [records, height, width] = pictureExtents("cutout", inputs.shape);
      const shape = [records, height, width];
      const covered = (axis: 1 | 2, extent: number, purpose: string) => {
        const centre = uniform([records], purpose).mul(extent).floor();
        const first = centre
          .sub(Math.floor(size / 2))
          .cast("i32")
          .broadcastAlong(shape, [0]);
        const from = iota(shape, axis, "i32").sub(first);
        return from.ge(from.fill(0)).and(from.lt(from.fill(size)));
      };
      const inside = covered(1, height, "down").and(covered(2, width, "across"));
      return inside.broadcastAlong(inputs.shape, [0, 1, 2]).select(inputs.fill(value), inputs);
    },
  });
}

const between = (u: Tensor, [low, high]: readonly [number, number]): Tensor => (low === high ? u.fill(low) : u.mul(high - low).add(low));

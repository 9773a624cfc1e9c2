/** Augmentations that move a picture: by whole pixels, or by any rotation, scale and shift. */
import { SteepestError } from "../../tensor/error.js";
import { iota, literal, type Tensor } from "../../tensor/tensor.js";
import { type Augmentation, type AugmentationContext, defineAugmentation } from "./augmentation.js";
import { checkNumber, pictureExtents, type Range, rangeOf } from "./checks.js";
import { type Outside, pixelsAt } from "./pixels.js";

export interface CropOptions {
  /** Pixels that are added on each side before the picture is cut back to its own extents, at a random place. */
  readonly padding: number;
  /** What is added: "zero", "edge" (the nearest pixel again) or "reflect". Default "zero". */
  readonly outside?: Outside;
}

/**
 * Pads a picture and cuts its own extents out again, at one of (2·padding + 1)² places, each equally often: a shift by whole pixels.
 *
 * Elsewhere: torchvision `RandomCrop(size, padding)`.
 *
 * @throws SteepestError for a padding that is no whole number ≥ 0, and, while tracing, where reflection needs more pixels than there are
 */
export function crop(options: CropOptions): Augmentation {
  const { padding, outside = "zero" } = options;
  checkNumber("crop()", padding, "a padding of whole pixels, from 0 to 32767", (n) => Number.isInteger(n) && n >= 0 && n < 32768);
  checkOutside("crop()", outside, ["zero", "edge", "reflect"]);
  return defineAugmentation({
    name: "crop",
    settings: { padding, outside },
    apply: ({ inputs }, context) => {
      const [records, height, width] = pictureExtents("crop", inputs.shape);
      if (outside === "reflect" && padding >= Math.min(height, width))
        throw new SteepestError({
          problem: "there is not so much picture to reflect",
          expected: `a padding below ${Math.min(height, width)} for pictures of ${height} × ${width}`,
          received: String(padding),
        });
      const shape = [records, height, width];
      const moved = (axis: 1 | 2, purpose: string) => {
        const by = below(context.randomBits([records], purpose), 2 * padding + 1);
        return iota(shape, axis, "i32").add(by.sub(by.fill(padding)).broadcastAlong(shape, [0]));
      };
      return pixelsAt(inputs, { row: moved(1, "down"), column: moved(2, "across") }, outside);
    },
  });
}

/** Whole numbers from 0 to count − 1 (below 2¹⁶) from words: the upper 16 bits times count, without the lower 16 bits of that. */
function below(bits: Tensor, count: number): Tensor {
  const sixteen = literal(16, "u32");
  return bits.shiftRight(sixteen).mul(literal(count, "u32")).shiftRight(sixteen).cast("i32");
}

export interface AffineOptions {
  /** Degrees counter-clockwise: a range, or m for [−m, m]. Default 0. */
  readonly rotation?: Range;
  /** Factors > 0, larger is nearer: a range, or m for [1 − m, 1 + m]. Default 0. */
  readonly scale?: Range;
  /** Part of the height, and of the width, down and to the right, drawn for each: a range, or m for [−m, m]. Default 0. */
  readonly shift?: Range;
  /** What is seen outside the picture: "zero" or "edge". Default "zero". */
  readonly outside?: "zero" | "edge";
}

/**
 * Rotates, scales and shifts a picture about its centre c, each by a number drawn uniformly from its range, in one resampling:
 *
 *     y(p) = x(c + R(−φ) (p − c − t)/s),    between pixels bilinear
 *
 * Elsewhere: torchvision `RandomAffine`.
 *
 * @throws SteepestError for a range that is none, or scales that are not above 0
 */
export function affine(options: AffineOptions): Augmentation {
  return named("affine", options, { ...options });
}

/** `affine` with a rotation alone: by up to so many degrees either way, or a range. */
export const rotate = (degrees: Range): Augmentation => named("rotate", { rotation: degrees }, { degrees });

/** `affine` with a scale alone: by factors from 1 − m to 1 + m, or a range. */
export const rescale = (factor: Range): Augmentation => named("rescale", { scale: factor }, { factor });

/** `affine` with a shift alone: by up to such a part of the height and of the width, or a range. */
export const shift = (part: Range): Augmentation => named("shift", { shift: part }, { part });

function named(name: string, options: AffineOptions, settings: Augmentation["settings"]): Augmentation {
  const { outside = "zero" } = options;
  checkOutside(`${name}()`, outside, ["zero", "edge"]);
  const rotation = rangeOf(`the rotation of ${name}()`, options.rotation ?? 0);
  const scale = rangeOf(`the scale of ${name}()`, options.scale ?? 0, 1);
  const shifts = rangeOf(`the shift of ${name}()`, options.shift ?? 0);
  checkNumber(`${name}()`, scale[0], "scales above 0", (least) => least > 0);
  return defineAugmentation({
    name,
    settings,
    apply: ({ inputs }, context) => {
      const [records, height, width] = pictureExtents(name, inputs.shape);
      const shape = [records, height, width];
      const { dtype } = inputs;
      const each = (values: Tensor) => values.broadcastAlong(shape, [0]);
      const angle = drawn(context, records, rotation, "rotation").mul(0.017453292519943295);
      const nearness = drawn(context, records, scale, "scale");
      const [cosine, sine] = [angle.cos().div(nearness), angle.sin().div(nearness)];
      /** Distances from the moved centre along an axis. */
      const from = (axis: 1 | 2, extent: number, purpose: string) => {
        const centre = drawn(context, records, shifts, purpose)
          .mul(extent)
          .add((extent - 1) / 2);
        return iota(shape, axis, "i32").cast(dtype).sub(each(centre));
      };
      const [down, across] = [from(1, height, "down"), from(2, width, "across")];
      const row = across
        .mul(each(sine))
        .add(down.mul(each(cosine)))
        .add((height - 1) / 2);
      const column = across
        .mul(each(cosine))
        .sub(down.mul(each(sine)))
        .add((width - 1) / 2);
      return bilinear(inputs, row, column, outside);
    },
  });
}

/** One number for each record, uniform between the ends of a range. */
function drawn({ uniform }: AugmentationContext, records: number, [low, high]: readonly [number, number], purpose: string): Tensor {
  const u = uniform([records], purpose);
  return low === high ? u.fill(low) : u.mul(high - low).add(low);
}

/** The picture between its pixels: row and column [records, height, width] in any position, also outside. */
function bilinear(x: Tensor, row: Tensor, column: Tensor, outside: Outside): Tensor {
  const [, height, width] = x.shape;
  const corner = (at: Tensor, extent: number) => {
    // Further out nothing changes: places stay whole numbers that an i32 holds.
    const near = at.maximum(-2).minimum(extent + 1);
    const first = near.floor();
    return { first: first.cast("i32"), part: near.sub(first) };
  };
  const [r, c] = [corner(row, height), corner(column, width)];
  const next = (at: Tensor) => at.add(at.fill(1));
  const at = (down: boolean, right: boolean) => {
    const places = { row: down ? next(r.first) : r.first, column: right ? next(c.first) : c.first };
    const rest = ({ part }: { readonly part: Tensor }, isNext: boolean) => (isNext ? part : part.fill(1).sub(part));
    return pixelsAt(x, places, outside).mul(rest(r, down).mul(rest(c, right)).broadcastAlong(x.shape, [0, 1, 2]));
  };
  return at(false, false)
    .add(at(false, true))
    .add(at(true, false).add(at(true, true)));
}

function checkOutside(owner: string, outside: string, known: readonly string[]): void {
  if (known.includes(outside)) return;
  throw new SteepestError({ problem: `${owner} knows no such outside`, expected: known.join(", "), received: String(outside) });
}

/** Patches of clean pictures and their noise, as a traced function: what one training step sees. */
import { normalFromWords, type TracedKey, uniformFromBits } from "../../tensor/random-bits.js";
import { iota, literal, type Tensor } from "../../tensor/tensor.js";
import type { Shape } from "../../tensor/types.js";
import { type AugmentedBatch, applyAugmentations } from "../augmentations/index.js";
import type { Image } from "../images/image.js";
import type { RestorationPairs } from "./pairs.js";

/** Pictures of any extents one behind the other. */
export interface PackedImages {
  /** [pixels, channels] */
  readonly pixels: Uint8Array;
  /** For each picture where it begins (in pixels), its height and its width: [pictures, 3]. */
  readonly extents: Int32Array;
}

export function packImages(images: readonly Image[]): PackedImages {
  const pixels = new Uint8Array(images.reduce((sum, { data }) => sum + data.length, 0));
  const extents = new Int32Array(3 * images.length);
  let [at, first] = [0, 0];
  for (const [i, { data, width, height }] of images.entries()) {
    pixels.set(data, at);
    extents.set([first, height, width], 3 * i);
    at += data.length;
    first += width * height;
  }
  return { pixels, extents };
}

/**
 * The pairs of a step, see `restorationPairs`.
 *
 * @param pixels u8 [pixels, channels]
 * @param extents i32 [pictures, 3]
 * @param rows u32 [records]: which records of the epoch
 * @param words 64 random bits of this step for each element of a batch, for a purpose
 */
export function pairsOf(
  { pixels, extents }: { readonly pixels: Tensor; readonly extents: Tensor },
  rows: Tensor,
  { patch, sigma, augment }: RestorationPairs,
  words: (purpose: string, shape: Shape) => TracedKey,
): AugmentedBatch {
  const [records] = rows.shape;
  const picture = extents.take(rows.rem(literal(extents.shape[0], "u32")));
  const of = (column: number) => picture.slice([0, column], [records, 1]).reshape([records]);
  const [first, height, width] = [of(0), of(1), of(2)];
  const place = (extent: Tensor, purpose: string) => {
    const sixteen = literal(16, "u32");
    const places = extent.sub(extent.fill(patch - 1)).cast("u32");
    return words(purpose, [records])[0].shiftRight(sixteen).mul(places).shiftRight(sixteen).cast("i32");
  };
  const corner = first.add(place(height, "patch down").mul(width)).add(place(width, "patch across"));
  const shape = [records, patch, patch];
  const each = (x: Tensor) => x.broadcastAlong(shape, [0]);
  const at = each(corner)
    .add(iota(shape, 1, "i32").mul(each(width)))
    .add(iota(shape, 2, "i32"));
  const stored = pixels
    .take(at)
    .cast("f32")
    .mul(1 / 255);
  const { inputs: clean } = applyAugmentations(augment, { inputs: stored, targets: rows }, words, undefined);
  const noise = normalFromWords(words("noise", clean.shape), "f32");
  const [low, high] = sigma;
  const level =
    low === high ? noise.fill(low / 255) : drawnLevel(words("noise level", [records])[0], low, high).broadcastAlong(clean.shape, [0]);
  return { inputs: clean.add(noise.mul(level)), targets: clean };
}

const drawnLevel = (bits: Tensor, low: number, high: number): Tensor =>
  uniformFromBits(bits)
    .mul((high - low) / 255)
    .add(low / 255);

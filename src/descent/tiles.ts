/** A network from images to images, applied to images of any size in tiles that overlap. */
import { openProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import { reachAlong } from "../models/chain.js";
import type { BuiltModel } from "../models/model.js";
import { type ModelPoint, Training } from "../objectives/training.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable } from "../tensor/tensor.js";
import { showShape } from "../tensor/types.js";
import { modelVariables } from "./part-evaluator.js";

export interface TileOptions {
  /** Most rows and columns of a tile, overlap included. Default 256. It bounds the memory, and changes the result by rounding at most. */
  readonly tile?: number;
  /** Threads. Default: as many as the machine has cores, at most 8. */
  readonly threads?: number;
  /** Multiplies and adds in one instruction, see `fit`. Default false. */
  readonly fast?: boolean;
  readonly workerUrl?: string;
}

/** A picture of numbers as a model has them: `data[(y · width + x) · channels + channel]`. */
export interface FloatImage {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/** A model with its weights: a `TrainedRun`, for instance. */
export interface ImageModel extends ModelPoint {
  readonly training: Training;
}

/**
 * Applies a network of layers that keep the extents of their images ("same" convolutions, activations, normalisation, residual blocks) to an image of any size, in
 * tiles that overlap by as much as the layers see.
 *
 * An output pixel depends on inputs up to r pixels away, where r is the sum over the layers (½ (kernel − 1) · dilation for a convolution). Of each tile r pixels at
 * inner edges are thrown away; tiles at the border of the image end there, so that padding is that of the whole image. The result is that of
 * the whole image at once, up to the rounding of sums that are arranged differently. Memory is that of one tile. Networks with other layers (pooling and
 * enlarging, as in an autoencoder) take the image as one tile, where they give back its extents.
 *
 * @param model a run of `fit`
 * @param image numbers as in the data of the training, intensities from 0 to 1 for `restorationPairs`
 * @throws SteepestError for models with other layers that give back other extents, tiles too small for what the layers see, and images that do not fit the model
 * @example
 * ```ts
 * import { applyInTiles, dncnn, fit } from "steepest";
 * import { restorationPairs } from "steepest/data";
 * const grey = { width: 24, height: 24, channels: 1, depth: 8, data: new Uint8Array(24 * 24).fill(90) } as const;
 * const run = await fit(dncnn({ depth: 3, filters: 2 }), restorationPairs([grey], { patch: 12, sigma: 25 }));
 * const image = { width: 50, height: 40, channels: 1, data: new Float32Array(50 * 40).fill(0.35) };
 * const whole = await applyInTiles(run, image);
 * const tiled = await applyInTiles(run, image, { tile: 20 });
 * whole.data.every((x, i) => Math.abs(x - tiled.data[i]) < 1e-5); // → true
 * ```
 */
export async function applyInTiles(
  { training, theta, state }: ImageModel,
  image: FloatImage,
  options: TileOptions = {},
): Promise<FloatImage & { readonly data: Float32Array }> {
  const { tile = 256, ...others } = options;
  const { model } = training.parts;
  const { width, height, channels, data } = image;
  if (model.inputShape.length !== 3 || model.inputShape[2] !== channels || data.length !== width * height * channels || !(data.length > 0))
    throw new SteepestError({
      problem: "this image does not fit the model",
      expected: `width · height · channels numbers, channels as in ${showShape(model.inputShape)}`,
      received: `${data.length} numbers for ${width} × ${height} × ${channels}`,
    });
  const reach = reachAlong(model.layers);
  if (typeof reach !== "number" && !keepsExtents(model, image))
    throw new SteepestError({
      problem: `${model.name} cannot be applied in tiles, nor to an image of ${width} × ${height} as a whole`,
      expected:
        "layers that keep the extents of their images, and say how far they see (`reach` of defineLayer); or an image whose extents come back",
      received: `layer ${reach.path}`,
    });
  if (typeof reach === "number" && (!Number.isInteger(tile) || tile < 2 * reach + 1))
    throw new SteepestError({
      problem: "the tile is too small for what the layers see",
      expected: `a whole number from ${2 * reach + 1}: a pixel depends on those up to ${reach} away`,
      received: String(tile),
    });
  const along = (extent: number) => (typeof reach === "number" ? tilesAlong(extent, reach, tile) : tilesAlong(extent, 0, extent));
  const [rows, columns] = [along(height), along(width)];
  const sized = new Training({ ...training.parts, model: model.rebuild([rows.extent, columns.extent, channels]) });
  const outputChannels = sized.parts.model.outputShape[2];
  const { theta: weights, carried } = modelVariables(sized);
  const input: Variable = { name: "tile", type: { shape: [1, rows.extent, columns.extent, channels], dtype: training.dtype } };
  const program = await openProgram([weights, ...(carried ? [carried] : []), input], others);
  try {
    program.write(weights, theta);
    if (carried) program.write(carried, state);
    const output = sized.output(readVariable(weights), readVariable(input), carried ? { state: readVariable(carried) } : {});
    const entry: EntryPoint = { name: "tile", writes: [], traces: [{ name: "output", value: output.cast("f32") }] };
    const result = new Float32Array(width * height * outputChannels);
    const content = new Float32Array(rows.extent * columns.extent * channels);
    for (const down of rows.tiles)
      for (const across of columns.tiles) {
        for (let i = 0; i < rows.extent; i++) {
          const from = ((down.start + i) * width + across.start) * channels;
          for (let k = 0; k < columns.extent * channels; k++) content[i * columns.extent * channels + k] = data[from + k];
        }
        program.write(input, content);
        const { traces } = await program.run(entry, 1);
        for (let y = down.from; y < down.to; y++) {
          const at = ((y - down.start) * columns.extent + across.from - across.start) * outputChannels;
          const row = traces.output.subarray(at, at + (across.to - across.from) * outputChannels);
          result.set(row, (y * width + across.from) * outputChannels);
        }
      }
    return { width, height, channels: outputChannels, data: result };
  } finally {
    program.close();
  }
}

/** Whether a model gives back the extents of an image that it sees as a whole. */
function keepsExtents(model: BuiltModel, { width, height, channels }: FloatImage): boolean {
  try {
    const [rows, columns] = model.rebuild([height, width, channels]).outputShape;
    return rows === height && columns === width;
  } catch (error) {
    if (error instanceof SteepestError) return false;
    throw error;
  }
}

interface Tile {
  readonly start: number;
  /** What of it counts. */
  readonly from: number;
  readonly to: number;
}

/** Tiles of one extent, at most `most`, along an axis: each pixel belongs to one that sees `reach` pixels around it, or the border. */
export function tilesAlong(length: number, reach: number, most: number): { readonly extent: number; readonly tiles: readonly Tile[] } {
  if (length <= most) return { extent: length, tiles: [{ start: 0, from: 0, to: length }] };
  const count = Math.ceil((length - 2 * reach) / (most - 2 * reach));
  const extent = Math.ceil((length - 2 * reach) / count) + 2 * reach;
  const tiles: Tile[] = [];
  for (let i = 0; i < count; i++) {
    const start = Math.min(i * (extent - 2 * reach), length - extent);
    const to = i + 1 === count ? length : start + extent - reach;
    tiles.push({ start, from: tiles.at(-1)?.to ?? 0, to });
  }
  return { extent, tiles };
}

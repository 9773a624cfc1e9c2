/** Networks from images to images. */
import { described } from "../description.js";
import type { Initializer } from "../initializers.js";
import { defineLayer, type Layer } from "../layer.js";
import { relu, sigmoid } from "../layers/activations.js";
import { conv2d } from "../layers/convolution.js";
import { batchNorm } from "../layers/normalization.js";
import { maxPool2d } from "../layers/pooling.js";
import { residual } from "../layers/residual.js";
import { upsample2d } from "../layers/upsampling.js";
import { type Model, namedModel, sequential } from "../model.js";

export interface DncnnOptions {
  /** Convolutions, ≥ 2. Default 17. */
  readonly depth?: number;
  /** Filters of all but the last. Default 64. */
  readonly filters?: number;
  /** Of the image: 1 or 3. Default 1. */
  readonly channels?: number;
}

/**
 * DnCNN, a denoiser (Zhang et al.: arXiv 1608.03981): it estimates the noise, and takes it away.
 *
 *     x̂ = y − R(y),  R: conv, relu, (conv, batch normalisation, relu) × (depth − 2), conv, all 3×3
 *
 * Weights start as the authors' do: convolutions as `he()` says, and γ of the normalisations at N(0, 2/(9 filters)) with what is nearer to 0 than 0.025 put there, so that
 * at first almost no noise is found and x̂ is nearly y. From γ = 1 the first epochs would go into unlearning noise that was never there.
 *
 * Input and output are images of one shape. With 17 layers of 64 filters 556,097 parameters. Its loss is `halfSquaredSum()`, between x̂ and the clean image.
 */
export function dncnn(options: DncnnOptions = {}): Model {
  const { depth = 17, filters = 64, channels = 1 } = options;
  const scale = awayFromZero(Math.sqrt(2 / (9 * filters)), 0.025);
  const inner = Array.from({ length: Math.max(0, depth - 2) }, () => [conv2d(filters, 3, { bias: false }), batchNorm({ scale }), relu()]);
  return namedModel("dncnn", [residual(sequential(conv2d(filters, 3), relu(), ...inner.flat(), conv2d(channels, 3), negative()))]);
}

/** N(0, std²), of which what is nearer to 0 than `least` is brought to that distance. */
const awayFromZero = (std: number, least: number): Initializer => ({
  name: `normal 0 ± ${std}, not below ${least}`,
  fill(out, _, random) {
    random.fillNormal(out, 0, std);
    for (let i = 0; i < out.length; i++) if (Math.abs(out[i]) < least) out[i] = out[i] < 0 ? -least : least;
  },
});

/** −x: what a residual block adds is taken away. */
export const negative = (): Layer =>
  described({ type: "negative" }, defineLayer({ name: "negative", reach: () => 0, apply: (x) => x.neg() }));

export interface AutoencoderOptions {
  /** Filters on the way down; each convolution is followed by ReLU and 2×2 maxima. Default [16, 8]. */
  readonly filters?: readonly number[];
  /** Of the image. Default 1. */
  readonly channels?: number;
}

/**
 * A convolutional autoencoder: down through (conv 3×3, relu, max pool 2×2) to a small image of the last `filters`, and up again through
 * (upsample 2, conv 3×3, relu), with values from 0 to 1 at the end. Extents are multiples of 2 for each entry of `filters`. Targets are the images themselves, from 0 to 1.
 */
export function autoencoder(options: AutoencoderOptions = {}): Model {
  const { filters = [16, 8], channels = 1 } = options;
  const up = [...filters].reverse();
  return namedModel("autoencoder", [
    ...filters.flatMap((count) => [conv2d(count, 3), relu(), maxPool2d(2)]),
    ...up.flatMap((_, i) => [upsample2d(2), ...(i + 1 < up.length ? [conv2d(up[i + 1], 3), relu()] : [conv2d(channels, 3), sigmoid()])]),
  ]);
}

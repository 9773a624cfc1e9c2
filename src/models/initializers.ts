/** How parameters start. All values come from a counter-based stream, so a seed gives the same bits on every engine. */
import { SteepestError } from "../tensor/error.js";
import { RandomStream } from "../tensor/random.js";
import { ones as onesTensor, type Tensor, zeros as zerosTensor } from "../tensor/tensor.js";
import { allocate, type DType, type HostData, type Shape, sizeOf } from "../tensor/types.js";

export interface Initializer {
  /** As it is printed: `he normal`. */
  readonly name: string;
  /** Writes the values of a parameter of this shape. */
  fill(out: HostData, shape: Shape, random: RandomStream): void;
}

/** "truncated": normal, what lies beyond two deviations drawn again, and then brought to the variance that is meant. */
export type Distribution = "normal" | "uniform" | "truncated";

export interface FanOptions {
  /** The default is each initialiser's own. */
  readonly distribution?: Distribution;
}

/**
 * How many numbers flow into and out of one unit: of a dense weight [inputs, outputs] its extents, of a filter [height, width, inputs,
 * outputs] height·width times its last extents.
 */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) return { fanIn: sizeOf(shape), fanOut: sizeOf(shape) };
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * shape[shape.length - 2], fanOut: window * shape[shape.length - 1] };
}

/**
 * He's initialisation (He et al.: arXiv 1502.01852): variance 2/fanIn, which keeps the size of signals through layers with ReLU.
 *
 * "normal" (the default): N(0, 2/fanIn), not truncated. "uniform": U(−b, b) with b = √(6/fanIn).
 * PyTorch's default for its layers is uniform with a sixth of that variance (b = 1/√fanIn).
 *
 * @example
 * ```ts
 * import { dense, he } from "steepest";
 * dense(128, { init: he({ distribution: "uniform" }) }).name; // → "dense"
 * ```
 */
export function he(options: FanOptions = {}): Initializer {
  return scaled("he", options.distribution ?? "normal", ({ fanIn }) => 2 / fanIn);
}

/**
 * Glorot's initialisation, also called Xavier (Glorot and Bengio, 2010): variance 2/(fanIn + fanOut), for tanh, sigmoid and last layers.
 *
 * "uniform" (the default): U(−b, b) with b = √(6/(fanIn + fanOut)). "normal": N(0, 2/(fanIn + fanOut)), not truncated.
 */
export function glorot(options: FanOptions = {}): Initializer {
  return scaled("glorot", options.distribution ?? "uniform", ({ fanIn, fanOut }) => 2 / (fanIn + fanOut));
}

/** N(mean, std²). Defaults: mean 0, std 0.01. */
export function normal(options: { readonly mean?: number; readonly std?: number } = {}): Initializer {
  const { mean = 0, std = 0.01 } = options;
  if (!(Number.isFinite(mean) && Number.isFinite(std) && std >= 0))
    throw new SteepestError({
      problem: "normal() cannot draw from this distribution",
      expected: "a finite mean and a finite std ≥ 0",
      received: `mean ${mean}, std ${std}`,
    });
  return { name: `normal ${mean} ± ${std}`, fill: (out, _, random) => random.fillNormal(out, mean, std) };
}

/**
 * N(mean, std²) without what lies further from the mean than 2 std, which is drawn again: its deviation is 0.88 std. Defaults: mean 0, std 0.05.
 *
 * Elsewhere: TensorFlow `truncated_normal_initializer`, Keras `TruncatedNormal`.
 */
export function truncatedNormal(options: { readonly mean?: number; readonly std?: number } = {}): Initializer {
  const { mean = 0, std = 0.05 } = options;
  if (!(Number.isFinite(mean) && Number.isFinite(std) && std >= 0))
    throw new SteepestError({
      problem: "truncatedNormal() cannot draw from this distribution",
      expected: "a finite mean and a finite std ≥ 0",
      received: `mean ${mean}, std ${std}`,
    });
  return { name: `truncated normal ${mean} ± ${std}`, fill: (out, _, random) => write(out, () => mean + std * truncated(random)) };
}

/** Every element the same. */
export function constant(value: number): Initializer {
  if (!Number.isFinite(value))
    throw new SteepestError({ problem: "constant() needs a finite number", expected: "a finite number", received: String(value) });
  return { name: `constant ${value}`, fill: (out) => write(out, () => value) };
}

/** Without arguments: the initialiser 0. With a shape: a tensor of zeros. */
export function zeros(): Initializer;
export function zeros(shape: Shape, dtype?: DType): Tensor;
export function zeros(shape?: Shape, dtype?: DType): Initializer | Tensor {
  return shape === undefined ? constant(0) : zerosTensor(shape, dtype);
}

/** Without arguments: the initialiser 1. With a shape: a tensor of ones. */
export function ones(): Initializer;
export function ones(shape: Shape, dtype?: DType): Tensor;
export function ones(shape?: Shape, dtype?: DType): Initializer | Tensor {
  return shape === undefined ? constant(1) : onesTensor(shape, dtype);
}

/**
 * The start of one parameter, a pure function of (seed, path, shape): neither other parameters nor their order matter.
 *
 * @param seed a whole number from 0 to 2⁵³ − 1
 * @param path the parameter's path: its values come from the stream `initial <path>`
 * @param index tells several starts of one seed apart
 */
export function initialValues(init: Initializer, seed: number, path: string, shape: Shape, dtype: DType, index = 0): HostData {
  const out = allocate(dtype, sizeOf(shape));
  init.fill(out, shape, new RandomStream(seed, `initial ${path}`, index));
  return out;
}

function scaled(name: string, distribution: Distribution, variance: (fan: ReturnType<typeof fans>) => number): Initializer {
  if (distribution !== "normal" && distribution !== "uniform" && distribution !== "truncated")
    throw new SteepestError({
      problem: `${name}() knows no such distribution`,
      expected: '"normal", "uniform" or "truncated"',
      received: String(distribution),
    });
  return {
    name: `${name} ${distribution}`,
    fill(out, shape, random) {
      const wanted = variance(fans(shape));
      const std = Math.sqrt(wanted);
      const bound = Math.sqrt(3 * wanted);
      if (distribution === "normal") random.fillNormal(out, 0, std);
      else if (distribution === "truncated") write(out, () => (std / TRUNCATED_DEVIATION) * truncated(random));
      else write(out, () => random.between(-bound, bound));
    },
  };
}

/** The deviation of a standard normal number that is known to lie within two deviations. */
const TRUNCATED_DEVIATION = 0.879_625_661_034_239_8;

/** A standard normal number within two deviations. */
function truncated(random: RandomStream): number {
  for (;;) {
    const x = random.normal();
    if (Math.abs(x) <= 2) return x;
  }
}

function write(out: HostData, next: () => number): void {
  for (let i = 0; i < out.length; i++) out[i] = next();
}

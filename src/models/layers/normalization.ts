/** Layers that bring numbers to mean 0 and variance 1. */
import { customGradient } from "../../autodiff/custom.js";
import { SteepestError } from "../../tensor/error.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Shape, showShape, sizeOf } from "../../tensor/types.js";
import { described } from "../description.js";
import { type Initializer, ones, zeros } from "../initializers.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkCount } from "./checks.js";

export interface NormOptions {
  /** ε > 0, added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Whether the layer has γ and β. Default true. */
  readonly affine?: boolean;
}

export interface BatchNormOptions extends NormOptions {
  /** m, the weight of the newest batch in the running statistics, 0 ≤ m ≤ 1. Default 0.1. */
  readonly momentum?: number;
  /** How γ starts. Default `ones()`. */
  readonly scale?: Initializer;
}

/**
 * Batch normalisation (Ioffe and Szegedy: arXiv 1502.03167), channel by channel.
 *
 *     y = γ (x − μ)/√(σ² + ε) + β
 *
 * While training, μ and σ² are those of the batch, over records and all axes but the last (σ² divided by n); running statistics follow
 * as r ← (1 − m) r + m·(μ, or σ² divided by n − 1), as PyTorch keeps them. Otherwise μ and σ² are the running statistics.
 *
 * `scale` γ and `bias` β, both of kind "bias" (weight decay and `l2` leave them alone), start at 1 and 0; state `runningMean` and
 * `runningVariance`, from 0 and 1. A layer before it needs no bias.
 *
 * Elsewhere: Keras `momentum` is 1 − m with default 0.99, its ε 1e-3, its running variance divided by n.
 *
 * @param options `epsilon` = ε (1e-5), `momentum` = m (0.1), `affine` (true), `scale` = the start of γ (1)
 * @throws SteepestError for ε ≤ 0 and m outside [0, 1]
 * @example
 * ```ts
 * import { batchNorm } from "steepest";
 * batchNorm().build([8, 8, 16], "batchNorm1").state.map((s) => s.path); // → ["batchNorm1.runningMean", "batchNorm1.runningVariance"]
 * ```
 */
export function batchNorm(options: BatchNormOptions = {}): Layer {
  const { momentum = 0.1, affine = true, scale = ones() } = options;
  const epsilon = checkEpsilon("batchNorm", options.epsilon);
  if (!(momentum >= 0 && momentum <= 1))
    throw new SteepestError({ problem: "the momentum of batchNorm is not usable", expected: "0 ≤ m ≤ 1", received: String(momentum) });
  return described(
    { type: "batchNorm", momentum, epsilon, affine },
    defineLayer<string>({
      name: "batchNorm",
      reach: () => 0,
      parameters: (input) => affineParameters(affine, [channelsOf("batchNorm", input)], scale),
      state: (input) => {
        const shape = [channelsOf("batchNorm", input)];
        return { runningMean: { shape, initial: 0 }, runningVariance: { shape, initial: 1 } };
      },
      apply(x, parameters, { training, state }) {
        const last = x.rank - 1;
        const along = (channel: Tensor) => channel.broadcastAlong(x.shape, [last]);
        const { runningMean, runningVariance } = state;
        if (!training) {
          // One product and one sum for each number: what is left depends on the channel alone.
          const factor = plus(runningVariance, epsilon)
            .sqrt()
            .reciprocal()
            .mul(parameters.scale ?? runningVariance.fill(1));
          const rest = runningMean.mul(factor).neg();
          const shift = affine ? rest.add(parameters.bias) : rest;
          return { output: x.mul(along(factor)).add(along(shift)), state };
        }
        const axes = x.shape.map((_, axis) => axis).slice(0, last);
        const count = sizeOf(x.shape.slice(0, last));
        const { mean, variance } = momentsOf(x, axes);
        const moved = (before: Tensor, now: Tensor) => before.mul(before.fill(1 - momentum)).add(now.mul(now.fill(momentum)));
        return {
          output: scaled(normalized(x, axes, epsilon), parameters, [last]),
          state: {
            runningMean: moved(runningMean, mean.reshape(runningMean.shape)),
            runningVariance: moved(
              runningVariance,
              variance.reshape(runningVariance.shape).mul(runningVariance.fill(count / Math.max(1, count - 1))),
            ),
          },
        };
      },
    }),
  );
}

export interface LayerNormOptions extends NormOptions {
  /** How many of the last axes are normalised together: 1 for each pixel by itself, 3 for whole images. Default 1. */
  readonly axes?: number;
}

/**
 * Layer normalisation (Ba et al.: arXiv 1607.06450): each record by itself, the same while training and afterwards.
 *
 *     y = γ (x − μ)/√(σ² + ε) + β          μ and σ² over the last axes
 *
 * `scale` and `bias` have the shape of what is normalised together. Elsewhere: PyTorch `LayerNorm(shape of the last axes)`, Keras with ε 1e-3.
 *
 * @param options `axes` (1), `epsilon` = ε (1e-5), `affine` (true)
 * @throws SteepestError for ε ≤ 0, and, when built, for inputs that have fewer axes
 */
export function layerNorm(options: LayerNormOptions = {}): Layer {
  const { axes: last = 1, affine = true } = options;
  const epsilon = checkEpsilon("layerNorm", options.epsilon);
  checkCount("axes of layerNorm", last);
  return described(
    { type: "layerNorm", axes: last, epsilon, affine },
    defineLayer<string>({
      name: "layerNorm",
      parameters(input) {
        if (input.length < last)
          throw new SteepestError({
            problem: "layerNorm has more axes than its input",
            expected: `at most ${input.length}, for an input ${showShape(input)}`,
            received: String(last),
          });
        return affineParameters(affine, input.slice(input.length - last));
      },
      apply(x, parameters) {
        const axes = x.shape.map((_, axis) => axis).slice(x.rank - last);
        return scaled(normalized(x, axes, epsilon), parameters, axes);
      },
    }),
  );
}

/**
 * Group normalisation (Wu and He: arXiv 1803.08494): channels in groups, each group of each record by itself, over all its pixels.
 *
 *     y = γ (x − μ)/√(σ² + ε) + β
 *
 * `scale` and `bias` [channels]. One group for each channel is instance normalisation. Elsewhere: PyTorch `GroupNorm(groups, channels)`.
 *
 * @param groups how many; they divide the channels
 * @param options `epsilon` = ε (1e-5), `affine` (true)
 * @throws SteepestError for ε ≤ 0, and, when built, where the channels do not make up whole groups
 */
export function groupNorm(groups: number, options: NormOptions = {}): Layer {
  checkCount("groups of groupNorm", groups);
  const { affine = true } = options;
  const epsilon = checkEpsilon("groupNorm", options.epsilon);
  return described(
    { type: "groupNorm", groups, epsilon, affine },
    defineLayer<string>({
      name: "groupNorm",
      parameters(input) {
        const channels = channelsOf("groupNorm", input);
        if (channels % groups !== 0)
          throw new SteepestError({
            problem: "the channels do not make up whole groups",
            expected: `a divisor of ${channels} channels`,
            received: `${groups} groups`,
          });
        return affineParameters(affine, [channels]);
      },
      apply(x, parameters) {
        const last = x.rank - 1;
        const split = x.reshape([...x.shape.slice(0, last), groups, x.shape[last] / groups]);
        const axes = split.shape.map((_, axis) => axis).filter((axis) => axis > 0 && axis !== last);
        return scaled(normalized(split, axes, epsilon).reshape(x.shape), parameters, [last]);
      },
    }),
  );
}

/** Mean and variance (divided by n) over some axes, the others left. */
function momentsOf(x: Tensor, axes: readonly number[]): { readonly mean: Tensor; readonly variance: Tensor } {
  const mean = x.mean(axes);
  return {
    mean,
    variance: x
      .sub(along(mean, x, axes))
      .square()
      .mean(axes),
  };
}

/** Constants are literals: numbers would be inputs of the program, and what is traced twice would be computed twice. */
const plus = (x: Tensor, value: number): Tensor => x.add(x.fill(value));

/** What was reduced over `axes` of x, repeated along them. */
const along = (reduced: Tensor, x: Tensor, axes: readonly number[]): Tensor =>
  reduced.broadcastAlong(
    x.shape,
    x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
  );

/**
 * x̂ = (x − μ)/√(σ² + ε) over some axes. Its derivative is written down, since the terms through μ and σ² fall together:
 *
 *     x̄ = (ȳ − mean ȳ − x̂ · mean(ȳ x̂))/√(σ² + ε)
 */
function normalized(x: Tensor, axes: readonly number[], epsilon: number): Tensor {
  const parts = (at: Tensor) => {
    const { mean, variance } = momentsOf(at, axes);
    const factor = plus(variance, epsilon).sqrt().reciprocal();
    return { factor, normal: at.sub(along(mean, at, axes)).mul(along(factor, at, axes)) };
  };
  return customGradient(
    (at: Tensor) => parts(at).normal,
    (at: Tensor, upstream: Tensor) => {
      const { factor, normal } = parts(at);
      const mean = upstream.mean(axes);
      const slope = upstream.mul(normal).mean(axes);
      return upstream
        .sub(along(mean, at, axes))
        .sub(normal.mul(along(slope, at, axes)))
        .mul(along(factor, at, axes));
    },
  )(x);
}

/** γ x̂ + β, where the layer has them. */
const scaled = (normal: Tensor, { scale, bias }: Readonly<Record<string, Tensor>>, axes: readonly number[]): Tensor =>
  scale === undefined ? normal : normal.mul(scale.broadcastAlong(normal.shape, axes)).add(bias.broadcastAlong(normal.shape, axes));

const affineParameters = (affine: boolean, shape: Shape, scale: Initializer = ones()) =>
  affine
    ? ({ scale: { shape, init: scale, kind: "bias" }, bias: { shape, init: zeros(), kind: "bias" } } as const)
    : ({} as Readonly<Record<string, never>>);

function channelsOf(layer: string, input: Shape): number {
  if (input.length > 0) return input[input.length - 1];
  throw new SteepestError({
    problem: `${layer} takes vectors or images`,
    expected: "[features] or [height, width, channels]",
    received: "[]",
  });
}

function checkEpsilon(layer: string, epsilon = 1e-5): number {
  if (Number.isFinite(epsilon) && epsilon > 0) return epsilon;
  throw new SteepestError({ problem: `ε of ${layer} is not usable`, expected: "a finite number > 0", received: String(epsilon) });
}

/** Energies of images: R(∇u) + λ D(Au; f). */
import { nearest, SteepestError, tracingError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import { isFloat, type Shape, sameShape, showShape } from "../tensor/types.js";
import { type DataTerm, type Fidelity, fidelities } from "./fidelity.js";
import { type DifferenceOperator, type GridOptions, grid } from "./grid.js";
import { composed, type Observation, type SpatialAxes, spatialAxes, weightsLike } from "./observation.js";
import { anisotropic, huberised, isotropic, quadratic, type Regularizer, smoothed } from "./regularizers.js";

export interface EnergyOptions extends GridOptions {
  /** λ > 0: how much the data weigh beside the regulariser, whose weight is 1. Larger stays closer to the data. */
  readonly lambda: number;
  /** The distance from the data. Default `"l2"`. */
  readonly data?: DataTerm;
  /** What of the image was seen: `blurred(kernel)`, `masked(mask)`, `downsampled(factor)`, or several, the first one first. */
  readonly through?: Observation | readonly Observation[];
  /** Neighbours on a graph instead of those on a grid: `graph({ vertices, edges, weights })`. Images are then vectors. */
  readonly graph?: DifferenceOperator;
}

/** J(u) = R(∇u) + λ D(Au; f), for any f. */
export interface RestorationEnergy {
  readonly name: string;
  readonly lambda: number;
  readonly regularizer: Regularizer;
  readonly fidelity: Fidelity;
  /** A; undefined where the image itself was seen. */
  readonly observation: Observation | undefined;
  readonly differences: DifferenceOperator;
  readonly layout: "interleaved" | "planar";
  /**
   * J for given data, as a function of a traced image: for `minimize`, `trace`, `checkGradient`, `grad`.
   *
   * @param given f. Images are of its dtype
   */
  of(given: Tensor): (u: Tensor) => Tensor;
}

const names = ["lambda", "data", "through", "graph", "boundary", "spacing", "layout"] as const;

/** The data term's part that is known from the energy: λ, weights of pixels, and A. */
export interface SeenPart {
  /** Au; undefined where the image itself was seen, or pixels of it. */
  readonly observe: ((u: Tensor) => Tensor) | undefined;
  /** Weights of the pixels, where A only weighs. */
  readonly weights: Tensor | undefined;
  /** The shape of the image. */
  readonly shape: Shape;
}

/** How an energy sees images, for data such as `given`. */
export function seenPart({ observation, layout }: RestorationEnergy, given: Tensor): SeenPart {
  if (observation === undefined) return { observe: undefined, weights: undefined, shape: given.shape };
  const axes: SpatialAxes = spatialAxes(given.shape, layout);
  const shape = observation.source(given.shape, axes);
  return observation.weights === undefined
    ? { observe: (u) => observation.apply(u, axes), weights: undefined, shape }
    : { observe: undefined, weights: weightsLike(observation.weights, given, axes), shape };
}

function energyOf(name: string, regularizer: Regularizer, options: EnergyOptions): RestorationEnergy {
  const unknown = Object.keys(options ?? {}).find((key) => !names.some((known) => known === key));
  if (unknown !== undefined)
    throw new SteepestError({
      problem: `${name} has no option ${unknown}`,
      expected: names.join(", "),
      fix: nearest(unknown, names) === undefined ? undefined : `did you mean ${nearest(unknown, names)}?`,
    });
  const { lambda, data = "l2", through, boundary, spacing, layout = "interleaved" } = options ?? {};
  if (!(lambda > 0 && Number.isFinite(lambda)))
    throw new SteepestError({
      problem: `${name} needs λ, the weight of its data term`,
      expected: "lambda: a number > 0",
      received: String(lambda),
      fix: "for values from 0 to 1 try lambda: 8; larger stays closer to the data",
    });
  const fidelity = Object.hasOwn(fidelities, data) ? fidelities[data] : undefined;
  if (fidelity === undefined)
    throw new SteepestError({
      problem: "there is no such data term",
      expected: Object.keys(fidelities).join(", "),
      received: String(data),
    });
  const differences =
    options.graph ?? grid({ layout, ...(boundary === undefined ? {} : { boundary }), ...(spacing === undefined ? {} : { spacing }) });
  const observation = composed(through === undefined ? [] : "apply" in through ? [through] : through);
  const energy: RestorationEnergy = {
    name,
    lambda,
    regularizer,
    fidelity,
    observation,
    differences,
    layout,
    of(given) {
      if (!isFloat(given.dtype))
        throw tracingError({
          problem: "an image holds floating-point numbers",
          received: given.toString(),
          fix: 'convert it: image.cast("f32")',
        });
      const { observe, weights, shape } = seenPart(energy, given);
      return (u) => {
        if (!sameShape(u.shape, shape))
          throw tracingError({ problem: "the image does not fit the data", expected: showShape(shape), received: showShape(u.shape) });
        const smoothness = regularizer.density(differences.gradient(u), differences).sum();
        const distance = fidelity.density(observe?.(u) ?? u, given);
        const volume = differences.volume(u);
        const energyOfSums = smoothness.add((weights ? distance.mul(weights) : distance).sum().mul(lambda));
        return volume === 1 ? energyOfSums : energyOfSums.mul(volume);
      };
    },
  };
  return energy;
}

/**
 * Tikhonov's energy, quadratic: edges are blurred.
 *
 *     J(u) = ½ Σ |∇u|² + λ D(Au; f),   D = ½ Σ (Au − f)² by default
 *
 * For A = 1 and `"replicate"` the minimum is known: see `exactTikhonov`. The Hessian's eigenvalues lie in [λ, λ + 8).
 *
 * @throws SteepestError without a λ > 0, and for options that cannot be used
 */
export const tikhonov = (options: EnergyOptions): RestorationEnergy => energyOf("tikhonov", quadratic, options);

export interface TotalVariationOptions extends EnergyOptions {
  /** √(v₀² + v₁²), over all channels together (the default), or |v₀| + |v₁|, each channel by itself. */
  readonly isotropic?: boolean;
}

/**
 * Rudin, Osher and Fatemi's energy (Physica D 60, 1992), not differentiable: edges stay, what is flat becomes flat.
 *
 *     J(u) = Σ |∇u| + λ D(Au; f)
 *
 * |∇u| is the length over directions and channels together, so that the edges of all channels lie at one place. As a traced function its slope at |∇u| = 0
 * is 0. `restore` minimises it by primal–dual methods.
 *
 * @throws SteepestError without a λ > 0, and for options that cannot be used
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { totalVariation } from "steepest/vision";
 * totalVariation({ lambda: 2 }).of(tensor([0, 0, 1]))(tensor([0, 0, 0.5])).item(); // → 0.75
 * ```
 */
export function totalVariation(options: TotalVariationOptions): RestorationEnergy {
  const { isotropic: isRound = true, ...others } = options ?? {};
  return energyOf("totalVariation", isRound ? isotropic : anisotropic, others);
}

export interface SmoothedOptions extends EnergyOptions {
  /** ε: differences far below it count as in Tikhonov's energy over ε. Default 0.01, for values from 0 to 1. */
  readonly epsilon?: number;
}

/**
 * Total variation with its kink rounded off, for gradient methods:
 *
 *     J(u) = Σ √(|∇u|² + ε²) + λ D(Au; f)
 *
 * For D = ½ Σ (u − f)² the gradient's Lipschitz constant is at most λ + 8/ε.
 *
 * @throws SteepestError without a λ > 0, and for options that cannot be used
 */
export function smoothedTotalVariation(options: SmoothedOptions): RestorationEnergy {
  const { epsilon = 0.01, ...others } = options ?? {};
  return energyOf("smoothedTotalVariation", smoothed(epsilon), others);
}

export interface HuberOptions extends EnergyOptions {
  /** δ: squares up to it, lengths beyond. Default 0.01, for values from 0 to 1. */
  readonly delta?: number;
}

/**
 * Huber's energy: as Tikhonov's where the image changes slowly, as total variation at its edges, without staircases.
 *
 *     J(u) = Σ h(|∇u|) + λ D(Au; f),   h(t) = t²/2δ for t ≤ δ, t − δ/2 beyond
 *
 * @throws SteepestError without a λ > 0, and for options that cannot be used
 */
export function huberTotalVariation(options: HuberOptions): RestorationEnergy {
  const { delta = 0.01, ...others } = options ?? {};
  return energyOf("huberTotalVariation", huberised(delta), others);
}

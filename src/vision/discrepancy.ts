/** λ from the noise: the discrepancy principle, and an estimate of the noise itself. */
import type { Image } from "../data/images/image.js";
import { tensor } from "../tensor/create.js";
import { SteepestError, tracingError } from "../tensor/error.js";
import { exactOrderLog } from "../tensor/random.js";
import type { Tensor } from "../tensor/tensor.js";
import { showShape } from "../tensor/types.js";
import { type RestorationEnergy, seenPart } from "./energies.js";
import { spatialAxes } from "./observation.js";
import { imageTensor, isPicture } from "./pictures.js";
import { type RestoreOptions, restore } from "./restore.js";

export interface ChosenLambda {
  readonly lambda: number;
  /** ‖Au − f‖ / √n at that λ, to be compared with σ. */
  readonly residual: number;
  /** Energies that were minimised on the way. */
  readonly solves: number;
}

/** λ is good enough where the residual is as near as this to σ. */
const NEAR = 0.01;
const MOST = 20;

/**
 * Morozov's discrepancy principle: the λ for which the restored image is as far from the data as the noise put them apart,
 *
 *     ‖Au − f‖² = n σ²
 *
 * to 1 % of σ. The residual falls as λ grows, so that the secant rule on its logarithms finds it; the first steps are Chambolle's, λ ← λ · residual/σ.
 *
 * @param given the degraded image
 * @param energyOf the energy for a λ: `(lambda) => totalVariation({ lambda })`, with squares as its data term
 * @param options `sigma`, the standard deviation of the noise where values go from 0 to 1; and what `restore` takes
 * @throws SteepestError for a σ that is not positive, or larger than the contrast of the image, and for other data terms than l2
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { chooseLambda, totalVariation } from "steepest/vision";
 * const noisy = tensor([[0, 0.2, 0, 0.2, 1, 0.8, 1, 0.8]]);
 * const { lambda } = await chooseLambda(noisy, (lambda) => totalVariation({ lambda }), { sigma: 0.15 });
 * lambda > 2 && lambda < 8; // → true
 * ```
 */
export async function chooseLambda(
  given: Tensor | Image,
  energyOf: (lambda: number) => RestorationEnergy,
  options: Omit<RestoreOptions, "reference" | "progress"> & { readonly sigma: number },
): Promise<ChosenLambda> {
  const { sigma, ...others } = options;
  if (!(sigma > 0 && Number.isFinite(sigma)))
    throw new SteepestError({ problem: "σ is the standard deviation of the noise", expected: "a number > 0", received: String(sigma) });
  let lambda = 1 / sigma;
  const first = energyOf(lambda);
  if (first.fidelity.name !== "l2")
    throw new SteepestError({
      problem: "the discrepancy principle compares squares",
      expected: 'an energy with data: "l2"',
      received: first.fidelity.name,
    });
  const values = isPicture(given) ? imageTensor(given, { layout: first.layout }) : given;
  let before: { readonly lambda: number; readonly residual: number } | undefined;
  for (let solves = 1; solves <= MOST; solves++) {
    const energy = energyOf(lambda);
    const restored = await restore(values, energy, { tolerance: 1e-3, ...others });
    const residual = residualOf(energy, values, restored.values);
    if (Math.abs(residual - sigma) <= NEAR * sigma || others.signal?.aborted) return { lambda, residual, solves };
    // −1 is the slope that Chambolle's rule assumes; the true one lies between −1 and 0.
    const slope = before === undefined ? -1 : exactOrderLog(residual / before.residual) / exactOrderLog(lambda / before.lambda);
    const power = -1 / Math.min(-0.1, Math.max(-1, Number.isFinite(slope) ? slope : -1));
    before = { lambda, residual };
    // λ reaches the program: its bits must not depend on the engine's own powers.
    const change = tensor(Math.max(residual, 1e-12) / sigma)
      .pow(tensor(power))
      .item();
    lambda *= Math.min(Math.max(change, 1 / 16), 16);
    if (lambda < 1e-6 / sigma) break;
  }
  throw new SteepestError({
    problem: "no λ leaves as much as the noise behind",
    expected: `a residual of ${sigma}`,
    received: before === undefined ? undefined : `${before.residual} for λ = ${before.lambda}`,
    fix: "σ may be too large for the contrast of this image: values go from 0 to 1, so that σ of 25 in 255 is 25/255",
  });
}

function residualOf(energy: RestorationEnergy, given: Tensor, u: Tensor): number {
  const { observe, weights } = seenPart(energy, given);
  const squares = (observe?.(u) ?? u).sub(given).cast("f64").square();
  const total = weights ? squares.mul(weights.cast("f64")).sum().div(weights.cast("f64").sum()) : squares.mean();
  return Math.sqrt(total.item());
}

/**
 * The standard deviation of white Gaussian noise in an image, from its finest diagonal details (Donoho and Johnstone, Biometrika 81, 1994):
 *
 *     σ ≈ median |d| / 0.6745,   d = (u[2y, 2x] − u[2y, 2x + 1] − u[2y + 1, 2x] + u[2y + 1, 2x + 1]) / 2
 *
 * Fine texture counts as noise, so that detailed images give too much.
 *
 * @throws SteepestError for images below 2 × 2 pixels
 */
export function estimateSigma(image: Tensor | Image, options: { readonly layout?: "interleaved" | "planar" } = {}): number {
  const values = isPicture(image) ? imageTensor(image) : image;
  const axes = spatialAxes(values.shape, isPicture(image) ? "interleaved" : (options.layout ?? "interleaved"));
  const step = values.shape.map((_, a) => (axes.includes(a) ? 2 : 1));
  const size = values.shape.map((extent, a) => Math.floor(extent / step[a]));
  if (size.some((extent) => extent === 0))
    throw tracingError({ problem: "noise is estimated from blocks of 2 × 2 pixels", received: showShape(values.shape) });
  const from = (row: number, column: number) =>
    values.slice(
      values.shape.map((_, a) => (a === axes[0] ? row : a === axes[1] ? column : 0)),
      size,
      step,
    );
  const details = from(0, 0).sub(from(0, 1)).sub(from(1, 0)).add(from(1, 1)).mul(0.5).abs();
  const sorted = Float64Array.from(details.data()).sort();
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return median / 0.6744897501960817;
}

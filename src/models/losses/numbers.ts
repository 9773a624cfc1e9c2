/** Losses for numbers: vectors and images. Targets have the shape of the output; [records] counts as [records, 1]. */
import { checkPositive, type Loss, paired } from "./loss.js";

/**
 * The mean squared error of each record, over all numbers of its output.
 *
 *     ℓ = mean (y − t)²
 *
 * Targets have the shape of the output; [records] counts as [records, 1]. Labels are taken as distributions that are 1 at the class.
 * No factor ½.
 *
 * @throws SteepestError, while tracing, for targets of another size
 */
export function meanSquared(): Loss {
  return {
    name: "meanSquared",
    classification: false,
    perRecord(output, targets) {
      const { y, t } = paired("meanSquared", output, targets);
      return y.sub(t).square().mean(1);
    },
  };
}

/**
 * Half the squared error of each record, summed over its output: the loss of DnCNN (Zhang et al.: arXiv 1608.03981).
 *
 *     ℓ = ½ Σ (y − t)²
 *
 * Targets as for `meanSquared`.
 *
 * @throws SteepestError, while tracing, for targets of another size
 */
export function halfSquaredSum(): Loss {
  return {
    name: "halfSquaredSum",
    classification: false,
    perRecord(output, targets) {
      const { y, t } = paired("halfSquaredSum", output, targets);
      const sum = y.sub(t).square().sum(1);
      return sum.mul(sum.fill(0.5));
    },
  };
}

/**
 * The mean absolute error of each record, over all numbers of its output.
 *
 *     ℓ = mean |y − t|          with slope 0 where y = t
 *
 * Targets as for `meanSquared`.
 *
 * @throws SteepestError, while tracing, for targets of another size
 */
export function meanAbsolute(): Loss {
  return {
    name: "meanAbsolute",
    classification: false,
    perRecord(output, targets) {
      const { y, t } = paired("meanAbsolute", output, targets);
      return y.sub(t).abs().mean(1);
    },
  };
}

/**
 * Huber's loss: squares of small errors, multiples of large ones.
 *
 *     ℓ = mean ½ e² where |e| ≤ δ, else δ (|e| − ½ δ),  e = y − t
 *
 * Targets as for `meanSquared`. Elsewhere: PyTorch `HuberLoss(delta=δ)`, Keras `Huber`; `SmoothL1Loss(beta=δ)` is this one divided by δ.
 *
 * @param options `delta` = δ > 0 (default 1)
 * @throws SteepestError for another δ, and, while tracing, for targets of another size
 */
export function huber(options: { readonly delta?: number } = {}): Loss {
  const { delta = 1 } = options;
  checkPositive("huber", "delta", delta);
  return {
    name: "huber",
    classification: false,
    ...(delta === 1 ? {} : { settings: { delta } }),
    perRecord(output, targets) {
      const { y, t } = paired("huber", output, targets);
      const size = y.sub(t).abs();
      // ½ m² + δ (|e| − m) with m = min(|e|, δ) is both branches at once.
      const near = size.minimum(size.fill(delta));
      return near
        .square()
        .mul(near.fill(0.5))
        .add(size.sub(near).mul(size.fill(delta)))
        .mean(1);
    },
  };
}

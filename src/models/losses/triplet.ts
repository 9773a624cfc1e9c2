/** A loss for embeddings. */
import { SteepestError } from "../../tensor/error.js";
import { iota, literal } from "../../tensor/tensor.js";
import { showType } from "../../tensor/types.js";
import { checkPositive, type Loss, labelsOf } from "./loss.js";

/**
 * The triplet loss on the hardest triplets of a batch (Schroff et al.: arXiv 1503.03832; Hermans et al.: arXiv 1703.07737): records of one
 * class come close to one another, others stay away.
 *
 *     ℓᵢ = max(0, max_{j: yⱼ = yᵢ} dᵢⱼ − min_{j: yⱼ ≠ yᵢ} dᵢⱼ + m),  dᵢⱼ = ‖eᵢ − eⱼ‖₂
 *
 * The output of the model are embeddings e [records, features], targets are labels. A record without another class in its batch counts 0. It is
 * a loss of a batch: its value depends on who is in it.
 *
 * @param options `margin` = m > 0 (default 1)
 * @throws SteepestError for another margin, and, while tracing, for shapes that do not fit
 */
export function triplet(options: { readonly margin?: number } = {}): Loss {
  const { margin = 1 } = options;
  checkPositive("triplet", "margin", margin);
  return {
    name: "triplet",
    classification: false,
    ...(margin === 1 ? {} : { settings: { margin } }),
    perRecord(output, targets) {
      if (output.rank !== 2)
        throw new SteepestError({
          problem: "triplet takes embeddings",
          expected: "[records, features]",
          received: showType(output),
          fix: "end the model with flatten() and dense(features)",
        });
      const labels = labelsOf("triplet", output, targets);
      const [n, features] = output.shape;
      const all = [n, n, features];
      const squares = output
        .broadcastAlong(all, [0, 2])
        .sub(output.broadcastAlong(all, [1, 2]))
        .square()
        .sum(2);
      // The root has no slope at 0, where a record meets itself or its twin.
      const apart = squares.gt(squares.fill(0));
      const distance = apart.select(apart.select(squares, squares.fill(1)).sqrt(), squares.fill(0));
      const same = labels.broadcastAlong([n, n], [0]).eq(labels.broadcastAlong([n, n], [1]));
      const farthest = same.select(distance, distance.fill(0)).max(1);
      // Far beyond all others: the largest distance of the batch, and more.
      const beyond = distance.max().stopGradient().add(literal(1, output.dtype)).broadcastTo([n, n]);
      const nearest = same.select(beyond, distance).min(1);
      const others = same
        .cast("i32")
        .sum(1)
        .lt(iota([n], 0, "i32").fill(n));
      return others.select(farthest.sub(nearest).add(nearest.fill(margin)).relu(), farthest.fill(0));
    },
  };
}

/** What a model is trained to make small: one number for each record, so that records can be weighed; the caller takes the mean. */
import { SteepestError } from "../tensor/error.js";
import { iota, type Tensor } from "../tensor/tensor.js";
import { isFloat, sameShape, showShape, showType } from "../tensor/types.js";

export interface Loss {
  readonly name: string;
  /** Whether outputs are scores of classes, so that accuracy has a meaning where targets are labels. */
  readonly classification: boolean;
  /**
   * @param output what the model gives: [records, …]
   * @param targets class labels (i32, u32 or u8 [records]), or numbers
   * @returns the loss of each record: [records]
   */
  perRecord(output: Tensor, targets: Tensor): Tensor;
}

/**
 * Softmax and cross-entropy in one, for classes.
 *
 *     labels:        ℓ = log Σⱼ exp sⱼ − s_y
 *     soft targets:  ℓ = Σⱼ pⱼ (log Σₖ exp sₖ − sⱼ)
 *
 * The output of the model are scores s [records, classes] (no softmax layer before it). Targets: labels 0 … classes − 1 as integers
 * [records], or distributions p [records, classes]. Computed from the scores less their largest, so that nothing overflows. A model that knows nothing has ℓ = ln(classes).
 *
 * @throws SteepestError, while tracing, for shapes that do not fit
 */
export function crossEntropy(): Loss {
  return {
    name: "crossEntropy",
    classification: true,
    perRecord(output, targets) {
      expectScores("crossEntropy", output);
      // Scores relative to the largest: neither overflow, nor digits lost where all scores are far from 0.
      const relative = output.sub(output.max(1).stopGradient().broadcastAlong(output.shape, [0]));
      const logTotal = relative.exp().sum(1).log();
      if (!isFloat(targets.dtype)) return logTotal.sub(pickedScore(relative, labelsOf("crossEntropy", output, targets)));
      const p = distributions("crossEntropy", output, targets);
      return p.mul(logTotal.broadcastAlong(output.shape, [0]).sub(relative)).sum(1);
    },
  };
}

/**
 * The multiclass hinge loss of the support vector machine (Weston and Watkins).
 *
 *     ℓ = Σ_{j≠y} max(0, sⱼ − s_y + Δ)
 *
 * Scores [records, classes], labels [records]. At the kink the slope is 0. Lecture example: scores (3.2, 5.1, −1.7) with y = 0 and
 * Δ = 1 give 2.9. PyTorch's `MultiMarginLoss` divides by the number of classes.
 *
 * @param options `margin` = Δ > 0 (default 1)
 * @throws SteepestError for another margin, and, while tracing, for shapes that do not fit or soft targets
 */
export function multiclassHinge(options: { readonly margin?: number } = {}): Loss {
  const { margin = 1 } = options;
  if (!(Number.isFinite(margin) && margin > 0))
    throw new SteepestError({
      problem: "the margin of multiclassHinge is not usable",
      expected: "a finite number > 0",
      received: String(margin),
    });
  return {
    name: "multiclassHinge",
    classification: true,
    perRecord(output, targets) {
      expectScores("multiclassHinge", output);
      const labels = labelsOf("multiclassHinge", output, targets);
      const own = pickedScore(output, labels).broadcastAlong(output.shape, [0]);
      const exceeds = output.sub(own).add(margin).relu();
      return isLabel(output, labels).select(output.fill(0), exceeds).sum(1);
    },
  };
}

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
      const wide = output.reshape([output.shape[0], -1]);
      const difference = wide.sub(asNumbers(wide, targets));
      return difference.square().mean(1);
    },
  };
}

/**
 * Whether the largest score is that of the label, 1 or 0 for each record; of equal scores the first counts. For soft targets the label
 * is their largest.
 *
 * @returns [records], of the dtype of the output
 */
export function accuracy(output: Tensor, targets: Tensor): Tensor {
  expectScores("accuracy", output);
  const labels = isFloat(targets.dtype) ? distributions("accuracy", output, targets).argmax(1) : labelsOf("accuracy", output, targets);
  return output.argmax(1).cast("i32").eq(labels.cast("i32")).cast(output.dtype);
}

/** Where the class of a column is the label of its row. */
function isLabel(output: Tensor, labels: Tensor): Tensor {
  return iota(output.shape, 1, "i32").eq(labels.broadcastAlong(output.shape, [0]));
}

/** s_y of each record. A comparison, not a gather, so that one loop over a row computes all of the loss. */
function pickedScore(output: Tensor, labels: Tensor): Tensor {
  return isLabel(output, labels).select(output, output.fill(0)).sum(1);
}

function expectScores(loss: string, output: Tensor): void {
  if (output.rank !== 2 || output.shape[1] < 2 || !isFloat(output.dtype))
    throw new SteepestError({
      problem: `${loss} takes the scores of at least two classes`,
      expected: "[records, classes], floating point",
      received: showType(output),
      fix: output.rank > 2 ? "end the model with flatten() and dense(classes)" : "end the model with dense(classes)",
    });
}

function labelsOf(loss: string, output: Tensor, targets: Tensor): Tensor {
  if (isFloat(targets.dtype) || targets.dtype === "bool" || !sameShape(targets.shape, [output.shape[0]]))
    throw new SteepestError({
      problem: `${loss} takes one label for each record`,
      expected: `integers (i32, u32 or u8) [${output.shape[0]}]`,
      received: showType(targets),
      fix: isFloat(targets.dtype) ? 'convert whole numbers with cast("i32")' : undefined,
    });
  return targets.cast("i32");
}

function distributions(loss: string, output: Tensor, targets: Tensor): Tensor {
  if (!sameShape(targets.shape, output.shape))
    throw new SteepestError({
      problem: `${loss} takes labels, or one distribution for each record`,
      expected: `integer labels [${output.shape[0]}], or floating point ${showShape(output.shape)}`,
      received: showType(targets),
      fix: targets.rank === 1 ? 'labels are integers: targets.cast("i32")' : undefined,
    });
  return targets.cast(output.dtype);
}

/** Targets of the shape of `wide` [records, numbers]. Broadcasting is refused: [records] against [records, 1] would compare all with all. */
function asNumbers(wide: Tensor, targets: Tensor): Tensor {
  const [records, numbers] = wide.shape;
  if (!isFloat(targets.dtype) && numbers > 1 && sameShape(targets.shape, [records]))
    return isLabel(wide, targets.cast("i32")).cast(wide.dtype);
  if (targets.shape[0] !== records || targets.size !== wide.size)
    throw new SteepestError({
      problem: "meanSquared compares numbers one by one",
      expected: `targets of ${numbers} number${numbers === 1 ? "" : "s"} for each of ${records} records`,
      received: showType(targets),
      fix: "let the last layer give as many numbers as one target has",
    });
  return targets.cast(wide.dtype).reshape([records, numbers]);
}

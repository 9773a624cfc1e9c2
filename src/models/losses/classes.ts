/** Losses for classes. */
import { SteepestError } from "../../tensor/error.js";
import type { Tensor } from "../../tensor/tensor.js";
import { isFloat } from "../../tensor/types.js";
import { checkPositive, distributions, expectScores, isLabel, type Loss, labelsOf, paired, pickedScore } from "./loss.js";

export interface CrossEntropyOptions {
  /** ε, 0 ≤ ε < 1: so much of each target is spread over all classes alike. Default 0. */
  readonly smoothing?: number;
}

/**
 * Softmax and cross-entropy in one, for classes.
 *
 *     labels:        ℓ = log Σⱼ exp sⱼ − s_y
 *     soft targets:  ℓ = Σⱼ pⱼ (log Σₖ exp sₖ − sⱼ)
 *     smoothing:     p ← (1 − ε) p + ε/classes          (Szegedy et al.: arXiv 1512.00567)
 *
 * The output of the model are scores s [records, classes] (no softmax layer before it). Targets: labels 0 … classes − 1 as integers
 * [records], or distributions p [records, classes]. Computed from the scores less their largest, so that nothing overflows. A model that knows nothing has ℓ = ln(classes).
 *
 * @param options `smoothing` = ε (0)
 * @throws SteepestError for another ε, and, while tracing, for shapes that do not fit
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Loss {
  const { smoothing = 0 } = options;
  if (!(smoothing >= 0 && smoothing < 1))
    throw new SteepestError({ problem: "the smoothing of crossEntropy is not usable", expected: "0 ≤ ε < 1", received: String(smoothing) });
  return {
    name: "crossEntropy",
    classification: true,
    ...(smoothing === 0 ? {} : { settings: { smoothing } }),
    perRecord(output, targets) {
      expectScores("crossEntropy", output);
      // Scores relative to the largest: neither overflow, nor digits lost where all scores are far from 0.
      const relative = output.sub(output.max(1).stopGradient().broadcastAlong(output.shape, [0]));
      const logTotal = relative.exp().sum(1).log();
      if (!isFloat(targets.dtype)) {
        const own = pickedScore(relative, labelsOf("crossEntropy", output, targets));
        if (smoothing === 0) return logTotal.sub(own);
        return logTotal.sub(own.mul(own.fill(1 - smoothing)).add(relative.mean(1).mul(own.fill(smoothing))));
      }
      const given = distributions("crossEntropy", output, targets);
      const p = smoothing === 0 ? given : given.mul(given.fill(1 - smoothing)).add(given.fill(smoothing / output.shape[1]));
      return p.mul(logTotal.broadcastAlong(output.shape, [0]).sub(relative)).sum(1);
    },
  };
}

/**
 * Cross-entropy of yes and no, from scores: the mean over all outputs of a record.
 *
 *     ℓ = mean (log(1 + eˢ) − t s)
 *
 * Targets t are 0 or 1, or probabilities, one for each output; [records] counts as [records, 1]. The probability of yes is 1/(1 + e⁻ˢ); no
 * sigmoid layer before it. Elsewhere: PyTorch `BCEWithLogitsLoss`, Keras `BinaryCrossentropy(from_logits=True)`.
 *
 * @throws SteepestError, while tracing, for targets of another size
 */
export function binaryCrossEntropy(): Loss {
  return {
    name: "binaryCrossEntropy",
    classification: false,
    perRecord(output, targets) {
      const { y, t } = paired("binaryCrossEntropy", output, targets);
      return y.softplus().sub(y.mul(t)).mean(1);
    },
  };
}

/**
 * The hinge loss of two classes: the mean over all outputs of a record.
 *
 *     ℓ = mean max(0, 1 − t s)
 *
 * Targets are −1 and 1; labels (integers 0 and 1) stand for them. At the kink the slope is 0.
 *
 * @throws SteepestError, while tracing, for targets of another size
 */
export function hinge(): Loss {
  return {
    name: "hinge",
    classification: false,
    perRecord(output, targets) {
      const { y, t } = paired("hinge", output, targets);
      const sign = isFloat(targets.dtype) ? t : t.add(t).sub(t.fill(1));
      return y.fill(1).sub(sign.mul(y)).relu().mean(1);
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
  checkPositive("multiclassHinge", "margin", margin);
  return {
    name: "multiclassHinge",
    classification: true,
    ...(margin === 1 ? {} : { settings: { margin } }),
    perRecord(output, targets) {
      expectScores("multiclassHinge", output);
      const labels = labelsOf("multiclassHinge", output, targets);
      const own = pickedScore(output, labels).broadcastAlong(output.shape, [0]);
      const exceeds = output.sub(own).add(output.fill(margin)).relu();
      return isLabel(output, labels).select(output.fill(0), exceeds).sum(1);
    },
  };
}

/**
 * Rosenblatt's perceptron, one for each class: class y is meant by t_y = 1, all others by tⱼ = −1.
 *
 *     ℓ = Σⱼ max(0, −tⱼ sⱼ)
 *
 * Scores [records, classes], labels [records]. A score of 0 counts as a mistake, so that weights of 0 learn: its slope is −tⱼ. By
 * `gd({ learningRate: 1 })` on one record after the other this is the perceptron's own rule, w ← w + t x at each mistake, which ends on
 * separable data after at most (R/γ)² mistakes (Novikoff 1962), R the longest input and γ the margin.
 *
 * @throws SteepestError, while tracing, for shapes that do not fit or soft targets
 */
export function perceptron(): Loss {
  return {
    name: "perceptron",
    classification: true,
    perRecord(output, targets) {
      expectScores("perceptron", output);
      const meant = isLabel(output, labelsOf("perceptron", output, targets));
      const against = meant.select(output.neg(), output);
      return against.ge(0).select(against, output.fill(0)).sum(1);
    },
  };
}

/**
 * The Kullback–Leibler divergence of the model's distribution from the targets'.
 *
 *     ℓ = Σⱼ pⱼ (log pⱼ − log qⱼ),  q = softmax of the scores,  0 log 0 = 0
 *
 * Scores and targets p [records, classes]. It is `crossEntropy()` less the entropy of the targets: the same gradient, and 0 at the best.
 * Elsewhere: PyTorch `KLDivLoss(reduction="batchmean")`, which takes log q.
 *
 * @throws SteepestError, while tracing, for labels and shapes that do not fit
 */
export function kullbackLeibler(): Loss {
  return {
    name: "kullbackLeibler",
    classification: true,
    perRecord(output, targets) {
      expectScores("kullbackLeibler", output);
      const p = distributions("kullbackLeibler", output, targets);
      const positive = p.gt(p.fill(0));
      const entropy = positive.select(p.mul(positive.select(p, p.fill(1)).log()), p.fill(0));
      return entropy.sub(p.mul(output.logSoftmax(1))).sum(1);
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

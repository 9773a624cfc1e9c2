/** Mixtures of records. */
import { SteepestError } from "../../tensor/error.js";
import { concatenate } from "../../tensor/join.js";
import { iota, type Tensor } from "../../tensor/tensor.js";
import { isFloat, showType } from "../../tensor/types.js";
import { type Augmentation, defineAugmentation } from "./augmentation.js";
import { checkNumber } from "./checks.js";

/**
 * Each record is mixed with the next one of its batch, and so are their targets (Zhang et al.: arXiv 1710.09412):
 *
 *     x ← λ x + (1 − λ) x',    t ← λ t + (1 − λ) t',    λ ~ Beta(α, α), drawn for each record
 *
 * Labels become distributions over the classes, which `crossEntropy()` takes; the training accuracy then counts the likelier class. In shuffled batches the
 * next record is any. (The paper draws one λ for a batch; one for each record varies more, and is as in fastai.)
 *
 * @param alpha α > 0: small values leave most records nearly as they are. Default 0.2
 * @throws SteepestError for another α, and, while tracing, for labels with a loss that knows no classes
 */
export function mixup(alpha = 0.2): Augmentation {
  checkNumber("mixup()", alpha, "α > 0", (a) => a > 0);
  return defineAugmentation({
    name: "mixup",
    settings: { alpha },
    apply: ({ inputs, targets }, { uniform, classes }) => {
      const [records] = inputs.shape;
      const lambda = symmetricBeta(alpha, (purpose) => uniform([records], purpose));
      const soft = isFloat(targets.dtype) ? targets : distributionsOf(targets, classes).cast(inputs.dtype);
      const mixed = (x: Tensor) => {
        const own = lambda.cast(x.dtype).broadcastAlong(x.shape, [0]);
        return x.mul(own).add(next(x).mul(own.fill(1).sub(own)));
      };
      return { inputs: mixed(inputs), targets: mixed(soft) };
    },
  });
}

/** The record behind each one; behind the last the first. */
function next(x: Tensor): Tensor {
  const [records, ...rest] = x.shape;
  const part = (from: number, count: number) => x.slice([from, ...rest.map(() => 0)], [count, ...rest]);
  return records === 1 ? x : concatenate([part(1, records - 1), part(0, 1)], 0);
}

function distributionsOf(labels: Tensor, classes: number | undefined): Tensor {
  if (classes === undefined || labels.rank !== 1)
    throw new SteepestError({
      problem: "mixup cannot mix these targets",
      expected: "labels with a loss for classes, such as crossEntropy(), or floating-point numbers",
      received: showType(labels),
    });
  const shape = [labels.shape[0], classes];
  return iota(shape, 1, "i32").eq(labels.cast("i32").broadcastAlong(shape, [0]));
}

/**
 * Numbers from Beta(α, α) without rejection, so that each needs a fixed number of draws. With G, G' ~ Gamma(α + 1), G u^(1/α) is Gamma(α); hence
 *
 *     λ = σ( logit y + (ln u − ln u')/α ),    y ~ Beta(α + 1, α + 1) = ½ + ½ √(1 − v^(2/(2α + 1))) cos 2πw
 *
 * where the law of y is Ulrich's (Devroye: Non-Uniform Random Variate Generation, 1986, IX.3.3), and u, u', v, w are uniform.
 */
function symmetricBeta(alpha: number, draw: (purpose: string) => Tensor): Tensor {
  // Half a unit of the 24 bits keeps logarithms finite.
  const open = (purpose: string) =>
    draw(purpose)
      .add(2 ** -25)
      .minimum(1 - 2 ** -24);
  const radius = open("radius")
    .log()
    .mul(2 / (2 * alpha + 1))
    .exp()
    .neg()
    .add(1)
    .maximum(0)
    .sqrt();
  // Half a millionth inside keeps the logit finite.
  const cosine = draw("angle").mul(6.283185307179586).cos().mul(radius).mul(0.999999);
  const logit = cosine.add(1).log().sub(cosine.neg().add(1).log());
  return logit
    .add(
      open("first")
        .log()
        .sub(open("second").log())
        .mul(1 / alpha),
    )
    .sigmoid();
}

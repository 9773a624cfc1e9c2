/** The gradient of a classifier's loss over one batch of made-up records, in float64. */
import { pullBack } from "../../src/autodiff/reverse.js";
import { crossEntropy } from "../../src/models/losses.js";
import type { Model } from "../../src/models/model.js";
import { Training } from "../../src/objectives/training.js";
import { fromHost, type Tensor } from "../../src/tensor/tensor.js";
import { sizeOf } from "../../src/tensor/types.js";

export function batchGradient(model: Model, shape: readonly number[], records: number): Tensor {
  const training = new Training({
    model: model.build(shape),
    loss: crossEntropy(),
    preprocessing: { scale: 1, offset: 0 },
    seed: 3,
    dtype: "f64",
  });
  const theta = fromHost(training.start().theta, [training.layout.size], "f64");
  const inputs = fromHost(
    Float64Array.from({ length: records * sizeOf(shape) }, (_, i) => ((i * 7919) % 97) / 97),
    [records, ...shape],
    "f64",
  );
  const labels = fromHost(
    Int32Array.from({ length: records }, (_, i) => i % 10),
    [records],
    "i32",
  );
  const { loss } = training.batch(theta, inputs, labels, true);
  const [gradient] = pullBack([loss], [loss.fill(1)], [theta]);
  if (gradient === undefined) throw new Error("no gradient");
  return gradient;
}

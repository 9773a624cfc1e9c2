/** What a model is trained to make small: one number for each record, so that records can be weighed; the caller takes the mean. */
import { SteepestError } from "../../tensor/error.js";
import { iota, type Tensor } from "../../tensor/tensor.js";
import { isFloat, sameShape, showShape, showType } from "../../tensor/types.js";

export interface Loss {
  readonly name: string;
  /** Whether outputs are scores of classes, so that accuracy has a meaning where targets are labels. */
  readonly classification: boolean;
  /** The numbers that it was made with, under the names of its options: what a run folder keeps of it. */
  readonly settings?: Readonly<Record<string, number>>;
  /**
   * @param output what the model gives: [records, …]
   * @param targets class labels (i32, u32 or u8 [records]), or numbers
   * @returns the loss of each record: [records]
   */
  perRecord(output: Tensor, targets: Tensor): Tensor;
}

/** Where the class of a column is the label of its row. */
export function isLabel(output: Tensor, labels: Tensor): Tensor {
  return iota(output.shape, 1, "i32").eq(labels.broadcastAlong(output.shape, [0]));
}

/** s_y of each record. A comparison, not a gather, so that one loop over a row computes all of the loss. */
export function pickedScore(output: Tensor, labels: Tensor): Tensor {
  return isLabel(output, labels).select(output, output.fill(0)).sum(1);
}

export function expectScores(loss: string, output: Tensor): void {
  if (output.rank !== 2 || output.shape[1] < 2 || !isFloat(output.dtype))
    throw new SteepestError({
      problem: `${loss} takes the scores of at least two classes`,
      expected: "[records, classes], floating point",
      received: showType(output),
      fix: output.rank > 2 ? "end the model with flatten() and dense(classes)" : "end the model with dense(classes)",
    });
}

export function labelsOf(loss: string, output: Tensor, targets: Tensor): Tensor {
  if (isFloat(targets.dtype) || targets.dtype === "bool" || !sameShape(targets.shape, [output.shape[0]]))
    throw new SteepestError({
      problem: `${loss} takes one label for each record`,
      expected: `integers (i32, u32 or u8) [${output.shape[0]}]`,
      received: showType(targets),
      fix: isFloat(targets.dtype) ? 'convert whole numbers with cast("i32")' : undefined,
    });
  return targets.cast("i32");
}

export function distributions(loss: string, output: Tensor, targets: Tensor): Tensor {
  if (!sameShape(targets.shape, output.shape))
    throw new SteepestError({
      problem: `${loss} takes labels, or one distribution for each record`,
      expected: `integer labels [${output.shape[0]}], or floating point ${showShape(output.shape)}`,
      received: showType(targets),
      fix: targets.rank === 1 ? 'labels are integers: targets.cast("i32")' : undefined,
    });
  return targets.cast(output.dtype);
}

/** Outputs and targets as [records, numbers]. Broadcasting is refused: [records] against [records, 1] would compare all with all. */
export function paired(loss: string, output: Tensor, targets: Tensor): { readonly y: Tensor; readonly t: Tensor } {
  const y = output.reshape([output.shape[0], -1]);
  const [records, numbers] = y.shape;
  if (!isFloat(targets.dtype) && numbers > 1 && sameShape(targets.shape, [records]))
    return { y, t: isLabel(y, targets.cast("i32")).cast(y.dtype) };
  if (targets.shape[0] !== records || targets.size !== y.size)
    throw new SteepestError({
      problem: `${loss} compares numbers one by one`,
      expected: `targets of ${numbers} number${numbers === 1 ? "" : "s"} for each of ${records} records`,
      received: showType(targets),
      fix: "let the last layer give as many numbers as one target has",
    });
  return { y, t: targets.cast(y.dtype).reshape([records, numbers]) };
}

/** Refuses an option that is no finite number > 0. */
export function checkPositive(loss: string, what: string, value: number): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new SteepestError({ problem: `the ${what} of ${loss} is not usable`, expected: "a finite number > 0", received: String(value) });
}

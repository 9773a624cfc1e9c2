/** From a model's outputs to loss, accuracy and confusion. */
import { type DatasetPart, recordCount } from "../data/dataset.js";
import type { HostData } from "../tensor/types.js";
import type { Evaluation } from "./history.js";

/** What a stretch of records gave. */
export interface PartOutputs {
  /** One loss for each record. */
  readonly loss: HostData;
  /** The model's outputs, row by row. */
  readonly outputs: HostData;
}

export function judge(
  results: readonly PartOutputs[],
  part: DatasetPart,
  classification: boolean,
): Evaluation & { readonly outputs: Float32Array } {
  const count = recordCount(part);
  const width = results.reduce((n, r) => n + r.outputs.length, 0) / count;
  const outputs = new Float32Array(count * width);
  const weights = part.weights?.data;
  let [total, weight] = [0, 0];
  let [at, record] = [0, 0];
  for (const r of results) {
    for (const loss of r.loss) {
      const counts = weights?.[record++] ?? 1;
      total += counts * loss;
      weight += counts;
    }
    outputs.set(r.outputs, at);
    at += r.outputs.length;
  }
  const loss = total / weight;
  if (!classification || part.targets.shape.length !== 1) return { loss, outputs };
  const confusion = Array.from({ length: width }, () => new Array<number>(width).fill(0));
  let correct = 0;
  for (let i = 0; i < count; i++) {
    const guess = largest(outputs, i * width, width);
    const label = part.targets.data[i];
    confusion[label][guess]++;
    if (guess === label) correct += weights?.[i] ?? 1;
  }
  return { loss, accuracy: correct / weight, confusion, outputs };
}

/** Index of the largest of `count` numbers from `from` on; the first wins. */
export function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let j = 1; j < count; j++) if (values[from + j] > values[from + best]) best = j;
  return best;
}

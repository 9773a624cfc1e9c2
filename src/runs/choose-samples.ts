/** Which records of a test set a report shows. */
import type { DatasetPart } from "../data/dataset.js";
import type { Image } from "../data/images/image.js";
import { predicted } from "./report-predictions.js";
import type { Sample } from "./run-data.js";

export interface ChosenSamples {
  /** The first records. */
  readonly samples: readonly Sample[];
  /** All records whose most probable class is not the label. */
  readonly mistakes: readonly Sample[];
}

/**
 * The first records of a part and the mistaken ones, as pictures. Empty where the records are no pictures of bytes ([records, height, width, channels]
 * with 1 to 4 channels).
 *
 * @param probabilities [records][classes], row by row
 * @param count how many first records
 */
export function chooseSamples(part: DatasetPart, probabilities: ArrayLike<number>, count = 24): ChosenSamples {
  const records = part.inputs.shape[0] ?? 0;
  const classes = records === 0 ? 0 : probabilities.length / records;
  const samples: Sample[] = [];
  const mistakes: Sample[] = [];
  if (!Number.isInteger(classes) || classes < 1) return { samples, mistakes };
  for (let index = 0; index < records; index++) {
    const label = part.targets.data[index];
    const row = Array.from({ length: classes }, (_, at) => probabilities[index * classes + at]);
    const isMistake = predicted({ probabilities: row }) !== label;
    if (index >= count && !isMistake) continue;
    const image = imageOf(part, index);
    if (image === undefined) break;
    const sample: Sample = { index, image, label, probabilities: row };
    if (index < count) samples.push(sample);
    if (isMistake) mistakes.push(sample);
  }
  return { samples, mistakes };
}

function imageOf({ inputs }: DatasetPart, index: number): Image | undefined {
  const [, height, width, channels = 1, ...more] = inputs.shape;
  if (!(inputs.data instanceof Uint8Array) || width === undefined || channels > 4 || more.length > 0) return undefined;
  const size = height * width * channels;
  return { width, height, channels, depth: 8, data: inputs.data.subarray(index * size, (index + 1) * size) };
}

/** What a data set looks like in numbers. */
import { SteepestError } from "../tensor/error.js";
import type { DataArray, Dataset, DatasetPart } from "./dataset.js";

export interface ArrayStatistics {
  /** How many numbers there are. */
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The standard deviation over all numbers (divided by `count`). */
  readonly std: number;
}

/** Statistics over all numbers of an array, as stored (before any preprocessing), in float64. */
export function statistics(array: DataArray): ArrayStatistics {
  const [only] = channelStatistics({ ...array, shape: [array.data.length, 1] });
  return only;
}

/** One entry for each channel: each index of the last axis. */
export function channelStatistics(array: DataArray): readonly ArrayStatistics[] {
  const { data, shape } = array;
  const channels = shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
  if (data.length === 0) throw new SteepestError({ problem: "An empty array has no statistics", received: `shape [${shape.join(", ")}]` });
  const count = data.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    for (let i = channel; i < data.length; i += channels) {
      const x = data[i];
      if (x < min) min = x;
      if (x > max) max = x;
      sum += x;
    }
    const mean = sum / count;
    // A second pass about the mean: the difference of squares loses all digits where the mean is large.
    let squares = 0;
    for (let i = channel; i < data.length; i += channels) squares += (data[i] - mean) * (data[i] - mean);
    return { count, min, max, mean, std: Math.sqrt(squares / count) };
  });
}

/** How many records of each class there are, by label. */
export function classCounts(part: DatasetPart, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of part.targets.data) counts[label]++;
  return counts;
}

/**
 * The same data with a preprocessing that gives each channel (the last axis: for tables each field) mean 0 and standard deviation 1 over
 * the training records. A channel that never varies keeps standard deviation 1.
 */
export function standardized(dataset: Dataset): Dataset {
  const perChannel = channelStatistics(dataset.inputs);
  const { scale, offset } = dataset.preprocessing;
  return {
    ...dataset,
    preprocessing: {
      scale,
      offset,
      mean: perChannel.map((channel) => channel.mean * scale + offset),
      std: perChannel.map((channel) => channel.std * Math.abs(scale) || 1),
    },
  };
}

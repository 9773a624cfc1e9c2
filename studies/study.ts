/** What a study is: a published experiment done again, several times over, with its numbers beside those that were published. */

/** What a study is asked for. */
export interface StudyOptions {
  /** Where its data lie; absent only where `builtIn` allows it. */
  readonly data?: string;
  /** Run folders of networks that are measured beside the rest, where a study has a use for them. Default: none. */
  readonly runs?: readonly string[];
  /** Only the rows with this in their names. Default: all. */
  readonly only?: string;
  /** One run for each. */
  readonly seeds: readonly number[];
  /** A small part of it, which shows that everything works and nothing more. */
  readonly quick: boolean;
  /** Tells the one who waits how far it is. */
  readonly report: (text: string) => void;
}

/** One number that was measured once for each seed. */
export interface Measured {
  readonly name: string;
  /** In the order of the seeds. */
  readonly values: readonly number[];
  /** What others found, with its source: a number, or words where there is none. */
  readonly published: string;
  /** What one run takes: steps, tries, looks at the data. */
  readonly effort: string;
  readonly seconds: number;
  /** Where every value must lie for the result to count as the published one. Absent where nothing comparable was published. */
  readonly bounds?: Bounds;
}

/** From the least to the most, both included. */
export type Bounds = readonly [least: number, most: number];

/** mean ± 3 standard deviations: where runs of the same protocol lie. */
export const threeDeviations = (mean: number, deviation: number): Bounds => [mean - 3 * deviation, mean + 3 * deviation];

export interface StudyResult {
  /** What the values are: "test accuracy". */
  readonly quantity: string;
  /** Whether the values are shares, to be printed as percent. */
  readonly percent: boolean;
  readonly rows: readonly Measured[];
  /** What was done, and in what it differs from what was published; one sentence each. */
  readonly protocol: readonly string[];
}

export interface Study {
  readonly name: string;
  readonly title: string;
  /** What lies in its data folder. */
  readonly needs: string;
  /** Seeds, unless others are asked for. */
  readonly seeds: number;
  /** Whether its short form makes do with built-in data. */
  readonly builtIn?: boolean;
  /** What trained networks it measures, as `steepest train` leaves them. Default: none. */
  readonly takesRuns?: string;
  run(options: StudyOptions): Promise<StudyResult>;
}

/** Several runs as one line: how DeepOBS and others print results over seeds. */
export interface Band {
  readonly mean: number;
  /** Of the runs as a sample (n − 1); 0 for a single run. */
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
}

/** @throws RangeError for no values at all */
export function band(values: readonly number[]): Band {
  if (values.length === 0) throw new RangeError("a band needs at least one value");
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return {
    mean,
    deviation: values.length === 1 ? 0 : Math.sqrt(squares / (values.length - 1)),
    least: Math.min(...values),
    most: Math.max(...values),
  };
}

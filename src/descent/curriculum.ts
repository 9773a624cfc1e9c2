/** The order of the records in an epoch, as `fit` is told of it. */
import { type Pace, type RecordOrder, rankedBy } from "../data/batches.js";
import { splitIndices } from "../data/split.js";
import { SteepestError } from "../tensor/error.js";
import { checkOptionNames } from "./option-names.js";
import { unusable } from "./settings.js";
import type { FitSettings } from "./trained-run.js";

/** The orders in which an epoch can read its records. */
export const orderNames = ["sequential", "shuffled", "once", "replacement", "difficulty"] as const;

export type OrderName = (typeof orderNames)[number];

export interface CurriculumOptions {
  /** How hard each record of the data is: any numbers. Default: the loss of the model on it before the first step. */
  readonly scores?: ArrayLike<number>;
  /**
   * A part of the data at first: the easiest share `from`, in random order, growing to all of it in so many `epochs`. Default: every epoch
   * reads all records, the easiest first.
   */
  readonly pace?: Pace;
}

/** By difficulty, which is the loss of each record at the start. */
export interface ByLoss {
  readonly byLoss: true;
  readonly pace?: Pace;
}

export interface OrderOptions {
  /**
   * How the records of an epoch come into its batches: `"sequential"`, as they lie in the data; `"shuffled"` anew in each epoch; shuffled `"once"`;
   * drawn independently with `"replacement"`; by `"difficulty"`, the easiest first, see `curriculum`. Default `"shuffled"`.
   */
  readonly order?: OrderName;
  /** What is difficult, and how fast it comes; with `order: "difficulty"`. */
  readonly curriculum?: CurriculumOptions;
}

/** The order as the loop takes it; scores of the records that are trained on. */
export function orderOf(
  { order = "shuffled", curriculum = {} }: OrderOptions,
  count: number,
  validation: number,
  seed: number,
): RecordOrder | ByLoss {
  if (order !== "difficulty") return order;
  const { scores, pace } = curriculum;
  const paced = pace ? { pace } : {};
  if (scores === undefined) return { byLoss: true, ...paced };
  const own = validation > 0 ? Float64Array.from(splitIndices(count, validation, seed).training, (i) => scores[i]) : scores;
  return { ranking: rankedBy(own), ...paced };
}

/** What of the curriculum a run keeps. */
export function curriculumData({ order, curriculum = {} }: OrderOptions): FitSettings["curriculum"] {
  if (order !== "difficulty") return null;
  return { scores: curriculum.scores === undefined ? "loss" : "given", pace: curriculum.pace ? { ...curriculum.pace } : null };
}

/** @throws SteepestError for what is no order, or no curriculum for so many records */
export function checkOrder({ order, curriculum }: OrderOptions, count: number): void {
  if (order !== undefined && !orderNames.includes(order)) throw unusable("order", orderNames.join(", "), order);
  if (curriculum === undefined) return;
  if (order !== "difficulty")
    throw new SteepestError({ problem: "a curriculum needs the order by difficulty", fix: 'set order: "difficulty"' });
  checkOptionNames("curriculum", curriculum, ["scores", "pace"]);
  const { scores, pace } = curriculum;
  if (scores !== undefined && scores.length !== count)
    throw unusable("curriculum.scores", `${count} numbers, one for each record`, `${scores.length} of them`);
  const odd = scores === undefined ? -1 : Array.from(scores).findIndex((score) => !Number.isFinite(score));
  if (odd >= 0) throw unusable("curriculum.scores", "finite numbers", `${scores?.[odd]} for record ${odd}`);
  if (pace === undefined) return;
  checkOptionNames("pace", pace, ["from", "epochs"]);
  if (!(pace.from > 0 && pace.from <= 1)) throw unusable("curriculum.pace.from", "a share above 0, at most 1", pace.from);
  if (!(pace.epochs > 0 && Number.isFinite(pace.epochs))) throw unusable("curriculum.pace.epochs", "a number > 0", pace.epochs);
}

/** `raceTraining`: several optimizers on one model and data set, over several seeds. */
import type { Dataset } from "../data/dataset.js";
import { type FitOptions, fit } from "../descent/fit.js";
import type { Status } from "../descent/history.js";
import { checkOptionNames } from "../descent/option-names.js";
import { unusable } from "../descent/settings.js";
import type { TrainedRun } from "../descent/trained-run.js";
import type { Model } from "../models/model.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import type { Point } from "./curve.js";
import { type Entrants, entrantsOf, type Placed, withRate } from "./entrants.js";
import { decadesBetween, gridPlaces, preferredNumber, refinedPlaces } from "./rates.js";

export interface TrainingRaceOptions
  extends Pick<
    FitOptions,
    "loss" | "regularizer" | "epochs" | "batchSize" | "validation" | "threads" | "fast" | "workerUrl" | "dtype" | "signal"
  > {
  /** How many runs each method gets at its best rate, with seeds 1, 2, …; or the seeds themselves. Default 3. */
  readonly seeds?: number | readonly number[];
  /** Whether rates are looked for: for all, for none, or for those of these names. Default true. */
  readonly tune?: boolean | readonly string[];
  /** The lowest and the highest rate of the first grid, which has two to the decade. Default [1e-4, 1]. */
  readonly rates?: readonly [from: number, to: number];
  /** How often the search looks closer around the best rate: 0, 1 (eight rates, 1.25 apart) or 2 times (six more, 1.06 apart). Default 0. */
  readonly refinements?: 0 | 1 | 2;
  /** Called before each run. */
  readonly onProgress?: (progress: TrainingRaceProgress) => void;
}

export interface TrainingRaceProgress {
  readonly name: string;
  readonly rate: number | undefined;
  readonly seed: number;
  /** Runs done, and how many there will be. */
  readonly done: number;
  readonly runs: number;
}

/** Mean and standard deviation over the seeds; with one seed the deviation is 0. */
export interface Spread {
  readonly mean: number;
  readonly sd: number;
}

/** One run of the race. */
export interface TrainingTrial {
  /** The rate, or what a schedule was multiplied by; absent where none was looked for. */
  readonly rate?: number;
  readonly seed: number;
  readonly status: Status;
  readonly steps: number;
  /** Mean training loss of the last epoch, measured while it went on. */
  readonly trainLoss: number;
  readonly validation?: { readonly loss: number; readonly accuracy?: number };
  /** Only of the runs at the best rate. */
  readonly test?: { readonly loss: number; readonly accuracy?: number };
  /** Steps done and the mean training loss since the point before. */
  readonly curve: readonly Point[];
}

/** One method's part in a race. */
export interface TrainingRaceRow extends Placed {
  readonly trainLoss: Spread;
  readonly validationLoss?: Spread;
  readonly validationAccuracy?: Spread;
  readonly testLoss?: Spread;
  readonly testAccuracy?: Spread;
  /** Decades of rates around the best one whose score is at most a tenth above its own. */
  readonly goodDecades?: number;
  /** How many of the seeds diverged. */
  readonly diverged: number;
  /** The runs at the best rate, one for each seed. */
  readonly runs: readonly TrainingTrial[];
  /** The rates that were tried with the first seed, ascending. */
  readonly trials: readonly TrainingTrial[];
}

const names = [
  ...["loss", "regularizer", "epochs", "batchSize", "validation", "threads", "fast", "workerUrl", "dtype", "signal"],
  ...["seeds", "tune", "rates", "refinements", "onProgress"],
];

/** How much worse than the best a good rate may be. */
const GOOD = 1.1;

/**
 * Lets optimizers train one model on the same data: the same epochs and batches, the same initial weights and order for each seed, each at
 * its best rate.
 *
 * The protocol is that of DeepOBS (Schneider, Balles, Hennig 2019): rates are looked for with the first seed alone, by the same grid for
 * all (9 rates from 1e-4 to 1), and the best one runs with every seed. The best rate is the one with the lowest validation loss at the end (without a validation part: the lowest
 * training loss of the last epoch); what diverges is last. The ranking goes by the mean of the same number over the seeds. The test part decides
 * nothing: it is reported.
 *
 * The budget is counted in steps: rules that evaluate the gradient twice in a step have twice the work.
 *
 * @param model what is trained
 * @param data records with their test part
 * @param optimizers a list, or a record with a name for each
 * @param options those of `fit` that all share, and see TrainingRaceOptions. Validation is 0.1 unless given
 * @throws SteepestError as `fit` does, for options that are not usable, and where `signal` ends the race
 * @example
 * ```ts
 * import { adam, gd, linear, raceTraining } from "steepest";
 * import { digits } from "steepest/data";
 * const data = digits({ train: 500, test: 100 });
 * const result = await raceTraining(linear(), data, [gd(), adam()], { epochs: 1, seeds: 2, rates: [1e-3, 0.1] });
 * result.table.length;                // → 2
 * result.table[0].runs.length;        // → 2
 * result.table[0].trials.length;      // → 5
 * ```
 */
export async function raceTraining(
  model: Model,
  data: Dataset,
  optimizers: Entrants,
  options: TrainingRaceOptions = {},
): Promise<TrainingRace> {
  checkOptionNames("raceTraining", options, names);
  const { seeds = 3, tune = true, rates = [1e-4, 1], refinements = 0, onProgress, ...shared } = options;
  const list = seedsOf(seeds);
  if (![0, 1, 2].includes(refinements)) throw unusable("refinements", "0, 1 or 2", refinements);
  const entrants = entrantsOf("raceTraining", optimizers, tune);
  const grid = gridPlaces(rates);
  const perSearch = [grid.length, 8, 6].slice(0, refinements + 1).reduce((a, b) => a + b);
  const runs = entrants.reduce((sum, { isTuned }) => sum + (isTuned ? perSearch : 0) + list.length, 0);
  const common = { validation: 0.1, ...shared };
  let done = 0;
  const runOf = async (
    name: string,
    optimizer: Optimizer,
    rate: number | undefined,
    seed: number,
    isTested: boolean,
  ): Promise<TrainingTrial> => {
    onProgress?.({ name, rate, seed, done: done++, runs });
    const records = isTested ? data : { ...data, test: undefined };
    const run = await fit(model, records, { ...common, seed, optimizer: rate === undefined ? optimizer : withRate(optimizer, rate) });
    if (run.status === "aborted")
      throw new SteepestError({ problem: "the race was ended by its signal", received: `${done} of ${runs} runs` });
    return trialOf(run, rate);
  };
  const rows: Omit<TrainingRaceRow, "rank">[] = [];
  for (const { name, optimizer, isTuned } of entrants) {
    const trials: (TrainingTrial & { readonly place: number; readonly rate: number })[] = [];
    const best = () => trials.reduce((a, b) => (scoreOf(b) < scoreOf(a) ? b : a));
    for (let round = 0; isTuned && round <= refinements; round++)
      for (const place of round === 0 ? grid : refinedPlaces(best().place, round - 1)) {
        const rate = preferredNumber(place);
        trials.push({ ...(await runOf(name, optimizer, rate, list[0], false)), place, rate });
      }
    trials.sort((a, b) => a.place - b.place);
    const found = isTuned ? best() : undefined;
    const own: TrainingTrial[] = [];
    for (const seed of list) own.push(await runOf(name, optimizer, found?.rate, seed, true));
    rows.push({
      name,
      optimizer: found ? withRate(optimizer, found.rate) : optimizer,
      ...rateFields(optimizer, found?.rate),
      isTuned,
      ...spreads(own),
      ...(found ? { goodDecades: goodDecades(trials, found) } : {}),
      diverged: own.filter(({ status }) => status === "diverged").length,
      runs: own,
      trials: trials.map(({ place: _, ...trial }) => trial),
    });
  }
  const mean = ({ runs: own }: Pick<TrainingRaceRow, "runs">) => spreadOf(own.map(scoreOf)).mean;
  rows.sort((a, b) => (mean(a) < mean(b) ? -1 : mean(a) > mean(b) ? 1 : 0));
  const rank = (i: number): number => (i > 0 && mean(rows[i - 1]) === mean(rows[i]) ? rank(i - 1) : i + 1);
  const steps = Math.max(...rows.flatMap(({ runs: own }) => own.map((one) => one.steps)));
  return new TrainingRace({
    name: `${model.name} on ${data.name}`,
    steps,
    seeds: list,
    hasValidation: common.validation > 0,
    table: rows.map((row, i) => ({ rank: rank(i), ...row })),
  });
}

function rateFields({ learningRate, carries }: Optimizer, found: number | undefined): { learningRate?: number; scheduleScale?: number } {
  if (typeof learningRate !== "number") return found === undefined ? {} : { scheduleScale: found };
  return carries === undefined ? { learningRate: found ?? learningRate } : {};
}

function seedsOf(seeds: number | readonly number[]): readonly number[] {
  const list = typeof seeds === "number" ? Array.from({ length: seeds >= 1 && seeds <= 1000 ? seeds : 0 }, (_, i) => i + 1) : seeds;
  const usable = Array.isArray(list) && list.length > 0 && list.every((seed) => Number.isSafeInteger(seed) && seed >= 0);
  if (!usable) throw unusable("seeds", "a number of runs from 1 to 1000, or a list of whole numbers ≥ 0", JSON.stringify(seeds));
  return list;
}

function trialOf(run: TrainedRun, rate: number | undefined): TrainingTrial {
  const short = ({ loss, accuracy }: { readonly loss: number; readonly accuracy?: number }) => ({
    loss,
    ...(accuracy === undefined ? {} : { accuracy }),
  });
  return {
    ...(rate === undefined ? {} : { rate }),
    seed: run.settings.seed,
    status: run.status,
    steps: run.steps,
    trainLoss: run.trainLoss,
    ...(run.validation ? { validation: short(run.validation) } : {}),
    ...(run.test ? { test: short(run.test) } : {}),
    curve: run.history.map(({ step, loss }): Point => [step, loss]),
  };
}

/** What is to be small. A run that diverged keeps its last good weights, which say nothing of the rate. */
function scoreOf({ status, validation, trainLoss }: TrainingTrial): number {
  const score = validation?.loss ?? trainLoss;
  return status === "diverged" || !Number.isFinite(score) ? Number.POSITIVE_INFINITY : score;
}

function goodDecades(
  trials: readonly (TrainingTrial & { readonly place: number })[],
  best: TrainingTrial & { readonly place: number },
): number {
  const at = trials.indexOf(best);
  const isGood = (i: number) => i >= 0 && i < trials.length && scoreOf(trials[i]) <= GOOD * scoreOf(best);
  let [low, high] = [at, at];
  while (isGood(low - 1)) low--;
  while (isGood(high + 1)) high++;
  return decadesBetween(trials[low].place, trials[high].place);
}

function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, sd: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

function spreads(runs: readonly TrainingTrial[]) {
  const of = (name: string, pick: (run: TrainingTrial) => number | undefined) => {
    const values = runs.map(pick).filter((value) => value !== undefined);
    return values.length === runs.length ? { [name]: spreadOf(values) } : {};
  };
  return {
    trainLoss: spreadOf(runs.map(({ trainLoss }) => trainLoss)),
    ...of("validationLoss", (run) => run.validation?.loss),
    ...of("validationAccuracy", (run) => run.validation?.accuracy),
    ...of("testLoss", (run) => run.test?.loss),
    ...of("testAccuracy", (run) => run.test?.accuracy),
  };
}

/** The result of `raceTraining`. */
export class TrainingRace {
  /** Model and data. */
  readonly name: string;
  /** The budget of each run. */
  readonly steps: number;
  readonly seeds: readonly number[];
  /** Whether rates and ranks go by a validation part, or by the training loss. */
  readonly hasValidation: boolean;
  /** A row for each method, the best first. */
  readonly table: readonly TrainingRaceRow[];

  constructor({ name, steps, seeds, hasValidation, table }: Omit<TrainingRace, "ranking" | "toJSON">) {
    this.name = name;
    this.steps = steps;
    this.seeds = seeds;
    this.hasValidation = hasValidation;
    this.table = table;
  }

  /** How the ranks came about, in a sentence. */
  get ranking(): string {
    return `By the mean ${this.hasValidation ? "validation loss" : "training loss of the last epoch"} over ${this.seeds.length === 1 ? "one seed" : `${this.seeds.length} seeds`}; those that diverged are last.`;
  }

  /** For JSON: plain numbers, without curves. What is not finite becomes null. */
  toJSON(): object {
    const { name, steps, seeds, hasValidation, ranking, table } = this;
    const without = ({ curve: _, ...trial }: TrainingTrial) => trial;
    const rows = table.map(({ optimizer: _rule, ...row }) => ({ ...row, runs: row.runs.map(without), trials: row.trials.map(without) }));
    return { name, steps, seeds, hasValidation, ranking, table: rows };
  }
}

/** Runs for TensorBoard: trainings while they go on, races when they are over. */
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { HistoryRecord } from "../descent/history.js";
import { type Point, thin } from "../figures/thinning.js";
import { type Race, TrainingRace, type TrainingTrial } from "../race/index.js";
import { SteepestError } from "../tensor/error.js";
import { EventFile } from "./event-file.js";
import { makeFolders, makeNewFolder } from "./folders.js";

/** The log of one training, see `tensorboardLog`. */
export class TensorboardLog {
  /** The folder of this run. */
  readonly folder: string;
  readonly #began: Date;
  readonly #training: EventFile;
  /** Begun with its first line: a run without validation has no empty curve. */
  #validation: EventFile | undefined;

  /** @internal */
  constructor(folder: string, began: Date) {
    this.folder = folder;
    this.#began = began;
    this.#training = new EventFile(join(folder, "train"), began);
  }

  /** Writes one line of a history: the option `onRecord` of `fit`. */
  readonly record = (line: HistoryRecord): void => {
    const { step, loss, learningRate, gradientNorm, trainAccuracy, trainPsnr, validationLoss, validationAccuracy, validationPsnr } = line;
    const wallTime = this.#began.getTime() / 1000 + line.seconds;
    const scalars = {
      loss,
      learning_rate: learningRate,
      ...(gradientNorm === undefined ? {} : { gradient_norm: gradientNorm }),
      ...(trainAccuracy === undefined ? {} : { accuracy: trainAccuracy }),
      ...(trainPsnr === undefined ? {} : { psnr: trainPsnr }),
    };
    this.#training.write({ wallTime, step, scalars });
    if (validationLoss === undefined) return;
    const judged = {
      loss: validationLoss,
      ...(validationAccuracy === undefined ? {} : { accuracy: validationAccuracy }),
      ...(validationPsnr === undefined ? {} : { psnr: validationPsnr }),
    };
    this.#validation ??= new EventFile(join(this.folder, "validation"), this.#began);
    this.#validation.write({ wallTime, step, scalars: judged });
  };

  /** Writes a text in Markdown, for the tab of texts: settings, say. */
  text(name: string, markdown: string): void {
    this.#training.write({ wallTime: this.#began.getTime() / 1000, step: 0, texts: { [name]: markdown } });
  }

  /** Flushes all to the disk. What comes later is not written. */
  close(): void {
    this.#training.close();
    this.#validation?.close();
  }
}

/**
 * Begins the log of one training for TensorBoard: `DIR/NAME/train` and `DIR/NAME/validation`, so that both losses stand in one chart. Curves are `loss`,
 * `accuracy` (of denoisers `psnr`), `gradient_norm` and `learning_rate` over the steps. Each line is on its way to the disk when it is written, and is kept where the process ends
 * before its time. A name that is taken gets a number: runs never mix.
 *
 * @param folder what `tensorboard --logdir` is given
 * @param options `name` of the run, default `run`; when it `began`, default now
 * @throws SteepestError where the folder cannot be written
 * @example
 * ```ts no-run
 * import { fit, linear } from "steepest";
 * import { digits } from "steepest/data";
 * import { tensorboardLog } from "steepest/node";
 * const log = await tensorboardLog("logs", { name: "linear" });
 * await fit(linear(), digits(), { epochs: 5, validation: 0.1, onRecord: log.record });
 * log.close();
 * ```
 */
export async function tensorboardLog(
  folder: string,
  { name = "run", began = new Date() }: { readonly name?: string; readonly began?: Date } = {},
): Promise<TensorboardLog> {
  return writing(folder, async () => new TensorboardLog(await makeNewFolder(folder, asFolderName(name)), began));
}

/**
 * Makes the folder, before work whose result is to go there.
 *
 * @throws SteepestError where that cannot be done
 */
export async function checkEventFolder(folder: string): Promise<void> {
  await writing(folder, async () => {
    await makeFolders(folder);
    await readdir(folder);
  });
}

/** Points of one curve that a file gets: TensorBoard itself shows a thousand. */
const MOST = 10_000;

/**
 * Writes a race for TensorBoard: a folder for each method, and in it for each seed, with the loss over the evaluations (of networks over the steps), and, of
 * networks, validation and test at the last step. Long curves are thinned, extremes kept.
 *
 * @param folder what `tensorboard --logdir` is given
 * @throws SteepestError where the folder cannot be written
 */
export async function saveRaceEvents(race: Race | TrainingRace, folder: string, now = new Date()): Promise<void> {
  const wallTime = now.getTime() / 1000;
  const write = (at: string, rate: number | undefined, curve: readonly Point[], last?: TrainingTrial) => {
    const file = new EventFile(at, now);
    if (rate !== undefined) file.write({ wallTime, step: 0, texts: { settings: `learning rate ${rate}` } });
    for (const [step, loss] of thin(curve, MOST)) file.write({ wallTime, step, scalars: { loss } });
    if (last) file.write({ wallTime, step: last.steps, scalars: { ...scalarsOf("validation", last), ...scalarsOf("test", last) } });
    file.close();
  };
  await writing(folder, async () => {
    if (race instanceof TrainingRace) {
      for (const { name, learningRate, runs } of race.table) {
        const own = await makeNewFolder(folder, asFolderName(name));
        for (const run of runs) write(join(own, `seed-${run.seed}`), learningRate, run.curve, run);
      }
    } else
      for (const { name, learningRate, curve } of race.table) {
        const points = Array.from(curve.loss, (loss, i): Point => [curve.evaluations[i], loss]);
        write(await makeNewFolder(folder, asFolderName(name)), learningRate, points);
      }
  });
}

function scalarsOf(part: "validation" | "test", trial: TrainingTrial): Record<string, number> {
  const judged = trial[part];
  if (judged === undefined) return {};
  return { [`${part}_loss`]: judged.loss, ...(judged.accuracy === undefined ? {} : { [`${part}_accuracy`]: judged.accuracy }) };
}

/** A name as one part of a path, whatever the system. */
const asFolderName = (name: string): string => name.replaceAll(/[^\p{L}\p{N}.,=()+_-]+/gu, "_").replace(/^\.+/, "") || "run";

async function writing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new SteepestError({
      problem: "The events for TensorBoard cannot be written",
      expected: "a folder, or a name not yet taken",
      received: error instanceof Error ? error.message : String(error),
      where: resolve(folder),
    });
  }
}

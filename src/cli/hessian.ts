/** What `spectrum` and `sharpness` share: a stored run, the records that its Hessian is taken over, and a way to stop. */
import { type Dataset, recordCount } from "../data/dataset.js";
import { loadRun } from "../runs/run-folder.js";
import type { StoredRun } from "../runs/stored-run.js";
import type { Arguments } from "./arguments.js";
import { type Context, quiet } from "./command.js";
import { threads } from "./computing.js";
import { dataForms, parseData } from "./dataset.js";
import { textOption, wholeOption } from "./options.js";
import { trainingRecordsOf } from "./run-dataset.js";

const data = textOption("data", dataForms, {
  help: "the records that the loss is a mean over",
  default: undefined,
  defaultText: "those that it was trained on",
  check: parseData,
});
const images = wholeOption("images", {
  help: "records, evenly spaced among all",
  default: undefined,
  defaultText: "1,000, or all where they are fewer",
  atLeast: 1,
  aliases: ["records"],
});
const seed = wholeOption("seed", { help: "of all random vectors", default: 1, atLeast: 0, atMost: 2 ** 32 - 1 });

const RECORDS = 1000;

export const hessianOptions = [data, images, seed, threads] as const;

/** A run whose Hessian is looked at. */
export interface HessianSubject {
  readonly folder: string;
  readonly run: StoredRun;
  readonly dataset: Dataset;
}

/** What is asked of the engine for it. */
export interface HessianRequest extends Omit<HessianSubject, "folder"> {
  readonly records: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly threads?: number;
}

/**
 * Looks at the run of a command line.
 *
 * @param ask computes, and may tell how far it is
 * @returns undefined where it was interrupted
 */
export async function overRecords<R>(
  { err, onInterrupt }: Context,
  args: Arguments,
  ask: (request: HessianRequest, tell: (text: string) => void) => Promise<R>,
): Promise<(HessianSubject & { readonly found: R }) | undefined> {
  const [folder] = args.positionals;
  const run = await loadRun(folder);
  const dataset = await trainingRecordsOf(run, folder, args.get(data));
  const count = args.get(threads);
  const abort = new AbortController();
  const endListening = onInterrupt(() => abort.abort());
  const isWatched = err.isTerminal && !args.get(quiet);
  const records = args.get(images) ?? Math.min(RECORDS, recordCount(dataset));
  const request = { run, dataset, records, seed: args.get(seed), signal: abort.signal };
  try {
    const found = await ask({ ...request, ...(count === undefined ? {} : { threads: count }) }, (text) => {
      if (isWatched) err.write(`\r\u001b[2K${text}`);
    });
    return { folder, run, dataset, found };
  } catch (error) {
    if (abort.signal.aborted) return undefined;
    throw error;
  } finally {
    if (isWatched) err.write("\r\u001b[2K");
    endListening();
  }
}

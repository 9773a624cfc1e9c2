/** What `spectrum` and `sharpness` share: a stored run, the records that its Hessian is taken over, and a way to stop. */
import type { Dataset } from "../data/dataset.js";
import { loadRun } from "../runs/run-folder.js";
import type { StoredRun } from "../runs/stored-run.js";
import type { Arguments } from "./arguments.js";
import { type Context, quiet } from "./command.js";
import { threads } from "./computing.js";
import { wholeOption } from "./options.js";
import { lookedAt, recordOptions } from "./run-dataset.js";

const seed = wholeOption("seed", { help: "of all random vectors", default: 1, atLeast: 0, atMost: 2 ** 32 - 1 });

export const hessianOptions = [...recordOptions, seed, threads] as const;

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
  const { dataset, records } = await lookedAt(run, folder, args);
  const count = args.get(threads);
  const abort = new AbortController();
  const endListening = onInterrupt(() => abort.abort());
  const isWatched = err.isTerminal && !args.get(quiet);
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

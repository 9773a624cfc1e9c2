/** Event files for TensorBoard beside what a command writes itself. */
import { basename, isAbsolute, relative, resolve } from "node:path";
import type { HistoryRecord } from "../descent/history.js";
import { type TensorboardLog, tensorboardLog } from "../runs/tensorboard.js";
import type { Arguments } from "./arguments.js";
import type { Context } from "./command.js";
import { shellQuoted, textOption, UsageError } from "./options.js";

export const tensorboard = textOption("tensorboard", "DIR", {
  help: "write event files for TensorBoard, under a folder of their own for each run",
  default: undefined,
  defaultText: "none",
});

/** What shows the curves. */
export const tensorboardCommand = (folder: string): string => `tensorboard --logdir ${shellQuoted(folder)}`;

/** The curves of a training under way. */
export interface TrainingLog {
  /** The folder of this run. */
  readonly folder: string;
  readonly command: string;
  record(line: HistoryRecord): void;
  close(): void;
}

/** What the run folder of a training is called, and what it was asked to do. */
interface Plan {
  readonly folder: string;
  readonly command: string;
  readonly flags: readonly (readonly [name: string, value: unknown])[];
}

/**
 * Begins the log that `--tensorboard` asks for, under the name of the run folder, with the settings as a table. A disk that is full later on ends the log, with a
 * word, and not the training.
 *
 * @throws UsageError where the events would lie in the run folder, which training writes itself
 */
export async function beginLog({ err, now }: Context, args: Arguments, { folder, command, flags }: Plan): Promise<TrainingLog | undefined> {
  const parent = args.get(tensorboard);
  if (parent === undefined) return undefined;
  const within = relative(resolve(folder), resolve(parent));
  if (!isAbsolute(within) && !/^\.\.([/\\]|$)/.test(within))
    throw new UsageError({
      problem: "--tensorboard lies in the run folder, which holds a run and nothing else",
      expected: "another folder, for the events of many runs",
      received: parent,
      fix: "for example --tensorboard logs",
    });
  const log: TensorboardLog = await tensorboardLog(parent, { name: basename(resolve(folder)), began: now() });
  const rows = flags.map(([name, value]) => `| ${name} | ${String(value).replaceAll("|", "\\|")} |`);
  log.text("settings", ["| option | value |", "| --- | --- |", ...rows, "", `    ${command}`].join("\n"));
  let isWriting = true;
  return {
    folder: log.folder,
    command: tensorboardCommand(parent),
    record(line) {
      if (!isWriting) return;
      try {
        log.record(line);
      } catch (error) {
        isWriting = false;
        err.line(`No more events for TensorBoard: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    close: () => log.close(),
  };
}

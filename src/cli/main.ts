/** The command line: finds the command, runs it, turns what happens into an exit code. */

import { version } from "../runs/version.js";
import { nearest, SteepestError } from "../tensor/error.js";
import { parseArguments } from "./arguments.js";
import { basins } from "./basins.js";
import { bench } from "./bench.js";
import { check } from "./check.js";
import type { Command, Context, ExitCode } from "./command.js";
import { everywhere, exitCodes, printJson } from "./command.js";
import { engine as ownEngine } from "./connect.js";
import { critical } from "./critical.js";
import { data } from "./data.js";
import type { Engine } from "./engine.js";
import { evaluate } from "./evaluate.js";
import { explain } from "./explain.js";
import { exportRun } from "./export.js";
import { fit } from "./fit.js";
import { gradient } from "./gradient.js";
import { commandHelp, mainHelp } from "./help.js";
import { landscape } from "./landscape.js";
import { lectures } from "./lectures.js";
import { minimize } from "./minimize.js";
import { noise } from "./noise.js";
import { UsageError } from "./options.js";
import { predict } from "./predict.js";
import { race } from "./race.js";
import { report } from "./report.js";
import { deblur, denoise, inpaint, upscale } from "./restoration/commands.js";
import { degrade } from "./restoration/degrade.js";
import { sharpness } from "./sharpness.js";
import { spectrum } from "./spectrum.js";
import type { Sink } from "./terminal.js";
import { Terminal } from "./terminal.js";
import { train } from "./train.js";

const commands: readonly Command[] = [
  minimize,
  gradient,
  critical,
  basins,
  check,
  fit,
  race,
  train,
  evaluate,
  landscape,
  predict,
  report,
  exportRun,
  data,
  noise,
  spectrum,
  sharpness,
  explain,
  bench,
  lectures,
  degrade,
  denoise,
  deblur,
  inpaint,
  upscale,
];

/** The world around the command line; tests bring their own. */
export interface Surroundings {
  readonly engine?: Engine;
  readonly stdout?: Sink;
  readonly stderr?: Sink;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly onInterrupt?: Context["onInterrupt"];
  readonly now?: () => Date;
}

/**
 * Runs one command line.
 *
 * @param argv without the names of the program and the script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted
 */
export async function main(argv: readonly string[], surroundings: Surroundings = {}): Promise<ExitCode> {
  const { stdout = process.stdout, stderr = process.stderr, environment = process.env } = surroundings;
  if (stdout === process.stdout) quitOnClosedPipe();
  const [out, err] = [new Terminal(stdout, environment), new Terminal(stderr, environment)];
  // Known before anything is parsed: an error of parsing is to be JSON as well.
  const json = argv.includes("--json");
  const context: Context = {
    engine: surroundings.engine ?? ownEngine,
    out,
    err,
    onInterrupt: surroundings.onInterrupt ?? onInterrupt,
    now: surroundings.now ?? (() => new Date()),
  };
  const [first, ...rest] = argv;
  let command: Command | undefined;
  try {
    if (first === "--version") {
      out.line(version);
      return exitCodes.done;
    }
    if (first === undefined || first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
      (first === undefined ? err : out).line(mainHelp(commands, version, first === undefined ? err : out));
      return first === undefined ? exitCodes.usage : exitCodes.done;
    }
    command = commandNamed(first === "help" ? rest[0] : first);
    if (first === "help" || rest.includes("--help") || rest.includes("-h")) {
      out.line(commandHelp(command, out));
      return exitCodes.done;
    }
    const args = parseArguments(rest, { positionals: command.positionals, options: [...command.options, ...everywhere] });
    return await command.run(context, args);
  } catch (error) {
    return fail(error, context, command, json);
  }
}

function commandNamed(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const meant = nearest(
    name,
    commands.map((candidate) => candidate.name),
  );
  throw new UsageError({
    problem: `there is no command "${name}"`,
    expected: commands.map((candidate) => candidate.name).join(", "),
    fix: meant === undefined ? "steepest --help lists them" : `did you mean ${meant}?`,
  });
}

function fail(error: unknown, { out, err }: Context, command: Command | undefined, json: boolean): ExitCode {
  const isUsage = error instanceof UsageError;
  if (error instanceof SteepestError) {
    const { problem, expected, received, where, fix } = error;
    err.line(`${err.red("error:")} ${error.message}`);
    if (isUsage && command !== undefined) err.line(err.quiet(`steepest ${command.name} --help shows all options`));
    if (json) printJson(out, { error: { problem, expected, received, where, fix } });
  } else {
    // Not foreseen, so a mistake of this program: the place of it is what a report needs.
    err.line(`${err.red("unexpected error:")} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    if (json) printJson(out, { error: { problem: error instanceof Error ? error.message : String(error) } });
  }
  return isUsage ? exitCodes.usage : exitCodes.failed;
}

/** The first Ctrl-C asks, the second ends at once. */
function onInterrupt(listener: () => void): () => void {
  let asked = false;
  const handler = () => {
    if (asked) process.exit(exitCodes.interrupted);
    asked = true;
    listener();
  };
  process.on("SIGINT", handler);
  return () => process.off("SIGINT", handler);
}

/** A reader that has seen enough, such as `head`, is no error. */
function quitOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.listenerCount("error") > 0) continue;
    stream.on("error", (error: Error & { readonly code?: string }) => {
      if (error.code === "EPIPE") process.exit(exitCodes.done);
      throw error;
    });
  }
}

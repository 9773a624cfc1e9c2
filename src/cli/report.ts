/** `steepest report`: the report of a run made anew, or several runs compared. */
import { basename, join, resolve } from "node:path";
import { recordCount } from "../data/dataset.js";
import { type ChosenSamples, chooseSamples } from "../runs/choose-samples.js";
import { bestOf, ends, finalNumbers } from "../runs/comparison-page.js";
import { renderReport } from "../runs/report.js";
import { compareRuns, type RunComparison } from "../runs/run-comparison.js";
import { loadRun } from "../runs/run-folder.js";
import type { StoredRun } from "../runs/stored-run.js";
import { SteepestError } from "../tensor/error.js";
import type { Arguments } from "./arguments.js";
import type { Command, Context, ExitCode } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { loadData, parseData } from "./dataset.js";
import { savePage } from "./files.js";
import { numberOption, textOption, UsageError } from "./options.js";
import { pictureSettings } from "./run-dataset.js";
import { columnsOf } from "./terminal.js";

const out = textOption("out", "FILE", {
  help: "the page to write",
  default: undefined,
  defaultText: "report.html of the run, or comparison.html",
});
const smooth = numberOption("smooth", {
  help: "steps over which curves of batches are averaged, the same for all runs; 1 for none",
  default: undefined,
  defaultText: "a fortieth of the longest run",
  atLeast: 1,
});

export const report: Command = {
  name: "report",
  summary: "compare trained runs on one page, or make the report of a run anew",
  about:
    "Of several runs: final numbers, curves over epochs, steps and time with the same smoothing, the settings that differ; each run keeps its colour from page to page. " +
    "Of one run: its report again, with samples and mistakes if the data are at hand. Curves are smoothed before they are thinned, so that long runs look no smoother than short ones.",
  examples: [
    "steepest report runs/adam runs/momentum",
    "steepest report runs/* --out comparison.html --smooth 200",
    "steepest report runs/adam",
    "steepest report runs/adam runs/momentum --json",
  ],
  positionals: [{ name: "RUN", help: "run folders that training has written", many: true }],
  options: [out, smooth],
  async run(context, args) {
    const folders = args.positionals;
    const runs = await Promise.all(folders.map((folder) => loadRun(folder)));
    const smoothing = args.get(smooth);
    if (runs.length === 1) return again(context, args, runs[0]);
    const names = namesOf(folders);
    const comparison = compareRuns(
      Object.fromEntries(names.map((name, i) => [name, runs[i]])),
      smoothing === undefined ? {} : { smoothing },
    );
    const file = args.get(out) ?? "comparison.html";
    await savePage(file, comparison.toHtml(context.now()));
    if (args.get(json)) printJson(context.out, { ...comparison.toJSON(), report: file });
    else if (args.get(quiet)) context.out.line(file);
    else show(context, comparison, file);
    return exitCodes.done;
  },
};

/** The last parts of the paths, as many as it takes to tell them apart. */
function namesOf(folders: readonly string[]): string[] {
  const paths = folders.map((folder) => resolve(folder));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) throw new UsageError({ problem: "a run is there twice", expected: "each run once", received: twice });
  const short = paths.map((path) => basename(path));
  return new Set(short).size === short.length ? short : [...folders];
}

/** The report of one run, again. */
async function again(context: Context, args: Arguments, run: StoredRun): Promise<ExitCode> {
  const [folder] = args.positionals;
  const file = args.get(out) ?? join(folder, "report.html");
  const smoothing = args.get(smooth);
  let material: ChosenSamples | undefined;
  try {
    material = await materialOf(context, run);
  } catch (error) {
    if (!(error instanceof SteepestError)) throw error;
    const { problem, expected, received, where } = error;
    if (args.get(out) === undefined)
      throw new SteepestError({
        problem: `${problem}, and without them the report would lose its samples`,
        expected,
        received,
        where,
        fix: "bring the data back to where they were, or write a page without samples: --out FILE",
      });
    context.err.line(context.err.quiet(`Without samples: ${error.message}`));
  }
  const created = new Date(run.created);
  await savePage(file, renderReport(run, { ...material, created, folder, ...(smoothing === undefined ? {} : { smoothing }) }));
  if (args.get(json)) printJson(context.out, { run: folder, report: file, samples: material?.samples.length ?? 0 });
  else context.out.line(args.get(quiet) ? file : `Report: ${context.out.bold(file)}`);
  return exitCodes.done;
}

/**
 * What the model says of the test records, where they are pictures with classes.
 *
 * @throws SteepestError where the data are not at hand, or not those that the run was tested on
 */
async function materialOf({ engine }: Context, run: StoredRun): Promise<ChosenSamples | undefined> {
  const { configuration, classes, results, inputShape } = run;
  const tested = results.test?.confusion?.flat().reduce((sum, count) => sum + count, 0);
  if (classes === undefined || tested === undefined || configuration.table !== undefined || inputShape.length !== 3) return undefined;
  const { test } = await loadData(parseData(configuration.data), pictureSettings(run));
  if (test === undefined || recordCount(test) !== tested)
    throw new SteepestError({
      problem: "These are not the data that the run was tested on",
      expected: `${tested} test records`,
      received: test === undefined ? "none" : `${recordCount(test)}`,
      where: configuration.data,
    });
  const { probabilities } = engine.predict({ run, inputs: test.inputs.data });
  return probabilities && chooseSamples(test, probabilities);
}

function show({ out: terminal }: Context, comparison: RunComparison, file: string): void {
  const { runs, names, different, alike } = comparison;
  const columns = finalNumbers.filter(({ of }) => runs.some((run) => of(run) !== undefined));
  const best = columns.map((column) => bestOf(column, comparison));
  // On its side: many numbers, few runs.
  const heads = ["", ...names];
  const rows = columns.map((column, at) => [
    `  ${column.title}`,
    ...runs.map((run, i) => {
      const value = column.of(run);
      return `${value === undefined ? "–" : column.show(value)}${best[at] === i ? " *" : "  "}`;
    }),
  ]);
  const places = names.map((_, i) => i + 1);
  const lines = columnsOf([heads, ...rows, ["  end", ...runs.map(({ results }) => `${ends[results.status]}  `)]], places);
  terminal.line(terminal.quiet(lines[0]));
  for (const line of lines.slice(1)) terminal.line(line.trimEnd());
  if (best.some((at) => at !== undefined)) terminal.line(terminal.quiet("  * the best"));
  const figures = comparison.figures("epoch");
  const figure = figures.find(({ description }) => description.title === "Validation loss") ?? figures.at(0);
  if (figure) {
    terminal.line();
    terminal.line(figure.toTerminal({ columns: Math.min(terminal.columns, 84), rows: 10, colour: terminal.colour }));
  }
  terminal.line();
  terminal.line(different.length === 0 ? "All settings are alike." : `Different, of ${different.length + alike} settings:`);
  for (const { setting, values } of different) terminal.line(`  ${setting}: ${values.map((value) => value ?? "–").join(" | ")}`);
  terminal.line();
  terminal.line(`Report: ${terminal.bold(file)}`);
}

/** `steepest race`: optimizers against each other. */
import { checkBatchSize } from "../data/dataset.js";
import { formatCount, formatNumber } from "../figures/number-format.js";
import { raceChart } from "../figures/race-chart.js";
import { raceTable } from "../figures/race-table.js";
import { modelNamed } from "../models/ready.js";
import { type Race, TrainingRace } from "../race/index.js";
import { gridPlaces } from "../race/rates.js";
import { saveRace } from "../runs/race-folder.js";
import { checkEventFolder, saveRaceEvents } from "../runs/tensorboard.js";
import type { Arguments } from "./arguments.js";
import type { Command, Context, ExitCode } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { fast, threads } from "./computing.js";
import { dataForms, loadData, parseData } from "./dataset.js";
import { readEntrants } from "./entrants.js";
import { asUsage, choiceOption, finite, numberOption, type Option, textOption, toggle, UsageError, wholeOption } from "./options.js";
import { readPoint } from "./point.js";
import { problemNamed } from "./problem.js";
import { modelNames } from "./recipes.js";
import { tensorboard, tensorboardCommand } from "./tensorboard.js";

const start = textOption("start", "POINT", {
  help: "where all begin: 8.7,-7.9 in the order of the variables, or y=-7.9,x=8.7",
  default: undefined,
  defaultText: "of a problem its own",
});
const optimizers = textOption("optimizers", "LIST", {
  help: "who takes part, with commas between them, options after colons: gd,adam:beta2=0.99; lr=… fixes a rate",
  default: undefined,
  defaultText: "gd,momentum,nesterov,adam, and lbfgs or (networks) rmsprop",
  check: readEntrants,
});
const evaluations = wholeOption("evaluations", {
  help: "budget of each, in evaluations of f and its gradient",
  default: 2000,
  atLeast: 1,
  atMost: 1e7,
});
const epsilon = numberOption("epsilon", { help: "arrived is who is at f* + ε (f(start) − f*)", default: 1e-6, above: 0, below: 1 });
const target = numberOption("target", { help: "the value at which one has arrived", default: undefined, defaultText: "by --epsilon" });
const minimumAt = numberOption("minimum", {
  help: "f*, where it is known",
  default: undefined,
  defaultText: "of a problem its own, else the lowest value seen",
});
const timed = toggle("timed", "measure the time of a step");
const data = textOption("data", dataForms, {
  help: "race on a network instead: what to learn from",
  default: undefined,
  defaultText: "none",
  check: parseData,
});
const model = choiceOption("model", modelNames, { help: "the network", default: "mlp" });
const epochs = wholeOption("epochs", { help: "passes over the data", default: 1, atLeast: 1, atMost: 1e6 });
const batchSize = wholeOption("batch-size", { help: "records in a step", default: 64, atLeast: 1 });
const validation = numberOption("validation", {
  help: "share of the records by which rates are chosen",
  default: 0.1,
  atLeast: 0,
  below: 1,
});
const seeds = wholeOption("seeds", { help: "runs of each at its best rate, with seeds 1, 2, …", default: 3, atLeast: 1, atMost: 1000 });
const rates = textOption("rates", "FROM,TO", {
  help: "the first grid of rates, two to the decade",
  default: undefined,
  defaultText: "1e-6,1e3, or 1e-4,1 for networks",
  check: readRates,
});
const refinements = wholeOption("refinements", {
  help: "how often the search looks closer around the best rate",
  default: undefined,
  defaultText: "2, or 0 for networks",
  atLeast: 0,
  atMost: 2,
});
const untuned = toggle("untuned", "each at its own rate");
const out = textOption("out", "DIR", {
  help: "write figures (SVG), tables (CSV) and race.json to a folder",
  default: undefined,
  defaultText: "nothing",
});

const ofFormulas: readonly Option<unknown>[] = [start, evaluations, epsilon, target, minimumAt, timed];
const ofNetworks: readonly Option<unknown>[] = [model, epochs, batchSize, validation, seeds, threads, fast];

export const race: Command = {
  name: "race",
  summary: "let optimizers race on a formula, a test problem or a network",
  about:
    "Every optimizer gets the same start, the same budget and the same search for its rate: a grid of two rates to the decade, then closer looks around the best. " +
    "The best rate arrives with the fewest evaluations; where none arrives, it has the lowest value on its way. Line searches pay for each evaluation, newtonCg for each Hessian-vector product. " +
    "On networks rates are chosen with the first seed by the validation loss, and each best one runs with every seed. " +
    "Problems go by name: rosenbrock, beale, rastrigin:10, quadratic:1,10,100 (eigenvalues), worstFunction:1000 (condition), rareFeatures (logistic regression). A race in which all diverge ends with exit code 1.",
  examples: [
    'steepest race "(1-x)^2 + 100(y-x^2)^2" --start -1.2,1',
    "steepest race quadratic:1,10,100 --optimizers gd,momentum,conjugateGradient --evaluations 500",
    "steepest race rosenbrock --optimizers adam:lr=0.1,adam:beta2=0.9,adam:schedule=cosine --json",
    "steepest race --data digits --model mlp --optimizers gd,momentum,adam --epochs 2 --seeds 3",
  ],
  positionals: [{ name: "FORMULA|PROBLEM", help: "what to minimise, in quotes", optional: true }],
  options: [
    start,
    optimizers,
    evaluations,
    epsilon,
    target,
    minimumAt,
    rates,
    refinements,
    untuned,
    timed,
    data,
    ...ofNetworks,
    out,
    tensorboard,
  ],
  async run(context, args) {
    const [text] = args.positionals;
    const chosen = args.get(data);
    if ((text === undefined || text === "") === (chosen === undefined))
      throw new UsageError({
        problem: "a race is about one thing",
        expected: 'a formula or problem, or --data: steepest race "x^2 + 10y^2" --start 1,1',
      });
    for (const option of chosen === undefined ? ofNetworks : ofFormulas)
      if (args.has(option))
        throw new UsageError({
          problem: `--${option.name} has no meaning ${chosen === undefined ? "on a formula" : "on a network"}`,
          fix: chosen === undefined ? "it belongs to --data" : "it belongs to a formula or a test problem",
        });
    const events = args.get(tensorboard);
    if (events !== undefined) await checkEventFolder(events);
    const result = chosen === undefined ? onFormula(context, args, text) : await onNetwork(context, args, chosen);
    if (result === undefined) return exitCodes.interrupted;
    const folder = args.get(out);
    if (folder !== undefined) await saveRace(result, folder);
    if (events !== undefined) await saveRaceEvents(result, events, context.now());
    if (args.get(json)) printJson(context.out, result);
    else show(context, args, result, { folder, events });
    return codeOf(result);
  },
};

const codeOf = (result: Race | TrainingRace): ExitCode => {
  const hasFailed =
    result instanceof TrainingRace
      ? result.table.every(({ diverged }) => diverged === result.seeds.length)
      : result.table.every(({ status, evaluationsToTarget }) => status === "diverged" && evaluationsToTarget === undefined);
  return hasFailed ? exitCodes.failed : exitCodes.done;
};

/** `1e-4,1` */
function readRates(text: string): [number, number] {
  const [from, to, ...rest] = text.split(",").map(finite);
  if (from === undefined || to === undefined || rest.length > 0 || !(from > 0 && to >= from))
    throw new UsageError({ problem: "--rates cannot be used", expected: "the lowest and the highest rate: 1e-4,1", received: text });
  asUsage(() => gridPlaces([from, to]));
  return [from, to];
}

/** What both kinds of race take. */
function common(args: Arguments, list: string) {
  const { optimizers: entrants, tuned } = readEntrants(args.get(optimizers) ?? list);
  const range = args.get(rates);
  const closer = ([0, 1, 2] as const).find((times) => times === args.get(refinements));
  return {
    optimizers: entrants,
    tune: args.get(untuned) ? false : tuned,
    ...(range === undefined ? {} : { rates: readRates(range) }),
    ...(closer === undefined ? {} : { refinements: closer }),
  };
}

function onFormula({ engine }: Context, args: Arguments, text: string): Race {
  const problem = problemNamed(text);
  const variables = problem ? problem.start.map((_, i) => `x${i + 1}`) : asUsage(() => engine.variables(text));
  const point = args.get(start);
  if (point === undefined && problem === undefined)
    throw new UsageError({
      problem: "--start is missing",
      expected: `a number for each variable of the formula: ${variables.join(", ")}`,
      fix: `for example --start ${variables.map(() => 1).join(",")}`,
    });
  const at = point === undefined ? undefined : readPoint(point, "start", variables);
  const [wanted, least] = [args.get(target), args.get(minimumAt)];
  return engine.race({
    ...(problem ? { problem: { ...problem, name: text, ...(at ? { start: at } : {}) } } : { formula: text, start: at ?? [] }),
    ...common(args, "gd,momentum,nesterov,adam,lbfgs"),
    evaluations: args.get(evaluations),
    epsilon: args.get(epsilon),
    ...(wanted === undefined ? {} : { target: wanted }),
    ...(least === undefined ? {} : { minimum: least }),
    timed: args.get(timed),
  });
}

async function onNetwork(context: Context, args: Arguments, text: string): Promise<TrainingRace | undefined> {
  const settings = common(args, "gd,momentum,nesterov,rmsprop,adam");
  const dataset = await loadData(parseData(text));
  checkBatchSize(args.get(batchSize), dataset, dataset.name);
  const abort = new AbortController();
  const endListening = context.onInterrupt(() => abort.abort());
  const isWatched = context.err.isTerminal && !args.get(quiet);
  const count = args.get(threads);
  try {
    return await context.engine.raceTraining({
      ...settings,
      dataset,
      model: modelNamed(args.get(model), dataset.classes?.length ?? 10),
      epochs: args.get(epochs),
      batchSize: args.get(batchSize),
      validation: args.get(validation),
      seeds: args.get(seeds),
      ...(count === undefined ? {} : { threads: count }),
      fast: args.get(fast),
      signal: abort.signal,
      onProgress({ name, rate, seed, done, runs }) {
        const words = `run ${done + 1} of ${runs}: ${name}${rate === undefined ? "" : ` at ${formatNumber(rate)}`}, seed ${seed}`;
        if (isWatched) context.err.write(`\r\u001b[2K${words.slice(0, context.err.columns - 1)}`);
      },
    });
  } catch (error) {
    if (abort.signal.aborted) return undefined;
    throw error;
  } finally {
    if (isWatched) context.err.write("\r\u001b[2K");
    endListening();
  }
}

/** Where things were put. */
interface Written {
  readonly folder: string | undefined;
  readonly events: string | undefined;
}

function show({ out: terminal }: Context, args: Arguments, result: Race | TrainingRace, written: Written): void {
  const [heads, ...rows] = raceTable(result).split("\n");
  if (!args.get(quiet)) {
    for (const line of announcement(result)) terminal.line(line);
    terminal.line();
  }
  terminal.line(terminal.quiet(heads));
  rows.forEach((row, i) => {
    terminal.line(result.table[i].rank === 1 ? terminal.bold(row) : row);
  });
  if (args.get(quiet)) return;
  terminal.line();
  terminal.line(raceChart(result).toTerminal({ columns: Math.min(terminal.columns, 84), rows: 12, colour: terminal.colour }));
  const { folder, events } = written;
  if (folder === undefined && events === undefined) return;
  terminal.line();
  if (folder !== undefined) terminal.line(`Figures and tables are in ${folder}.`);
  if (events !== undefined) terminal.line(`Curves: ${tensorboardCommand(events)}`);
}

/** What was raced for, in a line or two. */
function announcement(result: Race | TrainingRace): string[] {
  if (result instanceof TrainingRace) return [`${result.name}: ${formatCount(result.steps)} steps each. ${result.ranking}`];
  const { name, evaluations: budget, start: first, minimum, isMinimumKnown, target: arrived } = result;
  const least = `${isMinimumKnown ? "the minimum is" : "the lowest value seen is"} ${formatNumber(minimum)}`;
  return [
    `${name}: ${formatCount(budget)} evaluations each, from f = ${formatNumber(first)}; ${least}.`,
    `${Number.isNaN(arrived) ? "Nobody came below the start." : `Arrived is who is at ${formatNumber(arrived)} or below.`} ${result.ranking}`,
  ];
}

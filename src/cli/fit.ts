/** `steepest fit`: the parameters of a curve from a table of data. */
import { parseCsv } from "../data/csv.js";
import type { Status } from "../descent/history.js";
import { formatCount, formatNumber } from "../figures/number-format.js";
import { optimizers } from "../optimizers/registry.js";
import type { Arguments } from "./arguments.js";
import type { Command, Context, ExitCode } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import type { FitResult } from "./engine.js";
import { contentOf, saveFigure } from "./files.js";
import { asUsage, choiceOption, finite, numberOption, textOption, UsageError, wholeOption } from "./options.js";
import { readPoint } from "./point.js";
import { columnsOf } from "./terminal.js";

const methods = ["lm", "gauss-newton", ...optimizers.keys()] as const;

const start = textOption("start", "NAME=NUMBER,…", { help: "where the search begins: b1=500,b2=0.0001", default: undefined });
const method = choiceOption("method", methods, { help: "lm (Levenberg–Marquardt), gauss-newton, or an optimizer", default: "lm" });
const weights = textOption("weights", "COLUMN", {
  help: "column of weights, 1/σ² of each datum",
  default: undefined,
  defaultText: "all 1",
});
const steps = wholeOption("steps", { help: "steps at most", default: undefined, defaultText: "1000, 10000 for optimizers", atLeast: 0 });
const tolerance = numberOption("tolerance", {
  help: "the share of the residuals that may be left to remove",
  default: undefined,
  defaultText: "1e-10",
  atLeast: 0,
});
const confidence = numberOption("confidence", { help: "probability of the intervals", default: 0.95, above: 0, below: 1 });
const figure = textOption("figure", "FILE", { help: "write the curve over its data as SVG", default: undefined });

export const fit: Command = {
  name: "fit",
  summary: "fit a curve to a table of data",
  about:
    "Finds the parameters of a formula by least squares. Columns of the CSV file go by their names in its first line; all names that --start gives are parameters. " +
    "The left side may be a function of columns, such as log(y). A fit that does not converge ends with exit code 1.",
  examples: [
    'steepest fit data.csv "y = b1*(1-exp(-b2*x))" --start b1=500,b2=0.0001',
    'steepest fit data.csv "log(y) = b1 - b2*x1*exp(-b3*x2)" --start b1=2.5,b2=5e-9,b3=-0.05 --json',
  ],
  positionals: [
    { name: "FILE", help: "a CSV file with a line of column names" },
    { name: "FORMULA", help: "response = model, in quotes" },
  ],
  options: [start, method, weights, steps, tolerance, confidence, figure],
  async run(context, args) {
    const [file, formula] = args.positionals;
    const { engine, out } = context;
    const text = args.get(start);
    if (text === undefined)
      throw new UsageError({
        problem: "--start is missing",
        expected: "a number for each parameter of the formula",
        fix: "for example --start b1=500,b2=0.0001",
      });
    const point = readStart(text);
    const table = parseCsv(await contentOf(file), file);
    const weigh = args.get(weights);
    const used = table.names.filter((name) => name === weigh || namedIn(formula, name));
    if (weigh !== undefined) table.text(weigh);
    const data = Object.fromEntries(used.map((name) => [name, table.numbers(name)]));
    const result = asUsage(() =>
      engine.fitCurve({
        formula,
        data,
        start: point,
        method: args.get(method),
        confidence: args.get(confidence),
        weights: weigh,
        steps: args.get(steps),
        tolerance: args.get(tolerance),
      }),
    );
    const target = args.get(figure);
    if (target !== undefined) await saveFigure(target, result.figure);
    if (args.get(json)) {
      const { figure: _, ...plain } = result;
      printJson(out, plain);
    } else show(context, args, result);
    return codeOf(result);
  },
};

const codeOf = ({ status }: FitResult): ExitCode => (status === "converged" ? exitCodes.done : exitCodes.failed);

/** `b1=500,b2=1e-4` */
function readStart(text: string): Readonly<Record<string, number>> {
  const names = text.split(/[,;]/).map((part) => part.slice(0, Math.max(0, part.indexOf("="))).trim());
  if (names.some((name) => name === "") || text.split(/[,;]/).some((part) => finite(part.slice(part.indexOf("=") + 1)) === undefined))
    throw new UsageError({ problem: "--start cannot be used", expected: "a number for each parameter: b1=500,b2=0.0001", received: text });
  const values = readPoint(text, "start", names);
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

/** Whether a formula holds a name as a whole word. A column that it does not hold need not be numbers. */
const namedIn = (formula: string, name: string): boolean =>
  formula.split(/[^\p{L}\p{N}_]+/u).some((word) => word === name) || (/[^\p{L}\p{N}_]/u.test(name) && formula.includes(name));

function show({ out }: Context, args: Arguments, result: FitResult): void {
  const names = Object.keys(result.parameters);
  const number = (x: number | undefined) => (x === undefined || !Number.isFinite(x) ? "–" : formatNumber(x, 8));
  if (args.get(quiet)) {
    for (const line of columnsOf(names.map((name) => [name, number(result.parameters[name])]))) out.line(line);
    return;
  }
  const after = `after ${formatCount(result.iterations)} ${result.iterations === 1 ? "step" : "steps"}`;
  const word = result.status === "converged" ? out.bold(words[result.status]) : out.red(words[result.status]);
  out.line(`${word} ${after}`);
  out.line();
  const share = `${Number((100 * args.get(confidence)).toFixed(4))} % interval`;
  const rows = names.map((name) => {
    const [low, high] = result.confidenceIntervals[name];
    return [
      `  ${name}`,
      number(result.parameters[name]),
      number(result.standardErrors[name]),
      Number.isFinite(low) && Number.isFinite(high) ? `${number(low)} … ${number(high)}` : "–",
    ];
  });
  for (const line of columnsOf([["  parameter", "value", "standard error", share], ...rows])) out.line(line);
  out.line();
  const facts = [
    ["  residual sum of squares", formatNumber(result.residualSumOfSquares, 8)],
    ["  residual standard deviation", `${number(result.residualStandardDeviation)} (${result.degreesOfFreedom} degrees of freedom)`],
    [
      "  evaluations",
      `${formatCount(result.evaluations.value)} of the model, ${formatCount(result.evaluations.gradient)} of its derivatives`,
    ],
  ];
  for (const line of columnsOf(facts)) out.line(line);
  out.line();
  out.line(result.diagnosis);
  out.line();
  out.line(result.figure.toTerminal({ columns: Math.min(out.columns, 72), rows: 12, colour: out.colour }));
}

const words: Readonly<Record<Status, string>> = {
  converged: "Converged",
  "step-limit": "Not converged: stopped",
  "stopped-early": "Not converged: stopped early",
  diverged: "Failed",
  stalled: "Not converged: stalled",
  aborted: "Interrupted",
};

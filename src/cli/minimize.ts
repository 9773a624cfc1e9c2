/** `steepest minimize`: descends on a formula. */
import { lineChart } from "../figures/line-chart.js";
import { formatCount, formatNumber } from "../figures/number-format.js";
import type { Point } from "../figures/thinning.js";
import type { Arguments } from "./arguments.js";
import type { Command, Context, ExitCode } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import type { MinimizeResult } from "./engine.js";
import { saveFigure } from "./files.js";
import { optimizerOptions } from "./optimizer-options.js";
import { asUsage, numberOption, textOption, toggle, UsageError, wholeOption } from "./options.js";
import { readPoint } from "./point.js";
import { columnsOf } from "./terminal.js";

const start = textOption("start", "POINT", {
  help: "where to begin: 8.7,-7.9 in the order of the variables, or y=-7.9,x=8.7",
  default: undefined,
});
const steps = wholeOption("steps", { help: "steps at most", default: 1000, atLeast: 0 });
const tolerance = numberOption("tolerance", { help: "stop when the norm of the gradient is below", default: undefined, atLeast: 0 });
const path = toggle("path", "give every point, the start first");
const figure = textOption("figure", "FILE", {
  help: "draw the descent: one variable on the curve, two on level lines, more as values; SVG, or by the name PNG, CSV, TypeScript",
  default: undefined,
});
const method = optimizerOptions("gd");

export const minimize: Command = {
  name: "minimize",
  summary: "find a minimum of a formula",
  about:
    "Follows the exact gradient of a formula downhill from a start. Formulas are written as on paper: 0.5x^2 + 2y^2 + x*y, sin(x), |x|, max(x, y), ½x². " +
    "A descent that diverges ends with exit code 1.",
  examples: [
    'steepest minimize "0.5x^2 + 2y^2 + x*y" --start 8.7,-7.9 --optimizer momentum --lr 0.1',
    'steepest minimize "(1-x)^2 + 100(y-x^2)^2" --start x=-1.2,y=1 --optimizer adam --lr 0.02 --steps 5000',
    'steepest minimize "x^4 - 3x" --start 2 --tolerance 1e-8 --path --json',
    'steepest minimize "x^2 + 10*y^2" --start 9,1 --lr 0.09 --figure descent.svg',
  ],
  positionals: [{ name: "FORMULA", help: "what to minimise, in quotes" }],
  options: [start, ...method.list, steps, tolerance, path, figure],
  async run(context, args) {
    const [formula] = args.positionals;
    const { engine, out } = context;
    const { optimizer, data } = method.choose(args);
    const target = args.get(figure);
    const variables = asUsage(() => engine.variables(formula));
    const text = args.get(start);
    if (text === undefined)
      throw new UsageError({
        problem: "--start is missing",
        expected: `a number for each variable of the formula: ${variables.join(", ")}`,
        fix: `for example --start ${variables.map(() => 1).join(",")}`,
      });
    const result = engine.minimize({
      formula,
      start: readPoint(text, "start", variables),
      optimizer,
      steps: args.get(steps),
      tolerance: args.get(tolerance),
      path: args.get(path),
      values: !args.get(json) && !args.get(quiet),
      ...(target === undefined ? {} : { figure: `${data.name}, rate ${formatNumber(Number(data.learningRate))}` }),
    });
    if (target !== undefined && result.figure !== undefined) await saveFigure(target, result.figure);
    if (args.get(json)) {
      const { status, steps: done, x, averaged, value, gradientNorm, evaluations, diagnosis, findings } = result;
      printJson(out, {
        status,
        steps: done,
        x,
        ...(averaged ? { averaged } : {}),
        value,
        gradientNorm,
        evaluations,
        diagnosis,
        findings,
        ...(args.get(path) ? { path: result.path ?? [] } : {}),
      });
    } else show(context, args, variables, result);
    return codeOf(result);
  },
};

const codeOf = ({ status }: MinimizeResult): ExitCode => (status === "diverged" ? exitCodes.failed : exitCodes.done);

function show({ out }: Context, args: Arguments, variables: readonly string[], result: MinimizeResult): void {
  const { status, steps: done, x, averaged, value, gradientNorm, evaluations, diagnosis } = result;
  const mean = (i: number) => (averaged ? [`  average ${formatNumber(averaged[i], 8)}`] : []);
  const point = columnsOf(variables.map((name, i) => [`  ${name}`, formatNumber(x[i], 8), ...mean(i)]));
  if (args.get(quiet)) {
    for (const line of point) out.line(line.trim());
    return;
  }
  const after = `after ${formatCount(done)} ${done === 1 ? "step" : "steps"}`;
  const word = status === "diverged" ? out.red(words[status]) : out.bold(words[status]);
  out.line(`${word} ${after}`);
  out.line();
  for (const line of point) out.line(line);
  out.line();
  const counted = `${formatCount(evaluations.value)} of f, ${formatCount(evaluations.gradient)} of its gradient`;
  const rows = [
    ["  value", formatNumber(value, 8)],
    ["  gradient norm", formatNumber(gradientNorm, 4)],
    ["  evaluations", counted],
  ];
  for (const line of columnsOf(rows)) out.line(line);
  if (diagnosis !== "") {
    out.line();
    out.line(diagnosis);
  }
  if (args.get(path) && result.path !== undefined) {
    out.line();
    const table = result.path.map((row, step) => [`  ${step}`, ...row.map((coordinate) => formatNumber(coordinate, 8))]);
    const right = ["  step", ...variables].map((_, column) => column);
    for (const line of columnsOf([["  step", ...variables], ...table], right)) out.line(line);
  }
  const curve = curveOf(result.values ?? []);
  if (curve.length > 2) {
    const figure = lineChart({ title: "f", subtitle: "", x: { label: "step" }, y: { label: "f" }, series: [{ name: "f", points: curve }] });
    out.line();
    out.line(figure.toTerminal({ columns: Math.min(out.columns, 72), rows: 6, colour: out.colour }));
  }
}

const words: Readonly<Record<MinimizeResult["status"], string>> = {
  converged: "Converged",
  "step-limit": "Stopped",
  "stopped-early": "Stopped early",
  diverged: "Diverged",
  stalled: "Stalled",
  aborted: "Interrupted",
};

const curveOf = (values: ArrayLike<number>): Point[] =>
  Array.from(values, (value, step): Point => [step, value]).filter(([, y]) => Number.isFinite(y));

/** `steepest gradient`: exact derivatives of a formula at a point, as numbers and as formulas, and how far they can be trusted. */
import { formatNumber } from "../figures/number-format.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import type { GradientResult } from "./engine.js";
import { asUsage, numberOption, textOption, toggle, UsageError } from "./options.js";
import { readPoint, showPoint } from "./point.js";
import { columnsOf, type Terminal } from "./terminal.js";

const at = textOption("at", "POINT", { help: "where: 1,2,3 in the order of the variables, or z=3,x=1,y=2", default: undefined });
const learningRate = numberOption("learning-rate", {
  help: "the rate α of the update rules",
  default: 0.1,
  aliases: ["lr"],
  above: 0,
});
const direction = textOption("direction", "POINT", {
  help: "a direction, of any length: the derivative along its unit vector",
  default: undefined,
  defaultText: "steepest descent",
});
const step = textOption("step", "POINT", { help: "a step p: f(x + p) beside Taylor's models of it", default: undefined });
const table = toggle("taylor", "a table of Taylor's models along the direction");

export const gradient: Command = {
  name: "gradient",
  summary: "derivatives of a formula at a point, as numbers and formulas",
  about:
    "Derives a formula exactly: partial derivatives as formulas with the rule of gradient descent for each variable, and at a point value, gradient, steepest and " +
    "directional derivatives, Hessian with eigenvalues, Taylor's models. The gradient is checked against differences of the formula itself; a check that fails ends with exit code 1.",
  examples: [
    'steepest gradient "x^2*y + sin(z)" --at 1,2,3',
    'steepest gradient "0.5x^2 + 2y^2 + x*y" --at 8.7,-7.9 --lr 0.1 --direction 1,1 --taylor',
    'steepest gradient "max(x, y)" --at x=1,y=2 --json',
  ],
  positionals: [{ name: "FORMULA", help: "what to derive, in quotes" }],
  options: [at, learningRate, direction, step, table],
  async run({ engine, out }, args) {
    const [formula] = args.positionals;
    const variables = asUsage(() => engine.variables(formula));
    const text = args.get(at);
    if (text === undefined)
      throw new UsageError({
        problem: "--at is missing",
        expected: `a number for each variable of the formula: ${variables.join(", ")}`,
        fix: `for example --at ${variables.map(() => 1).join(",")}`,
      });
    const point = readPoint(text, "at", variables);
    const [along, p] = [args.get(direction), args.get(step)];
    const vector = along === undefined ? undefined : readPoint(along, "direction", variables);
    if (vector?.every((x) => x === 0))
      throw new UsageError({
        problem: "--direction is 0 everywhere, which points nowhere",
        expected: "a direction that points",
        received: along,
      });
    const rate = args.get(learningRate);
    const result = engine.gradient(formula, point, {
      learningRate: rate,
      ...(vector === undefined ? {} : { direction: vector }),
      ...(p === undefined ? {} : { step: readPoint(p, "step", variables) }),
    });
    const code = result.check.verdict === "fail" ? exitCodes.failed : exitCodes.done;
    if (args.get(json)) {
      const { direction: derivative = null, step: stepped = null, ...rest } = result;
      const ascii = (list: readonly string[] | undefined) =>
        list ? Object.fromEntries(variables.map((name, i) => [name, list[i]])) : null;
      printJson(out, {
        ...rest,
        formulas: ascii(result.formulas?.ascii),
        updateRules: ascii(result.formulas?.rules),
        learningRate: rate,
        direction: derivative,
        step: stepped,
      });
    } else if (args.get(quiet)) out.line(result.gradient.map(show).join(" "));
    else print(out, variables, point, result, args.get(table));
    return code;
  },
};

const show = (x: number): string => formatNumber(x, 8);
const short = (x: number): string => formatNumber(x, 4);

function print(out: Terminal, variables: readonly string[], point: readonly number[], result: GradientResult, withTable: boolean): void {
  const { value, gradient: slopes, formulas, next, slope, descent, direction: along, step: stepped, hessian, eigenvalues, check } = result;
  out.line(`${out.bold(`f${showPoint(point.map(show))}`)} = ${show(value)}`);
  out.line();
  const rows = variables.map((name, i) => [
    `  ∂f/∂${formulas?.names[i] ?? name}`,
    ...(formulas === undefined ? [] : [`= ${formulas.printed[i]}`]),
    `= ${show(slopes[i])}`,
  ]);
  for (const line of columnsOf(rows)) out.line(line);
  out.line();
  if (formulas !== undefined) {
    out.line("One step of gradient descent");
    for (const line of columnsOf(variables.map((_, i) => [`  ${formulas.rules[i]}`, `= ${show(next[i])}`]))) out.line(line);
    out.line();
  }
  if (descent === null) out.line("The gradient is 0: a critical point, where no direction is steeper than another.");
  else {
    const lines = [
      ["  steepest ascent", `slope ${short(slope)}`, `along ${showPoint(descent.map((x) => short(x === 0 ? 0 : -x)))}`],
      ["  steepest descent", `slope ${short(-slope)}`, `along ${showPoint(descent.map(short))}`],
      ...(along?.given ? [["  this direction", `slope ${short(along.slope)}`, `along ${showPoint(along.unit.map(short))}`]] : []),
    ];
    out.line("Directions");
    for (const line of columnsOf(lines)) out.line(line);
  }
  out.line();
  if (along !== undefined) {
    out.line(`Along ${along.given ? "this direction" : "steepest descent"} f is about ${parabola(value, along.slope, along.curvature)}`);
    if (along.bestStep !== null && along.descendsBelow !== null)
      out.line(`  least at t = ${short(along.bestStep)}; lower than here for 0 < t < ${short(along.descendsBelow)}, if it is quadratic`);
    else if (along.descendsBelow !== null && along.descendsBelow > 0)
      out.line("  it bends down: lower and lower, as far as this model reaches");
    if (withTable) {
      const head = ["  t", "f", "first order", "remainder", "second order", "remainder"];
      const lines = along.table.map((row) => [
        `  ${short(row.t)}`,
        show(row.value),
        show(row.first),
        formatNumber(row.value - row.first, 2),
        show(row.second),
        formatNumber(row.value - row.second, 2),
      ]);
      for (const line of columnsOf([head, ...lines], [0, 1, 2, 3, 4, 5])) out.line(line);
    }
    out.line();
  }
  if (stepped !== undefined) {
    out.line(`After the step f is ${show(stepped.value)}`);
    const lines = [
      ["  first order", show(stepped.first), `off by ${formatNumber(stepped.value - stepped.first, 2)}`],
      ["  second order", show(stepped.second), `off by ${formatNumber(stepped.value - stepped.second, 2)}`],
    ];
    for (const line of columnsOf(lines)) out.line(line);
    out.line();
  }
  out.line("Hessian");
  const matrix = [["", ...variables], ...hessian.map((row, i) => [variables[i], ...row.map(show)])].map(([head, ...cells]) => [
    `  ${head}`,
    ...cells,
  ]);
  for (const line of columnsOf(
    matrix,
    variables.map((_, i) => i + 1),
  ))
    out.line(line);
  out.line(`  eigenvalues ${eigenvalues.map(short).join(", ")}${bend(eigenvalues)}`);
  out.line();
  const verdict = check.verdict === "fail" ? out.red(verdicts.fail) : verdicts[check.verdict];
  out.line(`${verdict}; largest relative difference ${formatNumber(check.maxRelativeError, 2)}`);
}

/** `10.5 − 3t + ½·4t²` */
function parabola(value: number, slope: number, curvature: number): string {
  const signed = (x: number) => `${x < 0 ? "−" : "+"} ${short(Math.abs(x))}`;
  return `${short(value)} ${signed(slope)}t ${curvature < 0 ? "−" : "+"} ½·${short(Math.abs(curvature))}t²`;
}

function bend(eigenvalues: readonly number[]): string {
  if (eigenvalues.every((x) => x > 0)) return ": f bends up in every direction";
  if (eigenvalues.every((x) => x < 0)) return ": f bends down in every direction";
  return eigenvalues.some((x) => x > 0) && eigenvalues.some((x) => x < 0) ? ": f bends up in some directions, down in others" : "";
}

const verdicts = {
  pass: "The gradient agrees with differences of f",
  fail: "The gradient does not agree with differences of f",
  "cannot-tell": "Differences of f are too inaccurate here to judge the gradient",
} as const;

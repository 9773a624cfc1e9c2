/** `steepest gradient`: exact derivatives of a formula at a point, and how far they can be trusted. */
import { formatNumber } from "../figures/number-format.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { asUsage, textOption, UsageError } from "./options.js";
import { readPoint, showPoint } from "./point.js";
import { columnsOf } from "./terminal.js";

const at = textOption("at", "POINT", { help: "where: 1,2,3 in the order of the variables, or z=3,x=1,y=2", default: undefined });

export const gradient: Command = {
  name: "gradient",
  summary: "value, gradient and Hessian of a formula at a point",
  about:
    "Derives a formula exactly and evaluates it at a point. The gradient is checked against differences of the formula itself; a check that fails ends with exit code 1.",
  examples: ['steepest gradient "x^2*y + sin(z)" --at 1,2,3', 'steepest gradient "max(x, y)" --at x=1,y=2 --json'],
  positionals: [{ name: "FORMULA", help: "what to derive, in quotes" }],
  options: [at],
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
    const { value, gradient: slopes, hessian, check } = engine.gradient(formula, point);
    const code = check.verdict === "fail" ? exitCodes.failed : exitCodes.done;
    if (args.get(json)) {
      printJson(out, { value, gradient: slopes, hessian, check: { verdict: check.verdict, maxRelativeError: check.maxRelativeError } });
      return code;
    }
    const show = (x: number) => formatNumber(x, 8);
    if (args.get(quiet)) {
      out.line(slopes.map(show).join(" "));
      return code;
    }
    out.line(`${out.bold(`f${showPoint(point.map(show))}`)} = ${show(value)}`);
    out.line();
    for (const line of columnsOf(variables.map((name, i) => [`  ∂f/∂${name}`, show(slopes[i])]))) out.line(line);
    out.line();
    out.line("Hessian");
    const rows = [["", ...variables], ...hessian.map((row, i) => [variables[i], ...row.map(show)])].map(([head, ...cells]) => [
      `  ${head}`,
      ...cells,
    ]);
    const right = variables.map((_, i) => i + 1);
    for (const line of columnsOf(rows, right)) out.line(line);
    out.line();
    const verdict = check.verdict === "fail" ? out.red(verdicts.fail) : verdicts[check.verdict];
    out.line(`${verdict}; largest relative difference ${formatNumber(check.maxRelativeError, 2)}`);
    return code;
  },
};

const verdicts = {
  pass: "The gradient agrees with differences of f",
  fail: "The gradient does not agree with differences of f",
  "cannot-tell": "Differences of f are too inaccurate here to judge the gradient",
} as const;

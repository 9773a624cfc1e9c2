/** `steepest check`: is a gradient right, and where not? */
import type { GradientCheck } from "../curvature/index.js";
import { formatCount, formatNumber } from "../figures/number-format.js";
import { modelNamed } from "../models/ready.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import type { CheckRequest } from "./engine.js";
import { asUsage, choiceOption, numberOption, textOption, UsageError, wholeOption } from "./options.js";
import { readPoint } from "./point.js";
import { modelNames } from "./recipes.js";
import { columnsOf, type Terminal } from "./terminal.js";

const at = textOption("at", "POINT", {
  help: "where: 1,2,3 in the order of the variables, or z=3,x=1,y=2",
  default: undefined,
  defaultText: "a random point",
});
const model = choiceOption("model", ["none", ...modelNames], { help: "check a ready model on digits instead", default: "none" });
const batchSize = wholeOption("batch-size", { help: "records in the batch of the model", default: 16, atLeast: 1 });
const dtype = choiceOption("dtype", ["f32", "f64"], { help: "what the model computes in", default: "f32" });
const method = choiceOption("method", ["sweep", "ridders", "five-point", "centred", "forward"], {
  help: "how derivatives are found by differences",
  default: "sweep",
});
const mode = choiceOption("mode", ["auto", "coordinates", "directions"], {
  help: "coordinates one by one, or random directions in each tensor; auto: directions beyond 10,000 coordinates",
  default: "auto",
});
const tolerance = numberOption("tolerance", {
  help: "largest relative difference that passes",
  default: undefined,
  defaultText: "1e-6",
  above: 0,
});
const seed = wholeOption("seed", { help: "names the random point and directions", default: 0, atLeast: 0 });

export const check: Command = {
  name: "check",
  summary: "check the gradient of a formula or a model against differences",
  about:
    "Compares the gradient, tensor by tensor, with differences that know their own error: pass, fail, or cannot tell. Says what kind of mistake a wrong one is, how fast Taylor's remainders vanish, and whether second derivatives are symmetric. A check that fails ends with exit code 1; one that cannot tell, at a kink for instance, does not.",
  examples: [
    'steepest check "x^2*y + sin(z)" --at 1,2,3',
    'steepest check "max(x, 0) + y^2" --at 0,1',
    "steepest check --model mlp --json",
  ],
  positionals: [{ name: "FORMULA", help: "what to check, in quotes", optional: true }],
  options: [at, model, batchSize, dtype, method, mode, tolerance, seed],
  async run({ engine, out }, args) {
    const formula = args.positionals.at(0);
    const chosen = args.get(model);
    if ((formula === undefined) === (chosen === "none"))
      throw new UsageError({
        problem: "one thing can be checked at a time",
        expected: 'a formula, or --model: steepest check "x^2 + y^2"',
      });
    const options = {
      method: args.get(method),
      seed: args.get(seed),
      ...(args.get(tolerance) === undefined ? {} : { tolerance: args.get(tolerance) }),
      ...(args.get(mode) === "auto" ? {} : { mode: args.get(mode) === "directions" ? ("directions" as const) : ("coordinates" as const) }),
    };
    const request: CheckRequest =
      formula === undefined
        ? { ...options, model: modelNamed(chosen, 10), batchSize: args.get(batchSize), dtype: args.get(dtype) }
        : { ...options, formula, at: pointOf(formula, args.get(at), engine.variables) };
    const result = engine.check(request);
    const code = result.check.verdict === "fail" ? exitCodes.failed : exitCodes.done;
    if (args.get(json)) {
      const { taylor, ...rest } = result.check;
      const slopes = { firstSlope: taylor?.firstSlope ?? null, secondSlope: taylor?.secondSlope ?? null };
      printJson(out, { ...rest, taylor: { ...slopes, ...taylor }, at: result.at ?? null });
    } else if (args.get(quiet)) out.line(result.check.verdict);
    else print(out, result.check);
    return code;
  },
};

function pointOf(formula: string, text: string | undefined, variablesOf: (formula: string) => readonly string[]): number[] | undefined {
  const variables = asUsage(() => variablesOf(formula));
  return text === undefined ? undefined : readPoint(text, "at", variables);
}

const words = { pass: "pass", fail: "fail", "cannot-tell": "cannot tell" } as const;

function print(out: Terminal, check: GradientCheck): void {
  const say = (verdict: GradientCheck["verdict"]) => (verdict === "fail" ? out.red(words[verdict]) : words[verdict]);
  out.line(`${out.bold(`The gradient: ${say(check.verdict)}`)}. ${check.diagnosis}`);
  if (check.tensors.length > 0) {
    out.line();
    const rows = check.tensors.map((t) => [
      `  ${t.name}${t.shape.length === 0 ? "" : `[${t.shape.join(", ")}]`}`,
      t.checked === 0 ? "directions" : `${formatCount(t.checked)} of ${formatCount(t.coordinates)}`,
      formatNumber(t.maxRelativeError, 2),
      words[t.verdict],
    ]);
    for (const line of columnsOf([["  tensor", "checked", "relative error", "verdict"], ...rows], [1, 2])) out.line(line);
  }
  const worst = check.worst.filter((c) => c.verdict !== "pass");
  if (worst.length > 0) {
    out.line();
    const rows = worst.map((c) => [
      `  ${c.name}`,
      formatNumber(c.given, 8),
      formatNumber(c.numerical, 8),
      `± ${formatNumber(c.numericalError, 2)}`,
    ]);
    for (const line of columnsOf([["  worst", "given", "by differences", ""], ...rows], [1, 2])) out.line(line);
  }
  out.line();
  const { taylor, hessian } = check;
  if (taylor !== undefined) {
    const slope = (found: number | undefined, due: number) =>
      found === undefined ? "vanishes" : `falls as h^${formatNumber(found, 3)} (${due} is due)`;
    out.line(
      `Remainder of f + h∇f·d along a random d: ${slope(taylor.firstSlope, 2)}${taylor.second ? `; with ½h²dᵀHd: ${slope(taylor.secondSlope, 3)}` : ""}.`,
    );
  }
  if (hessian !== undefined) out.line(`Second derivatives: ${words[hessian.verdict]}; asymmetry ${formatNumber(hessian.asymmetry, 2)}.`);
  if (check.singleError !== undefined)
    out.line(`Float32 is off by ${formatNumber(check.singleError, 2)} of the largest entry of a tensor.`);
  out.line(`${formatCount(check.evaluations)} evaluations of f (the method takes ${check.cost} for d derivatives), seed ${check.seed}.`);
}

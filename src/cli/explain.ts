/** `steepest explain`: what the compiler makes of a formula or a model, level by level. */
import { modelNamed } from "../models/ready.js";
import { nearest } from "../tensor/error.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import type { ExplainRequest } from "./engine.js";
import { optimizerOptions } from "./optimizer-options.js";
import { asUsage, choiceOption, textOption, UsageError, wholeOption } from "./options.js";
import { modelNames } from "./recipes.js";

const model = choiceOption("model", ["none", ...modelNames], { help: "explain a ready model on 28×28 images instead", default: "none" });
const batchSize = wholeOption("batch-size", { help: "records in a step of the model", default: 64, atLeast: 1 });
const level = textOption("level", "NAME", { help: "only this level", default: undefined, defaultText: "all" });
const method = optimizerOptions("gd");

export const explain: Command = {
  name: "explain",
  summary: "show how a formula or a model is compiled",
  about: "Prints each level of the compiler, from the traced graph to the program that runs: loss, gradient and update in one.",
  examples: ['steepest explain "0.5x^2 + 2y^2 + x*y"', "steepest explain --model mlp --optimizer adam --level kernels"],
  positionals: [{ name: "FORMULA", help: "what to compile, in quotes", optional: true }],
  options: [model, batchSize, ...method.list, level],
  async run({ engine, out }, args) {
    const formula = args.positionals.at(0);
    const chosen = args.get(model);
    if ((formula === undefined) === (chosen === "none"))
      throw new UsageError({
        problem: "one thing can be explained at a time",
        expected: 'a formula, or --model: steepest explain "x^2 + y^2"',
      });
    if (formula !== undefined) asUsage(() => engine.variables(formula));
    const { optimizer } = method.choose(args);
    const request: ExplainRequest =
      formula !== undefined
        ? { formula, optimizer }
        : { model: modelNamed(chosen, 10), inputShape: [28, 28, 1], classes: 10, batchSize: args.get(batchSize), optimizer };
    const all = engine.explain(request);
    const wanted = args.get(level);
    const levels = wanted === undefined ? all : all.filter(({ name }) => name.toLowerCase().startsWith(wanted.toLowerCase()));
    if (levels.length === 0) {
      const names = all.map(({ name }) => name);
      const meant = nearest(wanted ?? "", names);
      throw new UsageError({
        problem: `there is no level "${wanted}"`,
        expected: names.join(", "),
        fix: meant === undefined ? undefined : `did you mean ${meant}?`,
      });
    }
    if (args.get(json)) {
      printJson(out, { levels: levels.map(({ name, summary, text }) => ({ name, summary, text })) });
      return exitCodes.done;
    }
    for (const { name, summary, text } of levels) {
      if (args.get(quiet)) out.line(text.trimEnd());
      else out.line(`${out.bold(name)}  ${out.quiet(summary)}\n\n${text.trimEnd()}\n`);
    }
    return exitCodes.done;
  },
};

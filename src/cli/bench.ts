/** `steepest bench`: what this machine can do, and what a model or a formula makes of it. */
import { modelNamed } from "../models/ready.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson } from "./command.js";
import { fast, threads } from "./computing.js";
import { optimizerOptions } from "./optimizer-options.js";
import { asUsage, choiceOption, numberOption, wholeOption } from "./options.js";
import { modelNames } from "./recipes.js";

const model = choiceOption("model", modelNames, { help: "the network that learns digits", default: "mlp" });
const batchSize = wholeOption("batch-size", { help: "records in a step of the network", default: 64, atLeast: 1, atMost: 100_000 });
const seconds = numberOption("seconds", { help: "how long to run", default: 2, above: 0, atMost: 3600 });
const method = optimizerOptions("adam");

export const bench: Command = {
  name: "bench",
  summary: "time this machine on a network or a formula",
  about:
    "Measures the most that registers and memory allow here, runs training steps of a network (or a descent of a formula) for a moment, and prints where " +
    "their time goes: each loop of the compiled program with its time, its rates, and its share of the nearer limit.",
  examples: ["steepest bench", "steepest bench --model cnn --batch-size 256 --threads 1", 'steepest bench "(1-x)^2 + 100(y-x^2)^2" --json'],
  positionals: [{ name: "FORMULA", help: "a formula instead of a network, in quotes", optional: true }],
  options: [model, batchSize, seconds, threads, fast, ...method.list],
  async run({ engine, out, onInterrupt }, args) {
    const formula = args.positionals.at(0);
    if (formula !== undefined) asUsage(() => engine.variables(formula));
    const abort = new AbortController();
    const endListening = onInterrupt(() => abort.abort());
    const { optimizer } = method.choose(args);
    const common = { optimizer, seconds: args.get(seconds), threads: args.get(threads), fast: args.get(fast), signal: abort.signal };
    try {
      const profile = await engine.bench(
        formula === undefined
          ? { ...common, model: modelNamed(args.get(model), 10), batchSize: args.get(batchSize) }
          : { ...common, formula },
      );
      if (args.get(json)) printJson(out, profile);
      else out.line(String(profile));
    } finally {
      endListening();
    }
    return exitCodes.done;
  },
};

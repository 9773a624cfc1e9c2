/** `steepest lectures`: what lectures on gradient descent show, computed again. */
import { join } from "node:path";
import { cifar10 } from "../data/cifar10.js";
import { formatDuration } from "../figures/number-format.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { threads } from "./computing.js";
import { asUsage, textOption, UsageError } from "./options.js";

const out = textOption("out", "DIR", { help: "where the page, the figures and numbers.json are written", default: "lectures" });
const data = textOption("data", "DIR", {
  help: "a folder with CIFAR-10, for the exhibits that the lectures show on it; otherwise they take the built-in digits",
  default: undefined,
});
const forms = ["png", "csv", "ts"] as const;
const also = textOption("also", "LIST", {
  help: "each figure in other forms beside SVG, by commas: png, csv (the numbers drawn), ts (the program that draws it)",
  default: undefined,
  defaultText: "none",
  check: formsOf,
});
const only = textOption("only", "LIST", { help: "some exhibits, by their ids: D5,D8", default: undefined, defaultText: "all" });

export const lectures: Command = {
  name: "lectures",
  summary: "the figures and numbers of lectures on gradient descent, computed again",
  about:
    "Computes what five lectures on gradient descent say and draw: paths, momentum, saddles, hinge losses, landscapes, restoration. Writes one page that needs nothing else " +
    "(index.html), each figure as a file, and all numbers (numbers.json).",
  examples: [
    "steepest lectures --out lectures",
    "steepest lectures --only D5,D8 --json",
    "steepest lectures --data data/cifar10 --also png,csv",
  ],
  positionals: [],
  options: [out, data, only, also, threads],
  async run({ out: output, err, onInterrupt }, args) {
    // Loaded here: no other command needs it.
    const { exhibitsNamed, makeExhibits, numbersOf } = await import("../lectures/make.js");
    const { writeExhibits } = await import("../lectures/write.js");
    const chosen = asUsage(() => exhibitsNamed(args.get(only)?.split(",") ?? []));
    const folder = args.get(data);
    const given = folder === undefined ? {} : { cifar10: await cifar10(folder) };
    const abort = new AbortController();
    const endListening = onInterrupt(() => abort.abort());
    const isTold = !args.get(quiet) && !args.get(json);
    try {
      const made = await makeExhibits(chosen, { ...given, threads: args.get(threads), signal: abort.signal }, ({ id, title }, seconds) => {
        if (isTold && seconds !== undefined) err.line(`${err.bold(id.padEnd(4))}${title} ${err.quiet(formatDuration(seconds))}`);
      });
      const files = await writeExhibits(args.get(out), made, { also: formsOf(args.get(also) ?? "") });
      const page = join(args.get(out), "index.html");
      if (args.get(json))
        printJson(output, {
          page,
          files,
          seconds: Object.fromEntries(made.map(({ exhibit, seconds }) => [exhibit.id, seconds])),
          numbers: numbersOf(made),
        });
      else output.line(page);
    } catch (error) {
      if (abort.signal.aborted) return exitCodes.interrupted;
      throw error;
    } finally {
      endListening();
    }
    return exitCodes.done;
  },
};

/** @throws UsageError for a form that there is not */
function formsOf(text: string): (typeof forms)[number][] {
  const names = text.split(",").flatMap((name) => name.trim().toLowerCase() || []);
  return [...new Set(names)].map((name) => {
    const form = forms.find((known) => known === name);
    if (form === undefined) throw new UsageError({ problem: "--also has no such form", expected: forms.join(", "), received: name });
    return form;
  });
}

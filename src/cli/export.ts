/** `steepest export`: a trained run for other programs. */
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { exportWeights, writeSafetensors } from "../exchange/index.js";
import { formatCount } from "../figures/number-format.js";
import { writeAtomically } from "../runs/atomic-file.js";
import { loadRun } from "../runs/run-folder.js";
import type { StoredRun } from "../runs/stored-run.js";
import { SteepestError } from "../tensor/error.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { asUsage, textOption, UsageError } from "./options.js";
import { layout, layoutOf, names } from "./weights.js";

const to = textOption("to", "FILE.safetensors", { help: "what to write", default: undefined });
export const exportRun: Command = {
  name: "export",
  summary: "write a trained run for other programs",
  about:
    "Writes the weights of a run folder, running statistics included, as a safetensors file, in our layout or as a state_dict of PyTorch.",
  examples: [
    "steepest export runs/mlp --to mlp.safetensors",
    "steepest export runs/resnet --to resnet20.safetensors --layout pytorch",
    "steepest export runs/mine --to mine.safetensors --layout pytorch --names conv1=features.0,dense1=fc",
  ],
  positionals: [{ name: "DIR", help: "a run folder that training has written" }],
  options: [to, layout, names],
  async run({ out }, args) {
    const [folder] = args.positionals;
    const file = args.get(to);
    if (file === undefined || !file.endsWith(".safetensors"))
      throw new UsageError({
        problem: file === undefined ? "nothing says where to write" : "the ending of the file does not say what to write",
        expected: "--to FILE.safetensors",
        ...(file === undefined ? {} : { received: file }),
      });
    const run = await loadRun(folder);
    const arrays = asUsage(() => exportWeights(run, layoutOf(args.get(layout), args.get(names))));
    const bytes = writeSafetensors({ arrays, metadata: notesOf(run, args.get(layout)) });
    await write(file, bytes);
    const result = { file, layout: args.get(layout), tensors: arrays.length, bytes: bytes.length };
    if (args.get(json)) printJson(out, result);
    else out.line(args.get(quiet) ? file : `${file}: ${arrays.length} tensors, ${formatCount(bytes.length)} bytes`);
    return exitCodes.done;
  },
};

/** What whoever reads the file needs beside the weights; `format` is what PyTorch's users look for. */
function notesOf({ preprocessing, classes, inputShape, title }: StoredRun, chosen: "steepest" | "pytorch"): ReadonlyMap<string, string> {
  return new Map([
    ["format", chosen === "pytorch" ? "pt" : "steepest"],
    ["title", title],
    ["inputShape", JSON.stringify(inputShape)],
    ["preprocessing", JSON.stringify(preprocessing)],
    ...(classes === undefined ? [] : [["classes", JSON.stringify(classes)] satisfies [string, string]]),
  ]);
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(resolve(file)), { recursive: true });
    await writeAtomically(file, bytes);
  } catch (error) {
    throw new SteepestError({
      problem: "The file cannot be written",
      received: error instanceof Error ? error.message : String(error),
      where: resolve(file),
    });
  }
}

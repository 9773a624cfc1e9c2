/** `steepest export`: a trained run for other programs. */
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { exportOnnx, exportWeights, writeSafetensors } from "../exchange/index.js";
import { formatCount } from "../figures/number-format.js";
import { writeAtomically } from "../runs/atomic-file.js";
import { loadRun } from "../runs/run-folder.js";
import type { StoredRun } from "../runs/stored-run.js";
import { SteepestError } from "../tensor/error.js";
import type { Arguments } from "./arguments.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { asUsage, choiceOption, textOption, UsageError } from "./options.js";
import { layout, layoutOf, names } from "./weights.js";

const to = textOption("to", "FILE", { help: "what to write: weights as .safetensors, or the whole model as .onnx", default: undefined });
const channels = choiceOption("channels", ["last", "first"], {
  help: "of an ONNX file: where its images have their channels; last as ours, first as PyTorch's",
  default: "last",
});
const input = choiceOption("input", ["float32", "uint8"], { help: "of an ONNX file: takes stored numbers, or bytes", default: "float32" });
export const exportRun: Command = {
  name: "export",
  summary: "write a trained run for other programs",
  about:
    "Writes the weights of a run folder, running statistics included, as a safetensors file, in our layout or as a state_dict of PyTorch; or the whole model, preprocessing included, as an ONNX file that any runtime applies.",
  examples: [
    "steepest export runs/mlp --to mlp.safetensors",
    "steepest export runs/resnet --to resnet20.safetensors --layout pytorch",
    "steepest export runs/cnn --to cnn.onnx --input uint8",
    "steepest export runs/mine --to mine.safetensors --layout pytorch --names conv1=features.0,dense1=fc",
  ],
  positionals: [{ name: "DIR", help: "a run folder that training has written" }],
  options: [to, layout, names, channels, input],
  async run({ out }, args) {
    const [folder] = args.positionals;
    const file = args.get(to);
    const format = formats.find((one) => file?.endsWith(`.${one}`));
    if (file === undefined || format === undefined)
      throw new UsageError({
        problem: file === undefined ? "nothing says where to write" : "the ending of the file does not say what to write",
        expected: "--to FILE.safetensors or --to FILE.onnx",
        ...(file === undefined ? {} : { received: file }),
      });
    checkMeant(args, format);
    const run = await loadRun(folder);
    const [bytes, details] = format === "onnx" ? onnxOf(run, args) : safetensorsOf(run, args);
    await write(file, bytes);
    if (args.get(json)) printJson(out, { file, format, ...details, bytes: bytes.length });
    else out.line(args.get(quiet) ? file : `${file}: ${formatCount(bytes.length)} bytes`);
    return exitCodes.done;
  },
};

const formats = ["safetensors", "onnx"] as const;

/** Options of the other format would have no effect. */
function checkMeant(args: Arguments, format: (typeof formats)[number]): void {
  const isOther =
    format === "onnx"
      ? args.get(layout) !== "steepest" || args.get(names) !== undefined
      : args.get(channels) !== "last" || args.get(input) !== "float32";
  if (!isOther) return;
  throw new UsageError({
    problem: format === "onnx" ? "--layout and --names are for safetensors" : "--channels and --input are for ONNX files",
    expected: format === "onnx" ? "--to FILE.safetensors" : "--to FILE.onnx",
  });
}

type Written = readonly [bytes: Uint8Array, details: object];

function safetensorsOf(run: StoredRun, args: Arguments): Written {
  const chosen = args.get(layout);
  const { model } = run;
  const arrays = asUsage(() => exportWeights({ model, weights: run.weights }, layoutOf(chosen, args.get(names))));
  return [writeSafetensors({ arrays, metadata: notesOf(run, chosen) }), { layout: chosen, tensors: arrays.length }];
}

function onnxOf(run: StoredRun, args: Arguments): Written {
  const chosen = { channels: args.get(channels), input: args.get(input) };
  return [exportOnnx(run, chosen), chosen];
}

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

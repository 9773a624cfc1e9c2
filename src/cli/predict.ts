/** `steepest predict`: what a trained run says of pictures. */
import { readFile } from "node:fs/promises";
import { readImage } from "../data/images/decode.js";
import { resizeImage } from "../data/images/resize.js";
import { formatPercent } from "../figures/number-format.js";
import { loadRun } from "../runs/run-folder.js";
import type { StoredRun } from "../runs/stored-run.js";
import { SteepestError } from "../tensor/error.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { wholeOption } from "./options.js";
import { predictTables } from "./predict-tables.js";
import { tableOf } from "./table.js";
import { columnsOf } from "./terminal.js";

const top = wholeOption("top", { help: "classes shown for each record, the most probable first", default: 3, atLeast: 1 });

export const predict: Command = {
  name: "predict",
  summary: "classify pictures, or predict from a table, with a trained run",
  about:
    "Says what a trained run makes of the records of a table (CSV, with the columns that it learned from), or which class each picture shows, by a run that was trained on images. A picture (PNG or JPEG) is turned as its camera says, converted to grey or RGB, " +
    "cut about its middle to the shape that the model knows, and resized.",
  examples: [
    "steepest predict runs/flowers photo.jpg",
    "steepest predict runs/flowers *.png --top 1 --json",
    "steepest predict runs/houses new.csv",
  ],
  positionals: [
    { name: "DIR", help: "a run folder that training has written" },
    { name: "FILE", help: "a PNG or JPEG file, or several; for a run over a table, CSV files", many: true },
  ],
  options: [top],
  async run(context, args) {
    const [folder, ...files] = args.positionals;
    const run = await loadRun(folder);
    const table = tableOf(run, folder);
    if (table !== undefined) return predictTables(context, args, { run, folder, table, files, top: args.get(top) });
    const classes = classesOf(run, folder);
    const [rows, columns, channels] = imageShape(run, folder);
    const pictures = [];
    for (const file of files) {
      const image = await readImage(await bytesOf(file), { where: file, channels, depth: 8 });
      pictures.push({ file, image, input: resizeImage(image, columns, rows) });
    }
    const inputs = new Uint8Array(rows * columns * channels * pictures.length);
    for (const [i, { input }] of pictures.entries()) inputs.set(input.data, i * rows * columns * channels);
    const { probabilities = [] } = context.engine.predict({ run, inputs });
    const results = pictures.map(({ file, image }, i) => {
      const own = Array.from(classes, (name, label) => ({ class: name, probability: probabilities[i * classes.length + label] }));
      own.sort((a, b) => b.probability - a.probability);
      return { file, width: image.width, height: image.height, ...own[0], classes: own.slice(0, args.get(top)) };
    });
    const { out } = context;
    if (args.get(json)) printJson(out, { run: folder, inputShape: run.inputShape, pictures: results });
    else if (args.get(quiet)) for (const result of results) out.line(result.class);
    else {
      const shown = results.map((result) => [
        result.file,
        ...result.classes.map(({ class: name, probability }) => `${name} ${formatPercent(probability, 1)}`),
      ]);
      for (const line of columnsOf(shown)) out.line(line);
    }
    return exitCodes.done;
  },
};

function classesOf({ classes }: StoredRun, folder: string): readonly string[] {
  if (classes !== undefined) return classes;
  throw new SteepestError({ problem: "The run was not trained to tell classes apart", expected: "a run with class names", where: folder });
}

function imageShape({ inputShape }: StoredRun, folder: string): readonly [rows: number, columns: number, channels: 1 | 3] {
  const [rows, columns, channels, ...more] = inputShape;
  if (columns !== undefined && (channels === 1 || channels === 3) && more.length === 0) return [rows, columns, channels];
  throw new SteepestError({
    problem: "The run was not trained on pictures",
    expected: "inputs of shape [rows, columns, 1] (grey) or [rows, columns, 3] (RGB)",
    received: `[${inputShape.join(", ")}]`,
    where: folder,
  });
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") throw new SteepestError({ problem: "There is no such picture", where: file });
    if (code === "EISDIR")
      throw new SteepestError({ problem: "This is a folder", expected: "pictures", where: file, fix: `name what is in it: ${file}/*.png` });
    throw new SteepestError({
      problem: "The picture cannot be read",
      received: error instanceof Error ? error.message : String(error),
      where: file,
    });
  }
}

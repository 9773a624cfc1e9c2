/** The exhibits as files: a page, its figures, its numbers. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FigureForm, figureFile } from "../figures/figure-file.js";
import { SteepestError } from "../tensor/error.js";
import { type Made, numbersOf } from "./make.js";
import { lecturesReport } from "./report.js";

export interface WriteOptions {
  /** Forms in which each figure is written beside SVG. Default none. */
  readonly also?: readonly Exclude<FigureForm, "svg">[];
}

/**
 * Writes `index.html`, `numbers.json` and a file for each figure into a folder, which is made where it is absent. Other files in it are left alone.
 *
 * @returns the names of the files
 * @throws SteepestError where the folder cannot be written, and for PNG where the packages that it takes are not installed
 */
export async function writeExhibits(folder: string, made: readonly Made[], { also = [] }: WriteOptions = {}): Promise<string[]> {
  const figures = made.flatMap(({ exhibit, outcome }) =>
    outcome.figures.map(({ name, figure }) => ({ name: `${exhibit.id.toLowerCase()}-${name}`, figure })),
  );
  const files: [name: string, content: string | Uint8Array][] = [
    ["index.html", lecturesReport(made)],
    ["numbers.json", `${JSON.stringify(numbersOf(made), null, 2)}\n`],
  ];
  for (const { name, figure } of figures)
    for (const form of ["svg", ...also] as const) files.push([`${name}.${form}`, await figureFile(figure, form)]);
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of files) await writeFile(join(folder, name), content);
  } catch (error) {
    throw new SteepestError({
      problem: "the report cannot be written",
      where: folder,
      received: error instanceof Error ? error.message : String(error),
    });
  }
  return files.map(([name]) => name);
}

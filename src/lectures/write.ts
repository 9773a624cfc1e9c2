/** The exhibits as files: a page, its figures, its numbers. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SteepestError } from "../tensor/error.js";
import { type Made, numbersOf } from "./make.js";
import { lecturesReport } from "./report.js";

/**
 * Writes `index.html`, `numbers.json` and a file for each figure into a folder, which is made where it is absent. Other files in it are left alone.
 *
 * @returns the names of the files
 * @throws SteepestError where the folder cannot be written
 */
export async function writeExhibits(folder: string, made: readonly Made[]): Promise<string[]> {
  const files: [name: string, content: string][] = [
    ["index.html", lecturesReport(made)],
    ["numbers.json", `${JSON.stringify(numbersOf(made), null, 2)}\n`],
    ...made.flatMap(({ exhibit, outcome }) =>
      outcome.figures.map(({ name, figure }): [string, string] => [`${exhibit.id.toLowerCase()}-${name}.svg`, figure.toSvg()]),
    ),
  ];
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

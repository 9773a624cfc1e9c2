/** Files that a user names: what cannot be read or written is said with its name. */
import { readFile, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import type { Figure } from "../figures/figure.js";
import { figureFile, figureForms } from "../figures/figure-file.js";
import { Panels } from "../figures/panels.js";
import { writeAtomically } from "../runs/atomic-file.js";
import { SteepestError } from "../tensor/error.js";

export async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unusableFile("The file cannot be read", file, error);
  }
}

/** Writes a figure: as PNG, as CSV or as TypeScript where the name ends so, else as SVG. */
export async function saveFigure(file: string, figure: Figure | Panels): Promise<void> {
  await save(file, await drawn(file, figure), "The figure cannot be written");
}

/** Writes numbers as JSON. NaN and the infinities, which JSON lacks, become null. */
export const saveJson = (file: string, value: object): Promise<void> =>
  save(file, `${JSON.stringify(value)}\n`, "The numbers cannot be written");

async function save(file: string, content: string | Uint8Array, problem: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (error) {
    throw unusableFile(problem, file, error);
  }
}

/** Writes a page, whole or not at all. */
export async function savePage(file: string, html: string): Promise<void> {
  try {
    await writeAtomically(file, html);
  } catch (error) {
    throw unusableFile("The page cannot be written", file, error);
  }
}

function drawn(file: string, figure: Figure | Panels): Promise<string | Uint8Array> {
  const size =
    figure instanceof Panels || figure.description.aspect === "equal"
      ? { width: figure instanceof Panels ? undefined : 640 }
      : { width: 640, height: 400 };
  const ending = extname(file).toLowerCase().slice(1);
  return figureFile(figure, figureForms.find((form) => form === ending) ?? "svg", size);
}

const unusableFile = (problem: string, file: string, error: unknown): SteepestError =>
  new SteepestError({ problem, where: file, received: error instanceof Error ? error.message : String(error) });

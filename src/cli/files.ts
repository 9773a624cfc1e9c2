/** Files that a user names: what cannot be read or written is said with its name. */
import { readFile, writeFile } from "node:fs/promises";
import type { Figure } from "../figures/figure.js";
import { Panels } from "../figures/panels.js";
import { SteepestError } from "../tensor/error.js";

export async function contentOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unusableFile("The file cannot be read", file, error);
  }
}

/** Writes a figure as SVG. */
export async function saveFigure(file: string, figure: Figure | Panels): Promise<void> {
  try {
    await writeFile(file, figure instanceof Panels ? figure.toSvg() : figure.toSvg({ width: 640, height: 400 }));
  } catch (error) {
    throw unusableFile("The figure cannot be written", file, error);
  }
}

const unusableFile = (problem: string, file: string, error: unknown): SteepestError =>
  new SteepestError({ problem, where: file, received: error instanceof Error ? error.message : String(error) });

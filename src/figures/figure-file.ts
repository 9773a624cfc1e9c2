/** Figures as the contents of files, by the form that a file's name asks for. */
import type { Figure } from "./figure.js";
import type { Panels } from "./panels.js";
import { figurePng } from "./raster.js";
import type { SvgOptions } from "./svg.js";

/** `svg` and `png` are pictures, `csv` the numbers drawn, `ts` the program that draws it. */
export const figureForms = ["svg", "png", "csv", "ts"] as const;

export type FigureForm = (typeof figureForms)[number];

/** @throws SteepestError for PNG where the packages that it takes are not installed */
export async function figureFile(
  figure: Figure | Panels,
  form: FigureForm,
  size: Pick<SvgOptions, "width" | "height"> = {},
): Promise<string | Uint8Array> {
  switch (form) {
    case "png":
      return figurePng(figure, size);
    case "csv":
      return figure.toCsv();
    case "ts":
      return figure.toTypeScript();
    case "svg":
      return figure.toSvg(size);
  }
}

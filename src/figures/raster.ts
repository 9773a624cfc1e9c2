/** Figures as PNG pictures in Node: SVG drawn by resvg with a font that is the same everywhere. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { SteepestError } from "../tensor/error.js";
import type { Figure } from "./figure.js";
import type { Panels } from "./panels.js";
import { darkTheme, figureStyle, lightTheme, themeVariables } from "./theme.js";

export interface PngOptions {
  /** In units of the figure. Default: the figure's own. */
  readonly width?: number;
  readonly height?: number;
  /** Pixels to a unit. Default 2. */
  readonly scale?: number;
  /** Default `"light"`. */
  readonly theme?: "light" | "dark";
}

/**
 * A figure as the bytes of a PNG file. The same figure gives the same bytes: the letters are those of DejaVu Sans, whatever the machine has.
 *
 * Needs the packages `@resvg/resvg-wasm` and `dejavu-fonts-ttf`, which Steepest does not bring along.
 *
 * @throws SteepestError if they are not installed
 * @example
 * ```ts
 * import { contourFigure } from "steepest/figures";
 * import { figurePng } from "steepest/node";
 * const figure = contourFigure({ title: "A bowl", f: (x, y) => x * x + y * y, window: { x: [-1, 1], y: [-1, 1] } });
 * const png = await figurePng(figure, { theme: "dark" });
 * [...png.subarray(1, 4)]; // → [80, 78, 71]
 * ```
 */
export async function figurePng(
  figure: Figure | Panels,
  { width, height, scale = 2, theme = "light" }: PngOptions = {},
): Promise<Uint8Array> {
  if (!(scale > 0 && scale <= 16))
    throw new SteepestError({
      problem: "this scale gives no picture",
      expected: "pixels to a unit: a number above 0, at most 16",
      received: String(scale),
    });
  const renderer = await loaded();
  const svg = inColours(figure.toSvg({ ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) }), theme);
  const drawing = new renderer.Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { fontBuffers: renderer.fonts, defaultFontFamily: "DejaVu Sans", sansSerifFamily: "DejaVu Sans", loadSystemFonts: false },
  });
  return drawing.render().asPng();
}

/** The style sheet that stands for itself: no variables, one theme, the font by name. */
function inColours(svg: string, theme: "light" | "dark"): string {
  const variables = new Map(
    themeVariables(theme === "dark" ? darkTheme : lightTheme)
      .split(";")
      .map((entry): [string, string] => {
        const at = entry.indexOf(":");
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
  );
  const style = `<style>${figureStyle.replace(/font:12px[^;]*;/, "font-family:'DejaVu Sans';font-size:12px;")}</style><rect width="100%" height="100%" fill="var(--paper)"/>`;
  return svg.replace(/<style>.*?<\/style>/, style).replace(/var\((--[a-z0-9-]+)\)/g, (whole, name) => variables.get(name) ?? whole);
}

interface Renderer {
  readonly Resvg: typeof import("@resvg/resvg-wasm").Resvg;
  readonly fonts: Uint8Array[];
}

let renderer: Promise<Renderer> | undefined;

const loaded = (): Promise<Renderer> => {
  renderer ??= load();
  return renderer;
};

async function load(): Promise<Renderer> {
  const require = createRequire(import.meta.url);
  try {
    const { initWasm, Resvg } = await import("@resvg/resvg-wasm");
    await initWasm(readFile(require.resolve("@resvg/resvg-wasm/index_bg.wasm")));
    const fonts = await Promise.all(
      ["DejaVuSans", "DejaVuSans-Bold"].map((name) => readFile(require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`))),
    );
    return { Resvg, fonts };
  } catch (error) {
    renderer = undefined;
    throw new SteepestError({
      problem: "A figure as PNG needs two packages that are not installed",
      expected: "@resvg/resvg-wasm and dejavu-fonts-ttf",
      received: error instanceof Error ? error.message : String(error),
      fix: "npm install @resvg/resvg-wasm dejavu-fonts-ttf; or write SVG, which needs nothing",
    });
  }
}

/** Colours that stand for values: the same in light and in dark, since a picture of them is one picture. */
import { interpolateRdBu, interpolateViridis } from "d3-scale-chromatic";
import type { HeatMark } from "./marks.js";

/** A colour as three bytes. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** The colour at a share from 0 to 1: viridis from dark to light, evenly to the eye and for all common kinds of colour vision. */
export const viridis = (share: number): Rgb => parse(interpolateViridis(clamp(share)));

/** From blue (0) over near white (½) to red (1): for values with a sign. */
export const signed = (share: number): Rgb => parse(interpolateRdBu(1 - clamp(share)));

export const paletteOf = (name: HeatMark["palette"]): ((share: number) => Rgb) => (name === "viridis" ? viridis : signed);

export const hex = (colour: Rgb): string => `#${colour.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

const clamp = (share: number): number => (share > 0 ? Math.min(share, 1) : 0);

/** d3 writes viridis as `#rrggbb` and the others as `rgb(r, g, b)`. */
export function parse(colour: string): Rgb {
  if (colour.startsWith("#")) return [byteAt(colour, 1), byteAt(colour, 3), byteAt(colour, 5)];
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  return [red, green, blue];
}

const byteAt = (text: string, at: number): number => Number.parseInt(text.slice(at, at + 2), 16);

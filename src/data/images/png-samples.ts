/** From the bytes of a PNG scan line to the samples of a picture. */
import { SteepestError } from "../../tensor/error.js";
import type { Image } from "./image.js";

export type ColourType = "grey" | "rgb" | "palette" | "grey-alpha" | "rgba";

interface Source {
  readonly colour: ColourType;
  readonly bits: number;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  /** Filled by the result. */
  readonly image: Image;
  readonly where: string;
}

/** Puts `count` pixels of a line into the picture, the first at pixel number `pixel`, the others `step` pixels apart. */
type LineReader = (line: Uint8Array, count: number, pixel: number, step: number) => void;

export function samplesOf(source: Source): LineReader {
  const { colour, transparency, palette, image } = source;
  if (colour === "palette" && palette !== undefined) return paletteReader(source, palette);
  const { channels, data } = image;
  const stored = transparency === undefined ? channels : channels - 1;
  const unpack = unpacker(source.bits);
  const spread = source.bits < 8 ? 255 / (2 ** source.bits - 1) : 1;
  if (source.bits === 8 && transparency === undefined)
    return (line, count, pixel, step) => {
      if (step === 1) data.set(line, pixel * channels);
      else
        for (let i = 0; i < count; i++) for (let c = 0; c < channels; c++) data[(pixel + i * step) * channels + c] = line[i * channels + c];
    };
  const opaque = image.depth === 8 ? 255 : 65535;
  // The one colour that is transparent is given as 16-bit words, of which the low bits count.
  const clear =
    transparency === undefined ? [] : Array.from({ length: stored }, (_, c) => wordAt(transparency, c) & (2 ** source.bits - 1));
  return (line, count, pixel, step) => {
    for (let i = 0; i < count; i++) {
      const to = (pixel + i * step) * channels;
      let isClear = transparency !== undefined;
      for (let c = 0; c < stored; c++) {
        const sample = unpack(line, i * stored + c);
        if (sample !== clear[c]) isClear = false;
        data[to + c] = sample * spread;
      }
      if (transparency !== undefined) data[to + stored] = isClear ? 0 : opaque;
    }
  };
}

function paletteReader({ bits, transparency, image, where }: Source, palette: Uint8Array): LineReader {
  const { channels, data } = image;
  const unpack = unpacker(bits);
  const entries = palette.length / 3;
  return (line, count, pixel, step) => {
    for (let i = 0; i < count; i++) {
      const index = unpack(line, i);
      if (index >= entries)
        throw new SteepestError({
          problem: "The PNG file is damaged: a pixel has a colour that its palette lacks",
          expected: `0 to ${entries - 1}`,
          received: String(index),
          where,
        });
      const to = (pixel + i * step) * channels;
      for (let c = 0; c < 3; c++) data[to + c] = palette[3 * index + c];
      if (transparency !== undefined) data[to + 3] = index < transparency.length ? transparency[index] : 255;
    }
  };
}

const wordAt = (bytes: Uint8Array, index: number): number => bytes[2 * index] * 256 + bytes[2 * index + 1];

/** Reads the sample of an index; those of less than a byte lie from the high bits down. */
function unpacker(bits: number): (line: Uint8Array, index: number) => number {
  if (bits === 8) return (line, index) => line[index];
  if (bits === 16) return wordAt;
  const [perByte, mask] = [8 / bits, 2 ** bits - 1];
  return (line, index) => (line[Math.floor(index / perByte)] >> (8 - bits * ((index % perByte) + 1))) & mask;
}

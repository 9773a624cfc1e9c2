/** Pictures of the command line: read, written, laid side by side. */

import { readImage } from "../../data/images/decode.js";
import { type Image, imageOf } from "../../data/images/image.js";
import { packPng } from "../../data/images/png-writer.js";
import { writeAtomically } from "../../runs/atomic-file.js";
import { SteepestError } from "../../tensor/error.js";
import type { Tensor } from "../../tensor/tensor.js";
import { imageTensor, largestSample, tensorImage } from "../../vision/pictures.js";
import type { Arguments } from "../arguments.js";
import { contentOf } from "../files.js";
import { textOption, UsageError } from "../options.js";

/** A picture with its colours as values from 0 to 1, planar; transparency is kept aside, for it is nothing that noise is taken out of. */
export interface OpenPicture {
  readonly file: string;
  readonly image: Image;
  readonly values: Tensor;
}

export async function openPicture(file: string): Promise<OpenPicture> {
  const image = await readImage(await contentOf(file), { where: file });
  return { file, image, values: imageTensor(coloursOf(image), { layout: "planar" }) };
}

/** Grey or RGB, as the picture has them, without what is transparent. */
function coloursOf(image: Image): Image {
  const { width, height, channels, depth, data } = image;
  if (channels === 1 || channels === 3) return image;
  const out = imageOf(width, height, channels - 1, depth);
  for (let at = 0; at < width * height; at++)
    for (let c = 0; c < channels - 1; c++) out.data[at * (channels - 1) + c] = data[at * channels + c];
  return out;
}

/** Values as a picture like another one, with its transparency where the sizes agree. */
export function pictureLike({ image }: OpenPicture, values: Tensor, depth: 8 | 16 = image.depth): Image {
  const colours = tensorImage(values, { layout: "planar", depth });
  const { width, height, channels } = colours;
  if (image.channels === channels || image.width !== width || image.height !== height) return colours;
  const out = imageOf(width, height, channels + 1, depth);
  const scale = largestSample(out) / largestSample(image);
  for (let at = 0; at < width * height; at++) {
    for (let c = 0; c < channels; c++) out.data[at * (channels + 1) + c] = colours.data[at * channels + c];
    out.data[at * (channels + 1) + channels] = Math.round(image.data[at * (channels + 1) + channels] * scale);
  }
  return out;
}

/** The picture without what is transparent: what measures of quality compare. */
export const comparable = (image: Image): Image => coloursOf(image);

export const output = textOption("output", "FILE", { help: "the picture to write, as PNG", default: undefined, aliases: ["o"] });
export const compare = textOption("compare", "FILE", {
  help: "write the pictures side by side as PNG: before, after, and the clean one where it is given",
  default: undefined,
});

/** The file to write; PNG alone, which loses nothing. */
export function outputOf(args: Arguments): string {
  const file = args.get(output);
  if (file === undefined)
    throw new UsageError({ problem: "--output is missing", expected: "the picture to write", fix: "for example -o restored.png" });
  checkPng(file, "output");
  return file;
}

export function checkPng(file: string, option: string): void {
  if (/\.png$/i.test(file)) return;
  throw new UsageError({
    problem: `--${option} writes PNG, which loses nothing`,
    expected: "a name that ends in .png",
    received: file,
  });
}

export async function savePicture(file: string, image: Image): Promise<void> {
  const bytes = await packPng(image);
  try {
    await writeAtomically(file, bytes);
  } catch (error) {
    throw new SteepestError({
      problem: "The picture cannot be written",
      where: file,
      received: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Pixels between pictures. */
const GAP = 8;

/** A picture enlarged by whole pixels. */
export function enlarged(image: Image, scale: number): Image {
  if (scale === 1) return image;
  const { width, height, channels, depth, data } = image;
  const out = imageOf(width * scale, height * scale, channels, depth);
  for (let y = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++) {
      const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
      for (let c = 0; c < channels; c++) out.data[(y * out.width + x) * channels + c] = data[from + c];
    }
  return out;
}

/** Pictures in a row, on white, as RGB of 8 bits; smaller ones enlarged by whole pixels. */
export function sideBySide(images: readonly Image[]): Image {
  const height = Math.max(...images.map((image) => image.height));
  const shown = images.map((image) => enlarged(image, Math.max(1, Math.floor(height / image.height))));
  const width = shown.reduce((sum, image) => sum + image.width + GAP, -GAP);
  const out = imageOf(width, height, 3, 8);
  out.data.fill(255);
  let left = 0;
  for (const image of shown) {
    const { channels } = image;
    const shrink = 255 / largestSample(image);
    for (let y = 0; y < image.height; y++)
      for (let x = 0; x < image.width; x++)
        for (let c = 0; c < 3; c++)
          out.data[(y * out.width + left + x) * 3 + c] = Math.round(
            image.data[(y * image.width + x) * channels + (channels < 3 ? 0 : c)] * shrink,
          );
    left += image.width + GAP;
  }
  return out;
}

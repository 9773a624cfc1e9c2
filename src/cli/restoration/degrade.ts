/** `steepest degrade`: a worse picture from a good one, to restore again. */
import { fromHost, type Tensor } from "../../tensor/tensor.js";
import { gaussianNoise, poissonNoise, randomMask, rectangleMask, saltAndPepper } from "../../vision/degradations.js";
import { gaussianKernel, motionKernel } from "../../vision/kernels.js";
import { blurred, downsampled, masked, type Observation, spatialAxes } from "../../vision/observation.js";
import { tensorImage } from "../../vision/pictures.js";
import { psnr } from "../../vision/quality.js";
import type { Arguments } from "../arguments.js";
import type { Command } from "../command.js";
import { exitCodes, json, printJson, quiet } from "../command.js";
import { asUsage, choiceOption, finite, numberOption, textOption, toggle, UsageError, wholeOption } from "../options.js";
import { checkPng, comparable, compare, openPicture, output, outputOf, pictureLike, savePicture, sideBySide } from "./pictures.js";

const noise = choiceOption("noise", ["none", "gaussian", "poisson", "salt-and-pepper"], { help: "what is added", default: "none" });
const sigma = numberOption("sigma", { help: "standard deviation of Gaussian noise, of 255", default: 25, atLeast: 0 });
const peak = numberOption("peak", { help: "photons of white, for Poisson noise", default: 30, above: 0, atMost: 65_536 });
const share = numberOption("share", {
  help: "share of pixels that salt and pepper, or a random mask, take",
  default: 0.1,
  atLeast: 0,
  atMost: 1,
});
const mask = textOption("mask", "random|X,Y,W,H|FILE", {
  help: "lose pixels (they become black): a share at random, a rectangle, or the black pixels of a picture",
  default: undefined,
});
const maskOutput = textOption("mask-output", "FILE", {
  help: "write the mask as PNG, white where a pixel is left: inpaint takes it",
  default: undefined,
});
const downsample = wholeOption("downsample", { help: "reduce both sides by this factor", default: undefined, atLeast: 2, atMost: 64 });
const seed = wholeOption("seed", { help: "names the random numbers", default: 1, atLeast: 0 });
const words = toggle("16-bit", "write 16 bits a sample");

/** Blur as all commands name it. */
export const blur = textOption("blur", "SIGMA", { help: "Gaussian blur, its standard deviation in pixels", default: undefined });
export const motion = textOption("motion", "LENGTH[,DEGREES]", {
  help: "blur by motion: pixels, and the angle counter-clockwise",
  default: undefined,
});

/** The blur that the options name, at most one. */
export function blurOf(args: Arguments): Observation | undefined {
  const [byGauss, byMotion] = [args.get(blur), args.get(motion)];
  if (byGauss !== undefined && byMotion !== undefined)
    throw new UsageError({ problem: "a picture is blurred in one way", expected: "--blur or --motion", received: "both" });
  const numbers = (text: string, option: string, most: number) => {
    const values = text.split(",").map((part) => finite(part));
    const found = values.flatMap((value) => (value === undefined ? [] : [value]));
    if (found.length !== values.length || found.length > most)
      throw new UsageError({
        problem: `--${option} cannot be used`,
        expected: most === 1 ? "a number" : "LENGTH or LENGTH,DEGREES",
        received: text,
      });
    return found;
  };
  if (byGauss !== undefined) return asUsage(() => blurred(gaussianKernel(numbers(byGauss, "blur", 1)[0])));
  if (byMotion === undefined) return undefined;
  const [length, angle = 0] = numbers(byMotion, "motion", 2);
  return asUsage(() => blurred(motionKernel(length, angle)));
}

/** 1 where a pixel of a mask picture is not black. */
export async function maskFrom(file: string): Promise<Tensor> {
  const { image } = await openPicture(file);
  const { width, height, channels, data } = image;
  const colours = channels === 2 || channels === 4 ? channels - 1 : channels;
  const seen = Float32Array.from({ length: width * height }, (_, at) =>
    data.subarray(at * channels, at * channels + colours).some((sample) => sample > 0) ? 1 : 0,
  );
  return fromHost(seen, [height, width], "f32");
}

async function maskOf(text: string, args: Arguments, height: number, width: number): Promise<Tensor> {
  if (text === "random") return randomMask([height, width], { share: args.get(share), seed: args.get(seed) });
  const parts = text.split(",").map((part) => finite(part));
  if (parts.length === 4 && parts.every((part) => part !== undefined)) {
    const [left, top, wide, high] = parts.map((part) => part ?? 0);
    return asUsage(() => rectangleMask([height, width], { top, left, height: high, width: wide }));
  }
  return maskFrom(text);
}

export const degrade: Command = {
  name: "degrade",
  summary: "blur, reduce or mask a picture, or add noise",
  about:
    "Makes a picture worse in a known way, the same for the same seed: first blur, then reduction, then noise, then a mask. What is written is rounded and clipped to the range of the file.",
  examples: [
    "steepest degrade photo.png -o noisy.png --noise gaussian --sigma 25 --seed 1",
    "steepest degrade photo.png -o dark.png --noise poisson --peak 20",
    "steepest degrade photo.png -o blurred.png --motion 9,30 --noise gaussian --sigma 2",
    "steepest degrade photo.png -o holes.png --mask random --share 0.6 --mask-output mask.png --json",
    "steepest degrade photo.png -o small.png --downsample 2",
  ],
  positionals: [{ name: "IN", help: "a PNG or JPEG file" }],
  options: [output, noise, sigma, peak, share, blur, motion, downsample, mask, maskOutput, seed, words, compare],
  async run({ out }, args) {
    const file = outputOf(args);
    const chosen = args.get(noise);
    const blurring = blurOf(args);
    const factor = args.get(downsample);
    const hole = args.get(mask);
    const [maskFile, besides] = [args.get(maskOutput), args.get(compare)];
    if (maskFile !== undefined) checkPng(maskFile, "mask-output");
    if (besides !== undefined) checkPng(besides, "compare");
    if (maskFile !== undefined && hole === undefined)
      throw new UsageError({ problem: "--mask-output writes the mask that --mask makes", fix: "for example --mask random --share 0.5" });
    const source = await openPicture(args.positionals[0]);
    let values = source.values;
    const axes = spatialAxes(values.shape, "planar");
    if (blurring) values = blurring.apply(values, axes);
    if (factor !== undefined) {
      const reduction = downsampled(factor);
      const reduced = values;
      values = asUsage(() => reduction.apply(reduced, axes));
    }
    const random = { seed: args.get(seed) };
    if (chosen === "gaussian") values = gaussianNoise(values, { sigma: args.get(sigma) / 255, ...random });
    if (chosen === "poisson") values = poissonNoise(values, { peak: args.get(peak), ...random });
    if (chosen === "salt-and-pepper") values = saltAndPepper(values, { share: args.get(share), ...random });
    if (hole !== undefined) {
      const seen = await maskOf(hole, args, values.shape[axes[0]], values.shape[axes[1]]);
      const before = values;
      values = asUsage(() => masked(seen).apply(before, axes));
      if (maskFile !== undefined) await savePicture(maskFile, tensorImage(seen));
    }
    const picture = pictureLike(source, values, args.get(words) ? 16 : source.image.depth);
    await savePicture(file, picture);
    if (besides !== undefined) await savePicture(besides, sideBySide([source.image, picture]));
    const isSameSize = factor === undefined && picture.depth === source.image.depth;
    const quality = isSameSize ? psnr(comparable(picture), comparable(source.image)) : undefined;
    const { width, height, channels, depth } = picture;
    if (args.get(json)) printJson(out, { output: file, width, height, channels, depth, psnr: quality });
    else if (!args.get(quiet))
      out.line(
        `${file}: ${width} × ${height}, ${channels} channel${channels === 1 ? "" : "s"} of ${depth} bits${quality === undefined ? "" : `, ${decibelsInWords(quality)}`}`,
      );
    return exitCodes.done;
  },
};

export const decibelsInWords = (value: number): string =>
  Number.isFinite(value) ? `PSNR ${value.toFixed(2)} dB` : "no difference from the input";

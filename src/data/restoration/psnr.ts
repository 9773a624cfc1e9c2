/** The quality that a loss over pairs stands for. */
import type { Loss } from "../../models/losses.js";
import type { RestorationPairs } from "./pairs.js";

/**
 * From a mean loss over patches to their PSNR in dB: that of the mean squared error over all of them, 10 log₁₀(1/MSE), with values from 0 to 1. The mean of the
 * PSNRs of single pictures, as tables print it, is some tenths higher.
 *
 * @returns undefined for losses that the squared error does not follow from
 */
export function psnrOfLoss({ name }: Loss, { patch, channels }: RestorationPairs): ((mean: number) => number) | undefined {
  const values = patch * patch * channels;
  if (name === "halfSquaredSum") return (mean) => 10 * Math.log10(values / (2 * mean));
  if (name === "meanSquared") return (mean) => -10 * Math.log10(mean);
  return undefined;
}

/** The PSNR of the noisy pictures themselves, in dB: 10 log₁₀(255²/mean σ²), where σ is spread evenly over its range. */
export const noisyPsnr = ([low, high]: readonly [number, number]): number =>
  10 * Math.log10((3 * 255 * 255) / (low * low + low * high + high * high));

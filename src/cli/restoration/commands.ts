/** `steepest denoise`, `deblur`, `inpaint` and `upscale`. */
import { SteepestError } from "../../tensor/error.js";
import { chooseLambda } from "../../vision/discrepancy.js";
import { huberTotalVariation, type RestorationEnergy, tikhonov, totalVariation } from "../../vision/energies.js";
import { downsampled, masked, type Observation } from "../../vision/observation.js";
import { restore } from "../../vision/restore.js";
import type { Arguments } from "../arguments.js";
import type { Command } from "../command.js";
import { threads } from "../computing.js";
import { choiceOption, numberOption, textOption, UsageError, wholeOption } from "../options.js";
import { blur, blurOf, maskFrom, motion } from "./degrade.js";
import { denoiserForms, denoiserNamed } from "./denoisers.js";
import { compare, output } from "./pictures.js";
import {
  clean,
  figure,
  iterations,
  lambda,
  minimised,
  type NamedWork,
  page,
  type RestorationWork,
  type RestoredValues,
  restorePicture,
  tolerance,
} from "./restored.js";

const method = textOption("method", denoiserForms, {
  help: "what is minimised, or a learned denoiser",
  default: "tv",
  check: denoiserNamed,
});
const against = textOption("against", "METHOD[,METHOD…]", {
  help: "do the same by other methods, and compare: variables, time, quality",
  default: undefined,
  defaultText: "none",
  check: (text) => text.split(",").forEach(denoiserNamed),
});
const sigma = numberOption("sigma", {
  help: "standard deviation of the noise, of 255; λ follows from it",
  default: undefined,
  defaultText: "estimated",
  above: 0,
});
const data = choiceOption("data", ["l2", "l1", "poisson"], {
  help: "distance from the data: for Gaussian, impulse and photon noise",
  default: "l2",
});
const input = { name: "IN", help: "a PNG or JPEG file" };

export const denoise: Command = {
  name: "denoise",
  summary: "take noise out of a picture",
  about:
    "Minimises an energy, the smoothness of the picture plus λ times its distance from the noisy one. Without --lambda, λ is chosen so that as much is taken out as the noise is strong (the discrepancy principle). dncnn:RUN applies a trained network instead, to pictures of any size. With --clean, quality is measured on the pictures as they are written; --against sets other methods beside this one.",
  examples: [
    "steepest denoise noisy.png -o restored.png --sigma 25 --clean photo.png",
    "steepest denoise noisy.png -o restored.png --method tikhonov --lambda 0.5 --json",
    "steepest denoise noisy.png -o restored.png --method dncnn:runs/dncnn --clean photo.png",
    "steepest denoise noisy.png -o restored.png --method tv --against tikhonov,dncnn:runs/dncnn --clean photo.png",
    "steepest denoise noisy.png -o restored.png --clean photo.png --report restored.html",
    "steepest denoise noisy.png -o restored.png --data l1 --lambda 1.2 --compare both.png --figure energy.svg",
  ],
  positionals: [input],
  options: [output, method, against, sigma, lambda, data, clean, iterations, tolerance, compare, figure, page, threads],
  run(context, args) {
    const noise = args.get(sigma);
    const by = (name: string): NamedWork => {
      const { denoiser, argument } = denoiserNamed(name);
      return {
        method: name,
        work: ({ source, clean: truth, signal, progress }) =>
          denoiser.denoise(
            {
              values: source.values,
              reference: truth?.values,
              lambda: args.get(lambda),
              sigma: noise === undefined ? undefined : noise / 255,
              data: args.get(data),
              iterations: args.get(iterations),
              tolerance: args.get(tolerance),
              threads: args.get(threads),
              signal,
              progress,
            },
            argument,
          ),
      };
    };
    const first = by(args.get(method));
    return restorePicture(context, args, denoise, first, { others: args.get(against)?.split(",").map(by) ?? [] });
  },
};

const energies = { tv: totalVariation, huber: huberTotalVariation, tikhonov } as const;
const energy = choiceOption("method", ["tv", "huber", "tikhonov"], { help: "the regulariser", default: "tv" });
const noiseBehind = numberOption("sigma", {
  help: "standard deviation of the noise, of 255; λ follows from it",
  default: undefined,
  above: 0,
});

/** Restores what was seen through an operator: λ as given, from the noise, or the command's own. */
async function throughOperator(
  args: Arguments,
  through: Observation,
  { source, clean: truth, signal, progress }: RestorationWork,
  usual: number,
): Promise<RestoredValues> {
  const make = energies[args.get(energy)];
  const energyOf = (weight: number): RestorationEnergy => make({ lambda: weight, through, layout: "planar" });
  const running = { signal, ...(args.get(threads) === undefined ? {} : { threads: args.get(threads) }) };
  const noise = args.get(noiseBehind);
  const given = args.get(lambda);
  const chosen =
    given ?? (noise === undefined ? usual : (await chooseLambda(source.values, energyOf, { sigma: noise / 255, ...running })).lambda);
  const run = await restore(source.values, energyOf(chosen), {
    ...running,
    iterations: args.get(iterations),
    tolerance: args.get(tolerance),
    progress,
    ...(truth ? { reference: truth.values } : {}),
  });
  return minimised(run, chosen, noise === undefined ? undefined : noise / 255);
}

export const deblur: Command = {
  name: "deblur",
  summary: "sharpen a picture whose blur is known",
  about:
    "Finds the picture that, blurred, comes near the given one and is smooth otherwise. The blur must be known: Gaussian, or motion along a line. Edges are mirrored.",
  examples: [
    "steepest deblur blurred.png -o sharp.png --blur 2 --clean photo.png",
    "steepest deblur shaken.png -o sharp.png --motion 9,30 --sigma 2 --json",
  ],
  positionals: [input],
  options: [output, blur, motion, energy, noiseBehind, lambda, clean, iterations, tolerance, compare, figure, page, threads],
  async run(context, args) {
    const seen = blurOf(args);
    if (seen === undefined)
      throw new UsageError({
        problem: "deblur needs to know the blur",
        expected: "--blur SIGMA or --motion LENGTH,DEGREES",
        fix: "for example --blur 2",
      });
    return restorePicture(context, args, deblur, { method: args.get(energy), work: (given) => throughOperator(args, seen, given, 500) });
  },
};

const mask = textOption("mask", "FILE", { help: "a picture that is black where pixels were lost", default: undefined });

export const inpaint: Command = {
  name: "inpaint",
  summary: "fill lost pixels of a picture",
  about:
    "Fills the pixels that a mask marks as lost (black) by going on from those around them, and takes noise out of the others where λ is small.",
  examples: [
    "steepest inpaint holes.png -o whole.png --mask mask.png --clean photo.png",
    "steepest inpaint holes.png -o whole.png --mask mask.png --method huber --json",
  ],
  positionals: [input],
  options: [output, mask, energy, noiseBehind, lambda, clean, iterations, tolerance, compare, figure, page, threads],
  async run(context, args) {
    const file = args.get(mask);
    if (file === undefined)
      throw new UsageError({
        problem: "--mask is missing",
        expected: "a picture that is black where pixels were lost",
        fix: "degrade writes one with --mask-output",
      });
    const work = async (given: RestorationWork) => {
      const seen = await maskFrom(file);
      const [height, width] = given.source.values.shape.slice(-2);
      if (seen.shape[0] !== height || seen.shape[1] !== width)
        throw new SteepestError({
          problem: "the mask does not fit the picture",
          expected: `${width} × ${height}`,
          received: `${seen.shape[1]} × ${seen.shape[0]}`,
          where: file,
        });
      return throughOperator(args, masked(seen), given, 100);
    };
    return restorePicture(context, args, inpaint, { method: args.get(energy), work });
  },
};

const factor = wholeOption("factor", { help: "how many times wider and higher", default: 2, atLeast: 2, atMost: 16 });

export const upscale: Command = {
  name: "upscale",
  summary: "enlarge a picture by a whole factor",
  about:
    "Super-resolution: finds the larger picture whose means over blocks of FACTOR × FACTOR pixels come near the given one, and which is smooth otherwise.",
  examples: [
    "steepest upscale small.png -o large.png --factor 2 --clean photo.png",
    "steepest upscale small.png -o large.png --factor 3 --method huber --json",
  ],
  positionals: [input],
  options: [output, factor, energy, noiseBehind, lambda, clean, iterations, tolerance, compare, figure, page, threads],
  run(context, args) {
    const times = args.get(factor);
    const work = (given: RestorationWork) => throughOperator(args, downsampled(times), given, 300);
    return restorePicture(context, args, upscale, { method: args.get(energy), work }, { scale: times });
  },
};

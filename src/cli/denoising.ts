/** `steepest train --data pictures:DIR`: denoisers, which learn from clean pictures alone. */
import { basename, resolve } from "node:path";
import { parseAugmentations } from "../data/augmentations/index.js";
import { readImages } from "../data/images/read-folder.js";
import { type RestorationPairs, restorationPairs } from "../data/restoration/pairs.js";
import type { Model } from "../models/model.js";
import { autoencoder, dncnn } from "../models/ready/images.js";
import { SteepestError } from "../tensor/error.js";
import type { Arguments } from "./arguments.js";
import { channels, type DataChoice } from "./dataset.js";
import { finite, type Option, textOption, UsageError, wholeOption } from "./options.js";
import type { DenoiserName } from "./recipes.js";

const sigma: Option<string> = textOption("sigma", "S|FROM..TO", {
  help: "of a denoiser: deviation of the noise, of 255; of a range each patch draws its own, for noise that is not known",
  default: "0..55",
  check: readSigma,
});
const patch = wholeOption("patch", {
  help: "of a denoiser: rows and columns of the patches it learns from",
  default: 40,
  atLeast: 1,
  atMost: 4096,
});
const patches = wholeOption("patches", {
  help: "of a denoiser: patches of an epoch",
  default: undefined,
  defaultText: "16 of each picture",
  atLeast: 1,
  atMost: 1e9,
});
const depth = wholeOption("depth", { help: "convolutions of dncnn", default: 8, atLeast: 2, atMost: 100 });
const filters: Option<string | undefined> = textOption("filters", "N[,N…]", {
  help: "filters of a convolution of dncnn, or on the way down of autoencoder",
  default: undefined,
  defaultText: "32, of autoencoder 16,8",
  check: readFilters,
});

/** The options that are for denoisers alone. */
export const denoisingOptions = [sigma, patch, patches, depth, filters] as const;

/** A denoiser that is to be trained, and on what. */
export interface DenoisingPlan {
  readonly network: Model;
  readonly sigma: readonly [from: number, to: number];
  readonly patch: number;
  /** The options as they would be written again. */
  readonly flags: readonly (readonly [string, unknown])[];
  /**
   * Reads the pictures. What lies in a folder `test` of theirs is the test part.
   *
   * @throws SteepestError for pictures that cannot be read or are smaller than a patch
   */
  read(augment: string | undefined): Promise<RestorationPairs>;
}

/**
 * What the options ask for.
 *
 * @throws UsageError where they do not suit the network
 */
export function denoisingPlan({ folder = "", kind }: DataChoice, model: DenoiserName, args: Arguments): DenoisingPlan {
  if (kind !== "pictures")
    throw new UsageError({
      problem: `${model} learns from clean pictures, whatever they show`,
      expected: "--data pictures:DIR, where DIR holds PNG or JPEG files",
      received: `--data ${kind}`,
    });
  const range = readSigma(args.get(sigma));
  const extent = args.get(patch);
  const count = args.get(patches);
  const planes = args.has(channels) && args.get(channels) === "3" ? 3 : 1;
  const widths = readFilters(args.get(filters) ?? (model === "dncnn" ? "32" : "16,8"));
  return {
    network: networkOf(model, { depth: args.has(depth) ? args.get(depth) : undefined, widths, channels: planes, extent }),
    sigma: range,
    patch: extent,
    flags: [
      ["channels", planes],
      ...(model === "dncnn" ? [["depth", args.get(depth)] as const] : []),
      ["filters", widths.join(",")],
      ["sigma", range[0] === range[1] ? range[0] : range.join("..")],
      ["patch", extent],
      ...(count === undefined ? [] : [["patches", count] as const]),
    ],
    async read(augment) {
      const pictures = await readImages(folder, { channels: planes });
      const small = pictures.filter(({ image }) => Math.min(image.width, image.height) < extent);
      if (small.length > 0)
        throw new SteepestError({
          problem: `${small.length} of the pictures ${small.length === 1 ? "is" : "are"} smaller than a patch`,
          expected: `at least ${extent} × ${extent} pixels`,
          received:
            small
              .slice(0, 6)
              .map(({ file, image }) => `${file} (${image.width} × ${image.height})`)
              .join(", ") + (small.length > 6 ? ", …" : ""),
          where: folder,
          fix: "a smaller --patch, or without these pictures",
        });
      const isTest = ({ file }: { readonly file: string }) => file.startsWith("test/");
      const test = pictures.filter(isTest).map(({ image }) => image);
      return restorationPairs(
        pictures.filter((picture) => !isTest(picture)).map(({ image }) => image),
        {
          ...{ name: basename(resolve(folder)), patch: extent, sigma: range },
          ...(count === undefined ? {} : { patches: count }),
          ...(augment === undefined ? {} : { augment: parseAugmentations(augment) }),
          ...(test.length === 0 ? {} : { test }),
        },
      );
    },
  };
}

/** @throws UsageError for options of a denoiser beside another network */
export function refuseDenoising(args: Arguments, model: string): void {
  for (const option of denoisingOptions)
    if (args.has(option))
      throw new UsageError({
        problem: `--${option.name} is for denoisers`,
        expected: "--model dncnn or autoencoder, with --data pictures:DIR",
        received: `--model ${model}`,
      });
}

interface Sizes {
  readonly depth: number | undefined;
  readonly widths: readonly number[];
  readonly channels: 1 | 3;
  readonly extent: number;
}

function networkOf(model: DenoiserName, { depth: layers, widths, channels: planes, extent }: Sizes): Model {
  if (model === "dncnn") {
    if (widths.length > 1)
      throw new UsageError({
        problem: "the inner convolutions of dncnn have one number of filters",
        expected: "--filters 32",
        received: `--filters ${widths.join(",")}`,
      });
    return dncnn({ ...(layers === undefined ? { depth: 8 } : { depth: layers }), filters: widths[0], channels: planes });
  }
  if (layers !== undefined)
    throw new UsageError({
      problem: "an autoencoder is as deep as it has --filters",
      expected: "--filters 16,8",
      received: `--depth ${layers}`,
    });
  const step = 2 ** widths.length;
  if (extent % step !== 0)
    throw new UsageError({
      problem: `an autoencoder with --filters ${widths.join(",")} halves its pictures ${widths.length} times`,
      expected: `a --patch that is a multiple of ${step}`,
      received: `--patch ${extent}`,
    });
  return autoencoder({ filters: widths, channels: planes });
}

/** `25` or `10..55` */
function readSigma(text: string): readonly [from: number, to: number] {
  const [from, to = from, ...more] = text.split("..").map(finite);
  if (from !== undefined && to !== undefined && more.length === 0 && from >= 0 && from <= to) return [from, to];
  throw new UsageError({
    problem: "--sigma cannot be used",
    expected: "a deviation of 0 … 255 such as 25, or a range such as 10..55",
    received: text,
  });
}

/** `32` or `16,8` */
function readFilters(text: string): readonly number[] {
  const counts = text.split(",").map((part) => finite(part) ?? 0);
  if (counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 4096)) return counts;
  throw new UsageError({ problem: "--filters cannot be used", expected: "whole numbers from 1, such as 48 or 16,8", received: text });
}

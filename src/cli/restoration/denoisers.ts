/** Methods that take noise out of a picture, by name. */

import { nearest, SteepestError } from "../../tensor/error.js";
import { chooseLambda, estimateSigma } from "../../vision/discrepancy.js";
import {
  type EnergyOptions,
  huberTotalVariation,
  type RestorationEnergy,
  smoothedTotalVariation,
  tikhonov,
  totalVariation,
} from "../../vision/energies.js";
import { restore } from "../../vision/restore.js";
import { UsageError } from "../options.js";
import type { Denoiser } from "./denoiser.js";
import { dncnnDenoiser } from "./learned.js";
import { minimised } from "./restored.js";

/** The minimum of an energy; λ as given, or by the discrepancy principle from σ, which is estimated where it is not given. */
const variational = (name: string, energyOf: (options: EnergyOptions) => RestorationEnergy): Denoiser => ({
  name,
  async denoise({ values, reference, data, iterations, tolerance, threads, signal, progress, ...given }) {
    const running = { signal, ...(threads === undefined ? {} : { threads }) };
    let { lambda, sigma } = given;
    if (lambda === undefined) {
      if (data !== "l2")
        throw new UsageError({
          problem: `λ follows from the noise for l2 alone`,
          expected: `--lambda beside --data ${data}`,
          fix: "try --lambda 1.5",
        });
      sigma ??= estimateSigma(values, { layout: "planar" });
      // Noise that is less than what rounding to 8 bits makes is none.
      if (sigma < 0.3 / 255)
        throw new SteepestError({
          problem: "no noise was found in the picture",
          expected: "--sigma or --lambda",
          fix: "say how strong it is: --sigma 5",
        });
      ({ lambda } = await chooseLambda(values, (l) => energyOf({ lambda: l, layout: "planar" }), { sigma, ...running }));
    }
    const run = await restore(values, energyOf({ lambda, data, layout: "planar" }), {
      ...running,
      iterations,
      tolerance,
      progress,
      ...(reference ? { reference } : {}),
    });
    return minimised(run, lambda, sigma);
  },
});

/** In the order in which help names them. */
export const denoisers: readonly Denoiser[] = [
  variational("tv", totalVariation),
  variational("tikhonov", tikhonov),
  variational("huber", huberTotalVariation),
  variational("smoothed-tv", smoothedTotalVariation),
  dncnnDenoiser,
];

export const denoiserForms = denoisers.map(({ name, argument }) => (argument === undefined ? name : `${name}:${argument}`)).join("|");

/**
 * @param text `tv`, or with an argument
 * @throws UsageError for an unknown name, and an argument that is missing or superfluous
 */
export function denoiserNamed(text: string): { readonly denoiser: Denoiser; readonly argument: string } {
  const colon = text.indexOf(":");
  const [name, argument] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
  const denoiser = denoisers.find((candidate) => candidate.name === name);
  if (denoiser === undefined) {
    const meant = nearest(
      name,
      denoisers.map((candidate) => candidate.name),
    );
    throw new UsageError({
      problem: `there is no method "${name}"`,
      expected: denoiserForms.replaceAll("|", ", "),
      received: text,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
  if ((denoiser.argument === undefined) !== (argument === ""))
    throw new UsageError({
      problem: denoiser.argument === undefined ? `${name} takes nothing behind a colon` : `${name} needs ${denoiser.argument}`,
      expected: denoiser.argument === undefined ? name : `${name}:${denoiser.argument}`,
      received: text,
    });
  return { denoiser, argument };
}

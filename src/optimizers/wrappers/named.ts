/** Wrappers by options, as the command line gives them. */
import type { Optimizer } from "../optimizer.js";
import { accumulate } from "./accumulate.js";
import { averaged } from "./averaged.js";
import { clip } from "./clip.js";
import { freeze } from "./freeze.js";
import { gradientNoise } from "./gradient-noise.js";
import { lookahead } from "./lookahead.js";
import { sam } from "./sam.js";
import { weightDecay } from "./weight-decay.js";

/** What goes around a rule. What is absent does not. */
export interface Around {
  /** λ of a decoupled decay, instead of the method's own. */
  readonly weightDecay?: number;
  readonly clipNorm?: number;
  readonly clipValue?: number;
  /** Variance of the noise on gradients at the first step. */
  readonly noise?: number;
  /** Seed of that noise. Default 1. */
  readonly noiseSeed?: number;
  /** ρ of sharpness-aware minimisation. */
  readonly sam?: number;
  /** Batches whose gradients make one step. */
  readonly accumulate?: number;
  /** Fast steps between two slow ones. */
  readonly lookahead?: number;
  /** The part of an average of θ that a step keeps. */
  readonly average?: number;
  /** Names of parameters that stay, with `*` for anything. */
  readonly freeze?: readonly string[];
}

export const wrapperOptions: readonly (keyof Around)[] = [
  "weightDecay",
  "clipNorm",
  "clipValue",
  "noise",
  "noiseSeed",
  "sam",
  "accumulate",
  "lookahead",
  "average",
  "freeze",
];

/**
 * From the inside out: decay, then what is done to gradients (clipping, noise, accumulation: a mean is noised and clipped once, not
 * each batch), then what is done to points.
 */
export function wrappersAround(rule: Optimizer, around: Around): Optimizer {
  const { clipNorm: norm, clipValue: value } = around;
  let made = rule;
  if (around.weightDecay !== undefined) made = weightDecay(made, { rate: around.weightDecay });
  if (norm !== undefined || value !== undefined)
    made = clip(made, { ...(norm === undefined ? {} : { norm }), ...(value === undefined ? {} : { value }) });
  if (around.noise !== undefined) made = gradientNoise(made, { variance: around.noise, seed: around.noiseSeed });
  if (around.sam !== undefined) made = sam(made, { radius: around.sam });
  if (around.lookahead !== undefined) made = lookahead(made, { steps: around.lookahead });
  if (around.accumulate !== undefined) made = accumulate(made, { steps: around.accumulate });
  if (around.average !== undefined) made = averaged(made, { decay: around.average });
  return around.freeze === undefined ? made : freeze(made, around.freeze);
}

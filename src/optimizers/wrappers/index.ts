/** Optimizers made from optimizers. */
export { type AccumulateOptions, accumulate } from "./accumulate.js";
export { type AveragedOptions, averaged } from "./averaged.js";
export { type ClipOptions, clip } from "./clip.js";
export { freeze } from "./freeze.js";
export { type GradientNoiseOptions, gradientNoise } from "./gradient-noise.js";
export { groups, type ParameterGroup } from "./groups.js";
export { type LookaheadOptions, lookahead } from "./lookahead.js";
export { type SamOptions, sam } from "./sam.js";
export type { Selection } from "./selection.js";
export { type AdamWOptions, adamw, type WeightDecayOptions, weightDecay } from "./weight-decay.js";

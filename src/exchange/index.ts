/** Weights and models for other programs, and from them. Needs no file system. */

export type { ModuleNaming } from "./pytorch-names.js";
export { readSafetensors, type TensorFile, writeSafetensors } from "./safetensors.js";
export { exportWeights, importWeights, type WeightedModel, type WeightLayoutOptions } from "./weights.js";

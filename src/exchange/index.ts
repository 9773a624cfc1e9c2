/** Weights and models for other programs, and from them. Needs no file system. */

export { exportOnnx, type OnnxOptions, type OnnxSource } from "./onnx/model.js";
export type { ModuleNaming } from "./pytorch-names.js";
export { readSafetensors, type TensorFile, writeSafetensors } from "./safetensors.js";
export { encodeEvent, eventFileStart, type TensorboardEvent } from "./tensorboard/events.js";
export { exportWeights, importWeights, type WeightedModel, type WeightLayoutOptions } from "./weights.js";

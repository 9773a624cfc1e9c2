/** Layers, models, what they start from, and what they are trained to make small. */

export type { Composition, ModelPart } from "./chain.js";
export {
  constant,
  type Distribution,
  type FanOptions,
  fans,
  glorot,
  he,
  type Initializer,
  initialValues,
  normal,
  ones,
  truncatedNormal,
  zeros,
} from "./initializers.js";
export {
  type AppliedLayer,
  type BuiltLayer,
  defineLayer,
  type Layer,
  type LayerContext,
  type LayerDefinition,
  type LayerResult,
  type ModelContext,
  type ParameterDefinitions,
} from "./layer.js";
export { elu, gelu, leakyRelu, relu, sigmoid, silu, softmax, softplus, tanh } from "./layers/activations.js";
export {
  type Conv2dOptions,
  type ConvTranspose2dOptions,
  conv2d,
  convTranspose2d,
  type DepthwiseOptions,
  depthwiseConv2d,
} from "./layers/convolution.js";
export { type DenseOptions, dense, flatten } from "./layers/dense.js";
export { dropout } from "./layers/dropout.js";
export { type EmbeddingOptions, embedding } from "./layers/embedding.js";
export {
  type BatchNormOptions,
  batchNorm,
  groupNorm,
  type LayerNormOptions,
  layerNorm,
  type NormOptions,
} from "./layers/normalization.js";
export { globalMaxPool2d, globalMeanPool2d, type MaxPoolOptions, maxPool2d, meanPool2d, type PoolOptions } from "./layers/pooling.js";
export { residual } from "./layers/residual.js";
export { type UpsampleOptions, upsample2d } from "./layers/upsampling.js";
export type { Padding } from "./layers/windows.js";
export { initialTheta, type LayoutEntry, type LayoutParameter, ParameterLayout } from "./layout.js";
export {
  accuracy,
  binaryCrossEntropy,
  type CrossEntropyOptions,
  crossEntropy,
  halfSquaredSum,
  hinge,
  huber,
  kullbackLeibler,
  type Loss,
  lossNamed,
  meanAbsolute,
  meanSquared,
  multiclassHinge,
  perceptron,
  triplet,
} from "./losses.js";
export { type BuiltModel, type Model, namedModel, sequential } from "./model.js";
export type { Parameter, ParameterDefinition, ParameterKind, StateDefinition, StateEntry } from "./parameter.js";
export { type AutoencoderOptions, autoencoder, type DncnnOptions, dncnn } from "./ready/images.js";
export { deepobs2c2d, deepobs3c3d, lenet5 } from "./ready/published.js";
export { resnet20 } from "./ready/resnet.js";
export { type CnnOptions, cnn, linear, type MlpOptions, mlp, modelNamed, models } from "./ready.js";
export { l1, l2, type PenaltyOptions, type Regularizer } from "./regularizers.js";
export { parameterCount } from "./summary.js";
export type { NamedArray, NamedWeights, PartialWeights, StartingWeights } from "./weights.js";

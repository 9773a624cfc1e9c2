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
export { relu, sigmoid, softmax, tanh } from "./layers/activations.js";
export { type Conv2dOptions, conv2d, type Padding } from "./layers/convolution.js";
export { type DenseOptions, dense, flatten } from "./layers/dense.js";
export { dropout } from "./layers/dropout.js";
export { maxPool2d, meanPool2d, type PoolOptions } from "./layers/pooling.js";
export { residual } from "./layers/residual.js";
export { initialTheta, type LayoutEntry, type LayoutParameter, ParameterLayout } from "./layout.js";
export { accuracy, crossEntropy, type Loss, meanSquared, multiclassHinge } from "./losses.js";
export { type BuiltModel, type Model, namedModel, sequential } from "./model.js";
export type { Parameter, ParameterDefinition, ParameterKind, StateDefinition, StateEntry } from "./parameter.js";
export { type CnnOptions, cnn, linear, type MlpOptions, mlp, modelNamed, models } from "./ready.js";
export { type L2Options, l2, type Regularizer } from "./regularizers.js";
export { parameterCount } from "./summary.js";
export type { NamedWeights, PartialWeights, StartingWeights } from "./weights.js";

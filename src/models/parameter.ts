/** What a layer declares of the numbers that it learns and the numbers that it carries. */
import type { Shape } from "../tensor/types.js";
import type { Initializer } from "./initializers.js";

/** What a parameter is for: regularisers and some optimizers treat weights and biases differently. */
export type ParameterKind = "weight" | "bias";

/** A parameter as a layer declares it. */
export interface ParameterDefinition {
  readonly shape: Shape;
  readonly init: Initializer;
  /** Default: "weight" for two axes and more, "bias" for a vector or a scalar. */
  readonly kind?: ParameterKind;
}

/** A parameter of a built model. */
export interface Parameter {
  /** Unique in the model: `dense1.weight`. */
  readonly path: string;
  readonly shape: Shape;
  readonly kind: ParameterKind;
  /** The layer that it belongs to: `dense1`. */
  readonly group: string;
  readonly init: Initializer;
}

/** Numbers that a layer carries from step to step and that are never differentiated, such as running means. */
export interface StateDefinition {
  readonly shape: Shape;
  readonly initial: number;
}

export interface StateEntry extends StateDefinition {
  readonly path: string;
}

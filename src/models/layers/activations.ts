/** Layers without parameters that act element by element, and softmax. */
import { defineLayer, type Layer } from "../layer.js";

/** max(x, 0), with slope 0 at 0. */
export function relu(): Layer {
  return defineLayer({ name: "relu", apply: (x) => x.relu() });
}

/** The hyperbolic tangent. */
export function tanh(): Layer {
  return defineLayer({ name: "tanh", apply: (x) => x.tanh() });
}

/** 1/(1 + e⁻ˣ) */
export function sigmoid(): Layer {
  return defineLayer({ name: "sigmoid", apply: (x) => x.sigmoid() });
}

/**
 * exp x / Σ exp x along the last axis, for a model that is to give probabilities. Not before `crossEntropy()`, which takes scores and
 * has the softmax inside.
 */
export function softmax(): Layer {
  return defineLayer({ name: "softmax", apply: (x) => x.softmax(-1) });
}

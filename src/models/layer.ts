/** What a layer is: a function of a batch, with parameters and sometimes carried state. */
import { SteepestError } from "../tensor/error.js";
import { Tensor } from "../tensor/tensor.js";
import { checkShape, type Shape, sameShape, showShape } from "../tensor/types.js";
import type { LayerDescription } from "./description.js";
import { kindOf } from "./layout.js";
import type { Parameter, ParameterDefinition, StateDefinition, StateEntry } from "./parameter.js";

/** What a model needs beside its input, while it is traced. */
export interface ModelContext {
  readonly training: boolean;
  /** 32 random bits (u32) for each element of a batch, for a purpose such as `dropout1`. Needed where a layer draws while training. */
  readonly random?: (purpose: string, shape: Shape) => Tensor;
  /** The carried state, by path. */
  readonly state?: Readonly<Record<string, Tensor>>;
  /** Is told what each layer gives, inner layers before the block that they are in. Tracing costs nothing: only what is used is computed. */
  readonly tap?: (path: string, output: Tensor) => void;
}

/** What a layer may know beside its input, while it is traced. */
export interface LayerContext {
  /** Whether this is a training step: dropout acts only then. */
  readonly training: boolean;
  /** The layer's own name in the model: `dropout1`, or `residual2.dropout1` inside a block. */
  readonly path: string;
  /** The carried state, by the names that the layer declares. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** 32 random bits (u32) for each element of a batch of that shape, new at every step. `purpose` tells several draws of one layer apart. */
  randomBits(shape: Shape, purpose?: string): Tensor;
}

/** What a layer gives: its output, or its output and the state that the next step starts from. */
export type LayerResult = Tensor | { readonly output: Tensor; readonly state: Readonly<Record<string, Tensor>> };

/** Parameters by name, or a function of the shape of one input that gives them. */
export type ParameterDefinitions<P extends string> =
  | Readonly<Record<P, ParameterDefinition>>
  | ((input: Shape) => Readonly<Record<P, ParameterDefinition>>);

export interface LayerDefinition<P extends string> {
  /** A short noun: `dense`. In a model it gets a number: `dense1`. */
  readonly name: string;
  readonly parameters?: ParameterDefinitions<P>;
  readonly state?: Readonly<Record<string, StateDefinition>> | ((input: Shape) => Readonly<Record<string, StateDefinition>>);
  /** The shape of one output for the shape of one input, both without the batch axis. Default: the same shape. It may refuse an input. */
  outputShape?(input: Shape): Shape;
  /**
   * How many pixels away from its own place a pixel of the output looks at the input, for layers that keep the extents of their images: 0 where each pixel
   * is treated by itself. Default: not known, and the model cannot be applied in tiles.
   */
  reach?(input: Shape): number | undefined;
  /** Multiplications that are added to a sum, for one input: `summary()` counts two floating-point operations for each. Default 0. */
  multiplyAdds?(input: Shape): number;
  /** x has the batch as its first axis. */
  apply(x: Tensor, parameters: Readonly<Record<P, Tensor>>, context: LayerContext): LayerResult;
}

/** A layer before its input is known. */
export interface Layer {
  readonly name: string;
  /** @param path the layer's name in the model */
  build(input: Shape, path: string): BuiltLayer;
}

/** A layer in its place: all shapes are known. */
export interface BuiltLayer {
  readonly path: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly parameters: readonly Parameter[];
  readonly state: readonly StateEntry[];
  /** Multiplications that are added to a sum, for one input. */
  readonly multiplyAdds: number;
  /** How far it looks, in pixels; undefined where that is not known, or places of output and input are not the same. */
  readonly reach: number | undefined;
  /** The layers that it is made of, for blocks. */
  readonly inner: readonly BuiltLayer[];
  /** How to make it again; layers of one's own have none, nor have blocks with one inside. */
  readonly description?: LayerDescription;
  /** Parameters by path, as the whole model has them. The state it gives is by path, too. */
  apply(x: Tensor, parameters: Readonly<Record<string, Tensor>>, context: ModelContext): AppliedLayer;
}

/** What a layer in its place gives. */
export interface AppliedLayer {
  readonly output: Tensor;
  /** What it carries on, by path. */
  readonly state: Readonly<Record<string, Tensor>>;
}

/**
 * A layer of one's own: a function with parameters. The gradient follows from `apply`.
 *
 * @param definition its name, its parameters (of fixed shapes, or as a function of the input's shape) and what it computes
 * @example
 * ```ts
 * import { defineLayer, dense, ones, sequential } from "steepest";
 * const scale = (features: number) =>
 *   defineLayer({
 *     name: "scale",
 *     parameters: { gain: { shape: [features], init: ones() } },
 *     apply: (x, { gain }) => x.mul(gain),
 *   });
 * sequential(dense(3), scale(3)).build([2]).parameters.map((p) => p.path); // → ["dense1.weight", "dense1.bias", "scale1.gain"]
 * ```
 */
export function defineLayer<P extends string = never>(definition: LayerDefinition<P>): Layer {
  const { name } = definition;
  if (!/^[A-Za-z][\w-]*$/.test(name))
    throw new SteepestError({
      problem: "a layer needs a plain name",
      expected: 'a word such as "scale": a letter, then letters, digits, - or _',
      received: JSON.stringify(name),
    });
  return { name, build: (input, path) => build(definition, input, path) };
}

function build<P extends string>(definition: LayerDefinition<P>, inputShape: Shape, path: string): BuiltLayer {
  const apply: LayerDefinition<string>["apply"] = definition.apply.bind(definition);
  const outputShape = definition.outputShape?.(inputShape) ?? inputShape;
  const declared: Readonly<Record<string, ParameterDefinition>> =
    typeof definition.parameters === "function" ? definition.parameters(inputShape) : (definition.parameters ?? {});
  const states = typeof definition.state === "function" ? definition.state(inputShape) : (definition.state ?? {});
  const parameters = Object.entries(declared).map(([name, { shape, init, kind = kindOf(shape) }]) => {
    checkShape(shape, `parameter ${path}.${name}`);
    return { name, path: `${path}.${name}`, shape, init, kind, group: path };
  });
  const state = Object.entries(states).map(([name, { shape, initial }]) => ({ name, path: `${path}.${name}`, shape, initial }));
  return {
    path,
    inputShape,
    outputShape,
    parameters,
    state,
    multiplyAdds: definition.multiplyAdds?.(inputShape) ?? 0,
    reach: definition.reach?.(inputShape),
    inner: [],
    apply(x, values, { training, random, state: carried = {} }) {
      const before = Object.fromEntries(state.map((s) => [s.name, carried[s.path]]));
      const result = apply(x, Object.fromEntries(parameters.map((p) => [p.name, values[p.path]])), {
        training,
        path,
        state: before,
        randomBits(shape, purpose) {
          if (random === undefined)
            throw new SteepestError({
              problem: `${path} draws random numbers, and there is no stream for it`,
              where: `layer ${path}`,
              fix: "hand `random` to apply, or apply the model with training: false",
            });
          return random(purpose === undefined ? path : `${path} ${purpose}`, shape);
        },
      });
      const { output, state: next } = result instanceof Tensor ? { output: result, state: before } : result;
      const expected = [x.shape[0], ...outputShape];
      if (!sameShape(output.shape, expected))
        throw new SteepestError({
          problem: `the layer ${path} gives another shape than it says`,
          expected: showShape(expected),
          received: showShape(output.shape),
          where: `layer ${path}`,
          fix: "let outputShape of the layer give the shape of one output, without the batch axis",
        });
      return { output, state: Object.fromEntries(state.map((s) => [s.path, next[s.name]])) };
    },
  };
}

/** A trained model as a function: inference only, small and fast, on the caller's thread. */
import { WasmProgram } from "../backends/wasm/program.js";
import type { EntryPoint } from "../compiler/program.js";
import type { BuiltLayer } from "../models/layer.js";
import type { ModelPoint, Training } from "../objectives/training.js";
import { nearest, SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import { sizeOf } from "../tensor/types.js";
import { largest } from "./evaluation.js";
import { modelVariables } from "./part-evaluator.js";

export interface Prediction {
  /** The model's outputs (scores for a classifier), row by row. */
  readonly outputs: Float32Array;
  /** For a classifier: softmax of the scores, row by row. */
  readonly probabilities?: Float32Array;
  /** For a classifier: the class of each input, by its number. */
  readonly classes?: number[];
}

/** What one layer gives, row by row. */
export interface Activation {
  /** [inputs, …] */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface Predictor {
  /**
   * Runs the model on one input or several laid end to end, as stored in the data (bytes 0 … 255 for images: the preprocessing of the
   * training is applied).
   *
   * @throws SteepestError where the numbers do not make up whole inputs
   */
  (inputs: ArrayLike<number>): Prediction;
  /**
   * What a layer gives for these inputs: `predict.activations(image, "relu1")`, or `"residual2.conv1"` inside a block. A program of its own:
   * predictions are as fast as without.
   *
   * @throws SteepestError for a layer that the model does not have, and where the numbers do not make up whole inputs
   */
  activations(inputs: ArrayLike<number>, layer: string): Activation;
}

/** @param point copied: later training does not change the predictor */
export function predictorOf(training: Training, point: ModelPoint): Predictor {
  const inference = new Inference(training, point);
  return Object.assign((inputs: ArrayLike<number>) => inference.predict(inputs), {
    activations: (inputs: ArrayLike<number>, layer: string) => inference.activations(inputs, layer),
  });
}

/** Programs that are kept, one for each number of inputs. */
const KEPT = 4;
/** Inputs of one run. */
const MOST = 256;

interface Prepared {
  readonly program: WasmProgram;
  readonly inputs: Variable;
  readonly entry: EntryPoint;
}

class Inference {
  readonly #training: Training;
  readonly #point: ModelPoint;
  readonly #prepared = new Map<string, Prepared>();

  constructor(training: Training, { theta, state }: ModelPoint) {
    this.#training = training;
    this.#point = { theta: theta.slice(), state: state.slice() };
  }

  predict(inputs: ArrayLike<number>): Prediction {
    const { model, loss } = this.#training.parts;
    const width = sizeOf(model.outputShape);
    const { count, traces } = this.#run(inputs, undefined);
    const { output: outputs, probabilities } = traces;
    if (!loss.classification) return { outputs };
    return { outputs, probabilities, classes: Array.from({ length: count }, (_, i) => largest(outputs, i * width, width)) };
  }

  activations(inputs: ArrayLike<number>, layer: string): Activation {
    const { model } = this.#training.parts;
    const found = everyLayer(model.layers).find(({ path }) => path === layer);
    if (found === undefined) {
      const names = everyLayer(model.layers).map(({ path }) => path);
      const meant = nearest(layer, names);
      throw new SteepestError({
        problem: `${model.name} has no layer "${layer}"`,
        expected: names.join(", "),
        received: layer,
        fix: meant && `did you mean ${meant}?`,
      });
    }
    const { count, traces } = this.#run(inputs, layer);
    return { shape: [count, ...found.outputShape], data: traces.output };
  }

  /** The traces for all inputs, joined. */
  #run(inputs: ArrayLike<number>, layer: string | undefined) {
    const { model } = this.#training.parts;
    const size = sizeOf(model.inputShape);
    const length = typeof inputs === "object" && inputs !== null && typeof inputs.length === "number" ? inputs.length : 0;
    const count = length / size;
    if (!Number.isInteger(count) || count === 0 || typeof inputs[0] !== "number")
      throw new SteepestError({
        problem: "these numbers do not make up inputs of the model",
        expected: `a flat array of ${size} numbers, or a multiple of that, for inputs of shape [${model.inputShape.join(", ")}]`,
        received:
          typeof inputs === "object" && inputs !== null
            ? `${length} ${length > 0 && typeof inputs[0] !== "number" ? `entries such as ${typeof inputs[0]}` : "numbers"}`
            : String(inputs),
      });
    const joined: Record<string, Float32Array> = {};
    for (let first = 0; first < count; first += MOST) {
      const some = Math.min(MOST, count - first);
      const { program, inputs: variable, entry } = this.#of(some, layer);
      program.write(variable, some === count ? inputs : Array.prototype.slice.call(inputs, first * size, (first + some) * size));
      const { traces } = program.run(entry, 1);
      for (const [name, values] of Object.entries(traces)) {
        joined[name] ??= new Float32Array((values.length / some) * count);
        joined[name].set(values, (values.length / some) * first);
      }
    }
    return { count, traces: joined };
  }

  #of(count: number, layer: string | undefined): Prepared {
    const key = `${count} ${layer ?? ""}`;
    const held = this.#prepared.get(key);
    if (held !== undefined) return held;
    const { dtype, parts } = this.#training;
    const { theta, carried } = modelVariables(this.#training);
    const inputs: Variable = { name: "inputs", type: { shape: [count, ...parts.model.inputShape], dtype } };
    let tapped: Tensor | undefined;
    const result = this.#training.output(readVariable(theta), readVariable(inputs), {
      ...(carried ? { state: readVariable(carried) } : {}),
      tap: (path, value) => {
        if (path === layer) tapped = value;
      },
    });
    const output = tapped ?? result;
    const traces = [{ name: "output", value: output.cast("f32") }];
    if (layer === undefined && parts.loss.classification) traces.push({ name: "probabilities", value: output.softmax().cast("f32") });
    const program = new WasmProgram([theta, ...(carried ? [carried] : []), inputs]);
    program.write(theta, this.#point.theta);
    if (carried) program.write(carried, this.#point.state);
    const made: Prepared = { program, inputs, entry: { name: "predict", writes: [], traces } };
    const [oldest] = this.#prepared.keys();
    if (this.#prepared.size >= KEPT && oldest !== undefined) this.#prepared.delete(oldest);
    this.#prepared.set(key, made);
    return made;
  }
}

/** All layers, those of blocks behind their block. */
const everyLayer = (layers: readonly BuiltLayer[]): BuiltLayer[] => layers.flatMap((layer) => [layer, ...everyLayer(layer.inner)]);

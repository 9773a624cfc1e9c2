/** A trained model as a function: inference only, small and fast, on the caller's thread. */
import { WasmProgram } from "../backends/wasm/program.js";
import type { EntryPoint } from "../compiler/program.js";
import type { Training } from "../objectives/training.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { fromHost, readVariable } from "../tensor/tensor.js";
import { allocate, type HostData, sizeOf } from "../tensor/types.js";
import { largest } from "./evaluation.js";

export interface Prediction {
  /** The model's outputs (scores for a classifier), row by row. */
  readonly outputs: Float32Array;
  /** For a classifier: softmax of the scores, row by row. */
  readonly probabilities?: Float32Array;
  /** For a classifier: the class of each input. */
  readonly classes?: number[];
}

export class Predictor {
  readonly #training: Training;
  readonly #theta: Variable;
  readonly #program: WasmProgram;
  readonly #entries = new Map<number, { readonly point: EntryPoint; readonly inputs: Variable; readonly program: WasmProgram }>();

  constructor(training: Training, theta: HostData) {
    this.#training = training;
    this.#theta = { name: "theta", type: { shape: [theta.length], dtype: training.dtype } };
    this.#program = new WasmProgram([this.#theta]);
    this.#program.write(this.#theta, theta);
  }

  /**
   * Runs the model on one input or several laid end to end, as stored in the data (bytes 0 … 255 for images: the preprocessing of the
   * training is applied).
   *
   * @throws SteepestError where the numbers do not make up whole inputs
   */
  predict(inputs: ArrayLike<number>): Prediction {
    const { model, loss } = this.#training.parts;
    const size = sizeOf(model.inputShape);
    const count = inputs.length / size;
    if (!Number.isInteger(count) || count === 0)
      throw new SteepestError({
        problem: "these numbers do not make up inputs of the model",
        expected: `a multiple of ${size}, for inputs of shape [${model.inputShape.join(", ")}]`,
        received: `${inputs.length} numbers`,
      });
    const entry = this.#entry(count);
    entry.program.write(entry.inputs, inputs);
    const { traces } = entry.program.run(entry.point, 1);
    const outputs = Float32Array.from(traces.output);
    if (!loss.classification) return { outputs };
    const width = outputs.length / count;
    return {
      outputs,
      probabilities: Float32Array.from(traces.probabilities),
      classes: Array.from({ length: count }, (_, i) => largest(outputs, i * width, width)),
    };
  }

  #entry(count: number) {
    const held = this.#entries.get(count);
    if (held !== undefined) return held;
    const { model, loss } = this.#training.parts;
    const inputs: Variable = { name: "inputs", type: { shape: [count, ...model.inputShape], dtype: this.#training.dtype } };
    const program = new WasmProgram([this.#theta, inputs]);
    program.write(this.#theta, this.#program.read(this.#theta));
    const targets = fromHost(allocate(loss.classification ? "i32" : this.#training.dtype, loss.classification ? count : count * sizeOf(model.outputShape)), loss.classification ? [count] : [count, ...model.outputShape], loss.classification ? "i32" : this.#training.dtype);
    const { output } = this.#training.batch(readVariable(this.#theta), readVariable(inputs), targets, false);
    const traces = [{ name: "output", value: output.cast("f32") }, ...(loss.classification ? [{ name: "probabilities", value: output.softmax().cast("f32") }] : [])];
    const made = { point: { name: "predict", writes: [], traces }, inputs, program };
    this.#entries.set(count, made);
    return made;
  }
}

/** Value, gradient and Hessian of an objective as functions of numbers. */
import { pushForward } from "../autodiff/forward.js";
import { pullBack } from "../autodiff/reverse.js";
import { WasmProgram } from "../backends/wasm/program.js";
import type { EntryPoint } from "../compiler/program.js";
import type { Objective } from "../objectives/objective.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { iota, literal, readVariable } from "../tensor/tensor.js";

/** The compiled derivatives of a traced objective. */
export class Derivatives {
  readonly #program: WasmProgram;
  readonly #theta: Variable;
  readonly #direction: Variable;
  readonly #first: EntryPoint;
  readonly #product: EntryPoint;

  constructor(objective: Objective) {
    const { size, dtype } = objective.parameters;
    this.#theta = { name: "theta", type: { shape: [size], dtype } };
    this.#direction = { name: "direction", type: { shape: [], dtype: "i32" } };
    const theta = readVariable(this.#theta);
    const loss = objective.loss(theta);
    const gradient = pullBack([loss], [loss.fill(1)], [theta])[0] ?? theta.fill(0);
    const unit = iota([size]).eq(readVariable(this.#direction)).select(literal(1, dtype), literal(0, dtype));
    const product = pushForward([gradient], [theta], [unit])[0] ?? theta.fill(0);
    this.#first = {
      name: "first",
      writes: [],
      traces: [
        { name: "value", value: loss.cast("f64") },
        { name: "gradient", value: gradient.cast("f64") },
      ],
    };
    this.#product = { name: "product", writes: [], traces: [{ name: "product", value: product.cast("f64") }] };
    this.#program = new WasmProgram([this.#theta, this.#direction]);
  }

  at(theta: ArrayLike<number>): { readonly value: number; readonly gradient: Float64Array } {
    this.#program.write(this.#theta, theta);
    const { value, gradient } = this.#program.run(this.#first, 1).traces;
    return { value: value[0], gradient: Float64Array.from(gradient) };
  }

  /** The Hessian row by row, each a forward derivative of the gradient. */
  hessian(theta: ArrayLike<number>): number[][] {
    this.#program.write(this.#theta, theta);
    return Array.from({ length: theta.length }, (_, i) => {
      this.#program.write(this.#direction, [i]);
      return Array.from(this.#program.run(this.#product, 1).traces.product);
    });
  }
}

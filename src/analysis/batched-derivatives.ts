/** Value, gradient and Hessian of an objective at many points in one program. */
import { hessian, valueAndGrad, vmap } from "../autodiff/index.js";
import { WasmProgram } from "../backends/wasm/program.js";
import type { EntryPoint } from "../compiler/program.js";
import type { Objective } from "../objectives/objective.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";

/** Values at points that lie one after the other; row i belongs to point i. */
export interface DerivativesAtPoints {
  readonly values: Float64Array;
  /** n numbers for each point. */
  readonly gradients: Float64Array;
  /** n × n numbers for each point. */
  readonly hessians: Float64Array;
}

export class BatchedDerivatives {
  readonly size: number;
  readonly #count: number;
  readonly #program: WasmProgram;
  readonly #theta: Variable;
  readonly #entry: EntryPoint;

  /** @param count points that one run of the program takes */
  constructor(objective: Objective, count: number) {
    const { size, dtype } = objective.parameters;
    this.size = size;
    this.#count = count;
    this.#theta = { name: "theta", type: { shape: [count, size], dtype } };
    const f = (x: Tensor) => objective.loss(x);
    const all = vmap((x: Tensor) => {
      const { value, gradient } = valueAndGrad(f)(x);
      return [value, gradient, hessian(f)(x)];
    })(readVariable(this.#theta));
    this.#entry = {
      name: "derivatives",
      writes: [],
      traces: all.map((value, i) => ({ name: ["values", "gradients", "hessians"][i], value: value.cast("f64") })),
    };
    this.#program = new WasmProgram([this.#theta]);
  }

  /** @param points any number of them, n numbers each */
  at(points: Float64Array): DerivativesAtPoints {
    const n = this.size;
    const total = points.length / n;
    const out = { values: new Float64Array(total), gradients: new Float64Array(total * n), hessians: new Float64Array(total * n * n) };
    for (let from = 0; from < total; from += this.#count) {
      const rows = Math.min(this.#count, total - from);
      const batch = new Float64Array(this.#count * n);
      batch.set(points.subarray(from * n, (from + rows) * n));
      this.#program.write(this.#theta, batch);
      const { values, gradients, hessians } = this.#program.run(this.#entry, 1).traces;
      out.values.set(values.subarray(0, rows), from);
      out.gradients.set(gradients.subarray(0, rows * n), from * n);
      out.hessians.set(hessians.subarray(0, rows * n * n), from * n * n);
    }
    return out;
  }
}

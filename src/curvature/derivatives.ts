/** Value, gradient, Hessian and its products of an objective as functions of numbers. */
import { pushForward } from "../autodiff/forward.js";
import { pullBack } from "../autodiff/reverse.js";
import { WasmProgram } from "../backends/wasm/program.js";
import type { EntryPoint } from "../compiler/program.js";
import type { Objective } from "../objectives/objective.js";
import type { Parameters } from "../optimizers/parameters.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable } from "../tensor/tensor.js";
import { sizeOf } from "../tensor/types.js";
import type { SymmetricOperator } from "./products.js";

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
    this.#direction = { name: "direction", type: { shape: [size], dtype } };
    const theta = readVariable(this.#theta);
    const loss = objective.loss(theta);
    const gradient = pullBack([loss], [loss.fill(1)], [theta])[0] ?? theta.fill(0);
    const product = pushForward([gradient], [theta], [readVariable(this.#direction)])[0] ?? theta.fill(0);
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

  /** H(θ) v, the forward derivative of the gradient along v: about two gradients' work. */
  times(theta: ArrayLike<number>, v: ArrayLike<number>): Float64Array {
    this.#program.write(this.#theta, theta);
    return this.#along(v);
  }

  /** The Hessian row by row. */
  hessian(theta: ArrayLike<number>): number[][] {
    this.#program.write(this.#theta, theta);
    return Array.from({ length: theta.length }, (_, i) => Array.from(this.#along(new Float64Array(theta.length).fill(1, i, i + 1))));
  }

  #along(v: ArrayLike<number>): Float64Array {
    this.#program.write(this.#direction, v);
    return Float64Array.from(this.#program.run(this.#product, 1).traces.product);
  }
}

/**
 * The Hessian of an objective at θ by its products, for `extremeEigenvalues`: no matrix is made.
 *
 * @param objective what `trace(f, start)` or `batchObjective(model, data)` gives
 * @param theta where; default: the start
 * @example
 * ```ts
 * import { hessianOperator, trace } from "steepest";
 * hessianOperator(trace("x^2*y", { x: 1, y: 2 })).times(Float64Array.of(1, 0)); // → [4, 2]
 * ```
 */
export function hessianOperator(objective: Objective, theta: ArrayLike<number> = objective.start): SymmetricOperator {
  const { size } = objective.parameters;
  const derivatives = new Derivatives(objective);
  const at = Float64Array.from(theta);
  return { size, support: placesOf(objective.parameters), times: (v) => derivatives.times(at, v) };
}

/** Where θ has elements, ascending: between its parameters there may be gaps. */
export function placesOf({ entries }: Parameters): Uint32Array {
  return Uint32Array.from(entries.flatMap(({ offset, shape }) => Array.from({ length: sizeOf(shape) }, (_, i) => offset + i))).sort();
}

/** Residuals and their Jacobian, compiled: r(θ) alone, and both together. */
import type { Matrix } from "../../algebra/index.js";
import { hessian, jacobian } from "../../autodiff/index.js";
import { WasmProgram } from "../../backends/wasm/program.js";
import type { EntryPoint } from "../../compiler/program.js";
import { SteepestError } from "../../tensor/error.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { readVariable, Tensor } from "../../tensor/tensor.js";

/** r and J = ∂r/∂θ at one point. */
export interface Linearized {
  readonly theta: Float64Array;
  readonly residuals: Float64Array;
  readonly jacobian: Matrix;
}

export class ResidualProgram {
  readonly parameters: number;
  readonly equations: number;
  /** How often r and J have been computed. */
  readonly evaluations = { value: 0, gradient: 0 };
  readonly #program: WasmProgram;
  readonly #theta: Variable;
  readonly #value: EntryPoint;
  readonly #both: EntryPoint;
  readonly #curvature: () => EntryPoint;

  /**
   * @param residuals of a traced θ of `parameters` elements, float64
   * @throws SteepestError, while tracing, where it gives no tensor
   */
  constructor(residuals: (theta: Tensor) => Tensor, parameters: number) {
    this.parameters = parameters;
    this.#theta = { name: "theta", type: { shape: [parameters], dtype: "f64" } };
    const theta = readVariable(this.#theta);
    const flat = (x: Tensor): Tensor => {
      const r: unknown = residuals(x);
      if (!(r instanceof Tensor) || r.size === 0)
        throw new SteepestError({
          problem: "the residuals are no tensor of numbers",
          expected: "a tensor with one element for each residual",
          received: r instanceof Tensor ? r.toString() : String(r),
          fix: "compute with the methods of the tensor that it is given, as in x.mul(y).sub(1), and join scalars by stack([…])",
        });
      return r.reshape([r.size]).cast("f64");
    };
    const r = flat(theta);
    this.equations = r.size;
    this.#value = { name: "residuals", writes: [], traces: [{ name: "residuals", value: r }] };
    this.#both = {
      name: "jacobian",
      writes: [],
      traces: [
        { name: "residuals", value: r },
        { name: "jacobian", value: jacobian(flat)(theta).reshape([this.equations * parameters]) },
      ],
    };
    let curvature: EntryPoint | undefined;
    this.#curvature = () => {
      const matrix = hessian((x: Tensor) => flat(x).square().sum())(theta).reshape([parameters * parameters]);
      curvature ??= { name: "curvature", writes: [], traces: [{ name: "hessian", value: matrix }] };
      return curvature;
    };
    this.#program = new WasmProgram([this.#theta]);
  }

  /** r(θ) */
  residuals(theta: Float64Array): Float64Array {
    this.evaluations.value++;
    this.#program.write(this.#theta, theta);
    return Float64Array.from(this.#program.run(this.#value, 1).traces.residuals);
  }

  /** r(θ) and J(θ) */
  linearize(theta: Float64Array): Linearized {
    this.evaluations.gradient++;
    this.#program.write(this.#theta, theta);
    const { traces } = this.#program.run(this.#both, 1);
    return {
      theta,
      residuals: Float64Array.from(traces.residuals),
      jacobian: { rows: this.equations, columns: this.parameters, data: Float64Array.from(traces.jacobian) },
    };
  }

  /** ∂²Σr²/∂θ², all of it: also the part that the linear model leaves out. Compiled when it is first asked for. */
  hessian(theta: Float64Array): Matrix {
    this.#program.write(this.#theta, theta);
    const data = Float64Array.from(this.#program.run(this.#curvature(), 1).traces.hessian);
    return { rows: this.parameters, columns: this.parameters, data };
  }
}

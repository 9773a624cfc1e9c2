/** A traced objective for the gradient check: compiled in float64, whatever it is computed in elsewhere. */
import { pushForward } from "../../autodiff/forward.js";
import { pullBack } from "../../autodiff/reverse.js";
import { WasmProgram } from "../../backends/wasm/program.js";
import type { EntryPoint } from "../../compiler/program.js";
import type { Objective } from "../../objectives/objective.js";
import { SteepestError } from "../../tensor/error.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../tensor/tensor.js";
import { type Branch, branchPoints } from "./branches.js";
import type { GradientProblem } from "./problem.js";
import { usesSingle, widened } from "./widen.js";

const entry = (name: string, values: Readonly<Record<string, Tensor>>): EntryPoint => ({
  name,
  writes: [],
  traces: Object.entries(values).map(([key, value]) => ({ name: key, value: value.cast("f64") })),
});

/** Value, gradient, Hessian-vector product and branches of a traced objective, as functions of numbers. */
export class TracedProblem implements GradientProblem {
  readonly tensors: Objective["parameters"]["entries"];
  readonly hessianProduct?: (theta: Float64Array, direction: Float64Array) => Float64Array;
  readonly singleGradient?: (theta: Float64Array) => Float64Array;
  readonly #program: WasmProgram;
  readonly #theta: Variable;
  readonly #value: EntryPoint;
  readonly #gradient: EntryPoint;
  readonly #points: readonly { readonly name: string; readonly code: Tensor }[];
  readonly #branches: EntryPoint;

  constructor(objective: Objective) {
    const { size, dtype, entries } = objective.parameters;
    this.tensors = entries;
    const own: Variable = { name: "theta", type: { shape: [size], dtype } };
    const ownDirection: Variable = { name: "direction", type: { shape: [size], dtype } };
    const [theta, direction] = [readVariable(own), readVariable(ownDirection)];
    const loss = objective.loss(theta);
    const gradient = pullBack([loss], [loss.fill(1)], [theta])[0] ?? theta.fill(0);
    const product = productOf(gradient, theta, direction);
    const points = branchPoints(loss);
    const roots = [loss, gradient, ...(product ? [product] : []), ...points.map(({ code }) => code)];
    const [inDouble, directionInDouble] = [own, ownDirection].map(
      ({ name }): Variable => ({ name, type: { shape: [size], dtype: "f64" } }),
    );
    const isSingle = usesSingle(roots);
    const values = isSingle
      ? widened(
          roots,
          new Map([
            [theta, readVariable(inDouble)],
            [direction, readVariable(directionInDouble)],
          ]),
        )
      : roots;
    const directed = isSingle ? directionInDouble : ownDirection;
    this.#theta = isSingle ? inDouble : own;
    const [value, slope] = values;
    const codes = values.slice(product ? 3 : 2);
    this.#points = points.map(({ name }, i) => ({ name, code: codes[i] }));
    this.#value = entry("value", { value });
    this.#gradient = entry("gradient", { gradient: slope });
    this.#branches = entry("branches", Object.fromEntries(codes.map((code, i) => [`branch${i}`, code])));
    this.#program = new WasmProgram([this.#theta, directed]);
    if (product) {
      const along = entry("product", { product: values[2] });
      this.hessianProduct = (at, v) => {
        this.#program.write(directed, v);
        return this.#run(along, at).product;
      };
    }
    if (isSingle) {
      const single = new WasmProgram([own, ownDirection]);
      const point = entry("gradient", { gradient });
      this.singleGradient = (at) => {
        single.write(own, at);
        return Float64Array.from(single.run(point, 1).traces.gradient);
      };
    }
  }

  value(theta: Float64Array): number {
    return this.#run(this.#value, theta).value[0];
  }

  gradient(theta: Float64Array): Float64Array {
    return this.#run(this.#gradient, theta).gradient;
  }

  branches(theta: Float64Array): readonly Branch[] {
    if (this.#points.length === 0) return [];
    const traces = this.#run(this.#branches, theta);
    return this.#points.map(({ name }, i) => ({ name, sides: traces[`branch${i}`] }));
  }

  #run(point: EntryPoint, theta: Float64Array): Readonly<Record<string, Float64Array>> {
    this.#program.write(this.#theta, theta);
    const { traces } = this.#program.run(point, 1);
    return Object.fromEntries(Object.entries(traces).map(([key, data]) => [key, Float64Array.from(data)]));
  }
}

/** H·v by forward over reverse; undefined where a derivative that a user wrote has no forward mode. */
function productOf(gradient: Tensor, theta: Tensor, direction: Tensor): Tensor | undefined {
  try {
    return pushForward([gradient], [theta], [direction])[0] ?? theta.fill(0);
  } catch (error) {
    if (error instanceof SteepestError) return undefined;
    throw error;
  }
}

/** Values of a function at many points. */
import { vmap } from "../autodiff/index.js";
import { WasmProgram } from "../backends/wasm/program.js";
import type { Objective } from "../objectives/objective.js";
import { tracedObjective } from "../objectives/trace.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";

/** A function of some numbers: in JavaScript, as a formula, or as `trace(f, start)` gives it. */
export type Sampled = ((...x: number[]) => number) | string | Objective;

/** Points that one run of the program takes. */
const BATCH = 4096;

/**
 * f at each of the points; formulas and objectives in one compiled program for all of them.
 *
 * @throws SteepestError if f takes another number of variables than the points have
 */
export function valuesAt(f: Sampled, points: readonly (readonly number[])[]): Float64Array {
  if (typeof f === "function") return Float64Array.from(points, (point) => f(...point));
  if (points.length === 0) return new Float64Array(0);
  const objective = typeof f === "string" ? tracedObjective(f, [...points[0]]) : f;
  const { size, dtype } = objective.parameters;
  if (points[0].length !== size)
    throw new SteepestError({
      problem: "the points do not fit the function",
      expected: `${size} numbers in each`,
      received: `${points[0].length}`,
      where: objective.name,
    });
  const count = Math.min(BATCH, points.length);
  const theta: Variable = { name: "theta", type: { shape: [count, size], dtype } };
  const [values] = vmap((x: Tensor) => [objective.loss(x)])(readVariable(theta));
  const entry = { name: "values", writes: [], traces: [{ name: "values", value: values.cast("f64") }] };
  const program = new WasmProgram([theta]);
  const out = new Float64Array(points.length);
  for (let from = 0; from < points.length; from += count) {
    const rows = Math.min(count, points.length - from);
    const batch = new Float64Array(count * size);
    for (let i = 0; i < rows; i++) batch.set(points[from + i], i * size);
    program.write(theta, batch);
    out.set(program.run(entry, 1).traces.values.subarray(0, rows), from);
  }
  return out;
}

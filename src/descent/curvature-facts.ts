/** What a diagnosis wants to know of the second derivatives at both ends of a descent. */
import { pushForward } from "../autodiff/forward.js";
import { WasmProgram } from "../backends/wasm/program.js";
import type { EntryPoint } from "../compiler/program.js";
import { symmetricEigenvalues } from "../curvature/eigenvalues.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { fromHost, readVariable, type Tensor } from "../tensor/tensor.js";
import { allocate, type DType, type HostData } from "../tensor/types.js";
import type { Facts } from "./diagnosis.js";

/** The Hessian is looked at for up to so many variables. */
const FEW = 12;

/**
 * Curvature along the gradient at both ends; for few variables also the extreme eigenvalues of the Hessian at the end.
 *
 * @param evaluate the gradient of what is minimised
 */
export function curvatureFacts(
  evaluate: (theta: Tensor) => { readonly gradient: Tensor },
  start: HostData,
  end: HostData,
  dtype: DType,
): Pick<Facts, "curvature" | "eigenvalues"> {
  const variable: Variable = { name: "theta", type: { shape: [end.length], dtype } };
  const theta = readVariable(variable);
  const { gradient } = evaluate(theta);
  const along = (direction: Tensor) => pushForward([gradient], [theta], [direction])[0] ?? theta.fill(0);
  // Scaled by its largest entry, so that squares neither overflow nor vanish.
  const unit = gradient.div(gradient.abs().max());
  const curvature: EntryPoint = {
    name: "curvature",
    writes: [],
    traces: [{ name: "curvature", value: unit.mul(along(unit)).sum().div(unit.square().sum()).cast("f64") }],
  };
  const program = new WasmProgram([variable]);
  const at = (point: HostData) => {
    program.write(variable, point);
    return program.run(curvature, 1).traces.curvature[0];
  };
  const facts = { curvature: { start: at(start), end: at(end) } };
  if (end.length > FEW) return facts;
  const rows = Array.from({ length: end.length }, (_, i) => {
    const direction = fromHost(allocate(dtype, end.length).fill(1, i, i + 1), [end.length], dtype);
    return { name: `row${i}`, value: along(direction).cast("f64") };
  });
  program.write(variable, end);
  const { traces } = program.run({ name: "hessian", writes: [], traces: rows }, 1);
  const eigenvalues = symmetricEigenvalues(rows.map((row) => traces[row.name]));
  return eigenvalues.every(Number.isFinite)
    ? { ...facts, eigenvalues: { least: Math.min(...eigenvalues), most: Math.max(...eigenvalues) } }
    : facts;
}

/** Reads lazy tensors: compiles what they need, runs it once, and gives their data. */
import type { EntryPoint } from "../../compiler/program.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { HostData } from "../../tensor/types.js";
import { WasmProgram } from "./program.js";

export function evaluate(tensors: readonly Tensor[]): readonly HostData[] {
  const variables = tensors.map((t, i): Variable => ({ name: `result${i}`, type: { shape: t.shape, dtype: t.dtype } }));
  const program = new WasmProgram(variables);
  const point: EntryPoint = { name: "read", writes: tensors.map((value, i) => ({ variable: variables[i], value })), traces: [] };
  program.run(point, 1);
  return variables.map((v) => program.read(v));
}

/** Runs graphs through the compiler, and compares with the float64 reference. */
import { expect } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { compileEntry } from "../../src/compiler/compile.js";
import type { EntryPoint } from "../../src/compiler/program.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { type HostData, isFloat, sizeOf } from "../../src/tensor/types.js";

export const variable = (name: string, tensor: { readonly shape: readonly number[]; readonly dtype: Tensor["dtype"] }): Variable => ({
  name,
  type: { shape: tensor.shape, dtype: tensor.dtype },
});

/** An entry that writes each tensor to a variable of its own. */
export function reading(tensors: readonly Tensor[]): { readonly variables: readonly Variable[]; readonly point: EntryPoint } {
  const variables = tensors.map((t, i) => variable(`result${i}`, t));
  return { variables, point: { name: "read", writes: tensors.map((value, i) => ({ variable: variables[i], value })), traces: [] } };
}

/** What the compiled program gives. */
export function compute(tensors: readonly Tensor[]): readonly HostData[] {
  const { variables, point } = reading(tensors);
  const program = new WasmProgram(variables);
  program.run(point, 1);
  return variables.map((v) => program.read(v));
}

/** The phases of the compiled program; one if it runs in registers. */
export function phasesOf(tensors: readonly Tensor[]): readonly string[] {
  const { variables, point } = reading(tensors);
  const { body } = compileEntry(point, variables);
  return body.kind === "scalar" ? ["scalar"] : body.phases.map((p) => p.name);
}

/**
 * Largest deviation of compiled from reference values, in units of `epsilon` of the dtype times the scale of the result (its
 * largest finite magnitude, at least 1), over all elements; infinity where one is finite and the other not, or for unequal integers.
 */
export function deviation(actual: ArrayLike<number>, expected: ArrayLike<number>, dtype: Tensor["dtype"]): number {
  let scale = 1;
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]));
  const unit = dtype === "f32" ? 2 ** -24 : 2 ** -53;
  let worst = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    if (!isFloat(dtype)) return Number.POSITIVE_INFINITY;
    // Beyond the range of f32 the reference goes on, and the program gives infinity.
    if (dtype === "f32" && Math.fround(e) === a) continue;
    worst = Math.max(worst, Number.isFinite(a) && Number.isFinite(e) ? Math.abs(a - e) / (scale * unit) : Number.POSITIVE_INFINITY);
  }
  return worst;
}

/** The worst deviation of the compiled values of `tensors` from the reference. Both read the host data of inputs. */
export function difference(tensors: readonly Tensor[]): number {
  const actual = compute(tensors);
  const expected = interpret(tensors);
  return Math.max(...tensors.map((t, i) => deviation(actual[i], expected[i], t.dtype)));
}

export type Values = Map<Variable, Float64Array>;

/** Steps of an entry as the interpreter sees them: all values from the variables as they were, then all writes. */
export function interpreted(point: EntryPoint, start: Values, steps: number): { values: Values; traces: number[][]; steps: number } {
  let values = new Map(start);
  const traces: number[][] = point.traces.map(() => []);
  for (let step = 1; step <= steps; step++) {
    const roots = [...point.writes.map((w) => w.value), ...point.traces.map((t) => t.value), ...(point.stop ? [point.stop] : [])];
    const results = interpret(roots, values);
    values = new Map(values);
    point.writes.forEach((w, i) => values.set(w.variable, results[i]));
    point.traces.forEach((_, i) => traces[i].push(...results[point.writes.length + i]));
    if (point.stop && results[results.length - 1][0] !== 0) return { values, traces, steps: step };
  }
  return { values, traces, steps };
}

/** First values: fractions around 1, whole numbers from 0 on for integers, `false` for truth values. */
function startAt({ type: { dtype } }: Variable, i: number, k: number): number {
  if (dtype === "bool") return 0;
  return isFloat(dtype) ? ((i * 37 + k * 11) % 53) / 16 - 1 : (i * 37 + k * 11) % 53;
}

/** Runs the entries one after the other, `steps` steps each, and expects what the interpreter gives. */
export function agree(variables: readonly Variable[], points: readonly EntryPoint[], steps = 5, tolerance = 1000): void {
  const program = new WasmProgram(variables);
  const start: Values = new Map(
    variables.map((v, k) => [v, Float64Array.from({ length: sizeOf(v.type.shape) }, (_, i) => startAt(v, i, k))]),
  );
  for (const [v, data] of start) program.write(v, data);
  let values = start;
  for (const point of points) {
    const expected = interpreted(point, values, steps);
    const actual = program.run(point, steps);
    values = expected.values;
    expect(actual.steps).toBe(expected.steps);
    for (const v of variables)
      expect(deviation(program.read(v), expected.values.get(v) ?? [], v.type.dtype), `${point.name}: ${v.name}`).toBeLessThan(tolerance);
    point.traces.forEach((t, i) =>
      expect(deviation(actual.traces[t.name], expected.traces[i], t.value.dtype), t.name).toBeLessThan(tolerance),
    );
  }
}

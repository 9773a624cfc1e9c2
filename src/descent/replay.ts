/** `replay`: what a rule makes of gradients that are given. */
import { WasmProgram } from "../backends/wasm/program.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import type { ParameterEntry } from "../optimizers/parameters.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { literal, readVariable } from "../tensor/tensor.js";
import { allocate, type HostData, type Shape, showShape, sizeOf } from "../tensor/types.js";
import { checkOptimizer, checkOptionNames } from "./option-names.js";
import { unusable } from "./settings.js";
import { descentVariables, initialValues, stepEntry, variableList } from "./step.js";

export interface ReplayOptions {
  /** θ before the first step. */
  readonly start: ArrayLike<number>;
  /** The gradient of each step, as long as `start`. */
  readonly gradients: readonly ArrayLike<number>[];
  /** What is computed in. Default "f64". */
  readonly dtype?: "f64" | "f32";
  /** What θ is made of, in order and without gaps, for rules that look at it: `{ weight: [2, 3], bias: [3] }`. Default: one vector `x`. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  /** Steps in an epoch, for schedules that count them. Default: all steps. */
  readonly stepsPerEpoch?: number;
}

/**
 * Feeds a rule with gradients and gives θ after each step, as the compiled engine computes it: how a rule of one's own is compared with
 * another implementation. A rule that asks for the gradient elsewhere gets that of the step.
 *
 * @param optimizer the rule
 * @returns one array for each step; fewer where a gradient is not finite: the last is then the one after it
 * @throws SteepestError for gradients or shapes that do not fit the start, and unusable options
 * @example
 * ```ts
 * import { momentum, replay } from "steepest";
 * replay(momentum({ learningRate: 0.1, beta: 0.5 }), { start: [1], gradients: [[1], [1], [0]] }).map((theta) => theta[0]); // → [0.9, 0.75, 0.675]
 * ```
 */
export function replay(optimizer: Optimizer, options: ReplayOptions): HostData[] {
  checkOptionNames("replay", options, ["start", "gradients", "dtype", "shapes", "stepsPerEpoch"]);
  checkOptimizer("replay", optimizer);
  const { start, gradients, dtype = "f64", shapes = { x: [start.length] } } = options;
  if (dtype !== "f64" && dtype !== "f32") throw unusable("dtype", '"f64" or "f32"', dtype);
  const size = start.length;
  const count = gradients.length;
  const { stepsPerEpoch = count } = options;
  const odd = gradients.findIndex((gradient) => gradient.length !== size);
  if (odd >= 0)
    throw new SteepestError({
      problem: `gradient ${odd} does not fit the start`,
      expected: `${size} number${size === 1 ? "" : "s"}`,
      received: `${gradients[odd].length}`,
    });
  const entries = laidOut(shapes, size);
  if (count === 0) return [];
  const parameters = { size, dtype, entries };
  const v = descentVariables(parameters, optimizer);
  const given: Variable = { name: "gradients", type: { shape: [count, size], dtype } };
  const at = readVariable(v.step).cast("u32").reshape([1]);
  const gradient = readVariable(given).take(at).reshape([size]);
  const entry = stepEntry({
    parameters,
    optimizer,
    variables: v,
    evaluate: () => ({ loss: literal(0, "f64"), gradient }),
    path: true,
    convergence: false,
  });
  const program = new WasmProgram([...variableList(v), given]);
  const values = { start: filled(dtype, [start], size), totalSteps: count, stepsPerEpoch, tolerance: 0 };
  for (const [variable, data] of initialValues(v, optimizer, values)) program.write(variable, data);
  program.write(given, filled(dtype, gradients, size));
  const { steps, traces } = program.run(entry, count);
  const before = filled(dtype, [traces.path.subarray(0, steps * size)], steps * size);
  return Array.from({ length: steps }, (_, k) => (k + 1 < steps ? before.slice((k + 1) * size, (k + 2) * size) : program.read(v.theta)));
}

function filled(dtype: "f64" | "f32", rows: readonly ArrayLike<number>[], size: number): HostData {
  const out = allocate(dtype, rows.length * size);
  rows.forEach((row, i) => {
    out.set(row, i * size);
  });
  return out;
}

function laidOut(shapes: Readonly<Record<string, Shape>>, size: number): ParameterEntry[] {
  let offset = 0;
  const entries = Object.entries(shapes).map(([path, shape]) => {
    const entry = { path, shape, offset };
    offset += sizeOf(shape);
    return entry;
  });
  if (offset === size) return entries;
  throw new SteepestError({
    problem: "the shapes do not make up θ",
    expected: `${size} numbers in all, as in the start`,
    received: `${offset}: ${entries.map(({ path, shape }) => `${path} ${showShape(shape)}`).join(", ")}`,
  });
}

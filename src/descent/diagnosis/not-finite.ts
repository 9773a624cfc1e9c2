/** The first operation of an objective that gives something that is not finite. */

import { pullBack } from "../../autodiff/reverse.js";
import { interpret } from "../../backends/interpreter/index.js";
import type { Objective } from "../../objectives/objective.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../tensor/tensor.js";
import { type HostData, isFloat } from "../../tensor/types.js";
import { topological } from "../../tensor/walk.js";
import { short } from "./finding.js";

/** The reference evaluation is slow: larger objectives are not searched. */
const MOST = 4096;

export interface Culprit {
  /** The operation, in the words of the table of primitives. */
  readonly operation: string;
  /** What it was given, at the first element that went wrong. */
  readonly operands: readonly number[];
  /** `the log of −0.3`, `a division by 0`. */
  readonly text: string;
}

/** Of f first, then of its gradient; undefined where all is finite in float64, or θ is large. */
export function culpritOf(objective: Objective, at: HostData): Culprit | undefined {
  const { size, dtype } = objective.parameters;
  if (size > MOST) return undefined;
  const variable: Variable = { name: "theta", type: { shape: [size], dtype } };
  const theta = readVariable(variable);
  const loss = objective.loss(theta);
  const gradient = pullBack([loss], [loss.fill(1)], [theta])[0];
  const bindings = new Map([[variable, at]]);
  return firstOf([loss], bindings) ?? (gradient && firstOf([gradient], bindings, " in the gradient"));
}

function firstOf(roots: readonly Tensor[], bindings: ReadonlyMap<Variable, HostData>, where = ""): Culprit | undefined {
  const nodes = topological(roots).filter(({ outputs }) => outputs.every((x) => isFloat(x.dtype) && x.size <= MOST));
  const tensors = nodes.flatMap(({ inputs, outputs }) => [...outputs, ...inputs]);
  const values = new Map<Tensor, Float64Array>();
  interpret(tensors, bindings).forEach((data, i) => {
    values.set(tensors[i], data);
  });
  for (const node of nodes) {
    const [output] = node.outputs;
    const data = values.get(output);
    const place = data?.findIndex((x) => !Number.isFinite(x)) ?? -1;
    if (place < 0) continue;
    const inputs = node.inputs.map((x) => values.get(x) ?? new Float64Array(0));
    if (!inputs.every((input) => input.every(Number.isFinite))) continue;
    // Only of what works element by element are the operands of an element known.
    const operands = node.primitive.kind === "pointwise" ? inputs.map((input) => input[place]) : [];
    const { name } = node.primitive;
    return { operation: name, operands, text: `${inWords(name, operands)}${where}` };
  }
  return undefined;
}

function inWords(name: string, operands: readonly number[]): string {
  const [x, y] = operands.map(short);
  const isFar = operands.some((operand) => Math.abs(operand) > 1);
  switch (name) {
    case "log":
    case "sqrt":
      return `the ${name} of ${x}`;
    case "log1p":
      return `the log of 1 + ${x}`;
    case "div":
      return operands[1] === 0 ? `a division of ${x} by 0` : `${x} / ${y}, which overflows`;
    case "exp":
    case "expm1":
      return `exp(${x}), which overflows`;
    case "pow":
      return operands[0] < 0 && !Number.isInteger(operands[1])
        ? `(${x}) to the power ${y}`
        : operands[0] === 0
          ? `0 to the power ${y}`
          : `(${x}) to the power ${y}, which overflows`;
    case "mul":
      return `${x} · ${y}, which overflows`;
    case "add":
      return `${x} + ${y}, which overflows`;
    case "sub":
      return `${x} − ${y}, which overflows`;
    default:
      return operands.length > 0 && isFar ? `${name}(${operands.map(short).join(", ")})` : `the operation ${name}`;
  }
}

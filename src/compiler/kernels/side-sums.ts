/**
 * Side sums: the gradient of a bias adds up the rows of what the gradient of its weights multiplies. Where both are wanted, the
 * template that reads those rows for the product adds them up on the way.
 */
import type { MatmulAttributes } from "../../tensor/primitives/contraction.js";
import { sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";

/** Results this narrow are computed lying on their side, where the rows are not read whole. */
const NARROW = 12;

/** By each sum over all rows of a value: the template that can give it. */
export function sideSums(order: readonly Value[]): ReadonlyMap<Value, Value> {
  const sums = new Map<Value, Value>();
  for (const value of order) if (isRowSum(value)) sums.set(rowsOf(value.inputs[0]), value);
  const given = new Map<Value, Value>();
  for (const value of order) {
    const operand = summedOperand(value);
    const sum = operand && sums.get(operand);
    if (sum !== undefined && !given.has(sum) && !reaches(value, sum)) given.set(sum, value);
  }
  return given;
}

/** A sum over all axes but the last, which is longer than 1. */
function isRowSum({ primitive, attributes, inputs }: Value): boolean {
  if (primitive.name !== "sum") return false;
  const { shape } = inputs[0];
  const axes = attributes.axes as readonly number[];
  const last = shape.length - 1;
  return last > 0 && shape[last] > 1 && axes.length === last && !axes.includes(last);
}

/** The operand whose rows the template reads along the contracted axis. */
function summedOperand({ primitive, attributes, inputs, shape }: Value): Value | undefined {
  if (primitive.name === "convFilterGradient") return rowsOf(inputs[1]);
  if (primitive.name !== "matmul" || shape.length !== 2 || (attributes as MatmulAttributes).transposeB) return undefined;
  return shape[1] <= NARROW && shape[0] >= 4 * shape[1] ? undefined : rowsOf(inputs[1]);
}

/** The value itself under a reshape that keeps the last axis: the same rows. */
function rowsOf(value: Value): Value {
  const { primitive, inputs, shape } = value;
  const [x] = inputs;
  return primitive.name === "reshape" && shape.at(-1) === x.shape.at(-1) && sizeOf(x.shape) > 0 ? rowsOf(x) : value;
}

/** Whether computing `value` needs `other`. */
function reaches(value: Value, other: Value): boolean {
  const seen = new Set<Value>();
  const stack = [value];
  for (let x = stack.pop(); x !== undefined; x = stack.pop()) {
    if (x === other) return true;
    if (seen.has(x)) continue;
    seen.add(x);
    stack.push(...x.inputs);
  }
  return false;
}

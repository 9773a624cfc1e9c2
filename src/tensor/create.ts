/** Tensors from JavaScript values. */
import { SteepestError } from "./error.js";
import { fromHost, type NestedNumbers, type Tensor } from "./tensor.js";
import { allocate, checkShape, type DType, dtypeOf, type HostData, isFloat, type Shape, showShape, sizeOf } from "./types.js";

/**
 * A tensor of the given numbers.
 *
 * Nested JavaScript numbers give float64 unless another dtype is named; a typed array keeps its own dtype and needs a
 * `shape` unless it is a vector. The data is copied.
 *
 * @param values a number, nested arrays of numbers, or a typed array
 * @param options `dtype` (default "f64" for numbers, the array's own for typed arrays) and `shape`
 * @throws SteepestError where rows are of unequal length, or the shape does not fit
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * tensor([[1, 2], [3, 4]]).sum().item(); // → 10
 * ```
 */
export function tensor(values: NestedNumbers | HostData, options: { readonly dtype?: DType; readonly shape?: Shape } = {}): Tensor {
  if (ArrayBuffer.isView(values)) {
    const shape = options.shape ?? [values.length];
    const dtype = options.dtype ?? dtypeOf(values);
    return fromHost(filled(dtype, values, shape), shape, dtype);
  }
  const found = shapeOf(values);
  const shape = options.shape ?? found;
  const flat: number[] = [];
  flatten(values, found, 0, flat);
  const dtype = options.dtype ?? "f64";
  return fromHost(filled(dtype, flat, shape), shape, dtype);
}

function filled(dtype: DType, values: ArrayLike<number>, shape: Shape): HostData {
  checkShape(shape, "the tensor");
  if (sizeOf(shape) !== values.length)
    throw new SteepestError({
      problem: "the shape does not fit the values",
      expected: `${sizeOf(shape)} values for ${showShape(shape)}`,
      received: `${values.length} values`,
    });
  const data = allocate(dtype, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!isFloat(dtype) && !Number.isInteger(value))
      throw new SteepestError({
        problem: `a tensor of ${dtype} holds whole numbers`,
        received: `${value} at place ${i}`,
        fix: 'choose dtype "f32" or "f64"',
      });
    data[i] = dtype === "bool" ? Number(value !== 0) : value;
  }
  return data;
}

function shapeOf(values: NestedNumbers): number[] {
  const shape: number[] = [];
  let level: NestedNumbers = values;
  while (typeof level !== "number") {
    // JavaScript callers are not held by the types: a string has entries that are strings, for ever.
    if (!Array.isArray(level))
      throw new SteepestError({
        problem: "a tensor is made of numbers",
        expected: "numbers, or nested arrays of numbers",
        received: String(level),
      });
    shape.push(level.length);
    if (level.length === 0) break;
    level = level[0];
  }
  return shape;
}

function flatten(values: NestedNumbers, shape: Shape, axis: number, out: number[]): void {
  if (typeof values === "number" && axis === shape.length) {
    out.push(values);
    return;
  }
  if (typeof values === "number" || values.length !== shape[axis])
    throw new SteepestError({
      problem: "nested arrays of unequal length do not make a tensor",
      expected: `${showShape(shape.slice(axis))} at depth ${axis}, as in the first row`,
      received: typeof values === "number" ? "a number" : `${values.length} entries`,
    });
  for (const value of values) flatten(value, shape, axis + 1, out);
}

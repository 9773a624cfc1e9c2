/** Shapes, dtypes and the arrays of the host that hold them. */
import { tracingError } from "./error.js";

export type DType = "f32" | "f64" | "i32" | "u32" | "u8" | "bool";
export type Shape = readonly number[];

/** What is known of a value before it is computed. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The typed arrays that hold tensors on the host. `bool` lives in a `Uint8Array` of 0 and 1. */
export type HostData = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

export const bytesPerElement: Readonly<Record<DType, number>> = { f32: 4, f64: 8, i32: 4, u32: 4, u8: 1, bool: 1 };

export const isFloat = (dtype: DType): boolean => dtype === "f32" || dtype === "f64";

export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** The number of elements between neighbours along each axis of a row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((extent, axis) => extent === b[axis]);

export const showShape = (shape: Shape): string => (shape.length === 0 ? "a scalar" : `[${shape.join(", ")}]`);

export const showType = (type: TensorType): string => `${type.dtype}${type.shape.length === 0 ? "" : `[${type.shape.join(",")}]`}`;

export function checkShape(shape: Shape, what: string): void {
  const bad = shape.find((extent) => !Number.isInteger(extent) || extent < 0);
  if (bad !== undefined)
    throw tracingError({ problem: `${what} has an impossible shape`, expected: "whole numbers ≥ 0", received: showShape(shape) });
  if (sizeOf(shape) >= 2 ** 31)
    throw tracingError({
      problem: `${what} is too large`,
      expected: "fewer than 2³¹ elements",
      received: `${showShape(shape)} = ${sizeOf(shape)} elements`,
    });
}

/** A zero-filled host array. */
export function allocate(dtype: DType, size: number): HostData {
  switch (dtype) {
    case "f32":
      return new Float32Array(size);
    case "f64":
      return new Float64Array(size);
    case "i32":
      return new Int32Array(size);
    case "u32":
      return new Uint32Array(size);
    case "u8":
    case "bool":
      return new Uint8Array(size);
  }
}

export function dtypeOf(data: HostData): DType {
  if (data instanceof Float32Array) return "f32";
  if (data instanceof Float64Array) return "f64";
  if (data instanceof Int32Array) return "i32";
  return data instanceof Uint32Array ? "u32" : "u8";
}

/** The shape that two shapes broadcast to, aligned at their last axes; undefined when they do not. */
export function broadcastShapes(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** Axes as non-negative numbers in ascending order; all axes when none are named. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number, what: string): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === "number" ? [axes] : [...axes]).map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  list.forEach((axis, i) => {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank || axis === list[i - 1])
      throw tracingError({
        problem: `${what} names axes that the tensor does not have`,
        expected: rank === 0 ? "no axis: the tensor is a scalar" : `different axes from ${-rank} to ${rank - 1}`,
        received: JSON.stringify(axes),
      });
  });
  return list;
}

/** A number as the dtype holds it: integers drop their fraction and wrap (what is not a number becomes 0); floats stay as they are. */
export function wrapped(dtype: DType, value: number): number {
  switch (dtype) {
    case "f32":
    case "f64":
      return value;
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "u8":
      return value & 255;
    case "bool":
      return value === 0 ? 0 : 1;
  }
}

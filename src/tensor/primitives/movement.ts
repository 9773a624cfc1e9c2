/** Linear primitives that move elements, and sums, which are the transposes of broadcasts. */
import { tracingError } from "../error.js";
import { linear, type ReferenceArray } from "../primitive.js";
import { type Shape, showType, sizeOf, stridesOf } from "../types.js";

/** Visits all positions of `shape` in row-major order. */
function visit(shape: Shape, body: (position: readonly number[], flat: number) => void): void {
  const position = new Array<number>(shape.length).fill(0);
  const size = sizeOf(shape);
  for (let flat = 0; flat < size; flat++) {
    body(position, flat);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++position[axis] < shape[axis]) break;
      position[axis] = 0;
    }
  }
}

const offsetOf = (position: readonly number[], strides: readonly number[]): number =>
  position.reduce((sum, p, axis) => sum + p * strides[axis], 0);

/** out[position] = x[from(position)], 0 where `from` gives undefined. */
function gathered(x: ReferenceArray, shape: Shape, from: (position: readonly number[]) => readonly number[] | undefined): Float64Array {
  const strides = stridesOf(x.shape);
  const out = new Float64Array(sizeOf(shape));
  visit(shape, (position, flat) => {
    const source = from(position);
    if (source !== undefined) out[flat] = x.data[offsetOf(source, strides)];
  });
  return out;
}

const always = () => true;

/** Axes behind a new first one. */
const behind = (axes: readonly number[]): number[] => axes.map((axis) => axis + 1);

export interface SliceAttributes {
  readonly [key: string]: unknown;
  readonly start: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

export interface PadAttributes {
  readonly [key: string]: unknown;
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Zeros put between neighbours. */
  readonly interior: readonly number[];
}

export const movement = {
  /** Input axis i becomes output axis axes[i]; other output axes repeat. Extents of 1 repeat too. */
  broadcast: linear<{ readonly shape: Shape; readonly axes: readonly number[] }>({
    name: "broadcast",
    type: ({ shape }, [x]) => ({ shape, dtype: x.dtype }),
    evaluate: ({ shape, axes }, [x]) => gathered(x, shape, (p) => axes.map((axis, i) => (x.shape[i] === 1 ? 0 : p[axis]))),
    linearIn: always,
    transpose: ({ shape, axes }, _operand, cotangent, [x]) => {
      const repeated = shape
        .map((_, axis) => axis)
        .filter((axis) => {
          const i = axes.indexOf(axis);
          return i < 0 || (x.shape[i] === 1 && shape[axis] !== 1);
        });
      return cotangent.sum(repeated).reshape(x.shape);
    },
    batch: ({ shape, axes }, [x], { count, again }) => again({ shape: [count, ...shape], axes: [0, ...behind(axes)] }, [x.value]),
  }),
  reshape: linear<{ readonly shape: Shape }>({
    name: "reshape",
    type: ({ shape }, [x]) => ({ shape, dtype: x.dtype }),
    evaluate: (_, [x]) => x.data,
    linearIn: always,
    transpose: (_, _operand, cotangent, [x]) => cotangent.reshape(x.shape),
    batch: ({ shape }, [x], { count, again }) => again({ shape: [count, ...shape] }, [x.value]),
  }),
  /** Output axis i is input axis permutation[i]. */
  transpose: linear<{ readonly permutation: readonly number[] }>({
    name: "transpose",
    type: ({ permutation }, [x]) => ({ shape: permutation.map((axis) => x.shape[axis]), dtype: x.dtype }),
    evaluate: ({ permutation }, [x], { shape }) =>
      gathered(x, shape, (p) => {
        const source = new Array<number>(p.length);
        permutation.forEach((axis, i) => {
          source[axis] = p[i];
        });
        return source;
      }),
    linearIn: always,
    transpose: ({ permutation }, _operand, cotangent) => {
      const inverse = new Array<number>(permutation.length);
      permutation.forEach((axis, i) => {
        inverse[axis] = i;
      });
      return cotangent.transpose(inverse);
    },
    batch: ({ permutation }, [x], { again }) => again({ permutation: [0, ...behind(permutation)] }, [x.value]),
  }),
  slice: linear<SliceAttributes>({
    name: "slice",
    type: ({ size }, [x]) => ({ shape: size, dtype: x.dtype }),
    evaluate: ({ start, step }, [x], { shape }) => gathered(x, shape, (p) => p.map((at, axis) => start[axis] + at * step[axis])),
    linearIn: always,
    transpose: ({ start, size, step }, _operand, cotangent, [x]) =>
      cotangent.pad(
        start,
        x.shape.map((extent, axis) => extent - (start[axis] + (size[axis] === 0 ? 0 : (size[axis] - 1) * step[axis] + 1))),
        step.map((s) => s - 1),
      ),
    batch: ({ start, size, step }, [x], { count, again }) =>
      again({ start: [0, ...start], size: [count, ...size], step: [1, ...step] }, [x.value]),
  }),
  pad: linear<PadAttributes>({
    name: "pad",
    type: ({ low, high, interior }, [x]) => ({
      shape: x.shape.map((extent, axis) => low[axis] + high[axis] + extent + Math.max(0, extent - 1) * interior[axis]),
      dtype: x.dtype,
    }),
    evaluate: ({ low, interior }, [x], { shape }) =>
      gathered(x, shape, (p) => {
        const source = p.map((at, axis) => (at - low[axis]) / (interior[axis] + 1));
        return source.every((at, axis) => Number.isInteger(at) && at >= 0 && at < x.shape[axis]) ? source : undefined;
      }),
    linearIn: always,
    transpose: ({ low, interior }, _operand, cotangent, [x]) =>
      cotangent.slice(
        low,
        x.shape,
        interior.map((i) => i + 1),
      ),
    batch: ({ low, high, interior }, [x], { again }) =>
      again({ low: [0, ...low], high: [0, ...high], interior: [0, ...interior] }, [x.value]),
  }),
  reverse: linear<{ readonly axes: readonly number[] }>({
    name: "reverse",
    type: (_, [x]) => x,
    evaluate: ({ axes }, [x], { shape }) =>
      gathered(x, shape, (p) => p.map((at, axis) => (axes.includes(axis) ? shape[axis] - 1 - at : at))),
    linearIn: always,
    transpose: ({ axes }, _operand, cotangent) => cotangent.reverse(axes),
    batch: ({ axes }, [x], { again }) => again({ axes: behind(axes) }, [x.value]),
  }),
  /** Joins its operands along one axis. */
  concatenate: linear<{ readonly axis: number }>({
    name: "concatenate",
    joint: true,
    type: ({ axis }, inputs) => ({
      shape: inputs[0].shape.map((extent, a) => (a === axis ? inputs.reduce((sum, x) => sum + x.shape[axis], 0) : extent)),
      dtype: inputs[0].dtype,
    }),
    evaluate: ({ axis }, inputs, { shape }) => {
      const outer = sizeOf(shape.slice(0, axis));
      const rows = inputs.map((x) => sizeOf(x.shape.slice(axis)));
      const out = new Float64Array(sizeOf(shape));
      let at = 0;
      for (let i = 0; i < outer; i++)
        inputs.forEach((x, j) => {
          out.set(x.data.subarray(i * rows[j], (i + 1) * rows[j]), at);
          at += rows[j];
        });
      return out;
    },
    linearIn: always,
    transpose: ({ axis }, operand, cotangent, inputs) => {
      const start = inputs[0].shape.map(() => 0);
      for (let i = 0; i < operand; i++) start[axis] += inputs[i].shape[axis];
      return cotangent.slice(start, inputs[operand].shape);
    },
    batch: ({ axis }, _operands, { all, again }) => again({ axis: axis + 1 }, all()),
  }),
  sum: linear<{ readonly axes: readonly number[] }>({
    name: "sum",
    type: ({ axes }, [x]) => {
      if (x.dtype === "bool" || x.dtype === "u8")
        throw tracingError({
          problem: `sum does not take ${x.dtype}`,
          expected: "numbers",
          received: showType(x),
          fix: 'convert first: x.cast("i32") or x.cast("f64")',
        });
      return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), dtype: x.dtype };
    },
    evaluate: ({ axes }, [x], { shape }) => {
      const strides = stridesOf(shape);
      const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
      const out = new Float64Array(sizeOf(shape));
      visit(x.shape, (p, flat) => {
        out[kept.reduce((sum, axis, i) => sum + p[axis] * strides[i], 0)] += x.data[flat];
      });
      return out;
    },
    linearIn: always,
    transpose: ({ axes }, _operand, cotangent, [x]) =>
      cotangent.broadcastAlong(
        x.shape,
        x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis)),
      ),
    batch: ({ axes }, [x], { again }) => again({ axes: behind(axes) }, [x.value]),
  }),
};

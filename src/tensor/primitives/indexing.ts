/** Primitives that read or write at computed places. Each gather is linear; its transpose adds into the places it read. */
import { SteepestError, tracingError } from "../error.js";
import { type BatchingRule, linear, structural } from "../primitive.js";
import type { Tensor } from "../tensor.js";
import { type DType, type Shape, showType, sizeOf, type TensorType } from "../types.js";

/** A window that slides over the two middle axes of an NHWC image, without padding. */
export interface WindowAttributes {
  readonly [key: string]: unknown;
  readonly window: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Shape of the image that the window slides over. */
  readonly image: Shape;
}

export function windowShape({ window, strides, image }: WindowAttributes): Shape {
  return [image[0], Math.floor((image[1] - window[0]) / strides[0]) + 1, Math.floor((image[2] - window[1]) / strides[1]) + 1, image[3]];
}

/** Calls `body(flat index of the result, flat index in the image of the window's first element)`. */
function eachWindow(attributes: WindowAttributes, body: (result: number, corner: number) => void): void {
  const { strides, image } = attributes;
  const [n, height, width, channels] = windowShape(attributes);
  let result = 0;
  for (let b = 0; b < n; b++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < channels; c++) body(result++, ((b * image[1] + y * strides[0]) * image[2] + x * strides[1]) * channels + c);
}

/** Where element `k` of a window lies behind its first element. */
const within = ({ window, image }: WindowAttributes, k: number): number =>
  (Math.floor(k / window[1]) * image[2] + (k % window[1])) * image[3];

const first = (operand: number) => operand === 0;

const isIndex = (dtype: DType): boolean => dtype === "i32" || dtype === "u32";

function checkRow(row: number, rows: number, what: string): void {
  if (row < 0 || row >= rows)
    throw new SteepestError({
      problem: `${what} names a row that does not exist`,
      expected: `rows 0 to ${rows - 1}`,
      received: `row ${row}`,
    });
}

/** The order that brings axis 0 behind the `depth` axes after it. */
const swapped = (rank: number, depth: number): number[] =>
  Array.from({ length: rank }, (_, axis) => (axis < depth ? axis + 1 : axis === depth ? 0 : axis));

/** Brings axis `from` to the front. */
const leading = (x: Tensor, from: number): Tensor =>
  x.transpose(x.shape.map((_, axis) => (axis === 0 ? from : axis <= from ? axis - 1 : axis)));

/** Places among all rows of a mapped tensor, where each of its elements has rows of its own. */
const ownRows = (at: Tensor, rows: number, places: (dtype: DType) => Tensor): Tensor => {
  const place = places(at.dtype);
  return at.add(place.mul(place.fill(rows)).broadcastAlong(at.shape, [0]));
};

/** Windows slide over each image by itself, so that images of a mapped axis are images of one batch. */
const foldedWindows: BatchingRule<WindowAttributes> = (attributes, _operands, { count, all, again }) => {
  const [images, ...rest] = attributes.image;
  const folded = all().map((x) => x.reshape([count * images, ...x.shape.slice(2)]));
  return again({ ...attributes, image: [count * images, ...rest] }, folded).map((y) => y.reshape([count, images, ...y.shape.slice(1)]));
};

/** Where one parameter lies in θ. */
export interface ParameterSlot {
  readonly shape: Shape;
  readonly offset: number;
}

/** What `unpack` needs to know: which slot of θ. */
export type UnpackAttributes = ParameterSlot & { readonly [key: string]: unknown };

export const indexing = {
  /** out[i…, j…] = x[indices[i…], j…]: rows of x picked by an integer tensor. */
  take: linear({
    name: "take",
    type: (_, [x, indices]): TensorType => {
      if (x.shape.length === 0 || !isIndex(indices.dtype))
        throw tracingError({
          problem: "take cannot pick these rows",
          expected: "a tensor with at least one axis, and places of dtype i32 or u32",
          received: `${showType(x)} and places ${showType(indices)}`,
        });
      return { shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype };
    },
    evaluate: (_, [x, indices]) => {
      const row = sizeOf(x.shape.slice(1));
      const out = new Float64Array(indices.data.length * row);
      indices.data.forEach((at, i) => {
        checkRow(at, x.shape[0], "take");
        out.set(x.data.subarray(at * row, (at + 1) * row), i * row);
      });
      return out;
    },
    linearIn: first,
    transpose: (_, _operand, g, [x, indices]) => g.scatterAdd(indices, x.shape[0]),
    batch: (_, [x, indices], { count, all, again, places }) => {
      if (!x.isMapped) return again({}, [x.value, indices.value]);
      if (!indices.isMapped)
        return again({}, [x.value.transpose(swapped(x.value.rank, 1)), indices.value]).map((y) => leading(y, indices.original.rank));
      const [rows, at] = all();
      return again({}, [rows.reshape([count * rows.shape[1], ...rows.shape.slice(2)]), ownRows(at, rows.shape[1], places)]);
    },
  }),
  /** out[indices[i…], j…] += x[i…, j…] over `rows` rows of zeros: the transpose of `take`. */
  scatterAdd: linear<{ readonly rows: number }>({
    name: "scatterAdd",
    type: ({ rows }, [x, indices]): TensorType => {
      if (!isIndex(indices.dtype) || indices.shape.some((extent, axis) => extent !== x.shape[axis]))
        throw tracingError({
          problem: "scatterAdd cannot place these rows",
          expected: "places of dtype i32 or u32 whose shape begins that of the tensor",
          received: `${showType(x)} and places ${showType(indices)}`,
        });
      return { shape: [rows, ...x.shape.slice(indices.shape.length)], dtype: x.dtype };
    },
    evaluate: (_, [x, indices], { shape }) => {
      const row = sizeOf(shape.slice(1));
      const out = new Float64Array(sizeOf(shape));
      indices.data.forEach((at, i) => {
        checkRow(at, shape[0], "scatterAdd");
        for (let j = 0; j < row; j++) out[at * row + j] += x.data[i * row + j];
      });
      return out;
    },
    linearIn: first,
    transpose: (_, _operand, g, [, indices]) => g.take(indices),
    batch: ({ rows }, [x, indices], { count, all, again, places }) => {
      const depth = indices.original.rank;
      if (!indices.isMapped)
        return again({ rows }, [x.value.transpose(swapped(x.value.rank, depth)), indices.value]).map((y) => leading(y, 1));
      const [values, at] = all();
      return again({ rows: count * rows }, [values, ownRows(at, rows, places)]).map((y) => y.reshape([count, rows, ...y.shape.slice(1)]));
    },
  }),
  /** Place (0 … kh·kw − 1) of each window's largest element; the first wins, NaN counts as largest. */
  windowArgmax: structural<WindowAttributes>({
    name: "windowArgmax",
    types: (attributes) => [{ shape: windowShape(attributes), dtype: "i32" }],
    evaluate: (attributes, [x], [{ shape }]) => {
      const out = new Float64Array(sizeOf(shape));
      const count = attributes.window[0] * attributes.window[1];
      eachWindow(attributes, (result, corner) => {
        let best = 0;
        for (let k = 1; k < count; k++) {
          const value = x.data[corner + within(attributes, k)];
          const held = x.data[corner + within(attributes, best)];
          if (value > held || (Number.isNaN(value) && !Number.isNaN(held))) best = k;
        }
        out[result] = best;
      });
      return [out];
    },
    derivative: "zero",
    batching: { batch: foldedWindows },
  }),
  /** The element of each window at the given place: with windowArgmax, max pooling. */
  windowTake: linear<WindowAttributes>({
    name: "windowTake",
    type: (attributes, [x]) => ({ shape: windowShape(attributes), dtype: x.dtype }),
    evaluate: (attributes, [x, places], { shape }) => {
      const out = new Float64Array(sizeOf(shape));
      eachWindow(attributes, (result, corner) => {
        out[result] = x.data[corner + within(attributes, places.data[result])];
      });
      return out;
    },
    linearIn: first,
    transpose: (attributes, _operand, g, [, places]) => g.windowScatter(places, attributes),
    batch: foldedWindows,
  }),
  /** Adds each element into its window at the given place: the transpose of windowTake. */
  windowScatter: linear<WindowAttributes>({
    name: "windowScatter",
    type: ({ image }, [g]) => ({ shape: image, dtype: g.dtype }),
    evaluate: (attributes, [g, places], { shape }) => {
      const out = new Float64Array(sizeOf(shape));
      eachWindow(attributes, (result, corner) => {
        out[corner + within(attributes, places.data[result])] += g.data[result];
      });
      return out;
    },
    linearIn: first,
    transpose: (attributes, _operand, image, [, places]) => image.windowTake(places, attributes),
    batch: foldedWindows,
  }),
  /** One parameter's view of θ. Its transpose is `pack`, so that gradients are written where θ's are. */
  unpack: linear<UnpackAttributes>({
    name: "unpack",
    type: ({ shape }, [theta]) => ({ shape, dtype: theta.dtype }),
    evaluate: ({ shape, offset }, [theta]) => theta.data.slice(offset, offset + sizeOf(shape)),
    linearIn: always,
    transpose: ({ shape, offset }, _operand, g, [theta]) => g.pack([{ shape, offset }], theta.shape[0]),
    batch: ({ shape, offset }, [theta], { count }) => [theta.value.slice([0, offset], [count, sizeOf(shape)]).reshape([count, ...shape])],
  }),
  /** Several parameters laid into one zero vector of the size of θ. */
  pack: linear<{ readonly slots: readonly ParameterSlot[]; readonly size: number }>({
    name: "pack",
    joint: true,
    type: ({ size }, [x]) => ({ shape: [size], dtype: x.dtype }),
    evaluate: ({ slots, size }, inputs) => {
      const out = new Float64Array(size);
      inputs.forEach((x, i) => {
        out.set(x.data, slots[i].offset);
      });
      return out;
    },
    linearIn: always,
    transpose: ({ slots }, operand, g) => g.unpack(slots[operand]),
    batch: ({ slots, size }, _operands, { count, all }) => [
      all()
        .map((x, i) => {
          const length = sizeOf(slots[i].shape);
          return x.reshape([count, length]).pad([0, slots[i].offset], [0, size - slots[i].offset - length]);
        })
        .reduce((sum, x) => sum.add(x)),
    ],
  }),
};

function always(): boolean {
  return true;
}

/** Products: matrix multiplication, and convolution with its two gradients (each linear in both operands, closed under transposition). */
import { tracingError } from "../error.js";
import { linear, type ReferenceArray } from "../primitive.js";
import { imageGradient } from "../strided.js";
import type { Tensor } from "../tensor.js";
import { type DType, isFloat, type Shape, sameShape, showShape, showType, sizeOf, type TensorType } from "../types.js";

export interface MatmulAttributes {
  readonly [key: string]: unknown;
  /** Whether each operand is stored transposed (its last two axes swapped). */
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export interface ConvAttributes {
  readonly [key: string]: unknown;
  /** Steps of the window down and across. */
  readonly strides: readonly [number, number];
  /** Zeros added above, below, left and right. */
  readonly padding: readonly [number, number, number, number];
  /** NHWC shape of the image that is convolved; HWIO shape of the filter. */
  readonly image: Shape;
  readonly filter: Shape;
}

/** NHWC shape of the convolution of an NHWC image with an HWIO filter. */
export function convShape({ strides, padding, image, filter }: ConvAttributes): Shape {
  return [
    image[0],
    Math.floor((image[1] + padding[0] + padding[1] - filter[0]) / strides[0]) + 1,
    Math.floor((image[2] + padding[2] + padding[3] - filter[1]) / strides[1]) + 1,
    filter[3],
  ];
}

/** Calls `body(flat index in the image, in the filter, in the result)` for every product of the convolution. */
function convProducts(attributes: ConvAttributes, body: (image: number, filter: number, result: number) => void): void {
  const { strides, padding, image, filter } = attributes;
  const [n, height, width, channels] = convShape(attributes);
  const [kh, kw, inputs] = filter;
  for (let b = 0; b < n; b++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++) {
            const row = y * strides[0] + i - padding[0];
            const column = x * strides[1] + j - padding[2];
            if (row < 0 || row >= image[1] || column < 0 || column >= image[2]) continue;
            for (let c = 0; c < inputs; c++)
              for (let o = 0; o < channels; o++)
                body(
                  ((b * image[1] + row) * image[2] + column) * inputs + c,
                  ((i * kw + j) * inputs + c) * channels + o,
                  ((b * height + y) * width + x) * channels + o,
                );
          }
}

function matmulDimensions({ transposeA, transposeB }: MatmulAttributes, a: Shape, b: Shape) {
  const rank = a.length;
  const [m, k] = transposeA ? [a[rank - 1], a[rank - 2]] : [a[rank - 2], a[rank - 1]];
  const [kb, n] = transposeB ? [b[rank - 1], b[rank - 2]] : [b[rank - 2], b[rank - 1]];
  return { batch: a.slice(0, rank - 2), m, n, k, kb };
}

/** The common dtype of the two operands, which must have the shapes that the attributes say. */
function expectParts(
  name: string,
  { image, filter }: ConvAttributes,
  a: TensorType,
  shapeOfA: Shape,
  b: TensorType,
  shapeOfB: Shape,
): DType {
  const fits = image.length === 4 && filter.length === 4 && image[3] === filter[2];
  if (!fits || !isFloat(a.dtype) || a.dtype !== b.dtype || !sameShape(a.shape, shapeOfA) || !sameShape(b.shape, shapeOfB))
    throw tracingError({
      problem: `${name} cannot combine these`,
      expected: `${showShape(shapeOfA)} and ${showShape(shapeOfB)} of one floating dtype, for an image ${showShape(image)} (batch, height, width, channels) and a filter ${showShape(filter)} (height, width, channels in, channels out)`,
      received: `${showType(a)} and ${showType(b)}`,
      fix:
        image[3] === filter[2]
          ? "give both the shapes that the attributes name"
          : `the image has ${image[3]} channels and the filter takes ${filter[2]}: make them equal`,
    });
  return a.dtype;
}

/** Rows of a product from which its columns are worth laying side by side: each is copied once, and used in every row. */
const FEW_ROWS = 16;

const both = (operand: number) => operand < 2;

/** Multiplies the mapped axis, the first of x, into the axis that was at `axis` before. */
const folded = (x: Tensor, axis: number): Tensor => {
  const [count, ...shape] = x.shape;
  const order = shape.map((_, i) => i + 1);
  order.splice(axis, 0, 0);
  return x.transpose(order).reshape(shape.map((extent, i) => (i === axis ? count * extent : extent)));
};

/** Takes a mapped axis out again, and brings it to the front. */
const unfolded = (y: Tensor, axis: number, count: number): Tensor => {
  const { shape } = y;
  const split = y.reshape([...shape.slice(0, axis), count, count === 0 ? 0 : shape[axis] / count, ...shape.slice(axis + 1)]);
  return split.transpose([axis, ...split.shape.map((_, i) => i).filter((i) => i !== axis)]);
};

/** `count` times as many images, channels that come in, or channels that go out. */
const inBatch = (a: ConvAttributes, count: number): ConvAttributes => ({ ...a, image: [count * a.image[0], ...a.image.slice(1)] });
const into = (a: ConvAttributes, count: number): ConvAttributes => ({
  ...a,
  image: [...a.image.slice(0, 3), count * a.image[3]],
  filter: [...a.filter.slice(0, 2), count * a.filter[2], a.filter[3]],
});
const outOf = (a: ConvAttributes, count: number): ConvAttributes => ({ ...a, filter: [...a.filter.slice(0, 3), count * a.filter[3]] });

export const contraction = {
  /** C = A·B over the last two axes; leading axes are a common batch. */
  matmul: linear<MatmulAttributes>({
    name: "matmul",
    type: (attributes, [a, b]): TensorType => {
      const { batch, m, n, k, kb } = matmulDimensions(attributes, a.shape, b.shape);
      if (
        a.shape.length !== b.shape.length ||
        k !== kb ||
        a.dtype !== b.dtype ||
        !isFloat(a.dtype) ||
        batch.some((extent, i) => extent !== b.shape[i])
      )
        throw tracingError({
          problem: "matmul cannot multiply these",
          expected: "[…, m, k] and […, k, n] of one floating dtype, with the same leading axes",
          received: `${a.dtype} ${showShape(a.shape)}${attributes.transposeA ? "ᵀ" : ""} and ${b.dtype} ${showShape(b.shape)}${attributes.transposeB ? "ᵀ" : ""}`,
          fix:
            k !== kb
              ? `the inner extents are ${k} and ${kb}: transpose or reshape one operand`
              : "bring both to one rank and dtype with reshape and cast",
        });
      return { shape: [...batch, m, n], dtype: a.dtype };
    },
    evaluate: (attributes, [a, b]) => {
      const { batch, m, n, k } = matmulDimensions(attributes, a.shape, b.shape);
      const count = sizeOf(batch);
      const out = new Float64Array(count * m * n);
      for (let s = 0; s < count; s++)
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0;
            for (let l = 0; l < k; l++)
              sum +=
                a.data[s * m * k + (attributes.transposeA ? l * m + i : i * k + l)] *
                b.data[s * k * n + (attributes.transposeB ? j * k + l : l * n + j)];
            out[(s * m + i) * n + j] = sum;
          }
      return out;
    },
    linearIn: both,
    transpose: ({ transposeA, transposeB }, operand, g, [a, b]) => {
      if (operand === 0)
        return transposeA
          ? b.product(g, { transposeA: transposeB, transposeB: true })
          : g.product(b, { transposeA: false, transposeB: !transposeB });
      return transposeB
        ? g.product(a, { transposeA: true, transposeB: transposeA })
        : a.product(g, { transposeA: !transposeA, transposeB: false });
    },
    batch: ({ transposeA, transposeB }, [a, b], { count, all, again }) => {
      const flat = (x: Tensor) => x.reshape([count * x.shape[1], x.shape[2]]);
      // A factor that is the same for all: the rows of the other one, over all elements, are the rows of one product.
      if (!b.isMapped && b.value.rank === 2 && !transposeA)
        return again({ transposeA, transposeB }, [flat(a.value), b.value]).map((y) => y.reshape([count, -1, y.shape[1]]));
      const columns = b.original.shape.slice(-2);
      if (!a.isMapped && a.value.rank === 2 && (transposeB || columns[1] === 1)) {
        // (A·B)ᵀ = Bᵀ·Aᵀ
        const rows = transposeB ? b.value : b.value.reshape([count, 1, columns[0]]);
        const width = rows.shape[1];
        return again({ transposeA: false, transposeB: !transposeA }, [flat(rows), a.value]).map((y) =>
          y.reshape([count, width, y.shape[1]]).transpose([0, 2, 1]),
        );
      }
      // Columns side by side: one product reads A once. With few rows, laying them side by side would cost more than that.
      if (!a.isMapped && a.value.rank === 2 && a.value.shape[transposeA ? 1 : 0] >= FEW_ROWS)
        return again({ transposeA, transposeB }, [a.value, folded(b.value, 1)]).map((y) => unfolded(y, 1, count));
      return again({ transposeA, transposeB }, all());
    },
  }),
  /** image ∗ filter (cross-correlation, as everywhere in deep learning). */
  conv: linear<ConvAttributes>({
    name: "conv",
    type: (attributes, [image, filter]) => ({
      shape: convShape(attributes),
      dtype: expectParts("conv", attributes, image, attributes.image, filter, attributes.filter),
    }),
    evaluate: (attributes, [image, filter], { shape }) => {
      const out = new Float64Array(sizeOf(shape));
      convProducts(attributes, (i, f, r) => {
        out[r] += image.data[i] * filter.data[f];
      });
      return out;
    },
    linearIn: both,
    transpose: (attributes, operand, g, [image, filter]) =>
      operand === 0 ? imageGradient(g, filter, attributes) : image.convFilterGradient(g, attributes),
    batch: (attributes, [image, filter], { count, again, each }) => {
      if (image.isMapped && filter.isMapped) return each();
      return image.isMapped
        ? again(inBatch(attributes, count), [folded(image.value, 0), filter.value]).map((y) => unfolded(y, 0, count))
        : again(outOf(attributes, count), [image.value, folded(filter.value, 3)]).map((y) => unfolded(y, 3, count));
    },
  }),
  /** (cotangent of the result, filter) → cotangent of the image. */
  convImageGradient: linear<ConvAttributes>({
    name: "convImageGradient",
    type: (attributes, [g, filter]) => ({
      shape: attributes.image,
      dtype: expectParts("convImageGradient", attributes, g, convShape(attributes), filter, attributes.filter),
    }),
    evaluate: (attributes, [g, filter], { shape }) => {
      const out = new Float64Array(sizeOf(shape));
      convProducts(attributes, (i, f, r) => {
        out[i] += g.data[r] * filter.data[f];
      });
      return out;
    },
    linearIn: both,
    transpose: (attributes, operand, image, [g, filter]) =>
      operand === 0 ? image.convolve(filter, attributes) : image.convFilterGradient(g, attributes),
    batch: (attributes, [g, filter], { count, again, each }) => {
      if (g.isMapped && filter.isMapped) return each();
      return g.isMapped
        ? again(inBatch(attributes, count), [folded(g.value, 0), filter.value]).map((y) => unfolded(y, 0, count))
        : again(into(attributes, count), [g.value, folded(filter.value, 2)]).map((y) => unfolded(y, 3, count));
    },
  }),
  /** (image, cotangent of the result) → cotangent of the filter. */
  convFilterGradient: linear<ConvAttributes>({
    name: "convFilterGradient",
    type: (attributes, [image, g]) => ({
      shape: attributes.filter,
      dtype: expectParts("convFilterGradient", attributes, image, attributes.image, g, convShape(attributes)),
    }),
    evaluate: (attributes, [image, g], { shape }: { shape: Shape }) => {
      const out = new Float64Array(sizeOf(shape));
      convProducts(attributes, (i, f, r) => {
        out[f] += image.data[i] * g.data[r];
      });
      return out;
    },
    linearIn: both,
    transpose: (attributes, operand, filter, [image, g]) =>
      operand === 0 ? imageGradient(g, filter, attributes) : image.convolve(filter, attributes),
    batch: (attributes, [image, g], { count, again, each }) => {
      if (image.isMapped && g.isMapped) return each();
      return image.isMapped
        ? again(into(attributes, count), [folded(image.value, 3), g.value]).map((y) => unfolded(y, 2, count))
        : again(outOf(attributes, count), [image.value, folded(g.value, 3)]).map((y) => unfolded(y, 3, count));
    },
  }),
} satisfies Record<string, { evaluate(attributes: never, inputs: readonly ReferenceArray[], type: TensorType): Float64Array }>;

/** From coefficients to samples, and from planes that are sampled more coarsely to the size of the picture. */
import { type Component, damaged, type Frame, type Tables } from "./header.js";
import { inverseTransform } from "./idct.js";

/** Samples of one component; rows lie `stride` apart. */
export interface Plane {
  readonly data: Uint8Array;
  readonly stride: number;
}

/** Transforms all blocks of a component. */
export function samplesOf(component: Component, tables: Tables, where: string): Plane {
  const { stride: blocks, blocksWide, blocksHigh, coefficients, quantization } = component;
  const divisors = tables.quantization[quantization];
  if (divisors === undefined) throw damaged(`a component uses the quantization table ${quantization}, which is not there`, where);
  const stride = 8 * blocksWide;
  const data = new Uint8Array(stride * 8 * blocksHigh);
  for (let row = 0; row < blocksHigh; row++)
    for (let column = 0; column < blocksWide; column++)
      inverseTransform(coefficients, 64 * (row * blocks + column), divisors, data, 8 * (row * stride + column), stride);
  return { data, stride };
}

/**
 * Brings a component to the size of the picture. Where it has half the columns, half the rows or both, samples are interpolated as
 * libjpeg does: each new one takes 3/4 of the nearest and 1/4 of the next in each direction. Other factors repeat samples.
 */
export function fullSize(plane: Plane, component: Component, frame: Frame): Plane {
  const [x, y] = [frame.maxH / component.h, frame.maxV / component.v];
  const { width, height } = component;
  if (x === 1 && y === 1) return plane;
  if (x === 2 && y === 1 && width > 2) return wider(plane, width, height);
  if (x === 1 && y === 2) return higher(plane, width, height);
  if (x === 2 && y === 2 && width > 2) return larger(plane, width, height);
  const stride = width * x;
  const data = new Uint8Array(stride * height * y);
  for (let row = 0; row < height * y; row++) {
    const from = Math.floor(row / y) * plane.stride;
    for (let column = 0; column < stride; column++) data[row * stride + column] = plane.data[from + Math.floor(column / x)];
  }
  return { data, stride };
}

/** Twice the columns. Ties are rounded down at even columns and up at odd ones, so that rounding has no direction. */
function wider({ data: input, stride: across }: Plane, width: number, height: number): Plane {
  const stride = 2 * width;
  const data = new Uint8Array(stride * height);
  for (let row = 0; row < height; row++) {
    const from = row * across;
    const to = row * stride;
    for (let i = 0; i < width; i++) {
      const near = 3 * input[from + i];
      data[to + 2 * i] = i === 0 ? input[from] : (near + input[from + i - 1] + 1) >> 2;
      data[to + 2 * i + 1] = i === width - 1 ? input[from + i] : (near + input[from + i + 1] + 2) >> 2;
    }
  }
  return { data, stride };
}

/** Where in the plane the row is from which an output row takes its larger and its smaller part. */
function rowsOf(row: number, height: number, stride: number): readonly [near: number, far: number] {
  const near = row >> 1;
  const far = Math.min(height - 1, Math.max(0, row & 1 ? near + 1 : near - 1));
  return [near * stride, far * stride];
}

/** Twice the rows. */
function higher({ data: input, stride }: Plane, width: number, height: number): Plane {
  const data = new Uint8Array(width * 2 * height);
  for (let row = 0; row < 2 * height; row++) {
    const [near, far] = rowsOf(row, height, stride);
    const rounding = row & 1 ? 2 : 1;
    for (let i = 0; i < width; i++) data[row * width + i] = (3 * input[near + i] + input[far + i] + rounding) >> 2;
  }
  return { data, stride: width };
}

/** Twice the columns and the rows. */
function larger({ data: input, stride: across }: Plane, width: number, height: number): Plane {
  const stride = 2 * width;
  const data = new Uint8Array(stride * 2 * height);
  const sums = new Int32Array(width);
  for (let row = 0; row < 2 * height; row++) {
    const [near, far] = rowsOf(row, height, across);
    for (let i = 0; i < width; i++) sums[i] = 3 * input[near + i] + input[far + i];
    const to = row * stride;
    for (let i = 0; i < width; i++) {
      data[to + 2 * i] = (3 * sums[i] + sums[Math.max(0, i - 1)] + 8) >> 4;
      data[to + 2 * i + 1] = (3 * sums[i] + sums[Math.min(width - 1, i + 1)] + 7) >> 4;
    }
  }
  return { data, stride };
}

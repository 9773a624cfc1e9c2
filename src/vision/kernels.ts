/** Kernels of blur. Their numbers come from operations whose bits are fixed. */
import { tensor } from "../tensor/create.js";
import { SteepestError } from "../tensor/error.js";
import { turnSinCos } from "../tensor/random.js";

/** Rows of numbers, one rectangle after the other: two passes stand for their product. */
export interface Kernel {
  readonly name: string;
  readonly passes: readonly KernelPass[];
}

export interface KernelPass {
  readonly rows: number;
  readonly columns: number;
  /** Row by row. */
  readonly values: ArrayLike<number>;
}

const checkPositive = (what: string, value: number): void => {
  if (!(value > 0 && value <= 1000))
    throw new SteepestError({
      problem: `${what} cannot be used`,
      expected: "a number above 0, at most 1,000, in pixels",
      received: String(value),
    });
};

const normalised = (values: ArrayLike<number>): Float64Array => {
  const all = Float64Array.from(values);
  const sum = all.reduce((total, value) => total + value, 0);
  return all.map((value) => value / sum);
};

/**
 * exp(−(x² + y²)/2σ²) at whole x and y up to `radius`, divided by its sum; down the columns and along the rows one after the other.
 *
 * @param sigma standard deviation in pixels
 * @param radius default 4σ, rounded up
 * @throws SteepestError for a σ that is not positive, or a radius that is no whole number ≥ 1
 */
export function gaussianKernel(sigma: number, radius: number = Math.ceil(4 * sigma)): Kernel {
  checkPositive("σ of a Gaussian kernel", sigma);
  if (!Number.isInteger(radius) || radius < 1)
    throw new SteepestError({ problem: "a kernel ends at a whole distance", expected: "a whole number ≥ 1", received: String(radius) });
  const x = tensor(Array.from({ length: 2 * radius + 1 }, (_, i) => (i - radius) / sigma));
  const values = normalised(x.square().mul(-0.5).exp().data());
  const length = values.length;
  return {
    name: `Gaussian, σ = ${sigma}`,
    passes: [
      { rows: length, columns: 1, values },
      { rows: 1, columns: length, values },
    ],
  };
}

/**
 * Motion along a straight line: the length's share in each pixel, with linear interpolation between neighbours.
 *
 * @param length in pixels
 * @param angle in degrees, counter-clockwise from the right. Default 0
 * @throws SteepestError for a length that is not positive, or an angle that is not finite
 */
export function motionKernel(length: number, angle = 0): Kernel {
  checkPositive("the length of a motion", length);
  if (!Number.isFinite(angle))
    throw new SteepestError({ problem: "a motion has a direction", expected: "degrees", received: String(angle) });
  const { sin, cos } = turnSinCos((angle % 360) / 360);
  const radius = Math.max(1, Math.ceil(length / 2));
  const side = 2 * radius + 1;
  const values = new Float64Array(side * side);
  // A sixteenth of a pixel apart: linear interpolation is then exact to a thousandth.
  const samples = Math.max(1, Math.ceil(16 * length));
  for (let i = 0; i < samples; i++) {
    const t = length * ((i + 0.5) / samples - 0.5);
    const [y, x] = [radius - t * sin, radius + t * cos];
    const [top, left] = [Math.floor(y), Math.floor(x)];
    for (const [row, share] of [
      [top, top + 1 - y],
      [top + 1, y - top],
    ])
      for (const [column, part] of [
        [left, left + 1 - x],
        [left + 1, x - left],
      ])
        if (row >= 0 && row < side && column >= 0 && column < side) values[row * side + column] += share * part;
  }
  return { name: `motion, ${length} pixels at ${angle}°`, passes: [{ rows: side, columns: side, values: normalised(values) }] };
}

/**
 * A kernel from rows of numbers, as they are: the blur keeps the brightness where their sum is 1.
 *
 * @throws SteepestError for rows of different or even length, and numbers that are negative or not finite
 */
export function kernelOf(given: Kernel | readonly (readonly number[])[]): Kernel {
  if ("passes" in given) return given;
  const [rows, columns] = [given.length, given[0]?.length ?? 0];
  const values = given.flat();
  const fits = rows % 2 === 1 && columns % 2 === 1 && given.every((row) => row.length === columns);
  if (!fits || values.some((value) => !(value >= 0 && Number.isFinite(value))) || !values.some((value) => value > 0))
    throw new SteepestError({
      problem: "this is no kernel",
      expected: "rows of equal length, an odd number of rows and of columns, numbers ≥ 0 that are not all 0",
      received: JSON.stringify(given).slice(0, 80),
    });
  return { name: `kernel of ${rows} × ${columns}`, passes: [{ rows, columns, values }] };
}

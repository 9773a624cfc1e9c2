/** Errors of 3 × 3 convolutions and their gradients in float32 against float64 sums: directly, and by Winograd's algorithm. */
import { add, index, load, mul } from "../src/compiler/loops/expressions.js";
import { type ConvolutionShape, convolution, convolutionInputGradient } from "../src/compiler/templates/convolution.js";
import { convolutionFilterGradient } from "../src/compiler/templates/filter-gradient.js";
import type { Epilogue, ImageOperand, MatrixOperand } from "../src/compiler/templates/template.js";
import { type Buffer, compiledMachine, type Machine, noise } from "../test/compiler/templates/machine.js";

export interface ConvolutionErrors {
  readonly operation: "result" | "gradient for the images" | "gradient for the filters";
  /** In units of 2⁻²⁴: the root of the mean square relative to that of the results, the largest relative to the largest result. */
  readonly typical: number;
  readonly worst: number;
}

function imageOf(machine: Machine, buffer: Buffer, size: number, channels: number): ImageOperand {
  return {
    plain: true,
    open: (b) => {
      const cursor = machine.bind(b.cursorParameter("f32", "image"), buffer);
      return {
        cursor,
        row: (n, y) => (x, c, lanes) =>
          load(b.point(cursor, add(mul(add(mul(add(mul(n, index(size)), y), index(size)), x), index(channels)), c)), 0, lanes),
      };
    },
  };
}

function filterOf(machine: Machine, buffer: Buffer, columns: number): MatrixOperand {
  const place = { batch: 0, outer: 1, depth: columns };
  return {
    unit: "outer",
    inPlace: place,
    open: (b) => {
      const cursor = machine.bind(b.cursorParameter("f32", "filter"), buffer);
      return {
        cursor,
        read: ({ outer, depth }, along, lanes) =>
          load(b.point(cursor, add(mul(depth, index(columns)), outer)), 0, lanes, along === "outer" ? 1 : columns),
      };
    },
  };
}

/** Images of size × size with `channels` channels and as many filters, zero-padded; pixels not negative, as behind a ReLU. */
export function convolutionErrors(size: number, channels: number, batch: number, algorithm?: "direct"): ConvolutionErrors[] {
  const machine = compiledMachine(1024);
  const shape: ConvolutionShape = {
    batch,
    height: size,
    width: size,
    channels,
    kernelHeight: 3,
    kernelWidth: 3,
    filters: channels,
    outputHeight: size,
    outputWidth: size,
    stride: [1, 1],
    padding: [1, 1],
    dilation: [1, 1],
  };
  const pixels = batch * size * size * channels;
  const taps = 9 * channels * channels;
  const x = machine.buffer("f32", pixels, (i) => Math.max(0, noise(i, 3)));
  const w = machine.buffer("f32", taps, (i) => noise(i, 4) / Math.sqrt(9 * channels));
  const dy = machine.buffer("f32", pixels, (i) => noise(i, 5));
  const results = [pixels, pixels, taps].map((n) => machine.buffer("f32", n));
  const storing =
    (buffer: Buffer): Epilogue =>
    (b) => {
      const to = machine.bind(b.cursorParameter("f32", "results"), buffer);
      return (_, i) => (j, _lanes, value) => b.store(b.point(to, add(mul(i, index(channels)), j)), value);
    };
  const common = { name: "conv", dtype: "f32", shape, ...(algorithm ? { algorithm } : {}) } as const;
  const [image, gradient, filter] = [
    imageOf(machine, x, size, channels),
    imageOf(machine, dy, size, channels),
    filterOf(machine, w, channels),
  ];
  machine.prepare(convolution({ ...common, image, filter, epilogue: storing(results[0]) }))();
  machine.prepare(convolutionInputGradient({ ...common, image: gradient, filter, epilogue: storing(results[1]) }))();
  machine.prepare(convolutionFilterGradient({ ...common, image, gradient, epilogue: storing(results[2]) }))();

  const [xv, wv, dyv] = [x, w, dy].map((buffer) => machine.view(buffer));
  const exact = [pixels, pixels, taps].map((n) => new Float64Array(n));
  for (let n = 0; n < batch; n++)
    for (let y = 0; y < size; y++)
      for (let at = 0; at < size; at++)
        for (let tap = 0; tap < 9; tap++) {
          const [h, v] = [y + Math.floor(tap / 3) - 1, at + (tap % 3) - 1];
          if (h < 0 || v < 0 || h >= size || v >= size) continue;
          const [from, to] = [((n * size + h) * size + v) * channels, ((n * size + y) * size + at) * channels];
          for (let c = 0; c < channels; c++)
            for (let o = 0; o < channels; o++) {
              const k = (tap * channels + c) * channels + o;
              exact[0][to + o] += xv[from + c] * wv[k];
              exact[1][from + c] += dyv[to + o] * wv[k];
              exact[2][k] += xv[from + c] * dyv[to + o];
            }
        }
  return (["result", "gradient for the images", "gradient for the filters"] as const).map((operation, r) => {
    const got = machine.view(results[r]);
    let [square, error, largest, worst] = [0, 0, 0, 0];
    exact[r].forEach((want, i) => {
      square += want * want;
      error += (got[i] - want) ** 2;
      largest = Math.max(largest, Math.abs(want));
      worst = Math.max(worst, Math.abs(got[i] - want));
    });
    return { operation, typical: Math.sqrt(error / square) * 2 ** 24, worst: (worst / largest) * 2 ** 24 };
  });
}

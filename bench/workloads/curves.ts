/** Workloads of growing size, one quantity at a time. */
import { descentJob, entryJob } from "./descent.js";
import { adamCost, adamUpdate, pixelCost, restoration } from "./memory.js";
import { perceptron, perceptronCost, wide, wideCost } from "./networks.js";
import type { Workload } from "./workload.js";

/** A point of a curve. */
export interface SizedWorkload extends Workload {
  readonly size: number;
}

export interface Curve {
  readonly name: string;
  /** What grows. */
  readonly title: string;
  /** In what. */
  readonly subtitle: string;
  readonly label: string;
  readonly ticks: readonly number[];
  readonly points: readonly SizedWorkload[];
  /** The first size is one of what a step does many of at once. */
  readonly oneByOne?: true;
}

/**
 * A learning rate at which nothing is learned, at the price of a step that learns. A few records would soon be learned by heart: their gradients
 * then vanish, and averages that fade below the smallest normal float take many times longer to add up.
 */
const STILL = 1e-8;

const powersOfTwo = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.log2(to / from) + 1 }, (_, i) => from * 2 ** i);

/** Powers of two, and what is one less and one more than each. */
const withNeighbours = (sizes: readonly number[]): readonly number[] =>
  [...new Set(sizes.flatMap((n) => [n - 1, n, n + 1]))].filter((n) => n >= sizes[0] && n <= sizes[sizes.length - 1]).sort((a, b) => a - b);

const named = (curve: string, sizes: readonly number[], workload: (size: number) => Omit<Workload, "name" | "unit">) =>
  sizes.map((size): SizedWorkload => ({ name: `${curve}:${size}`, unit: "ms/step", size, ...workload(size) }));

export const curves: readonly Curve[] = [
  {
    name: "batch",
    title: "Batch",
    subtitle: "MLP 784-256-128-10, Adam",
    label: "records in a step",
    ticks: [1, 4, 16, 64, 256, 1024, 4096],
    oneByOne: true,
    points: named(
      "batch",
      [...withNeighbours(powersOfTwo(1, 4096)), 100].sort((a, b) => a - b),
      (size) => ({
        ...perceptronCost(size),
        bound: "arithmetic",
        open: (options) => descentJob(perceptron(size, STILL), options),
      }),
    ),
  },
  {
    name: "width",
    title: "Width",
    subtitle: "MLP with two hidden layers, Adam, 64 records",
    label: "inputs, and units in each hidden layer",
    ticks: [16, 64, 256, 1024],
    points: named(
      "width",
      [...powersOfTwo(16, 2048), 23, 45, 91, 181, 362, 724, 1448].sort((a, b) => a - b),
      (size) => ({
        ...wideCost(size),
        bound: "arithmetic",
        open: (options) => descentJob(wide(size, STILL), options),
      }),
    ),
  },
  {
    name: "image",
    title: "Image",
    subtitle: "smoothed total variation, gradient descent",
    label: "pixels along each side",
    ticks: [16, 64, 256, 1024],
    points: named(
      "image",
      [...powersOfTwo(16, 1024), 23, 45, 91, 181, 362, 724].sort((a, b) => a - b),
      (size) => ({
        flops: pixelCost.flops.tv * size * size,
        bytes: pixelCost.bytes * size * size,
        bound: "memory",
        open: (options) => descentJob(restoration("tv", size), options),
      }),
    ),
  },
  {
    name: "theta",
    title: "Parameters",
    subtitle: "Adam's update, the gradient given",
    label: "parameters in θ",
    ticks: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8],
    points: named("theta", [1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8], (size) => ({
      flops: adamCost.flops * size,
      bytes: adamCost.bytes * size,
      bound: "memory",
      open(options) {
        const { theta, ...compilable } = adamUpdate(size);
        return entryJob(compilable, theta, options);
      },
    })),
  },
];

/**
 * Two variables, float64: what a step costs beside its arithmetic. A call is one whole `minimize` of 10,000 steps, without the path and, as a
 * variant, with it.
 */
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import type { Job, Workload } from "./workload.js";

const STEPS = 10_000;

interface Face {
  readonly minimize: (
    f: (x: number, y: number) => number,
    start: readonly number[],
    options: object,
  ) => { readonly steps: number; readonly history: { readonly loss: Float64Array } };
  readonly gd: (options: { readonly learningRate: number }) => Optimizer;
  readonly adam: (options: { readonly learningRate: number }) => Optimizer;
}

function numbers(
  name: string,
  flops: number,
  f: (x: number, y: number) => number,
  start: readonly number[],
  optimizer: (face: Face) => Optimizer,
): readonly Workload[] {
  const variant = (path: boolean): Workload => ({
    name: path ? `${name}+path` : name,
    ...(path ? { beside: name } : {}),
    unit: "us/step",
    flops,
    bytes: 0,
    bound: "overhead",
    batch: STEPS,
    synchronous: true,
    async open(): Promise<Job> {
      // The published bundle itself.
      const face: Face = await import("steepest");
      const rule = optimizer(face);
      let first = 0;
      return {
        async steps(count) {
          for (let done = 0; done < count; ) {
            const run = face.minimize(f, start, { optimizer: rule, steps: Math.min(STEPS, count - done), tolerance: 0, path });
            // A descent ends by itself where a step no longer changes any digit: the next call then makes up what is left.
            if (run.steps === 0) throw new Error("no step was done");
            done += run.steps;
          }
        },
        async lossStep() {
          first++;
          const { loss } = face.minimize(f, start, { optimizer: rule, steps: first === 1 ? STEPS : first, tolerance: 0, path }).history;
          return loss[first - 1];
        },
        close: () => undefined,
      };
    },
  });
  return [variant(false), variant(true)];
}

export const numberWorkloads: readonly Workload[] = [
  ...numbers(
    "quad",
    16,
    (x, y) => 0.5 * x * x + 2 * y * y + x * y,
    [3, -2],
    ({ gd }) => gd({ learningRate: 1e-3 }),
  ),
  ...numbers(
    "rosen",
    50,
    (x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    [-1.2, 1],
    ({ adam }) => adam({ learningRate: 1e-2 }),
  ),
];

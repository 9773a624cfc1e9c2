/** Eight points and a straight line through them: a loss surface over two weights, and descents on it by batches. */
import { grad } from "../autodiff/gradient.js";
import { vmap } from "../autodiff/map.js";
import { epochOrder } from "../data/batches.js";
import { scan } from "../tensor/control.js";
import { tensor } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";

/** The points (x, y). */
export const points = [
  [-1.25, -0.9],
  [-0.75, 0.75],
  [-0.25, 0.1],
  [0.25, 1.6],
  [0.75, 0.85],
  [1.25, 2.5],
  [1.75, 1.8],
  [2.25, 3.4],
] as const;

/** Where all descents begin: (w₀, w₁). */
export const start = [-2, 2.5] as const;

/** The same loss as a formula, for what takes formulas: the mean of (w₀ + w₁x − y)². */
export const formula = "mean((w0 + w1*x - y)^2)";
export const constants = { x: points.map(([x]) => x), y: points.map(([, y]) => y) };

const [inputs, targets] = [tensor([...constants.x]), tensor([...constants.y])];

/** The mean of (w₀ + w₁x − y)² over the points with these numbers. */
export function lossOf(w: Tensor, rows: Tensor): Tensor {
  const [offset, slope] = [w.slice([0], [1]), w.slice([1], [1])];
  return inputs.take(rows).mul(slope).add(offset).sub(targets.take(rows)).square().mean();
}

/** The gradient of each point's own loss, at w. */
export function gradients(w: readonly number[]): number[][] {
  const each = tensor(Uint32Array.from(points.keys()), { shape: [points.length, 1] });
  const flat = [...vmap((row: Tensor) => grad((v: Tensor) => lossOf(v, row))(tensor([...w])))(each).data()];
  return points.map((_, i) => flat.slice(2 * i, 2 * i + 2));
}

/**
 * Descents with batches, one for each seed, in one program: w ← w − αₜ ∇L over the points of the batch. The order is that of `fit`: a new permutation in each epoch.
 *
 * @param batchSize must divide the number of points
 * @returns for each seed the weights before each step, and after the last
 */
export function descents(batchSize: number, epochs: number, rate: (step: number) => number, seeds: readonly number[]): number[][][] {
  const steps = (epochs * points.length) / batchSize;
  const orders = seeds.flatMap((seed) =>
    Array.from({ length: epochs }, (_, epoch) => [...epochOrder("shuffled", seed, epoch, points.length)]).flat(),
  );
  const batches = tensor(Uint32Array.from(orders), { shape: [seeds.length, steps, batchSize] });
  const rates = tensor(Array.from({ length: steps }, (_, step) => rate(step)));
  const path = (rows: Tensor) => {
    const [end, before] = scan(
      (w: Tensor, [batch, alpha]: readonly Tensor[]) => [w.sub(grad((v: Tensor) => lossOf(v, batch))(w).mul(alpha)), w],
      tensor([...start]),
      [rows, rates],
    );
    return [before, end];
  };
  const [before, ends] = vmap(path)(batches).map((result) => result.data());
  return seeds.map((_, i) => [
    ...Array.from({ length: steps }, (_, t) => [...before.slice(2 * (i * steps + t), 2 * (i * steps + t) + 2)]),
    [...ends.slice(2 * i, 2 * i + 2)],
  ]);
}

/** Adafactor: rates per coordinate from the row and column means of squared gradients. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";
import { type Shape, sizeOf } from "../tensor/types.js";
import { decayed } from "./decay.js";
import { defineOptimizer, type Optimizer, pieces, type Rate, type Slot } from "./optimizer.js";
import { checkNames, checkPositive, checkRate } from "./options.js";
import type { ParameterEntry } from "./parameters.js";

export interface AdafactorOptions {
  /** α: the largest relative step, a number or a schedule; the step's own limit 1/√t comes on top. Default 0.01. */
  readonly learningRate?: Rate;
  /** c > 0: how fast the memory of the mean squares grows: a step keeps 1 − t⁻ᶜ. Default 0.8. */
  readonly memory?: number;
  /** d > 0: a longer root mean square of the scaled gradient is cut to this. Default 1. */
  readonly clipping?: number;
  /** ε₁ > 0: added to squared gradients. Default 1e-30. */
  readonly epsilon?: number;
  /** ε₂ > 0: the smallest size that a parameter counts as having. Default 1e-3. */
  readonly smallest?: number;
}

/** What Adafactor carries: row means (of vectors: all of v), and column means. */
export type AdafactorSlots = { readonly rows: Slot; readonly columns: Slot };

/** A parameter as a matrix: its last axis against all others. Undefined for vectors and scalars. */
export function matrixShape({ shape }: Pick<ParameterEntry, "shape">): readonly [number, number] | undefined {
  return shape.length < 2 ? undefined : [sizeOf(shape.slice(0, -1)), shape[shape.length - 1]];
}

const rowShape = (entry: ParameterEntry): Shape => matrixShape(entry)?.slice(0, 1) ?? entry.shape;
const columnShape = (entry: ParameterEntry): Shape => matrixShape(entry)?.slice(1) ?? [];

/**
 * Adafactor (Shazeer and Stern: arXiv 1804.04235, 2018). For each parameter on its own, t = 1, 2, … the number of this step:
 *
 *     β = 1 − t⁻ᶜ
 *     matrix:   R ← β R + (1 − β) rowMeans(g² + ε₁)       C ← β C + (1 − β) columnMeans(g² + ε₁)       v = R Cᵀ / mean(R)
 *     vector:   v ← β v + (1 − β)(g² + ε₁)
 *     u = g/√v          u ← u / max(1, rms(u)/d)
 *     θ ← θ − max(ε₂, rms(θ)) min(α, 1/√t) u
 *
 * An m × n matrix costs m + n numbers of memory instead of m n; a filter counts as a matrix of its last axis (the outputs) against all
 * others. A vector takes two passes: the means with the length of u, and the step. A matrix takes five: row means, column means, u, its length,
 * and the step.
 *
 * Elsewhere: PyTorch `Adafactor` (since 2.5) and Keras `Adafactor` (rate 0.001) are this one up to where ε₁ stands; optax `adafactor` has
 * options for each part. Decay of weights: `weightDecay(adafactor(), …)`.
 *
 * @param options `learningRate` (default 0.01), `memory` (0.8), `clipping` (1), `epsilon` (1e-30), `smallest` (1e-3)
 * @throws SteepestError for numbers out of their range, and unknown options
 * @example
 * ```ts
 * import { adafactor, minimize } from "steepest";
 * minimize("(x-1)^2 + 100(y-2)^2", { x: 3, y: 3 }, { optimizer: adafactor({ learningRate: 0.1 }), steps: 5000 }).loss < 1e-2; // → true
 * ```
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer<AdafactorSlots> {
  checkNames("adafactor", options, ["learningRate", "memory", "clipping", "epsilon", "smallest"]);
  const { learningRate = 0.01, memory = 0.8, clipping = 1, epsilon = 1e-30, smallest = 1e-3 } = options;
  checkPositive("adafactor", "memory", memory);
  checkPositive("adafactor", "clipping", clipping);
  checkPositive("adafactor", "epsilon", epsilon, "it keeps a coordinate whose gradient has always been 0 from computing 0/0");
  checkPositive("adafactor", "smallest", smallest);
  return defineOptimizer({
    name: "adafactor",
    ingredients: ["stochastic", "adaptive"],
    learningRate: checkRate("adafactor", learningRate),
    slots: { rows: pieces(rowShape, 0), columns: pieces(columnShape, 0) },
    settings: { memory, clipping, epsilon, smallest },
    update({ theta, gradient, slots, parameters, step, learningRate: rate }) {
      const t = step.add(1);
      const take = t.pow(weakNumber(-memory));
      const keep = take.fill(1).sub(take);
      const share = rate.minimum(t.sqrt().reciprocal());
      const rowPieces = parameters.pieces(rowShape);
      const columnPieces = parameters.pieces(columnShape);
      const mixed = (held: Tensor, fresh: Tensor) => decayed(held, keep).add(fresh.mul(take));
      const rows: Tensor[] = [];
      const columns: Tensor[] = [];
      const next = parameters.join((entry, i) => {
        const [w, g] = [parameters.of(theta, entry), parameters.of(gradient, entry)];
        const squares = g.square().add(weakNumber(epsilon));
        const [heldRows, heldColumns] = [rowPieces.of(slots.rows, i), columnPieces.of(slots.columns, i)];
        const matrix = matrixShape(entry);
        let scaled: Tensor;
        if (matrix === undefined) {
          const v = mixed(heldRows, squares);
          rows.push(v);
          columns.push(heldColumns);
          scaled = g.div(v.sqrt());
        } else {
          const [m, n] = matrix;
          const table = squares.reshape([m, n]);
          const r = mixed(heldRows, table.mean(1));
          const c = mixed(heldColumns, table.mean(0));
          rows.push(r);
          columns.push(c);
          // Two roots, since the product of two tiny means may vanish in float32.
          const byRow = r.div(r.mean()).sqrt().reciprocal().reshape([m, 1]);
          scaled = g.reshape([m, n]).mul(byRow).mul(c.sqrt().reciprocal()).reshape(entry.shape);
        }
        const excess = rootMeanSquare(scaled).div(weakNumber(clipping)).maximum(1);
        return w.sub(scaled.mul(rootMeanSquare(w).maximum(weakNumber(smallest)).mul(share).div(excess)));
      }, theta);
      return { theta: next, slots: { rows: rowPieces.join(rows), columns: columnPieces.join(columns) } };
    },
  });
}

const rootMeanSquare = (x: Tensor): Tensor => x.square().mean().sqrt();

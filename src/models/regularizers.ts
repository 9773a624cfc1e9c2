/** What is added to a loss to keep parameters small. */
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import type { LayoutEntry, ParameterLayout } from "./layout.js";

export interface Regularizer {
  readonly name: string;
  /**
   * @param parameters tensors by path, as `layout.views(theta)` gives them
   * @returns a scalar, or undefined where no parameter is meant
   */
  penalty(layout: ParameterLayout, parameters: Readonly<Record<string, Tensor>>): Tensor | undefined;
}

export interface PenaltyOptions {
  /** Which parameters count. Default: weights, not biases. */
  readonly parameters?: (entry: LayoutEntry) => boolean;
}

/**
 * Squared weights: R = λ Σ w², over all weights and no biases unless `parameters` says otherwise. It is added to the mean loss once,
 * whatever the batch size; its gradient is 2 λ w.
 *
 * Elsewhere: Keras `l2(λ)` and the lectures' λ R(W) are this one; PyTorch's `weight_decay` is 2 λ (and takes the biases, too).
 *
 * @param lambda λ ≥ 0
 * @throws SteepestError for a negative or non-finite λ
 */
export function l2(lambda: number, options: PenaltyOptions = {}): Regularizer {
  return summed("l2", lambda, options, (w) => w.square());
}

/**
 * Absolute weights: R = λ Σ |w|, over all weights and no biases unless `parameters` says otherwise. Its gradient is λ sign w, and 0 at 0: weights
 * become small, but only a proximal step (`proximalGradient`) makes them exactly 0.
 *
 * @param lambda λ ≥ 0
 * @throws SteepestError for a negative or non-finite λ
 */
export function l1(lambda: number, options: PenaltyOptions = {}): Regularizer {
  return summed("l1", lambda, options, (w) => w.abs());
}

function summed(name: string, lambda: number, { parameters: counts = isWeight }: PenaltyOptions, of: (w: Tensor) => Tensor): Regularizer {
  if (!(Number.isFinite(lambda) && lambda >= 0))
    throw new SteepestError({ problem: `λ of ${name} is not usable`, expected: "a finite number ≥ 0", received: String(lambda) });
  return {
    name,
    penalty(layout, parameters) {
      const sums = layout.entries.filter(counts).map(({ path }) => of(parameters[path]).sum());
      if (sums.length === 0 || lambda === 0) return undefined;
      return sums.reduce((total, sum) => total.add(sum)).mul(lambda);
    },
  };
}

const isWeight = ({ kind }: LayoutEntry): boolean => kind === "weight";

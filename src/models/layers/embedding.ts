/** Vectors for symbols. */
import { type Shape, sizeOf } from "../../tensor/types.js";
import { described } from "../description.js";
import { type Initializer, normal } from "../initializers.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkCount } from "./checks.js";

export interface EmbeddingOptions {
  /** Start of the vectors. Default N(0, 1). */
  readonly init?: Initializer;
}

/**
 * A vector for each symbol of an alphabet: whole numbers in, the rows of a table out.
 *
 *     y[…, :] = w[x[…], :]
 *
 * Input of any shape with whole numbers from 0 to symbols − 1 (stored without preprocessing), output the same shape with one more axis; `weight`
 * [symbols, features]. A number that names no row gives NaN, so that a loss made of it is never taken for a good one.
 *
 * @param symbols the number of rows
 * @param features the length of each
 * @param options `init` (N(0, 1), as in PyTorch)
 * @throws SteepestError for numbers that are not whole and ≥ 1
 * @example
 * ```ts
 * import { dense, embedding, flatten, sequential } from "steepest";
 * sequential(embedding(26, 4), flatten(), dense(2)).build([5]).outputShape; // → [2]
 * ```
 */
export function embedding(symbols: number, features: number, options: EmbeddingOptions = {}): Layer {
  checkCount("symbols of embedding", symbols);
  checkCount("features of embedding", features);
  const { init = normal({ std: 1 }) } = options;
  return described(
    { type: "embedding", symbols, features },
    defineLayer<string>({
      name: "embedding",
      parameters: { weight: { shape: [symbols, features], init } },
      outputShape: (input: Shape) => [...input, features],
      apply(x, { weight }) {
        const known = x.ge(x.fill(0)).and(x.le(x.fill(symbols - 1)));
        const rows = known.select(x, x.fill(0)).cast("i32");
        const shape = [...x.shape, features];
        const taken = weight.take(rows.reshape([sizeOf(x.shape)])).reshape(shape);
        const isKnown = known.broadcastAlong(
          shape,
          x.shape.map((_, axis) => axis),
        );
        return isKnown.select(taken, taken.fill(Number.NaN));
      },
    }),
  );
}

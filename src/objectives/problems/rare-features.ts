/** Logistic regression on words: some features are in every other record, most in few. */
import { SteepestError } from "../../tensor/error.js";
import { RandomStream } from "../../tensor/random.js";
import { fromHost } from "../../tensor/tensor.js";
import { type Problem, repeated } from "./problem.js";

export interface RareFeaturesOptions {
  /** Records. Default 400. */
  readonly records?: number;
  /** Features, a weight for each. Default 40. */
  readonly features?: number;
  /** Names the random numbers of the data. Default 1. */
  readonly seed?: number;
}

/** λ: without it, weights of features that only one class has would grow for ever. */
const DECAY = 1e-3;

/**
 * Logistic regression with features that are 0 or 1 and ever rarer, as words are: feature j (from 0) is in a record with probability
 * 1/(2(j + 1)).
 *
 *     f(w) = 1/n Σᵢ log(1 + exp(−yᵢ xᵢᵀw)) + λ/2 ‖w‖²,   λ = 10⁻³
 *
 * The classes y = ±1 are the signs of xᵀv plus noise, with v = ±2 in turn: rare features say as much as frequent ones, and
 * have small slopes. The data is full: each evaluation takes all records.
 *
 * @param options `records` (default 400), `features` (40), `seed` (1)
 * @throws SteepestError for counts that are no whole numbers ≥ 1, and a seed that is none ≥ 0
 * @example
 * ```ts
 * import { adagrad, gd, problems, race } from "steepest";
 * race(problems.rareFeatures(), [gd(), adagrad()], { evaluations: 200, epsilon: 1e-3 }).table[0].name; // → "adagrad"
 * ```
 */
export function rareFeatures({ records = 400, features = 40, seed = 1 }: RareFeaturesOptions = {}): Problem {
  const isCount = (x: number, least: number) => Number.isSafeInteger(x) && x >= least;
  if (!isCount(records, 1) || !isCount(features, 1) || !isCount(seed, 0) || records * features > 2 ** 24)
    throw new SteepestError({
      problem: "rare features cannot be made like this",
      expected: "whole numbers of records and features ≥ 1, at most 2²⁴ numbers in all, and a seed ≥ 0",
      received: `${records} records of ${features} features, seed ${seed}`,
    });
  const random = new RandomStream(seed, "rare features");
  const signed = new Float64Array(records * features);
  for (let i = 0; i < records; i++) {
    let score = random.normal();
    const row = signed.subarray(i * features, (i + 1) * features);
    for (let j = 0; j < features; j++) {
      row[j] = random.uniform() < 0.5 / (j + 1) ? 1 : 0;
      score += row[j] * (j % 2 === 0 ? 2 : -2);
    }
    // yᵢ xᵢ
    if (score < 0) for (let j = 0; j < features; j++) row[j] = -row[j];
  }
  return {
    name: "rareFeatures",
    about: "Logistic regression with features of which most are rare.",
    dimension: features,
    start: repeated(0, features),
    minima: [],
    f(w) {
      const margins = fromHost(signed, [records, features], "f64").matmul(w);
      return margins
        .neg()
        .softplus()
        .mean()
        .add(
          w
            .square()
            .sum()
            .mul(DECAY / 2),
        );
    },
  };
}

/** The options of `minimize` and `maximize`, and what they are checked into. */
import type { Constants } from "../objectives/formula/function-parser.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import { type Bound, boxOf } from "./bounds.js";
import { checkOptimizer, checkOptionNames } from "./option-names.js";
import { boxRegion, type Region } from "./regions.js";

export interface MinimizeOptions<C extends Constants = Constants> {
  /** Default `adam({ learningRate: 0.05 })`. */
  readonly optimizer?: Optimizer;
  /** Most steps; it is also the length that schedules go by. Default 10,000. */
  readonly steps?: number;
  /**
   * Most evaluations of f and its gradient: no step is begun, and of a rule that searches none is kept, that would need more. At least 1, for the start.
   * `run.evaluations` says what counts. Default: as many as the steps take.
   */
  readonly evaluations?: number;
  /** Converged when the 2-norm of the gradient is at most this. Default 1e-6. With 0 only a gradient of exactly 0 ends the descent. */
  readonly tolerance?: number;
  /** Stop at a loss at or below this (`maximize`: at or above). */
  readonly targetLoss?: number;
  /** Stop after so many seconds. */
  readonly seconds?: number;
  /** Keep every point: 8 bytes a step and coordinate, in one array. The history takes 16 bytes a step, or 24 with a schedule. Default false. */
  readonly path?: boolean;
  /** One pair for all coordinates, or one for each: θ is brought back into them after every step. */
  readonly bounds?: Bound | readonly Bound[];
  /** Another set that θ is brought back into: `ball({ radius })`, `simplex()`. Not with adaptive rules. */
  readonly within?: Region;
  /** What a closure would hold: numbers, and arrays for `sum` and `mean`. */
  readonly constants?: C;
}

/** The checked options of a descent. */
export interface DescentSettings {
  readonly optimizer: Optimizer;
  readonly steps: number;
  /** Infinite where only the steps are counted. */
  readonly evaluations: number;
  readonly tolerance: number;
  readonly targetLoss: number | undefined;
  readonly seconds: number;
  readonly path: boolean;
  readonly region: Region | undefined;
  /** −1 for ascent. */
  readonly sign: 1 | -1;
}

const names = ["optimizer", "steps", "evaluations", "tolerance", "targetLoss", "seconds", "path", "bounds", "within", "constants"];

/**
 * @param size elements of θ
 * @throws SteepestError that names the option
 */
export function settingsOf(options: MinimizeOptions, size: number, sign: 1 | -1): DescentSettings {
  const owner = sign === 1 ? "minimize" : "maximize";
  checkOptionNames(owner, options, names);
  const {
    optimizer = adam({ learningRate: 0.05 }),
    evaluations = Number.POSITIVE_INFINITY,
    steps = evaluations < 2 ** 31 ? evaluations : 10_000,
    tolerance = 1e-6,
    targetLoss,
    seconds = Number.POSITIVE_INFINITY,
    path = false,
  } = options;
  checkOptimizer(owner, optimizer);
  if (options.evaluations !== undefined && !(Number.isInteger(evaluations) && evaluations >= 1 && evaluations < 2 ** 31))
    throw unusable("evaluations", "a whole number from 1 to below 2³¹", evaluations);
  if (!Number.isInteger(steps) || steps < 0 || steps >= 2 ** 31) throw unusable("steps", "a whole number from 0 to below 2³¹", steps);
  if (!isNumber(tolerance) || !(tolerance >= 0)) throw unusable("tolerance", "a number ≥ 0", tolerance);
  if (!isNumber(seconds) || !(seconds > 0)) throw unusable("seconds", "a number > 0", seconds);
  if (targetLoss !== undefined && (!isNumber(targetLoss) || Number.isNaN(targetLoss))) throw unusable("targetLoss", "a number", targetLoss);
  if (typeof path !== "boolean") throw unusable("path", "true or false", path);
  const { bounds, within } = options;
  if ((bounds !== undefined || within !== undefined) && optimizer.carries === "evaluation")
    throw new SteepestError({
      problem: `${optimizer.name} does not keep θ within bounds`,
      expected: `${owner} without bounds, or a rule whose steps are projected`,
      received: bounds === undefined ? `within: ${within?.key}` : `bounds: ${JSON.stringify(bounds)}`,
      fix: "use gd, momentum or adam; or write a bounded variable as a function of a free one: x = a + (b − a)·sigmoid(u), x = exp(u)",
    });
  if (within !== undefined && optimizer.ingredients?.includes("adaptive"))
    throw new SteepestError({
      problem: `${optimizer.name} does not find the minimum within such a set`,
      expected: "a rule whose steps go along the gradient: gd, momentum, nesterov",
      received: `within: ${within.key}`,
      fix: "rates that differ from coordinate to coordinate would need a projection in their own measure",
    });
  if (bounds !== undefined && within !== undefined)
    throw new SteepestError({
      problem: `${owner} was given both bounds and within`,
      expected: "one of the two",
      received: `within: ${within.key}`,
    });
  const region = bounds === undefined ? within : boxRegion(boxOf(bounds, size));
  if (region !== undefined && typeof region.project !== "function")
    throw unusable("within", "ball(…), simplex() or another region", region);
  region?.check(size);
  return { optimizer, steps, evaluations, tolerance, targetLoss, seconds, path, sign, region };
}

const isNumber = (x: unknown): x is number => typeof x === "number";

/** The error for an option whose value cannot be used. */
export function unusable(name: string, expected: string, received: unknown): SteepestError {
  return new SteepestError({
    problem: `the option ${name} is not usable`,
    expected,
    received: typeof received === "string" ? `"${received}"` : String(received),
  });
}

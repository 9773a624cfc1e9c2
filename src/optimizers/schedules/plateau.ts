/** A rate that falls when the loss no longer does. */
import { SteepestError } from "../../tensor/error.js";
import { weakNumber } from "../../tensor/tensor.js";
import type { Optimizer, Schedule } from "../optimizer.js";
import { checkCount, checkNames, checkNonNegative, checkRate } from "../options.js";

export interface PlateauOptions {
  /** What the rate is multiplied by, between 0 and 1. Default 0.1. */
  readonly factor?: number;
  /** Looks without progress that are borne; the next one lowers the rate. A whole number ≥ 0. Default 10. */
  readonly patience?: number;
  /** Only a loss below the best one by this share of it is progress, ≥ 0. Default 1e-4. */
  readonly threshold?: number;
  /** Looks after a fall in which nothing is counted. Default 0. */
  readonly cooldown?: number;
  /** The rate never falls below this. Default 0. */
  readonly minimum?: number;
  /** Steps from one look to the next, of functions; models are looked at after each epoch. Default 100. */
  readonly every?: number;
}

/** What decides, with the defaults filled in. */
export type PlateauSettings = Required<PlateauOptions> & { readonly initial: number };

/**
 * A constant rate that is lowered whenever the loss has not fallen for a while.
 *
 * In `fit` the loss is looked at after each epoch: that of the validation part, or where there is none the mean training loss of the epoch.
 * In `minimize` it is looked at after every `every` steps, and in `descend` after each slice. What the run did is in the rates of its history.
 *
 * Elsewhere: PyTorch `ReduceLROnPlateau` and Keras `ReduceLROnPlateau` (factor 0.1, patience 10, threshold 1e-4 of the best loss; Keras
 * 1e-4 absolute), optax `contrib.reduce_on_plateau`.
 *
 * @param initial the first rate
 * @throws SteepestError for options out of their range
 * @example
 * ```ts
 * import { gd, minimize, reduceOnPlateau } from "steepest";
 * const optimizer = gd({ learningRate: reduceOnPlateau(1.2, { factor: 0.5, patience: 1, every: 10 }) });
 * // The step is too long at first: f grows until the rate falls.
 * minimize("x^2", { x: 1 }, { optimizer }).status; // → "converged"
 * ```
 */
export function reduceOnPlateau(initial: number, options: PlateauOptions = {}): Schedule {
  checkNames("reduceOnPlateau", options, ["factor", "patience", "threshold", "cooldown", "minimum", "every"]);
  const { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, minimum = 0, every = 100 } = options;
  checkRate("reduceOnPlateau", initial, "initial");
  if (!(factor > 0 && factor < 1))
    throw new SteepestError({
      problem: "factor of reduceOnPlateau is not usable",
      expected: "a number between 0 and 1",
      received: String(factor),
    });
  checkCount("reduceOnPlateau", "patience", patience, 0);
  checkNonNegative("reduceOnPlateau", "threshold", threshold);
  checkCount("reduceOnPlateau", "cooldown", cooldown, 0);
  checkNonNegative("reduceOnPlateau", "minimum", minimum);
  checkCount("reduceOnPlateau", "every", every);
  return {
    name: "plateau",
    plateau: { initial, factor, patience, threshold, cooldown, minimum, every },
    rate: () => weakNumber(initial),
  };
}

/** The watch that an optimizer's rate asks for. */
export function plateauWatch({ learningRate }: Pick<Optimizer, "learningRate">): PlateauWatch | undefined {
  return typeof learningRate !== "number" && learningRate.plateau ? new PlateauWatch(learningRate.plateau) : undefined;
}

/** Watches losses, and says by what the first rate is to be multiplied. */
export class PlateauWatch {
  readonly #settings: PlateauSettings;
  #best = Number.POSITIVE_INFINITY;
  #bad = 0;
  #cooling = 0;
  #scale = 1;

  constructor(settings: PlateauSettings) {
    this.#settings = settings;
  }

  /** Steps from one look to the next, where nothing else says when. */
  get every(): number {
    return this.#settings.every;
  }

  get scale(): number {
    return this.#scale;
  }

  /** @returns whether the rate falls */
  look(loss: number): boolean {
    const { factor, patience, threshold, cooldown, minimum, initial } = this.#settings;
    if (loss < this.#best - threshold * Math.abs(Number.isFinite(this.#best) ? this.#best : 0)) {
      this.#best = loss;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return false;
    this.#bad = 0;
    this.#cooling = cooldown;
    const lowered = Math.max(this.#scale * factor, Math.min(1, minimum / Math.max(initial, Number.MIN_VALUE)));
    const falls = lowered < this.#scale;
    this.#scale = Math.min(this.#scale, lowered);
    return falls;
  }
}

/** A learning rate that is set from outside while a descent goes on. */
import { SteepestError } from "../tensor/error.js";
import { checkOptionNames } from "./option-names.js";

export interface RateChange {
  readonly step: number;
  readonly learningRate: number;
}

/** Sets the learning rate from here on: the schedule, if any, is scaled so that it goes through it. */
export type SetRate = (controls: { readonly learningRate: number }) => void;

/** The factor on whatever rate the schedule gives. */
export class RateControl {
  readonly #write: (scale: number) => void;
  #scale = 1;

  /** @param write lays the factor into the program */
  constructor(write: (scale: number) => void) {
    this.#write = write;
  }

  get scale(): number {
    return this.#scale;
  }

  /** Multiplies the rate from here on. */
  lower(factor: number): void {
    this.#scale *= factor;
    this.#write(this.#scale);
  }

  /** The control of a state whose rate was `learningRate`: however often it is used, it is relative to that rate. */
  from(learningRate: number): SetRate {
    const before = this.#scale;
    return (controls) => {
      checkOptionNames("set", controls, ["learningRate"]);
      if (!(Number.isFinite(controls.learningRate) && controls.learningRate >= 0))
        throw new SteepestError({
          problem: "this is no learning rate",
          expected: "a finite number ≥ 0",
          received: String(controls.learningRate),
        });
      if (learningRate === 0 && controls.learningRate > 0)
        throw new SteepestError({
          problem: "the rate in force is 0, and no factor leads from it to another",
          fix: "end this descent and begin a new one at its solution, or set a very small rate instead of 0",
        });
      this.#scale = before * (learningRate === 0 ? 1 : controls.learningRate / learningRate);
      this.#write(this.#scale);
    };
  }
}

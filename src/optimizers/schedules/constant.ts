/** A rate that stays. */
import { weakNumber } from "../../tensor/tensor.js";
import type { Schedule } from "../optimizer.js";
import { checkRate } from "../options.js";

/**
 * α(t) = α₀. The same as writing the number.
 *
 * @throws SteepestError for a negative or non-finite rate
 */
export function constantRate(rate: number): Schedule {
  checkRate("constantRate", rate, "rate");
  return { name: "constant", rate: () => weakNumber(rate) };
}

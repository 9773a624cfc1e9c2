/** Where the ε stands that keeps a root of squared gradients from dividing by zero. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";

/** `"outside"`: √s + ε; `"inside"`: √(s + ε). */
export type EpsilonPlace = "outside" | "inside";

export const epsilonPlaces = ["outside", "inside"] as const;

/** √s + ε or √(s + ε). */
export function rootOf(squares: Tensor, epsilon: number, place: EpsilonPlace): Tensor {
  const eps = weakNumber(epsilon);
  return place === "inside" ? squares.add(eps).sqrt() : squares.sqrt().add(eps);
}

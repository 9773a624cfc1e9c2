/** The running means that Adam and its kin share, and the corrections for their start at zero. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";
import { decayed, decayedPositive } from "./decay.js";
import { likeTheta, type Slot, type SlotValues, scalar } from "./optimizer.js";
import { checkDecay } from "./options.js";

/** m, v, and the powers β₁ᵗ and β₂ᵗ that the corrections are made of. */
export type MomentSlots = { readonly mean: Slot; readonly squares: Slot; readonly power1: Slot; readonly power2: Slot };

export const momentSlots: MomentSlots = { mean: likeTheta(0), squares: likeTheta(0), power1: scalar(1), power2: scalar(1) };

export interface Betas {
  readonly beta1: number;
  readonly beta2: number;
}

export interface Moments {
  /** What the slots hold after this step. */
  readonly slots: SlotValues<MomentSlots>;
  /** 1 − β₁ᵗ and 1 − β₂ᵗ, scalars of float64 whatever the dtype of θ. */
  readonly correction1: Tensor;
  readonly correction2: Tensor;
}

/** m ← β₁ m + (1 − β₁) g,  v ← β₂ v + (1 − β₂) g² */
export function moments(gradient: Tensor, slots: SlotValues<MomentSlots>, { beta1, beta2 }: Betas): Moments {
  const [b1, b2] = [weakNumber(beta1), weakNumber(beta2)];
  const mean = decayed(slots.mean, b1).add(gradient.mul(weakNumber(1 - beta1)));
  const squares = decayedPositive(slots.squares, b2).add(gradient.square().mul(weakNumber(1 - beta2)));
  const power1 = decayedPositive(slots.power1, b1);
  const power2 = decayedPositive(slots.power2, b2);
  return { slots: { mean, squares, power1, power2 }, correction1: oneMinus(power1), correction2: oneMinus(power2) };
}

export const oneMinus = (power: Tensor): Tensor => power.fill(1).sub(power);

export function checkBetas(owner: string, { beta1, beta2 }: Betas): void {
  checkDecay(owner, "beta1", beta1);
  checkDecay(owner, "beta2", beta2);
}

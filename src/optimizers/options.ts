/** Checks of the options that a user hands to an optimizer or a schedule: what is wrong is said before the first step. */
import { nearest, SteepestError } from "../tensor/error.js";
import type { Rate } from "./optimizer.js";

/** Names that other libraries use for the same thing. */
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  lr: ["learningRate"],
  rate: ["learningRate", "initial"],
  alpha: ["rho", "learningRate"],
  eta: ["learningRate"],
  momentum: ["beta"],
  mu: ["momentum", "beta"],
  gamma: ["factor", "rho", "beta"],
  decay: ["rho"],
  eps: ["epsilon"],
  beta_1: ["beta1"],
  beta_2: ["beta2"],
  betas: ["beta1"],
  epsilonInside: ["epsilonPlace"],
  nesterov: ["form"],
  dampening: ["form"],
  weight_decay: ["weightDecay"],
};

/** Refuses an option that nothing reads: a mistyped name would silently leave the default in force. */
export function checkNames(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const meant = elsewhere[name]?.find((other) => known.includes(other)) ?? nearest(name, known);
    throw new SteepestError({
      problem: `${owner} has no option "${name}"`,
      expected: known.join(", "),
      received: name,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
}

/** A rate is a finite number ≥ 0, or a schedule. */
export function checkRate(owner: string, rate: Rate, option = "learningRate"): Rate {
  if (typeof rate !== "number") return rate;
  if (Number.isFinite(rate) && rate >= 0) return rate;
  throw new SteepestError({
    problem: `${option} of ${owner} is not usable`,
    expected: "a finite number ≥ 0, or a schedule such as cosine(1e-3)",
    received: String(rate),
    fix: rate < 0 ? "descent subtracts the gradient by itself; to climb, use maximize" : undefined,
  });
}

/** A weight of the past: 0 ≤ β < 1. */
export function checkDecay(owner: string, option: string, value: number): number {
  if (value >= 0 && value < 1) return value;
  throw new SteepestError({
    problem: `${option} of ${owner} is not usable`,
    expected: "a number with 0 ≤ x < 1: the part of the past that a step keeps",
    received: String(value),
    fix: value >= 1 ? "with 1 or more the past never fades and its sum grows without end; 0.9 is usual" : undefined,
  });
}

/** One of a few words. */
export function checkForm<F extends string>(owner: string, option: string, value: F, forms: readonly F[]): F {
  if (forms.includes(value)) return value;
  const meant = typeof value === "string" ? nearest(value, forms) : undefined;
  throw new SteepestError({
    problem: `${option} of ${owner} is not usable`,
    expected: forms.map((form) => `"${form}"`).join(", "),
    received: typeof value === "string" ? `"${value}"` : String(value),
    fix: meant && `did you mean "${meant}"?`,
  });
}

/** A whole number ≥ least. */
export function checkCount(owner: string, option: string, value: number | undefined, least = 1): number {
  if (value !== undefined && Number.isSafeInteger(value) && value >= least) return value;
  throw new SteepestError({
    problem: `${option} of ${owner} is not usable`,
    expected: `a whole number ≥ ${least}`,
    received: String(value),
  });
}

/** A finite number > 0. */
export function checkPositive(owner: string, option: string, value: number, why?: string): number {
  if (Number.isFinite(value) && value > 0) return value;
  throw new SteepestError({
    problem: `${option} of ${owner} is not usable`,
    expected: "a finite number > 0",
    received: String(value),
    fix: why,
  });
}

/** A finite number ≥ 0. */
export function checkNonNegative(owner: string, option: string, value: number): number {
  if (Number.isFinite(value) && value >= 0) return value;
  throw new SteepestError({ problem: `${option} of ${owner} is not usable`, expected: "a finite number ≥ 0", received: String(value) });
}

export const whyEpsilon = "it keeps a coordinate whose gradient has always been 0 from computing 0/0; 1e-8 is usual";

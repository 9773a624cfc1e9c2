/** What running means and velocities keep of themselves from one step to the next. */
import { literal, type Tensor } from "../tensor/tensor.js";

/** Ten times the smallest normal number of each dtype. */
const LEAST = { f32: 1.1754943508222875e-37, f64: 2.2250738585072014e-307 };

/**
 * x·β, and 0 where that comes near the subnormal numbers. A mean whose gradients have become exactly 0 (a unit that is dead) would decay
 * into them and stay there for good, since β of the smallest number rounds to itself; many processors take a hundred times longer to
 * compute with such numbers.
 */
export function decayed(x: Tensor, keep: Tensor): Tensor {
  const kept = x.mul(keep);
  return kept
    .abs()
    .lt(least(kept))
    .select(literal(0, "f64", true), kept);
}

/** The same of what is never negative, which ends at the least number itself: one operation, and as good as 0 in a root beside ε. */
export function decayedPositive(x: Tensor, keep: Tensor): Tensor {
  const kept = x.mul(keep);
  return kept.lt(least(kept)).select(least(kept), kept);
}

const least = ({ dtype }: Tensor): Tensor => literal(dtype === "f32" ? LEAST.f32 : LEAST.f64, "f64", true);

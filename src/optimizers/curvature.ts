/** Products with the Hessian inside a rule. */
import { pushForward } from "../autodiff/forward.js";
import type { Tensor } from "../tensor/tensor.js";
import type { UpdateContext } from "./optimizer.js";

/**
 * v ↦ H(θ) v, the forward derivative of the gradient: about two gradients' work for each product, and no matrix.
 *
 * @param evaluate the objective, as a rule is given it
 */
export function curvatureAt(evaluate: UpdateContext["evaluate"], theta: Tensor): (v: Tensor) => Tensor {
  const { gradient } = evaluate(theta);
  return (v) => pushForward([gradient], [theta], [v])[0] ?? theta.fill(0);
}

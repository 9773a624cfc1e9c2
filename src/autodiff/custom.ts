/** Derivatives that a user writes, or stops. */
import { tracingError } from "../tensor/error.js";
import { type CustomRule, custom } from "../tensor/primitives/custom.js";
import { leaves } from "../tensor/primitives/leaves.js";
import { apply, Tensor } from "../tensor/tensor.js";
import { isFloat, sameShape, showType } from "../tensor/types.js";
import { topological } from "../tensor/walk.js";
import { listOf, type Tensors, tensorResult } from "./function.js";
import { pullBack } from "./reverse.js";

/**
 * f with a gradient of one's own: the value is f's, and reverse mode uses
 *
 *     x̄ = gradient(x, ȳ),  ȳ the cotangent of the result
 *
 * in place of f's derivative. For a function of several tensors, `gradient(x, y, …, upstream)` gives one cotangent for each, in a
 * list; `undefined` in it stands for zero. What f closes over counts as constant.
 *
 * A rule that is linear in `upstream` (as any true derivative is) also gives forward mode, hence `jvp` and `hvp`: the tangent
 * is its transpose. A rule that is not, such as clipping, works with `grad` and `vjp`; forward mode says so.
 *
 * @param f a function of one or several tensors, with one tensor as result
 * @param gradient the cotangents of the arguments, from the arguments and the cotangent of the result
 * @throws SteepestError where the rule gives cotangents of another shape than its arguments
 * @example
 * ```ts
 * import { customGradient, grad, tensor } from "steepest";
 * // A step function whose gradient passes straight through.
 * const step = customGradient((x) => x.gt(0).select(1, 0), (x, upstream) => upstream);
 * grad((x) => step(x).sum())(tensor([-1, 2])).toArray(); // → [1, 1]
 * ```
 */
export function customGradient<A extends Tensor[]>(
  f: (...x: A) => Tensor,
  gradient: (...xAndUpstream: [...A, Tensor]) => Tensor | readonly (Tensor | undefined)[],
): (...x: A) => Tensor {
  return (...x) => {
    const raw = tensorResult("customGradient", f(...x));
    // A weak result, as of select(1, 0), takes the dtype of the first argument.
    const value = raw.weak ? raw.cast(x[0].dtype) : raw;
    const vjp: CustomRule["vjp"] = (inputs, upstream) => checked(gradient(...x, upstream), inputs);
    const jvp: CustomRule["jvp"] = (inputs, tangents) => transposed(vjp, inputs, tangents, value);
    return apply(custom.customGradient, { rule: { jvp, vjp } }, [value, ...x])[0];
  };
}

function checked(given: Tensor | readonly (Tensor | undefined)[], inputs: readonly Tensor[]): readonly (Tensor | undefined)[] {
  const list = given instanceof Tensor ? [given] : given;
  const bad = list.find((g, i) => g !== undefined && i < inputs.length && !sameShape(g.shape, inputs[i].shape));
  if (list.length !== inputs.length || bad !== undefined)
    throw tracingError({
      problem: "the rule of customGradient gives cotangents that do not fit its arguments",
      expected: inputs.map(showType).join(", "),
      received: list.map((g) => (g === undefined ? "undefined" : showType(g))).join(", "),
      fix: "return one cotangent for each argument, shaped like it",
    });
  return list.map((g, i) => (isFloat(inputs[i].dtype) ? g?.cast(inputs[i].dtype) : undefined));
}

/** The rule is u ↦ Jᵀu; with s(u) = ⟨Jᵀu, ẋ⟩ the tangent Jẋ is ds/du, at any u. */
function transposed(
  vjp: CustomRule["vjp"],
  inputs: readonly Tensor[],
  tangents: readonly (Tensor | undefined)[],
  value: Tensor,
): Tensor | undefined {
  const upstream = apply(leaves.mark, { identity: Symbol("upstream") }, [value.fill(0)])[0];
  const terms = vjp(inputs, upstream).flatMap((g, i) => {
    const tangent = tangents[i];
    return g === undefined || tangent === undefined ? [] : [g.mul(tangent).sum()];
  });
  if (terms.length === 0) return undefined;
  const [result] = pullBack(
    terms,
    terms.map((term) => term.fill(1)),
    [upstream],
  );
  if (result !== undefined && topological([result]).includes(upstream.node))
    throw tracingError({
      problem: "forward mode met a customGradient whose rule is not linear in the cotangent it is given",
      fix: "use grad or vjp, or write the rule as a sum of products of `upstream` with factors that do not depend on it",
    });
  return result;
}

/**
 * The same value, seen as a constant by derivatives of every order.
 *
 * @example
 * ```ts
 * import { grad, stopGradient, tensor } from "steepest";
 * grad((x) => x.mul(stopGradient(x)).sum())(tensor([3])).toArray(); // → [3]
 * ```
 */
export function stopGradient(x: Tensor): Tensor;
export function stopGradient(x: readonly Tensor[]): readonly Tensor[];
export function stopGradient(x: Tensors): Tensors {
  const list = listOf(x).map((t) => t.stopGradient());
  return x instanceof Tensor ? list[0] : list;
}

/** Bringing operands together: one dtype, one shape. */
import { tracingError } from "./error.js";
import type { Tensor } from "./tensor.js";
import { broadcastShapes, isFloat, type Shape, showShape, showType } from "./types.js";

/**
 * Values of one dtype: weak ones (JavaScript numbers, hyperparameters) take that of the first that is not weak; two that are not weak
 * must agree. `numbers` holds the JavaScript number that an operand was, where it was one.
 */
export function ofOneDType(name: string, values: readonly Tensor[], numbers: readonly (number | undefined)[]): readonly Tensor[] {
  const strong = values.find((x) => !x.weak);
  if (strong === undefined) return values;
  const { dtype } = strong;
  const fraction = isFloat(dtype) ? undefined : numbers.find((x) => x !== undefined && !Number.isInteger(x));
  if (fraction !== undefined)
    throw tracingError({
      problem: `${name} of ${dtype} and a fraction`,
      expected: "a whole number",
      received: String(fraction),
      fix: 'convert first: x.cast("f64")',
    });
  const typed = values.map((x) => (x.weak && dtype !== "f64" ? x.cast(dtype) : x));
  if (typed.some((x) => x.dtype !== dtype))
    throw tracingError({
      problem: `${name} needs operands of one dtype`,
      received: typed.map(showType).join(" and "),
      fix: `convert one of them: x.cast("${dtype}")`,
    });
  return typed;
}

/** Operands stretched to the shape that all of them fit into. */
export function ofOneShape(name: string, operands: readonly Tensor[]): readonly Tensor[] {
  let shape: Shape = operands[0].shape;
  for (const x of operands.slice(1)) {
    const joint = broadcastShapes(shape, x.shape);
    if (joint === undefined)
      throw tracingError({
        problem: `${name} cannot combine these shapes`,
        expected: "shapes that are equal, or 1, axis by axis from the last",
        received: operands.map((t) => showShape(t.shape)).join(" and "),
        fix: "reshape one of them so that the axes line up",
      });
    shape = joint;
  }
  return operands.map((x) => x.broadcastTo(shape));
}

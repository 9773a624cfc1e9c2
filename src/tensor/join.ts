/** Joining tensors. */
import { tracingError } from "./error.js";
import { movement } from "./primitives/movement.js";
import { apply, type Tensor } from "./tensor.js";
import { normalizeAxes, showType } from "./types.js";

/** Joins tensors along an existing axis. */
export function concatenate(tensors: readonly Tensor[], axis = 0): Tensor {
  if (tensors.length === 0) throw tracingError({ problem: "concatenate needs at least one tensor" });
  const [first] = tensors;
  const at = normalizeAxes(axis, first.rank, "concatenate")[0];
  const odd = tensors.find(
    (t) => t.dtype !== first.dtype || t.rank !== first.rank || t.shape.some((extent, a) => a !== at && extent !== first.shape[a]),
  );
  if (odd !== undefined)
    throw tracingError({
      problem: "concatenate needs tensors that agree except along its axis",
      expected: showType(first),
      received: showType(odd),
    });
  return tensors.length === 1 ? first : apply(movement.concatenate, { axis: at }, tensors)[0];
}

/** Joins tensors of one shape along a new axis; −1 puts it last. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const at = axis < 0 && tensors.length > 0 ? axis + tensors[0].rank + 1 : axis;
  return concatenate(
    tensors.map((t) => t.reshape([...t.shape.slice(0, at), 1, ...t.shape.slice(at)])),
    at,
  );
}

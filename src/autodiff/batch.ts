/** Batching: a graph in, the graph of its values over a mapped axis out. */
import { scan } from "../tensor/control.js";
import type { MappedOperand, Mapping, Node } from "../tensor/primitive.js";
import { repeated } from "../tensor/repeat.js";
import { apply, iota, type Tensor } from "../tensor/tensor.js";
import { topological } from "../tensor/walk.js";

/** Values over the mapped axis, by the value that they carry over. */
type Known = ReadonlyMap<Tensor, Tensor>;

/**
 * Values of `outputs` for all `count` elements of a mapped axis at once, which comes first in each, where `inputs` take the values
 * `over`. `undefined` (in `over` also the input itself) stands for what is the same for all elements. What lies behind the inputs is
 * not entered.
 */
export function batchGraph(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  over: readonly (Tensor | undefined)[],
  count: number,
): (Tensor | undefined)[] {
  return extended(new Map(), outputs, inputs, over, count);
}

/** As `batchGraph`, where some values are known already, as around a sub-graph. */
function extended(
  around: Known,
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  over: readonly (Tensor | undefined)[],
  count: number,
): (Tensor | undefined)[] {
  const known = new Map(around);
  inputs.forEach((x, i) => {
    const value = over[i];
    if (value !== undefined && value !== x) known.set(x, value);
  });
  for (const node of topological(outputs, (n) => n.outputs.every((y) => known.has(y)))) {
    if (!node.inputs.some((x) => known.has(x))) continue;
    outputsOver(node, known, count).forEach((y, i) => {
      known.set(node.outputs[i], y);
    });
  }
  return outputs.map((y) => known.get(y));
}

function outputsOver({ primitive, attributes, inputs, outputs }: Node, known: Known, count: number): readonly Tensor[] {
  const operands = inputs.map((original): MappedOperand => {
    const value = known.get(original);
    return { original, value: value ?? original, isMapped: value !== undefined };
  });
  const all = () => operands.map(({ value, isMapped }) => (isMapped ? value : repeated(value, count)));
  if (primitive.kind === "pointwise") return apply(primitive, attributes, all(), outputs[0].weak);
  const rule = primitive.kind === "linear" ? primitive : primitive.batching;
  if (rule === "leaf") throw new Error(`internal: ${primitive.name} has no operands, and was mapped over one`);
  const mapping: Mapping = {
    count,
    all,
    again: (changed, values) => apply(primitive, changed, values),
    each: () => {
      const along = operands.flatMap(({ value, isMapped }) => (isMapped ? [value] : []));
      const body = (rows: readonly Tensor[]) => {
        let next = 0;
        return apply(
          primitive,
          attributes,
          operands.map(({ value, isMapped }) => (isMapped ? rows[next++] : value)),
        );
      };
      return scan((_: readonly Tensor[], rows: readonly Tensor[]) => [[], body(rows)] as const, [], along, { length: count })[1];
    },
    places: (dtype) => iota([count], 0, dtype),
    batch: (results, formals, over) => extended(known, results, formals, over, count),
  };
  return rule.batch(attributes, operands, mapping);
}

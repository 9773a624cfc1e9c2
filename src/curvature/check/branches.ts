/** Operations with kinks and jumps, and which way each of their elements went: what names the culprit of a kink. */
import type { Node } from "../../tensor/primitive.js";
import type { Tensor } from "../../tensor/tensor.js";
import { isFloat } from "../../tensor/types.js";
import { topological } from "../../tensor/walk.js";

/** One such operation at one θ. */
export interface Branch {
  /** `relu 2`: the operation, and which of its kind in the order of the program. */
  readonly name: string;
  /** A number for each element, which changes where the element goes another way. */
  readonly sides: Float64Array;
}

/** The operations of a graph that have kinks or jumps, those inside of loops and branches left out. */
export function branchPoints(loss: Tensor): { readonly name: string; readonly code: Tensor }[] {
  const found = topological([loss]).flatMap((node) => {
    const code = codeOf(node);
    return code === undefined ? [] : [{ kind: isRelu(node) ? "relu" : (plainNames.get(node.primitive.name) ?? node.primitive.name), code }];
  });
  const counts = new Map<string, number>();
  for (const { kind } of found) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const seen = new Map<string, number>();
  return found.map(({ kind, code }) => {
    const place = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, place);
    return { name: (counts.get(kind) ?? 0) > 1 ? `${kind} ${place}` : kind, code };
  });
}

const plainNames: ReadonlyMap<string, string> = new Map([
  ["maximum", "max"],
  ["minimum", "min"],
  ["reduceMax", "max along an axis"],
  ["reduceMin", "min along an axis"],
  ["windowArgmax", "max pooling"],
]);

/** Something that tells the sides of each element apart, and a tie from both. */
function codeOf({ primitive, inputs, outputs, attributes }: Node): Tensor | undefined {
  const [x, y] = inputs;
  switch (primitive.name) {
    case "maximum":
    case "minimum":
      return isFloat(x.dtype) ? x.sub(y).sign() : undefined;
    case "abs":
    case "sign":
      return isFloat(x.dtype) ? x.sign() : undefined;
    case "floor":
      return outputs[0];
    case "select":
      return x;
    case "cond":
      return x;
    case "argmax":
    case "windowArgmax":
      return outputs[0];
    case "reduceMax":
    case "reduceMin": {
      const { axes } = attributes;
      const kept = x.shape.map((_, axis) => axis).filter((axis) => !(Array.isArray(axes) && axes.includes(axis)));
      return x.eq(outputs[0].broadcastAlong(x.shape, kept));
    }
    default:
      return undefined;
  }
}

function isRelu({ primitive, inputs }: Node): boolean {
  if (primitive.name !== "maximum") return false;
  return inputs.some(({ node }) => {
    const source = node.primitive.name === "broadcast" ? node.inputs[0].node : node;
    const root = source.primitive.name === "cast" ? source.inputs[0].node : source;
    const { value, data } = root.attributes;
    return value === 0 || (data instanceof Float64Array && data.length === 1 && data[0] === 0);
  });
}

/** What changes between two points: `relu 2 (3 of 64 elements)`, … */
export function changes(before: readonly Branch[], after: readonly Branch[]): string[] {
  return before.flatMap(({ name, sides }, i) => {
    const other = after[i].sides;
    const changed = sides.reduce((count, side, j) => count + Number(!Object.is(side, other[j])), 0);
    if (changed === 0) return [];
    return [sides.length === 1 ? name : `${name} (${changed} of ${sides.length} elements)`];
  });
}

/** Control flow in the normal form: a call is its body, a cheap branch computes both sides and selects, short scans are written out; all else is loops. */
import { formals } from "../../tensor/graph.js";
import type { Graph, Node } from "../../tensor/primitive.js";
import type { CallAttributes, CondAttributes, ScanAttributes, WhileAttributes } from "../../tensor/primitives/control.js";
import { primitives } from "../../tensor/primitives/table.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Shape } from "../../tensor/types.js";
import { topological } from "../../tensor/walk.js";
import type { GraphBuilder } from "./normalize.js";
import { literalOf, type Value } from "./value.js";

/** Iterations of a scan that are written one after the other. */
const MOST_ITERATIONS = 32;

type Expand = (graph: Graph, inputs: readonly Value[]) => readonly Value[];

/** The outputs of a node that holds sub-graphs, made of the values of these; undefined for all other nodes. `wanted`: whether anybody reads an output. */
export function expandControl(
  builder: GraphBuilder,
  node: Node,
  inputs: readonly Value[],
  expand: Expand,
  wanted: (output: Tensor) => boolean,
): readonly Value[] | undefined {
  switch (node.primitive.name) {
    case "call":
      return expand((node.attributes as CallAttributes).graph, inputs);
    case "cond": {
      const { whenTrue, whenFalse } = node.attributes as CondAttributes;
      return isCheap(whenTrue) && isCheap(whenFalse) ? selected(builder, node, inputs, expand) : branched(builder, node, inputs, expand);
    }
    case "while": {
      const { condition, body } = node.attributes as WhileAttributes;
      const count = node.outputs.length;
      return loopOf(builder, inputs.slice(0, count), inputs.slice(count), (carries, captured) => ({
        condition: expand(condition, [...carries, ...captured])[0],
        body: expand(body, [...carries, ...captured]),
      }));
    }
    case "scan": {
      const { length } = node.attributes as ScanAttributes;
      return length <= MOST_ITERATIONS ? unrolled(builder, node, inputs, expand) : scanLoop(builder, node, inputs, expand, wanted);
    }
    default:
      return undefined;
  }
}

/** Operations that are worth computing in vain, to avoid a branch. */
const MOST_IN_VAIN = 32;
const FEW_ELEMENTS = 16;

/** Whether a branch may be computed although it is not taken: a few operations element by element, or a few numbers; never a loop. */
function isCheap(graph: Graph): boolean {
  const formal = new Set(formals(graph).map((x) => x.node));
  const nodes = topological(graph.outputs, (n) => formal.has(n)).filter((n) => n.inputs.length > 0);
  if (
    nodes.some(
      (n) => n.primitive.name === "while" || n.primitive.name === "scan" || n.primitive.name === "cond" || n.primitive.name === "call",
    )
  )
    return false;
  return (
    nodes.every((n) => n.outputs.every((o) => o.size <= FEW_ELEMENTS)) ||
    (nodes.length <= MOST_IN_VAIN && nodes.every((n) => n.primitive.kind === "pointwise" || MOVES.has(n.primitive.name)))
  );
}

const MOVES = new Set(["broadcast", "reshape", "transpose", "slice", "reverse", "pad", "unpack"]);

function selected(builder: GraphBuilder, node: Node, [predicate, ...rest]: readonly Value[], expand: Expand): readonly Value[] {
  const { whenTrue, whenFalse } = node.attributes as CondAttributes;
  const no = expand(whenFalse, rest);
  return expand(whenTrue, rest).map((yes, i) =>
    builder.make(primitives.select, {}, [repeated(builder, predicate, yes.shape), yes, no[i]], yes.shape, yes.dtype),
  );
}

/** A branch is a loop that runs once or not at all: first that of `whenTrue`, then that of `whenFalse` on its results. */
function branched(builder: GraphBuilder, node: Node, [predicate, ...rest]: readonly Value[], expand: Expand): readonly Value[] {
  const { whenTrue, whenFalse } = node.attributes as CondAttributes;
  const never = builder.literal(0, [], "bool");
  const once = (taken: Value, first: readonly Value[], graph: Graph) =>
    loopOf(builder, [taken, ...first], rest, ([again], around) => ({ condition: again, body: [never, ...expand(graph, around)] })).slice(1);
  const zeros = node.outputs.map(({ shape, dtype }) => builder.literal(0, shape, dtype));
  return once(builder.make(primitives.not, {}, [predicate], [], "bool"), once(predicate, zeros, whenTrue), whenFalse);
}

function repeated(builder: GraphBuilder, x: Value, shape: Shape): Value {
  return builder.make(primitives.broadcast, { shape, axes: [] }, [x], shape, x.dtype);
}

/** A loop from first values of its carries. Literals and leaves are known inside; other captured values come in as arguments. */
function loopOf(
  builder: GraphBuilder,
  first: readonly Value[],
  around: readonly Value[],
  build: (carries: readonly Value[], captured: readonly Value[]) => { readonly condition: Value; readonly body: readonly Value[] },
): readonly Value[] {
  const carries = first.map((x) => builder.argument(x));
  const outside: Value[] = [];
  const captured: Value[] = [];
  const inside = around.map((x) => {
    if (x.leaf !== undefined || literalOf(x) !== undefined) return x;
    const inner = builder.argument(x);
    outside.push(x);
    captured.push(inner);
    return inner;
  });
  return builder.loop({ carries, captured, ...build(carries, inside) }, [...first, ...outside]);
}

function scanLoop(
  builder: GraphBuilder,
  node: Node,
  inputs: readonly Value[],
  expand: Expand,
  wanted: (output: Tensor) => boolean,
): readonly Value[] {
  const { body, carries, sequences, length, reverse } = node.attributes as ScanAttributes;
  const stacks = node.outputs
    .slice(carries)
    .map((o, i) => ({ output: o, i }))
    .filter(({ output }) => wanted(output));
  const zero = builder.literal(0, [], "i32");
  const first = [zero, ...inputs.slice(0, carries), ...stacks.map(({ output: { shape, dtype } }) => builder.literal(0, shape, dtype))];
  const results = loopOf(builder, first, inputs.slice(carries), ([step, ...rest], around) => {
    const [carry, made] = [rest.slice(0, carries), rest.slice(carries)];
    const scalar = (name: "add" | "sub", x: Value, y: Value) => builder.make(primitives[name], {}, [x, y], [], "i32");
    const at = reverse ? scalar("sub", builder.literal(length - 1, [], "i32"), step) : step;
    const rows = around.slice(0, sequences).map((x) => builder.make(primitives.take, {}, [x, at], x.shape.slice(1), x.dtype));
    const outputs = expand(body, [...carry, ...rows, ...around.slice(sequences)]);
    const found = [...outputs.slice(carries), ...carry];
    const next = stacks.map(({ output: { shape, dtype }, i }, k) => {
      const places = builder.make(primitives.iota, { shape, axis: 0, dtype: "i32" }, [], shape, "i32");
      const here = builder.make(primitives.eq, {}, [places, repeated(builder, at, shape)], shape, "bool");
      const row = builder.make(primitives.broadcast, { shape, axes: shape.slice(1).map((_, axis) => axis + 1) }, [found[i]], shape, dtype);
      return builder.make(primitives.select, {}, [here, row, made[k]], shape, dtype);
    });
    return {
      condition: builder.make(primitives.lt, {}, [step, builder.literal(length, [], "i32")], [], "bool"),
      body: [scalar("add", step, builder.literal(1, [], "i32")), ...outputs.slice(0, carries), ...next],
    };
  });
  const stacked = new Map(stacks.map(({ i }, k) => [i, results[1 + carries + k]]));
  return [
    ...results.slice(1, 1 + carries),
    ...node.outputs.slice(carries).map(({ shape, dtype }, i) => stacked.get(i) ?? builder.literal(0, shape, dtype)),
  ];
}

function unrolled(builder: GraphBuilder, node: Node, inputs: readonly Value[], expand: Expand): readonly Value[] {
  const { body, carries, sequences, length, reverse } = node.attributes as ScanAttributes;
  const captured = inputs.slice(carries + sequences);
  let carry = inputs.slice(0, carries);
  const stacks: Value[][] = node.outputs.slice(carries).map(() => []);
  for (let i = 0; i < length; i++) {
    const index = reverse ? length - 1 - i : i;
    const rows = inputs.slice(carries, carries + sequences).map((x) => rowOf(builder, x, index));
    const outputs = expand(body, [...carry, ...rows, ...captured]);
    [...outputs.slice(carries), ...carry].forEach((value, j) => {
      stacks[j][index] = value;
    });
    carry = outputs.slice(0, carries);
  }
  return [...carry, ...stacks.map((rows, j) => stacked(builder, rows, node.outputs[carries + j].shape, node.outputs[carries + j].dtype))];
}

function rowOf(builder: GraphBuilder, x: Value, index: number): Value {
  const row = x.shape.slice(1);
  const attributes = { start: [index, ...row.map(() => 0)], size: [1, ...row], step: x.shape.map(() => 1) };
  return builder.make(
    primitives.reshape,
    { shape: row },
    [builder.make(primitives.slice, attributes, [x], [1, ...row], x.dtype)],
    row,
    x.dtype,
  );
}

function stacked(builder: GraphBuilder, rows: readonly Value[], shape: Value["shape"], dtype: Value["dtype"]): Value {
  if (rows.length === 0) return builder.literal(0, shape, dtype);
  const one = [1, ...shape.slice(1)];
  const parts = rows.map((row) => builder.make(primitives.reshape, { shape: one }, [row], one, dtype));
  return parts.length === 1 ? parts[0] : builder.make(primitives.concatenate, { axis: 0 }, parts, shape, dtype);
}

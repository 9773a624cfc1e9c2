/** Control flow in the normal form: a call is its body; a branch computes both sides and selects; short scans are written out. */
import { SteepestError } from "../../tensor/error.js";
import type { Graph, Node } from "../../tensor/primitive.js";
import type { CallAttributes, CondAttributes, ScanAttributes } from "../../tensor/primitives/control.js";
import { primitives } from "../../tensor/primitives/table.js";
import type { GraphBuilder } from "./normalize.js";
import type { Value } from "./value.js";

/** Iterations of a scan that are written one after the other. */
const MOST_ITERATIONS = 64;

type Expand = (graph: Graph, inputs: readonly Value[]) => readonly Value[];

/** The outputs of a node that holds sub-graphs, made of the values of these; undefined for all other nodes. */
export function expandControl(builder: GraphBuilder, node: Node, inputs: readonly Value[], expand: Expand): readonly Value[] | undefined {
  switch (node.primitive.name) {
    case "call":
      return expand((node.attributes as CallAttributes).graph, inputs);
    case "cond": {
      const { whenTrue, whenFalse } = node.attributes as CondAttributes;
      const [predicate, ...rest] = inputs;
      const no = expand(whenFalse, rest);
      return expand(whenTrue, rest).map((yes, i) => {
        const { shape } = yes;
        const condition = builder.make(primitives.broadcast, { shape, axes: [] }, [predicate], shape, "bool");
        return builder.make(primitives.select, {}, [condition, yes, no[i]], shape, yes.dtype);
      });
    }
    case "scan":
      return expandScan(builder, node, inputs, expand);
    case "while":
      throw notCompiled("a loop whose length depends on values (whileLoop)", "use scan with a fixed number of iterations");
    default:
      return undefined;
  }
}

function expandScan(builder: GraphBuilder, node: Node, inputs: readonly Value[], expand: Expand): readonly Value[] {
  const { body, carries, sequences, length, reverse } = node.attributes as ScanAttributes;
  if (length > MOST_ITERATIONS) throw notCompiled(`a scan of ${length} iterations`, `use at most ${MOST_ITERATIONS} iterations in one scan`);
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
  return builder.make(primitives.reshape, { shape: row }, [builder.make(primitives.slice, attributes, [x], [1, ...row], x.dtype)], row, x.dtype);
}

function stacked(builder: GraphBuilder, rows: readonly Value[], shape: Value["shape"], dtype: Value["dtype"]): Value {
  if (rows.length === 0) return builder.literal(0, shape, dtype);
  const one = [1, ...shape.slice(1)];
  const parts = rows.map((row) => builder.make(primitives.reshape, { shape: one }, [row], one, dtype));
  return parts.length === 1 ? parts[0] : builder.make(primitives.concatenate, { axis: 0 }, parts, shape, dtype);
}

function notCompiled(what: string, fix: string): SteepestError {
  return new SteepestError({ problem: `${what} cannot be compiled yet`, fix });
}

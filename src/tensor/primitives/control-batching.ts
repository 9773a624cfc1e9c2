/** Control flow over a mapped axis: its graphs are made to work on all elements at once. */
import { argument, deriveGraphs, formals } from "../graph.js";
import type { Graph, MappedOperand, Mapping, StructuralPrimitive } from "../primitive.js";
import { repeated } from "../repeat.js";
import { apply, type Tensor } from "../tensor.js";
import { isFloat } from "../types.js";
import { topological } from "../walk.js";
import type { CallAttributes, CondAttributes, ScanAttributes, WhileAttributes } from "./control.js";

/** The same function of all elements. */
export function callOverAxis(
  { name, graph }: CallAttributes,
  operands: readonly MappedOperand[],
  mapping: Mapping<CallAttributes>,
): readonly Tensor[] {
  const [over] = overAxis([graph], operands, mapping);
  return mapping.again({ name, graph: over }, [...operands.map((x) => x.value), ...over.captured]);
}

/** One branch for all where the predicate is the same for all; else both, and each element takes its own. */
export function condOverAxis(
  call: StructuralPrimitive<CallAttributes>,
  branches: CondAttributes,
  [predicate, ...operands]: readonly MappedOperand[],
  mapping: Mapping<CondAttributes>,
): readonly Tensor[] {
  const [whenTrue, whenFalse] = overAxis([branches.whenTrue, branches.whenFalse], operands, mapping);
  const inputs = [...operands.map((x) => x.value), ...whenTrue.captured];
  if (!predicate.isMapped) return mapping.again({ whenTrue, whenFalse }, [predicate.value, ...inputs]);
  // Elements go either way: both branches are computed, and derivatives enter the one that an element takes.
  const taken = (x: Tensor) => predicate.value.broadcastAlong(x.shape, [0]);
  const differ = (x: Tensor, i: number) => operands[i]?.isMapped && isFloat(x.dtype);
  const yes = inputs.map((x, i) => (differ(x, i) ? taken(x).select(x, x.stopGradient()) : x));
  const no = inputs.map((x, i) => (differ(x, i) ? taken(x).select(x.stopGradient(), x) : x));
  const otherwise = apply(call, { name: "whenFalse", graph: whenFalse }, no);
  return apply(call, { name: "whenTrue", graph: whenTrue }, yes).map((y, i) => taken(y).select(y, otherwise[i]));
}

/** One loop for all: its carries are mapped as far as they must be, and where the condition differs it runs until all are done. */
export function whileOverAxis(
  { condition, body }: WhileAttributes,
  operands: readonly MappedOperand[],
  mapping: Mapping<WhileAttributes>,
): readonly Tensor[] {
  const { count, batch } = mapping;
  const carries = body.outputs.length;
  const isMapped = loopMapping(body, carries, operands);
  const differ = dependent(condition, isMapped)[0];
  if (differ) isMapped.fill(true, 0, carries);
  const captured = mappedFormals(body.captured, isMapped.slice(carries), count);
  const [first, second] = deriveGraphs([condition, body], captured, () => {
    const run = (graph: Graph, carry: readonly Tensor[]) => batch(graph.outputs, formals(graph), [...carry, ...captured]);
    const carryFor = (graph: Graph) => mappedFormals(graph.arguments, isMapped, count);
    const active = (carry: readonly Tensor[]) => run(condition, carry)[0] ?? condition.outputs[0];
    const [tested, changed] = [carryFor(condition), carryFor(body)];
    const next = run(body, changed).map((x, i) => x ?? (isMapped[i] ? repeated(body.outputs[i], count) : body.outputs[i]));
    if (!differ)
      return [
        { arguments: tested, outputs: condition.outputs },
        { arguments: changed, outputs: next },
      ];
    // It runs until all are done; those that are keep what they have.
    const left = active(tested).cast("i32").sum();
    const goesOn = active(changed);
    return [
      { arguments: tested, outputs: [left.gt(left.fill(0))] },
      { arguments: changed, outputs: next.map((x, i) => goesOn.broadcastAlong(x.shape, [0]).select(x, changed[i])) },
    ];
  });
  const inputs = [
    ...operands.slice(0, carries).map((x, i) => (isMapped[i] && !x.isMapped ? repeated(x.value, count) : x.value)),
    ...operands.slice(carries).map((x) => x.value),
    ...second.captured.slice(captured.length),
  ];
  return mapping.again({ condition: first, body: second }, inputs).map((y, i) => (isMapped[i] ? y : repeated(y, count)));
}

/** One scan for all, along the second axis of its mapped sequences. */
export function scanOverAxis(
  { body, carries, sequences, length, reverse }: ScanAttributes,
  operands: readonly MappedOperand[],
  mapping: Mapping<ScanAttributes>,
): readonly Tensor[] {
  const { count, batch } = mapping;
  const end = carries + sequences;
  const isMapped = loopMapping(body, carries, operands);
  const captured = mappedFormals(body.captured, isMapped.slice(end), count);
  const depends = dependent(body, isMapped);
  const [over] = deriveGraphs([body], captured, () => {
    const made = mappedFormals(body.arguments, isMapped, count);
    const results = batch(body.outputs, formals(body), [...made, ...captured]);
    return [{ arguments: made, outputs: body.outputs.map((y, i) => results[i] ?? (isMapped[i] && i < carries ? repeated(y, count) : y)) }];
  });
  const inputs = operands.map(({ value, isMapped: already }, i) => {
    if (i < carries) return isMapped[i] && !already ? repeated(value, count) : value;
    return already && i < end ? swapFirst(value) : value;
  });
  const stacks = [...depends.slice(carries), ...isMapped.slice(0, carries)];
  return mapping
    .again({ body: over, carries, sequences, length, reverse }, [...inputs, ...over.captured.slice(captured.length)])
    .map((y, i) => {
      if (!(i < carries ? isMapped[i] : stacks[i - carries])) return repeated(y, count);
      return i < carries ? y : swapFirst(y);
    });
}

/** Exchanges the first two axes: sequences are stepped along their first one. */
const swapFirst = (x: Tensor): Tensor => x.transpose([1, 0, ...x.shape.slice(2).map((_, axis) => axis + 2)]);

/** New formal inputs for the mapped ones of a graph; the others stay. */
const mappedFormals = (list: readonly Tensor[], isMapped: readonly boolean[], count: number): Tensor[] =>
  list.map((x, i) => (isMapped[i] ? argument({ shape: [count, ...x.shape], dtype: x.dtype }, i) : x));

/** Graphs for all elements at once, whose results all have the mapped axis. */
function overAxis(graphs: readonly Graph[], operands: readonly MappedOperand[], { count, batch }: Mapping<never>): readonly Graph[] {
  return deriveGraphs(graphs, [], () =>
    graphs.map((graph) => {
      const made = mappedFormals(
        formals(graph),
        operands.map((x) => x.isMapped),
        count,
      );
      const results = batch(graph.outputs, formals(graph), made);
      return { arguments: made, outputs: graph.outputs.map((y, i) => results[i] ?? repeated(y, count)) };
    }),
  );
}

/** Which outputs of a graph depend on the inputs for which `isSource` holds. */
function dependent(graph: Graph, isSource: readonly boolean[]): boolean[] {
  const inputs = formals(graph);
  const formal = new Set(inputs.map((x) => x.node));
  const reached = new Set(inputs.filter((_, i) => isSource[i]));
  for (const node of topological(graph.outputs, (n) => formal.has(n)))
    if (node.inputs.some((x) => reached.has(x))) for (const y of node.outputs) reached.add(y);
  return graph.outputs.map((y) => reached.has(y));
}

/** Which inputs of a loop's body differ along the mapped axis, where a carry does as soon as its next value does. */
function loopMapping(body: Graph, carries: number, operands: readonly MappedOperand[]): boolean[] {
  const isMapped = operands.map((x) => x.isMapped);
  for (let settled = false; !settled; ) {
    settled = true;
    const next = dependent(body, isMapped);
    for (let i = 0; i < carries; i++)
      if (next[i] && !isMapped[i]) {
        isMapped[i] = true;
        settled = false;
      }
  }
  return isMapped;
}

/**
 * Control flow. Sub-graphs are attributes; what they captured from around them follows the operands among the inputs.
 *
 *     call    inputs: arguments, captured                 outputs: those of the graph
 *     cond    inputs: predicate, operands, captured       outputs: those of the branch taken
 *     while   inputs: carry, captured                     outputs: carry
 *     scan    inputs: carry, sequences, captured          outputs: carry, results stacked, history
 *
 * The history of a scan is its carries as each iteration found them, stacked: what reverse mode needs. A backend leaves out
 * what nobody reads.
 */
import { SteepestError } from "../error.js";
import { argument, deriveGraphs } from "../graph.js";
import { type Graph, type MappedOperand, type Mapping, type ReferenceArray, type StructuralPrimitive, structural } from "../primitive.js";
import { repeated } from "../repeat.js";
import { apply, type Tensor } from "../tensor.js";
import { isFloat, sizeOf, type TensorType } from "../types.js";
import { topological } from "../walk.js";

export interface CallAttributes {
  readonly [key: string]: unknown;
  readonly name: string;
  readonly graph: Graph;
}

export interface CondAttributes {
  readonly [key: string]: unknown;
  /** Both capture the same values. */
  readonly whenTrue: Graph;
  readonly whenFalse: Graph;
}

export interface WhileAttributes {
  readonly [key: string]: unknown;
  /** Both take the carry and capture the same values; the condition gives one scalar bool. */
  readonly condition: Graph;
  readonly body: Graph;
}

export interface ScanAttributes {
  readonly [key: string]: unknown;
  /** (carry, one element of each sequence) → (carry, results). */
  readonly body: Graph;
  readonly carries: number;
  readonly sequences: number;
  readonly length: number;
  /** From the last element to the first; results lie where their elements lay. */
  readonly reverse: boolean;
}

type Maybe = Tensor | undefined;

const typeOf = ({ shape, dtype }: TensorType): TensorType => ({ shape, dtype });
const formals = (graph: Graph): readonly Tensor[] => [...graph.arguments, ...graph.captured];
const defined = (list: readonly Maybe[]): Tensor[] => list.filter((x) => x !== undefined);
/** A new argument for each value that is there. */
const fresh = (list: readonly Maybe[], types: readonly TensorType[]): Maybe[] => list.map((x, i) => x && argument(types[i], i));
const orZero = (x: Maybe, like: Tensor): Tensor => x ?? like.fill(0);
/** Entries of `list` put back where `mask` is defined. */
const spread = (list: readonly Tensor[], mask: readonly unknown[]): Maybe[] => {
  let next = 0;
  return mask.map((m) => (m === undefined || m === false ? undefined : list[next++]));
};

/** Applies a graph-valued rule: its arguments are all inputs of the node, then new ones; results that are zero in all graphs are left out. */
function branches(
  graphs: readonly Graph[],
  made: readonly Tensor[],
  build: (graph: Graph) => readonly Maybe[],
): { readonly graphs: readonly Graph[]; readonly present: readonly boolean[] } {
  let present: readonly boolean[] = [];
  const derived = deriveGraphs(graphs, [], () => {
    const results = graphs.map(build);
    present = results[0].map((_, i) => results.some((list) => list[i] !== undefined));
    return graphs.map((graph, g) => ({
      arguments: [...formals(graph), ...made],
      outputs: present.flatMap((there, i) => {
        const like = results.map((list) => list[i]).find((x) => x !== undefined);
        return there && like ? [orZero(results[g][i], like)] : [];
      }),
    }));
  });
  return { graphs: derived, present };
}

const at = (x: ReferenceArray, index: number): ReferenceArray => {
  const shape = x.shape.slice(1);
  const size = sizeOf(shape);
  return { shape, data: x.data.subarray(index * size, (index + 1) * size) };
};

export const control: {
  readonly call: StructuralPrimitive<CallAttributes>;
  readonly cond: StructuralPrimitive<CondAttributes>;
  readonly while: StructuralPrimitive<WhileAttributes>;
  readonly scan: StructuralPrimitive<ScanAttributes>;
} = {
  /** A function that keeps its name. */
  call: structural<CallAttributes>({
    name: "call",
    types: ({ graph }) => graph.outputs.map(typeOf),
    evaluate: ({ graph }, inputs, _types, evaluateGraph) => evaluateGraph(graph, inputs).map(({ data }) => data),
    derivative: {
      jvp: ({ name, graph }, inputs, _outputs, tangents, pushForward) => {
        const made = fresh(tangents, inputs);
        const { graphs, present } = branches([graph], defined(made), (g) => pushForward(g.outputs, formals(g), made));
        return spread(
          apply(control.call, { name: `${name}.tangent`, graph: graphs[0] }, [...inputs, ...defined(tangents), ...graphs[0].captured]),
          mask(present),
        );
      },
      vjp: ({ name, graph }, inputs, outputs, cotangents, { pullBack, wanted }) => {
        const made = fresh(cotangents, outputs);
        const { graphs, present } = branches([graph], defined(made), (g) => wantedOnly(pullBack, g, made, wanted));
        return spread(
          apply(control.call, { name: `${name}.cotangent`, graph: graphs[0] }, [...inputs, ...defined(cotangents), ...graphs[0].captured]),
          mask(present),
        );
      },
    },
    batching: {
      batch: ({ name, graph }, operands, mapping) => {
        const [over] = overAxis([graph], operands, mapping);
        return mapping.again({ name, graph: over }, [...operands.map((x) => x.value), ...over.captured]);
      },
    },
  }),
  /** One of two graphs, by a scalar truth value. */
  cond: structural<CondAttributes>({
    name: "cond",
    types: ({ whenTrue }) => whenTrue.outputs.map(typeOf),
    evaluate: ({ whenTrue, whenFalse }, [predicate, ...inputs], _types, evaluateGraph) =>
      evaluateGraph(predicate.data[0] !== 0 ? whenTrue : whenFalse, inputs).map(({ data }) => data),
    derivative: {
      jvp: ({ whenTrue, whenFalse }, [predicate, ...inputs], _outputs, [, ...tangents], pushForward) => {
        const made = fresh(tangents, inputs);
        const { graphs, present } = branches([whenTrue, whenFalse], defined(made), (g) => pushForward(g.outputs, formals(g), made));
        const attributes: CondAttributes = { whenTrue: graphs[0], whenFalse: graphs[1] };
        return spread(apply(control.cond, attributes, [predicate, ...inputs, ...defined(tangents), ...graphs[0].captured]), mask(present));
      },
      vjp: ({ whenTrue, whenFalse }, [predicate, ...inputs], outputs, cotangents, { pullBack, wanted }) => {
        const made = fresh(cotangents, outputs);
        const { graphs, present } = branches([whenTrue, whenFalse], defined(made), (g) => wantedOnly(pullBack, g, made, wanted.slice(1)));
        const attributes: CondAttributes = { whenTrue: graphs[0], whenFalse: graphs[1] };
        return [
          undefined,
          ...spread(apply(control.cond, attributes, [predicate, ...inputs, ...defined(cotangents), ...graphs[0].captured]), mask(present)),
        ];
      },
    },
    batching: {
      batch: (branches, [predicate, ...operands], mapping) => {
        const [whenTrue, whenFalse] = overAxis([branches.whenTrue, branches.whenFalse], operands, mapping);
        const inputs = [...operands.map((x) => x.value), ...whenTrue.captured];
        if (!predicate.isMapped) return mapping.again({ whenTrue, whenFalse }, [predicate.value, ...inputs]);
        // Elements go either way: both branches are computed, and derivatives enter the one that an element takes.
        const taken = (x: Tensor) => predicate.value.broadcastAlong(x.shape, [0]);
        const differ = (x: Tensor, i: number) => operands[i]?.isMapped && isFloat(x.dtype);
        const yes = inputs.map((x, i) => (differ(x, i) ? taken(x).select(x, x.stopGradient()) : x));
        const no = inputs.map((x, i) => (differ(x, i) ? taken(x).select(x.stopGradient(), x) : x));
        const otherwise = apply(control.call, { name: "whenFalse", graph: whenFalse }, no);
        return apply(control.call, { name: "whenTrue", graph: whenTrue }, yes).map((y, i) => taken(y).select(y, otherwise[i]));
      },
    },
  }),
  /** Repeats the body as long as the condition holds. */
  while: structural<WhileAttributes>({
    name: "while",
    types: ({ body }) => body.outputs.map(typeOf),
    evaluate: ({ condition, body }, inputs, types, evaluateGraph) => {
      const captured = inputs.slice(types.length);
      let carry = inputs.slice(0, types.length);
      while (evaluateGraph(condition, [...carry, ...captured])[0].data[0] !== 0) carry = [...evaluateGraph(body, [...carry, ...captured])];
      return carry.map(({ data }) => data);
    },
    derivative: {
      jvp: ({ condition, body }, inputs, outputs, tangents, pushForward) => {
        const count = outputs.length;
        const [carry, captured] = [inputs.slice(0, count), inputs.slice(count)];
        const carryTangents = carry.map((x, i) => (isFloat(x.dtype) ? orZero(tangents[i], x) : undefined));
        const madeCarry = fresh(carryTangents, carry);
        const madeCaptured = fresh(tangents.slice(count), captured);
        const base = [...body.captured, ...defined(madeCaptured)];
        const [newCondition, newBody] = deriveGraphs([condition, body], base, () => {
          const results = pushForward(body.outputs, formals(body), [...madeCarry, ...madeCaptured]);
          const moved = body.outputs.flatMap((x, i) => (madeCarry[i] ? [orZero(results[i], x)] : []));
          return [
            { arguments: [...condition.arguments, ...defined(madeCarry)], outputs: condition.outputs },
            { arguments: [...body.arguments, ...defined(madeCarry)], outputs: [...body.outputs, ...moved] },
          ];
        });
        const extra = newBody.captured.slice(base.length);
        const all = [...carry, ...defined(carryTangents), ...captured, ...defined(tangents.slice(count)), ...extra];
        return spread(apply(control.while, { condition: newCondition, body: newBody }, all).slice(count), carryTangents);
      },
      vjp: () => {
        throw new SteepestError({
          problem: "a while loop has no gradient in reverse mode: how often it runs, and so what must be kept, is not known beforehand",
          fix: "use scan with a fixed length and keep the carry where the loop is done (done.select(carry, next)), or use forward mode: jvp, or jacobian of a function with few arguments",
        });
      },
    },
    batching: {
      batch: ({ condition, body }, operands, mapping) => {
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
      },
    },
  }),
  /** Carries values along sequences, and stacks what each step gives. */
  scan: structural<ScanAttributes>({
    name: "scan",
    types: ({ body, carries, length }) => {
      const stacked = ({ shape, dtype }: TensorType): TensorType => ({ shape: [length, ...shape], dtype });
      const carry = body.outputs.slice(0, carries);
      return [...carry.map(typeOf), ...body.outputs.slice(carries).map(stacked), ...carry.map(stacked)];
    },
    evaluate: ({ body, carries, sequences, length, reverse }, inputs, types, evaluateGraph) => {
      const captured = inputs.slice(carries + sequences);
      let carry = inputs.slice(0, carries);
      const stacks = types.slice(carries).map(({ shape }) => new Float64Array(sizeOf(shape)));
      for (let i = 0; i < length; i++) {
        const index = reverse ? length - 1 - i : i;
        const found = carry;
        const outputs = evaluateGraph(body, [
          ...carry,
          ...inputs.slice(carries, carries + sequences).map((x) => at(x, index)),
          ...captured,
        ]);
        carry = outputs.slice(0, carries);
        [...outputs.slice(carries), ...found].forEach(({ data }, j) => {
          stacks[j].set(data, index * data.length);
        });
      }
      return [...carry.map(({ data }) => data), ...stacks];
    },
    derivative: {
      jvp: ({ body, carries, sequences, length, reverse }, inputs, _outputs, tangents, pushForward) => {
        const end = carries + sequences;
        const carryTangents = inputs.slice(0, carries).map((x, i) => (isFloat(x.dtype) ? orZero(tangents[i], x) : undefined));
        const madeCarry = fresh(carryTangents, body.arguments);
        const madeSequences = fresh(tangents.slice(carries, end), body.arguments.slice(carries));
        const madeCaptured = fresh(tangents.slice(end), inputs.slice(end));
        const base = [...body.captured, ...defined(madeCaptured)];
        let results: readonly Maybe[] = [];
        const [derived] = deriveGraphs([body], base, () => {
          const raw = pushForward(body.outputs, formals(body), [...madeCarry, ...madeSequences, ...madeCaptured]);
          const moved = body.outputs.slice(0, carries).flatMap((x, i) => (madeCarry[i] ? [orZero(raw[i], x)] : []));
          results = raw.slice(carries);
          return [
            {
              arguments: [
                ...body.arguments.slice(0, carries),
                ...defined(madeCarry),
                ...body.arguments.slice(carries),
                ...defined(madeSequences),
              ],
              outputs: [...body.outputs.slice(0, carries), ...moved, ...defined(results)],
            },
          ];
        });
        const moving = defined(carryTangents).length;
        const along = defined(tangents.slice(carries, end));
        const attributes: ScanAttributes = {
          body: derived,
          carries: carries + moving,
          sequences: sequences + along.length,
          length,
          reverse,
        };
        const out = apply(control.scan, attributes, [
          ...inputs.slice(0, carries),
          ...defined(carryTangents),
          ...inputs.slice(carries, end),
          ...along,
          ...inputs.slice(end),
          ...defined(tangents.slice(end)),
          ...derived.captured.slice(base.length),
        ]);
        const history = carries + moving + defined(results).length;
        return [
          ...spread(out.slice(carries, carries + moving), carryTangents),
          ...spread(out.slice(carries + moving, history), results),
          ...spread(out.slice(history + carries), carryTangents),
        ];
      },
      vjp: ({ body, carries, sequences, length, reverse }, inputs, outputs, cotangents, { pullBack, wanted }) => {
        const end = carries + sequences;
        const results = body.outputs.length - carries;
        const history = outputs.slice(carries + results);
        const resultCotangents = cotangents.slice(carries, carries + results);
        const historyCotangents = cotangents.slice(carries + results);
        const carryCotangents = outputs.slice(0, carries).map((x, i) => (isFloat(x.dtype) ? orZero(cotangents[i], x) : undefined));
        const sums = inputs.map((x, i) => (i >= end && wanted[i] ? x.fill(0) : undefined)).slice(end);
        const madeCarry = fresh(carryCotangents, body.arguments);
        const madeSums = fresh(sums, inputs.slice(end));
        const madeResults = fresh(resultCotangents, body.outputs.slice(carries));
        const madeHistory = fresh(historyCotangents, body.arguments);
        const [derived] = deriveGraphs([body], body.captured, () => {
          const sources = formals(body).map((x, i) => (i < carries ? madeCarry[i] && x : wanted[i] ? x : undefined));
          const pulled = spread(
            filled(pullBack(body.outputs, [...madeCarry, ...madeResults], defined(sources)), defined(sources)),
            sources,
          );
          const add = (x: Maybe, y: Maybe) => (x && y ? [x.add(y)] : x ? [x] : []);
          return [
            {
              arguments: [...defined(madeCarry), ...defined(madeSums), ...body.arguments, ...defined(madeResults), ...defined(madeHistory)],
              outputs: [
                ...pulled.slice(0, carries).flatMap((x, i) => add(x, madeHistory[i])),
                ...pulled.slice(end).flatMap((x, i) => add(x, madeSums[i])),
                ...defined(pulled.slice(carries, end)),
              ],
            },
          ];
        });
        const state = [...defined(carryCotangents), ...defined(sums)];
        const along = [...history, ...inputs.slice(carries, end), ...defined(resultCotangents), ...defined(historyCotangents)];
        const attributes: ScanAttributes = { body: derived, carries: state.length, sequences: along.length, length, reverse: !reverse };
        const out = apply(control.scan, attributes, [
          ...state,
          ...along,
          ...inputs.slice(end),
          ...derived.captured.slice(body.captured.length),
        ]);
        const moving = defined(carryCotangents).length;
        return [
          ...spread(out.slice(0, moving), carryCotangents),
          ...spread(out.slice(state.length), wanted.slice(carries, end)),
          ...spread(out.slice(moving, state.length), sums),
        ];
      },
    },
    batching: {
      batch: ({ body, carries, sequences, length, reverse }, operands, mapping) => {
        const { count, batch } = mapping;
        const end = carries + sequences;
        const isMapped = loopMapping(body, carries, operands);
        const captured = mappedFormals(body.captured, isMapped.slice(end), count);
        const depends = dependent(body, isMapped);
        const [over] = deriveGraphs([body], captured, () => {
          const made = mappedFormals(body.arguments, isMapped, count);
          const results = batch(body.outputs, formals(body), [...made, ...captured]);
          return [
            { arguments: made, outputs: body.outputs.map((y, i) => results[i] ?? (isMapped[i] && i < carries ? repeated(y, count) : y)) },
          ];
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
      },
    },
  }),
};

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

const mask = (present: readonly boolean[]) => present.map((there) => there || undefined);

const filled = (list: readonly Maybe[], like: readonly Tensor[]): Tensor[] => list.map((x, i) => orZero(x, like[i]));

/** Cotangents of the wanted inputs of a graph, at their places. */
function wantedOnly(
  pullBack: (outputs: readonly Tensor[], cotangents: readonly Maybe[], inputs: readonly Tensor[]) => readonly Maybe[],
  graph: Graph,
  cotangents: readonly Maybe[],
  wanted: readonly boolean[],
): readonly Maybe[] {
  const sources = formals(graph);
  const pulled = pullBack(
    graph.outputs,
    cotangents,
    sources.filter((_, i) => wanted[i]),
  );
  let next = 0;
  return sources.map((_, i) => (wanted[i] ? pulled[next++] : undefined));
}

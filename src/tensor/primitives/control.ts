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
import { argument, deriveGraphs, formals } from "../graph.js";
import { type Graph, type ReferenceArray, type StructuralPrimitive, structural } from "../primitive.js";
import { apply, type Tensor } from "../tensor.js";
import { isFloat, sizeOf, type TensorType } from "../types.js";
import { callOverAxis, condOverAxis, scanOverAxis, whileOverAxis } from "./control-batching.js";

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
    batching: { batch: callOverAxis },
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
    batching: { batch: (...rule) => condOverAxis(control.call, ...rule) },
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
    batching: { batch: whileOverAxis },
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
    batching: { batch: scanOverAxis },
  }),
};

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

/** Control flow that is traced: loops and branches inside a program, whose course depends on values. */
import { tracingError } from "./error.js";
import { closeGraphs, conform, type OpenGraph, traceGraph } from "./graph.js";
import { control } from "./primitives/control.js";
import { recordNodes } from "./recording.js";
import { apply, Tensor } from "./tensor.js";
import { showShape, showType, type TensorType } from "./types.js";

/** One tensor, or a list of tensors. */
export type TensorTree = Tensor | readonly Tensor[];

const listOf = (x: TensorTree): readonly Tensor[] => (x instanceof Tensor ? [x] : x);

/** `list` in the form of `like`. */
function inFormOf<T extends TensorTree>(like: T, list: readonly Tensor[]): T;
function inFormOf(like: TensorTree, list: readonly Tensor[]): TensorTree {
  return like instanceof Tensor ? list[0] : list;
}

/** Runs f on `list` and keeps the form of its result. */
function keepingForm<R extends TensorTree>(
  f: () => R,
): { readonly list: readonly Tensor[]; readonly rebuild: (list: readonly Tensor[]) => R } {
  const result = f();
  return { list: listOf(result), rebuild: (list) => inFormOf(result, list) };
}

/**
 * Calls a function as a named sub-graph: the same values as `f(...inputs)`, but the graph keeps it as one piece, with a name that
 * `explain` shows.
 *
 * @param f a function of tensors, with one tensor or a list of them as result; what it closes over becomes an input
 * @param inputs its arguments
 * @param options `name` (default: that of the function)
 * @example
 * ```ts
 * import { call, tensor } from "steepest";
 * call((x) => x.square().sum(), [tensor([3, 4])], { name: "energy" }).item(); // → 25
 * ```
 */
export function call<R extends TensorTree>(
  f: (...inputs: Tensor[]) => R,
  inputs: readonly Tensor[],
  options: { readonly name?: string } = {},
): R {
  const name = options.name ?? (f.name || "function");
  let rebuild: ((list: readonly Tensor[]) => R) | undefined;
  const open = traceGraph(
    name,
    inputs,
    (args) => {
      const kept = keepingForm(() => f(...args));
      rebuild = kept.rebuild;
      return kept.list;
    },
    false,
  );
  const [graph] = closeGraphs([open]);
  return rebuilt(rebuild, apply(control.call, { name, graph }, [...inputs, ...graph.captured]));
}

/**
 * One of two computations, by a truth value that is known only when the program runs: `whenTrue(...operands)` where `predicate`
 * holds, `whenFalse(...operands)` elsewhere. Only the branch taken is computed. Where a choice is to be made element by element, use
 * `condition.select(a, b)`.
 *
 * @param predicate a scalar of dtype bool
 * @param whenTrue gives one tensor or a list of them
 * @param whenFalse gives results of the same shapes and dtypes
 * @param operands arguments of both; branches may also close over tensors
 * @throws SteepestError where the branches give results of different types
 * @example
 * ```ts
 * import { cond, tensor } from "steepest";
 * const x = tensor(-3);
 * cond(x.lt(0), (y) => y.neg(), (y) => y.mul(2), x).item(); // → 3
 * ```
 */
export function cond<R extends TensorTree>(
  predicate: Tensor,
  whenTrue: (...operands: Tensor[]) => R,
  whenFalse: (...operands: Tensor[]) => R,
  ...operands: Tensor[]
): R {
  expectTruth("the predicate of cond", predicate);
  let rebuild: ((list: readonly Tensor[]) => R) | undefined;
  const trace = (f: (...operands: Tensor[]) => R) =>
    traceGraph(
      "a branch of cond",
      operands,
      (args) => {
        const kept = keepingForm(() => f(...args));
        rebuild ??= kept.rebuild;
        return kept.list;
      },
      false,
    );
  const yes = trace(whenTrue);
  const no = trace(whenFalse);
  // Numbers that a branch gives take the dtype of what the other gives.
  const types = yes.outputs.map((x, i) => (x.weak && no.outputs[i] ? { shape: x.shape, dtype: no.outputs[i].dtype } : x));
  const fitted = (branch: OpenGraph): OpenGraph => {
    const { result: outputs, nodes } = recordNodes(() => conform("a branch of cond", branch.outputs, types));
    return { ...branch, outputs, own: (node) => branch.own(node) || nodes.has(node) };
  };
  const [a, b] = closeGraphs([fitted(yes), fitted(no)]);
  return rebuilt(rebuild, apply(control.cond, { whenTrue: a, whenFalse: b }, [predicate, ...operands, ...a.captured]));
}

/**
 * Repeats `body` as long as `condition` holds:
 *
 *     carry = initial;  while (condition(carry)) carry = body(carry)
 *
 * Forward mode differentiates it; reverse mode cannot, since nobody knows beforehand how often it runs: use `scan` there. A
 * condition that never fails never returns.
 *
 * @param condition of the carry, a scalar of dtype bool; of a list, it takes the entries as arguments
 * @param body gives the next carry, of the same shapes and dtypes
 * @param initial one tensor or a list of them
 * @example
 * ```ts
 * import { tensor, whileLoop } from "steepest";
 * whileLoop((x) => x.lt(100), (x) => x.mul(2), tensor(3)).item(); // → 192
 * ```
 */
export function whileLoop<C extends TensorTree>(condition: (carry: C) => Tensor, body: (carry: C) => C, initial: C): C {
  const types = listOf(initial).map(strong);
  const test = traceGraph("the condition of whileLoop", types, (args) => [condition(inFormOf(initial, args))], true);
  expectTruth("the condition of whileLoop", test.outputs[0]);
  const step = traceGraph(
    "the body of whileLoop",
    types,
    (args) => conform("the body of whileLoop", listOf(body(inFormOf(initial, args))), types),
    true,
  );
  const [first, second] = closeGraphs([test, step]);
  return inFormOf(initial, apply(control.while, { condition: first, body: second }, [...listOf(initial), ...second.captured]));
}

/**
 * Carries values along sequences:
 *
 *     for i = 0 … length − 1:  (carry, y[i]) = body(carry, x[i])
 *
 * where x[i] is the i-th row of each sequence and the y[i] are stacked along a new first axis. All derivatives pass through;
 * reverse mode keeps the carries of all iterations.
 *
 * @param body gives the next carry, of the same shapes and dtypes, and the results of this iteration (`[]` for none)
 * @param initial the first carry: one tensor or a list of them (`[]` for none)
 * @param sequences one tensor or a list of them, of one length (`[]` for none, with `length`)
 * @param options `length` (default: that of the sequences), `reverse` (from the last row to the first, default false)
 * @returns the final carry and the stacked results
 * @throws SteepestError where lengths disagree, or the carry changes its type
 * @example
 * ```ts
 * import { scan, tensor } from "steepest";
 * const [total, partial] = scan((sum, x) => [sum.add(x), sum.add(x)], tensor(0), tensor([1, 2, 3]));
 * total.item(); // → 6
 * partial.toArray(); // → [1, 3, 6]
 * ```
 */
export function scan<C extends TensorTree, X extends TensorTree, Y extends TensorTree>(
  body: (carry: C, x: X) => readonly [C, Y],
  initial: C,
  sequences: X,
  options: { readonly length?: number; readonly reverse?: boolean } = {},
): [C, Y] {
  const carry = listOf(initial);
  const xs = listOf(sequences);
  const length = commonLength(xs, options.length);
  const types = carry.map(strong);
  const rows = xs.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }));
  let rebuild: ((list: readonly Tensor[]) => Y) | undefined;
  const open = traceGraph(
    "the body of scan",
    [...types, ...rows],
    (args) => {
      const [next, results] = body(inFormOf(initial, args.slice(0, carry.length)), inFormOf(sequences, args.slice(carry.length)));
      const kept = keepingForm(() => results);
      rebuild = kept.rebuild;
      return [...conform("the body of scan", listOf(next), types), ...kept.list];
    },
    true,
  );
  const [graph] = closeGraphs([open]);
  const attributes = { body: graph, carries: carry.length, sequences: xs.length, length, reverse: options.reverse ?? false };
  const outputs = apply(control.scan, attributes, [...carry, ...xs, ...graph.captured]);
  return [inFormOf(initial, outputs.slice(0, carry.length)), rebuilt(rebuild, outputs.slice(carry.length, graph.outputs.length))];
}

function commonLength(xs: readonly Tensor[], named: number | undefined): number {
  const flat = xs.find((x) => x.rank === 0);
  const length = named ?? xs[0]?.shape[0];
  if (flat !== undefined || length === undefined || !Number.isInteger(length) || length < 0 || xs.some((x) => x.shape[0] !== length))
    throw tracingError({
      problem: "scan does not know how often to run",
      expected: "sequences whose first axes are of one length, or the option `length`",
      received: `${xs.map((x) => showShape(x.shape)).join(", ") || "no sequence"}${named === undefined ? "" : ` and length ${named}`}`,
      fix: flat !== undefined ? "let the body close over what does not change from row to row" : undefined,
    });
  return length;
}

function expectTruth(what: string, x: Tensor): void {
  if (x.dtype !== "bool" || x.rank !== 0)
    throw tracingError({
      problem: `${what} is not one truth value`,
      expected: "a scalar of dtype bool",
      received: showType(x),
      fix: "compare, as in x.lt(y), on scalars",
    });
}

const strong = ({ shape, dtype }: Tensor): TensorType => ({ shape, dtype });

function rebuilt<R>(rebuild: ((list: readonly Tensor[]) => R) | undefined, list: readonly Tensor[]): R {
  if (rebuild === undefined) throw new Error("internal: a traced function did not run");
  return rebuild(list);
}

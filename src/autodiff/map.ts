/** `vmap`: a function of single elements becomes one of whole axes. */
import { tracingError } from "../tensor/error.js";
import { leaves } from "../tensor/primitives/leaves.js";
import { repeated } from "../tensor/repeat.js";
import { apply, Tensor } from "../tensor/tensor.js";
import { normalizeAxes, showType } from "../tensor/types.js";
import { batchGraph } from "./batch.js";
import type { Argument, Each } from "./function.js";

/** Along which axis a value is mapped; `null` where it is the same for all elements. */
export type MappedAxis = number | null;

export interface VmapOptions {
  /**
   * The mapped axis of every argument, or a list with one entry for each; −1 is the last axis. An argument with entry `null` is handed
   * over as it is, to all elements. Default 0.
   */
  readonly inAxes?: MappedAxis | readonly MappedAxis[];
  /** Where the mapped axis lies in the results, or a list with one entry for each where the result is a list. Default 0. */
  readonly outAxes?: number | readonly number[];
}

/**
 * Maps a function of tensors over an axis: f is written for one element, and the result takes all elements at once,
 *
 *     vmap(f)(x)[i] = f(x[i])
 *
 * It is a transform of the graph, not a loop: every operation takes the axis along, so that a product with a matrix becomes one with
 * more rows, and a convolution one with more images. Where elements differ in the course they take, `cond` computes both branches and
 * selects, and `whileLoop` runs until all are done, while those that are done keep what they have. Elements must not differ in shape.
 *
 * Arguments and result may be tensors, or arrays and records of them; numbers are the same for all elements, as is everything that f
 * closes over. It nests with itself and with the derivatives: `vmap(grad(f))` gives the gradient of each sample.
 *
 * @param f a function of tensors
 * @param options `inAxes` and `outAxes`, both 0 unless they are given
 * @returns a function of the same arguments, each with one axis more, whose results have one axis more
 * @throws SteepestError where an argument lacks the axis, or axes are of unequal length
 * @example
 * ```ts
 * import { grad, tensor, vmap } from "steepest";
 * const loss = (w, x) => w.mul(x).sum().square();
 * const w = tensor([1, 2]);
 * const samples = tensor([[1, 0], [0, 1], [1, 1]]);
 * vmap((x) => grad((v) => loss(v, x))(w))(samples).toArray(); // → [[2, 0], [0, 4], [6, 6]]
 * ```
 */
export function vmap<F extends (...x: Tensor[]) => unknown>(
  f: F,
  options?: VmapOptions,
): (...x: Each<Parameters<F>, Argument>) => ReturnType<F>;
export function vmap<A extends readonly unknown[], R>(f: (...args: A) => R, options?: VmapOptions): (...args: A) => R;
export function vmap(f: (...args: never[]) => unknown, options: VmapOptions = {}): (...args: unknown[]) => unknown {
  return (...args) => mapped(f, args, options);
}

function mapped(f: (...args: never[]) => unknown, args: readonly unknown[], { inAxes = 0, outAxes = 0 }: VmapOptions): unknown {
  if (Array.isArray(inAxes) && inAxes.length !== args.length)
    throw tracingError({
      problem: "inAxes of vmap does not fit the arguments",
      expected: `${args.length} entries`,
      received: JSON.stringify(inAxes),
    });
  const inputs: Tensor[] = [];
  const over: Tensor[] = [];
  const elements = args.map((arg, i) => {
    const axis: unknown = Array.isArray(inAxes) ? inAxes[i] : inAxes;
    return axis === null
      ? arg
      : overTensors(arg, (x) => {
          const value = axisFirst(x, axis);
          const type = { shape: value.shape.slice(1), dtype: x.dtype };
          const element = apply(leaves.argument, { index: inputs.length, type }, [], x.weak)[0];
          inputs.push(element);
          over.push(value);
          return element;
        });
  });
  const count = commonExtent(over);
  const result: unknown = Reflect.apply(f, undefined, elements);
  const outputs: Tensor[] = [];
  overTensors(result, (y) => {
    outputs.push(y);
    return y;
  });
  const values = batchGraph(outputs, inputs, over, count);
  let next = 0;
  const place = (tree: unknown, axis: number): unknown =>
    overTensors(tree, (y) => {
      const value = values[next++] ?? repeated(y, count);
      return axisAt(value, axis);
    });
  if (typeof outAxes === "number") return place(result, outAxes);
  if (!Array.isArray(result) || result.length !== outAxes.length)
    throw tracingError({
      problem: "outAxes of vmap does not fit the result",
      expected: Array.isArray(result) ? `${result.length} entries` : "one axis, since the function gives no list",
      received: JSON.stringify(outAxes),
    });
  return result.map((y, i) => place(y, outAxes[i]));
}

/** A tree with other tensors in it: arrays and records are entered, all else is left as it is. */
function overTensors(tree: unknown, f: (x: Tensor) => Tensor): unknown {
  if (tree instanceof Tensor) return f(tree);
  if (Array.isArray(tree)) return tree.map((entry) => overTensors(entry, f));
  if (typeof tree !== "object" || tree === null || Object.getPrototypeOf(tree) !== Object.prototype) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, entry]) => [name, overTensors(entry, f)]));
}

/** x with the named axis first. */
function axisFirst(x: Tensor, named: unknown): Tensor {
  const axis = typeof named === "number" && named < 0 ? named + x.rank : named;
  if (typeof axis !== "number" || !Number.isInteger(axis) || axis < 0 || axis >= x.rank)
    throw tracingError({
      problem: "vmap cannot map over this argument",
      expected: `a tensor that has axis ${String(named)}`,
      received: showType(x),
      fix: "name the axis of each argument in inAxes, with null for what is the same for all elements: vmap(f, { inAxes: [0, null] })",
    });
  return x.transpose([axis, ...Array.from({ length: x.rank }, (_, i) => i).filter((i) => i !== axis)]);
}

/** y with its first axis at another place. */
function axisAt(y: Tensor, named: number): Tensor {
  const [axis] = normalizeAxes(named, y.rank, "outAxes of vmap");
  const order = Array.from({ length: y.rank - 1 }, (_, i) => i + 1);
  order.splice(axis, 0, 0);
  return y.transpose(order);
}

function commonExtent(over: readonly Tensor[]): number {
  const count = over[0]?.shape[0];
  if (count === undefined)
    throw tracingError({ problem: "vmap has nothing to map over", expected: "a tensor among the arguments whose axis is not null" });
  if (over.some((x) => x.shape[0] !== count))
    throw tracingError({
      problem: "vmap maps over axes of one length",
      received: over.map((x) => x.shape[0]).join(", "),
      fix: "give inAxes null to what is the same for all elements",
    });
  return count;
}

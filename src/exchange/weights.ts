/** Weights of a model for other programs, and from them. */
import type { BuiltModel } from "../models/model.js";
import type { NamedArray } from "../models/weights.js";
import { SteepestError } from "../tensor/error.js";
import { dtypeOf, type HostData, showShape, sizeOf } from "../tensor/types.js";
import { inverseOrder, permuted } from "./axes.js";
import { type TensorForm, tensorForms } from "./pytorch-layout.js";
import { type ModuleNaming, moduleNames } from "./pytorch-names.js";

/** Whose names, and whose order of the axes. */
export interface WeightLayoutOptions {
  /** "steepest": as they are. "pytorch": names and axes of a `state_dict`. Default "steepest". */
  readonly layout?: "steepest" | "pytorch";
  /** What modules are called in PyTorch, see `ModuleNaming`. Default: those of the usual implementation for a ready model, else our own. */
  readonly names?: ModuleNaming;
}

/** A model with weights: a run of `fit`, or one that `loadRun` has read. */
export interface WeightedModel {
  readonly model: BuiltModel;
  readonly weights: ReadonlyMap<string, HostData> | readonly NamedArray[];
}

/**
 * The weights of a run, running statistics included, as arrays with names: `writeSafetensors` makes a file of them. In the layout of PyTorch they are what
 * `load_state_dict` takes: filters [out, in, height, width], dense weights [out, in], and after flatten() the features of an image channel by channel, as
 * PyTorch flattens it. A model of one's own has them under the names of our layers (`conv1.weight`, `batchNorm1.running_mean`), or under `names`.
 *
 * The modules must compute the same: padding "same" with strides, for instance, is not PyTorch's `padding=1` for each extent.
 *
 * @param run a run of `fit` or `loadRun`, or a built model with its weights
 * @param options `layout` ("steepest"), `names`
 * @throws SteepestError for names of layers that the model does not have, and for layers after flatten() that cannot be brought to PyTorch's order
 * @example
 * ```ts
 * import { fit, mlp } from "steepest";
 * import { digits } from "steepest/data";
 * import { exportWeights } from "steepest/exchange";
 * const run = await fit(mlp({ hidden: [16] }), digits({ train: 64, test: 16 }), { epochs: 1 });
 * exportWeights(run, { layout: "pytorch" }).map(({ name, shape }) => `${name} ${shape}`);
 * // → ["1.weight 16,784", "1.bias 16", "3.weight 10,16", "3.bias 10"]
 * ```
 */
export function exportWeights({ model, weights }: WeightedModel, options: WeightLayoutOptions = {}): NamedArray[] {
  const held = heldWeights({ weights });
  return formsOf(model, options).map(({ path, name, theirs, split, order }) => {
    const data = held.get(path);
    if (data === undefined)
      throw new SteepestError({
        problem: `the weights lack ${path}`,
        expected: "all tensors of the model",
        received: [...held.keys()].join(", "),
      });
    return { name, shape: theirs, dtype: dtypeOf(data), data: permuted(data, split, order) };
  });
}

/** The weights by path. */
export const heldWeights = ({ weights }: Pick<WeightedModel, "weights">): ReadonlyMap<string, HostData> =>
  "get" in weights ? weights : new Map(weights.map(({ name, data }) => [name, data]));

/**
 * Weights from another program for a model: `fit(model, data, { weights: importWeights(model.build(shape), arrays, { layout: "pytorch" }) })`.
 * PyTorch's `num_batches_tracked`, which nothing depends on, may be there.
 *
 * @param model built for the shape of its input
 * @param arrays what `readSafetensors` gives as `arrays`
 * @param options `layout` ("steepest"), `names`
 * @returns the weights by our paths
 * @throws SteepestError that lists what is missing, unexpected, or of another shape
 * @example
 * ```ts
 * import { dense, sequential } from "steepest";
 * import { importWeights } from "steepest/exchange";
 * const model = sequential(dense(2)).build([3]);
 * const weight = { name: "0.weight", shape: [2, 3], dtype: "f32", data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
 * const bias = { name: "0.bias", shape: [2], dtype: "f32", data: Float32Array.of(0, 1) } as const;
 * importWeights(model, [weight, bias], { layout: "pytorch", names: "sequential" }).get("dense1.weight"); // → [1, 4, 2, 5, 3, 6]
 * ```
 */
export function importWeights(model: BuiltModel, arrays: readonly NamedArray[], options: WeightLayoutOptions = {}): Map<string, HostData> {
  const forms = formsOf(model, options);
  const offered = new Map(arrays.map((array) => [array.name, array]));
  const wanted = new Set(forms.map(({ name }) => name));
  const missing = forms.filter(({ name }) => !offered.has(name)).map(({ name }) => name);
  const unexpected = [...offered.keys()].filter((name) => !wanted.has(name) && !isCount(name, options));
  const misshapen: string[] = [];
  const taken = new Map<string, HostData>();
  for (const { path, name, theirs, split, order } of forms) {
    const array = offered.get(name);
    if (array === undefined) continue;
    if (array.shape.join() !== theirs.join() || array.data.length !== sizeOf(theirs))
      misshapen.push(`${name} ${showShape(array.shape)} instead of ${showShape(theirs)}`);
    else
      taken.set(
        path,
        permuted(
          array.data,
          order.map((axis) => split[axis]),
          inverseOrder(order),
        ),
      );
  }
  const problems = [list("missing", missing), list("unexpected", unexpected), list("of another shape", misshapen)].filter(
    (line) => line !== "",
  );
  if (problems.length === 0) return taken;
  throw new SteepestError({
    problem: `these weights do not fit ${model.name}`,
    expected: list(
      `${forms.length} tensors`,
      forms.map(({ name, theirs }) => `${name} ${showShape(theirs)}`),
    ),
    received: problems.join("; "),
    fix: 'say what the modules are called: names: { dense1: "fc" }, or names: "sequential"',
  });
}

const formsOf = (model: BuiltModel, { layout = "steepest", names }: WeightLayoutOptions): TensorForm[] => {
  if (layout === "pytorch") return tensorForms(model, moduleNames(model, names));
  if (layout !== "steepest")
    throw new SteepestError({
      problem: "there is no such layout of weights",
      expected: '"steepest" or "pytorch"',
      received: String(layout),
    });
  if (names !== undefined)
    throw new SteepestError({
      problem: "names are those of modules in PyTorch",
      expected: 'layout: "pytorch"',
      received: 'layout: "steepest"',
    });
  return [...model.parameters, ...model.state].map(({ path, shape }) => ({
    path,
    shape,
    name: path,
    theirs: shape,
    split: shape,
    order: shape.map((_, axis) => axis),
  }));
};

const isCount = (name: string, { layout }: WeightLayoutOptions): boolean => layout === "pytorch" && name.endsWith(".num_batches_tracked");

const list = (what: string, names: readonly string[]): string =>
  names.length === 0 ? "" : `${what}: ${names.slice(0, 24).join(", ")}${names.length > 24 ? `, and ${names.length - 24} more` : ""}`;

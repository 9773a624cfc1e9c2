/** Weights by name, from one model to another. */
import { chosenFrom, type Selection } from "../optimizers/wrappers/selection.js";
import { SteepestError } from "../tensor/error.js";
import { type DType, type HostData, type Shape, showShape, sizeOf } from "../tensor/types.js";

/** A named array, such as the weights of one layer. */
export interface NamedArray {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: HostData;
}

/** Tensors by name: `run.weights`, or what `loadRun` gives as `weights`. */
export type NamedWeights =
  | ReadonlyMap<string, ArrayLike<number>>
  | readonly { readonly name: string; readonly shape?: Shape; readonly data: ArrayLike<number> }[];

/** Weights for part of a model. */
export interface PartialWeights {
  readonly from: NamedWeights;
  /** Which of the model's tensors are taken, `"conv*"` for instance; the others start as their layers say. Default: all. */
  readonly only?: Selection;
  /** Whether all that is wanted must be there, and (without `only`) nothing else. Default true. */
  readonly strict?: boolean;
}

/** What a model starts from. */
export type StartingWeights = NamedWeights | PartialWeights;

/** A tensor that a model has room for. */
export interface WantedTensor {
  readonly path: string;
  readonly shape: Shape;
  readonly offset: number;
}

/**
 * The tensors of a model that given weights stand for, by path.
 *
 * @param wanted all tensors of the model, learned and carried
 * @throws SteepestError that lists what is missing, what the model does not have, and what has another shape
 */
export function matchWeights(given: StartingWeights, wanted: readonly WantedTensor[]): ReadonlyMap<string, ArrayLike<number>> {
  const { from, only, strict = true } = "from" in given ? given : { from: given };
  const offered = new Map<string, { readonly data: ArrayLike<number>; readonly shape?: Shape }>(
    from instanceof Map ? [...from].map(([name, data]) => [name, { data }]) : Array.from(listed(from), ({ name, ...rest }) => [name, rest]),
  );
  const chosen = only === undefined ? wanted : [...chosenFrom("weights", wanted, only)];
  const missing = chosen.filter(({ path }) => !offered.has(path)).map(({ path }) => path);
  const known = new Set(wanted.map(({ path }) => path));
  const unexpected = only === undefined ? [...offered.keys()].filter((name) => !known.has(name)) : [];
  const taken = new Map<string, ArrayLike<number>>();
  const misshapen: string[] = [];
  for (const { path, shape } of chosen) {
    const one = offered.get(path);
    if (one === undefined) continue;
    if (one.data.length !== sizeOf(shape) || (one.shape !== undefined && one.shape.join() !== shape.join()))
      misshapen.push(`${path} ${one.shape ? showShape(one.shape) : `of ${one.data.length} numbers`} instead of ${showShape(shape)}`);
    else taken.set(path, one.data);
  }
  const problems = [
    ...(strict ? [list("missing", missing), list("not in the model", unexpected)] : []),
    list("of another shape", misshapen),
  ].filter((line) => line !== undefined);
  if (problems.length > 0)
    throw new SteepestError({
      problem: "these weights do not fit the model",
      expected: `${chosen.length} tensors: ${brief(chosen.map(({ path, shape }) => `${path} ${showShape(shape)}`))}`,
      received: problems.join("; "),
      fix:
        misshapen.length > 0
          ? 'leave out what differs: weights: { from, only: ["conv*", …] }'
          : "take what there is: weights: { from, strict: false }, or name it: { from, only }",
    });
  if (taken.size === 0)
    throw new SteepestError({
      problem: "none of these weights belongs to the model",
      expected: brief(wanted.map(({ path }) => path)),
      received: brief([...offered.keys()]),
    });
  return taken;
}

/** Arrays with names, as a run folder keeps them. */
function listed(from: NamedWeights) {
  if (Array.isArray(from)) return from;
  throw new SteepestError({
    problem: "these are no weights",
    expected: "a map from names to numbers, such as run.weights, or the list that loadRun gives",
    received: String(from),
  });
}

const list = (what: string, names: readonly string[]): string | undefined => (names.length === 0 ? undefined : `${what}: ${brief(names)}`);

const brief = (names: readonly string[]): string =>
  names.length <= 12 ? names.join(", ") : `${names.slice(0, 12).join(", ")}, and ${names.length - 12} more`;

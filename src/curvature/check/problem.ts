/** What a gradient check needs of an objective: plain functions of a vector, with the names of its parts. */
import type { HostObjective, Objective } from "../../objectives/objective.js";
import type { ParameterEntry } from "../../optimizers/parameters.js";
import { sizeOf } from "../../tensor/types.js";
import type { Branch } from "./branches.js";
import { TracedProblem } from "./traced-problem.js";

/** A function of a flat vector θ with a gradient of its own. */
export interface GradientProblem {
  value(theta: Float64Array): number;
  gradient(theta: Float64Array): Float64Array;
  /** A name for each coordinate of θ. */
  readonly names?: readonly string[];
  /** The named tensors that θ is made up of, each with a verdict of its own. Default: one that is θ. */
  readonly tensors?: readonly Pick<ParameterEntry, "path" | "shape" | "offset">[];
  /** H(θ)·v, judged as well where it is given. */
  hessianProduct?(theta: Float64Array, direction: Float64Array): Float64Array;
  /** The gradient as the program computes it in float32, where `gradient` is the same in float64. */
  singleGradient?(theta: Float64Array): Float64Array;
  /** Which way each operation with a kink went. */
  branches?(theta: Float64Array): readonly Branch[];
}

/** A named part of θ. */
export interface TensorPart {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/** An objective as the gradient check takes it. */
export function problemOf(objective: GradientProblem | Objective | HostObjective): GradientProblem {
  if (!("kind" in objective)) return objective;
  if (objective.kind === "host") return { value: (x) => objective.value(x), gradient: (x) => Float64Array.from(objective.gradient(x)) };
  return new TracedProblem(objective);
}

/** The tensors of θ; one for all of it where the problem names none. */
export function partsOf({ tensors }: GradientProblem, size: number): TensorPart[] {
  if (tensors === undefined) return [{ name: "θ", shape: [size], offset: 0, size }];
  return tensors.map(({ path, shape, offset }) => ({ name: path, shape, offset, size: sizeOf(shape) }));
}

/** `weight[2, 0]`, or the name alone for a scalar. */
export function coordinateName({ name, shape, offset }: TensorPart, index: number): string {
  let rest = index - offset;
  const places: number[] = [];
  for (const extent of [...shape].reverse()) {
    places.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return shape.length === 0 ? name : `${name}[${places.join(", ")}]`;
}

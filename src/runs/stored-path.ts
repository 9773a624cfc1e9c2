/** The path of a training as named arrays: what a run folder keeps of it, and back. */
import { TrainingPath } from "../descent/training-path.js";
import type { ParameterLayout } from "../models/layout.js";
import type { NamedArray } from "../models/weights.js";
import { SteepestError } from "../tensor/error.js";
import { allocate, type HostData } from "../tensor/types.js";

const [steps, losses] = ["steps", "losses"];

/** `steps` and `losses`, and each parameter by its path with the points as its first axis; without the gaps of θ. */
export function pathArrays(path: TrainingPath, { entries, dtype }: ParameterLayout): NamedArray[] {
  const points = path.length;
  return [
    { name: steps, shape: [points], dtype: "f64", data: path.steps },
    { name: losses, shape: [points], dtype: "f64", data: path.losses },
    ...entries.map(({ path: name, shape, offset, size }) => {
      const data: HostData = allocate(dtype, points * size);
      for (let i = 0; i < points; i++) data.set(path.data.subarray(i * path.stride + offset, i * path.stride + offset + size), i * size);
      return { name, shape: [points, ...shape], dtype, data };
    }),
  ];
}

/**
 * @param where the file, for messages
 * @throws SteepestError for arrays that are not those of a path through these parameters
 */
export function pathFrom(arrays: readonly NamedArray[], { entries, size: stride, dtype }: ParameterLayout, where: string): TrainingPath {
  const held = new Map(arrays.map((array) => [array.name, array]));
  const points = held.get(steps)?.data.length ?? 0;
  const arrayOf = (name: string, size: number): HostData => {
    const found = held.get(name);
    if (found === undefined || points === 0 || found.data.length !== points * size)
      throw new SteepestError({
        problem: "this is not the path of the run",
        expected: `${name}, with ${points * size} numbers`,
        received: found === undefined ? [...held.keys()].join(", ") : `${found.data.length}`,
        where,
      });
    return found.data;
  };
  const data = allocate(dtype, points * stride);
  for (const { path, offset, size } of entries) {
    const rows = arrayOf(path, size);
    for (let i = 0; i < points; i++) data.set(rows.subarray(i * size, (i + 1) * size), i * stride + offset);
  }
  return new TrainingPath(data, stride, Float64Array.from(arrayOf(steps, 1)), Float64Array.from(arrayOf(losses, 1)));
}

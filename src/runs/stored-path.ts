/** The path of a training as named arrays: what a run folder keeps of it, and back. */
import { TrainingPath } from "../descent/training-path.js";
import type { LayoutEntry } from "../models/layout.js";
import type { NamedArray } from "../models/weights.js";
import type { Training } from "../objectives/training.js";
import { SteepestError } from "../tensor/error.js";
import { allocate, type HostData } from "../tensor/types.js";

const [steps, losses] = ["steps", "losses"];

/** `steps` and `losses`, and each parameter and piece of carried state by its path with the points as its first axis; without gaps. */
export function pathArrays(path: TrainingPath, { layout, stateLayout, dtype }: Training): NamedArray[] {
  const points = path.length;
  const columnOf = (rows: HostData, stride: number, { path: name, shape, offset, size }: LayoutEntry): NamedArray => {
    const data: HostData = allocate(dtype, points * size);
    for (let i = 0; i < points; i++) data.set(rows.subarray(i * stride + offset, i * stride + offset + size), i * size);
    return { name, shape: [points, ...shape], dtype, data };
  };
  return [
    { name: steps, shape: [points], dtype: "f64", data: path.steps },
    { name: losses, shape: [points], dtype: "f64", data: path.losses },
    ...layout.entries.map((entry) => columnOf(path.data, path.stride, entry)),
    ...stateLayout.entries.map((entry) => columnOf(path.states, stateLayout.size, entry)),
  ];
}

/**
 * @param where the file, for messages
 * @throws SteepestError for arrays that are not those of a path of this training
 */
export function pathFrom(arrays: readonly NamedArray[], { layout, stateLayout, dtype }: Training, where: string): TrainingPath {
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
  const rowsOf = (entries: readonly LayoutEntry[], stride: number): HostData => {
    const data = allocate(dtype, points * stride);
    for (const { path, offset, size } of entries) {
      const rows = arrayOf(path, size);
      for (let i = 0; i < points; i++) data.set(rows.subarray(i * size, (i + 1) * size), i * stride + offset);
    }
    return data;
  };
  return new TrainingPath(rowsOf(layout.entries, layout.size), layout.size, {
    steps: Float64Array.from(arrayOf(steps, 1)),
    losses: Float64Array.from(arrayOf(losses, 1)),
    states: rowsOf(stateLayout.entries, stateLayout.size),
  });
}

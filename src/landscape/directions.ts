/** Directions in the space of the weights: random ones, and how they are scaled to a model. */
import { norm } from "../algebra/index.js";
import type { BuiltLayer } from "../models/layer.js";
import { kindOf } from "../models/layout.js";
import type { BuiltModel } from "../models/model.js";
import type { ParameterEntry, Parameters } from "../optimizers/parameters.js";
import { RandomStream } from "../tensor/random.js";
import { allocate, type HostData, sizeOf } from "../tensor/types.js";

/** How a random direction is scaled to the weights, see `normalisedDirection`. */
export type Normalisation = "filter" | "layer" | "none";

/** A parameter, and along which axis its filters are counted. */
export interface FilteredEntry extends ParameterEntry {
  /** Absent where all of it is one filter. */
  readonly filterAxis?: number;
}

/** The parameters of a model with the axes of their filters: units of dense layers, output channels of convolutions, symbols of embeddings. */
export function filteredEntries(entries: readonly ParameterEntry[], model?: BuiltModel): FilteredEntry[] {
  const axes = new Map<string, number>();
  const visit = (layers: readonly BuiltLayer[]) => {
    for (const { description, inner, parameters } of layers) {
      visit(inner);
      const axis = description?.type === "convTranspose2d" ? 2 : description?.type === "embedding" ? 0 : undefined;
      for (const { path, shape } of parameters) if (axis !== undefined && shape.length > axis) axes.set(path, axis);
    }
  };
  visit(model?.layers ?? []);
  return entries.map((entry) => {
    const last = entry.shape.length - 1;
    return last < 1 ? entry : { ...entry, filterAxis: axes.get(entry.path) ?? last };
  });
}

/** A standard normal number for each element of θ; the gaps hold 0. Each parameter has a stream of its own, named by its path. */
export function randomDirection({ size, dtype, entries }: Parameters, seed: number, index: number): HostData {
  const out = allocate(dtype, size);
  for (const { path, shape, offset } of entries)
    new RandomStream(seed, `landscape/${path}`, index).fillNormal(out.subarray(offset, offset + sizeOf(shape)), 0, 1);
  return out;
}

/**
 * A direction scaled to the weights θ, part by part (Li, Xu, Taylor, Studer and Goldstein: "Visualizing the Loss Landscape of Neural Nets", 2018, section 4):
 *
 *     filter   dᵢ ← dᵢ ‖wᵢ‖ / ‖dᵢ‖   for each filter i of each weight
 *     layer    d ← d ‖w‖ / ‖d‖       for each weight as a whole
 *     none     d as it is
 *
 * Biases, and scales and shifts of normalisations (all that is of kind "bias") are 0 in `filter` and `layer`: they are left as they are along the slice. A filter is what makes one
 * unit or channel of the output. Each norm is taken once, of the direction as it was given. Filters of length 0 have a direction of length 0.
 *
 * @param direction like θ, with its gaps
 */
export function normalisedDirection(
  direction: HostData,
  theta: ArrayLike<number>,
  entries: readonly FilteredEntry[],
  normalisation: Normalisation,
): HostData {
  if (normalisation === "none") return direction;
  const out = direction.slice().fill(0);
  for (const entry of entries) {
    const { shape, offset, kind = kindOf(shape) } = entry;
    if (kind === "bias") continue;
    const size = sizeOf(shape);
    const axis = normalisation === "filter" ? entry.filterAxis : undefined;
    const filters = axis === undefined ? 1 : shape[axis];
    // Element k of the weight belongs to filter (k / below) mod filters.
    const below = axis === undefined ? size : sizeOf(shape.slice(axis + 1));
    for (let filter = 0; filter < filters; filter++) {
      const places: number[] = [];
      for (let k = filter * below; k < size; k += filters * below) for (let l = 0; l < below; l++) places.push(offset + k + l);
      const length = norm(Float64Array.from(places, (at) => direction[at]));
      const scale = length === 0 ? 0 : norm(Float64Array.from(places, (at) => theta[at])) / length;
      for (const at of places) out[at] = direction[at] * scale;
    }
  }
  return out;
}

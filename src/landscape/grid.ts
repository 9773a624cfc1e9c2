/** Where the points of a landscape lie, and in which order they are computed: coarse first. */

/** `size` numbers from `low` to `high`, equally spaced; symmetric where the interval is. */
export function axisOf(size: number, [low, high]: readonly [number, number]): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => ((size - 1 - i) * low + i * high) / (size - 1));
}

/** A coarsest grid has about this many points along an axis. */
const COARSEST = 9;

/** How many points apart those of the grids lie, coarsest first: powers of two, down to 1. */
export function strides(size: number): number[] {
  const list = [1];
  while (Math.floor((size - 1) / (2 * list[0])) + 1 >= COARSEST) list.unshift(2 * list[0]);
  return list;
}

/** Of a grid of a stride: every so many places, and the last one. */
export function placesAlong(size: number, stride: number): number[] {
  const places = Array.from({ length: Math.ceil((size - 1) / stride) }, (_, i) => i * stride);
  return [...places, size - 1];
}

/**
 * The places of a grid of `size` points along each of one or two axes, grid by grid from coarse to fine. Each grid holds the ones before, so that no
 * point is computed twice; place j · size + i is point i of the first axis and j of the second.
 */
export function coarseToFine(size: number, axes: 1 | 2): { readonly stride: number; readonly places: number[] }[] {
  const seen = new Uint8Array(size ** axes);
  return strides(size).map((stride) => {
    const along = placesAlong(size, stride);
    const places = (axes === 1 ? [0] : along).flatMap((j) => along.map((i) => j * size + i)).filter((place) => seen[place] === 0);
    for (const place of places) seen[place] = 1;
    return { stride, places };
  });
}

/** `landscape`: the loss on rays and planes through the space of the weights. */
import type { ProgramOptions } from "../backends/wasm/threads/index.js";
import type { Path } from "../descent/run.js";
import { TrainingPath } from "../descent/training-path.js";
import type { Objective } from "../objectives/objective.js";
import type { HostData } from "../tensor/types.js";
import { AffineSlice, isAffine } from "./affine-slice.js";
import { planeDirections, rayDirection } from "./choices.js";
import { CompiledSlice } from "./compiled-slice.js";
import { axisOf, coarseToFine } from "./grid.js";
import { checkSliceOptions, isRay, PLANE, type PlaneOptions, RAY, type RayOptions } from "./options.js";
import { type LandscapeSubject, likeTheta, type Resolved, resolved } from "./resolve.js";
import type { LandscapePlane, LandscapeRay, PathOverSlice } from "./result.js";
import type { PlacedPlane, Slice } from "./slice.js";
import { pointOf, projected, windowAround } from "./trajectory.js";

/** Milliseconds between two reports. */
const REPORT = 300;

/**
 * The loss of a trained model, or of an objective, on a plane or along a ray through the space of its weights:
 *
 *     L(θ₀ + a d₁ + b d₂)
 *
 * L is the mean loss over records with the model as it is applied: without dropout and augmentation, with the running statistics of the run, without what a regulariser adds. All
 * points are computed in one compiled program on all threads, coarse grids first; the same arguments give the same bits for any number of threads. Where a model's outputs
 * are affine in its weights (one linear layer), three products serve the whole plane.
 *
 * The planes and rays:
 *
 * - `"random"`: standard normal numbers, scaled to the weights filter by filter (`normalise`); biases and normalisations stay as they are
 * - `"gradient"`: ∇L(θ₀) / ‖∇L(θ₀)‖, and as the second of a plane a random one at right angles to it, of length 1
 * - `"eigen"`: eigenvectors of the Hessian of L at θ₀ for its largest eigenvalues, of length 1 (see `hessianSpectrum`)
 * - `"pca"`: the plane through the last point of a recorded path that holds most of it. Its own error comes with it: the loss of each point of the path, what the plane shows
 *   below it, and how far from the plane it is
 * - `{ to: θ }`: the ray from θ₀ (a = 0) to another point (a = 1)
 * - directions of one's own, like θ
 *
 * @param subject a run of `fit`; a run that was loaded, together with `data`; or an objective
 * @param options see PlaneOptions and RayOptions
 * @throws SteepestError for unusable options, data that does not fit, and a plane of a path where none was recorded
 * @example
 * ```ts
 * import { dense, fit, flatten, landscape, relu, sequential } from "steepest";
 * import { digits } from "steepest/data";
 * const run = await fit(sequential(flatten(), dense(8), relu(), dense(10)), digits({ train: 100, test: 1 }));
 * const plane = await landscape(run, { plane: "random", size: 9 });
 * plane.values.length;               // → 81
 * plane.values[40] === plane.centre; // → true
 * ```
 */
export async function landscape(subject: LandscapeSubject | Objective, options: RayOptions): Promise<LandscapeRay>;
export async function landscape(subject: LandscapeSubject | Objective, options?: PlaneOptions): Promise<LandscapePlane>;
export async function landscape(
  subject: LandscapeSubject | Objective,
  options: PlaneOptions | RayOptions = {},
): Promise<LandscapePlane | LandscapeRay> {
  checkSliceOptions(options);
  const of = resolved(subject, options);
  const { normalise = of.model ? "filter" : "none", seed = 1 } = options;
  const isPrincipal = !isRay(options) && options.plane === "pca";
  const path = options.path ?? (isPrincipal ? of.path : undefined);
  const centre = options.at
    ? likeTheta(options.at, of.subject.parameters, "the centre `at`")
    : centreOf(of, isPrincipal ? path : undefined);
  const program: ProgramOptions = {
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.fast === undefined ? {} : { fast: options.fast }),
    ...(options.workerUrl === undefined ? {} : { workerUrl: options.workerUrl }),
  };
  const { signal } = options;
  const settings = { centre, normalise, seed, path, program: { ...program, ...(signal ? { signal } : {}) } };
  const slice =
    of.model && isAffine(of.model.training) ? await AffineSlice.open(of.model, program) : await CompiledSlice.open(of.subject, program);
  try {
    const shared = { of, slice, settings: { normalise, seed, program }, path, known: options.known, signal };
    if (isRay(options)) {
      const { onProgress, size = RAY, extent = isTo(options) ? [-0.5, 1.5] : 1 } = options;
      const direction = await rayDirection(of, options.ray, settings);
      const a = axisOf(size, windowOf(extent));
      const grid = { ...shared, placed: { centre, first: direction.vector }, a, b: undefined };
      const result = (found: Found): LandscapeRay => ({ kind: "ray", directions: [direction], ...found });
      return result(await explored(grid, onProgress && ((found, rest) => onProgress({ ...rest, slice: result(found) }))));
    }
    const { onProgress, size = PLANE, plane = "random", extent } = options;
    const directions = await planeDirections(of, plane, settings);
    const placed = { centre, first: directions[0].vector, second: directions[1].vector };
    const [windowA, windowB] = isPrincipal && path ? windowsOf(path, placed, extent) : [windowOf(extent ?? 1), windowOf(extent ?? 1)];
    const [a, b] = [axisOf(size, windowA), axisOf(size, windowB)];
    const result = (found: Found): LandscapePlane => ({ kind: "plane", directions, ...found, b });
    return result(
      await explored({ ...shared, placed, a, b }, onProgress && ((found, rest) => onProgress({ ...rest, slice: result(found) }))),
    );
  } finally {
    slice.close();
  }
}

/** What rays and planes have in common. */
type Found = Omit<LandscapeRay, "kind" | "directions">;

interface Grid {
  readonly of: Resolved;
  readonly slice: Slice;
  readonly settings: { readonly normalise: LandscapeRay["normalisation"]; readonly seed: number; readonly program: ProgramOptions };
  readonly placed: PlacedPlane;
  readonly a: Float64Array;
  /** Absent for rays. */
  readonly b: Float64Array | undefined;
  readonly path: Path | undefined;
  readonly known: ArrayLike<number> | undefined;
  readonly signal: AbortSignal | undefined;
}

type Report = (found: Found, rest: { readonly done: number; readonly total: number; readonly seconds: number }) => void;

async function explored(grid: Grid, report: Report | undefined): Promise<Found> {
  const { of, slice, settings, placed, a, b, known, signal } = grid;
  const began = performance.now();
  const size = a.length;
  const values = Float64Array.from({ length: b ? size * size : size }, (_, i) => known?.[i] ?? Number.NaN);
  await slice.place(placed);
  const [centre] = (await slice.losses(Float64Array.of(0, 0))).losses;
  let stride = 0;
  let done = values.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0);
  const found = (path?: PathOverSlice): Found => ({
    ...{ name: of.name, size, a, values: values.slice(), centre: finiteOr(centre), normalisation: settings.normalise, seed: settings.seed },
    ...(of.model ? { records: of.model.records } : {}),
    ...{ done, complete: done === values.length, stride },
    ...(path ? { path } : {}),
  });
  let some = 1;
  for (const level of coarseToFine(size, b ? 2 : 1)) {
    const missing = level.places.filter((place) => Number.isNaN(values[place]));
    for (let from = 0; from < missing.length; ) {
      if (signal?.aborted) return found();
      const places = missing.slice(from, from + some);
      const start = performance.now();
      const result = await slice.losses(coordinatesOf(places, a, b), signal);
      for (let i = 0; i < result.done; i++) values[places[i]] = finiteOr(result.losses[i]);
      done += result.done;
      from += result.done;
      if (result.done < places.length) return found();
      // Only how often there is a report depends on the clock.
      some = Math.max(1, Math.min(4 * some, Math.round((some * REPORT) / Math.max(1e-3, performance.now() - start))));
      if (from === missing.length) stride = level.stride;
      report?.(found(), { done, total: values.length, seconds: (performance.now() - began) / 1000 });
    }
    stride = level.stride;
  }
  return found(grid.path && (await pathOver(grid, grid.path)));
}

/** A point where the loss is no number lies as high as one can: NaN stands for what is not known yet. */
const finiteOr = (loss: number): number => (Number.isFinite(loss) ? loss : Number.POSITIVE_INFINITY);

function coordinatesOf(places: readonly number[], a: Float64Array, b: Float64Array | undefined): Float64Array {
  const out = new Float64Array(2 * places.length);
  places.forEach((place, p) => {
    out[2 * p] = a[place % a.length];
    out[2 * p + 1] = b ? b[Math.floor(place / a.length)] : 0;
  });
  return out;
}

/** The points of a path over a slice: their own losses, and those of the points of the slice below them. */
async function pathOver({ of, slice, placed, settings }: Grid, path: Path): Promise<PathOverSlice> {
  const { a, b, distance } = projected(path, placed);
  const below = Float64Array.from({ length: 2 * path.length }, (_, i) => (i % 2 === 0 ? a : b)[i >> 1]);
  const sliceLoss = (await slice.losses(below)).losses.map(finiteOr);
  const loss = new Float64Array(path.length);
  const points = await CompiledSlice.open(of.subject, settings.program);
  try {
    for (let i = 0; i < path.length; i++) {
      const state = path instanceof TrainingPath && path.states.length > 0 ? { state: path.stateAt(i) } : {};
      await points.place({ centre: pointOf(path, i), first: placed.first, ...state });
      loss[i] = finiteOr((await points.losses(Float64Array.of(0, 0))).losses[0]);
    }
  } finally {
    points.close();
  }
  const steps = path instanceof TrainingPath ? path.steps : Float64Array.from({ length: path.length }, (_, i) => i);
  return { steps, a, b, distance, loss, sliceLoss };
}

const windowOf = (extent: number | readonly [number, number]): readonly [number, number] =>
  typeof extent === "number" ? [-extent, extent] : extent;

/** The windows of the plane of a path: they hold its points, widened about their middles. */
function windowsOf(path: Path, placed: PlacedPlane, extent: PlaneOptions["extent"]): (readonly [number, number])[] {
  if (typeof extent === "object") return [extent, extent];
  const { a, b } = projected(path, placed);
  return [a, b].map((places) => {
    const [low, high] = windowAround(places);
    const [middle, half] = [(low + high) / 2, ((extent ?? 1) * (high - low)) / 2];
    return [middle - half, middle + half];
  });
}

const centreOf = ({ theta }: Resolved, path: Path | undefined): HostData => (path ? pointOf(path, path.length - 1) : theta);

const isTo = ({ ray }: RayOptions): boolean => typeof ray === "object" && ray !== null && "to" in ray;

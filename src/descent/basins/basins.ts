/** `basins`: which minimum descents reach from each point of a window. */
import { type CriticalPoints, criticalPoints, type Interval, type PointIn, type Searched } from "../../analysis/index.js";
import { windowed } from "../../analysis/window.js";
import type { Constants } from "../../objectives/formula/function-parser.js";
import { gd } from "../../optimizers/gradient-descent.js";
import type { Optimizer } from "../../optimizers/optimizer.js";
import { descendMany } from "../many.js";
import { checkOptionNames } from "../option-names.js";
import { settingsOf, unusable } from "../settings.js";
import { Arrivals, type ReachedMinimum } from "./arrivals.js";

/** Two intervals, in the order of the variables or by name. */
export type PlaneWindow = readonly [Interval, Interval] | Readonly<Record<string, Interval>>;

export interface BasinsOptions<W extends PlaneWindow = PlaneWindow, C extends Constants = Constants> {
  /** Where descents start: `[[-5, 5], [-5, 5]]`, or `{ x: [-5, 5], y: [-5, 5] }`. */
  readonly window: W;
  /** The rule with its rate. Default `gd()`. */
  readonly optimizer?: Optimizer;
  /** Starts along each axis, at the middles of cells, or along x and along y. Default 256. */
  readonly size?: number | readonly [columns: number, rows: number];
  /** Most steps of each descent. Default 200. */
  readonly steps?: number;
  /** A descent ends where ‖∇f‖₂ is at most this. Default 1e-6. */
  readonly tolerance?: number;
  /** What a closure would hold. */
  readonly constants?: C;
  /** Told after each piece of the map. */
  readonly onProgress?: (progress: { readonly done: number; readonly starts: number }) => void;
  /** Ends it with an error of the signal's own. */
  readonly signal?: AbortSignal;
}

export interface BasinMap<P> {
  readonly x: Interval;
  readonly y: Interval;
  /** The names of the variables, where the window has them. */
  readonly names?: readonly [string, string];
  readonly columns: number;
  readonly rows: number;
  /** Row by row from the lowest y on: the number of the minimum that is reached from there; −1 where the descent diverges, −2 where it has arrived at none. */
  readonly reached: Int16Array;
  /** Steps that each descent did. */
  readonly steps: Int32Array;
  readonly minima: readonly ReachedMinimum<P>[];
  /** Shares of all starts that diverge, and that arrive at no minimum. */
  readonly diverged: number;
  readonly underWay: number;
  /** All critical points that were found in the window. */
  readonly critical: CriticalPoints<P>;
  readonly optimizer: string;
  /** Most steps of each. */
  readonly limit: number;
  /** All of it in a few words. */
  readonly diagnosis: string;
}

/** Descents of one program: their numbers stay in the caches, and others get their turn between two. */
const PIECE = 4096;
const MOST = 4096;

/**
 * Which minimum a descent reaches from where: from the middle of each cell of a window the rule does its steps, all of them in one compiled program, and every end is
 * told by the critical points of f (`criticalPoints`). An end belongs to a minimum that lies within a quarter of the distance to the next critical point (and a twentieth of the
 * window), in a valley of minima to any point as low. Minima outside the window count where descents have ended there and the Hessian says that they are.
 *
 * The descents are those of `minimize`, bit for bit. f is a function of two variables: a formula, a plain function, or what `trace(f, start)` gives.
 *
 * @throws SteepestError for a window, size or options that cannot be used
 * @example
 * ```ts
 * import { basins, gd } from "steepest";
 * const map = await basins("(x^2 - 1)^2 + y^2", { window: { x: [-2, 2], y: [-1, 1] }, optimizer: gd({ learningRate: 0.05 }), size: 32 });
 * map.minima.map(({ point, share }) => [Math.round(point.x), share]); // → [[-1, 0.5], [1, 0.5]]
 * map.reached[0] === map.reached[31];                    // → false
 * ```
 */
export async function basins<const W extends PlaneWindow, C extends Constants = Constants>(
  f: Searched,
  options: BasinsOptions<W, C>,
): Promise<BasinMap<PointIn<W>>> {
  checkOptionNames("basins", options, names);
  const { window, constants, optimizer = gd(), size = 256, steps = 200, tolerance, onProgress, signal } = options;
  const [columns, rows] = typeof size === "number" ? [size, size] : size;
  for (const extent of [columns, rows])
    if (!Number.isInteger(extent) || extent < 1 || extent > MOST) throw unusable("size", `whole numbers from 1 to ${MOST}`, extent);
  const { objective, low, width, point } = windowed(f, window, constants);
  if (low.length !== 2) throw unusable("window", "two intervals: basins are maps of functions of two variables", `${low.length}`);
  const settings = settingsOf({ optimizer, steps, ...(tolerance === undefined ? {} : { tolerance }) }, 2, 1);
  const critical = criticalPoints(f, { window, ...(constants === undefined ? {} : { constants }) });
  const thetas = critical.points.map((each) => coordinates(each.point));
  const arrivals = new Arrivals(objective, { low, width }, critical, thetas, point);

  const all = columns * rows;
  const reached = new Int16Array(all);
  const taken = new Int32Array(all);
  const counts = new Map<number, number>();
  const startAt = (i: number) =>
    Float64Array.of(low[0] + (width[0] * ((i % columns) + 0.5)) / columns, low[1] + (width[1] * (Math.floor(i / columns) + 0.5)) / rows);
  for (let from = 0; from < all; from += PIECE) {
    // Others get their turn.
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    const starts = Array.from({ length: Math.min(PIECE, all - from) }, (_, i) => startAt(from + i));
    const { statuses, thetas: ends, losses, steps: done } = descendMany(objective, starts, settings, undefined, false);
    for (let i = 0; i < starts.length; i++) {
      const status = statuses[i];
      const to = arrivals.of({
        theta: [ends[2 * i], ends[2 * i + 1]],
        loss: losses[i],
        isDiverged: status === "diverged",
        hasEnded: status !== "step-limit",
      });
      reached[from + i] = to;
      taken[from + i] = done[i];
      counts.set(to, (counts.get(to) ?? 0) + 1);
    }
    onProgress?.({ done: from + starts.length, starts: all });
  }
  const map = {
    x: [low[0], low[0] + width[0]],
    y: [low[1], low[1] + width[1]],
    ...(Array.isArray(window) ? {} : { names: namesOf(window) }),
    ...{ columns, rows, reached, steps: taken, critical },
    minima: arrivals.minima(counts, all),
    diverged: (counts.get(-1) ?? 0) / all,
    underWay: (counts.get(-2) ?? 0) / all,
    optimizer: optimizer.name,
    limit: settings.steps,
  } as const;
  return { ...map, diagnosis: diagnosisOf(map) };
}

const names = ["window", "optimizer", "size", "steps", "tolerance", "constants", "onProgress", "signal"];

/** θ of a point: its numbers in the order of the window. */
const coordinates = (point: unknown): number[] => Object.values(Object(point)).map(Number);

function namesOf(window: PlaneWindow): readonly [string, string] {
  const [x = "x", y = "y"] = Object.keys(window);
  return [x, y];
}

function diagnosisOf(map: Pick<BasinMap<unknown>, "minima" | "diverged" | "underWay" | "columns" | "rows" | "limit">): string {
  const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
  const reached = map.minima.filter(({ share }) => share > 0);
  const arrived = reached.reduce((sum, { share }) => sum + share, 0);
  const outside = reached.filter(({ isInWindow }) => !isInWindow).length;
  const sentences = [
    reached.length === 0
      ? `None of ${map.columns} × ${map.rows} starts has arrived at a minimum within ${map.limit} steps.`
      : `Of ${map.columns} × ${map.rows} starts ${percent(arrived)} arrive at ${reached.length === 1 ? "one minimum" : `${reached.length} minima`}${outside > 0 ? `, ${outside} of them outside the window` : ""}.`,
  ];
  if (map.diverged > 0) sentences.push(`${percent(map.diverged)} diverge.`);
  if (map.underWay > 0 && reached.length > 0) sentences.push(`${percent(map.underWay)} have arrived at none within ${map.limit} steps.`);
  return sentences.join(" ");
}

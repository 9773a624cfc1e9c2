/** `restore`: an image from a degraded one, as the minimum of an energy. */
import { openProgram } from "../backends/wasm/threads/index.js";
import type { Image } from "../data/images/image.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { nearest, SteepestError } from "../tensor/error.js";
import { fromHost, Tensor } from "../tensor/tensor.js";
import { type HostData, sameShape, showShape } from "../tensor/types.js";
import type { RestorationEnergy } from "./energies.js";
import { imageTensor, isPicture, tensorImage } from "./pictures.js";
import { decibels, ssim } from "./quality.js";
import { dualProjection, fista } from "./solvers/dual.js";
import { byOptimizer, usualOptimizer } from "./solvers/gradient.js";
import { primalDual } from "./solvers/primal-dual.js";
import { type Method, problemOf, type RestorationProblem } from "./solvers/problem.js";

export type RestorationStatus = "converged" | "step-limit" | "diverged" | "aborted";

/** What is known after some iterations. */
export interface RestorationLook {
  readonly iteration: number;
  readonly energy: number;
  /** An upper bound of the energy's distance from its minimum; undefined where the method has none. */
  readonly gap: number | undefined;
  /** Decibels, where a reference is given. */
  readonly psnr: number | undefined;
}

export interface RestoreOptions {
  /**
   * `"primal-dual"` (Chambolle and Pock; the default where the regulariser has a dual), `"fista"` or `"chambolle"` (on the dual; squares of all pixels),
   * or an optimizer of the library for smooth energies.
   */
  readonly method?: "primal-dual" | "fista" | "chambolle" | Optimizer;
  /** Most iterations. Default 1,000. */
  readonly iterations?: number;
  /** Ends when the gap is at most this share of the energy; without a gap, when the gradient's norm is this share of its first. Default 1e-4. */
  readonly tolerance?: number;
  /** Iterations between two looks at the gap. Default 10. */
  readonly every?: number;
  /** The true image: the history tells the distance from it. */
  readonly reference?: Tensor | Image;
  /**
   * Values that the image may have, [low, high]. Default: 0 to 1 or as wide as the data, where the data term leaves pixels free (mask, blur, reduction, l1,
   * poisson); none for squares of all pixels. The gap is that of the problem with this bound.
   */
  readonly range?: readonly [number, number];
  /** The image to begin with. Default: the data. */
  readonly start?: Tensor;
  /** Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /** Ends after the iterations under way, with the image as it is. */
  readonly signal?: AbortSignal;
  /** Told of each look. */
  readonly progress?: (look: RestorationLook) => void;
}

/** What `restore` gives: `I` is a picture where a picture was given, a tensor otherwise. */
export interface Restoration<I = Tensor | Image> {
  readonly image: I;
  /** The image before rounding. */
  readonly values: Tensor;
  readonly method: string;
  readonly lambda: number;
  readonly energy: number;
  /** An upper bound of the energy's distance from its minimum; undefined where the method has none. */
  readonly gap: number | undefined;
  readonly iterations: number;
  readonly status: RestorationStatus;
  /** Of `values` against the reference. */
  readonly psnr?: number;
  /** Of `values` against the reference, where it has at least 11 × 11 pixels. */
  readonly ssim?: number;
  /** The start first. */
  readonly history: readonly RestorationLook[];
  readonly seconds: number;
}

const names = ["method", "iterations", "tolerance", "every", "reference", "range", "start", "threads", "signal", "progress"] as const;

/**
 * Restores an image: minimises an energy, whose data term holds it to what was given. An iteration is one compiled step, shared by threads; the caller's
 * thread does not wait.
 *
 * @param given a picture (its samples count from 0 to 1), or a tensor
 * @param energy `totalVariation({ lambda })`, `tikhonov`, `huberTotalVariation`, `smoothedTotalVariation`
 * @throws SteepestError for images with values that are not finite, methods that do not fit the energy, and options that cannot be used
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { restore, totalVariation } from "steepest/vision";
 * const { image, gap } = await restore(tensor([[0, 0, 0, 1, 1, 1]]), totalVariation({ lambda: 2 }), { tolerance: 1e-9 });
 * image.toArray(); // → [[0.1667, 0.1667, 0.1667, 0.8333, 0.8333, 0.8333]]
 * ```
 */
export function restore(given: Tensor, energy: RestorationEnergy, options?: RestoreOptions): Promise<Restoration<Tensor>>;
export function restore(given: Image, energy: RestorationEnergy, options?: RestoreOptions): Promise<Restoration<Image>>;
export async function restore(given: Tensor | Image, energy: RestorationEnergy, options: RestoreOptions = {}): Promise<Restoration> {
  const began = performance.now();
  checkOptions(options);
  const { iterations = 1000, tolerance = 1e-4, every = 10, signal, progress } = options;
  const values = asTensor(given, energy);
  checkFinite("the image", values);
  if (energy.fidelity.name === "poisson" && values.min().item() < 0)
    throw new SteepestError({
      problem: "there are no fewer than 0 photons",
      expected: "an image of values ≥ 0",
      received: `${values.min().item()}`,
      fix: "clip it: image.maximum(0)",
    });
  const reference = options.reference && asTensor(options.reference, energy).cast(values.dtype);
  if (reference) checkFinite("the reference", reference);
  if (options.start) checkFinite("the start", options.start);
  const problem = problemOf(energy, values, { range: options.range, start: options.start?.cast(values.dtype).data(), reference });
  for (const [what, image] of [
    ["the reference", reference],
    ["the start", options.start],
  ] as const)
    if (image && !sameShape(image.shape, problem.shape))
      throw new SteepestError({
        problem: `${what} does not fit the image`,
        expected: showShape(problem.shape),
        received: showShape(image.shape),
      });

  const history: RestorationLook[] = [];
  const take = (look: RestorationLook) => {
    history.push(look);
    progress?.(look);
  };
  const limits = { iterations, every, tolerance, signal, threads: options.threads, take };
  const method = methodFor(problem, options.method, iterations);
  const outcome = await iterate(method, limits);
  const result = fromHost(outcome.image, problem.shape, values.dtype);
  const last = history[history.length - 1];
  return {
    image: isPicture(given) ? tensorImage(result, { layout: energy.layout, depth: given.depth }) : result,
    values: result,
    method: method.name,
    lambda: energy.lambda,
    energy: last.energy,
    gap: last.gap,
    iterations: last.iteration,
    status: outcome.status,
    ...(reference ? qualityOf(result, reference, energy) : {}),
    history,
    seconds: (performance.now() - began) / 1000,
  };
}

function asTensor(image: Tensor | Image, { layout }: RestorationEnergy): Tensor {
  if (!isPicture(image)) return image;
  if (image.channels === 1 || image.channels === 3) return imageTensor(image, { layout });
  throw new SteepestError({
    problem: "what is transparent in a picture is nothing to restore",
    expected: "1 or 3 channels",
    received: `${image.channels}`,
    fix: `take it away with convertImage(image, { channels: ${image.channels - 1} }) of steepest/images`,
  });
}

function qualityOf(result: Tensor, reference: Tensor, { layout }: RestorationEnergy): { readonly psnr: number; readonly ssim?: number } {
  const error = result.cast("f64").sub(reference.cast("f64")).square().mean().item();
  const planar = result.rank === 3 && layout === "planar";
  const isWide = result.rank >= 2 && result.shape.slice(planar ? 1 : 0, planar ? 3 : 2).every((n) => n >= 11);
  return { psnr: decibels(error), ...(isWide ? { ssim: ssim(result, reference, { layout }) } : {}) };
}

function methodFor(problem: RestorationProblem, wanted: RestoreOptions["method"], iterations: number): Method {
  const { energy, seen, weights, range } = problem;
  const { dual, curvature } = energy.regularizer;
  const isSmooth = curvature !== undefined && energy.fidelity.name !== "l1";
  const refuse = (name: string, reason: string, fix: string): SteepestError =>
    new SteepestError({ problem: `${name} does not fit this energy: ${reason}`, fix });
  if (typeof wanted === "object") {
    if (!isSmooth)
      throw refuse(
        wanted.name,
        `${energy.name} with ${energy.fidelity.name} has kinks`,
        "take smoothedTotalVariation or huberTotalVariation with l2, or the method primal-dual",
      );
    return byOptimizer(problem, wanted, iterations);
  }
  if (wanted === undefined && dual === undefined && isSmooth) return byOptimizer(problem, usualOptimizer(problem), iterations);
  const name = wanted ?? "primal-dual";
  if (dual === undefined) throw refuse(name, `${energy.name} has no dual in closed form`, "take huberTotalVariation, which is as smooth");
  if (name === "primal-dual") return primalDual(problem, dual);
  if (seen !== undefined || weights !== undefined || range !== undefined || energy.fidelity.name !== "l2")
    throw refuse(name, "it is for l2 of all pixels, without a range", 'take the method "primal-dual"');
  if (name === "fista") return fista(problem, dual);
  if (energy.regularizer.name !== "total variation") throw refuse(name, "it is for isotropic total variation", 'take the method "fista"');
  return dualProjection(problem, dual);
}

interface Limits {
  readonly iterations: number;
  readonly every: number;
  readonly tolerance: number;
  readonly signal: AbortSignal | undefined;
  readonly threads: number | undefined;
  readonly take: (look: RestorationLook) => void;
}

/** Slices of iterations, and a look after each. */
async function iterate(method: Method, limits: Limits): Promise<{ readonly image: HostData; readonly status: RestorationStatus }> {
  const { iterations, every, tolerance, signal, threads, take } = limits;
  const program = await openProgram([...method.values.keys()], threads === undefined ? {} : { threads });
  try {
    for (const [variable, data] of method.values) program.write(variable, data);
    let done = 0;
    let steepest: number | undefined;
    for (;;) {
      const { traces } = await program.run(method.look, 1);
      const energy = traces.energy[0];
      // The smallest gaps are sums of roundings, which may have either sign.
      const gap = "gap" in traces ? Math.max(traces.gap[0], 0) : undefined;
      const norm = "gradientNorm" in traces ? traces.gradientNorm[0] : 0;
      steepest ??= norm;
      take({ iteration: done, energy, gap, psnr: "error" in traces ? decibels(traces.error[0]) : undefined });
      const isNear = gap === undefined ? norm <= tolerance * steepest : gap <= tolerance * Math.abs(energy);
      const status: RestorationStatus | undefined = ![energy, gap ?? 0, norm].every(Number.isFinite)
        ? "diverged"
        : isNear
          ? "converged"
          : signal?.aborted
            ? "aborted"
            : done >= iterations
              ? "step-limit"
              : undefined;
      if (status !== undefined) return { image: await program.read(method.image), status };
      done += (await program.run(method.step, Math.min(every, iterations - done), signal ? { signal } : {})).steps;
    }
  } finally {
    program.close();
  }
}

function checkOptions(options: RestoreOptions): void {
  const unknown = Object.keys(options).find((key) => !names.some((known) => known === key));
  if (unknown !== undefined)
    throw new SteepestError({
      problem: `restore has no option ${unknown}`,
      expected: names.join(", "),
      fix: nearest(unknown, names) === undefined ? undefined : `did you mean ${nearest(unknown, names)}?`,
    });
  const { iterations, tolerance, every, range, method } = options;
  const bad = (name: string, expected: string, received: unknown) =>
    new SteepestError({ problem: `${name} of restore cannot be used`, expected, received: String(received) });
  if (iterations !== undefined && !(Number.isInteger(iterations) && iterations >= 0))
    throw bad("iterations", "a whole number ≥ 0", iterations);
  if (every !== undefined && !(Number.isInteger(every) && every >= 1)) throw bad("every", "a whole number ≥ 1", every);
  if (tolerance !== undefined && !(tolerance >= 0)) throw bad("tolerance", "a number ≥ 0", tolerance);
  if (range !== undefined && !(range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]))
    throw bad("range", "[low, high] with low < high", range);
  if (typeof method === "string" && !["primal-dual", "fista", "chambolle"].includes(method))
    throw bad("method", "primal-dual, fista, chambolle, or an optimizer", method);
}

function checkFinite(what: string, image: Tensor): void {
  if (!(image instanceof Tensor) || (image.dtype !== "f32" && image.dtype !== "f64"))
    throw new SteepestError({
      problem: `${what} must hold floating-point numbers`,
      received: String(image),
      fix: 'convert it: tensor.cast("f32")',
    });
  if (image.size === 0) throw new SteepestError({ problem: `${what} has no pixels`, received: showShape(image.shape) });
  const data = image.data();
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new SteepestError({ problem: `${what} holds a value that is not finite`, received: `${data[bad]} at element ${bad}` });
}

/** Compares a way of running optimizers with PyTorch's trajectories in `test/fixtures/optimizers`. */
import { readFileSync } from "node:fs";
import { adadelta } from "../../src/optimizers/adadelta.js";
import { adagrad } from "../../src/optimizers/adagrad.js";
import { adam } from "../../src/optimizers/adam.js";
import { gd } from "../../src/optimizers/gradient-descent.js";
import { momentum, nesterov } from "../../src/optimizers/momentum.js";
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import { rmsprop } from "../../src/optimizers/rmsprop.js";

export type ProblemName = "quadratic" | "rosenbrock";

export interface TrajectoryCase {
  readonly optimizer: string;
  readonly problem: ProblemName;
  readonly options: Readonly<Record<string, number | boolean>>;
  /** Largest relative distance of PyTorch's own path from one whose start is off by 1e-13. */
  readonly sensitivity: number;
  readonly trajectory: readonly { readonly step: number; readonly theta: readonly number[] }[];
}

interface Fixture {
  readonly hessian: readonly (readonly number[])[];
  readonly starts: Readonly<Record<ProblemName, readonly number[]>>;
  readonly cases: readonly TrajectoryCase[];
}

const fixture: Fixture = JSON.parse(readFileSync(new URL("../fixtures/optimizers/trajectories.json", import.meta.url), "utf8"));

export const cases = fixture.cases;
/** H of the quadratic ½ xᵀH x. */
export const hessian = fixture.hessian;
export const startOf = (problem: ProblemName): readonly number[] => fixture.starts[problem];

/** ∇f, written out by hand. */
export function gradientOf(problem: ProblemName, x: ArrayLike<number>): number[] {
  if (problem === "rosenbrock") return [-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] * x[0]), 200 * (x[1] - x[0] * x[0])];
  return hessian.map((row) => row.reduce((sum, h, j) => sum + h * x[j], 0));
}

/** The optimizer of a case. */
export function optimizerOf({ optimizer, options }: TrajectoryCase): Optimizer {
  switch (optimizer) {
    case "gd":
      return gd(options);
    case "momentum":
      return momentum(options);
    case "nesterov":
      return nesterov(options);
    case "adagrad":
      return adagrad(options);
    case "adadelta":
      return adadelta(options);
    case "rmsprop":
      return rmsprop(options);
    case "adam":
      return adam(options);
    default:
      throw new Error(`the fixture names an unknown optimizer ${optimizer}`);
  }
}

/** 1,000 steps from `start`: θ after each number of steps in `at` (0 is the start). */
export type Runner = (optimizer: Optimizer, problem: ProblemName, start: readonly number[], at: readonly number[]) => ArrayLike<number>[];

/** The largest |ours − PyTorch's| / max(1, |PyTorch's|) over all kept steps and coordinates, and where it is. */
export function worstDistance(one: TrajectoryCase, run: Runner): { readonly distance: number; readonly where: string } {
  const steps = one.trajectory.map(({ step }) => step);
  const ours = run(optimizerOf(one), one.problem, startOf(one.problem), steps);
  let worst = { distance: 0, where: "nowhere" };
  one.trajectory.forEach(({ step, theta }, i) => {
    theta.forEach((expected, j) => {
      const distance = Math.abs(ours[i][j] - expected) / Math.max(1, Math.abs(expected));
      // A NaN must not pass as near.
      if (!(distance <= worst.distance)) worst = { distance, where: `step ${step}, coordinate ${j}: ${ours[i][j]} for ${expected}` };
    });
  });
  return worst;
}

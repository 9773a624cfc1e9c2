/** Compares a way of running optimizers with PyTorch's trajectories in `test/fixtures/optimizers`. */
import { readFileSync } from "node:fs";
import * as methods from "../../src/optimizers/index.js";
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import { parseSchedule } from "../../src/optimizers/schedules/parse.js";
import { clip } from "../../src/optimizers/wrappers/clip.js";
import { weightDecay } from "../../src/optimizers/wrappers/weight-decay.js";

export type ProblemName = "quadratic" | "rosenbrock";

export interface TrajectoryCase {
  readonly optimizer: string;
  readonly problem: ProblemName;
  readonly options: Readonly<Record<string, number | boolean>>;
  readonly weightDecay?: { readonly rate: number; readonly form: "coupled" | "decoupled" };
  readonly clip?: { readonly norm: number; readonly epsilon: number };
  readonly schedule?: string;
  /** Largest relative distance of PyTorch's own path from one whose start is off by 1e-13. */
  readonly sensitivity: number;
  /** Mean of the points after the last step, where the method keeps one. */
  readonly averaged?: readonly number[];
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

/** The optimizers that PyTorch has, by the names of the fixture. */
const { adadelta, adagrad, adam, adamax, adamw, amsgrad, averagedSgd, gd, momentum, nadam, nesterov, radam, rmsprop, rprop } = methods;
const byName = { adadelta, adagrad, adam, adamax, adamw, amsgrad, averagedSgd, gd, momentum, nadam, nesterov, radam, rmsprop, rprop };

/** The optimizer of a case, with what is around it. */
export function optimizerOf({ optimizer: name, options, schedule, ...around }: TrajectoryCase): Optimizer {
  const make = Object.entries(byName).find(([known]) => known === name)?.[1];
  if (make === undefined) throw new Error(`the fixture names an unknown optimizer ${name}`);
  const { learningRate } = options;
  const rate = schedule === undefined ? {} : { learningRate: parseSchedule(schedule, Number(learningRate)) };
  const rule: Optimizer = make({ ...options, ...rate });
  const decayed = around.weightDecay ? weightDecay(rule, around.weightDecay) : rule;
  return around.clip ? clip(decayed, around.clip) : decayed;
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

/** `minimizeMany`: descents from many starts in one program. */
import { WasmProgram } from "../backends/wasm/program.js";
import type { AnyFunction, Constants } from "../objectives/formula/function-parser.js";
import type { NumberStart } from "../objectives/functions.js";
import type { Objective } from "../objectives/objective.js";
import { tracedObjective, type Widened } from "../objectives/trace.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { fromHost, Tensor } from "../tensor/tensor.js";
import { allocate, type HostData } from "../tensor/types.js";
import { Descents, ManyRecorder } from "./descents.js";
import { Landscape, runsAway } from "./diagnosis/index.js";
import type { Status } from "./history.js";
import { manyFirst, manyList, manyStep, manyVariables } from "./many-step.js";
import { type DescentSettings, type MinimizeOptions, settingsOf, unusable } from "./settings.js";
import { descentVariables, gradientOf, initialValues, lookEntry, stepEntry, variableList } from "./step.js";

export interface MinimizeManyOptions<C extends Constants = Constants> extends Omit<MinimizeOptions<C>, "path"> {
  /** A rate for each start, in place of the optimizer's own, which must be a number: a sweep of rates in one program. */
  readonly learningRates?: readonly number[];
  /** Keep the losses of every step: `history(i)` of what is returned. 8 bytes a step and start. Default false. */
  readonly history?: boolean;
}

/** Steps between looks at the clock, where time is limited. */
const STEPS_A_LOOK = 64;

/**
 * Minimises from many starts at once. It is the step of `minimize`, mapped over the starts with `vmap`: the same rule, one program, a row
 * for each start. Every descent ends by itself (`status`, `steps`), and the program when all have.
 *
 * Each descent takes the points that `minimize` takes from its start, bit for bit, as long as no sum has more than 4,096 terms and no
 * matrix product is over 2,048 or more: beyond that, and in convolutions, the order of addition may differ. No path is kept, and
 * losses only where `history` asks for them.
 *
 * @param f a formula, a function of numbers, or a function of a tensor
 * @param starts the starts, all of one form; for a function of a tensor also one tensor, whose first axis counts them
 * @param options those of `minimize` without `path`, and `learningRates`
 * @throws SteepestError as `minimize`, and where starts differ in form, or rates are not one for each
 * @example
 * ```ts
 * import { gd, minimizeMany } from "steepest";
 * const found = minimizeMany("x^4 - 2x^2", [-2, -0.5, 0.5, 2], { optimizer: gd({ learningRate: 0.02 }) });
 * found.solutions.map(Math.round); // → [-1, -1, 1, 1]
 * const sweep = minimizeMany("x^2", [1, 1, 1], { optimizer: gd(), learningRates: [0.01, 0.5, 1.1], steps: 20 });
 * sweep.statuses; // → ["step-limit", "converged", "step-limit"]
 * sweep.best;     // → 1
 * ```
 */
export function minimizeMany<S extends NumberStart>(f: string, starts: readonly S[], options?: MinimizeManyOptions): Descents<Widened<S>>;
export function minimizeMany(f: (x: Tensor) => Tensor, starts: Tensor | readonly Tensor[], options?: MinimizeManyOptions): Descents<Tensor>;
export function minimizeMany(f: (x: number) => number, starts: readonly number[], options?: MinimizeManyOptions): Descents<number>;
export function minimizeMany(
  f: (...x: (number & readonly number[])[]) => number,
  starts: readonly (readonly number[])[],
  options?: MinimizeManyOptions,
): Descents<number[]>;
export function minimizeMany<S extends Readonly<Record<string, number>>>(
  f: (point: S) => number,
  starts: readonly S[],
  options?: MinimizeManyOptions,
): Descents<Widened<S>>;
export function minimizeMany(
  f: string | AnyFunction,
  starts: Tensor | readonly (NumberStart | Tensor)[],
  { learningRates, history = false, ...options }: MinimizeManyOptions = {},
): Descents {
  const list = starts instanceof Tensor ? rowsOf(starts) : starts;
  if (!Array.isArray(list) || list.length === 0)
    throw new SteepestError({
      problem: "minimizeMany has no starts",
      expected: "a list of starts, or a tensor whose first axis counts them",
      received: Array.isArray(list) ? "an empty list" : String(starts),
    });
  if ("path" in options)
    throw new SteepestError({ problem: "minimizeMany keeps no paths", fix: "run minimize from the start whose path is wanted" });
  const objectives = list.map((start) => tracedObjective(f, start, options.constants));
  const [objective] = objectives;
  const { size, dtype } = objective.parameters;
  const odd = objectives.findIndex(
    ({ parameters: p }) =>
      p.size !== size || p.dtype !== dtype || p.entries.some(({ path }, i) => path !== objective.parameters.entries[i].path),
  );
  if (odd >= 0)
    throw new SteepestError({
      problem: "the starts of minimizeMany are not of one form",
      expected: `${size} numbers of ${dtype}, as in the first`,
      received: `${objectives[odd].parameters.size} of ${objectives[odd].parameters.dtype} in start ${odd}`,
    });
  const settings = settingsOf(options, size, 1);
  const data = objectives.map(({ start }) => start);
  if (learningRates === undefined) return descendMany(objective, data, settings, undefined, history);
  if (typeof settings.optimizer.learningRate !== "number")
    throw new SteepestError({
      problem: "learningRates take the place of a rate that is a number",
      received: `${settings.optimizer.name} with the schedule ${settings.optimizer.learningRate.name}`,
      fix: "leave out learningRates, or the schedule",
    });
  if (learningRates.length !== data.length || !learningRates.every((rate) => Number.isFinite(rate) && rate >= 0))
    throw unusable("learningRates", `${data.length} numbers ≥ 0, one for each start`, JSON.stringify(learningRates));
  // The step multiplies the rule's rate by a scale: a rate of 1 times the wanted one is exactly that.
  return descendMany(objective, data, { ...settings, optimizer: { ...settings.optimizer, learningRate: 1 } }, learningRates, history);
}

/** The elements of a tensor along its first axis. */
function rowsOf(x: Tensor): Tensor[] {
  const [count = 0, ...shape] = x.shape;
  const data = x.data();
  const size = count === 0 ? 0 : data.length / count;
  return Array.from({ length: count }, (_, i) => fromHost(data.slice(i * size, (i + 1) * size), shape, x.dtype));
}

/**
 * Descents from these starts, in one program.
 *
 * @param rates what each multiplies the rule's rate by
 * @param isRecorded whether losses are kept along the way
 */
export function descendMany<S>(
  objective: Objective<S>,
  starts: readonly HostData[],
  settings: DescentSettings,
  rates: readonly number[] | undefined,
  isRecorded: boolean,
): Descents<S> {
  const { optimizer, tolerance, targetLoss, seconds, region } = settings;
  const { parameters } = objective;
  const { size } = parameters;
  const { learningRate } = optimizer;
  if (typeof learningRate !== "number" && learningRate.plateau)
    throw new SteepestError({
      problem: "minimizeMany takes no schedule that watches the loss of one descent",
      received: learningRate.name,
      fix: "use a schedule that goes by the step: cosine, exponential, step",
    });
  const count = starts.length;
  const v = descentVariables(parameters, optimizer, true);
  const m = manyVariables(v, count, rates !== undefined);
  let perStep = 0;
  const evaluate = (theta: Tensor) => {
    perStep++;
    const loss = objective.loss(theta);
    return { loss, gradient: gradientOf(loss, theta) };
  };
  const common = { parameters, optimizer, variables: v, evaluate, ...(region ? { project: region.project } : {}) };
  const one = stepEntry({ ...common, path: false, rates: false, convergence: true, target: targetLoss !== undefined });
  const isSearch = one.traces.some(({ name }) => name === "evaluations");
  if (isSearch) perStep = v.evaluation ? 0 : 1;
  const evaluationsAStep = perStep;
  if (isSearch && Number.isFinite(settings.evaluations))
    throw new SteepestError({
      problem: `minimizeMany counts no evaluations of ${optimizer.name}, whose searches take as many as they need`,
      fix: "limit the steps, or run minimize from each start",
    });
  const steps = Math.min(settings.steps, isSearch ? Number.POSITIVE_INFINITY : Math.floor((settings.evaluations - 1) / perStep));
  const step = manyStep(one, m, isRecorded);
  const recorder = new ManyRecorder(count);
  const program = new WasmProgram(manyList(m, variableList(v)));

  const corrected = starts.map((start) => region?.nearest(start) ?? start);
  const initial = corrected.map((start) =>
    initialValues(v, optimizer, {
      start,
      totalSteps: steps,
      stepsPerEpoch: steps,
      tolerance,
      ...(targetLoss === undefined ? {} : { targetLoss }),
    }),
  );
  for (const [variable, data] of initial[0]) {
    const rows = m.rows.get(variable);
    program.write(rows ?? variable, rows === undefined ? data : joinedRows(initial, variable, data));
  }
  if (rates !== undefined) {
    const scale = m.rows.get(v.rateScale);
    if (scale) program.write(scale, rates);
  }
  for (const variable of [m.ended, m.steps, m.searched]) program.write(variable, new Float64Array(count));
  const began = performance.now();
  if (v.evaluation) program.run(manyFirst(lookEntry(common), m), 1);
  let done = 0;
  let isLate = false;
  let stopped = false;
  while (done < steps && !stopped && !isLate) {
    const result = program.run(step, Number.isFinite(seconds) ? Math.min(STEPS_A_LOOK, steps - done) : steps - done);
    recorder.take(result.traces, result.steps);
    done += result.steps;
    stopped = result.stopped;
    isLate = performance.now() - began > seconds * 1000;
  }
  const theta = program.read(m.theta);
  const [ended, wereIn, searched] = [m.ended, m.steps, m.searched].map((variable) => program.read(variable));
  // One step more tells what is at the last points.
  program.run(step, 1);
  const [loss, norm, lossBefore, normBefore] = [m.loss, m.gradientNorm, m.before.loss, m.before.gradientNorm].map((x) => program.read(x));
  const before = program.read(m.before.theta);
  const endAt = (i: number): Status | undefined => {
    if (!(Number.isFinite(loss[i]) && Number.isFinite(norm[i]))) return "diverged";
    if (norm[i] <= tolerance) return "converged";
    return targetLoss !== undefined && loss[i] <= targetLoss ? "stopped-early" : undefined;
  };
  const statuses: Status[] = [];
  const counts = new Int32Array(count);
  const evaluations = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const end = endAt(i);
    const status =
      ended[i] !== 0 ? (end ?? "stalled") : isLate && done < steps && end !== "diverged" ? "stopped-early" : (end ?? "step-limit");
    // A step that ends the descent at its own point was an evaluation, not a step.
    counts[i] = wereIn[i] - (ended[i] !== 0 && end !== undefined ? 1 : 0);
    evaluations[i] = counts[i] * evaluationsAStep + searched[i] + 1;
    const last = theta.slice(i * size, (i + 1) * size);
    const frozen = optimizer.frozen?.(parameters.entries);
    const landscape = () => new Landscape({ objective, sign: 1, start: corrected[i], end: last, next: last, region, frozen });
    const isRunaway = status === "stalled" && runsAway(loss[i], landscape);
    statuses.push(isRunaway ? "diverged" : status);
    if (status !== "diverged") continue;
    if (counts[i] === 0) evaluations[i] = 1;
    else {
      // The point at which nothing is finite is undone, too.
      counts[i]--;
      theta.set(before.subarray(i * size, (i + 1) * size), i * size);
      loss[i] = lossBefore[i];
      norm[i] = normBefore[i];
    }
  }
  const [losses, gradientNorms] = [Float64Array.from(loss), Float64Array.from(norm)];
  return new Descents<S>(
    { statuses, losses, gradientNorms, steps: counts, evaluations, thetas: theta },
    {
      size,
      solution: (row) => objective.solution(row),
      ...(isRecorded ? { history: (row: number) => recorder.history(row, counts[row], evaluationsAStep) } : {}),
    },
  );
}

/** What the descents begin with, a row for each. */
function joinedRows(initial: readonly ReadonlyMap<Variable, HostData>[], variable: Variable, first: HostData): HostData {
  const rows = initial.map((values) => values.get(variable) ?? first);
  const out = allocate(variable.type.dtype, first.length * rows.length);
  rows.forEach((row, i) => {
    out.set(row, i * first.length);
  });
  return out;
}

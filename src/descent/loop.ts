/** The synchronous loop: slices of compiled steps on the caller's thread, until something ends the descent. */
import { WasmProgram } from "../backends/wasm/program.js";
import type { EntryPoint } from "../compiler/program.js";
import type { Objective } from "../objectives/objective.js";
import { plateauWatch } from "../optimizers/schedules/plateau.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { Recent } from "../tensor/recent.js";
import type { Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import { DescentRecorder } from "./descent-recorder.js";
import { type Facts, Landscape, runsAway } from "./diagnosis/index.js";
import type { Status } from "./history.js";
import { Path, Run } from "./run.js";
import type { DescentSettings } from "./settings.js";
import {
  type DescentVariables,
  descentVariables,
  gradientOf,
  initialValues,
  lookEntry,
  stateList,
  stepEntry,
  variableList,
} from "./step.js";

/** Steps of a slice. */
const SLICE = 16_384;
/** Steps of the first slice where time is limited, and milliseconds that later ones aim at. */
const FIRST = 16;
const PAUSE = 20;
/** Bytes of points that a slice may record. */
const POINTS = 2 ** 26;

/** What a slice began with. */
interface Checkpoint {
  readonly done: number;
  readonly values: ReadonlyMap<Variable, HostData>;
}

/** A program that is ready to run: everything about a descent but its numbers. */
interface Prepared {
  readonly variables: DescentVariables;
  readonly step: EntryPoint;
  /** Sets the evaluation that the first step begins with, for rules that carry one. */
  readonly first: EntryPoint | undefined;
  /** Evaluations of the objective in a step, but for those that a search counts itself. */
  readonly perStep: number;
  readonly program: WasmProgram;
}

type Evaluate = (theta: Tensor) => { readonly loss: Tensor; readonly gradient: Tensor };

/** Programs of small objectives that are run again and again. */
const kept = new Recent<Prepared>(16);
const SMALL = 64;

/** What tells one prepared program from another; undefined where that cannot be put into words. */
function keyOf({ key, parameters }: Objective, { optimizer, path, sign, targetLoss, region }: DescentSettings): string | undefined {
  const { name, settings, learningRate } = optimizer;
  if (key === undefined || settings === undefined || typeof learningRate !== "number" || parameters.size > SMALL) return undefined;
  return JSON.stringify([key, name, settings, learningRate, path, sign, targetLoss !== undefined, region?.key]);
}

function preparedFor(objective: Objective, settings: DescentSettings, evaluate: Evaluate): Prepared {
  const key = keyOf(objective, settings);
  const make = () => prepare(objective, settings, evaluate);
  return key === undefined ? make() : kept.get(key, make);
}

function prepare({ parameters }: Objective, { optimizer, path, targetLoss, region }: DescentSettings, plain: Evaluate): Prepared {
  const variables = descentVariables(parameters, optimizer, true);
  let evaluated = 0;
  const evaluate: Evaluate = (theta) => {
    evaluated++;
    return plain(theta);
  };
  const common = { parameters, optimizer, variables, evaluate, ...(region ? { project: region.project } : {}) };
  const rates = typeof optimizer.learningRate !== "number";
  const step = stepEntry({ ...common, path, rates, convergence: true, target: targetLoss !== undefined });
  // Rules that look ahead evaluate the objective at more points than θ; those that search say themselves at how many.
  const perStep = step.traces.some((t) => t.name === "evaluations") ? (variables.evaluation ? 0 : 1) : evaluated;
  return { variables, step, first: variables.evaluation && lookEntry(common), perStep, program: new WasmProgram(variableList(variables)) };
}

/** One descent. */
export const descendTraced = <S>(objective: Objective<S>, settings: DescentSettings): Run<S> => descender(objective, settings)(1);

/**
 * Descents from one start that differ in their rates alone: what is returned takes a factor on all rates, and runs one and the same program
 * each time it is called.
 */
export function descender<S>(objective: Objective<S>, settings: DescentSettings): (rateScale: number) => Run<S> {
  const { sign } = settings;
  const evaluate: Evaluate = (theta) => {
    const plain = objective.loss(theta);
    const loss = sign === 1 ? plain : plain.neg();
    return { loss, gradient: gradientOf(loss, theta) };
  };
  const prepared = preparedFor(objective, settings, evaluate);
  return (rateScale) => descendOnce(objective, settings, prepared, rateScale);
}

function descendOnce<S>(
  objective: Objective<S>,
  settings: DescentSettings,
  { variables: v, step, first, perStep, program }: Prepared,
  rateScale: number,
): Run<S> {
  const { optimizer, tolerance, sign, path, targetLoss, seconds, region } = settings;
  const { size, dtype } = objective.parameters;
  const start = region?.nearest(objective.start) ?? objective.start;
  const budget = settings.evaluations - 1;
  const steps = Math.min(settings.steps, perStep > 0 ? Math.floor(budget / perStep) : budget);
  const wanted = targetLoss === undefined ? {} : { targetLoss: sign * targetLoss };
  for (const [variable, data] of initialValues(v, optimizer, { start, totalSteps: steps, stepsPerEpoch: steps, tolerance, ...wanted }))
    program.write(variable, data);
  program.write(v.rateScale, [rateScale]);

  const recorder = new DescentRecorder(
    size,
    dtype,
    typeof optimizer.learningRate === "number" ? rateScale * optimizer.learningRate : undefined,
  );
  const watch = plateauWatch(optimizer);
  const state = watch ? [...stateList(v), v.rateScale] : stateList(v);
  const most = path ? Math.max(1, Math.min(SLICE, Math.floor(POINTS / (8 * size)))) : SLICE;
  const isTarget = (loss: number) => targetLoss !== undefined && loss <= sign * targetLoss;
  const endAt = (loss: number, norm: number): Status | undefined =>
    !(Number.isFinite(loss) && Number.isFinite(norm))
      ? "diverged"
      : norm <= tolerance
        ? "converged"
        : isTarget(loss)
          ? "stopped-early"
          : undefined;
  const began = performance.now();
  if (first) program.run(first, 1);
  let searched = 0;
  let slice = Number.isFinite(seconds) ? FIRST : SLICE;
  let status: Status | undefined;
  let done = 0;
  let here: Checkpoint = { done, values: new Map() };
  let previous = here;
  const restore = (from: Checkpoint, rows: number) => {
    for (const [variable, data] of from.values) program.write(variable, data);
    if (rows > 0) program.run(step, rows);
  };
  while (done < steps && done * perStep + searched < budget && status === undefined) {
    previous = here;
    here = { done, values: new Map(state.map((s): [Variable, HostData] => [s, program.read(s)])) };
    const before = performance.now();
    const untilLook = watch ? watch.every - (done % watch.every) : SLICE;
    const {
      steps: did,
      stopped,
      traces,
    } = program.run(step, Math.min(slice, most, steps - done, untilLook, budget - done * perStep - searched));
    const affordable = affordableSteps(traces.evaluations, did, perStep, budget - done * perStep - searched);
    if (affordable < did) {
      // A search has gone beyond the budget: the slice is done again up to the step before.
      restore(here, affordable);
      for (let i = 0; i < affordable; i++) searched += traces.evaluations[i];
      recorder.take(traces, affordable);
      done += affordable;
      break;
    }
    status = endAt(traces.loss[did - 1], traces.gradientNorm[did - 1]);
    // A step that ends the descent at its own point was an evaluation, not a step.
    const rows = status === undefined ? did : did - 1;
    recorder.take(traces, rows);
    for (const count of traces.evaluations ?? []) searched += count;
    done += rows;
    if (status === undefined && stopped) status = "stalled";
    if (watch && done % watch.every === 0 && watch.look(traces.loss[did - 1])) program.write(v.rateScale, [rateScale * watch.scale]);
    const now = performance.now();
    if (status === undefined && now - began > seconds * 1000 && done < steps) status = "stopped-early";
    if (Number.isFinite(seconds))
      slice = Math.max(1, Math.min(SLICE, 4 * slice, Math.round((slice * PAUSE) / Math.max(now - before, 0.01))));
  }
  // One step more tells what is at the last point: nothing else needs to be compiled for it.
  const look = () => {
    const theta = program.read(v.theta);
    const averaged = optimizer.average === undefined ? undefined : program.read(v.slots[optimizer.average]);
    const { loss, gradientNorm } = program.run(step, 1).traces;
    return { theta, averaged, loss: loss[0], norm: gradientNorm[0] };
  };
  let last = look();
  const end = endAt(last.loss, last.norm);
  if (status === undefined || end === "diverged") status = end ?? "step-limit";
  let count = done * perStep + searched + 1;
  if (status === "diverged" && done > 0) {
    // The point at which nothing is finite is undone, too.
    done--;
    const from = done >= here.done ? here : previous;
    restore(from, done - from.done);
    recorder.truncate(done);
    last = look();
  } else if (status === "diverged") count = 1;

  const { theta, averaged } = last;
  // The look has gone on to where nothing is finite.
  const next = status === "diverged" ? program.read(v.theta) : theta;
  const frozen = optimizer.frozen?.(objective.parameters.entries);
  const landscape = () => new Landscape({ objective, sign, start, end: theta, next, region, frozen });
  const ranAway = status === "stalled" && runsAway(last.loss, landscape);
  const ended = ranAway ? "diverged" : status;
  const outcome = { status: ended, steps: done, loss: sign * last.loss, gradientNorm: last.norm, history: recorder.history(sign, perStep) };
  return new Run<S>({
    ...outcome,
    solution: objective.solution(theta),
    theta,
    evaluations: { value: count, gradient: count },
    ...(averaged === undefined ? {} : { averaged: objective.solution(averaged) }),
    ...(path ? { path: new Path<S>(recorder.path(theta), size, (row) => objective.solution(row)) } : {}),
    facts: (): Facts => ({
      ...outcome,
      optimizer,
      tolerance,
      sign,
      ranAway,
      // With a penalty, f is more than the objective, and need not have derivatives.
      ...(optimizer.penalty ? {} : { landscape: landscape() }),
    }),
  });
}

/** How many steps of a slice a budget of evaluations lets stand, where each counts what its search took. */
function affordableSteps(searched: HostData | undefined, steps: number, perStep: number, budget: number): number {
  if (searched === undefined) return steps;
  let [kept, count] = [0, 0];
  while (kept < steps) {
    count += perStep + searched[kept];
    if (count > budget) break;
    kept++;
  }
  return kept;
}

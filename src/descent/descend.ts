/** `descend`: step by step, under one's own control. */
import { openProgram } from "../backends/wasm/threads/index.js";
import type { Model } from "../models/model.js";
import type { Objective } from "../objectives/objective.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { plateauWatch } from "../optimizers/schedules/plateau.js";
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import type { Status } from "./history.js";
import { descendStream, type StreamOptions, type StreamState } from "./online/descend-stream.js";
import { checkOptimizer, checkOptionNames } from "./option-names.js";
import { type Profile, profileOf } from "./profile.js";
import { type RateChange, RateControl, type SetRate } from "./rate-control.js";
import { unusable } from "./settings.js";
import { descentVariables, gradientOf, initialValues, lookEntry, stepEntry, variableList } from "./step.js";

export interface DescendOptions {
  /** Default `adam({ learningRate: 0.05 })`. */
  readonly optimizer?: Optimizer;
  /** Steps between two looks. Default 100. */
  readonly stepsPerYield?: number;
  /** Most steps; it is also the length that schedules go by. Default 10,000. */
  readonly steps?: number;
  /** Ends when the 2-norm of the gradient is at most this. Default 1e-6. */
  readonly tolerance?: number;
  /** Default: as many as the machine has cores, at most 8. The result does not depend on it. */
  readonly threads?: number;
  /**
   * Multiplies and adds in one instruction where the engine has it (Node 20 and newer, Chromium): up to 1.4 times faster where products dominate. Results then
   * differ in their last bits from machine to machine, though not from run to run. Default false.
   */
  readonly fast?: boolean;
  /** Ends the descent after the step under way. */
  readonly signal?: AbortSignal;
  /** Say where the time goes: `state.profile`. θ has the same bits; the machine's limits are measured first, in about half a second. Default false. */
  readonly profile?: boolean;
}

/** A descent as it stands between two slices of steps. */
export interface DescentState<S> {
  /** Steps done. */
  readonly step: number;
  /** Loss, gradient norm and rate of the last step evaluated: before it moved θ, or where it ended the descent. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** The loss before each step of the slice. */
  readonly losses: Float64Array;
  readonly theta: HostData;
  readonly solution: S;
  /** `running` while it goes on; the last state says why it ended. */
  readonly status: Status | "running";
  /** Where the time of all steps so far went, if that was asked for. */
  readonly profile?: Profile;
  /** Whether `fast` is in force. */
  readonly fast: boolean;
  /** Sets the learning rate from here on: the schedule, if any, is scaled so that it goes through it. */
  readonly set: SetRate;
  /** All that was set so far, with its step. */
  readonly changes: readonly RateChange[];
}

/**
 * Descends in slices of `stepsPerYield` compiled steps on a worker, and hands over the state after each. Breaking out of the loop ends it.
 *
 * @example
 * ```ts
 * import { descend, gd, trace } from "steepest";
 * for await (const state of descend(trace("(x-3)^2", { x: 0 }), { optimizer: gd({ learningRate: 0.4 }), stepsPerYield: 5 })) {
 *   if (state.loss < 1e-3) break;
 *   state.set({ learningRate: state.learningRate / 2 });
 * }
 * ```
 */
export function descend<S>(objective: Objective<S>, options?: DescendOptions): AsyncGenerator<DescentState<S>, void, void>;
/**
 * Learns from a stream of records, without end if need be: one step for each element of the stream, or for `batchSize` records. The model can be
 * used at any time, and memory does not grow with the stream.
 *
 * `state.loss` is that of records which were not yet learned, so that `state.all` and `state.recent` judge the model on data that is new to it
 * (progressive validation: Blum, Kalai and Langford, COLT 1999). A batch of n records gives the mean of their losses. Nothing is taken from the stream
 * before a state is asked for that needs it. Where the stream fails or a record cannot be used, what came before is learned and given as a state; the
 * next one asked for throws an error with the number of the record. What is left at the end of the stream is learned as a smaller batch.
 *
 * @example
 * ```ts
 * import { dense, descend, gd, sequential } from "steepest";
 * async function* sensor() {
 *   for (let t = 0; t < 500; t++) yield { input: [Math.sin(t)], target: 3 * Math.sin(t) - 1 };
 * }
 * let recent = 1;
 * for await (const state of descend(sequential(dense(1)), { stream: sensor(), optimizer: gd({ learningRate: 0.1 }), memory: 50 })) recent = state.recent.loss;
 * recent < 0.001; // → true
 * ```
 */
export function descend(model: Model, options: StreamOptions): AsyncGenerator<StreamState, void, void>;
export function descend<S>(
  subject: Objective<S> | Model,
  options: DescendOptions | StreamOptions = {},
): AsyncGenerator<DescentState<S>, void, void> | AsyncGenerator<StreamState, void, void> {
  if (typeof subject === "object" && subject !== null && "build" in subject) return learned(subject, options);
  return descended(subject, options);
}

async function* learned(model: Model, options: DescendOptions | StreamOptions): AsyncGenerator<StreamState, void, void> {
  if ("stream" in options) return yield* descendStream(model, options);
  throw new SteepestError({
    problem: "descend was given a model without a stream",
    expected: "descend(model, { stream })",
    fix: "to train on a data set use fit(model, data); for one batch of it, descend(batchObjective(model, data))",
  });
}

async function* descended<S>(objective: Objective<S>, given: DescendOptions | StreamOptions): AsyncGenerator<DescentState<S>, void, void> {
  if ("stream" in given)
    throw new SteepestError({ problem: "an objective takes no stream", fix: "learn from one with a model: descend(model, { stream })" });
  const options: DescendOptions = given;
  const {
    optimizer = adam({ learningRate: 0.05 }),
    stepsPerYield = 100,
    steps = 10_000,
    tolerance = 1e-6,
    threads,
    fast = false,
    profile = false,
    signal,
  } = options;
  checkOptionNames("descend", options, ["optimizer", "stepsPerYield", "steps", "tolerance", "threads", "fast", "signal", "profile"]);
  checkOptimizer("descend", optimizer);
  checkObjective(objective);
  if (!Number.isInteger(stepsPerYield) || stepsPerYield < 1) throw unusable("stepsPerYield", "a whole number ≥ 1", stepsPerYield);
  if (!Number.isInteger(steps) || steps < 0) throw unusable("steps", "a whole number ≥ 0", steps);
  if (typeof fast !== "boolean") throw unusable("fast", "true or false", fast);
  if (!(tolerance >= 0)) throw unusable("tolerance", "a number ≥ 0", tolerance);
  if (typeof profile !== "boolean") throw unusable("profile", "true or false", profile);
  const { parameters } = objective;
  const v = descentVariables(parameters, optimizer, true);
  const evaluate = (theta: Tensor) => {
    const loss = objective.loss(theta);
    return { loss, gradient: gradientOf(loss, theta) };
  };
  const entry = stepEntry({ parameters, optimizer, variables: v, evaluate, path: false, convergence: true });
  const program = await openProgram(variableList(v), { fast, profile, ...(threads === undefined ? {} : { threads }) });
  try {
    for (const [variable, data] of initialValues(v, optimizer, {
      start: objective.start,
      totalSteps: steps,
      stepsPerEpoch: steps,
      tolerance,
    }))
      program.write(variable, data);
    if (v.evaluation) await program.run(lookEntry({ parameters, optimizer, variables: v, evaluate }), 1);
    const changes: RateChange[] = [];
    const rates = new RateControl((scale) => program.write(v.rateScale, [scale]));
    const watch = plateauWatch(optimizer);
    let done = 0;
    while (done < steps && signal?.aborted !== true) {
      const wish = Math.min(stepsPerYield, steps - done);
      const { steps: did, stopped, traces } = await program.run(entry, wish, signal ? { signal } : {});
      if (did === 0) return;
      const [loss, gradientNorm, learningRate] = [traces.loss[did - 1], traces.gradientNorm[did - 1], traces.learningRate[did - 1]];
      const isFinite = Number.isFinite(loss) && Number.isFinite(gradientNorm);
      const ended = !isFinite ? "diverged" : gradientNorm <= tolerance ? "converged" : undefined;
      // A step that ends the descent at its own point was an evaluation, not a step.
      done += ended === undefined ? did : did - 1;
      const status = ended ?? (signal?.aborted ? "aborted" : stopped ? "stalled" : done < steps ? "running" : "step-limit");
      const set = rates.from(learningRate);
      const lowered = watch ? watch.scale : 1;
      if (watch?.look(loss)) rates.lower(watch.scale / lowered);
      const theta = await program.read(v.theta);
      const step = done;
      yield {
        step,
        loss,
        gradientNorm,
        learningRate,
        losses: Float64Array.from(traces.loss),
        theta,
        solution: objective.solution(theta),
        status,
        ...(profile ? { profile: await profileOf(program) } : {}),
        fast: program.fast,
        changes: [...changes],
        set(controls) {
          set(controls);
          changes.push({ step, learningRate: controls.learningRate });
        },
      };
      if (status !== "running") return;
    }
  } finally {
    program.close();
  }
}

function checkObjective(objective: unknown): void {
  const kind = typeof objective === "object" && objective !== null && "kind" in objective ? objective.kind : undefined;
  if (kind === "traced") return;
  throw new SteepestError({
    problem: "descend takes a traced objective",
    expected: "what trace(formula or function, start) returns",
    received: kind === "host" ? "an objective in JavaScript" : String(objective),
    fix: kind === "host" ? "hand it to minimize, which calls it from outside" : 'write descend(trace("(x-3)^2", { x: 0 }))',
  });
}

/** `descend`: step by step, under one's own control. */
import { openProgram } from "../backends/wasm/threads/index.js";
import type { Objective } from "../objectives/objective.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { plateauWatch } from "../optimizers/schedules/plateau.js";
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import type { Status } from "./history.js";
import { checkOptimizer, checkOptionNames } from "./option-names.js";
import { type Profile, profileOf } from "./profile.js";
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
  set(controls: { readonly learningRate: number }): void;
  /** All that was set so far, with its step. */
  readonly changes: readonly { readonly step: number; readonly learningRate: number }[];
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
export async function* descend<S>(objective: Objective<S>, options: DescendOptions = {}): AsyncGenerator<DescentState<S>, void, void> {
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
    const changes: { step: number; learningRate: number }[] = [];
    let scale = 1;
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
      const scaleHere = scale;
      const lowered = watch ? watch.scale : 1;
      if (watch?.look(loss)) {
        scale *= watch.scale / lowered;
        program.write(v.rateScale, [scale]);
      }
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
          checkOptionNames("set", controls, ["learningRate"]);
          if (!(Number.isFinite(controls.learningRate) && controls.learningRate >= 0))
            throw new SteepestError({
              problem: "this is no learning rate",
              expected: "a finite number ≥ 0",
              received: String(controls.learningRate),
            });
          if (learningRate === 0 && controls.learningRate > 0)
            throw new SteepestError({
              problem: "the rate in force is 0, and no factor leads from it to another",
              fix: "end this descent and begin a new one at its solution, or set a very small rate instead of 0",
            });
          // Relative to the rate that this state shows, however often it is set.
          const factor = learningRate === 0 ? 1 : controls.learningRate / learningRate;
          program.write(v.rateScale, [scaleHere * factor]);
          scale = scaleHere * factor;
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

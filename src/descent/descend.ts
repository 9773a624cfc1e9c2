/** `descend`: step by step, under one's own control. */
import { openProgram } from "../backends/wasm/threads/index.js";
import type { Objective } from "../objectives/objective.js";
import { adam } from "../optimizers/adam.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import type { Status } from "./history.js";
import { descentVariables, gradientOf, initialValues, stepEntry, variableList } from "./step.js";

export interface DescendOptions {
  /** Default `adam({ learningRate: 0.05 })`. */
  readonly optimizer?: Optimizer;
  /** Steps between two looks. Default 100. */
  readonly stepsPerYield?: number;
  /** Most steps; it is also the length that schedules go by. Default 10,000. */
  readonly steps?: number;
  /** Ends when the 2-norm of the gradient is at most this. Default 1e-6. */
  readonly tolerance?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** A descent as it stands between two slices of steps. */
export interface DescentState<S> {
  /** Steps done. */
  readonly step: number;
  /** Loss, gradient norm and rate at the last step taken. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** One entry per step of the slice. */
  readonly losses: Float64Array;
  readonly theta: HostData;
  readonly solution: S;
  /** "step-limit" while it goes on. */
  readonly status: Status;
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
  const { optimizer = adam({ learningRate: 0.05 }), stepsPerYield = 100, steps = 10_000, tolerance = 1e-6, threads, signal } = options;
  if (!Number.isInteger(stepsPerYield) || stepsPerYield < 1)
    throw new SteepestError({ problem: "the option stepsPerYield is not usable", expected: "a whole number ≥ 1", received: String(stepsPerYield) });
  const { parameters } = objective;
  const v = descentVariables(parameters, optimizer);
  const evaluate = (theta: Tensor) => {
    const loss = objective.loss(theta);
    return { loss, gradient: gradientOf(loss, theta) };
  };
  const entry = stepEntry({ parameters, optimizer, variables: v, evaluate, path: false, convergence: true });
  const program = await openProgram(variableList(v), threads === undefined ? {} : { threads });
  try {
    for (const [variable, data] of initialValues(v, optimizer, { start: objective.start, totalSteps: steps, stepsPerEpoch: steps, tolerance })) program.write(variable, data);
    const changes: { step: number; learningRate: number }[] = [];
    let scale = 1;
    let done = 0;
    while (done < steps) {
      const wish = Math.min(stepsPerYield, steps - done);
      const { steps: did, stopped, traces } = await program.run(entry, wish, signal ? { signal } : {});
      const aborted = signal?.aborted === true;
      const last = did - 1;
      const [loss, gradientNorm, learningRate] = [traces.loss[last], traces.gradientNorm[last], traces.learningRate[last]];
      const ended = stopped && !aborted;
      const status: Status = aborted ? "aborted" : !ended ? "step-limit" : !(Number.isFinite(loss) && Number.isFinite(gradientNorm)) ? "diverged" : gradientNorm <= tolerance ? "converged" : "stalled";
      done += ended && status !== "stalled" ? did - 1 : did;
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
        changes,
        set(controls) {
          if (!(Number.isFinite(controls.learningRate) && controls.learningRate >= 0))
            throw new SteepestError({ problem: "a learning rate must be a finite number ≥ 0", received: String(controls.learningRate) });
          scale *= learningRate === 0 ? 1 : controls.learningRate / learningRate;
          changes.push({ step, learningRate: controls.learningRate });
          program.write(v.rateScale, [scale]);
        },
      };
      if (status !== "step-limit") return;
    }
  } finally {
    program.close();
  }
}

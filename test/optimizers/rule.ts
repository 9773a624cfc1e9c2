/** Runs an optimizer's traced rule step by step through the interpreter. */
import { interpret } from "../../src/backends/interpreter/index.js";
import { type Optimizer, rateOf, slotStart, slotType } from "../../src/optimizers/optimizer.js";
import { ParameterViews } from "../../src/optimizers/parameters.js";
import { tensor } from "../../src/tensor/create.js";
import { type Tensor, weakNumber } from "../../src/tensor/tensor.js";

export type Field = (theta: Float64Array) => ArrayLike<number>;

export interface StepInputs {
  readonly theta: Tensor;
  readonly gradient: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
  readonly step: Tensor;
}

/** One traced step: what the rule gives for these inputs. */
export function traceStep(optimizer: Optimizer, { theta, gradient, slots, step }: StepInputs, totalSteps: number) {
  const entries = [{ path: "x", shape: theta.shape, offset: 0 }];
  const learningRate = rateOf(optimizer.learningRate, { step, totalSteps: weakNumber(totalSteps), stepsPerEpoch: weakNumber(1) });
  return optimizer.update({
    theta,
    loss: weakNumber(0),
    gradient,
    slots,
    parameters: new ParameterViews({ entries, size: theta.size }),
    batchShare: weakNumber(1),
    step,
    learningRate,
    evaluate: () => {
      throw new Error("this rule should not look ahead");
    },
  });
}

/** θ after every step in float64, the start first. */
export function follow(optimizer: Optimizer, field: Field, start: readonly number[], steps: number): Float64Array[] {
  const names = Object.keys(optimizer.slots);
  let theta: Float64Array = Float64Array.from(start);
  const entries = [{ path: "x", shape: [start.length], offset: 0 }];
  const parameters = { size: start.length, dtype: "f64", entries } as const;
  let state: Float64Array[] = names.map((name) => {
    const slot = optimizer.slots[name];
    return Float64Array.from(slotStart(slot, slotType(slot, parameters), theta));
  });
  const path = [theta];
  for (let k = 0; k < steps; k++) {
    const slots = Object.fromEntries(
      names.map((name, i) => [name, optimizer.slots[name].shape === "scalar" ? weakNumber(state[i][0]) : tensor(state[i])]),
    );
    const next = traceStep(
      optimizer,
      { theta: tensor(theta), gradient: tensor(Float64Array.from(field(theta))), slots, step: weakNumber(k) },
      steps,
    );
    [theta, ...state] = interpret([next.theta, ...names.map((name) => next.slots[name])]);
    path.push(theta);
  }
  return path;
}

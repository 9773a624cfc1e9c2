/** Runs an optimizer's traced rule step by step through the interpreter. */
import { interpret } from "../../src/backends/interpreter/index.js";
import { type Optimizer, rateOf } from "../../src/optimizers/optimizer.js";
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
  const learningRate = rateOf(optimizer.learningRate, { step, totalSteps: weakNumber(totalSteps), stepsPerEpoch: weakNumber(1) });
  return optimizer.update({
    theta,
    loss: weakNumber(0),
    gradient,
    slots,
    parameters: {},
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
  let state: Float64Array[] = names.map((name) => {
    const { shape, initial } = optimizer.slots[name];
    return new Float64Array(shape === "scalar" ? 1 : start.length).fill(initial);
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

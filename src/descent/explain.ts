/** What the compiler makes of one step, level by level. */
import { type PrintedLevel, printLevels } from "../compiler/print.js";
import { crossEntropy } from "../models/losses.js";
import type { Model } from "../models/model.js";
import type { Objective } from "../objectives/objective.js";
import { batchRows, dataVariable, orderVariable, Training, tracedOnce } from "../objectives/training.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import { descentVariables, gradientOf, stepEntry, variableList } from "./step.js";

export type { PrintedLevel } from "../compiler/print.js";

/** The levels of one step of a descent. */
export function explainObjective(objective: Objective, optimizer: Optimizer): readonly PrintedLevel[] {
  const { parameters } = objective;
  const variables = descentVariables(parameters, optimizer);
  const evaluate = (theta: Tensor) => {
    const loss = objective.loss(theta);
    return { loss, gradient: gradientOf(loss, theta) };
  };
  return printLevels(stepEntry({ parameters, optimizer, variables, evaluate, path: false, convergence: true }), variableList(variables));
}

export interface ExplainTrainingOptions {
  readonly model: Model;
  /** Of one input, without the batch axis. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly batchSize: number;
  readonly optimizer: Optimizer;
}

/** The levels of one training step on byte images with labels. */
export function explainTraining({ model, inputShape, batchSize, optimizer }: ExplainTrainingOptions): readonly PrintedLevel[] {
  const records = 10 * batchSize;
  const training = new Training({
    model: model.build(inputShape),
    loss: crossEntropy(),
    preprocessing: { scale: 1 / 255, offset: 0 },
    seed: 1,
  });
  const v = descentVariables(training.parameters, optimizer, false, training.stateLayout.size);
  const inputs = dataVariable("inputs", [records, ...inputShape], "u8");
  const targets = dataVariable("targets", [records], "u8");
  const step = readVariable(v.step, true);
  const order = orderVariable(records);
  const rows = batchRows(readVariable(order), step, readVariable(v.stepsPerEpoch, true), batchSize, batchSize);
  const context = { step, ...(v.carried ? { state: readVariable(v.carried) } : {}) };
  const batch = tracedOnce((theta) =>
    training.batch(theta, readVariable(inputs).take(rows), readVariable(targets).take(rows), true, context),
  );
  const entry = stepEntry({
    parameters: training.parameters,
    optimizer,
    variables: v,
    evaluate: (theta) => {
      const { loss } = batch(theta);
      return { loss, gradient: gradientOf(loss, theta) };
    },
    carry: (theta) => batch(theta).state,
    path: false,
    convergence: false,
  });
  return printLevels(entry, [...variableList(v), inputs, targets, order]);
}

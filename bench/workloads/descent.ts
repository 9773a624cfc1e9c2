/** A descent as `fit` and `descend` run it: one compiled step of loss, exact gradient and the optimizer's rule, on workers. */
import { openProgram, type ProgramOptions, type ThreadedProgram } from "../../src/backends/wasm/threads/index.js";
import type { EntryPoint } from "../../src/compiler/program.js";
import { type DescentVariables, descentVariables, gradientOf, initialValues, stepEntry, variableList } from "../../src/descent/step.js";
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import type { Parameters } from "../../src/optimizers/parameters.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../src/tensor/tensor.js";
import type { HostData } from "../../src/tensor/types.js";
import type { Job } from "./workload.js";

export interface Descent {
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  readonly start: HostData;
  readonly loss: (theta: Tensor) => Tensor;
  /** What the model carries from step to step. */
  readonly state?: { readonly start: HostData; readonly next: (theta: Tensor, state: Tensor) => Tensor };
}

/** An entry point with the variables of its program and their first values. */
export interface Compilable {
  readonly entry: EntryPoint;
  readonly variables: readonly Variable[];
  readonly values: ReadonlyMap<Variable, HostData>;
}

/** The step of a descent that nothing but a loss that is not finite ends. */
export function descentStep({ parameters, optimizer, start, loss, state }: Descent): Compilable & { readonly names: DescentVariables } {
  const names = descentVariables(parameters, optimizer, false, state?.start.length);
  const { carried } = names;
  const evaluate = (theta: Tensor) => {
    const value = loss(theta);
    return { loss: value, gradient: gradientOf(value, theta) };
  };
  const entry = stepEntry({
    parameters,
    optimizer,
    variables: names,
    evaluate,
    ...(state && carried ? { carry: (theta: Tensor) => state.next(theta, readVariable(carried)) } : {}),
    path: false,
    convergence: false,
  });
  return {
    entry,
    names,
    variables: variableList(names),
    values: initialValues(names, optimizer, {
      start,
      ...(state ? { carried: state.start } : {}),
      totalSteps: 1e6,
      stepsPerEpoch: 1e6,
      tolerance: 0,
    }),
  };
}

async function openFor(variables: readonly Variable[], options: ProgramOptions): Promise<ThreadedProgram> {
  const program = await openProgram(variables, options);
  if (options.fast === true && !program.fast) throw new Error("this engine has no relaxed SIMD");
  return program;
}

export async function descentJob(descent: Descent, options: ProgramOptions): Promise<Job> {
  const { entry, variables, values } = descentStep(descent);
  const program = await openFor(variables, options);
  for (const [variable, data] of values) program.write(variable, data);
  return {
    async steps(count) {
      const { steps } = await program.run(entry, count);
      if (steps !== count) throw new Error(`${steps} of ${count} steps were done: the loss is not finite any more`);
    },
    lossStep: async () => (await program.run(entry, 1)).traces.loss[0],
    close: () => program.close(),
  };
}

/** An entry point by itself: no loss, no gradient. `check` gives what tells whether a step was right. */
export async function entryJob({ entry, variables, values }: Compilable, check: Variable, options: ProgramOptions): Promise<Job> {
  const program = await openFor(variables, options);
  for (const [variable, data] of values) program.write(variable, data);
  return {
    async steps(count) {
      await program.run(entry, count);
    },
    async lossStep() {
      await program.run(entry, 1);
      const result = await program.read(check);
      let sum = 0;
      for (let i = 0; i < Math.min(1000, result.length); i++) sum += result[i];
      return sum;
    },
    close: () => program.close(),
  };
}

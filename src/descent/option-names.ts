/** Options that nothing would read, and optimizers that are none: said before the first step. */
import type { Optimizer } from "../optimizers/optimizer.js";
import { nearest, SteepestError } from "../tensor/error.js";

/** What other libraries, or other calls of this one, call the same thing. */
const elsewhere: Readonly<Record<string, string>> = {
  iterations: "steps",
  maxIterations: "steps",
  maxIter: "steps",
  maxiter: "steps",
  maxSteps: "steps",
  epoch: "epochs",
  tol: "tolerance",
  gtol: "tolerance",
  timeout: "seconds",
  time: "seconds",
  batch: "batchSize",
  batch_size: "batchSize",
  validationSplit: "validation",
  validation_split: "validation",
  earlyStopping: "patience",
  callback: "onProgress",
  callbacks: "onProgress",
  weightDecay: "regularizer",
  workers: "threads",
};

const ofOptimizer = new Set(["learningRate", "lr", "rate", "alpha", "eta", "beta", "beta1", "beta2", "momentum", "epsilon", "schedule"]);

/** Refuses an option that nothing reads: a mistyped name would silently leave the default in force. */
export function checkOptionNames(owner: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const renamed = Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined;
    const meant = renamed !== undefined && known.includes(renamed) ? renamed : nearest(name, known);
    throw new SteepestError({
      problem: `${owner} has no option "${name}"`,
      expected: known.join(", "),
      received: name,
      fix: ofOptimizer.has(name)
        ? "it belongs to the optimizer: optimizer: momentum({ learningRate: 0.1, beta: 0.9 })"
        : meant && `did you mean ${meant}?`,
    });
  }
}

/** Refuses what is no optimizer, in the forms that slip past a type checker. */
export function checkOptimizer(owner: string, given: unknown): asserts given is Optimizer {
  if (
    typeof given === "object" &&
    given !== null &&
    "update" in given &&
    typeof given.update === "function" &&
    "slots" in given &&
    "learningRate" in given
  )
    return;
  const called = typeof given === "function" ? given.name || "adam" : "adam";
  throw new SteepestError({
    problem: `${owner} was given something that is no optimizer`,
    expected: "what gd(), momentum(), adam() or defineOptimizer() return",
    received: typeof given === "function" ? `the function ${given.name} itself` : JSON.stringify(given),
    fix: typeof given === "function" ? `call it: optimizer: ${called}()` : "write optimizer: adam({ learningRate: 0.01 })",
  });
}

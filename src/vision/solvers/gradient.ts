/** Smooth energies by the optimizers of the library. */
import { descentVariables, gradientOf, initialValues, lookEntry, stepEntry, variableList } from "../../descent/step.js";
import { lbfgs } from "../../optimizers/lbfgs.js";
import { nesterov } from "../../optimizers/nesterov.js";
import type { Optimizer } from "../../optimizers/optimizer.js";
import { readVariable, type Tensor } from "../../tensor/tensor.js";
import { allocate, sizeOf } from "../../tensor/types.js";
import { looks, type Method, type RestorationProblem } from "./problem.js";

/** The modulus of strong convexity of the energy, which squares of all pixels give it. */
const modulusOf = ({ energy, seen, weights, volume }: RestorationProblem): number =>
  seen === undefined && weights === undefined ? energy.lambda * energy.fidelity.convexity * volume : 0;

/**
 * Nesterov's method with the rate 1/L and the momentum β = (√L − √m)/(√L + √m), where the energy's Lipschitz constant L and its modulus m are known; L-BFGS
 * otherwise.
 */
export function usualOptimizer(problem: RestorationProblem): Optimizer {
  const { energy, given, volume } = problem;
  const { regularizer, fidelity, differences, lambda } = energy;
  const modulus = modulusOf(problem);
  if (modulus === 0 || regularizer.curvature === undefined || fidelity.curvature === undefined) return lbfgs();
  const largest = volume * (lambda * fidelity.curvature + regularizer.curvature * differences.squaredNorm(given));
  const ratio = Math.sqrt(modulus / largest);
  return nesterov({ learningRate: 1 / largest, beta: (1 - ratio) / (1 + ratio) });
}

/**
 * The steps of an optimizer on the energy. Where the energy is strongly convex with modulus m, ‖∇J‖²/2m bounds its distance from the minimum; elsewhere
 * there is no gap.
 */
export function byOptimizer(problem: RestorationProblem, optimizer: Optimizer, iterations: number): Method {
  const { energy, given, shape, dtype, start, range } = problem;
  const size = sizeOf(shape);
  const parameters = { size, dtype, entries: [{ path: "image", shape, offset: 0 }] } as const;
  const variables = descentVariables(parameters, optimizer, true);
  const loss = energy.of(given);
  const imageOf = (theta: Tensor) => theta.unpack({ shape, offset: 0 });
  const evaluate = (theta: Tensor) => {
    const value = loss(imageOf(theta));
    return { loss: value, gradient: gradientOf(value, theta) };
  };
  const project = range && ((theta: Tensor) => theta.maximum(range[0]).minimum(range[1]));
  const common = { parameters, optimizer, variables, evaluate, ...(project ? { project } : {}) };
  const first = initialValues(variables, optimizer, { start, totalSteps: iterations, stepsPerEpoch: iterations, tolerance: 0 });
  const theta = readVariable(variables.theta);
  const modulus = modulusOf(problem);
  const slope = evaluate(theta).gradient;
  const moved = project ? theta.sub(project(theta.sub(slope))) : slope;
  const norm = moved.square().sum().cast("f64");
  return {
    name: optimizer.name,
    image: variables.theta,
    values: new Map(
      variableList(variables).map((variable) => [
        variable,
        first.get(variable) ?? allocate(variable.type.dtype, sizeOf(variable.type.shape)),
      ]),
    ),
    step: stepEntry({ ...common, path: false, rates: false, convergence: false }),
    look: {
      ...lookEntry(common),
      traces: [
        ...looks(problem, imageOf(theta), modulus > 0 ? norm.mul(1 / (2 * modulus * problem.volume)) : undefined),
        { name: "gradientNorm", value: norm.sqrt() },
      ],
    },
  };
}

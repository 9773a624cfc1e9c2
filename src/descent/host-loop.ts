/** The loop for objectives in one's own JavaScript: value and gradient are called from outside, the rule stays compiled. */
import { WasmProgram } from "../backends/wasm/program.js";
import type { HostObjective } from "../objectives/objective.js";
import { plateauWatch } from "../optimizers/schedules/plateau.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { Facts } from "./diagnosis/index.js";
import type { Status } from "./history.js";
import { Path, Run } from "./run.js";
import type { DescentSettings } from "./settings.js";
import { descentVariables, initialValues, lookEntry, stepEntry, stillSteps, variableList } from "./step.js";

/** A point with what was measured there. */
interface Visited {
  readonly theta: Float64Array;
  readonly value: number;
  readonly norm: number;
  /** The average that the rule keeps, where it keeps one. */
  readonly averaged: Float64Array | undefined;
}

/**
 * Value, then gradient, once at each point in turn.
 *
 * @param alone whether the start was a number: the solution is one, too
 */
export function descendHost(
  objective: HostObjective,
  start: Float64Array,
  settings: DescentSettings,
  alone: boolean,
): Run<number | number[]> {
  const { optimizer, tolerance, sign, targetLoss, region } = settings;
  const steps = Math.min(settings.steps, settings.evaluations - 1);
  if (optimizer.penalty !== undefined)
    throw new SteepestError({
      problem: `${optimizer.name} adds a penalty, which an objective in JavaScript does not show in its losses`,
      fix: "write the objective as a formula or a function of tensors",
    });
  const size = start.length;
  const parameters = { size, dtype: "f64", entries: [{ path: "x", shape: [size], offset: 0 }] } as const;
  const v = descentVariables(parameters, optimizer);
  const loss: Variable = { name: "loss", type: { shape: [], dtype: "f64" } };
  const gradient: Variable = { name: "gradient", type: { shape: [size], dtype: "f64" } };
  const evaluate = (theta: Tensor) => {
    if (theta.node.primitive.name !== "variable")
      throw new SteepestError({
        problem: `${optimizer.name} asks for the objective at another point, which an objective in JavaScript cannot give inside a compiled step`,
        fix: "use a rule that needs only the gradient at θ, or write the objective as a formula or a function of tensors",
      });
    return { loss: readVariable(loss), gradient: readVariable(gradient) };
  };
  const common = { parameters, optimizer, variables: v, evaluate, ...(region ? { project: region.project } : {}) };
  const step = stepEntry({ ...common, path: false, convergence: false });
  const look = lookEntry(common);
  const program = new WasmProgram([...variableList(v), loss, gradient]);
  const first = Float64Array.from(region?.nearest(start) ?? start);
  for (const [variable, data] of initialValues(v, optimizer, { start: first, totalSteps: steps, stepsPerEpoch: steps, tolerance }))
    program.write(variable, data);

  let evaluations = 0;
  const visit = (theta: Float64Array): Visited => {
    evaluations++;
    const value = objective.value(theta.slice());
    if (typeof value !== "number")
      throw new SteepestError({ problem: `the value of ${objective.name} is no number`, expected: "a number", received: typeof value });
    const slopes = objective.gradient(theta.slice());
    if (slopes?.length !== size)
      throw new SteepestError({
        problem: `the gradient of ${objective.name} has the wrong length`,
        expected: `${size} number${size === 1 ? "" : "s"}, one for each coordinate`,
        received: slopes?.length === undefined ? String(slopes) : `${slopes.length}`,
      });
    program.write(loss, [sign * value]);
    program.write(
      gradient,
      Float64Array.from(slopes, (x) => sign * x),
    );
    const averaged = optimizer.average === undefined ? undefined : Float64Array.from(program.read(v.slots[optimizer.average]));
    return { theta, value, averaged, norm: program.run(look, 1).traces.gradientNorm[0] };
  };

  const history = { loss: [] as number[], gradientNorm: [] as number[], learningRate: [] as number[] };
  const points: Float64Array[] = [];
  const began = performance.now();
  let status: Status | undefined;
  let done = 0;
  let still = 0;
  const watch = plateauWatch(optimizer);
  let at = visit(first);
  let good = at;
  for (;;) {
    if (!(Number.isFinite(at.value) && Number.isFinite(at.norm))) status = "diverged";
    else if (at.norm <= tolerance) status = "converged";
    else if (targetLoss !== undefined && sign * at.value <= sign * targetLoss) status = "stopped-early";
    else if (done === steps) status = "step-limit";
    else if (performance.now() - began > settings.seconds * 1000) status = "stopped-early";
    if (status === "diverged" && done > 0) {
      done--;
      for (const column of [history.loss, history.gradientNorm, history.learningRate]) column.pop();
      points.pop();
    } else good = at;
    if (status !== undefined) break;
    const { traces } = program.run(step, 1);
    history.loss.push(at.value);
    history.gradientNorm.push(at.norm);
    history.learningRate.push(traces.learningRate[0]);
    if (settings.path) points.push(at.theta);
    const { theta } = at;
    const next = Float64Array.from(program.read(v.theta));
    done++;
    if (watch && done % watch.every === 0 && watch.look(sign * at.value)) program.write(v.rateScale, [watch.scale]);
    still = traces.learningRate[0] > 0 && next.every((x, i) => x === theta[i]) ? still + 1 : 0;
    if (still >= stillSteps(optimizer)) {
      status = "stalled";
      break;
    }
    at = visit(next);
  }
  const { theta } = good;
  const solution = (point: ArrayLike<number>) => (alone ? point[0] : Array.from(point));
  const outcome = {
    status,
    steps: done,
    loss: good.value,
    gradientNorm: good.norm,
    history: {
      loss: Float64Array.from(history.loss),
      gradientNorm: Float64Array.from(history.gradientNorm),
      learningRate: Float64Array.from(history.learningRate),
      evaluations: Float64Array.from(history.loss, (_, step) => step + 1),
    },
  };
  return new Run({
    ...outcome,
    solution: solution(theta),
    theta,
    evaluations: { value: evaluations * (1 + objective.differences * size), gradient: evaluations },
    ...(good.averaged === undefined ? {} : { averaged: solution(good.averaged) }),
    ...(settings.path ? { path: new Path(Float64Array.from([...points, theta].flatMap((p) => [...p])), size, solution) } : {}),
    facts: (): Facts => ({ ...outcome, optimizer, tolerance, sign }),
  });
}

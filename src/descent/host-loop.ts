/** The loop for objectives in one's own JavaScript: value and gradient are called from outside, the rule stays compiled. */
import { WasmProgram } from "../backends/wasm/program.js";
import type { HostObjective } from "../objectives/objective.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable } from "../tensor/tensor.js";
import type { Facts } from "./diagnosis.js";
import type { Status } from "./history.js";
import { projection } from "./loop.js";
import type { DescentSettings } from "./minimize.js";
import { Path, Run } from "./run.js";
import { descentVariables, initialValues, stepEntry, variableList } from "./step.js";

export function descendHost(objective: HostObjective, start: Float64Array, settings: DescentSettings): Run<number[]> {
  const { optimizer, steps, tolerance, sign, targetLoss } = settings;
  const size = start.length;
  const parameters = { size, dtype: "f64", entries: [{ path: "x", shape: [size], offset: 0 }] } as const;
  const v = descentVariables(parameters, optimizer);
  const loss: Variable = { name: "loss", type: { shape: [], dtype: "f64" } };
  const gradient: Variable = { name: "gradient", type: { shape: [size], dtype: "f64" } };
  const project = settings.bounds && projection(settings.bounds, "f64");
  const step = stepEntry({
    variables: v,
    parameters,
    optimizer,
    path: false,
    convergence: true,
    evaluate: (theta) => {
      if (theta.node.primitive.name !== "variable")
        throw new SteepestError({
          problem: `${optimizer.name} asks for the objective at another point, which an objective in JavaScript cannot give inside a compiled step`,
          fix: "use a rule that needs only the gradient at θ, or write the objective as a formula or a function of tensors",
        });
      return { loss: readVariable(loss), gradient: readVariable(gradient) };
    },
    ...(project ? { project } : {}),
  });
  const program = new WasmProgram([...variableList(v), loss, gradient]);
  const { bounds } = settings;
  const first = bounds ? start.map((x, i) => Math.min(Math.max(x, bounds.low[i]), bounds.high[i])) : start;
  for (const [variable, data] of initialValues(v, optimizer, first, steps, steps, tolerance)) program.write(variable, data);

  const history = { loss: [] as number[], gradientNorm: [] as number[], learningRate: [] as number[] };
  const points: Float64Array[] = [];
  const began = performance.now();
  let theta = Float64Array.from(first);
  let good = theta;
  let status: Status | undefined;
  let value = 0;
  let norm = Number.NaN;
  let evaluations = 0;
  const look = () => {
    evaluations++;
    value = objective.value(Float64Array.from(theta));
    const g = objective.gradient(Float64Array.from(theta));
    if (g.length !== size)
      throw new SteepestError({ problem: `the gradient of ${objective.name} has the wrong length`, expected: `${size} numbers`, received: String(g.length) });
    if (typeof value !== "number")
      throw new SteepestError({ problem: `the value of ${objective.name} is no number`, expected: "a number", received: typeof value });
    program.write(loss, [sign * value]);
    program.write(gradient, Float64Array.from(g, (x) => sign * x));
  };
  let done = 0;
  for (; done < steps && status === undefined; ) {
    look();
    const { stopped, traces } = program.run(step, 1);
    norm = traces.gradientNorm[0];
    if (!(Number.isFinite(value) && Number.isFinite(norm))) {
      status = "diverged";
      theta = good;
      done = Math.max(0, done - 1);
      break;
    }
    good = theta;
    if (sign * value <= targetLoss && sign === 1) status = "stopped-early";
    else if (stopped) status = norm <= tolerance ? "converged" : "stalled";
    if (status !== undefined) break;
    history.loss.push(value);
    history.gradientNorm.push(norm);
    history.learningRate.push(traces.learningRate[0]);
    if (settings.path) points.push(theta);
    theta = Float64Array.from(program.read(v.theta));
    done++;
    if (performance.now() - began > settings.seconds * 1000) status = "stopped-early";
  }
  if (status === undefined || status === "stopped-early" || status === "diverged") {
    look();
    program.write(v.theta, theta);
    norm = program.run(step, 1).traces.gradientNorm[0];
    if (status === undefined) status = norm <= tolerance ? "converged" : Number.isFinite(value) && Number.isFinite(norm) ? "step-limit" : "diverged";
  }
  const ended = status;
  const recorded = { loss: Float64Array.from(history.loss), gradientNorm: Float64Array.from(history.gradientNorm), learningRate: Float64Array.from(history.learningRate) };
  const rows = Float64Array.from([...points, theta].flatMap((p) => [...p]));
  return new Run<number[]>({
    solution: Array.from(theta),
    theta,
    loss: value,
    gradientNorm: norm,
    status: ended,
    steps: done,
    evaluations: { value: evaluations, gradient: evaluations },
    history: recorded,
    ...(settings.path ? { path: new Path<number[]>(rows, size, (row) => Array.from(row)) } : {}),
    facts: (): Facts => ({ status: ended, steps: done, optimizer: optimizer.name, tolerance, loss: value, gradientNorm: norm, history: recorded }),
  });
}

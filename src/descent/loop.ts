/** The synchronous loop: slices of compiled steps on the caller's thread, until something ends the descent. */
import { pushForward } from "../autodiff/forward.js";
import type { EntryPoint } from "../compiler/program.js";
import { WasmProgram } from "../backends/wasm/program.js";
import type { Objective } from "../objectives/objective.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { fromHost, readVariable, type Tensor } from "../tensor/tensor.js";
import { allocate, type HostData } from "../tensor/types.js";
import type { Facts } from "./diagnosis.js";
import type { Status } from "./history.js";
import type { DescentSettings } from "./minimize.js";
import { Path, Run } from "./run.js";
import { descentVariables, gradientOf, initialValues, lookEntry, stepEntry, variableList } from "./step.js";

/** Steps between two looks at the clock. */
const SLICE = 16_384;

export function descendTraced<S>(objective: Objective<S>, settings: DescentSettings): Run<S> {
  const { optimizer, steps, tolerance, sign, path } = settings;
  const { parameters } = objective;
  const v = descentVariables(parameters, optimizer);
  const evaluate = (theta: Tensor) => {
    const plain = objective.loss(theta);
    const loss = sign === 1 ? plain : plain.neg();
    return { loss, gradient: gradientOf(loss, theta) };
  };
  const project = settings.bounds && projection(settings.bounds, parameters.dtype);
  const common = { variables: v, evaluate, ...(project ? { project } : {}) };
  const step = stepEntry({ ...common, parameters, optimizer, path, convergence: true });
  const look = lookEntry(common);
  const program = new WasmProgram(variableList(v));
  const start = project ? projected(objective.start, settings.bounds) : objective.start;
  for (const [variable, data] of initialValues(v, optimizer, start, steps, steps, tolerance)) program.write(variable, data);

  const recorder = new Recorder(parameters.size, parameters.dtype, path);
  const state = [v.theta, ...Object.values(v.slots), v.step];
  const began = performance.now();
  let status: Status = "step-limit";
  let done = 0;
  while (done < steps) {
    const before = new Map(state.map((s): [Variable, HostData] => [s, program.read(s)]));
    const wish = Math.min(SLICE, steps - done);
    const { steps: did, stopped, traces } = program.run(step, wish);
    const target = traces.loss.findIndex((loss) => sign * loss <= sign * settings.targetLoss && sign === 1);
    const ended = stopped ? endOf(traces, did, tolerance) : undefined;
    // A step that stops at its own point was an evaluation, not a step; one that found nothing finite is undone as well.
    const good = target >= 0 ? target : ended === undefined ? did : ended === "stalled" ? did : did - 1;
    if (target >= 0 || ended === "diverged") {
      const keep = target >= 0 ? target : Math.max(0, did - 2);
      replay(program, step, before, ended === "diverged" && target < 0 ? keep : good);
      recorder.take(traces, ended === "diverged" && target < 0 ? keep : good);
      done += ended === "diverged" && target < 0 ? keep : good;
    } else {
      recorder.take(traces, good);
      done += good;
    }
    if (target >= 0) status = "stopped-early";
    else if (ended !== undefined) status = ended;
    if (target >= 0 || ended !== undefined) break;
    if (performance.now() - began > settings.seconds * 1000) {
      status = done < steps ? "stopped-early" : status;
      break;
    }
  }
  const last = program.run(look, 1).traces;
  const theta = program.read(v.theta);
  const loss = sign * last.loss[0];
  const gradientNorm = last.gradientNorm[0];
  if (status === "step-limit" && gradientNorm <= tolerance) status = "converged";
  if (status === "step-limit" && !(Number.isFinite(loss) && Number.isFinite(gradientNorm))) status = "diverged";
  const history = recorder.history(sign);
  const points = path ? recorder.path(theta) : undefined;
  return new Run<S>({
    solution: objective.solution(theta),
    theta,
    loss,
    gradientNorm,
    status,
    steps: done,
    evaluations: { value: done + 1, gradient: done + 1 },
    history,
    ...(points ? { path: new Path<S>(points, parameters.size, (row) => objective.solution(row)) } : {}),
    facts: (): Facts => ({ status, steps: done, optimizer: optimizer.name, tolerance, loss, gradientNorm, history, ...curvatureFacts(evaluate, objective.start, theta, parameters.dtype) }),
  });
}

/** Why the last recorded step was the last. */
function endOf(traces: Readonly<Record<string, HostData>>, did: number, tolerance: number): Status {
  const loss = traces.loss[did - 1];
  const norm = traces.gradientNorm[did - 1];
  if (!(Number.isFinite(loss) && Number.isFinite(norm))) return "diverged";
  return norm <= tolerance ? "converged" : "stalled";
}

/** Goes back to the state before a slice and does only so many of its steps. */
function replay(program: WasmProgram, step: EntryPoint, before: ReadonlyMap<Variable, HostData>, steps: number): void {
  for (const [variable, data] of before) program.write(variable, data);
  if (steps > 0) program.run(step, steps);
}

/** Brings θ into a box. */
export function projection(bounds: { readonly low: Float64Array; readonly high: Float64Array }, dtype: "f32" | "f64" | string): (theta: Tensor) => Tensor {
  const limit = (values: Float64Array) => (dtype === "f32" ? fromHost(Float32Array.from(values), [values.length], "f32") : fromHost(values, [values.length], "f64"));
  const low = limit(bounds.low);
  const high = limit(bounds.high);
  return (theta) => theta.maximum(low).minimum(high);
}

function projected(theta: HostData, bounds: DescentSettings["bounds"]): HostData {
  return bounds === undefined ? theta : theta.map((x, i) => Math.min(Math.max(x, bounds.low[i]), bounds.high[i]));
}

/** Collects what slices record. */
class Recorder {
  readonly #columns = { loss: [] as HostData[], gradientNorm: [] as HostData[], learningRate: [] as HostData[] };
  readonly #path: HostData[] = [];
  readonly #size: number;
  readonly #dtype: Objective["parameters"]["dtype"];
  readonly #keepsPath: boolean;

  constructor(size: number, dtype: Objective["parameters"]["dtype"], keepsPath: boolean) {
    this.#size = size;
    this.#dtype = dtype;
    this.#keepsPath = keepsPath;
  }

  take(traces: Readonly<Record<string, HostData>>, rows: number): void {
    for (const name of ["loss", "gradientNorm", "learningRate"] as const) this.#columns[name].push(traces[name].subarray(0, rows));
    if (this.#keepsPath) this.#path.push(traces.path.subarray(0, rows * this.#size));
  }

  history(sign: 1 | -1) {
    const joined = (parts: readonly HostData[]) => concatenated(parts, "f64") as Float64Array;
    const loss = joined(this.#columns.loss);
    return { loss: sign === 1 ? loss : loss.map((x) => -x), gradientNorm: joined(this.#columns.gradientNorm), learningRate: joined(this.#columns.learningRate) };
  }

  path(last: HostData): HostData {
    return concatenated([...this.#path, last], this.#dtype);
  }
}

function concatenated(parts: readonly HostData[], dtype: Objective["parameters"]["dtype"]): HostData {
  if (parts.length === 1) return parts[0];
  const out = allocate(dtype, parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const FEW = 12;

/** Curvature along the gradient at both ends; for few variables the extreme eigenvalues of the Hessian at the end. */
function curvatureFacts(evaluate: (theta: Tensor) => { loss: Tensor; gradient: Tensor }, start: HostData, end: HostData, dtype: Objective["parameters"]["dtype"]): Pick<Facts, "curvature" | "eigenvalues"> {
  const variable: Variable = { name: "theta", type: { shape: [end.length], dtype } };
  const theta = readVariable(variable);
  const { gradient } = evaluate(theta);
  const along = pushForward([gradient], [theta], [gradient])[0] ?? theta.fill(0);
  const curvature: EntryPoint = { name: "curvature", writes: [], traces: [{ name: "curvature", value: gradient.mul(along).sum().div(gradient.square().sum()).cast("f64") }] };
  const program = new WasmProgram([variable]);
  const at = (point: HostData) => {
    program.write(variable, point);
    return program.run(curvature, 1).traces.curvature[0];
  };
  const facts = { curvature: { start: at(start), end: at(end) } };
  if (end.length > FEW) return facts;
  const rows = Array.from({ length: end.length }, (_, i) => {
    const direction = fromHost(allocate(dtype, end.length).fill(1, i, i + 1), [end.length], dtype);
    return { name: `row${i}`, value: (pushForward([gradient], [theta], [direction])[0] ?? theta.fill(0)).cast("f64") };
  });
  program.write(variable, end);
  const { traces } = program.run({ name: "hessian", writes: [], traces: rows }, 1);
  const eigenvalues = jacobiEigenvalues(rows.map((r) => Float64Array.from(traces[r.name])));
  return eigenvalues.every(Number.isFinite) ? { ...facts, eigenvalues: { least: Math.min(...eigenvalues), most: Math.max(...eigenvalues) } } : facts;
}

/** Eigenvalues of a small symmetric matrix by Jacobi's rotations. */
export function jacobiEigenvalues(matrix: readonly Float64Array[]): number[] {
  const a = matrix.map((row) => Float64Array.from(row));
  const n = a.length;
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        off += a[p][q] * a[p][q];
        if (a[p][q] === 0 || !Number.isFinite(a[p][q])) continue;
        const tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        const c = 1 / Math.sqrt(1 + t * t);
        const s = t * c;
        for (let k = 0; k < n; k++) [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        for (let k = 0; k < n; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
      }
    if (off < 1e-300) break;
  }
  return a.map((row, i) => row[i]);
}

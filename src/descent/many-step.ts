/** One step of many descents at once: the step of one, mapped over the starts. */
import { batchGraph } from "../autodiff/batch.js";
import type { EntryPoint } from "../compiler/program.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { repeated } from "../tensor/repeat.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import type { TensorType } from "../tensor/types.js";
import { topological } from "../tensor/walk.js";
import type { DescentVariables } from "./step.js";

/** What many descents carry: the variables of one, a row for each start, and how far each has come. */
export interface ManyVariables {
  readonly count: number;
  /** From the variables of one descent to those with a row for each start; what is missing is the same for all. */
  readonly rows: ReadonlyMap<unknown, Variable>;
  readonly theta: Variable;
  /** 1 where a descent has ended: it keeps what it has. */
  readonly ended: Variable;
  /** Steps that a descent was in, that at which it ended included. */
  readonly steps: Variable;
  readonly searched: Variable;
  /** Loss and norm of the gradient at θ, as the last step saw them. */
  readonly loss: Variable;
  readonly gradientNorm: Variable;
  /** The point before: where a descent goes back to when loss or gradient is not finite. */
  readonly before: { readonly theta: Variable; readonly loss: Variable; readonly gradientNorm: Variable };
}

/** @param ownRates whether each start has a rate of its own */
export function manyVariables(v: DescentVariables, count: number, ownRates: boolean): ManyVariables {
  const rowsOf = ({ name, type: { shape, dtype } }: Variable): Variable => ({ name, type: { shape: [count, ...shape], dtype } });
  const each = (name: string, dtype: TensorType["dtype"] = "f64"): Variable => ({ name, type: { shape: [count], dtype } });
  const theta = rowsOf(v.theta);
  const mapped = [...Object.values(v.slots), ...Object.values(v.evaluation ?? {}), v.still, ...(ownRates ? [v.rateScale] : [])];
  return {
    count,
    rows: new Map<unknown, Variable>([[v.theta, theta], ...mapped.map((x): [unknown, Variable] => [x, rowsOf(x)])]),
    theta,
    ended: each("ended", "i32"),
    steps: each("steps"),
    searched: each("searched"),
    loss: each("lossNow"),
    gradientNorm: each("gradientNorm"),
    before: { theta: rowsOf({ ...v.theta, name: "thetaBefore" }), loss: each("lossBefore"), gradientNorm: each("gradientNormBefore") },
  };
}

/** All variables of a program of many descents; `shared` are those of one descent. */
export const manyList = (m: ManyVariables, shared: readonly Variable[]): Variable[] => [
  ...shared.filter((x) => !m.rows.has(x)),
  ...m.rows.values(),
  m.ended,
  m.steps,
  m.searched,
  m.loss,
  m.gradientNorm,
  m.before.theta,
  m.before.loss,
  m.before.gradientNorm,
];

/** The values of an entry point for all starts; undefined where they are the same for all. */
function overStarts(values: readonly Tensor[], { rows, count }: ManyVariables): (Tensor | undefined)[] {
  const inputs: Tensor[] = [];
  const over: Tensor[] = [];
  for (const node of topological(values)) {
    const mapped = node.primitive.name === "variable" ? rows.get(node.attributes.variable) : undefined;
    if (mapped === undefined) continue;
    inputs.push(node.outputs[0]);
    over.push(readVariable(mapped));
  }
  return batchGraph(values, inputs, over, count);
}

/** Both entry points, for all starts: what is written to a variable goes to the rows of all descents. */
export function manyFirst(point: EntryPoint, m: ManyVariables): EntryPoint {
  const values = point.writes.map(({ value }) => value);
  const mapped = overStarts(values, m);
  return {
    name: point.name,
    writes: point.writes.map(({ variable, value }, i) => ({
      variable: m.rows.get(variable) ?? variable,
      value: mapped[i] ?? repeated(value, m.count),
    })),
    traces: [],
  };
}

/**
 * The step of all descents that have not ended; it stops when all have.
 *
 * @param isRecorded whether the losses of each step are kept, and what its searches took
 */
export function manyStep(point: EntryPoint, m: ManyVariables, isRecorded: boolean): EntryPoint {
  const { stop } = point;
  if (stop === undefined) throw new Error("internal: a step that never stops");
  const traced = (name: string) => point.traces.find((trace) => trace.name === name)?.value;
  const [loss, gradientNorm, searched] = [traced("loss"), traced("gradientNorm"), traced("evaluations")];
  if (loss === undefined || gradientNorm === undefined) throw new Error("internal: a step without loss and gradient");
  const wanted = [stop, loss, gradientNorm, ...(searched ? [searched] : []), ...point.writes.map(({ value }) => value)];
  const results = overStarts(wanted, m);
  const all = (i: number) => results[i] ?? repeated(wanted[i], m.count);
  const [stops, losses, norms] = [all(0), all(1), all(2)];
  const active = readVariable(m.ended).eq(readVariable(m.ended).fill(0));
  const goesOn = active.and(stops.not());
  const where = (condition: Tensor, variable: Variable, value: Tensor) => ({
    variable,
    value: condition.broadcastAlong(value.shape, [0]).select(value, readVariable(variable)),
  });
  const first = wanted.length - point.writes.length;
  const left = goesOn.cast("i32").sum();
  return {
    name: "steps of many",
    writes: [
      ...point.writes.map(({ variable, value }, i) => {
        const rows = m.rows.get(variable);
        return rows ? where(active, rows, all(first + i)) : { variable, value };
      }),
      where(active, m.ended, stops.cast("i32")),
      { variable: m.steps, value: readVariable(m.steps).add(active.cast("f64")) },
      ...(searched ? [where(active, m.searched, readVariable(m.searched).add(all(3)))] : []),
      { variable: m.loss, value: losses },
      { variable: m.gradientNorm, value: norms },
      where(goesOn, m.before.theta, readVariable(m.theta)),
      where(goesOn, m.before.loss, losses),
      where(goesOn, m.before.gradientNorm, norms),
    ],
    traces: isRecorded ? [{ name: "loss", value: losses }, ...(searched ? [{ name: "evaluations", value: all(3) }] : [])] : [],
    stop: left.le(left.fill(0)),
  };
}

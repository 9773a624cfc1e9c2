/** One step as a graph: loss, exact gradient, schedule and the optimizer's rule, all on the same variables. */
import { pullBack } from "../autodiff/reverse.js";
import type { EntryPoint } from "../compiler/program.js";
import { type LossAndGradient, type Optimizer, rateOf, slotStart, slotType } from "../optimizers/optimizer.js";
import { type Parameters, ParameterViews } from "../optimizers/parameters.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { literal, readVariable, Tensor } from "../tensor/tensor.js";
import { type HostData, sameShape, showType } from "../tensor/types.js";

/** Everything that a descent carries from step to step, and the controls that the host may write between slices. */
export interface DescentVariables {
  readonly theta: Variable;
  readonly slots: Readonly<Record<string, Variable>>;
  /** Loss and gradient at θ, where the rule hands them on from step to step. `lookEntry` sets them first. */
  readonly evaluation?: { readonly loss: Variable; readonly gradient: Variable };
  /** What the objective itself carries from step to step and nobody differentiates, such as the running means of a model. */
  readonly carried?: Variable;
  readonly step: Variable;
  readonly totalSteps: Variable;
  readonly stepsPerEpoch: Variable;
  /** Multiplies whatever rate the schedule gives. */
  readonly rateScale: Variable;
  /** The norm of the gradient at which the descent has converged. */
  readonly tolerance: Variable;
  /** The loss at or below which nothing more is wanted. */
  readonly targetLoss: Variable;
  /** Steps in a row that have left θ as it was. */
  readonly still: Variable;
}

const scalarVariable = (name: string): Variable => ({ name, type: { shape: [], dtype: "f64" } });

/**
 * @param isFixed whether the objective is the same at every step, so that a rule may hand on what it evaluated
 * @param carried how many numbers the objective carries from step to step, in the dtype of θ
 */
export function descentVariables(parameters: Parameters, optimizer: Optimizer, isFixed = false, carried = 0): DescentVariables {
  const { size, dtype } = parameters;
  return {
    theta: { name: "theta", type: { shape: [size], dtype } },
    slots: Object.fromEntries(Object.entries(optimizer.slots).map(([name, slot]) => [name, { name, type: slotType(slot, parameters) }])),
    ...(isFixed && optimizer.carries === "evaluation"
      ? { evaluation: { loss: scalarVariable("loss"), gradient: { name: "gradient", type: { shape: [size], dtype } } } }
      : {}),
    ...(carried > 0 ? { carried: { name: "state", type: { shape: [carried], dtype } } } : {}),
    step: scalarVariable("step"),
    totalSteps: scalarVariable("totalSteps"),
    stepsPerEpoch: scalarVariable("stepsPerEpoch"),
    rateScale: scalarVariable("rateScale"),
    tolerance: scalarVariable("tolerance"),
    targetLoss: scalarVariable("targetLoss"),
    still: scalarVariable("still"),
  };
}

export function variableList(v: DescentVariables): Variable[] {
  return [...stateList(v), v.totalSteps, v.stepsPerEpoch, v.rateScale, v.tolerance, v.targetLoss];
}

/** What a step changes: from these values a descent can be taken up again. */
export function stateList(v: DescentVariables): Variable[] {
  return [v.theta, ...Object.values(v.slots), ...Object.values(v.evaluation ?? {}), ...(v.carried ? [v.carried] : []), v.step, v.still];
}

export interface StartingValues {
  readonly start: HostData;
  /** What the objective carries, before the first step. */
  readonly carried?: HostData;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly tolerance: number;
  readonly targetLoss?: number;
}

/** The values that the variables have before the first step. */
export function initialValues(
  v: DescentVariables,
  optimizer: Optimizer,
  { start, carried, totalSteps, stepsPerEpoch, tolerance, targetLoss = Number.NEGATIVE_INFINITY }: StartingValues,
): Map<Variable, HostData> {
  const one = (value: number) => Float64Array.of(value);
  const slots = Object.entries(v.slots).map(([name, variable]): [Variable, HostData] => [
    variable,
    slotStart(optimizer.slots[name], variable.type, start),
  ]);
  return new Map<Variable, HostData>([
    [v.theta, start],
    ...slots,
    ...(v.carried && carried ? [[v.carried, carried] satisfies [Variable, HostData]] : []),
    [v.step, one(0)],
    [v.totalSteps, one(totalSteps)],
    [v.stepsPerEpoch, one(stepsPerEpoch)],
    [v.rateScale, one(1)],
    [v.tolerance, one(tolerance)],
    [v.targetLoss, one(targetLoss)],
    [v.still, one(0)],
  ]);
}

/** ∇ of a traced loss of θ. */
export function gradientOf(loss: Tensor, theta: Tensor): Tensor {
  return pullBack([loss], [loss.fill(1)], [theta])[0] ?? theta.fill(0);
}

export interface StepOptions {
  readonly parameters: Parameters;
  readonly optimizer: Optimizer;
  readonly variables: DescentVariables;
  /** Loss and gradient at any traced θ. */
  readonly evaluate: (theta: Tensor) => LossAndGradient;
  /** Brings θ back to where it may be. */
  readonly project?: (theta: Tensor) => Tensor;
  /** Records behind the gradient, as a share of a full batch: a number or a traced scalar. Default 1. */
  readonly batchShare?: number | Tensor;
  /** Record θ at every step. */
  readonly path: boolean;
  /** Record the rate at every step. Default true. */
  readonly rates?: boolean;
  /** Stop when the gradient's norm is at most the tolerance, or nothing moves any more. */
  readonly convergence: boolean;
  /** Leave θ as it is where loss or gradient is not finite, as `convergence` does too. */
  readonly guard?: boolean;
  /** Stop at the target loss as well. Only together with `convergence`. */
  readonly target?: boolean;
  /** What the objective carries on from its evaluation at the step's own θ, wherever else a rule evaluates it. Only where there is room for it. */
  readonly carry?: (theta: Tensor) => Tensor | undefined;
  /** More values to record. */
  readonly metrics?: (theta: Tensor) => Readonly<Record<string, Tensor>>;
  readonly name?: string;
}

/**
 * The entry point of one step. It records `loss` and `gradientNorm` at the step's own θ, `learningRate`, and `path`. It stops at a θ
 * where the gradient is small enough (and leaves that θ as it is), and at one where loss or gradient is not finite.
 */
export function stepEntry(options: StepOptions): EntryPoint {
  const { optimizer, variables: v, project = (x: Tensor) => x } = options;
  const { evaluate, free, views } = objectiveOf(options);
  const theta = readVariable(v.theta);
  const step = readVariable(v.step, true);
  const { loss: smooth, gradient } = v.evaluation
    ? { loss: readVariable(v.evaluation.loss), gradient: readVariable(v.evaluation.gradient) }
    : evaluate(theta);
  const context = { step, totalSteps: readVariable(v.totalSteps, true), stepsPerEpoch: readVariable(v.stepsPerEpoch, true) };
  const { learningRate: rate } = optimizer;
  const learningRate = rateOf(rate, context).mul(readVariable(v.rateScale, true));
  const slots = Object.fromEntries(
    Object.entries(v.slots).map(([name, variable]) => [name, readVariable(variable, variable.type.shape.length === 0)]),
  );
  const loss = withPenalty(optimizer, smooth, theta);
  const gradientNorm = normOf(theta, gradient, pullOf(options));
  const finite = areFinite(loss.cast("f64"), gradientNorm);
  const small = gradientNorm.le(readVariable(v.tolerance));
  const arrived = options.target ? small.or(loss.cast("f64").le(readVariable(v.targetLoss))) : small;
  const stays = options.convergence ? arrived.or(finite.not()) : options.guard ? finite.not() : undefined;
  // A rule that searches is told not to, where the descent ends.
  const asked = stays && optimizer.carries ? stays.select(0, learningRate) : learningRate;
  const { batchShare = 1 } = options;
  const updated = optimizer.update({
    ...{ theta, loss: smooth, gradient, slots, parameters: views, step, learningRate: asked, evaluate },
    batchShare: typeof batchShare === "number" ? literal(batchShare, "f64", true) : batchShare,
  });
  const moved = resultOf(optimizer.name, "θ", updated.theta, v.theta);
  const next = project(free ? free.select(moved, theta) : moved);
  const keep = (now: Tensor, then: Tensor) => (stays === undefined ? then : stays.broadcastTo(now.shape).select(now, then));
  // A sum of distances is 0 only where each of them is.
  const isStill = next.sub(theta).abs().sum().le(0).and(learningRate.gt(0));
  const patience = stillSteps(optimizer);
  const carried = options.carry?.(theta);
  const still = patience > 1 ? isStill.select(readVariable(v.still).add(1), 0) : undefined;
  const stalled = [still?.ge(patience) ?? isStill, ...(updated.stalled ? [updated.stalled] : [])];
  return {
    name: options.name ?? "step",
    writes: [
      { variable: v.theta, value: keep(theta, next) },
      ...Object.entries(v.slots).map(([name, variable]) => ({
        variable,
        value: keep(slots[name], resultOf(optimizer.name, `the slot ${name}`, updated.slots?.[name], variable)),
      })),
      ...(v.evaluation
        ? [
            {
              variable: v.evaluation.loss,
              value: keep(smooth, resultOf(optimizer.name, "the loss at the new θ", updated.evaluation?.loss, v.evaluation.loss)),
            },
            {
              variable: v.evaluation.gradient,
              value: keep(
                gradient,
                resultOf(optimizer.name, "the gradient at the new θ", updated.evaluation?.gradient, v.evaluation.gradient),
              ),
            },
          ]
        : []),
      ...(v.carried && carried ? [{ variable: v.carried, value: keep(readVariable(v.carried), carried) }] : []),
      { variable: v.step, value: step.add(step.fill(1)) },
      ...(options.convergence && still ? [{ variable: v.still, value: still }] : []),
    ],
    traces: [
      { name: "loss", value: loss.cast("f64") },
      { name: "gradientNorm", value: gradientNorm },
      ...(options.rates === false ? [] : [{ name: "learningRate", value: learningRate }]),
      ...(updated.evaluations ? [{ name: "evaluations", value: updated.evaluations.cast("f64") }] : []),
      ...(options.path ? [{ name: "path", value: theta }] : []),
      ...Object.entries(options.metrics?.(theta) ?? {}).map(([name, value]) => ({ name, value })),
    ],
    stop: stays && options.convergence ? stalled.reduce((a, b) => a.or(b), stays) : finite.not(),
  };
}

/**
 * After how many steps that change nothing a descent counts as stalled. With a constant rate and no slots the next step is the same
 * again; a velocity or a schedule may yet get it going.
 */
export const stillSteps = ({ learningRate, slots, period = 1 }: Optimizer): number =>
  typeof learningRate === "number" && Object.keys(slots).length === 0 ? 1 : 50 * period;

/** What a rule gives for θ or a slot, in the slot's own dtype. */
function resultOf(rule: string, what: string, value: unknown, { type }: Variable): Tensor {
  if (value instanceof Tensor && sameShape(value.shape, type.shape)) return value.cast(type.dtype);
  throw new SteepestError({
    problem: `the rule ${rule} gives an unusable value for ${what}`,
    expected: showType(type),
    received: value instanceof Tensor ? showType(value) : String(value),
    fix: "let update return { theta, slots } with a tensor of the same shape for θ and for each slot",
  });
}

/** The objective as the rule sees it, where some parameters are frozen: their gradient is 0, and nothing is computed for it. */
function objectiveOf({ optimizer, parameters, evaluate }: Pick<StepOptions, "optimizer" | "parameters" | "evaluate">): {
  readonly evaluate: (theta: Tensor) => LossAndGradient;
  readonly views: ParameterViews;
  /** Which elements of θ may move; undefined for all. */
  readonly free: Tensor | undefined;
} {
  const views = new ParameterViews(parameters);
  const frozen = optimizer.frozen?.(views.entries);
  const free = frozen && views.mask((entry) => !frozen.has(entry));
  if (frozen === undefined || free === undefined) return { evaluate, views, free: undefined };
  return {
    evaluate: (theta) => {
      const { loss, gradient } = evaluate(theta);
      return { loss, gradient: views.join((entry) => (frozen.has(entry) ? undefined : views.of(gradient, entry)), theta) };
    },
    views,
    free,
  };
}

/** f + h, where the rule has a penalty h of its own. */
const withPenalty = ({ penalty }: Optimizer, loss: Tensor, theta: Tensor): Tensor =>
  penalty === undefined ? loss : loss.add(penalty.value(theta).cast(loss.dtype));

/** Where a unit step leads that is to be measured: into the region, or to the proximal point. */
const pullOf = ({ optimizer: { penalty }, project }: Pick<StepOptions, "optimizer" | "project">): StepOptions["project"] =>
  penalty === undefined ? project : (theta) => penalty.prox(theta, literal(1));

/** ‖g‖₂; with bounds, how far a unit step along −g would really go. */
function normOf(theta: Tensor, gradient: Tensor, project: StepOptions["project"]): Tensor {
  const pull = project ? theta.sub(project(theta.sub(gradient))) : gradient;
  const sum = pull.square().sum();
  // A float32 gradient is read once and never widened.
  if (pull.dtype === "f32") return sum.cast("f64").sqrt();
  // Squares of float64 overflow beyond 1e154, long before the gradient itself does: there they are taken of smaller numbers.
  const scaled = pull.mul(literal(1e-155)).square().sum().sqrt().mul(literal(1e155));
  return areFinite(sum).select(sum.sqrt(), scaled);
}

/** x − x is 0 where x is finite, and NaN elsewhere. */
const areFinite = (...values: readonly Tensor[]): Tensor =>
  values
    .map((x) => x.sub(x))
    .reduce((a, b) => a.add(b))
    .ge(literal(0, "f64", true));

/** The entry point that only looks: loss and gradient norm at θ. Where the rule hands on its evaluations, a descent begins with it. */
export function lookEntry(options: Pick<StepOptions, "variables" | "evaluate" | "project" | "optimizer" | "parameters">): EntryPoint {
  const { theta: place, evaluation } = options.variables;
  const theta = readVariable(place);
  const { loss, gradient } = objectiveOf(options).evaluate(theta);
  return {
    name: "look",
    writes: evaluation
      ? [
          { variable: evaluation.loss, value: loss.cast("f64") },
          { variable: evaluation.gradient, value: gradient },
        ]
      : [],
    traces: [
      { name: "loss", value: withPenalty(options.optimizer, loss, theta).cast("f64") },
      { name: "gradientNorm", value: normOf(theta, gradient, pullOf(options)) },
    ],
  };
}

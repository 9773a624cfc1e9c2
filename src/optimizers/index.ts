/** Rules that turn gradients into steps, and schedules of their rates. */
export { type AdadeltaOptions, adadelta } from "./adadelta.js";
export { type AdagradOptions, adagrad } from "./adagrad.js";
export { type AdamOptions, adam } from "./adam.js";
export { type GradientDescentOptions, gd } from "./gradient-descent.js";
export { type LbfgsOptions, lbfgs } from "./lbfgs.js";
export { backtracking } from "./line-search/backtracking.js";
export type { LineSearch, LineSearchOptions, LineSearchProblem, LineSearchResult } from "./line-search/problem.js";
export { type StrongWolfeOptions, strongWolfe } from "./line-search/strong-wolfe.js";
export { type MomentumOptions, type MomentumSlots, momentum, nesterov } from "./momentum.js";
export {
  defineOptimizer,
  history,
  type LossAndGradient,
  likeTheta,
  type Optimizer,
  type ParameterView,
  type Rate,
  rateOf,
  type Schedule,
  type ScheduleContext,
  type Slot,
  type Slots,
  scalar,
  type UpdateContext,
  type UpdateResult,
} from "./optimizer.js";
export { type NamedOptions, type OptimizerEntry, optimizerNamed, optimizers } from "./registry.js";
export { type RmspropOptions, rmsprop } from "./rmsprop.js";
export { constantRate } from "./schedules/constant.js";
export { type CosineOptions, cosine } from "./schedules/cosine.js";
export { type DecayOptions, exponential, inverseTime } from "./schedules/decay.js";
export { parseSchedule, scheduleForms } from "./schedules/parse.js";
export { type StepDecayOptions, stepDecay } from "./schedules/step-decay.js";
export type { Unit, UnitOption } from "./schedules/time.js";
export { type WarmupOptions, warmup } from "./schedules/warmup.js";

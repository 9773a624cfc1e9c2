/** Rules that turn gradients into steps, and schedules of their rates. */
export { type AdadeltaOptions, adadelta } from "./adadelta.js";
export { type AdafactorOptions, adafactor } from "./adafactor.js";
export { type AdagradOptions, adagrad } from "./adagrad.js";
export { type AdamEpsilonPlace, type AdamOptions, adam, amsgrad } from "./adam.js";
export { type AdamaxOptions, adamax } from "./adamax.js";
export { type AveragedSgdOptions, averagedSgd } from "./averaged-sgd.js";
export { type ConjugateGradientOptions, type ConjugateGradientSlots, conjugateGradient } from "./conjugate-gradient.js";
export type { EpsilonPlace } from "./epsilon.js";
export { type GradientDescentOptions, gd, type NormalizedDescentOptions, normalizedDescent, signDescent } from "./gradient-descent.js";
export { type LambOptions, lamb } from "./lamb.js";
export { type LbfgsOptions, lbfgs } from "./lbfgs.js";
export { backtracking } from "./line-search/backtracking.js";
export { exactStep } from "./line-search/exact.js";
export type { LineSearch, LineSearchOptions, LineSearchProblem, LineSearchResult } from "./line-search/problem.js";
export { type StrongWolfeOptions, strongWolfe } from "./line-search/strong-wolfe.js";
export { type LionOptions, lion } from "./lion.js";
export { type MomentumForm, type MomentumOptions, type MomentumSlots, momentum } from "./momentum.js";
export { type MuonOptions, muon } from "./muon.js";
export { type NadamOptions, nadam } from "./nadam.js";
export { type NesterovForm, type NesterovOptions, nesterov } from "./nesterov.js";
export { type NewtonCgOptions, newtonCg } from "./newton-cg.js";
export {
  defineOptimizer,
  history,
  type Ingredient,
  type LossAndGradient,
  likeTheta,
  type Optimizer,
  type Penalty,
  pieces,
  type Rate,
  rateOf,
  type Schedule,
  type ScheduleContext,
  type Settings,
  type Slot,
  type Slots,
  scalar,
  type UpdateContext,
  type UpdateResult,
} from "./optimizer.js";
export type { ParameterEntry, Parameters, ParameterViews, Pieces } from "./parameters.js";
export { type FistaSlots, fista, groupSparsity, type ProximalOptions, proximalGradient, sparsity } from "./proximal.js";
export { type RadamOptions, radam } from "./radam.js";
export { type NamedOptions, type OptimizerEntry, optimizerNamed, optimizers } from "./registry.js";
export { type RmspropOptions, rmsprop } from "./rmsprop.js";
export { type RpropOptions, rprop } from "./rprop.js";
export { constantRate } from "./schedules/constant.js";
export { type CosineOptions, cosine } from "./schedules/cosine.js";
export {
  type CosineRestartsOptions,
  type CyclicOptions,
  cosineRestarts,
  cyclic,
  type OneCycleOptions,
  oneCycle,
} from "./schedules/cycles.js";
export { type DecayOptions, exponential, inverseTime } from "./schedules/decay.js";
export { joinSchedules, type SchedulePart } from "./schedules/join.js";
export { type MultiStepOptions, multiStep, type PiecewiseOptions, piecewise } from "./schedules/multi-step.js";
export { parseSchedule, scheduleForms } from "./schedules/parse.js";
export { type PlateauOptions, reduceOnPlateau } from "./schedules/plateau.js";
export { type PolynomialOptions, polynomial } from "./schedules/polynomial.js";
export { type StepDecayOptions, stepDecay } from "./schedules/step-decay.js";
export type { Unit, UnitOption } from "./schedules/time.js";
export { type WarmupOptions, warmup } from "./schedules/warmup.js";
export { type SteepestDescentOptions, steepestDescent } from "./steepest-descent.js";
export {
  type AccumulateOptions,
  type AdamWOptions,
  type AveragedOptions,
  accumulate,
  adamw,
  averaged,
  type ClipOptions,
  clip,
  freeze,
  type GradientNoiseOptions,
  gradientNoise,
  groups,
  type LookaheadOptions,
  lookahead,
  type ParameterGroup,
  type SamOptions,
  type Selection,
  sam,
  type WeightDecayOptions,
  weightDecay,
} from "./wrappers/index.js";

/** The public face of Steepest. What is not here is free to change. */
import { evaluate } from "./backends/wasm/evaluate.js";
import { setEvaluator } from "./tensor/read.js";

setEvaluator(evaluate);

export {
  type AnalysisOptions,
  type AnalysisPoint,
  type ConvexityCheck,
  type ConvexityOptions,
  type ConvexityWitness,
  type CriticalKind,
  type CriticalPoint,
  type CriticalPoints,
  type CriticalPointsOptions,
  checkConvexity,
  criticalPoints,
  type DirectionalOptions,
  directionalDerivative,
  type FunctionAt,
  type Interval,
  type PointIn,
  type RayModel,
  type Searched,
  type SteepestDirection,
  steepestDirection,
  TaylorModel,
  type TaylorOptions,
  taylor,
  type Window,
} from "./analysis/index.js";
export {
  customGradient,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  type MappedAxis,
  stopGradient,
  type VmapOptions,
  valueAndGrad,
  vjp,
  vmap,
} from "./autodiff/index.js";
export {
  type CheckedCoordinate,
  type CheckedDirection,
  type CheckedHessian,
  type CheckedTensor,
  checkGradient,
  type DensityOptions,
  type DifferenceMethod,
  type EigenPair,
  type ExtremeEigenvalueOptions,
  type ExtremeEigenvalues,
  estimateTrace,
  extremeEigenvalues,
  type GradientCheck,
  type GradientCheckOptions,
  type GradientProblem,
  type GradientVerdict,
  hessianOperator,
  SpectralDensity,
  type SymmetricOperator,
  spectralDensity,
  type TaylorTest,
  type TraceEstimate,
  type TraceOptions,
} from "./curvature/index.js";
export type { ReachedMinimum } from "./descent/basins/arrivals.js";
export { type BasinMap, type BasinsOptions, basins, type PlaneWindow } from "./descent/basins/basins.js";
export type { Bound } from "./descent/bounds.js";
export type { CurriculumOptions } from "./descent/curriculum.js";
export { type DescendOptions, type DescentState, descend } from "./descent/descend.js";
export { Descents, type ManyHistory } from "./descent/descents.js";
export type { Direction, Finding, FindingKind } from "./descent/diagnosis/index.js";
export { type FindRateOptions, type FindTrainingRateOptions, findRate, type RateTest } from "./descent/find-rate.js";
export { type FitOptions, fit } from "./descent/fit.js";
export {
  type BatchStatistics,
  type GradientStatistics,
  type GradientStatisticsOptions,
  gradientStatistics,
  type ModelStatisticsOptions,
  type VarianceLaw,
} from "./descent/gradient-statistics/gradient-statistics.js";
export {
  type HessianSpectrum,
  type HessianSpectrumOptions,
  type HessianSpectrumProgress,
  hessianSpectrum,
  type ObjectiveSpectrumOptions,
  type RunSpectrumOptions,
} from "./descent/hessian-spectrum/hessian-spectrum.js";
export {
  type RecordedModel,
  type Sharpness,
  type SharpnessOptions,
  type SharpnessPoint,
  sharpnessAlong,
} from "./descent/hessian-spectrum/sharpness.js";
export type { TrainedModel } from "./descent/hessian-spectrum/subject.js";
export type { Evaluation, HistoryRecord, Status } from "./descent/history.js";
export { type LeastSquaresOptions, LeastSquaresRun, leastSquares } from "./descent/least-squares/index.js";
export { type MinimizeManyOptions, minimizeMany } from "./descent/many.js";
export { maximize, minimize } from "./descent/minimize.js";
export type { StreamOptions, StreamState } from "./descent/online/descend-stream.js";
export type { Activation, Prediction, Predictor } from "./descent/predictor.js";
export type { LoopProfile, Profile } from "./descent/profile.js";
export type { TrainingProgress } from "./descent/progress.js";
export { solveQuadratic } from "./descent/quadratic.js";
export { type BallOptions, ball, type Region, simplex } from "./descent/regions.js";
export { type ReplayOptions, replay } from "./descent/replay.js";
export { type DescentHistory, Path, Run } from "./descent/run.js";
export {
  bitSpace,
  boxSpace,
  hillClimb,
  integerSpace,
  localSearch,
  type NormalSpaceOptions,
  normalSpace,
  permutationSpace,
  randomSearch,
  type SearchFunction,
  type SearchOptions,
  type SearchSpace,
  searchWeights,
  type WeightSearchOptions,
  type WeightSearchProgress,
} from "./descent/search/index.js";
export type { MinimizeOptions } from "./descent/settings.js";
export { applyInTiles, type FloatImage, type ImageModel, type TileOptions } from "./descent/tiles.js";
export { type AveragedModel, type FitSettings, type TestEvaluation, TrainedRun } from "./descent/trained-run.js";
export { type RecordPathOptions, TrainingPath } from "./descent/training-path.js";
export { type CurveData, CurveFit, type FitCurveOptions, fitCurve } from "./fitting/index.js";
export {
  type DirectionKind,
  type LandscapePlane,
  type LandscapeProgress,
  type LandscapeRay,
  type LandscapeSubject,
  landscape,
  type Normalisation,
  normalisedDirection,
  type PathOverSlice,
  type PlaneChoice,
  type PlaneOptions,
  type PrincipalPlane,
  principalPlane,
  type RayChoice,
  type RayOptions,
  type SliceDirection,
} from "./landscape/index.js";
export {
  accuracy,
  autoencoder,
  type BuiltModel,
  batchNorm,
  binaryCrossEntropy,
  cnn,
  constant,
  conv2d,
  convTranspose2d,
  crossEntropy,
  deepobs2c2d,
  deepobs3c3d,
  defineLayer,
  dense,
  depthwiseConv2d,
  dncnn,
  dropout,
  elu,
  embedding,
  flatten,
  gelu,
  globalMaxPool2d,
  globalMeanPool2d,
  glorot,
  groupNorm,
  halfSquaredSum,
  he,
  hinge,
  huber,
  type Initializer,
  kullbackLeibler,
  type Layer,
  type Loss,
  l1,
  l2,
  layerNorm,
  leakyRelu,
  lenet5,
  linear,
  type Model,
  type ModelPart,
  maxPool2d,
  meanAbsolute,
  meanPool2d,
  meanSquared,
  mlp,
  multiclassHinge,
  type NamedWeights,
  normal,
  ones,
  ParameterLayout,
  type PartialWeights,
  perceptron,
  relu,
  residual,
  resnet20,
  type StartingWeights,
  sequential,
  sigmoid,
  silu,
  softmax,
  softplus,
  tanh,
  triplet,
  truncatedNormal,
  upsample2d,
  zeros,
} from "./models/index.js";
export { type BatchObjectiveOptions, batchObjective } from "./objectives/batch.js";
export type { Constants } from "./objectives/formula/function-parser.js";
export {
  type PartialDerivativesOptions,
  partialDerivatives,
  type UpdateRulesOptions,
  updateRules,
} from "./objectives/formula/partial-derivatives.js";
export { type HostObjective, type Objective, objective } from "./objectives/objective.js";
export { type Family, type LeastSquaresProblem, type Minimum, type Problem, problems } from "./objectives/problems/index.js";
export { trace } from "./objectives/trace.js";
export type { ModelPoint } from "./objectives/training.js";
export {
  accumulate,
  adadelta,
  adafactor,
  adagrad,
  adam,
  adamax,
  adamw,
  amsgrad,
  averaged,
  averagedSgd,
  clip,
  conjugateGradient,
  constantRate,
  cosine,
  cosineRestarts,
  cyclic,
  defineOptimizer,
  exactStep,
  exponential,
  fista,
  freeze,
  gd,
  gradientNoise,
  groupSparsity,
  groups,
  history,
  type Ingredient,
  inverseTime,
  joinSchedules,
  lamb,
  lbfgs,
  likeTheta,
  lion,
  lookahead,
  momentum,
  multiStep,
  muon,
  nadam,
  nesterov,
  newtonCg,
  normalizedDescent,
  type Optimizer,
  oneCycle,
  optimizerNamed,
  optimizers,
  type ParameterEntry,
  type ParameterGroup,
  type Penalty,
  parseSchedule,
  pieces,
  piecewise,
  polynomial,
  proximalGradient,
  type Rate,
  radam,
  reduceOnPlateau,
  rmsprop,
  rprop,
  type Schedule,
  type Selection,
  sam,
  scalar,
  signDescent,
  sparsity,
  steepestDescent,
  stepDecay,
  warmup,
  weightDecay,
} from "./optimizers/index.js";
export {
  type Entrants,
  Race,
  type RaceCurve,
  type RaceOptions,
  type RaceRow,
  type RaceTrial,
  race,
  raceTraining,
  type Spread,
  TrainingRace,
  type TrainingRaceOptions,
  type TrainingRaceProgress,
  type TrainingRaceRow,
  type TrainingTrial,
} from "./race/index.js";
export { call, cond, scan, whileLoop } from "./tensor/control.js";
export { tensor } from "./tensor/create.js";
export { SteepestError } from "./tensor/error.js";
export { concatenate, stack } from "./tensor/join.js";
export { iota, Tensor, type TensorLike } from "./tensor/tensor.js";
export type { DType, Shape } from "./tensor/types.js";

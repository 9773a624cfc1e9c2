/** `fitCurve`: parameters of a formula from data. */
import { evaluate } from "../backends/wasm/evaluate.js";
import { gaussNewton, type LoopResult, levenbergMarquardt, loopSettings, ResidualProgram, runOf } from "../descent/least-squares/index.js";
import { checkOptimizer, checkOptionNames } from "../descent/option-names.js";
import { parseCurve } from "../objectives/formula/curve-parser.js";
import { lower } from "../objectives/formula/lower.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { optimizerNamed, optimizers } from "../optimizers/registry.js";
import { SteepestError } from "../tensor/error.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";
import { fitByOptimizer } from "./by-optimizer.js";
import { type Columns, type CurveData, columnsOf, weightsOf } from "./curve-data.js";
import { CurveFit } from "./curve-fit.js";

export interface FitCurveOptions<P extends string = string> {
  /** Where the search begins, by parameter. A curve with bad starts may end in another minimum, or fail. */
  readonly start: Readonly<Record<P, number>>;
  /** How often each square counts, 1/σ² of its datum: a list, or the name of a column. Default: all 1. */
  readonly weights?: ArrayLike<number> | string;
  /** `"lm"`, `"gauss-newton"`, the name of an optimizer (`"lbfgs"`), or an optimizer. Default `"lm"`. */
  readonly method?: string | Optimizer;
  /** Numbers of the formula that are given by name. */
  readonly constants?: Readonly<Record<string, number>>;
  /** Most steps. Default 1,000; 10,000 for optimizers. */
  readonly steps?: number;
  /** As in `leastSquares`. Default 1e-10. */
  readonly tolerance?: number;
  /** Stop after so many seconds. */
  readonly seconds?: number;
  /** Probability of the confidence intervals. Default 0.95. */
  readonly confidence?: number;
}

const names = ["start", "weights", "method", "constants", "steps", "tolerance", "seconds", "confidence"];

/**
 * Fits a curve to data by least squares:
 *
 *     min over θ of  Σ wᵢ (responseᵢ − model(dataᵢ, θ))²
 *
 * with the exact Jacobian of the formula. Left of = stands what was measured, a column or a function of columns (`log(y)`); right of it
 * a formula of columns (one or several predictors) and of the parameters that `start` names. Any name may be a parameter or a column.
 *
 * Levenberg–Marquardt (the default) is free of units. Other optimizers descend on parameters that are scaled so that each matters alike.
 * Whatever the method, the status is `converged` only where the linear model at the solution agrees that it is a minimum.
 *
 * @param formula `response = model`
 * @param data columns of equal length by name
 * @param options see FitCurveOptions; `start` is needed
 * @throws SteepestError with the column for a formula that cannot be read; for data, weights or starts that do not fit
 * @example
 * ```ts
 * import { fitCurve } from "steepest";
 * const data = { x: [0, 1, 2, 3, 4], y: [5.1, 3.0, 1.9, 1.1, 0.66] };
 * const fit = fitCurve("y = a*exp(-k*x)", data, { start: { a: 1, k: 1 } });
 * fit.parameters;       // → { a: 5.09…, k: 0.51… }
 * fit.standardErrors.k; // → 0.00…
 * fit.status;           // → "converged"
 * ```
 */
export function fitCurve<P extends string>(formula: string, data: CurveData, options: FitCurveOptions<P>): CurveFit<P> {
  checkOptionNames("fitCurve", options ?? {}, names);
  const columns = columnsOf(data);
  const { start, constants = {}, method = "lm", confidence = 0.95 } = options;
  const parameters = parametersOf(start, columns);
  if (!(confidence > 0 && confidence < 1))
    throw new SteepestError({
      problem: "the confidence is not usable",
      expected: "a number between 0 and 1",
      received: String(confidence),
    });
  const curve = parseCurve(formula, { parameters, columns: [...columns.byName.keys()], constants: Object.keys(constants) });
  const weights = options.weights === undefined ? undefined : weightsOf(options.weights, columns);
  const given = new Map<string, Tensor>(
    Object.entries(constants).map(([name, value]) => [name, fromHost(Float64Array.of(value), [], "f64")]),
  );
  for (const name of curve.columns) {
    const values = columns.byName.get(name);
    if (values !== undefined) given.set(name, fromHost(values, [columns.rows], "f64"));
  }
  const response = numbersOf(lower(curve.response, given));
  checkResponse(response, curve.source.slice(curve.response.result.span));
  const measured = fromHost(response, [columns.rows], "f64");
  const root = weights && fromHost(weights.map(Math.sqrt), [columns.rows], "f64");
  const model = (theta: Tensor, environment: ReadonlyMap<string, Tensor>) =>
    lower(
      curve.model,
      new Map([...environment, ...parameters.map((name, i): [string, Tensor] => [name, theta.unpack({ shape: [], offset: i })])]),
    );
  const residuals = (theta: Tensor) => {
    const difference = measured.sub(model(theta, given));
    return root ? difference.mul(root) : difference;
  };

  const { optimizer, name } = methodOf(method);
  const settings = loopSettings({
    steps: options.steps ?? (optimizer === undefined ? 1000 : 10_000),
    ...(options.tolerance === undefined ? {} : { tolerance: options.tolerance }),
    ...(options.seconds === undefined ? {} : { seconds: options.seconds }),
  });
  const program = new ResidualProgram(residuals, parameters.length);
  const first = Float64Array.from(parameters, (parameter) => start[parameter]);
  const result: LoopResult =
    optimizer !== undefined
      ? fitByOptimizer(residuals, program, first, optimizer, settings)
      : name === "gauss-newton"
        ? gaussNewton(program, first, settings)
        : levenbergMarquardt(program, first, settings);
  const record = (theta: ArrayLike<number>): Readonly<Record<P, number>> =>
    // The cast is the promise of this function: a number under each name of the start.
    Object.fromEntries(parameters.map((parameter, i) => [parameter, theta[i]])) as Record<P, number>;
  const run = runOf(result, program, settings, name, record);
  return new CurveFit({
    run,
    model: result.model,
    names: parameters,
    formula,
    predictors: Object.fromEntries(curve.predictors.map((predictor) => [predictor, columns.byName.get(predictor) ?? new Float64Array(0)])),
    responseName: curve.source.slice(curve.response.result.span),
    response,
    fitted: numbersOf(model(fromHost(result.model.at.theta, [parameters.length], "f64"), given).broadcastTo([columns.rows])),
    weights,
    confidence,
    predict: (theta, table) => {
      const wanted = columnsOf(table);
      const missing = curve.predictors.find((predictor) => !wanted.byName.has(predictor));
      if (missing !== undefined)
        throw new SteepestError({
          problem: `there is no column ${missing} to predict from`,
          expected: curve.predictors.join(", "),
          received: [...wanted.byName.keys()].join(", "),
        });
      const tensors = curve.predictors.map((predictor): [string, Tensor] => [
        predictor,
        fromHost(wanted.byName.get(predictor) ?? new Float64Array(0), [wanted.rows], "f64"),
      ]);
      const values = model(fromHost(theta, [theta.length], "f64"), new Map([...given, ...tensors])).broadcastTo([wanted.rows]);
      return numbersOf(values);
    },
  });
}

const numbersOf = (x: Tensor): Float64Array => Float64Array.from(evaluate([x])[0]);

function parametersOf<P extends string>(start: Readonly<Record<P, number>> | undefined, { byName }: Columns): P[] {
  const example = "start: { b1: 500, b2: 1e-4 }";
  if (typeof start !== "object" || start === null || Array.isArray(start))
    throw new SteepestError({
      problem: "the start is missing",
      expected: `a number for each parameter: ${example}`,
      received: String(start),
    });
  // The keys of a record are its own type's.
  const parameters = Object.keys(start) as P[];
  if (parameters.length === 0)
    throw new SteepestError({ problem: "there is nothing to fit", expected: `at least one parameter: ${example}` });
  for (const name of parameters) {
    if (byName.has(name))
      throw new SteepestError({
        problem: `${name} is a column of the data and in the start`,
        expected: "parameters and columns of different names",
        received: name,
        fix: "rename one of the two",
      });
    const value: unknown = start[name];
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new SteepestError({ problem: "the start must be finite numbers", received: `${name} = ${String(value)}` });
  }
  return parameters;
}

function checkResponse(response: Float64Array, text: string): void {
  const bad = response.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0)
    throw new SteepestError({
      problem: `${text} is no finite number everywhere`,
      received: `${response[bad]} in row ${bad + 1}`,
      fix: "leave such rows out, or fit another function of the data",
    });
}

function methodOf(method: string | Optimizer): { readonly name: string; readonly optimizer?: Optimizer } {
  if (method === "lm" || method === "levenberg-marquardt") return { name: "levenberg-marquardt" };
  if (method === "gauss-newton") return { name: method };
  if (typeof method === "string") {
    if (!optimizers.has(method))
      throw new SteepestError({
        problem: `there is no method "${method}"`,
        expected: ["lm", "gauss-newton", ...optimizers.keys()].join(", "),
        received: method,
      });
    return { name: method, optimizer: optimizerNamed(method) };
  }
  checkOptimizer("fitCurve", method);
  return { name: method.name, optimizer: method };
}

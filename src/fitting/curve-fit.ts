/** What a fit gives. */

import type { Status } from "../descent/history.js";
import type { LeastSquaresRun, LinearModel } from "../descent/least-squares/index.js";
import type { CurveData } from "./curve-data.js";
import { studentQuantile } from "./student.js";
import { type Uncertainty, uncertaintyOf } from "./uncertainty.js";

/** Under this name Node asks an object how it prints. */
const inspection = Symbol.for("nodejs.util.inspect.custom");

export interface CurveFitParts<P extends string> {
  readonly run: LeastSquaresRun<Readonly<Record<P, number>>>;
  readonly model: LinearModel;
  readonly names: readonly P[];
  readonly formula: string;
  readonly predictors: Readonly<Record<string, Float64Array>>;
  readonly responseName: string;
  readonly response: Float64Array;
  readonly fitted: Float64Array;
  readonly weights: Float64Array | undefined;
  readonly confidence: number;
  predict(theta: Float64Array, data: CurveData): Float64Array;
}

/** A fitted curve. */
export class CurveFit<P extends string = string> {
  /** `converged` where the parameters are a minimum of the sum of squares; any other status is a failure. See `Run.status`. */
  readonly status: Status;
  /** The fitted parameters, by name. */
  readonly parameters: Readonly<Record<P, number>>;
  /** √ of the diagonal of s²(JᵀJ)⁻¹; NaN where the data do not determine the parameters, or are no more than they. */
  readonly standardErrors: Readonly<Record<P, number>>;
  /** Parameter ± t·standard error, t Student's for the option `confidence`. They are those of the linear model. */
  readonly confidenceIntervals: Readonly<Record<P, readonly [number, number]>>;
  /** Between the parameters, in the order of `names`. */
  readonly correlation: readonly (readonly number[])[];
  /** The parameters' names in their order. */
  readonly names: readonly P[];
  readonly formula: string;
  /** The columns that the model is made of. */
  readonly predictors: Readonly<Record<string, Float64Array>>;
  /** The left side as it was written: `y`, `log(y)`. */
  readonly responseName: string;
  /** Σ w (response − model)² */
  readonly residualSumOfSquares: number;
  /** s = √(Σ w (response − model)² / degrees of freedom) */
  readonly residualStandardDeviation: number;
  /** Data with weight, less parameters. */
  readonly degreesOfFreedom: number;
  /** What was measured: the left side at each row. */
  readonly response: Float64Array;
  /** response − model at each row, without weights. */
  readonly residuals: Float64Array;
  /** The model at each row. */
  readonly fitted: Float64Array;
  /** Sets of parameters that the data do not tell apart; empty where all are determined. */
  readonly undetermined: readonly (readonly P[])[];
  readonly steps: number;
  readonly evaluations: { readonly value: number; readonly gradient: number };
  /** The descent behind it. */
  readonly run: LeastSquaresRun<Readonly<Record<P, number>>>;
  readonly #predict: CurveFitParts<P>["predict"];
  readonly #condition: number;

  constructor({ run, model, names, formula, predictors, responseName, response, fitted, weights, confidence, predict }: CurveFitParts<P>) {
    const counted = weights === undefined ? response.length : weights.filter((w) => w > 0).length;
    const freedom = counted - names.length;
    const variance = freedom > 0 ? run.loss / freedom : Number.NaN;
    const uncertainty: Uncertainty = uncertaintyOf(model, variance);
    const t = freedom > 0 ? studentQuantile((1 + confidence) / 2, freedom) : Number.NaN;
    // The casts are the promise of this constructor: an entry under each name.
    const record = <V>(entry: (i: number) => V) => Object.fromEntries(names.map((name, i) => [name, entry(i)])) as Record<P, V>;
    this.run = run;
    this.status = run.status;
    this.parameters = run.solution;
    this.standardErrors = record((i) => uncertainty.standardErrors[i]);
    this.confidenceIntervals = record((i) => {
      const [centre, half] = [run.theta[i], t * uncertainty.standardErrors[i]];
      return [centre - half, centre + half] as const;
    });
    this.correlation = uncertainty.correlation;
    this.names = names;
    this.formula = formula;
    this.predictors = predictors;
    this.responseName = responseName;
    this.residualSumOfSquares = run.loss;
    this.residualStandardDeviation = Math.sqrt(variance);
    this.degreesOfFreedom = freedom;
    this.response = response;
    this.fitted = fitted;
    this.residuals = response.map((y, i) => y - fitted[i]);
    this.undetermined = uncertainty.undetermined.map((set) => set.map((i) => names[i]));
    this.steps = run.steps;
    this.evaluations = run.evaluations;
    this.#predict = predict;
    this.#condition = uncertainty.condition;
  }

  /** The model at other data: a value for each row. */
  predict(data: CurveData): Float64Array {
    return this.#predict(Float64Array.from(this.run.theta), data);
  }

  /** What happened, and how far the parameters can be trusted, in plain words. */
  get diagnosis(): string {
    return [this.run.diagnosis, ...this.#trust()].join(" ");
  }

  #trust(): string[] {
    const notes = this.undetermined.map((set) => {
      const [last] = set.slice(-1);
      return set.length === 1
        ? `The data say nothing about ${last}: the model does not change with it here.`
        : `The data do not determine ${set.slice(0, -1).join(", ")} and ${last} apart: only a combination of them. Fix one, or write the model with fewer.`;
    });
    if (this.undetermined.length === 0 && this.degreesOfFreedom <= 0)
      notes.push("There are no more data than parameters: standard errors cannot be estimated.");
    else if (this.undetermined.length === 0 && Number.isFinite(this.#condition) && this.#condition > 1e7)
      notes.push("The parameters are hardly identifiable: large changes of one are made up for by the others.");
    return notes;
  }

  /** For JSON: plain numbers; what is not finite becomes null. */
  toJSON(): object {
    return {
      status: this.status,
      parameters: this.parameters,
      standardErrors: this.standardErrors,
      confidenceIntervals: this.confidenceIntervals,
      correlation: this.correlation,
      residualSumOfSquares: this.residualSumOfSquares,
      residualStandardDeviation: this.residualStandardDeviation,
      degreesOfFreedom: this.degreesOfFreedom,
      undetermined: this.undetermined,
      iterations: this.steps,
      evaluations: this.evaluations,
      diagnosis: this.diagnosis,
    };
  }

  /** What `console.log` shows in Node. */
  [inspection](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    const { status, parameters, standardErrors, residualSumOfSquares, residualStandardDeviation, steps, evaluations, diagnosis } = this;
    return `CurveFit ${inspect({ status, parameters, standardErrors, residualSumOfSquares, residualStandardDeviation, steps, evaluations, diagnosis }, options)}`;
  }
}

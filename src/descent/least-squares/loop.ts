/** What Gauss–Newton and Levenberg–Marquardt share: limits, records, and the honest word at the end. */
import type { Status } from "../history.js";
import { LinearModel } from "./linear-model.js";
import type { ResidualProgram } from "./residual-program.js";
import { isSecondOrderMinimum } from "./second-order.js";

export interface LoopSettings {
  readonly steps: number;
  readonly tolerance: number;
  readonly targetLoss: number | undefined;
  readonly seconds: number;
  readonly path: boolean;
  /** Δ₀ as a share of ‖Dθ₀‖. */
  readonly radius: number;
}

/** Why a descent ended, beside its status. */
export interface Ending {
  readonly status: Status;
  readonly reason: string;
}

export interface LoopResult extends Ending {
  readonly model: LinearModel;
  readonly steps: number;
  readonly history: { readonly loss: Float64Array; readonly gradientNorm: Float64Array; readonly learningRate: Float64Array };
  readonly path: readonly Float64Array[];
}

/** ε of float64. */
export const EPSILON = 2 ** -52;

/** Where the arithmetic ends: a point counts as minimum although it misses the tolerance by so much. */
const NEAR = 1e-6;

/** Points and measurements along the way. */
export class LoopRecord {
  readonly #settings: LoopSettings;
  readonly #began = performance.now();
  readonly #columns = { loss: [] as number[], gradientNorm: [] as number[], learningRate: [] as number[] };
  readonly #path: Float64Array[] = [];
  readonly #start: number;
  steps = 0;

  constructor(settings: LoopSettings, start: LinearModel) {
    this.#settings = settings;
    this.#start = start.length;
  }

  /** Whether the descent ends at this point. */
  endAt(model: LinearModel): Ending | undefined {
    const { tolerance, targetLoss, steps, seconds } = this.#settings;
    if (!model.isFinite) return { status: "diverged", reason: "residuals or their derivatives are no finite numbers at the start" };
    if (model.length <= EPSILON * Math.min(1, this.#start)) return { status: "converged", reason: "the residuals vanish" };
    if (model.rank === 0) return { status: "stalled", reason: "the residuals do not change with θ here" };
    if (model.offset <= tolerance)
      return { status: "converged", reason: `a step could remove ${short(model.offset)} of the residuals, at most the tolerance` };
    if (model.relativeStep <= tolerance)
      return { status: "converged", reason: `the next step would move θ by ${short(model.relativeStep)} of itself, at most the tolerance` };
    if (targetLoss !== undefined && model.length * model.length <= targetLoss)
      return { status: "stopped-early", reason: "the target loss is reached" };
    if (this.steps >= steps) return { status: "step-limit", reason: "all steps were done" };
    if (performance.now() - this.#began > seconds * 1000) return { status: "stopped-early", reason: "the time is up" };
    return undefined;
  }

  /** The end where no step lowers the sum of squares any more: a minimum in floating-point numbers, or a failure. */
  endOfArithmetic(program: ResidualProgram, model: LinearModel): Ending {
    const offset = short(model.offset);
    if (model.isMinimum(NEAR))
      return { status: "converged", reason: `float64 knows no lower sum of squares; a step could remove ${offset} of the residuals` };
    if (isSecondOrderMinimum(program, model, NEAR))
      return { status: "converged", reason: "the Hessian is positive definite and float64 knows no lower sum of squares" };
    return {
      status: "stalled",
      reason: `no step lowers the sum of squares, although the linear model promises to remove ${offset} of the residuals`,
    };
  }

  /** A step from `model`, with its rate or radius. */
  take(model: LinearModel, rate: number): void {
    this.#columns.loss.push(model.length * model.length);
    this.#columns.gradientNorm.push(model.gradientNorm);
    this.#columns.learningRate.push(rate);
    if (this.#settings.path) this.#path.push(model.at.theta);
    this.steps++;
  }

  result(model: LinearModel, ending: Ending): LoopResult {
    const { loss, gradientNorm, learningRate } = this.#columns;
    return {
      ...ending,
      model,
      steps: this.steps,
      history: {
        loss: Float64Array.from(loss),
        gradientNorm: Float64Array.from(gradientNorm),
        learningRate: Float64Array.from(learningRate),
      },
      path: this.#settings.path ? [...this.#path, model.at.theta] : [],
    };
  }
}

/** The model around the point that a step leads to, if everything there is a number. */
export function modelAt(program: ResidualProgram, theta: Float64Array): LinearModel | undefined {
  const model = new LinearModel(program.linearize(theta));
  return model.isFinite ? model : undefined;
}

/**
 * The last digits: where differences of ‖r‖² drown in rounding, whole steps of Gauss and Newton go on for as long as they become shorter,
 * without ‖r‖ rising by more than rounding. ‖r‖² is flat at its minimum, so that its own digits end long before those of θ.
 */
export function polished(program: ResidualProgram, from: LinearModel, record: LoopRecord): LinearModel {
  let best = from;
  for (let k = 0; k < 50 && record.endAt(best) === undefined; k++) {
    const next = modelAt(
      program,
      best.at.theta.map((x, j) => x + best.step[j]),
    );
    if (next === undefined || next.length > best.length * (1 + 1e-12) || !(next.relativeStep < 0.9 * best.relativeStep)) break;
    record.take(best, 1);
    best = next;
  }
  return best;
}

const short = (x: number): string => String(Number(x.toPrecision(2)));

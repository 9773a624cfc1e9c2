/** What every descent of a function returns. */
import { Tensor } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import { type Diagnosis, diagnose, type Facts, type Finding } from "./diagnosis/index.js";
import type { Status } from "./history.js";

/** Under this name Node asks an object how it prints. */
const inspection = Symbol.for("nodejs.util.inspect.custom");

/** The points of a descent: one flat array, a row per point. */
export class Path<P = unknown> {
  /** Row after row. */
  readonly data: HostData;
  /** Numbers in a row. */
  readonly stride: number;
  readonly #shape: (row: HostData) => P;

  constructor(data: HostData, stride: number, shape: (row: HostData) => P) {
    this.data = data;
    this.stride = stride;
    this.#shape = shape;
  }

  /** Points, the start included. */
  get length(): number {
    return this.data.length / this.stride;
  }

  /** Point i, in the form of the start; negative i counts from the end. */
  at(i: number): P | undefined {
    const row = i < 0 ? this.length + i : i;
    return row >= 0 && row < this.length ? this.#shape(this.data.slice(row * this.stride, (row + 1) * this.stride)) : undefined;
  }

  /** All points as plain arrays of numbers. */
  rows(): number[][] {
    const { data, length, stride } = this;
    const rows: number[][] = [];
    for (let i = 0; i < length; i++) {
      const row: number[] = [];
      for (let j = i * stride; j < (i + 1) * stride; j++) row.push(data[j]);
      rows.push(row);
    }
    return rows;
  }
}

/** What was measured at each step's own point; one entry per step. Each column is put together when it is first read. */
export interface DescentHistory {
  readonly loss: Float64Array;
  /** 2-norm of the gradient (with bounds: of the projected gradient). */
  readonly gradientNorm: Float64Array;
  /** The rate in force. */
  readonly learningRate: Float64Array;
  /**
   * Evaluations of f and its gradient until this step's own loss was known, that one included: 1, 2, 3, … for rules that need one a step.
   * Kept by `minimize` and `maximize`.
   */
  readonly evaluations?: Float64Array;
}

export interface RunParts<S> {
  readonly solution: S;
  readonly theta: HostData;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly status: Status;
  readonly steps: number;
  readonly evaluations: { readonly value: number; readonly gradient: number };
  readonly history: DescentHistory;
  readonly path?: Path<S>;
  readonly averaged?: S;
  readonly facts: () => Facts;
}

/** The result of `minimize` and `maximize`. */
export class Run<S = unknown> {
  /** The last point, in the form of the start. */
  readonly solution: S;
  /** The last point as one vector. */
  readonly theta: HostData;
  /** f at the solution. */
  readonly loss: number;
  readonly gradientNorm: number;
  /**
   * - `converged`: the gradient's norm is at most the tolerance
   * - `step-limit`: all steps were done
   * - `stopped-early`: the target loss was reached, or the time was up
   * - `diverged`: loss or gradient became infinite or NaN; the solution is the last good point, and `steps` leads to it. Or a search has
   *   followed f without limit to the end of the numbers
   * - `stalled`: a step no longer changes θ, at the limit of its floating-point numbers
   * - `aborted`: an AbortSignal ended it
   */
  readonly status: Status;
  /** Steps done. */
  readonly steps: number;
  /** How often the descent evaluated f and its gradient, at the solution included. A product of the Hessian with a vector counts as one. */
  readonly evaluations: { readonly value: number; readonly gradient: number };
  readonly history: DescentHistory;
  /** The average of θ that the optimizer keeps, in the form of the start: that of `averaged(…)` and `averagedSgd`. */
  readonly averaged?: S;
  readonly #path: Path<S> | undefined;
  readonly #facts: () => Facts;
  #diagnosis: Diagnosis | undefined;

  constructor(parts: RunParts<S>) {
    this.solution = parts.solution;
    this.theta = parts.theta;
    this.loss = parts.loss;
    this.gradientNorm = parts.gradientNorm;
    this.status = parts.status;
    this.steps = parts.steps;
    this.evaluations = parts.evaluations;
    this.history = parts.history;
    if (parts.averaged !== undefined) this.averaged = parts.averaged;
    this.#path = parts.path;
    this.#facts = parts.facts;
  }

  /** The points, from the start to the solution; empty unless the option `path` was set. */
  get path(): Path<S> {
    return this.#path ?? new Path<S>(new Float64Array(0), this.theta.length, () => this.solution);
  }

  /**
   * What happened, in plain words. Computed when it is first read: at the end, and where needed at the start, by at most some hundred
   * products with the Hessian, and values of f along lines.
   */
  get diagnosis(): string {
    return this.#known.text;
  }

  /** The same as data: see `Finding`. What cannot be known is not among them. */
  get findings(): readonly Finding[] {
    return this.#known.findings;
  }

  get #known(): Diagnosis {
    this.#diagnosis ??= diagnose(this.#facts());
    return this.#diagnosis;
  }

  /** For JSON: plain numbers and arrays; what is not finite becomes null. */
  toJSON(): object {
    const { status, steps, loss, gradientNorm, evaluations, diagnosis, findings, history } = this;
    return {
      status,
      steps,
      solution: plain(this.solution),
      ...(this.averaged === undefined ? {} : { averaged: plain(this.averaged) }),
      loss,
      gradientNorm,
      evaluations,
      diagnosis,
      findings,
      history: { loss: [...history.loss], gradientNorm: [...history.gradientNorm], learningRate: [...history.learningRate] },
      ...(this.#path === undefined ? {} : { path: this.#path.rows() }),
    };
  }

  /** What `console.log` shows in Node. */
  [inspection](_depth: number, options: object, inspect: (value: unknown, options: object) => string): string {
    const { status, steps, solution, loss, gradientNorm, evaluations, diagnosis } = this;
    return `Run ${inspect({ status, steps, solution, loss, gradientNorm, evaluations, diagnosis }, options)}`;
  }
}

const plain = (solution: unknown): unknown => (solution instanceof Tensor ? solution.toArray() : solution);

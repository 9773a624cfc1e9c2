/** The path of a training: θ at regular steps, within a budget of memory. */
import type { ModelPoint } from "../objectives/training.js";
import { SteepestError } from "../tensor/error.js";
import { allocate, bytesPerElement, dtypeOf, type HostData } from "../tensor/types.js";
import { Path } from "./run.js";
import { unusable } from "./settings.js";

/** What of a training is kept on the way. */
export interface RecordPathOptions {
  /** Bytes that the points may take. Default 64 MiB. */
  readonly memory?: number;
  /** Steps between two points. Default: so many that there are about 200 points, or as many as the memory holds. */
  readonly every?: number;
}

/** What is known of each point beside θ. */
export interface TrainingPathParts {
  readonly steps: Float64Array;
  readonly losses: Float64Array;
  readonly states: HostData;
}

/** Points of a training, as `fit({ recordPath })` keeps them: each is θ with its gaps. */
export class TrainingPath extends Path<HostData> {
  /** Steps done before each point: 0 for the start. */
  readonly steps: Float64Array;
  /** What layers carry at each point, running statistics for instance, a row per point, each as `training.stateLayout` lays it out; empty where they carry nothing. */
  readonly states: HostData;
  /** Mean training loss over the steps from the point before to this one, measured while they were done; for the start that of the first batch. */
  readonly losses: Float64Array;

  constructor(data: HostData, stride: number, { steps, losses, states }: TrainingPathParts) {
    super(data, stride, (row) => row);
    this.steps = steps;
    this.losses = losses;
    this.states = states;
  }

  /** What layers carry at point i. */
  stateAt(i: number): HostData {
    const width = this.states.length / this.length;
    return this.states.slice(i * width, (i + 1) * width);
  }
}

const POINTS = 200;
const MEMORY = 64 * 1024 * 1024;
/** With fewer points no two of them would lie between the first and the last. */
const FEWEST = 4;

interface Point extends ModelPoint {
  readonly step: number;
  /** The sum of the losses of all steps before. */
  readonly sum: number;
}

/**
 * Keeps θ at every n-th step. When there is no room for another point, every second one is given up and n is doubled: which points there are at
 * the end depends on nothing but the number of steps. The first one and the last one are always there.
 */
export class PathRecorder {
  readonly #capacity: number;
  #every: number;
  #points: Point[] = [];
  #sum = 0;
  #first = Number.NaN;
  #last = 0;
  #taken = 0;

  /**
   * @param size elements of θ
   * @param totalSteps steps that there will be, or fewer
   * @throws SteepestError for a memory that does not hold four points
   */
  constructor({ memory = MEMORY, every }: RecordPathOptions, size: number, dtype: "f32" | "f64", totalSteps: number) {
    const bytes = size * bytesPerElement[dtype];
    this.#capacity = Math.floor(memory / bytes);
    if (this.#capacity < FEWEST)
      throw new SteepestError({
        problem: "the memory of recordPath is too small",
        expected: `at least ${FEWEST * bytes} bytes: ${FEWEST} points of ${size} numbers`,
        received: `${memory} bytes`,
      });
    this.#every = every ?? Math.max(1, Math.ceil(totalSteps / (Math.min(POINTS, this.#capacity) - 1)));
  }

  /** Steps from `done` on to the next point, at least 1. */
  until(done: number): number {
    return this.#every - (done % this.#every);
  }

  /** Is shown the point after `done` steps. */
  see(done: number, { theta, state }: ModelPoint): void {
    if (done % this.#every !== 0 || done === this.#points.at(-1)?.step) return;
    // One place is left for the last point.
    while (this.#points.length >= this.#capacity - 1) {
      this.#every *= 2;
      this.#points = this.#points.filter(({ step }) => step % this.#every === 0);
    }
    if (done % this.#every === 0) this.#points.push({ step: done, theta, state, sum: this.#sum });
  }

  /** Is told the losses of steps in their order. */
  took(losses: ArrayLike<number>, steps: number): void {
    if (steps > 0 && Number.isNaN(this.#first)) this.#first = losses[0];
    for (let i = 0; i < steps; i++) this.#sum += losses[i];
    if (steps > 0) this.#last = losses[steps - 1];
    this.#taken += steps;
  }

  /** All points, and the one after `done` steps as the last: at most one step was taken back. */
  finished(done: number, { theta, state }: ModelPoint): TrainingPath {
    const before = this.#points.filter(({ step }) => step < done);
    const points = [...before, { step: done, theta, state, sum: this.#taken > done ? this.#sum - this.#last : this.#sum }];
    const losses = points.map(({ step, sum }, i) => (i === 0 ? this.#first : (sum - points[i - 1].sum) / (step - points[i - 1].step)));
    return new TrainingPath(rowsOf(points.map((point) => point.theta)), theta.length, {
      steps: Float64Array.from(points, ({ step }) => step),
      losses: Float64Array.from(losses),
      states: rowsOf(points.map((point) => point.state)),
    });
  }
}

/** Vectors of one length, one after the other. */
function rowsOf(rows: readonly HostData[]): HostData {
  const [first] = rows;
  const out = allocate(dtypeOf(first), rows.length * first.length);
  rows.forEach((row, i) => {
    out.set(row, i * first.length);
  });
  return out;
}

/** @throws SteepestError that names the option */
export function recordPathOf(option: boolean | RecordPathOptions | undefined): RecordPathOptions | undefined {
  if (option === undefined || option === false) return undefined;
  if (option === true) return {};
  if (typeof option !== "object" || option === null) throw unusable("recordPath", "true, or { memory, every }", option);
  const { memory, every } = option;
  if (memory !== undefined && !(Number.isFinite(memory) && memory > 0))
    throw unusable("recordPath.memory", "a number of bytes > 0", memory);
  if (every !== undefined && !(Number.isSafeInteger(every) && every >= 1))
    throw unusable("recordPath.every", "a whole number of steps ≥ 1", every);
  return option;
}

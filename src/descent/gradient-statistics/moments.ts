/** The program that takes moments of gradients: over all records, of each record by itself, and of batches that are drawn. */
import { vmap } from "../../autodiff/map.js";
import type { ThreadedProgram } from "../../backends/wasm/threads/index.js";
import type { EntryPoint } from "../../compiler/program.js";
import { type DatasetPart, recordCount } from "../../data/dataset.js";
import type { ModelPoint, Training } from "../../objectives/training.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { iota, readVariable, type Tensor } from "../../tensor/tensor.js";
import { type ModelVariables, modelVariables } from "../part-evaluator.js";
import { RecordPlace } from "../records.js";
import { gradientOf } from "../step.js";

export interface WholeMoments {
  readonly loss: number;
  /** ‖G‖² */
  readonly squaredNorm: number;
  /** (1/N) Σᵢ ‖gᵢ − G‖² */
  readonly trace: number;
}

/** One entry for each batch. */
export interface BatchMoments {
  /** ‖g_B − G‖² */
  readonly squaredDistances: Float64Array;
  /** ⟨g_B − G, G⟩ */
  readonly along: Float64Array;
  /** ‖g_B‖² */
  readonly squaredNorms: Float64Array;
  /** ‖mean of g_B − G‖ over all batches. */
  readonly bias: number;
}

/** Records of a batch in the pass over all of them. */
const PASS = 256;
/** Numbers that the gradients of single records may take together. */
const ROOM = 4_000_000;

const scalar = (name: string): Variable => ({ name, type: { shape: [], dtype: "f64" } });

export class GradientMoments {
  readonly variables: readonly Variable[];
  readonly #training: Training;
  readonly #records: number;
  readonly #model: ModelVariables;
  readonly #place: RecordPlace;
  /** G, and the sum of what batches differ from it by. */
  readonly #mean: Variable;
  readonly #differences: Variable;
  /** Rows of all batches of one size; the batch that comes next. */
  readonly #rows: Variable;
  readonly #at = scalar("at");

  constructor(training: Training, part: DatasetPart, mostRows: number) {
    this.#training = training;
    this.#records = recordCount(part);
    this.#model = modelVariables(training);
    this.#place = new RecordPlace("all", part, true);
    const vector = (name: string): Variable => ({ name, type: { shape: [training.layout.size], dtype: "f64" } });
    [this.#mean, this.#differences] = [vector("mean"), vector("differences")];
    this.#rows = { name: "rows", type: { shape: [mostRows], dtype: "u32" } };
    const { theta, carried } = this.#model;
    this.variables = [theta, ...(carried ? [carried] : []), ...this.#place.variables, this.#mean, this.#differences, this.#rows, this.#at];
  }

  begin(program: ThreadedProgram, { theta, state }: ModelPoint, part: DatasetPart): void {
    this.#place.fill(program, part);
    program.write(this.#model.theta, theta);
    if (this.#model.carried) program.write(this.#model.carried, state);
  }

  /** Two passes over the records: for G, then for what each differs from it by. */
  async whole(program: ThreadedProgram, signal: AbortSignal | undefined): Promise<WholeMoments> {
    let loss = 0;
    await this.#pass(
      program,
      PASS,
      (count, first) => this.#meanEntry(count, first),
      signal,
      (traces) => {
        for (const part of traces.loss) loss += part;
      },
    );
    const mean = await program.read(this.#mean);
    let squaredNorm = 0;
    for (const x of mean) squaredNorm += x * x;
    const chunk = Math.max(1, Math.min(64, Math.floor(ROOM / this.#training.layout.size)));
    let trace = 0;
    await this.#pass(
      program,
      chunk,
      (count, first) => this.#eachEntry(count, first),
      signal,
      (traces) => {
        for (const part of traces.distance) trace += part;
      },
    );
    return { loss: loss / this.#records, squaredNorm, trace: trace / this.#records };
  }

  /** @param rows the records of all batches, one batch after the other */
  async drawn(program: ThreadedProgram, size: number, samples: number, rows: Uint32Array): Promise<BatchMoments> {
    program.write(this.#rows, rows);
    program.write(this.#at, [0]);
    program.write(this.#differences, new Float64Array(this.#training.layout.size));
    const { traces } = await program.run(this.#batchEntry(size), samples);
    const sums = await program.read(this.#differences);
    let squares = 0;
    for (const sum of sums) squares += (sum / samples) * (sum / samples);
    return {
      squaredDistances: Float64Array.from(traces.distance),
      along: Float64Array.from(traces.along),
      squaredNorms: Float64Array.from(traces.norm),
      bias: Math.sqrt(squares),
    };
  }

  /** All records in chunks, the last one smaller. */
  async #pass(
    program: ThreadedProgram,
    chunk: number,
    entry: (count: number, first: number) => EntryPoint,
    signal: AbortSignal | undefined,
    take: (traces: Readonly<Record<string, ArrayLike<number> & Iterable<number>>>) => void,
  ): Promise<void> {
    const whole = Math.floor(this.#records / chunk);
    const rest = this.#records - whole * chunk;
    program.write(this.#at, [0]);
    for (const [count, steps, first] of [
      [chunk, whole, 0],
      [rest, 1, whole * chunk],
    ]) {
      if (count === 0 || steps === 0) continue;
      program.write(this.#at, [0]);
      const { traces } = await program.run(entry(count, first), steps, signal ? { signal } : {});
      signal?.throwIfAborted();
      take(traces);
    }
  }

  /** `count` rows in sequence, at the present chunk. */
  #sequence(count: number, first: number): Tensor {
    return iota([count], 0, "u32").add(readVariable(this.#at, true).mul(count).add(first).cast("u32"));
  }

  #gradient(inputs: Tensor, targets: Tensor, weights: Tensor | undefined): { readonly loss: Tensor; readonly gradient: Tensor } {
    const { theta, carried } = this.#model;
    const point = readVariable(theta);
    const context = { ...(weights ? { weights } : {}), ...(carried ? { state: readVariable(carried) } : {}) };
    const { loss } = this.#training.batch(point, inputs, targets, false, context);
    return { loss, gradient: gradientOf(loss, point) };
  }

  #next(): EntryPoint["writes"][number] {
    return { variable: this.#at, value: readVariable(this.#at, true).add(1) };
  }

  #meanEntry(count: number, first: number): EntryPoint {
    const { inputs, targets, weights } = this.#place.pick(this.#sequence(count, first));
    const { loss, gradient } = this.#gradient(inputs, targets, weights);
    const share = gradient.cast("f64").mul(count / this.#records);
    return {
      name: "gradient of all",
      writes: [{ variable: this.#mean, value: readVariable(this.#mean).add(share) }, this.#next()],
      traces: [{ name: "loss", value: loss.cast("f64").mul(count) }],
    };
  }

  #eachEntry(count: number, first: number): EntryPoint {
    const { inputs, targets, weights } = this.#place.pick(this.#sequence(count, first));
    const mean = readVariable(this.#mean);
    const one = (element: Tensor) => element.reshape([1, ...element.shape]);
    const distance = (x: Tensor, y: Tensor, w?: Tensor) =>
      this.#gradient(one(x), one(y), w && one(w))
        .gradient.cast("f64")
        .sub(mean)
        .square()
        .sum();
    const distances = vmap(distance)(inputs, targets, ...(weights ? [weights] : []));
    return { name: "gradients of each", writes: [this.#next()], traces: [{ name: "distance", value: distances.sum() }] };
  }

  #batchEntry(size: number): EntryPoint {
    const at = readVariable(this.#at, true).mul(size).cast("u32");
    const rows = readVariable(this.#rows).take(iota([size], 0, "u32").add(at));
    const { inputs, targets, weights } = this.#place.pick(rows);
    const gradient = this.#gradient(inputs, targets, weights).gradient.cast("f64");
    const mean = readVariable(this.#mean);
    const difference = gradient.sub(mean);
    return {
      name: `batches of ${size}`,
      writes: [{ variable: this.#differences, value: readVariable(this.#differences).add(difference) }, this.#next()],
      traces: [
        { name: "distance", value: difference.square().sum() },
        { name: "along", value: difference.mul(mean).sum() },
        { name: "norm", value: gradient.square().sum() },
      ],
    };
  }
}

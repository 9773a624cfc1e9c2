/** The program that takes moments of gradients: over all records, of each record by itself, and of batches that are drawn. */
import { vmap } from "../../autodiff/map.js";
import type { ThreadedProgram } from "../../backends/wasm/threads/index.js";
import type { DatasetPart } from "../../data/dataset.js";
import type { ModelPoint, Training } from "../../objectives/training.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { iota, readVariable, type Tensor } from "../../tensor/tensor.js";
import { type PassStep, RecordPasses } from "../record-passes.js";
import type { Stretch } from "../records.js";

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

export class GradientMoments {
  readonly variables: readonly Variable[];
  readonly #training: Training;
  readonly #passes: RecordPasses;
  /** G, and the sum of what batches differ from it by. */
  readonly #mean: Variable;
  readonly #differences: Variable;
  /** Rows of all batches of one size. */
  readonly #rows: Variable;

  constructor(training: Training, part: DatasetPart, mostRows: number) {
    this.#training = training;
    this.#passes = new RecordPasses(training, part);
    const vector = (name: string): Variable => ({ name, type: { shape: [training.layout.size], dtype: "f64" } });
    [this.#mean, this.#differences] = [vector("mean"), vector("differences")];
    this.#rows = { name: "rows", type: { shape: [mostRows], dtype: "u32" } };
    this.variables = [...this.#passes.variables, this.#mean, this.#differences, this.#rows];
  }

  begin(program: ThreadedProgram, point: ModelPoint, part: DatasetPart): void {
    this.#passes.fill(program, part);
    this.#passes.moveTo(program, point);
  }

  /** Two passes over the records: for G, then for what each differs from it by. */
  async whole(program: ThreadedProgram, signal: AbortSignal | undefined): Promise<WholeMoments> {
    const { loss, gradient } = await this.#passes.mean(program, PASS, this.#mean, signal);
    let squaredNorm = 0;
    for (const x of gradient) squaredNorm += x * x;
    const atOnce = Math.max(1, Math.min(64, Math.floor(ROOM / this.#training.layout.size)));
    const traced = await this.#passes.over(program, "gradients of each", atOnce, (stretch) => this.#each(stretch), signal);
    let trace = 0;
    for (const { distance } of traced) for (const part of distance) trace += part;
    return { loss, squaredNorm, trace: trace / this.#passes.records };
  }

  /** @param rows the records of all batches, one batch after the other */
  async drawn(
    program: ThreadedProgram,
    size: number,
    samples: number,
    rows: Uint32Array,
    signal: AbortSignal | undefined,
  ): Promise<BatchMoments> {
    program.write(this.#rows, rows);
    program.write(this.#differences, new Float64Array(this.#training.layout.size));
    const { distance, along, norm } = await this.#passes.run(program, `batches of ${size}`, samples, () => this.#batch(size), signal);
    const sums = await program.read(this.#differences);
    let squares = 0;
    for (const sum of sums) squares += (sum / samples) * (sum / samples);
    return {
      squaredDistances: Float64Array.from(distance),
      along: Float64Array.from(along),
      squaredNorms: Float64Array.from(norm),
      bias: Math.sqrt(squares),
    };
  }

  #each(stretch: Stretch): PassStep {
    const { inputs, targets, weights } = this.#passes.pick(stretch);
    const mean = readVariable(this.#mean);
    const one = (element: Tensor) => element.reshape([1, ...element.shape]);
    const distance = (x: Tensor, y: Tensor, w?: Tensor) =>
      this.#passes
        .gradient({ inputs: one(x), targets: one(y), weights: w && one(w) })
        .gradient.cast("f64")
        .sub(mean)
        .square()
        .sum();
    const distances = vmap(distance)(inputs, targets, ...(weights ? [weights] : []));
    return { writes: [], traces: [{ name: "distance", value: distances.sum() }] };
  }

  #batch(size: number): PassStep {
    const first = this.#passes.at.mul(size).cast("u32");
    const rows = readVariable(this.#rows).take(iota([size], 0, "u32").add(first));
    const gradient = this.#passes.gradient(this.#passes.pick(rows)).gradient.cast("f64");
    const mean = readVariable(this.#mean);
    const difference = gradient.sub(mean);
    return {
      writes: [{ variable: this.#differences, value: readVariable(this.#differences).add(difference) }],
      traces: [
        { name: "distance", value: difference.square().sum() },
        { name: "along", value: difference.mul(mean).sum() },
        { name: "norm", value: gradient.square().sum() },
      ],
    };
  }
}

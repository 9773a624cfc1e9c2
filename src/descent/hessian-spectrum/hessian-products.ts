/** Products with the Hessian of a training loss over many records, in passes of a compiled program. */
import { pushForward } from "../../autodiff/forward.js";
import type { ThreadedProgram } from "../../backends/wasm/threads/index.js";
import type { DatasetPart } from "../../data/dataset.js";
import type { ModelPoint, Training } from "../../objectives/training.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { readVariable } from "../../tensor/tensor.js";
import { type MeanGradient, type PassStep, RecordPasses } from "../record-passes.js";
import type { Stretch } from "../records.js";

/** Records of one pass: what is computed for them at once stays small, however many records there are. */
const PASS = 64;

/**
 * H v = (1/N) Σᵢ wᵢ ∇²ℓᵢ(θ) v: the forward derivative of the gradient along v, summed over passes in float64. The records lie in the program's memory.
 */
export class HessianProducts {
  readonly variables: readonly Variable[];
  readonly #passes: RecordPasses;
  readonly #direction: Variable;
  readonly #sum: Variable;

  constructor(training: Training, part: DatasetPart) {
    this.#passes = new RecordPasses(training, part);
    const shape = [training.layout.size];
    this.#direction = { name: "direction", type: { shape, dtype: training.dtype } };
    this.#sum = { name: "sum", type: { shape, dtype: "f64" } };
    this.variables = [...this.#passes.variables, this.#direction, this.#sum];
  }

  fill(program: ThreadedProgram, part: DatasetPart): void {
    this.#passes.fill(program, part);
  }

  /** Where products are taken from now on. */
  moveTo(program: ThreadedProgram, point: ModelPoint): void {
    this.#passes.moveTo(program, point);
  }

  /** Mean loss and gradient over all records. */
  first(program: ThreadedProgram, signal?: AbortSignal): Promise<MeanGradient> {
    return this.#passes.mean(program, PASS, this.#sum, signal);
  }

  /** H v */
  async times(program: ThreadedProgram, v: Float64Array, signal?: AbortSignal): Promise<Float64Array> {
    program.write(this.#direction, v);
    program.write(this.#sum, new Float64Array(v.length));
    await this.#passes.over(program, "product with the Hessian", PASS, (stretch) => this.#product(stretch), signal);
    return Float64Array.from(await program.read(this.#sum));
  }

  #product(stretch: Stretch): PassStep {
    const { theta, gradient } = this.#passes.gradient(this.#passes.pick(stretch));
    const product = pushForward([gradient], [theta], [readVariable(this.#direction)])[0] ?? theta.fill(0);
    return { writes: [this.#passes.addMean(this.#sum, product, stretch)], traces: [] };
  }
}

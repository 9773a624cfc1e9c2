/** Products with the Hessian of a training loss over many records, in passes of a compiled program. */

import { pushForward } from "../../autodiff/forward.js";
import type { ThreadedProgram } from "../../backends/wasm/threads/index.js";
import type { EntryPoint } from "../../compiler/program.js";
import { type DatasetPart, recordCount } from "../../data/dataset.js";
import type { ModelPoint, Training } from "../../objectives/training.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { iota, readVariable, type Tensor } from "../../tensor/tensor.js";
import { type ModelVariables, modelVariables } from "../part-evaluator.js";
import { RecordPlace } from "../records.js";
import { gradientOf } from "../step.js";

/** Records of one pass: what is computed for them at once stays small, however many records there are. */
const PASS = 64;

const scalar = (name: string): Variable => ({ name, type: { shape: [], dtype: "f64" } });

/**
 * H v = (1/N) Σᵢ wᵢ ∇²ℓᵢ(θ) v: the forward derivative of the gradient along v, summed over passes in float64. The records lie in the program's memory.
 */
export class HessianProducts {
  readonly variables: readonly Variable[];
  readonly #training: Training;
  readonly #records: number;
  readonly #model: ModelVariables;
  readonly #place: RecordPlace;
  readonly #entries = new Map<string, EntryPoint>();
  /** The next pass. */
  readonly #at = scalar("at");
  readonly #direction: Variable;
  readonly #sum: Variable;

  constructor(training: Training, part: DatasetPart) {
    this.#training = training;
    this.#records = recordCount(part);
    this.#model = modelVariables(training);
    this.#place = new RecordPlace("all", part, true);
    const shape = [training.layout.size];
    this.#direction = { name: "direction", type: { shape, dtype: training.dtype } };
    this.#sum = { name: "sum", type: { shape, dtype: "f64" } };
    const { theta, carried } = this.#model;
    this.variables = [theta, ...(carried ? [carried] : []), ...this.#place.variables, this.#direction, this.#sum, this.#at];
  }

  fill(program: ThreadedProgram, part: DatasetPart): void {
    this.#place.fill(program, part);
  }

  /** Where products are taken from now on. */
  moveTo(program: ThreadedProgram, { theta, state }: ModelPoint): void {
    program.write(this.#model.theta, theta);
    if (this.#model.carried) program.write(this.#model.carried, state);
  }

  /** Mean loss and gradient over all records. */
  async first(program: ThreadedProgram, signal?: AbortSignal): Promise<{ readonly loss: number; readonly gradient: Float64Array }> {
    let loss = 0;
    const gradient = await this.#pass(
      program,
      "first",
      (count, from) => this.#firstEntry(count, from),
      signal,
      (traces) => {
        for (const part of traces.loss) loss += part;
      },
    );
    return { loss: loss / this.#records, gradient };
  }

  /** H v */
  async times(program: ThreadedProgram, v: Float64Array, signal?: AbortSignal): Promise<Float64Array> {
    program.write(this.#direction, v);
    return this.#pass(program, "times", (count, from) => this.#productEntry(count, from), signal);
  }

  /** The sum over all records in passes, the last one smaller. */
  async #pass(
    program: ThreadedProgram,
    name: string,
    make: (count: number, from: number) => EntryPoint,
    signal: AbortSignal | undefined,
    take: (traces: Readonly<Record<string, Iterable<number>>>) => void = () => undefined,
  ): Promise<Float64Array> {
    program.write(this.#sum, new Float64Array(this.#training.layout.size));
    const whole = Math.floor(this.#records / PASS);
    for (const [count, steps, from] of [
      [PASS, whole, 0],
      [this.#records - whole * PASS, 1, whole * PASS],
    ]) {
      if (count === 0 || steps === 0) continue;
      const key = `${name} ${count}`;
      const entry = this.#entries.get(key) ?? make(count, from);
      this.#entries.set(key, entry);
      program.write(this.#at, [0]);
      const { traces } = await program.run(entry, steps, signal ? { signal } : {});
      signal?.throwIfAborted();
      take(traces);
    }
    return Float64Array.from(await program.read(this.#sum));
  }

  /** The gradient of the mean loss over `count` records, at the present pass. */
  #traced(count: number, from: number): { readonly theta: Tensor; readonly loss: Tensor; readonly gradient: Tensor } {
    const rows = iota([count], 0, "u32").add(readVariable(this.#at, true).mul(count).add(from).cast("u32"));
    const { inputs, targets, weights } = this.#place.pick(rows);
    const theta = readVariable(this.#model.theta);
    const { carried } = this.#model;
    const context = { ...(weights ? { weights } : {}), ...(carried ? { state: readVariable(carried) } : {}) };
    const { loss } = this.#training.batch(theta, inputs, targets, false, context);
    return { theta, loss, gradient: gradientOf(loss, theta) };
  }

  #summed(name: string, part: Tensor, count: number, traces: EntryPoint["traces"] = []): EntryPoint {
    const share = part.cast("f64").mul(count / this.#records);
    return {
      name,
      writes: [
        { variable: this.#sum, value: readVariable(this.#sum).add(share) },
        { variable: this.#at, value: readVariable(this.#at, true).add(1) },
      ],
      traces,
    };
  }

  #firstEntry(count: number, from: number): EntryPoint {
    const { loss, gradient } = this.#traced(count, from);
    return this.#summed("gradient of all", gradient, count, [{ name: "loss", value: loss.cast("f64").mul(count) }]);
  }

  #productEntry(count: number, from: number): EntryPoint {
    const { theta, gradient } = this.#traced(count, from);
    const product = pushForward([gradient], [theta], [readVariable(this.#direction)])[0] ?? theta.fill(0);
    return this.#summed("products with the Hessian", product, count);
  }
}

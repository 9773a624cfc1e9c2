/** Runs a model over records that are not trained on: loss, accuracy, confusion. */
import type { ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import { type DatasetPart, recordCount } from "../data/dataset.js";
import type { Training } from "../objectives/training.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { iota, readVariable } from "../tensor/tensor.js";
import type { HostData } from "../tensor/types.js";
import { judge, type PartOutputs } from "./evaluation.js";
import type { Evaluation } from "./history.js";
import { RecordPlace } from "./records.js";

/** Where a program holds a model: θ, and what its layers carry. */
export interface ModelVariables {
  readonly theta: Variable;
  /** Absent where they carry nothing. */
  readonly carried?: Variable;
}

/** Variables for the model of a training. */
export function modelVariables({ layout, stateLayout, dtype }: Training): ModelVariables {
  return {
    theta: { name: "theta", type: { shape: [layout.size], dtype } },
    ...(stateLayout.size > 0 ? { carried: { name: "state", type: { shape: [stateLayout.size], dtype } } } : {}),
  };
}

/** Records of one batch. */
const BATCH = 256;

export class PartEvaluator {
  readonly variables: readonly Variable[];
  readonly #training: Training;
  readonly #model: ModelVariables;
  readonly #place: RecordPlace;
  readonly #step: Variable = { name: "heldStep", type: { shape: [], dtype: "f64" } };
  readonly #entries = new Map<number, EntryPoint>();

  /** @param room where the records will lie, or the largest part that will be evaluated */
  constructor(training: Training, model: ModelVariables, room: RecordPlace | DatasetPart) {
    this.#training = training;
    this.#model = model;
    this.#place = room instanceof RecordPlace ? room : new RecordPlace("held", room, false);
    this.variables = [...(room instanceof RecordPlace ? [] : this.#place.variables), this.#step];
  }

  async evaluate(program: ThreadedProgram, part: DatasetPart): Promise<Evaluation & { readonly outputs: Float32Array }> {
    this.#place.fill(program, part);
    return judge(await this.#outputs(program, recordCount(part)), part, this.#training.parts.loss.classification);
  }

  /** The loss of each of the first records that lie in the room, with the weights θ as they stand. */
  async losses(program: ThreadedProgram, count: number): Promise<HostData> {
    const losses = new Float32Array(count);
    let at = 0;
    for (const { loss } of await this.#outputs(program, count)) {
      losses.set(loss, at);
      at += loss.length;
    }
    return losses;
  }

  async #outputs(program: ThreadedProgram, count: number): Promise<PartOutputs[]> {
    program.write(this.#step, [0]);
    const batch = Math.min(BATCH, count);
    const results: PartOutputs[] = [];
    for (const [size, times] of [
      [batch, Math.floor(count / batch)],
      [count % batch, 1],
    ]) {
      if (size === 0) continue;
      const { traces } = await program.run(this.#entry(size, batch), times);
      results.push({ loss: traces.perRecord, outputs: traces.output });
    }
    return results;
  }

  #entry(size: number, stride: number): EntryPoint {
    const held = this.#entries.get(size);
    if (held !== undefined) return held;
    const at = readVariable(this.#step, true);
    const rows = iota([size], 0, "u32").add(at.mul(stride).cast("u32"));
    const { inputs, targets } = this.#place.pick(rows);
    const { theta, carried } = this.#model;
    const context = carried ? { state: readVariable(carried) } : {};
    const { perRecord, output } = this.#training.batch(readVariable(theta), inputs, targets, false, context);
    const entry: EntryPoint = {
      name: "evaluate",
      writes: [{ variable: this.#step, value: at.add(1) }],
      traces: [
        { name: "perRecord", value: perRecord.cast("f32") },
        { name: "output", value: output.cast("f32") },
      ],
    };
    this.#entries.set(size, entry);
    return entry;
  }
}

/** Runs a model over records that are not trained on: loss, accuracy, confusion. */
import type { ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import { type DatasetPart, recordCount } from "../data/dataset.js";
import { recordBytes, type StreamedPart } from "../data/streamed.js";
import type { Training } from "../objectives/training.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { iota, readVariable } from "../tensor/tensor.js";
import { type HostData, sizeOf } from "../tensor/types.js";
import { Judge, type PartOutputs } from "./evaluation.js";
import type { Evaluation } from "./history.js";
import { type RecordForm, RecordPlace, stretches } from "./records.js";

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

/**
 * The form of the largest of some parts, or of as many of its records as `memory` bytes hold; whole batches, so that streamed records fall into the same ones.
 * Undefined where there is no part.
 */
export function roomFor(parts: readonly (DatasetPart | StreamedPart)[], memory = Number.POSITIVE_INFINITY): RecordForm | undefined {
  const [largest] = [...parts].sort((a, b) => recordCount(b) - recordCount(a));
  if (largest === undefined) return undefined;
  const { inputs, targets } = largest;
  const most = "read" in largest ? Math.max(1, Math.floor(memory / recordBytes(largest) / BATCH)) * BATCH : Number.POSITIVE_INFINITY;
  const records = Math.min(most, recordCount(largest));
  return {
    inputs: { shape: [records, ...inputs.shape.slice(1)], dtype: inputs.dtype },
    targets: { shape: [records, ...targets.shape.slice(1)], dtype: targets.dtype },
  };
}

export class PartEvaluator {
  readonly #room: number;
  readonly variables: readonly Variable[];
  readonly #training: Training;
  readonly #model: ModelVariables;
  readonly #place: RecordPlace;
  readonly #step: Variable = { name: "heldStep", type: { shape: [], dtype: "f64" } };
  readonly #entries = new Map<number, EntryPoint>();

  /** @param room where the records will lie, or the largest part that will be evaluated */
  constructor(training: Training, model: ModelVariables, room: RecordPlace | RecordForm) {
    this.#training = training;
    this.#model = model;
    this.#room = room instanceof RecordPlace ? 0 : room.inputs.shape[0];
    this.#place = room instanceof RecordPlace ? room : new RecordPlace("held", room, false);
    this.variables = [...(room instanceof RecordPlace ? [] : this.#place.variables), this.#step];
  }

  /** The outputs over a streamed part are not kept: they may be more than memory holds. */
  async evaluate(program: ThreadedProgram, part: DatasetPart | StreamedPart): Promise<Evaluation & { readonly outputs: Float32Array }> {
    const isStreamed = "read" in part;
    const { parts } = this.#training;
    const judge = new Judge(parts.loss.classification, isStreamed ? 0 : recordCount(part) * sizeOf(parts.model.outputShape));
    for await (const some of isStreamed ? readAhead(part, this.#room) : [part]) {
      this.#place.fill(program, some);
      judge.take(await this.#outputs(program, recordCount(some)), some);
    }
    return judge.evaluation;
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
    const results: PartOutputs[] = [];
    for (const { size, count: times } of stretches(count, BATCH)) {
      const { traces } = await program.run(this.#entry(size), times);
      results.push({ loss: traces.perRecord, outputs: traces.output });
    }
    return results;
  }

  /** `size` records behind as many whole batches as there were steps: the same whatever part lies there. */
  #entry(size: number): EntryPoint {
    const held = this.#entries.get(size);
    if (held !== undefined) return held;
    const at = readVariable(this.#step, true);
    const rows = iota([size], 0, "u32").add(at.mul(BATCH).cast("u32"));
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

/** All records of a part in stretches; each is read while the one before is looked at. */
async function* readAhead(part: StreamedPart, records: number): AsyncGenerator<DatasetPart, void, undefined> {
  const all = recordCount(part);
  const read = (first: number) => part.read(first, Math.min(records, all - first));
  let next = read(0);
  for (let first = 0; first < all; first += records) {
    const some = await next;
    if (first + records < all) {
      next = read(first + records);
      // It is waited for later, or never where something else fails before.
      next.catch(() => undefined);
    }
    yield some;
  }
}

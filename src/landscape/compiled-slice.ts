/** The loss of any subject on many points θ₀ + a d₁ + b d₂, in one compiled program. */
import { openProgram, type ProgramOptions, type ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { EntryPoint } from "../compiler/program.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import { allocate } from "../tensor/types.js";
import { inBlocks, type PlacedPlane, type PointLosses, type Slice } from "./slice.js";
import type { Subject } from "./subject.js";

/** Points that lie in the program at a time. */
const ROOM = 1024;

/**
 * θ₀, d₁, d₂ and the records lie in the memory of the program, and so do the coordinates of the points. A step of its loop is one point and one chunk of records:
 * θ₀ + a d₁ + b d₂ is computed where it is needed, and nothing crosses to JavaScript between points.
 */
export class CompiledSlice implements Slice {
  readonly #subject: Subject;
  readonly #program: ThreadedProgram;
  readonly #v: SliceVariables;
  readonly #entries: readonly { readonly entry: EntryPoint; readonly count: number }[];

  private constructor(subject: Subject, program: ThreadedProgram, v: SliceVariables) {
    this.#subject = subject;
    this.#program = program;
    this.#v = v;
    this.#entries = subject.chunks.map(({ size, first, count }) => ({ entry: lossEntry(subject, v, { size, first, count }), count }));
  }

  static async open(subject: Subject, options: ProgramOptions): Promise<CompiledSlice> {
    const { size, dtype } = subject.parameters;
    const vector = (name: string): Variable => ({ name, type: { shape: [size], dtype } });
    const v: SliceVariables = {
      centre: vector("centre"),
      first: vector("first"),
      second: vector("second"),
      coordinates: { name: "coordinates", type: { shape: [2 * ROOM], dtype: "f64" } },
      step: { name: "step", type: { shape: [], dtype: "f64" } },
    };
    const program = await openProgram([v.centre, v.first, v.second, v.coordinates, v.step, ...subject.variables], options);
    try {
      subject.fill(program);
      return new CompiledSlice(subject, program, v);
    } catch (error) {
      // Layers and losses that do not fit are found while tracing.
      program.close();
      throw error;
    }
  }

  async place({ centre, first, second, state }: PlacedPlane): Promise<void> {
    const { size, dtype } = this.#subject.parameters;
    if (state) this.#subject.carry?.(this.#program, state);
    this.#program.write(this.#v.centre, centre);
    this.#program.write(this.#v.first, first);
    this.#program.write(this.#v.second, second ?? allocate(dtype, size));
  }

  losses(coordinates: Float64Array, signal?: AbortSignal): Promise<PointLosses> {
    return inBlocks(coordinates, ROOM, async (some, out) => {
      this.#program.write(this.#v.coordinates, some);
      let done = out.length;
      for (const { entry, count } of this.#entries) {
        this.#program.write(this.#v.step, [0]);
        const { steps, traces } = await this.#program.run(entry, done * count, signal ? { signal } : {});
        done = Math.min(done, Math.floor(steps / count));
        for (let p = 0; p < done; p++) for (let c = 0; c < count; c++) out[p] += traces.loss[p * count + c];
      }
      for (let p = 0; p < done; p++) out[p] /= this.#subject.weight;
      return done;
    });
  }

  close(): void {
    this.#program.close();
  }
}

interface SliceVariables {
  readonly centre: Variable;
  readonly first: Variable;
  readonly second: Variable;
  readonly coordinates: Variable;
  readonly step: Variable;
}

function lossEntry(subject: Subject, v: SliceVariables, { size, first, count }: Subject["chunks"][number]): EntryPoint {
  const step = readVariable(v.step, true);
  const point = count === 1 ? step : step.div(count).floor();
  const chunk = step.sub(point.mul(count));
  const coordinate = (axis: 0 | 1): Tensor => {
    const place = point.mul(2).add(axis).cast("u32").reshape([1]);
    return readVariable(v.coordinates).take(place).reshape([]).cast(subject.parameters.dtype);
  };
  const theta = readVariable(v.centre)
    .add(readVariable(v.first).mul(coordinate(0)))
    .add(readVariable(v.second).mul(coordinate(1)));
  return {
    name: "slice",
    writes: [{ variable: v.step, value: step.add(1) }],
    traces: [{ name: "loss", value: subject.loss(theta, chunk.mul(size).add(first), size) }],
  };
}

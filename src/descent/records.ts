/** Records in the memory of a program: what steps and evaluations pick theirs from. */
import type { ThreadedProgram } from "../backends/wasm/threads/index.js";
import type { ArrayForm, DatasetPart } from "../data/dataset.js";
import { dataVariable } from "../objectives/training.js";
import { SteepestError } from "../tensor/error.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import { type HostData, sizeOf } from "../tensor/types.js";

/** What of a program is written to. */
export interface Writable {
  write(variable: Variable, data: HostData | Float64Array): void;
}

/** Some of the records. */
export interface PickedRecords {
  readonly inputs: Tensor;
  readonly targets: Tensor;
  /** With mean 1 over all records; undefined where all count alike. */
  readonly weights: Tensor | undefined;
}

/** The form of records: the first extents say how many there is room for. */
export interface RecordForm {
  readonly inputs: ArrayForm;
  readonly targets: ArrayForm;
  readonly weights?: ArrayForm;
}

/** Records `first` … in pieces of `size`, `count` of them: one step each. */
export interface Stretch {
  readonly size: number;
  readonly first: number;
  readonly count: number;
}

/** All records in pieces of one size, and what is left over in a piece of its own. */
export function stretches(records: number, most: number): Stretch[] {
  if (records === 0) return [];
  const size = Math.min(records, most);
  const count = Math.floor(records / size);
  const rest = { size: records % size, first: count * size, count: 1 };
  return [{ size, first: 0, count }, ...(rest.size > 0 ? [rest] : [])];
}

/** Room for records as large as those of a part. */
export class RecordPlace {
  readonly variables: readonly Variable[];
  readonly #inputs: Variable;
  readonly #targets: Variable;
  readonly #weights: Variable | undefined;

  /** @param isWeighed whether steps need the weights, where the part has them */
  constructor(name: string, { inputs, targets, weights }: RecordForm, isWeighed: boolean) {
    this.#inputs = dataVariable(`${name}Inputs`, inputs.shape, inputs.dtype);
    this.#targets = dataVariable(`${name}Targets`, targets.shape, targets.dtype);
    this.#weights = isWeighed && weights ? dataVariable(`${name}Weights`, weights.shape, "f64") : undefined;
    this.variables = [this.#inputs, this.#targets, ...(this.#weights ? [this.#weights] : [])];
  }

  /** Puts records there: as many as there is room for, or fewer. */
  fill(program: Writable, part: DatasetPart): void {
    program.write(this.#inputs, part.inputs.data);
    program.write(this.#targets, part.targets.data);
    if (this.#weights) program.write(this.#weights, withMeanOne(part));
  }

  /** Puts records from place `at` on, where the run under way does not look. */
  feed(program: ThreadedProgram, { inputs, targets }: Pick<DatasetPart, "inputs" | "targets">, at: number): void {
    program.feed(this.#inputs, inputs.data, at * sizeOf(inputs.shape.slice(1)));
    program.feed(this.#targets, targets.data, at * sizeOf(targets.shape.slice(1)));
  }

  /** The records of these rows. */
  pick(rows: Tensor): PickedRecords {
    const { inputs, targets, weights } = this.all();
    return { inputs: inputs.take(rows), targets: targets.take(rows), weights: weights?.take(rows) };
  }

  /** All records, as they lie. */
  all(): PickedRecords {
    return {
      inputs: readVariable(this.#inputs),
      targets: readVariable(this.#targets),
      weights: this.#weights && readVariable(this.#weights),
    };
  }
}

/** The weights of a part, divided by their mean. */
function withMeanOne({ weights }: DatasetPart): Float64Array {
  const given = weights?.data ?? [];
  let sum = 0;
  for (const weight of given) sum += weight;
  return Float64Array.from(given, (weight) => (weight * given.length) / sum);
}

/** A part of the data where every record has weight 0 has no mean of anything. */
export function checkSomeCount(part: DatasetPart, what: string): void {
  if (part.weights?.data.every((weight) => weight === 0))
    throw new SteepestError({
      problem: `No record of the ${what} part counts`,
      expected: "at least one weight above 0",
      received: "zeros",
      fix: "try another seed, or a larger share",
    });
}

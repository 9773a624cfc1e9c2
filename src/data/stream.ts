/** Records that come one by one or in batches, from wherever: checked, and laid into arrays of numbers. */
import { SteepestError } from "../tensor/error.js";
import { type Shape, sizeOf } from "../tensor/types.js";
import type { ArrayInput, NestedNumbers, NumberArray } from "./arrays.js";
import { nestedShape } from "./arrays.js";

/** One record. */
export interface StreamedRecord {
  /** A number, nested numbers, or numbers laid end to end. */
  readonly input: number | NestedNumbers | NumberArray;
  /** What is to be learned of it: a label, the name of a class, or numbers. */
  readonly target: number | string | NestedNumbers | NumberArray;
}

/** Records that came together, as `arrayDataset` takes them. */
export interface StreamedBatch {
  readonly inputs: ArrayInput;
  readonly targets: ArrayInput | readonly string[];
}

export type StreamElement = StreamedRecord | StreamedBatch;

/** What comes without end, or ends some time: arrays, generators, streams. */
export type ElementStream = AsyncIterable<StreamElement> | Iterable<StreamElement>;

/** A record as it came. */
export interface RawRecord {
  readonly input: unknown;
  readonly target: unknown;
}

/** What every record of a stream is like. */
export interface RecordForm {
  /** Of one input, and of one target; [] for one number. */
  readonly inputShape: Shape;
  readonly targetShape: Shape;
  /** Names of the classes or how many there are, where targets are labels. */
  readonly labels: number | readonly string[] | undefined;
  readonly dtype: "f32" | "f64";
}

/**
 * The records of an element, one after the other.
 *
 * @param first the number of its first record in the stream
 * @throws SteepestError where the element is neither a record nor a batch
 */
export function recordsOf(element: unknown, first: number): RawRecord[] {
  if (typeof element === "object" && element !== null) {
    if ("input" in element && "target" in element) return [{ input: element.input, target: element.target }];
    if ("inputs" in element && "targets" in element) {
      const [inputs, targets] = [rowsOf(element.inputs), rowsOf(element.targets)];
      if (inputs !== undefined && targets !== undefined && inputs.length === targets.length && inputs.length > 0)
        return inputs.map((input, i) => ({ input, target: targets[i] }));
      throw new SteepestError({
        problem: "The stream holds a batch that cannot be read",
        expected: "as many targets as inputs, at least one",
        received: `${inputs?.length ?? "no"} inputs, ${targets?.length ?? "no"} targets`,
        where: `from record ${first} of the stream on`,
      });
    }
  }
  throw new SteepestError({
    problem: "The stream holds something that is no record",
    expected: "{ input, target }, or { inputs, targets } of several records",
    received:
      typeof element === "object" && element !== null ? `an object with ${Object.keys(element).join(", ") || "nothing"}` : String(element),
    where: `record ${first} of the stream`,
  });
}

/** The entries along the first axis. */
function rowsOf(value: unknown): unknown[] | undefined {
  if (isNumbers(value)) return Array.from(value);
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null || !("shape" in value && "data" in value)) return undefined;
  const { shape, data } = value;
  if (!Array.isArray(shape) || !shape.every((extent): extent is number => Number.isInteger(extent) && extent > 0)) return undefined;
  const flat = isNumbers(data) || Array.isArray(data) ? data : [];
  const size = sizeOf(shape.slice(1));
  if (flat.length !== shape[0] * size) return undefined;
  return Array.from({ length: shape[0] }, (_, i) => (shape.length === 1 ? flat[i] : flat.slice(i * size, (i + 1) * size)));
}

/** The shape of an input or target that came first: [] for one number or a name. */
export function shapeOf(value: unknown): Shape {
  if (isNumbers(value)) return [value.length];
  return Array.isArray(value) ? nestedShape(value) : [];
}

/** Numbers laid end to end: bytes as they came, others as they will be computed with. */
export type RowNumbers = Uint8Array | Float32Array | Float64Array;

/** A record as numbers, copied. */
export interface StreamedRow {
  readonly input: RowNumbers;
  readonly target: RowNumbers;
}

/** Reads records, each after its checks. */
export class RowReader {
  readonly #form: RecordForm;
  readonly #classes: number;
  readonly #labels: ReadonlyMap<unknown, number>;

  constructor(form: RecordForm) {
    this.#form = form;
    const { labels = 0 } = form;
    this.#classes = typeof labels === "number" ? labels : labels.length;
    this.#labels = new Map(typeof labels === "number" ? [] : labels.map((name, label) => [name, label]));
  }

  /**
   * @param number of the record in the stream
   * @throws SteepestError that names the record: a number that is none, too many or too few, a label out of range
   */
  read({ input, target }: RawRecord, number: number): StreamedRow {
    const { inputShape, targetShape, labels, dtype } = this.#form;
    const where = `record ${number} of the stream`;
    return {
      input: kept(flat(input, inputShape, "input", dtype, where), dtype),
      target:
        labels === undefined ? kept(flat(target, targetShape, "target", dtype, where), dtype) : Float64Array.of(this.#label(target, where)),
    };
  }

  #label(target: unknown, where: string): number {
    const label = this.#labels.get(target) ?? target;
    if (typeof label === "number" && Number.isInteger(label) && label >= 0 && label < this.#classes) return label;
    const names = [...this.#labels.keys()];
    throw new SteepestError({
      problem: "A label is out of range",
      expected: names.length > 0 ? names.join(", ") : `whole numbers from 0 to ${this.#classes - 1}, for ${this.#classes} classes`,
      received: String(target),
      where,
      fix: label === this.#classes ? "Labels count from 0: subtract 1 from each" : undefined,
    });
  }
}

/** A copy. A slice of steps holds many records: bytes must not become eight times as many. */
function kept(numbers: ArrayLike<number>, dtype: "f32" | "f64"): RowNumbers {
  if (numbers instanceof Uint8Array || numbers instanceof Uint8ClampedArray) return new Uint8Array(numbers);
  return dtype === "f32" ? Float32Array.from(numbers) : Float64Array.from(numbers);
}

/** The numbers of a value, laid end to end. */
function flat(value: unknown, shape: Shape, role: string, dtype: "f32" | "f64", where: string): ArrayLike<number> {
  const size = sizeOf(shape);
  const numbers = isNumbers(value) ? value : Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
  if (numbers.length !== size)
    throw new SteepestError({
      problem: `The ${role} of a record has another size than those before`,
      expected: `${size} number${size === 1 ? "" : "s"}, for shape [${shape.join(", ")}]`,
      received: String(numbers.length),
      where,
    });
  const at = numbers.findIndex((x: unknown) => typeof x !== "number" || !Number.isFinite(dtype === "f32" ? Math.fround(x) : x));
  if (at < 0) return numbers;
  throw new SteepestError({
    problem: `The ${role} of a record holds a value that is no finite number`,
    expected: "finite numbers",
    received: String(numbers[at]),
    where: size === 1 ? where : `${where}, field ${at}`,
    fix: "leave the record out of the stream",
  });
}

const isNumbers = (value: unknown): value is NumberArray =>
  ArrayBuffer.isView(value) && !(value instanceof DataView) && !(value instanceof BigInt64Array) && !(value instanceof BigUint64Array);

/** Reading data that should have a certain shape, with the name of the field in every complaint. */
import { SteepestError } from "../tensor/error.js";
import type { PlainData } from "./run-data.js";

/** One object read from JSON. */
export class PlainReader {
  readonly #fields: ReadonlyMap<string, unknown>;
  readonly #where: string;

  /** @throws SteepestError when `value` is no object */
  constructor(value: unknown, where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw complaint(where, "an object", value);
    this.#fields = new Map(Object.entries(value));
    this.#where = where;
  }

  has(key: string): boolean {
    const value = this.#fields.get(key);
    return value !== undefined && value !== null;
  }

  keys(): Iterable<string> {
    return this.#fields.keys();
  }

  text(key: string): string {
    const value = this.#fields.get(key);
    if (typeof value !== "string") throw this.#complaint(key, "text", value);
    return value;
  }

  oneOf<const T extends string>(key: string, known: readonly T[]): T {
    const value = this.#fields.get(key);
    const found = known.find((candidate) => candidate === value);
    if (found === undefined) throw this.#complaint(key, known.join(", "), value);
    return found;
  }

  /** A number. What JSON could not write, NaN and the infinities, stands as null and is read as NaN. */
  number(key: string): number {
    const value = this.#fields.get(key);
    if (value === null) return Number.NaN;
    if (typeof value !== "number") throw this.#complaint(key, "a number", value);
    return value;
  }

  optionalNumber(key: string): number | undefined {
    return this.#fields.get(key) === undefined ? undefined : this.number(key);
  }

  flag(key: string): boolean {
    const value = this.#fields.get(key);
    if (typeof value !== "boolean") throw this.#complaint(key, "true or false", value);
    return value;
  }

  numbers(key: string): number[] {
    return this.list(key, (item, where) => {
      if (typeof item !== "number") throw complaint(where, "a number", item);
      return item;
    });
  }

  texts(key: string): string[] {
    return this.list(key, (item, where) => {
      if (typeof item !== "string") throw complaint(where, "text", item);
      return item;
    });
  }

  list<T>(key: string, read: (item: unknown, where: string) => T): T[] {
    const value = this.#fields.get(key);
    if (!Array.isArray(value)) throw this.#complaint(key, "a list", value);
    return value.map((item, i) => read(item, `${this.#where} › ${key}[${i}]`));
  }

  object(key: string): PlainReader {
    return new PlainReader(this.#fields.get(key), `${this.#where} › ${key}`);
  }

  plain(key: string): PlainData {
    return plainData(this.#fields.get(key), `${this.#where} › ${key}`);
  }

  #complaint(key: string, expected: string, received: unknown): SteepestError {
    return complaint(`${this.#where} › ${key}`, expected, received);
  }
}

function plainData(value: unknown, where: string): PlainData {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((item, i) => plainData(item, `${where}[${i}]`));
  if (typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainData(item, `${where} › ${key}`)]));
  throw complaint(where, "plain data", value);
}

const complaint = (where: string, expected: string, received: unknown): SteepestError =>
  new SteepestError({
    problem: "The run folder holds something unexpected",
    expected,
    received: received === undefined ? "nothing" : (JSON.stringify(received)?.slice(0, 80) ?? typeof received),
    where,
    fix: "The file was changed or damaged: restore it, or train again",
  });

/** What the names of a plain function mean: its variables, its constants, its locals. */
import { nearest, SteepestError } from "../../tensor/error.js";
import type { Expression, Span } from "./ast.js";
import { dataArray, type Facts, scalar, type TreeBuilder } from "./builder.js";
import type { Source } from "./source.js";

/** What a user may pass as `constants`: what a closure would hold. */
export type Constants = Readonly<Record<string, number | ArrayLike<number>>>;

/** A variable as the function's text names it, and its place in the start: a position or a record's key. */
export interface FunctionVariable {
  readonly name: string;
  readonly key: number | string;
}

export type Binding =
  /** A number (or, of a constant, an array of data) with its name in the tree. */
  | { readonly kind: "value"; readonly name: string; readonly facts: Facts; readonly role: "variable" | "constant" | "local" }
  /** The only parameter: a number, an array (`x[0]`) or a record (`p.x`), whichever its first use shows. */
  | { readonly kind: "parameter"; readonly name: string }
  | { readonly kind: "constants"; readonly name: string }
  | { readonly kind: "math" }
  | { readonly kind: "math-member"; readonly name: string };

export type Scope = Map<string, Binding>;

/** The kind of start that a function asks for. */
export type ParameterForm = "numbers" | "array" | "record";

/** The given constants, read once: own keys only, numbers or arrays of numbers only. */
export function readConstants(constants: Constants): Map<string, number | Float64Array> {
  const read = new Map<string, number | Float64Array>();
  for (const [key, value] of Object.entries(constants)) {
    if (typeof value === "number") read.set(key, value);
    else {
      const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
      const data = isList ? Float64Array.from(value) : undefined;
      if (data === undefined || (Array.isArray(value) && value.some((entry: unknown) => typeof entry !== "number")))
        throw new SteepestError({
          problem: `the constant ${key} is neither a number nor an array of numbers`,
          expected: "a number, or one array of numbers",
          received: Array.isArray(value) ? "an array with other entries" : value === null ? "null" : typeof value,
          fix: `pass constants: { ${key}: 3 } or { ${key}: [1, 2, 3] }`,
        });
      read.set(key, data);
    }
  }
  return read;
}

/** Collects variables and constants while the text is read. */
export class FunctionNames {
  readonly variables: FunctionVariable[] = [];
  /** The constants used, by their name in the tree. Elements of arrays count as numbers of their own. */
  readonly constants = new Map<string, number | Float64Array>();
  readonly #given: ReadonlyMap<string, number | Float64Array>;
  readonly #source: Source;
  readonly #count: number | undefined;
  readonly #keys: readonly string[] | undefined;
  readonly #taken = new Set<string>();
  #form: ParameterForm | undefined;
  #only: string | undefined;

  constructor(
    source: Source,
    given: ReadonlyMap<string, number | Float64Array>,
    count: number | undefined,
    keys: readonly string[] | undefined,
  ) {
    this.#source = source;
    this.#given = given;
    this.#count = count;
    this.#keys = keys;
  }

  get form(): ParameterForm {
    return this.#form ?? "numbers";
  }

  /** The only parameter: keeps its name from locals. */
  reserve(name: string): void {
    this.#only = name;
    this.#taken.add(name);
  }

  /** A variable that the parameter list names: a number or an element of a pattern. */
  declare(name: string, key: number | string, form: ParameterForm, span: Span): Binding {
    this.#settle(form, name, span);
    this.#variable(name, key, span);
    return { kind: "value", name, facts: scalar, role: "variable" };
  }

  /** The only parameter used as a number. */
  number(parameter: string, span: Span): string {
    this.#settle("numbers", parameter, span);
    this.#variable(parameter, 0, span);
    return parameter;
  }

  element(parameter: string, index: number, span: Span): string {
    this.#settle("array", parameter, span);
    const name = `${parameter}[${index}]`;
    this.#variable(name, index, span);
    return name;
  }

  property(parameter: string, key: string, span: Span): string {
    this.#settle("record", parameter, span);
    const name = `${parameter}.${key}`;
    this.#variable(name, key, span);
    return name;
  }

  /** A constant by its key; `name` is what the tree calls it. */
  constant(key: string, name: string, span: Span): Binding {
    const value = this.#given.get(key);
    if (value === undefined) {
      const near = key.length < 3 ? undefined : nearest(key, this.#given.keys());
      throw this.#source.error(span, {
        problem: `the constant ${key} was not given`,
        ...(this.#given.size === 0 ? {} : { received: [...this.#given.keys()].join(", ") }),
        fix: near === undefined ? `pass it: { constants: { ${key}: … } }` : `did you mean ${near}?`,
      });
    }
    this.constants.set(name, value);
    this.#taken.add(name);
    return { kind: "value", name, facts: typeof value === "number" ? scalar : dataArray, role: "constant" };
  }

  /** `a[2]` of an array constant. */
  elementOfConstant(array: string, index: number, span: Span): string {
    const data = this.constants.get(array);
    const value = data instanceof Float64Array ? data[index] : undefined;
    if (value === undefined)
      throw this.#source.error(span, {
        problem: `${array}[${index}] does not exist`,
        received: data instanceof Float64Array ? `${array} with ${data.length} elements` : `${array}, a number`,
      });
    const name = `${array}[${index}]`;
    this.constants.set(name, value);
    return name;
  }

  lengthOfConstant(array: string): number | undefined {
    const data = this.constants.get(array);
    return data instanceof Float64Array ? data.length : undefined;
  }

  /** A name in the tree for a local: its own, or with a number when two blocks use the same. */
  local(name: string): string {
    let unique = name;
    for (let i = 2; this.#taken.has(unique); i++) unique = `${name}_${i}`;
    this.#taken.add(unique);
    return unique;
  }

  /** Checks the whole against the start and gives the variables in the order of θ. */
  finish(head: Span): FunctionVariable[] {
    const count = this.#count;
    // A parameter that is never used takes whatever form the start has.
    this.#form ??= this.#keys !== undefined ? "record" : (count ?? 1) > 1 ? "array" : "numbers";
    if (this.#keys !== undefined) return this.#fromRecord(this.#keys, head);
    if (this.#form === "record" && count !== undefined)
      throw this.#source.error(head, {
        problem: "the function takes a record, but the start has no names",
        fix: `give the start as { ${this.variables.map((variable) => `${variable.key}: 0`).join(", ")} }`,
      });
    if (this.#only !== undefined && this.#form === "numbers" && this.variables.length === 0) this.#variable(this.#only, 0, head);
    if (this.#only !== undefined && this.#form === "array") {
      const size = count ?? this.variables.reduce((most, variable) => Math.max(most, Number(variable.key) + 1), 0);
      return Array.from({ length: size }, (_, i) => ({ name: `${this.#only}[${i}]`, key: i }));
    }
    if (count !== undefined && count !== this.variables.length)
      throw this.#source.error(head, {
        problem: "the function and the start have different numbers of variables",
        expected: `${this.variables.length} (${this.variables.map((variable) => variable.name).join(", ")})`,
        received: `${count}`,
        fix: this.variables.length === 1 ? "take an array: (x) => … x[0] … x[1] …" : "give one start value per parameter",
      });
    return [...this.variables];
  }

  #fromRecord(keys: readonly string[], head: Span): FunctionVariable[] {
    if (this.form !== "record")
      throw this.#source.error(head, {
        problem: "the start has names, but the function takes no record",
        fix: `write (p) => … p.${keys[0] ?? "x"} …, or ({ ${keys.join(", ")} }) => …`,
      });
    const names = new Map(this.variables.map((variable) => [variable.key, variable.name]));
    return keys.map((key) => ({ name: names.get(key) ?? (this.#only === undefined ? key : `${this.#only}.${key}`), key }));
  }

  #variable(name: string, key: number | string, span: Span): void {
    if (this.variables.some((variable) => variable.name === name)) return;
    if (typeof key === "number" && this.form === "array" && this.#count !== undefined && key >= this.#count)
      throw this.#source.error(span, {
        problem: `the function uses ${name}, but the start is shorter`,
        expected: `at least ${key + 1} start values`,
        received: `${this.#count}`,
      });
    if (typeof key === "string" && this.#keys !== undefined && !this.#keys.includes(key)) {
      const near = nearest(key, this.#keys);
      throw this.#source.error(span, {
        problem: `the start has no ${key}`,
        received: this.#keys.join(", "),
        fix: near === undefined ? `add ${key} to the start` : `did you mean ${near}?`,
      });
    }
    if (this.variables.length >= this.#source.limits.variables)
      throw this.#source.error(span, {
        problem: "the function has too many variables",
        expected: `at most ${this.#source.limits.variables}`,
        fix: "write a function of tensors",
      });
    this.#taken.add(name);
    this.variables.push({ name, key });
  }

  #settle(form: ParameterForm, name: string, span: Span): void {
    if (this.#form !== undefined && this.#form !== form) {
      const uses = { numbers: "as a number", array: "as an array", record: "as a record" };
      throw this.#source.error(span, { problem: `the parameter ${name} is used ${uses[form]} here and ${uses[this.#form]} before` });
    }
    this.#form = form;
  }
}

/** The node of a bound value. */
export function valueNode(build: TreeBuilder, binding: Extract<Binding, { kind: "value" }>, span: Span): Expression {
  return build.name(span, binding.name, binding.facts);
}

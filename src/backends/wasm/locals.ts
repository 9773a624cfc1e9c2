/** Gives registers, cursors and temporaries their locals, and takes them back when they are done with. */
import type { Cursor, Register } from "../../compiler/loops/ir.js";
import type { Variable } from "../../compiler/loops/walk.js";
import type { ConstantBytes } from "./constants.js";
import type { FunctionBody, ValueType } from "./encoder.js";
import type { Locals } from "./evaluator.js";
import type { MaskWidths } from "./layout.js";
import { partsOf, valueType, widthOf } from "./layout.js";

export class LocalTable implements Locals {
  readonly #body: FunctionBody;
  readonly #widths: MaskWidths;
  readonly #homes = new Map<Variable, readonly number[]>();
  readonly #free = new Map<ValueType, number[]>();
  readonly #constants = new Map<ConstantBytes, number>();
  #temporaries: { type: ValueType; local: number }[] = [];

  constructor(body: FunctionBody, widths: MaskWidths) {
    this.#body = body;
    this.#widths = widths;
  }

  register(register: Register): readonly number[] {
    return this.#home(register);
  }

  cursor(cursor: Cursor): number {
    return this.#home(cursor)[0];
  }

  /** Says where a variable lies that is a parameter. */
  place(variable: Variable, locals: readonly number[]): void {
    this.#homes.set(variable, locals);
  }

  /** Locals that nothing used before: they are zero. */
  allocateFresh(variable: Variable): void {
    const { type, parts } = this.shape(variable);
    this.#homes.set(
      variable,
      Array.from({ length: parts }, () => this.#body.local(type)),
    );
  }

  allocate(variable: Variable): void {
    const { type, parts } = this.shape(variable);
    this.#homes.set(
      variable,
      Array.from({ length: parts }, () => this.take(type)),
    );
  }

  release(variable: Variable): void {
    const { type } = this.shape(variable);
    for (const local of this.#home(variable)) this.give(type, local);
    this.#homes.delete(variable);
  }

  shape(variable: Variable): { type: ValueType; parts: number } {
    if (variable.kind === "cursor") return { type: "i32", parts: 1 };
    const { dtype, lanes } = variable.type;
    return { type: valueType(variable.type), parts: partsOf(lanes, dtype === "bool" ? this.#widths.of(variable) : widthOf(dtype)) };
  }

  take(type: ValueType): number {
    return this.#free.get(type)?.pop() ?? this.#body.local(type);
  }

  give(type: ValueType, local: number): void {
    const list = this.#free.get(type);
    if (list === undefined) this.#free.set(type, [local]);
    else list.push(local);
  }

  temporary(type: ValueType): number {
    const local = this.take(type);
    this.#temporaries.push({ type, local });
    return local;
  }

  /** Ends a statement. */
  releaseTemporaries(): void {
    for (const { type, local } of this.#temporaries) this.give(type, local);
    this.#temporaries = [];
  }

  constant(bytes: ConstantBytes): number | undefined {
    return this.#constants.get(bytes);
  }

  /** Keeps a vector constant in a local, which the caller sets at entry; undefined when it is kept already. */
  keepConstant(bytes: ConstantBytes): number | undefined {
    if (this.#constants.has(bytes)) return undefined;
    const local = this.#body.local("v128");
    this.#constants.set(bytes, local);
    return local;
  }

  #home(variable: Variable): readonly number[] {
    const home = this.#homes.get(variable);
    if (home === undefined) throw new Error(`internal: ${variable.name} has no place`);
    return home;
  }
}

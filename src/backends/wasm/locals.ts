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

  /** A variable that has no place yet gets one. */
  register(register: Register): readonly number[] {
    return this.#homes.get(register) ?? this.#settle(register);
  }

  cursor(cursor: Cursor): number {
    return (this.#homes.get(cursor) ?? this.#settle(cursor))[0];
  }

  /** Parameters are the first locals, in order. */
  parameters(list: readonly Variable[]): void {
    let next = 0;
    for (const parameter of list)
      this.#homes.set(
        parameter,
        this.#many(parameter, () => next++),
      );
  }

  /** Locals that nothing used before: they are zero. */
  allocateFresh(variable: Variable): void {
    this.#homes.set(
      variable,
      this.#many(variable, (type) => this.#body.local(type)),
    );
  }

  release(variable: Variable): void {
    const home = this.#homes.get(variable);
    if (home === undefined) return;
    const type = typeOf(variable);
    for (const local of home) this.give(type, local);
    this.#homes.delete(variable);
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
    if (this.#temporaries.length === 0) return;
    for (const { type, local } of this.#temporaries) this.give(type, local);
    this.#temporaries = [];
  }

  constant(bytes: ConstantBytes): number | undefined {
    return this.#constants.get(bytes);
  }

  /** Keeps a vector constant in a local, which the caller sets at entry. */
  keepConstant(bytes: ConstantBytes): number {
    const local = this.#body.local("v128");
    this.#constants.set(bytes, local);
    return local;
  }

  #settle(variable: Variable): readonly number[] {
    const home = this.#many(variable, (type) => this.take(type));
    this.#homes.set(variable, home);
    return home;
  }

  /** As many locals as the variable has parts. */
  #many(variable: Variable, local: (type: ValueType) => number): readonly number[] {
    const type = typeOf(variable);
    if (variable.kind === "cursor" || variable.type.lanes === 1) return [local(type)];
    const { dtype, lanes } = variable.type;
    const parts = partsOf(lanes, dtype === "bool" ? this.#widths.of(variable) : widthOf(dtype));
    return Array.from({ length: parts }, () => local(type));
  }
}

const typeOf = (variable: Variable): ValueType => (variable.kind === "cursor" ? "i32" : valueType(variable.type));

/**
 * What has to be known of a function before it is printed, found in one walk: which statements a variable lives through, which
 * expressions are used several times, which vector constants are used in loops, and how wide the lane masks are.
 */
import type { Expr, LoopFunction, Statement } from "../../compiler/loops/ir.js";
import { innerBlocks, mentions, operands, type Variable } from "../../compiler/loops/walk.js";
import { type ConstantBytes, constantBytes, laneIndexBytes, ZERO_BYTES } from "./constants.js";
import { MaskWidths, widthOf } from "./layout.js";
import { extremeOf, maskedOf } from "./selections.js";

export interface Survey {
  readonly widths: MaskWidths;
  /**
   * Variables that need a local of their own from entry to return: those that carry a value around a loop, or are read unset and
   * must be zero. All others need one only from their first mention to their last.
   */
  readonly whole: readonly Variable[];
  /** The variables whose last mention lies in a statement, or in a block within it. */
  readonly end: ReadonlyMap<Statement, readonly Variable[]>;
  /** Expressions that some statement uses more than once. */
  readonly shared: ReadonlySet<Expr>;
  /** Vector constants that are used in loops, each once. */
  readonly constants: ReadonlySet<ConstantBytes>;
}

export function survey(fn: LoopFunction): Survey {
  return new Surveyor(fn);
}

/** A list of statements, and where it stands. */
interface Block {
  readonly outer: Block | undefined;
  /** The statement of the outer block that holds it. */
  readonly holder: Statement | undefined;
  readonly depth: number;
}

/** The innermost block that holds all mentions of a variable so far, and the last statement of it that does. */
interface Scope {
  block: Block;
  last: Statement;
}

class Surveyor implements Survey {
  readonly widths: MaskWidths;
  readonly whole: Variable[] = [];
  readonly end = new Map<Statement, Variable[]>();
  readonly shared = new Set<Expr>();
  readonly constants = new Set<ConstantBytes>();
  /** undefined: settled, the variable lives through the whole function. */
  readonly #scopes = new Map<Variable, Scope | undefined>();
  #seen = new Set<Expr>();
  #loops = 0;

  constructor(fn: LoopFunction) {
    this.widths = new MaskWidths(fn);
    for (const parameter of fn.parameters) this.#scopes.set(parameter, undefined);
    // Results are read at the very end.
    for (const result of fn.results) this.#keep(result);
    this.#block(fn.body, undefined, undefined);
    for (const [variable, scope] of this.#scopes) {
      if (scope === undefined) continue;
      const ending = this.end.get(scope.last);
      if (ending === undefined) this.end.set(scope.last, [variable]);
      else ending.push(variable);
    }
  }

  #block(statements: readonly Statement[], outer: Block | undefined, holder: Statement | undefined): void {
    const block: Block = { outer, holder, depth: outer === undefined ? 0 : outer.depth + 1 };
    for (const s of statements) {
      if (this.#seen.size > 0) this.#seen = new Set();
      this.#statement(s, block);
    }
  }

  #statement(s: Statement, block: Block): void {
    const { reads, writes } = mentions(s);
    const inner = innerBlocks(s);
    const repeats = inner.length > 0 && s.kind !== "if";
    // The condition of a while loop is part of it.
    if (s.kind === "while") this.#loops++;
    for (const x of reads)
      if (x.kind === "cursor") this.#read(x, s, block);
      else this.#expression(x, s, block);
    if (s.kind === "set") this.widths.assigned(s.register, s.value);
    if (s.kind === "call") for (const result of s.results) this.widths.returned(result);
    for (const variable of writes) this.#write(variable, s, block);
    if (repeats && s.kind !== "while") this.#loops++;
    for (const statements of inner) this.#block(statements, block, s);
    if (repeats) this.#loops--;
  }

  #expression(x: Expr, s: Statement, block: Block): void {
    switch (x.kind) {
      case "constant":
        if (this.#loops > 0 && x.type.lanes > 1 && x.type.dtype !== "bool") this.#constant(constantBytes(x));
        return;
      case "laneIndex":
        if (this.#loops > 0) for (let part = 0; 4 * part < x.type.lanes; part++) this.#constant(laneIndexBytes(part));
        return;
      case "register":
        return this.#read(x, s, block);
    }
    if (this.#seen.has(x)) {
      this.shared.add(x);
      return;
    }
    this.#seen.add(x);
    switch (x.kind) {
      case "load":
        this.#read(x.cursor, s, block);
        if (typeof x.stride !== "number") this.#expression(x.stride, s, block);
        // One element in all lanes is the same in every part.
        else if (x.stride === 0) this.#spread(x);
        return;
      case "select": {
        const extreme = extremeOf(x);
        if (extreme === undefined) this.#expression(x.condition, s, block);
        const masked = maskedOf(x);
        if (masked !== undefined) return this.#expression(masked.value, s, block);
        this.#expression(x.x, s, block);
        return this.#expression(x.y, s, block);
      }
      case "binary":
      case "compare":
        this.#expression(x.x, s, block);
        return this.#expression(x.y, s, block);
      case "splat":
        this.#spread(x);
        return this.#expression(x.x, s, block);
      case "convert":
        // A mask becomes a number by means of the number 1.
        if (this.#loops > 0 && x.x.type.dtype === "bool" && x.type.lanes > 1)
          this.#constant(constantBytes({ kind: "constant", type: x.type, value: 1 }));
        return this.#expression(x.x, s, block);
      default:
        for (const operand of operands(x)) this.#expression(operand, s, block);
    }
  }

  #spread(x: Expr): void {
    if (x.type.lanes * widthOf(x.type.dtype) > 16) this.shared.add(x);
  }

  #constant(bytes: ConstantBytes): void {
    if (bytes !== ZERO_BYTES) this.constants.add(bytes);
  }

  #keep(variable: Variable): void {
    this.#scopes.set(variable, undefined);
    this.whole.push(variable);
  }

  #write(variable: Variable, s: Statement, block: Block): void {
    if (this.#scopes.has(variable)) this.#read(variable, s, block);
    else this.#scopes.set(variable, { block, last: s });
  }

  #read(variable: Variable, s: Statement, block: Block): void {
    const scope = this.#scopes.get(variable);
    if (scope === undefined) {
      if (!this.#scopes.has(variable)) this.#keep(variable);
      return;
    }
    // The block of the first mention must hold this one too.
    let inner = block;
    let last = s;
    while (inner.depth > scope.block.depth && inner.outer !== undefined && inner.holder !== undefined) {
      last = inner.holder;
      inner = inner.outer;
    }
    if (inner === scope.block) scope.last = last;
    else this.#keep(variable);
  }
}

/** Shows loop programs as text for people: pseudo-code with typed registers, cursors as arrays and plain operators. */
import { describe } from "./expressions.js";
import type { BinaryOp, CompareOp, Cursor, Expr, LoopFunction, Register, Statement, VectorType } from "./ir.js";
import { operands } from "./walk.js";

const binarySigns: Readonly<Record<BinaryOp, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  rem: "%",
  min: "min",
  max: "max",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>",
};
const compareSigns: Readonly<Record<CompareOp, string>> = { eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" };

/** How tightly an operator binds; an operand that binds less is put in parentheses. */
const strength: Readonly<Record<string, number>> = { "*": 5, "/": 5, "%": 5, "+": 4, "-": 4, "<<": 3, ">>": 3, "&": 1, "^": 1, "|": 1 };

/**
 * The text of a loop function, callees not included. A value that a statement uses more than once is shown once, above it,
 * with a name of its own.
 *
 * @example
 * ```text
 * function scale(begin: i32, end: i32, x: f32[])
 *   for i from begin to end by 16
 *     x2 = &x[i]
 *     x2[0..15] = x2[0..15] * 2
 * ```
 */
export function showFunction(fn: LoopFunction): string {
  const show = new Shower();
  const parameters = fn.parameters.map((p) => `${show.name(p)}: ${p.kind === "cursor" ? `${p.dtype}[]` : describe(p.type)}`);
  const results = fn.results.map((r) => `${show.name(r)}: ${describe(r.type)}`);
  show.block(fn.body, 1);
  const head = `function ${fn.name}(${parameters.join(", ")})${results.length === 0 ? "" : ` -> ${results.join(", ")}`}`;
  return [head, ...show.lines].join("\n");
}

class Shower {
  readonly lines: string[] = [];
  readonly #names = new Map<Register | Cursor, string>();
  readonly #taken = new Set<string>();
  #shared = new Map<Expr, string>();
  #temporaries = 0;

  /** The variable's name without the numbers that the builder adds; a number of its own where two share a stem. */
  name(variable: Register | Cursor): string {
    const known = this.#names.get(variable);
    if (known !== undefined) return known;
    const stem = variable.name.replace(/(_?\d+)+$/, "") || variable.name;
    let name = stem;
    for (let k = 2; this.#taken.has(name); k++) name = `${stem}${k}`;
    this.#taken.add(name);
    this.#names.set(variable, name);
    return name;
  }

  block(block: readonly Statement[], depth: number): void {
    for (const s of block) this.#statement(s, depth);
  }

  #line(depth: number, text: string): void {
    this.lines.push(`${"  ".repeat(depth)}${text}`);
  }

  #statement(s: Statement, depth: number): void {
    this.#shared = new Map();
    switch (s.kind) {
      case "set":
        this.#name(depth, s.value);
        this.#line(depth, `${this.name(s.register)} = ${this.#value(s.value)}`);
        return;
      case "store": {
        this.#name(depth, s.value, ...(typeof s.stride === "number" ? [] : [s.stride]));
        this.#line(depth, `${this.#place(s.cursor, s.offset, s.stride, s.value.type)} = ${this.#value(s.value)}`);
        return;
      }
      case "point":
        this.#name(depth, s.index);
        this.#line(depth, `${this.name(s.cursor)} = &${this.name(s.base)}[${this.#value(s.index)}]`);
        return;
      case "advance":
        this.#name(depth, s.by);
        this.#line(depth, `${this.name(s.cursor)} += ${this.#value(s.by)}`);
        return;
      case "for":
        this.#name(depth, s.from, s.to);
        this.#line(
          depth,
          `for ${this.name(s.register)} from ${this.#value(s.from)} to ${this.#value(s.to)}${s.step === 1 ? "" : ` by ${s.step}`}`,
        );
        this.block(s.body, depth + 1);
        return;
      case "stream": {
        this.#name(depth, s.count);
        const moving = s.moving.map(({ cursor, step }) => `${this.name(cursor)} += ${step}`);
        this.#line(depth, `${this.#value(s.count)} times, ${moving.join(", ")}`);
        this.block(s.body, depth + 1);
        return;
      }
      case "leave":
        this.#name(depth, s.condition);
        this.#line(depth, `leave if ${this.#value(s.condition)}`);
        return;
      case "while":
        this.#line(depth, `while ${this.#value(s.condition)}`);
        this.block(s.body, depth + 1);
        return;
      case "if":
        this.#name(depth, s.condition);
        this.#line(depth, `if ${this.#value(s.condition)}`);
        this.block(s.then, depth + 1);
        if (s.otherwise.length === 0) return;
        this.#line(depth, "else");
        this.block(s.otherwise, depth + 1);
        return;
      case "call": {
        this.#name(depth, ...s.arguments.filter((a) => a.kind !== "cursor"));
        const results = s.results.map((r) => this.name(r)).join(", ");
        const args = s.arguments.map((a) => (a.kind === "cursor" ? this.name(a) : this.#value(a)));
        this.#line(depth, `${results === "" ? "" : `${results} = `}${s.callee.name}(${args.join(", ")})`);
        return;
      }
    }
  }

  /** Writes a line for each inner value that is used more than once and is more than a name or a number. */
  #name(depth: number, ...roots: Expr[]): void {
    const uses = new Map<Expr, number>();
    const order: Expr[] = [];
    const walk = (x: Expr): void => {
      const count = (uses.get(x) ?? 0) + 1;
      uses.set(x, count);
      if (count > 1) return;
      for (const operand of operands(x)) walk(operand);
      order.push(x);
    };
    for (const root of roots) walk(root);
    for (const x of order) {
      if ((uses.get(x) ?? 0) < 2 || x.kind === "constant" || x.kind === "register" || x.kind === "laneIndex") continue;
      const text = this.#value(x);
      const name = `%${++this.#temporaries}`;
      this.#line(depth, `${name} = ${text}`);
      this.#shared.set(x, name);
    }
  }

  #place(cursor: Cursor, offset: number, stride: number | Expr, type: VectorType): string {
    const name = this.name(cursor);
    if (type.lanes === 1 || stride === 0) return `${name}[${offset}]`;
    if (typeof stride === "number")
      return `${name}[${offset}..${offset + (type.lanes - 1) * stride}${stride === 1 ? "" : ` by ${stride}`}]`;
    return `${name}[${offset}.. by ${this.#value(stride)}]`;
  }

  #value(x: Expr, outer = 0): string {
    const shared = this.#shared.get(x);
    if (shared !== undefined) return shared;
    switch (x.kind) {
      case "constant":
        return x.type.dtype === "bool" ? String(Number(x.value) !== 0) : String(x.value);
      case "register":
        return this.name(x);
      case "laneIndex":
        return x.type.lanes === 1 ? "0" : `[0..${x.type.lanes - 1}]`;
      case "load":
        return this.#place(x.cursor, x.offset, x.stride, x.type);
      case "unary":
        return x.op === "neg" ? `-${this.#value(x.x, 6)}` : x.op === "not" ? `!${this.#value(x.x, 6)}` : `${x.op}(${this.#value(x.x)})`;
      case "binary": {
        const sign = binarySigns[x.op];
        if (x.op === "min" || x.op === "max") return `${sign}(${this.#value(x.x)}, ${this.#value(x.y)})`;
        return this.#infix(sign, strength[sign] ?? 0, x.x, x.y, outer);
      }
      case "compare":
        return this.#infix(compareSigns[x.op], 2, x.x, x.y, outer);
      case "select":
        return parenthesised(`${this.#value(x.condition, 1)} ? ${this.#value(x.x, 1)} : ${this.#value(x.y, 1)}`, outer > 0);
      case "multiplyAdd":
        return parenthesised(`${this.#value(x.x, 5)} * ${this.#value(x.y, 6)} + ${this.#value(x.z, 5)}`, outer > 4);
      case "convert":
        return `${x.type.dtype}(${this.#value(x.x)})`;
      case "bitcast":
        return `${x.type.dtype}.bits(${this.#value(x.x)})`;
      case "splat":
        return `splat${x.type.lanes}(${this.#value(x.x)})`;
      case "horizontal":
        return `${x.op === "add" ? "sum" : x.op} of lanes(${this.#value(x.x)})`;
      case "lane":
        return `${this.#value(x.x, 6)}.lane(${x.index})`;
      case "insert":
        return `${this.#value(x.x, 6)}.with(${x.index}, ${this.#value(x.y)})`;
      case "shuffle":
        return `shuffle(${this.#value(x.x)}, ${this.#value(x.y)}; ${x.pick.join(" ")})`;
    }
  }

  /** The right operand is put in parentheses at equal strength: a − (b − c). */
  #infix(sign: string, own: number, x: Expr, y: Expr, outer: number): string {
    return parenthesised(`${this.#value(x, own)} ${sign} ${this.#value(y, own + 1)}`, outer > own);
  }
}

const parenthesised = (text: string, needed: boolean): string => (needed ? `(${text})` : text);

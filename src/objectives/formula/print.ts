/** Writes an expression as text, with as few parentheses as reading it back allows. */
import type { BinaryOperator, Expression } from "./ast.js";
import { prettyName, superscript } from "./characters.js";

export interface FormatOptions {
  /** `3x₁² + 5x₂` instead of `3*x1^2 + 5*x2`. */
  readonly unicode?: boolean;
}

/** How tightly each construct binds: the grammar of formulas, from loose to tight. */
const tightness: Readonly<Record<BinaryOperator, number>> = {
  "||": 2,
  "&&": 3,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  "==": 5,
  "!=": 5,
  "+": 6,
  "-": 6,
  "*": 7,
  "/": 7,
  "^": 9,
};
const conditionalLevel = 1;
const signLevel = 8;
const valueLevel = 10;

/**
 * An expression as a formula. Without `unicode` the text is plain ASCII, and `parseFormula` reads it back into the same tree (elements
 * such as `x[0]`, and infinite numbers, are written as they are and are no formula).
 */
export function format(expression: Expression, options: FormatOptions = {}): string {
  return new Printer(options.unicode ?? false).text(expression, 0);
}

class Printer {
  readonly #unicode: boolean;

  constructor(unicode: boolean) {
    this.#unicode = unicode;
  }

  /** The text of a node where at least the given tightness is needed. */
  text(node: Expression, needed: number): string {
    const [text, level] = this.#unparenthesized(node);
    return level < needed ? `(${text})` : text;
  }

  #unparenthesized(node: Expression): readonly [string, number] {
    switch (node.kind) {
      case "number":
        return this.#number(node.value, node.symbol);
      case "name":
        return [this.#unicode ? prettyName(node.name) : node.name, valueLevel];
      case "unary":
        return [`${node.operator === "-" ? this.#minus : "!"}${this.text(node.operand, signLevel)}`, signLevel];
      case "binary":
        return this.#binary(node.operator, node.left, node.right);
      case "call":
        if (node.name === "abs" && this.#unicode && !this.#hasBars(node.arguments[0]))
          return [`|${this.text(node.arguments[0], 0)}|`, valueLevel];
        return [`${node.name}(${node.arguments.map((value) => this.text(value, 0)).join(", ")})`, valueLevel];
      case "conditional":
        return [`${this.text(node.test, conditionalLevel + 1)} ? ${this.text(node.yes, 0)} : ${this.text(node.no, 0)}`, conditionalLevel];
    }
  }

  #number(value: number, symbol: "pi" | "e" | undefined): readonly [string, number] {
    if (symbol !== undefined) return [symbol === "pi" && this.#unicode ? "π" : symbol, valueLevel];
    const text = String(Math.abs(value));
    return value < 0 || Object.is(value, -0) ? [this.#minus + text, signLevel] : [text, valueLevel];
  }

  #binary(operator: BinaryOperator, left: Expression, right: Expression): readonly [string, number] {
    const level = tightness[operator];
    if (operator === "^") return this.#power(left, right);
    // Comparisons do not chain: both sides must bind tighter.
    const leftNeeded = level === tightness["<"] ? level + 1 : level;
    const [a, b] = [this.text(left, leftNeeded), this.text(right, level + 1)];
    if (operator === "*") return [a + this.#times(left, b) + b, level];
    if (operator === "/") return [`${a}/${b}`, level];
    const sign = this.#unicode ? (unicodeSigns.get(operator) ?? operator) : operator;
    return [`${a} ${sign} ${b}`, level];
  }

  /** A coefficient stands right before its factor where the lexer would not join them. */
  #times(left: Expression, right: string): string {
    if (!this.#unicode) return "*";
    const size = left.kind === "unary" && left.operator === "-" ? left.operand : left;
    const isCoefficient = size.kind === "number" && size.symbol === undefined && size.value >= 0;
    return isCoefficient && /^[^\d.eE+\-−]/.test(right) ? "" : "·";
  }

  #power(base: Expression, exponent: Expression): readonly [string, number] {
    const below = this.text(base, valueLevel);
    const whole = wholeNumber(exponent);
    if (this.#unicode && whole !== undefined) return [below + superscript(whole), tightness["^"]];
    return [`${below}^${this.text(exponent, signLevel)}`, tightness["^"]];
  }

  get #minus(): string {
    return this.#unicode ? "−" : "-";
  }

  #hasBars(node: Expression): boolean {
    return this.text(node, 0).includes("|");
  }
}

const unicodeSigns: ReadonlyMap<BinaryOperator, string> = new Map<BinaryOperator, string>([
  ["-", "−"],
  ["<=", "≤"],
  [">=", "≥"],
  ["!=", "≠"],
  ["&&", "and"],
  ["||", "or"],
]);

function wholeNumber(node: Expression): number | undefined {
  if (node.kind === "unary" && node.operator === "-" && node.operand.kind === "number") return negated(wholeNumber(node.operand));
  return node.kind === "number" &&
    node.symbol === undefined &&
    Number.isSafeInteger(node.value) &&
    !Object.is(node.value, -0) &&
    Math.abs(node.value) < 1e15
    ? node.value
    : undefined;
}

const negated = (value: number | undefined): number | undefined => (value === undefined || value <= 0 ? undefined : -value);

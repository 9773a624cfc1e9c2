/**
 * The one tree that a formula (`"0.5x^2 + 2y^2"`) and a plain function (`(x, y) => 0.5 * x * x + 2 * y * y`) are both read into.
 * It is data only: numbers, names, the operators below, and calls of functions from a fixed table.
 */
import type { FunctionName } from "./functions.js";

/** Where a node stands in the text it was read from: offsets count UTF-16 units, lines and columns from 1. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

/** The span of nodes that no text holds: derivatives, simplified terms. */
export const nowhere: Span = { start: 0, end: 0, line: 0, column: 0 };

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "^";
export type ComparisonOperator = "<" | "<=" | ">" | ">=" | "==" | "!=";
export type LogicalOperator = "&&" | "||";
export type BinaryOperator = ArithmeticOperator | ComparisonOperator | LogicalOperator;

/** `symbol` is set where the text has π or e, so that they print as they were written. */
export interface NumberNode {
  readonly kind: "number";
  readonly value: number;
  readonly symbol?: "pi" | "e";
  readonly span: Span;
}

/** A variable, a constant, an array of data or a local of a function: the program says which. Elements print as written: `x[0]`, `p.x`. */
export interface NameNode {
  readonly kind: "name";
  readonly name: string;
  readonly span: Span;
}

export interface UnaryNode {
  readonly kind: "unary";
  readonly operator: "-" | "!";
  readonly operand: Expression;
  readonly span: Span;
}

export interface BinaryNode {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
  readonly span: Span;
}

export interface CallNode {
  readonly kind: "call";
  readonly name: FunctionName;
  readonly arguments: readonly Expression[];
  readonly span: Span;
}

/** `test ? yes : no`. */
export interface ConditionalNode {
  readonly kind: "conditional";
  readonly test: Expression;
  readonly yes: Expression;
  readonly no: Expression;
  readonly span: Span;
}

export type Expression = NumberNode | NameNode | UnaryNode | BinaryNode | CallNode | ConditionalNode;

/** A value with a name, computed before the result: `const t = x - 1`. Its value may use earlier locals only. */
export interface Local {
  readonly name: string;
  readonly value: Expression;
}

/** What both parsers give: locals in order (none in a formula), then the result. */
export interface Program {
  readonly locals: readonly Local[];
  readonly result: Expression;
}

const comparisons: ReadonlySet<string> = new Set(["<", "<=", ">", ">=", "==", "!="]);

export function isComparison(operator: BinaryOperator): operator is ComparisonOperator {
  return comparisons.has(operator);
}

export function isLogical(operator: BinaryOperator): operator is LogicalOperator {
  return operator === "&&" || operator === "||";
}

/** The direct parts of a node, from left to right. */
export function children(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case "number":
    case "name":
      return [];
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "call":
      return node.arguments;
    case "conditional":
      return [node.test, node.yes, node.no];
  }
}

/** The names that an expression uses, in order of first appearance. */
export function namesIn(expression: Expression): Set<string> {
  const names = new Set<string>();
  const visit = (node: Expression): void => {
    if (node.kind === "name") names.add(node.name);
    for (const child of children(node)) visit(child);
  };
  visit(expression);
  return names;
}

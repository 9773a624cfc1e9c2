/** Makes nodes and checks, as they are made, what holds for both grammars: arity, numbers against conditions, data against numbers, limits. */
import type { BinaryOperator, Expression, Span } from "./ast.js";
import { isComparison, isLogical } from "./ast.js";
import { type FunctionName, functions, symbolValues } from "./functions.js";
import type { Source } from "./source.js";

/** What is known of a value while parsing. `spread`: it has one entry per element of an array of data. */
export interface Facts {
  readonly type: "number" | "condition";
  readonly spread: boolean;
}

export const scalar: Facts = { type: "number", spread: false };
export const dataArray: Facts = { type: "number", spread: true };

export class TreeBuilder {
  readonly source: Source;
  /** How this grammar writes a conditional, for messages. */
  readonly #equality: string;
  readonly #facts = new WeakMap<Expression, Facts>();
  #nodes = 0;
  #depth = 0;

  constructor(source: Source, equality: string) {
    this.source = source;
    this.#equality = equality;
  }

  facts(node: Expression): Facts {
    return this.#facts.get(node) ?? scalar;
  }

  number(span: Span, value: number, symbol?: "pi" | "e"): Expression {
    return this.#made(symbol === undefined ? { kind: "number", value, span } : { kind: "number", value, symbol, span }, scalar);
  }

  symbol(span: Span, symbol: "pi" | "e"): Expression {
    return this.number(span, symbolValues[symbol], symbol);
  }

  name(span: Span, name: string, facts: Facts): Expression {
    return this.#made({ kind: "name", name, span }, facts);
  }

  unary(span: Span, operator: "-" | "!", operand: Expression): Expression {
    if (operator === "-") this.#needNumber(operand);
    else this.#needCondition(operand);
    return this.#made({ kind: "unary", operator, operand, span }, this.facts(operand));
  }

  binary(operator: BinaryOperator, left: Expression, right: Expression, span: Span): Expression {
    for (const side of [left, right]) {
      if (isLogical(operator)) this.#needCondition(side);
      else this.#needNumber(side);
    }
    const type = isLogical(operator) || isComparison(operator) ? "condition" : "number";
    return this.#made({ kind: "binary", operator, left, right, span }, { type, spread: this.#anySpread([left, right]) });
  }

  call(span: Span, name: FunctionName, values: readonly Expression[], written: string): Expression {
    const entry = functions.get(name);
    if (entry !== undefined && (values.length < entry.fewest || values.length > entry.most)) {
      const range = entry.fewest === entry.most ? `${entry.fewest}` : `${entry.fewest} to ${entry.most}`;
      throw this.source.error(span, {
        problem: `${written} is given the wrong number of values`,
        expected: `${range} ${range === "1" ? "value" : "values"}`,
        received: `${values.length}`,
        fix: `write ${entry.usage}`,
      });
    }
    for (const value of values) this.#needNumber(value);
    const spread = this.#anySpread(values);
    if (entry?.reduces === true && !spread)
      throw this.source.error(span, {
        problem: `${written} is given one number, not data`,
        expected: "an expression with an array of data in it",
        received: this.source.slice(values[0].span),
        fix: `pass the array by its name, or leave ${written}(…) away`,
      });
    return this.#made({ kind: "call", name, arguments: values, span }, { type: "number", spread: spread && entry?.reduces !== true });
  }

  conditional(span: Span, test: Expression, yes: Expression, no: Expression): Expression {
    this.#needCondition(test);
    if (this.facts(yes).type !== this.facts(no).type) {
      this.#needNumber(yes);
      this.#needNumber(no);
    }
    return this.#made(
      { kind: "conditional", test, yes, no, span },
      { type: this.facts(yes).type, spread: this.#anySpread([test, yes, no]) },
    );
  }

  /** The result of a formula or function: a number, and one number. */
  checkResult(result: Expression, spreadAllowed: boolean): void {
    this.#needNumber(result);
    if (this.facts(result).spread && !spreadAllowed)
      throw this.source.error(result.span, {
        problem: `the ${this.source.what} gives one value per element of its data, not one number`,
        fix: `wrap it: mean(${this.#shown(result)}) or sum(${this.#shown(result)})`,
      });
  }

  /** Runs a part of the parser one level deeper. */
  nested<T>(span: Span, parse: () => T): T {
    if (++this.#depth > this.source.limits.depth)
      throw this.source.error(span, {
        problem: `the ${this.source.what} nests too deeply`,
        expected: `at most ${this.source.limits.depth} levels`,
        fix: "split it, or leave superfluous parentheses away",
      });
    const result = parse();
    this.#depth--;
    return result;
  }

  #made(node: Expression, facts: Facts): Expression {
    if (++this.#nodes > this.source.limits.nodes)
      throw this.source.error(node.span, {
        problem: `the ${this.source.what} is too large`,
        expected: `at most ${this.source.limits.nodes} numbers, names, operators and calls`,
        fix: "use data arrays with sum(…) or mean(…), or write a function of tensors",
      });
    this.#facts.set(node, facts);
    return node;
  }

  #anySpread(nodes: readonly Expression[]): boolean {
    return nodes.some((node) => this.facts(node).spread);
  }

  #needNumber(node: Expression): void {
    if (this.facts(node).type === "number") return;
    const text = this.#shown(node);
    throw this.source.error(node.span, {
      problem: "a condition stands where a number is expected",
      received: text,
      fix: `write (${text} ? 1 : 0)`,
    });
  }

  #needCondition(node: Expression): void {
    if (this.facts(node).type === "condition") return;
    const text = this.#shown(node);
    throw this.source.error(node.span, {
      problem: "a number stands where a condition is expected",
      received: text,
      fix: `compare it, as in ${text} > 0 or ${text} ${this.#equality} 0`,
    });
  }

  #shown(node: Expression): string {
    const text = this.source.slice(node.span).replaceAll(/\s+/g, " ");
    return text.length > 60 ? "…" : text;
  }
}

/** The grammar of formulas, from loose to tight: one method for each level. */
import type { BinaryOperator, Expression, Span } from "./ast.js";
import type { TreeBuilder } from "./builder.js";
import { missingValue, numberAfterValue, unexpected } from "./formula-failures.js";
import type { FormulaNames } from "./formula-names.js";
import type { FormulaStream } from "./formula-stream.js";
import { type FunctionName, formulaConstants, formulaFunctions, functions } from "./functions.js";

const comparisons: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
  ["==", "=="],
  ["!=", "!="],
]);

export class FormulaExpressions {
  readonly #tokens: FormulaStream;
  readonly #build: TreeBuilder;
  readonly #names: FormulaNames;
  /** Whether an absolute-value bar is open at this level of parentheses. */
  #barOpen = false;

  constructor(tokens: FormulaStream, build: TreeBuilder, names: FormulaNames) {
    this.#tokens = tokens;
    this.#build = build;
    this.#names = names;
  }

  // ── from loose to tight ───────────────────────────────────────────────────────────────────────────────────────────
  /** The loosest expression: what a whole formula is. */
  expression(): Expression {
    const start = this.#tokens.current.span;
    return this.#build.nested(start, () => {
      const test = this.#or();
      if (this.#tokens.take("?") === undefined) return test;
      const yes = this.expression();
      if (this.#tokens.take(":") === undefined)
        throw this.#tokens.source.error(this.#tokens.current.span, {
          problem: "the condition has no other case",
          expected: "condition ? value : value",
        });
      const no = this.expression();
      return this.#build.conditional(this.#tokens.spanFrom(start.start), test, yes, no);
    });
  }

  #or(): Expression {
    const start = this.#tokens.current.span.start;
    let left = this.#and();
    for (;;) {
      if (this.#startsOr()) this.#tokens.at += 2;
      else if (this.#isWord("or")) this.#tokens.at++;
      else return left;
      const right = this.#and();
      left = this.#build.binary("||", left, right, this.#tokens.spanFrom(start));
    }
  }

  #and(): Expression {
    const start = this.#tokens.current.span.start;
    let left = this.#negation();
    for (;;) {
      if (this.#isWord("and")) this.#tokens.at++;
      else if (this.#tokens.take("&&") === undefined) return left;
      const right = this.#negation();
      left = this.#build.binary("&&", left, right, this.#tokens.spanFrom(start));
    }
  }

  #negation(): Expression {
    const start = this.#tokens.current.span;
    if (!this.#isWord("not")) return this.#comparison();
    this.#tokens.at++;
    const operand = this.#build.nested(start, () => this.#negation());
    return this.#build.unary(this.#tokens.spanFrom(start.start), "!", operand);
  }

  #comparison(): Expression {
    const start = this.#tokens.current.span.start;
    const left = this.#sum();
    const operator = this.#takeComparison();
    if (operator === undefined) return left;
    const right = this.#sum();
    const node = this.#build.binary(operator, left, right, this.#tokens.spanFrom(start));
    const next = this.#tokens.current;
    if (this.#takeComparison() !== undefined)
      throw this.#tokens.source.error(next.span, {
        problem: "comparisons do not chain",
        fix: `write two joined by "and", as in 0 < x and x < 1`,
      });
    return node;
  }

  #takeComparison(): BinaryOperator | undefined {
    const token = this.#tokens.current;
    if (token.type !== "operator") return undefined;
    const operator = comparisons.get(token.text);
    if (operator !== undefined) this.#tokens.at++;
    return operator;
  }

  #sum(): Expression {
    const start = this.#tokens.current.span.start;
    let left = this.#product();
    for (;;) {
      const operator = this.#tokens.take("+", "-");
      if (operator === undefined) return left;
      const right = this.#product();
      left = this.#build.binary(operator === "+" ? "+" : "-", left, right, this.#tokens.spanFrom(start));
    }
  }

  #product(): Expression {
    const start = this.#tokens.current.span.start;
    let left = this.#signed();
    let factor = { start, plainPower: this.#endsInPlainPower(left), divisor: false };
    for (;;) {
      const sign = this.#tokens.take("*", "/");
      if (sign === undefined && !this.#startsImplicit()) return left;
      if (sign === undefined) this.#refuseAmbiguous(start, factor);
      const factorStart = this.#tokens.current.span.start;
      const right = sign === undefined ? this.#power() : this.#signed();
      factor = { start: factorStart, plainPower: this.#endsInPlainPower(right), divisor: sign === "/" };
      left = this.#build.binary(sign === "/" ? "/" : "*", left, right, this.#tokens.spanFrom(start));
    }
  }

  /** Whether the value just read is a number to a power written with ^, as in `e^2` or `2^3`. */
  #endsInPlainPower(node: Expression): boolean {
    const last = this.#tokens.previous;
    const power = node.kind === "unary" ? node.operand : node;
    return (
      power.kind === "binary" && power.operator === "^" && power.left.kind === "number" && (last.type === "number" || last.type === "name")
    );
  }

  /** A product without a sign after `a/b` or `e^2`: half of the readers would read it the other way. */
  #refuseAmbiguous(start: number, factor: { start: number; plainPower: boolean; divisor: boolean }): void {
    if (!factor.divisor && !factor.plainPower) return;
    const end = this.#tokens.previous.span.end;
    const first = this.#tokens.current.span.start;
    this.#power();
    const next = this.#tokens.source.text.slice(first, this.#tokens.previous.span.end);
    const whole = this.#tokens.source.text.slice(start, end);
    const last = this.#tokens.source.text.slice(factor.start, end);
    const head = factor.divisor ? this.#tokens.source.text.slice(start, factor.start) : "";
    const caret = last.lastIndexOf("^") < 0 ? last.lastIndexOf("**") + 2 : last.lastIndexOf("^") + 1;
    const other = factor.divisor ? `${head}(${last}*${next})` : `${last.slice(0, caret)}(${last.slice(caret)}*${next})`;
    const one = factor.divisor ? `(${whole})*${next}` : `${last}*${next}`;
    throw this.#tokens.source.error(this.#tokens.source.span(factor.divisor ? start : factor.start, this.#tokens.previous.span.end), {
      problem: "the product without a sign can be read in two ways",
      received: this.#tokens.source.text.slice(factor.divisor ? start : factor.start, this.#tokens.previous.span.end),
      fix: `write ${one} or ${other}`,
    });
  }

  #startsImplicit(): boolean {
    const token = this.#tokens.current;
    if (token.type === "number" || token.type === "fraction") throw numberAfterValue(this.#tokens, token);
    if (token.type === "name") return !this.#isWord("and") && !this.#isWord("or") && !this.#isWord("not");
    return this.#tokens.isOperator("(") || (this.#tokens.isOperator("|") && !this.#barOpen && !this.#startsOr());
  }

  /** Two bars without space after a value are "or" unless a bar is open. */
  #startsOr(): boolean {
    return (
      !this.#barOpen &&
      this.#tokens.isOperator("|") &&
      this.#tokens.isOperator("|", 1) &&
      this.#tokens.peek(1).span.start === this.#tokens.current.span.end
    );
  }

  #signed(): Expression {
    const start = this.#tokens.current.span;
    const operator = this.#tokens.take("-", "+", "!");
    if (operator === undefined) return this.#power();
    const operand = this.#build.nested(start, () => this.#signed());
    return operator === "+" ? operand : this.#build.unary(this.#tokens.spanFrom(start.start), operator === "-" ? "-" : "!", operand);
  }

  #power(): Expression {
    const start = this.#tokens.current.span.start;
    let base = this.#value();
    const raised = this.#tokens.current;
    if (raised.type === "superscript") {
      this.#tokens.at++;
      base = this.#build.binary("^", base, this.#integer(raised.span, raised.value), this.#tokens.spanFrom(start));
      if (this.#tokens.isOperator("^") || this.#tokens.current.type === "superscript")
        throw this.#tokens.source.error(this.#tokens.current.span, {
          problem: "a power of a power needs parentheses",
          fix: "write (x²)^3 or x^(2^3)",
        });
    }
    if (this.#tokens.take("^") === undefined) return base;
    const exponent = this.#exponent();
    return this.#build.binary("^", base, exponent, this.#tokens.spanFrom(start));
  }

  #exponent(): Expression {
    const start = this.#tokens.current.span;
    return this.#build.nested(start, () => {
      const sign = this.#tokens.take("-", "+");
      const operand = sign === undefined ? this.#power() : this.#exponent();
      return sign === "-" ? this.#build.unary(this.#tokens.spanFrom(start.start), "-", operand) : operand;
    });
  }

  #integer(span: Span, value: number): Expression {
    const number = this.#build.number(span, Math.abs(value));
    return value < 0 ? this.#build.unary(span, "-", number) : number;
  }

  // ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────
  #value(): Expression {
    const token = this.#tokens.current;
    switch (token.type) {
      case "number":
        this.#tokens.at++;
        return this.#build.number(token.span, token.value);
      case "fraction": {
        this.#tokens.at++;
        const [numerator, denominator] = token.value;
        if (1000 % denominator === 0) return this.#build.number(token.span, numerator / denominator);
        const [above, below] = [this.#build.number(token.span, numerator), this.#build.number(token.span, denominator)];
        return this.#build.binary("/", above, below, token.span);
      }
      case "name":
        this.#tokens.at++;
        return this.#named(token.text, token.span);
      case "operator":
        if (token.text === "(") return this.#inParentheses();
        if (token.text === "|") return this.#inBars();
    }
    throw missingValue(this.#tokens, this.#barOpen);
  }

  #inParentheses(): Expression {
    const opening = this.#tokens.current.span;
    this.#tokens.at++;
    if (this.#tokens.isOperator(")"))
      throw this.#tokens.source.error(this.#tokens.spanFrom(opening.start), {
        problem: "the parentheses are empty",
        fix: "put a value into them",
      });
    const outer = this.#barOpen;
    this.#barOpen = false;
    const inside = this.expression();
    this.#close(opening, "(", ")");
    this.#barOpen = outer;
    return inside;
  }

  #inBars(): Expression {
    const opening = this.#tokens.current.span;
    this.#tokens.at++;
    const outer = this.#barOpen;
    this.#barOpen = true;
    const inside = this.expression();
    this.#close(opening, "|", "|");
    this.#barOpen = outer;
    return this.#build.call(this.#tokens.spanFrom(opening.start), "abs", [inside], "|…|");
  }

  #named(name: string, span: Span): Expression {
    const isCall = this.#tokens.isOperator("(");
    const isGiven = this.#names.isGiven(name);
    if (!isGiven && name === "if") return this.#ifCall(span);
    const called = name === "pow" ? "pow" : formulaFunctions.get(name);
    if (called !== undefined && (isCall || !isGiven)) return this.#called(name, called, span);
    const symbol = isGiven ? undefined : formulaConstants.get(name);
    if (symbol !== undefined) return this.#build.symbol(span, symbol);
    return this.#build.name(span, name, this.#names.use(name, span, isCall));
  }

  #ifCall(span: Span): Expression {
    const values = this.#values("if", "if(x > 0, x, 0)", span);
    if (values.length !== 3)
      throw this.#tokens.source.error(this.#tokens.spanFrom(span.start), {
        problem: "if is given the wrong number of values",
        expected: "3 values",
        received: `${values.length}`,
        fix: "write if(condition, value, other value)",
      });
    return this.#build.conditional(this.#tokens.spanFrom(span.start), values[0], values[1], values[2]);
  }

  #called(written: string, name: FunctionName | "pow", span: Span): Expression {
    const power = name === "pow" ? undefined : this.#powerOfFunction(written);
    const values = this.#values(written, functions.get(name)?.usage ?? "pow(x, y)", span);
    const whole = this.#tokens.spanFrom(span.start);
    if (name === "pow") {
      if (values.length === 2) return this.#build.binary("^", values[0], values[1], whole);
      throw this.#tokens.source.error(whole, {
        problem: "pow is given the wrong number of values",
        expected: "2 values",
        received: `${values.length}`,
        fix: "write x^y",
      });
    }
    const call = this.#build.call(whole, name, values, written);
    return power === undefined ? call : this.#build.binary("^", call, power, whole);
  }

  /** The 2 of `sin^2(x)` and `sin²(x)`. */
  #powerOfFunction(written: string): Expression | undefined {
    const isCaret = this.#tokens.isOperator("^");
    const exponent = this.#tokens.peek(isCaret ? 1 : 0);
    if (!isCaret && exponent.type !== "superscript") return undefined;
    const value = exponent.type === "number" || exponent.type === "superscript" ? exponent.value : Number.NaN;
    if (!Number.isInteger(value) || value < 2)
      throw this.#tokens.source.error(exponent.span, {
        problem: `only a whole power from 2 may stand between ${written} and its parenthesis`,
        fix: `write ${written}(x)^… for a power, or asin, acos, atan for an inverse`,
      });
    this.#tokens.at += isCaret ? 2 : 1;
    return this.#integer(exponent.span, value);
  }

  #values(written: string, usage: string, span: Span): Expression[] {
    const opening = this.#tokens.current.span;
    if (!this.#tokens.isOperator("("))
      throw this.#tokens.source.error(span, { problem: `${written} needs parentheses`, fix: `write ${usage}` });
    this.#tokens.at++;
    const outer = this.#barOpen;
    this.#barOpen = false;
    const values: Expression[] = [];
    if (!this.#tokens.isOperator(")")) {
      values.push(this.expression());
      while (this.#tokens.take(",") !== undefined) values.push(this.expression());
    }
    this.#close(opening, "(", ")");
    this.#barOpen = outer;
    return values;
  }

  // ── tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────
  #isWord(text: string): boolean {
    return this.#tokens.current.type === "name" && this.#tokens.current.text === text && !this.#names.isGiven(text);
  }

  #close(opening: Span, opener: string, closer: string): void {
    if (this.#tokens.take(closer) !== undefined) return;
    if (this.#tokens.current.type !== "end" && !this.#tokens.isOperator(",")) throw unexpected(this.#tokens);
    if (this.#tokens.current.type !== "end" && opener !== "|") throw unexpected(this.#tokens);
    throw this.#tokens.source.error(opening, {
      problem: `the opening ${opener} is never closed`,
      fix: opener === "|" ? "close it with |, or write abs(…)" : `add ${closer}`,
    });
  }
}

/** Reads the expressions of a plain function. */
import { nearest } from "../../tensor/error.js";
import type { BinaryOperator, Expression, Span } from "./ast.js";
import { scalar, type TreeBuilder } from "./builder.js";
import { refusedSigns, refusedWords, useTensors } from "./function-refusals.js";
import { type Binding, type FunctionNames, type Scope, valueNode } from "./function-scope.js";
import type { TokenStream } from "./function-stream.js";
import { mathConstants, mathFunctions } from "./functions.js";

const equality: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ["===", "=="],
  ["==", "=="],
  ["!==", "!="],
  ["!=", "!="],
]);
const relation: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
]);
const sums: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ["+", "+"],
  ["-", "-"],
]);
const products: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([
  ["*", "*"],
  ["/", "/"],
]);
const conjunction: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([["&&", "&&"]]);
const disjunction: ReadonlyMap<string, BinaryOperator> = new Map<string, BinaryOperator>([["||", "||"]]);
/** The left-associative operators of JavaScript from loose to tight. */
const levels: readonly ReadonlyMap<string, BinaryOperator>[] = [disjunction, conjunction, equality, relation, sums, products];

export class FunctionExpressions {
  readonly #tokens: TokenStream;
  readonly #build: TreeBuilder;
  readonly #names: FunctionNames;
  /** From the outermost block to the innermost. */
  readonly scopes: Scope[] = [];

  constructor(tokens: TokenStream, build: TreeBuilder, names: FunctionNames) {
    this.#tokens = tokens;
    this.#build = build;
    this.#names = names;
  }

  lookup(name: string): Binding | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const binding = this.scopes[i].get(name);
      if (binding !== undefined) return binding;
    }
    return name === "Math" ? { kind: "math" } : undefined;
  }

  /** One expression, without a comma. */
  expression(): Expression {
    const start = this.#tokens.peek().span;
    const node = this.#build.nested(start, () => {
      const test = this.#level(0);
      if (this.#tokens.take("?") === undefined) return test;
      const yes = this.expression();
      this.#tokens.need(":");
      const no = this.expression();
      return this.#build.conditional(this.#tokens.spanFrom(start), test, yes, no);
    });
    this.refuse();
    return node;
  }

  /** Refuses the word or sign that comes next when no function of numbers may have it. */
  refuse(): void {
    const token = this.#tokens.peek();
    const refused =
      token.type === "sign"
        ? refusedSigns.get(token.text)
        : token.type === "name" && this.lookup(token.text) === undefined
          ? refusedWords.get(token.text)
          : undefined;
    if (refused !== undefined && !(token.type === "sign" && (token.text === "{" || token.text === "[")))
      throw this.#tokens.source.error(token.span, {
        problem: refused[0],
        received: this.#tokens.source.slice(token.span),
        fix: refused[1],
      });
  }

  #level(level: number): Expression {
    if (level === levels.length) return this.#signed();
    const start = this.#tokens.peek().span;
    let left = this.#level(level + 1);
    for (;;) {
      const token = this.#tokens.peek();
      const operator = token.type === "sign" ? levels[level].get(token.text) : undefined;
      if (operator === undefined) return left;
      this.#tokens.at++;
      const right = this.#level(level + 1);
      left = this.#build.binary(operator, left, right, this.#tokens.spanFrom(start));
    }
  }

  #signed(): Expression {
    const start = this.#tokens.peek().span;
    const sign = this.#tokens.take("-", "+", "!");
    if (sign === undefined) return this.#power();
    const operand = this.#build.nested(start, () => this.#signed());
    return sign === "+" ? operand : this.#build.unary(this.#tokens.spanFrom(start), sign === "-" ? "-" : "!", operand);
  }

  #power(): Expression {
    const start = this.#tokens.peek().span;
    const base = this.#value();
    if (this.#tokens.take("**") === undefined) return base;
    const exponent = this.#build.nested(start, () => this.#signed());
    return this.#build.binary("^", base, exponent, this.#tokens.spanFrom(start));
  }

  #value(): Expression {
    const token = this.#tokens.peek();
    const { source } = this.#tokens;
    switch (token.type) {
      case "number":
        this.#tokens.at++;
        return this.#build.number(token.span, token.value);
      case "string":
        throw source.error(token.span, {
          problem: "the function has a text",
          received: source.slice(token.span),
          fix: "compute with numbers only",
        });
      case "name":
        return this.#named(token.text, token.span);
      case "sign": {
        if (token.text === "(") return this.#inParentheses(token.span);
        const refused = refusedSigns.get(token.text);
        if (refused !== undefined) throw source.error(token.span, { problem: refused[0], received: token.text, fix: refused[1] });
        throw source.error(token.span, { problem: `a value is missing before ${token.text}` });
      }
      case "end":
        throw source.error(token.span, { problem: "the function ends where a value is expected" });
    }
  }

  #inParentheses(opening: Span): Expression {
    if (this.#tokens.isSign("=>", this.#tokens.afterClosing(0))) throw this.#innerFunction(opening);
    this.#tokens.at++;
    // `(0, library.mean)(…)`: how bundlers call what was imported.
    const zero = this.#tokens.peek();
    if (zero.type === "number" && zero.value === 0 && this.#tokens.isSign(",", 1)) {
      this.#tokens.at += 2;
      const name = this.#tokens.peek();
      const reduction = name.type === "name" ? this.#imported(name.text) : undefined;
      this.#tokens.need(")");
      if (reduction !== undefined) return this.#reduction(reduction, opening);
    }
    const inside = this.expression();
    if (this.#tokens.isSign(","))
      throw this.#tokens.source.error(this.#tokens.peek().span, {
        problem: "a comma joins two values",
        fix: "give each value its own const",
      });
    this.#tokens.need(")");
    return inside;
  }

  #named(name: string, span: Span): Expression {
    const binding = this.lookup(name);
    if (binding === undefined) return this.#unbound(name, span);
    this.#tokens.at++;
    switch (binding.kind) {
      case "math":
        return this.#math(span);
      case "math-member":
        return this.#mathMember(binding.name, span);
      case "constants": {
        const key = this.#property(binding.name);
        const whole = this.#tokens.spanFrom(span);
        return this.#valueOf(this.#names.constant(key, `${binding.name}.${key}`, whole), whole);
      }
      case "value":
        return this.#valueOf(binding, span);
      case "parameter":
        return this.#parameter(binding.name, span);
    }
  }

  #parameter(name: string, span: Span): Expression {
    if (this.#tokens.isSign("[")) {
      const index = this.#index(name);
      const whole = this.#tokens.spanFrom(span);
      const node = this.#build.name(whole, this.#names.element(name, index, whole), scalar);
      this.#noFurther(span);
      return node;
    }
    if (this.#tokens.isSign(".")) {
      const key = this.#property(name);
      const whole = this.#tokens.spanFrom(span);
      this.#refuseMember(name, key, whole);
      const node = this.#build.name(whole, this.#names.property(name, key, whole), scalar);
      this.#noFurther(span);
      return node;
    }
    this.#noFurther(span);
    return this.#build.name(span, this.#names.number(name, span), scalar);
  }

  /** A number or array by its name; an array may be followed by `[2]` or `.length`. */
  #valueOf(binding: Binding, span: Span): Expression {
    if (binding.kind !== "value") throw this.#tokens.unexpected("a number");
    const isArray = binding.facts.spread && binding.role === "constant";
    let node: Expression;
    if (isArray && this.#tokens.isSign("[")) {
      const index = this.#index(binding.name);
      const whole = this.#tokens.spanFrom(span);
      node = this.#build.name(whole, this.#names.elementOfConstant(binding.name, index, whole), scalar);
    } else if (isArray && this.#tokens.isSign(".")) {
      const key = this.#property(binding.name);
      const whole = this.#tokens.spanFrom(span);
      const length = this.#names.lengthOfConstant(binding.name);
      if (key !== "length" || length === undefined) throw this.#method(`${binding.name}.${key}`, whole);
      node = this.#build.number(whole, length);
    } else node = valueNode(this.#build, binding, span);
    this.#noFurther(span);
    return node;
  }

  /** `[0]` */
  #index(name: string): number {
    const { source } = this.#tokens;
    this.#tokens.at++;
    const token = this.#tokens.next();
    if (token.type !== "number" || !Number.isInteger(token.value) || !this.#tokens.isSign("]"))
      throw source.error(token.span, {
        problem: `${name}[…] has an index that is not a whole number written out`,
        received: source.slice(token.span),
        fix: token.type === "string" ? `write ${name}.${token.text}` : `write ${name}[0], ${name}[1], …, or ${useTensors}`,
      });
    this.#tokens.at++;
    return token.value;
  }

  /** `.x` */
  #property(name: string): string {
    if (this.#tokens.take(".") === undefined) throw this.#tokens.unexpected(`${name}.something`);
    const token = this.#tokens.next();
    if (token.type !== "name") {
      this.#tokens.at--;
      throw this.#tokens.unexpected("a name");
    }
    return token.text;
  }

  #noFurther(start: Span): void {
    const isMember = this.#tokens.isSign(".") || this.#tokens.isSign("?.") || this.#tokens.isSign("[");
    if (!isMember && !this.#tokens.isSign("(")) return;
    const name = this.#tokens.source.slice(this.#tokens.spanFrom(start));
    if (isMember) this.#tokens.at += 2;
    throw this.#method(isMember ? this.#tokens.source.slice(this.#tokens.spanFrom(start)) : name, this.#tokens.spanFrom(start));
  }

  #refuseMember(name: string, key: string, span: Span): void {
    if (this.#tokens.isSign("(")) throw this.#method(`${name}.${key}`, span);
    if (key === "length")
      throw this.#tokens.source.error(span, {
        problem: `the function asks for ${name}.length`,
        fix: "write the number, or pass it as a constant",
      });
    if (key in Object.prototype)
      throw this.#tokens.source.error(span, { problem: `${key} cannot be the name of a variable`, fix: "choose another name" });
  }

  #innerFunction(span: Span): Error {
    return this.#tokens.source.error(span, { problem: "the function defines another function", fix: "write its formula where it is used" });
  }

  #method(text: string, span: Span): Error {
    return this.#tokens.source.error(span, {
      problem: `the function uses ${text}, which is more than arithmetic`,
      fix: `write the terms out with numbers, or ${useTensors} (a tensor as start makes it one)`,
    });
  }

  // ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────
  #math(span: Span): Expression {
    if (!this.#tokens.isSign(".")) throw this.#tokens.unexpected("Math.something");
    const member = this.#property("Math");
    return this.#mathMember(member, this.#tokens.spanFrom(span));
  }

  #mathMember(member: string, span: Span): Expression {
    const { source } = this.#tokens;
    const constant = mathConstants.get(member);
    if (constant !== undefined) return this.#build.number(span, constant.value, constant.symbol);
    const name = mathFunctions.get(member);
    if (name === undefined) {
      const near = nearest(member, [...mathFunctions.keys(), ...mathConstants.keys()]);
      const random = member === "random" ? "pass random numbers as constants" : undefined;
      throw source.error(span, {
        problem: `Math.${member} has no counterpart`,
        fix: random ?? (near === undefined ? `use one of ${[...mathFunctions.keys()].join(" ")}` : `did you mean Math.${near}?`),
      });
    }
    const values = this.#values(`Math.${member}`);
    const whole = this.#tokens.spanFrom(span);
    if (name !== "pow") {
      // max(x) of one number is that number.
      if ((name === "max" || name === "min") && values.length === 1) return values[0];
      return this.#build.call(whole, name, values, `Math.${member}`);
    }
    if (values.length === 2) return this.#build.binary("^", values[0], values[1], whole);
    throw source.error(whole, {
      problem: "Math.pow is given the wrong number of values",
      expected: "2 values",
      received: `${values.length}`,
    });
  }

  #values(written: string): Expression[] {
    if (this.#tokens.take("(") === undefined) throw this.#tokens.unexpected(`${written}(…)`);
    const values: Expression[] = [];
    while (this.#tokens.take(")") === undefined) {
      values.push(this.expression());
      if (!this.#tokens.isSign(")")) this.#tokens.need(",");
    }
    return values;
  }

  #reduction(name: "sum" | "mean", span: Span): Expression {
    const values = this.#values(name);
    return this.#build.call(this.#tokens.spanFrom(span), name, values, name);
  }

  /** `mean` or `library.mean` where neither is a name of the function's own; takes the tokens only when it is one. */
  #imported(name: string): "sum" | "mean" | undefined {
    if (this.lookup(name) !== undefined) return undefined;
    const member = this.#tokens.isSign(".", 1) ? this.#tokens.peek(2) : undefined;
    const called = member?.type === "name" ? member.text : name;
    if (called !== "sum" && called !== "mean") return undefined;
    this.#tokens.at += member?.type === "name" ? 3 : 1;
    return called;
  }

  #unbound(name: string, span: Span): Expression {
    const { source } = this.#tokens;
    const reduction = this.#imported(name);
    if (reduction !== undefined) {
      if (this.#tokens.isSign("(")) return this.#reduction(reduction, span);
      throw source.error(this.#tokens.spanFrom(span), { problem: `${reduction} needs parentheses`, fix: `write ${reduction}(data)` });
    }
    this.#tokens.at++;
    if (name === "Infinity") return this.#build.number(span, Number.POSITIVE_INFINITY);
    if (name === "NaN") return this.#build.number(span, Number.NaN);
    this.#tokens.at--;
    this.refuse();
    this.#tokens.at++;
    if (this.#tokens.isSign("=>")) throw this.#innerFunction(span);
    // What bundlers make of ** for targets that lack it.
    if (name === "__pow" && this.#tokens.isSign("(")) return this.#mathMember("pow", span);
    const near =
      name.length < 3
        ? undefined
        : nearest(
            name,
            this.scopes.flatMap((scope) => [...scope.keys()]),
          );
    if (this.#tokens.isSign("("))
      throw source.error(span, {
        problem: `the function calls ${name}, whose text is not part of it`,
        fix: mathFunctions.has(name) ? `write Math.${name}(…)` : `write the formula of ${name} here, or ${useTensors}`,
      });
    if (this.#tokens.isSign(".") || this.#tokens.isSign("["))
      throw source.error(span, {
        problem: `the function uses ${name}, which is not one of its parameters`,
        fix: `pass the numbers: minimize(f, start, { constants: { a: … } }) and take them as the last parameter, (x, { a }) => …; or ${useTensors}`,
      });
    throw source.error(span, {
      problem: `the function uses ${name}, which is not one of its parameters: its value cannot be seen from the text`,
      fix: `${near === undefined ? "" : `did you mean ${near}? Otherwise `}pass it: minimize(f, start, { constants: { ${name} } }) and take it as the last parameter, (x, { ${name} }) => …`,
    });
  }
}

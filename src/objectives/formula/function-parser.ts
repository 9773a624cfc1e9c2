/** Reads a plain JavaScript function of numbers from its own text. Nothing is ever evaluated. */
import { SteepestError } from "../../tensor/error.js";
import { type Expression, type Local, namesIn, type Program, type Span } from "./ast.js";
import { TreeBuilder } from "./builder.js";
import { FunctionExpressions } from "./function-expressions.js";
import { type Pattern, readPattern, readPatterns, skipHead, unwrap } from "./function-head.js";
import { type Binding, type Constants, FunctionNames, type FunctionVariable, type ParameterForm, readConstants } from "./function-scope.js";
import { TokenStream } from "./function-stream.js";
import { mathConstants, mathFunctions } from "./functions.js";
import { type Limits, Source } from "./source.js";

export type { Constants, FunctionVariable, ParameterForm } from "./function-scope.js";

/** A user's own code is trusted more than a link, but stays in the reach of hand-written text. */
export const functionLimits: Limits = { text: 65_536, depth: 64, nodes: 2000, variables: 1000 };

export interface FunctionOptions {
  /** The values of the function's last parameter: numbers, and arrays for `sum` and `mean`. */
  readonly constants?: Constants;
  /** How many numbers the start has, when it is a number (1) or an array. */
  readonly count?: number;
  /** The names in the start, when it is a record. */
  readonly names?: readonly string[];
}

export interface ParsedFunction extends Program {
  readonly kind: "function";
  readonly source: Source;
  /** How the function takes its variables: `(x, y)`, one array `(x) => x[0]`, or one record `(p) => p.x`. */
  readonly form: ParameterForm;
  /** In the order of θ. */
  readonly variables: readonly FunctionVariable[];
  /** The constants used, with their values, by their names in the tree (`a`, `c.a`, `a[2]`). */
  readonly constants: ReadonlyMap<string, number | Float64Array>;
}

/** Any function: only its text is looked at. */
export type AnyFunction = (...values: never[]) => unknown;

/**
 * Reads a function of numbers: `(x, y) => …`, `(x) => x[0] ** 2 + x[1]`, `([x, y]) => …`, `(p) => p.x * p.y`, `({ x, y }) => …`, written as
 * arrow, function or method. With `constants`, the last parameter takes them: `(x, { a }) => (x - a) ** 2`.
 *
 * The body is an expression, or a block of `const` and `let`, `if … else` with `return`s, and a `return`. Expressions have
 * `+ - * / **`, comparisons, `&& || !`, `? :`, numbers, `Math.*`, and `sum(…)` and `mean(…)` over constant arrays.
 *
 * @throws SteepestError naming what it cannot take (a value closed over, a loop, another call, a change of a value) with line and column in
 * the function's text and what to write instead.
 * @example
 * ```ts
 * parseFunction((x, { a }) => (x - a) ** 2, { constants: { a: 3 } }).variables; // → [{ name: "x", key: 0 }]
 * ```
 */
export function parseFunction(fn: AnyFunction, options: FunctionOptions = {}): ParsedFunction {
  return parseFunctionText(Function.prototype.toString.call(fn), options);
}

/** The same from the text itself. */
export function parseFunctionText(text: string, options: FunctionOptions = {}): ParsedFunction {
  if (/\{\s*\[(?:native code|bytecode)\]\s*\}\s*$/.test(text))
    throw new SteepestError({
      problem: "the function has no text to read: it is built in, or made by bind",
      received: text.length > 80 ? "native code" : text.replaceAll(/\s+/g, " "),
      fix: "wrap it: (x) => Math.cos(x), or pass objective({ value, gradient })",
    });
  return new FunctionParser(new Source(text, "function", functionLimits), options).parse();
}

class FunctionParser {
  readonly #source: Source;
  readonly #tokens: TokenStream;
  readonly #build: TreeBuilder;
  readonly #names: FunctionNames;
  readonly #expressions: FunctionExpressions;
  readonly #hasConstants: boolean;
  readonly #locals: Local[] = [];

  constructor(source: Source, options: FunctionOptions) {
    this.#source = source;
    this.#tokens = new TokenStream(source);
    this.#build = new TreeBuilder(source, "===");
    this.#names = new FunctionNames(source, readConstants(options.constants ?? {}), options.count, options.names);
    this.#expressions = new FunctionExpressions(this.#tokens, this.#build, this.#names);
    this.#hasConstants = options.constants !== undefined;
  }

  parse(): ParsedFunction {
    unwrap(this.#tokens);
    const head = this.#tokens.peek().span;
    const isArrow = skipHead(this.#tokens);
    this.#expressions.scopes.push(new Map());
    const parameters = isArrow && !this.#tokens.isSign("(") ? [readPattern(this.#tokens)] : readPatterns(this.#tokens);
    const headSpan = this.#tokens.spanFrom(head);
    this.#bindParameters(parameters, headSpan);
    if (isArrow) this.#tokens.need("=>");
    const isBlock = this.#tokens.isSign("{");
    if (!isArrow && !isBlock) throw this.#tokens.unexpected("{");
    const result = isBlock ? this.#block() : this.#expressions.expression();
    if (result === undefined) throw this.#noReturn(headSpan);
    const rest = this.#tokens.peek();
    if (rest.type !== "end" && !this.#tokens.isSign(")") && !this.#tokens.isSign(","))
      throw this.#tokens.unexpected("the end of the function");
    this.#build.checkResult(result, false);
    const variables = this.#names.finish(headSpan);
    const used = namesIn(result);
    for (const local of this.#locals) for (const name of namesIn(local.value)) used.add(name);
    return {
      kind: "function",
      source: this.#source,
      locals: this.#locals,
      result,
      form: this.#names.form,
      variables,
      constants: new Map([...this.#names.constants].filter(([name]) => used.has(name))),
    };
  }

  #bindParameters(patterns: readonly Pattern[], head: Span): void {
    const varied = this.#hasConstants ? patterns.slice(0, -1) : patterns;
    const constants = this.#hasConstants ? patterns.at(-1) : undefined;
    if (varied.length === 0)
      throw this.#source.error(head, {
        problem: this.#hasConstants ? "constants are given, but the function has no parameter for them" : "the function has no parameters",
        fix: this.#hasConstants ? "take them last: (x, { a }) => …" : "name the variables: (x, y) => …",
      });
    varied.forEach((pattern, i) => {
      if (varied.length === 1) this.#bindOnly(pattern);
      else if (pattern.kind === "name") this.#bind(pattern, this.#names.declare(pattern.name, i, "numbers", pattern.span));
      else
        throw this.#source.error(pattern.span, {
          problem: "a parameter beside others must be a number",
          fix:
            pattern.kind === "record" && i === varied.length - 1
              ? `pass its values: { constants: { ${pattern.properties.map((p) => p.key).join(", ")} } }`
              : "take one array or one record only",
        });
    });
    if (constants?.kind === "name") this.#bind(constants, { kind: "constants", name: constants.name });
    else if (constants?.kind === "record") this.#bindConstants(constants);
    else if (constants !== undefined)
      throw this.#source.error(constants.span, { problem: "the constants come as a record", fix: "write (x, { a, b }) => …" });
  }

  #bindOnly(pattern: Pattern): void {
    if (pattern.kind === "name") {
      this.#names.reserve(pattern.name);
      this.#bind(pattern, { kind: "parameter", name: pattern.name });
    } else this.#bindParts(pattern);
  }

  #bindParts(pattern: Exclude<Pattern, { kind: "name" }>): void {
    if (pattern.kind === "array")
      for (const part of pattern.elements) this.#bind(part, this.#names.declare(part.name, part.index, "array", part.span));
    else for (const part of pattern.properties) this.#bind(part, this.#names.declare(part.name, part.key, "record", part.span));
  }

  #bindConstants(pattern: Extract<Pattern, { kind: "record" }>): void {
    for (const { key, name, span } of pattern.properties) this.#bind({ name, span }, this.#names.constant(key, name, span));
  }

  #bind(part: { readonly name: string; readonly span: Span }, binding: Binding): void {
    const scope = this.#expressions.scopes[this.#expressions.scopes.length - 1];
    if (scope.has(part.name)) throw this.#source.error(part.span, { problem: `${part.name} is declared twice` });
    scope.set(part.name, binding);
  }

  // ── statements ────────────────────────────────────────────────────────────────────────────────────────────────────
  /** A block in braces: its value, or undefined when it does not return. */
  #block(): Expression | undefined {
    const opening = this.#tokens.peek().span;
    this.#tokens.need("{");
    this.#expressions.scopes.push(new Map());
    const result = this.#build.nested(opening, () => this.#statements());
    this.#expressions.scopes.pop();
    return result;
  }

  /** The statements up to and with the closing brace. */
  #statements(): Expression | undefined {
    const tokens = this.#tokens;
    for (;;) {
      if (tokens.take(";") !== undefined) continue;
      if (tokens.take("}") !== undefined) return undefined;
      const token = tokens.peek();
      if (token.type === "string") {
        tokens.at++;
        this.#endOfStatement();
      } else if (tokens.isWord("const") || tokens.isWord("let") || tokens.isWord("var")) this.#declarations();
      else if (tokens.isWord("return")) {
        const result = this.#return();
        this.#restIsDead();
        return result;
      } else if (tokens.isWord("if")) return this.#if(true);
      else if (tokens.isSign("{")) throw this.#source.error(token.span, { problem: "a block stands alone", fix: "leave its braces away" });
      else this.#expressionStatement();
    }
  }

  #expressionStatement(): void {
    const token = this.#tokens.peek();
    this.#expressions.refuse();
    if (token.type === "end") throw this.#tokens.unexpected("}");
    this.#expressions.expression();
    throw this.#source.error(this.#tokens.spanFrom(token.span), {
      problem: "a value is computed and thrown away",
      fix: "write return before it, or const t = …",
    });
  }

  /** After a return nothing runs any more: reads over it up to the closing brace. */
  #restIsDead(): void {
    while (this.#tokens.take(";") !== undefined);
    if (this.#tokens.take("}") !== undefined) return;
    throw this.#source.error(this.#tokens.peek().span, { problem: "nothing after return is ever computed", fix: "remove it" });
  }

  #return(): Expression {
    const start = this.#tokens.next().span;
    if (this.#tokens.isSign(";") || this.#tokens.isSign("}") || this.#tokens.newline())
      throw this.#source.error(start, { problem: "the function returns nothing here", fix: "return a number in every case" });
    const result = this.#expressions.expression();
    this.#endOfStatement();
    return result;
  }

  /** `if … else if … else …`. In a list of statements, what follows stands for a missing last case. */
  #if(inList: boolean): Expression {
    const tokens = this.#tokens;
    const cases: { start: Span; test: Expression; yes: Expression }[] = [];
    let last: Expression | undefined;
    let hasElse = false;
    do {
      const start = tokens.next().span;
      tokens.need("(");
      const test = this.#expressions.expression();
      tokens.need(")");
      const yes = this.#branch();
      if (yes === undefined) throw this.#incomplete(tokens.spanFrom(start));
      cases.push({ start, test, yes });
      hasElse = tokens.isWord("else");
      if (hasElse) tokens.at++;
    } while (hasElse && tokens.isWord("if"));
    const whole = tokens.spanFrom(cases[0].start);
    if (hasElse) {
      last = this.#branch();
      if (inList && last !== undefined) this.#restIsDead();
    } else if (inList) last = this.#build.nested(whole, () => this.#statements());
    if (last === undefined) throw this.#incomplete(whole);
    return cases.reduceRight((no, { start, test, yes }) => this.#build.conditional(tokens.spanFrom(start), test, yes, no), last);
  }

  /** What an `if` does in one case: undefined when it does not return. */
  #branch(): Expression | undefined {
    if (this.#tokens.isSign("{")) return this.#block();
    if (this.#tokens.isWord("return")) return this.#return();
    if (this.#tokens.isWord("if")) return this.#if(false);
    if (this.#tokens.take(";") !== undefined) return undefined;
    this.#expressionStatement();
    return undefined;
  }

  #incomplete(span: Span): Error {
    return this.#source.error(span, {
      problem: "the if does not return a number in every case",
      fix: "return in each case: if (…) return a; return b; or write condition ? a : b",
    });
  }

  #noReturn(span: Span): Error {
    return this.#source.error(span, { problem: "the function returns nothing", fix: "end it with return …" });
  }

  #declarations(): void {
    const tokens = this.#tokens;
    tokens.at++;
    do {
      const pattern = this.#declared();
      if (tokens.take("=") === undefined)
        throw this.#source.error(pattern.span, { problem: "a name is declared without a value", fix: "give it one: const t = …" });
      this.#declare(pattern);
    } while (tokens.take(",") !== undefined);
    this.#endOfStatement();
  }

  #declared(): Pattern {
    const token = this.#tokens.peek();
    if (token.type !== "name") return readPattern(this.#tokens);
    this.#tokens.at++;
    return { kind: "name", name: token.text, span: token.span };
  }

  #declare(pattern: Pattern): void {
    const token = this.#tokens.peek();
    const source = token.type === "name" ? this.#expressions.lookup(token.text) : undefined;
    const after = this.#tokens.peek(1);
    const alone =
      after.type === "end" || after.span.line > token.span.line || (after.type === "sign" && [",", ";", "}"].includes(after.text));
    if (pattern.kind === "name" && (source === undefined || source.kind === "value" || !alone)) {
      const value = this.#expressions.expression();
      const name = this.#names.local(pattern.name);
      this.#locals.push({ name, value });
      this.#bind(pattern, { kind: "value", name, facts: this.#build.facts(value), role: "local" });
      return;
    }
    if (source === undefined || source.kind === "value" || !alone) throw this.#cannotTakeApart(pattern.span);
    this.#tokens.at++;
    if (pattern.kind === "name") this.#bind(pattern, source);
    else if (source.kind === "math" && pattern.kind === "record") {
      for (const { key, name, span } of pattern.properties) {
        if (!mathFunctions.has(key) && !mathConstants.has(key))
          throw this.#source.error(span, { problem: `Math.${key} has no counterpart` });
        this.#bind({ name, span }, { kind: "math-member", name: key });
      }
    } else if (source.kind === "constants" && pattern.kind === "record") {
      for (const { key, name, span } of pattern.properties)
        this.#bind({ name, span }, this.#names.constant(key, `${source.name}.${key}`, span));
    } else if (source.kind === "parameter") {
      if (pattern.kind === "array")
        for (const part of pattern.elements) this.#bind(part, this.#element(this.#names.element(source.name, part.index, part.span)));
      else for (const part of pattern.properties) this.#bind(part, this.#element(this.#names.property(source.name, part.key, part.span)));
    } else throw this.#cannotTakeApart(pattern.span);
  }

  #element(name: string): Binding {
    return { kind: "value", name, facts: { type: "number", spread: false }, role: "variable" };
  }

  #cannotTakeApart(span: Span): Error {
    return this.#source.error(span, { problem: "only the parameter or the constants can be taken apart", fix: "write const t = …" });
  }

  #endOfStatement(): void {
    this.#expressions.refuse();
    if (this.#tokens.take(";") !== undefined || this.#tokens.isSign("}") || this.#tokens.newline()) return;
    throw this.#tokens.unexpected("the end of the statement");
  }
}

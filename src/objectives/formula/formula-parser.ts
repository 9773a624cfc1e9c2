/** Reads a formula as people write it. */
import type { Program, Span } from "./ast.js";
import { TreeBuilder } from "./builder.js";
import { FormulaExpressions } from "./formula-expressions.js";
import { unexpected } from "./formula-failures.js";
import { FormulaNames } from "./formula-names.js";
import { FormulaStream } from "./formula-stream.js";
import { type Limits, Source } from "./source.js";

/** Formulas come from links and forms: small limits keep the worst of them harmless. */
export const formulaLimits: Limits = { text: 2048, depth: 64, nodes: 1000, variables: 16 };

export interface FormulaOptions {
  /** The variables and their order. Without it every name that is nothing else is a variable, in natural order: a, b, x1, x2, x10. */
  readonly variables?: Iterable<string>;
  /** Names of single numbers that are given, not varied. */
  readonly constants?: Iterable<string>;
  /** Names of arrays of data, for `sum` and `mean`. */
  readonly arrays?: Iterable<string>;
  /** How many variables the start has, when it has no names. */
  readonly count?: number;
}

/** The part before `=`: `y` in `y = a*x`, `f` with x and y in `f(x, y) = …`. */
export interface LeftSide {
  readonly name: string;
  readonly parameters?: readonly string[];
  readonly span: Span;
}

export interface ParsedFormula extends Program {
  readonly kind: "formula";
  readonly source: Source;
  readonly left?: LeftSide;
  /** In the order of θ. */
  readonly variables: readonly string[];
  /** The constants and arrays that the formula uses, in order of appearance. The left side counts when it is an array. */
  readonly constants: readonly string[];
  readonly arrays: readonly string[];
  /** The right side has one value per element of its data (only a curve `y = …` may). */
  readonly spread: boolean;
}

/**
 * Reads a formula.
 *
 * - Operators, from loose to tight: `c ? a : b`, `||` `or`, `&&` `and`, `not`, comparisons, `+ -`, `* · × / ÷` and products without a
 *   sign, the signs `- + !`, `^` `**` and superscripts. So −x² is −(x²), 2^3^2 is 2^9, and −2x is (−2)·x.
 * - Products without a sign: `2x`, `2 x y`, `2(x+1)`, `(x+1)(y+2)`, `x(y+1)`, `2|x|`, `½x²`, `cos(x)cos(y)`. A run of letters is ONE
 *   name: `xy` is not x·y (the error says so). A name of several letters before `(` is a function, or a product only when declared.
 * - `1/2x` is refused, for half of its readers take it for (1/2)·x and half for 1/(2x); so are `e^2x` and `2^3x`.
 * - `|x|`: a bar where a value is expected opens, a bar after a value closes the innermost open one. Nested products need `abs(…)`.
 * - `sin^2(x)` and `sin²(x)` are sin(x)². A function always has parentheses.
 * - `pi`, `π`, and `e` (unless declared) are numbers. `log` and `ln` are natural. `x₁` is `x1`; `x_1` is a name of its own.
 * - `y = …` and `f(x, y) = …` have a left side; the latter declares its variables.
 *
 * @param text at most 2,048 characters, 64 levels, 1,000 nodes and 16 variables (arrays of data do not count)
 * @param options which names are variables, constants and arrays, when that is known
 * @throws SteepestError with the column, a caret below the text, and what to write instead.
 * @example
 * ```ts
 * parseFormula("100(y-x^2)^2 + (1-x)^2").variables; // → ["x", "y"]
 * parseFormula("mean((w0 + w1*x - y)^2)", { arrays: ["x", "y"] }).variables; // → ["w0", "w1"]
 * ```
 */
export function parseFormula(text: string, options: FormulaOptions = {}): ParsedFormula {
  const source = new Source(text, "formula", formulaLimits);
  return new FormulaParser(source, options).parse(options.count);
}

class FormulaParser {
  readonly #tokens: FormulaStream;
  readonly #build: TreeBuilder;
  readonly #names: FormulaNames;

  constructor(source: Source, options: FormulaOptions) {
    this.#tokens = new FormulaStream(source);
    this.#build = new TreeBuilder(source, "==");
    this.#names = new FormulaNames(source, options);
  }

  parse(count: number | undefined): ParsedFormula {
    const { source } = this.#tokens;
    if (this.#tokens.peek(0).type === "end")
      throw source.error(this.#tokens.peek(0).span, { problem: "the formula is empty", fix: 'write one, as in "x^2 + 3y^2"' });
    const left = this.#leftSide();
    const result = new FormulaExpressions(this.#tokens, this.#build, this.#names).expression();
    if (this.#tokens.peek(0).type !== "end") throw unexpected(this.#tokens);
    this.#build.checkResult(result, left !== undefined);
    const arrays = this.#names.arraysUsed;
    if (left !== undefined && this.#names.isArray(left.name) && !arrays.includes(left.name)) arrays.push(left.name);
    return {
      kind: "formula",
      source,
      locals: [],
      result,
      variables: this.#names.variables(left?.parameters === undefined ? left?.name : undefined, count),
      constants: this.#names.constantsUsed,
      arrays,
      spread: this.#build.facts(result).spread,
      ...(left === undefined ? {} : { left }),
    };
  }

  #leftSide(): LeftSide | undefined {
    const name = this.#tokens.current;
    if (name.type !== "name") return undefined;
    if (this.#tokens.isOperator("=", 1)) {
      this.#tokens.at += 2;
      return { name: name.text, span: name.span };
    }
    let offset = 2;
    const parameters: string[] = [];
    if (!this.#tokens.isOperator("(", 1)) return undefined;
    for (let token = this.#tokens.peek(offset); token.type === "name"; token = this.#tokens.peek(offset)) {
      parameters.push(token.text);
      if (!this.#tokens.isOperator(",", offset + 1)) break;
      offset += 2;
    }
    if (!this.#tokens.isOperator(")", offset + 1) || !this.#tokens.isOperator("=", offset + 2)) return undefined;
    this.#names.declare(name.text, parameters, name.span);
    this.#tokens.at += offset + 3;
    return { name: name.text, parameters, span: name.span };
  }
}

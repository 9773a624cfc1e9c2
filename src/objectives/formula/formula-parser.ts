/** Reads a formula as people write it. */
import type { BinaryOperator, Expression, Program, Span } from "./ast.js";
import { dataArray, scalar, TreeBuilder } from "./builder.js";
import { formulaConstants, formulaFunctions, functions } from "./functions.js";
import { type FormulaToken, formulaTokens } from "./formula-lexer.js";
import { adviceForName, naturalOrder, splitName } from "./names.js";
import { type Limits, Source } from "./source.js";
import { nearest } from "../../tensor/error.js";

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
 * @throws SteepestError with the column, a caret below the text, and what to write instead.
 */
export function parseFormula(text: string, options: FormulaOptions = {}): ParsedFormula {
  const source = new Source(text, "formula", formulaLimits);
  return new FormulaParser(source, options).parse(options.count);
}

const keywords: ReadonlySet<string> = new Set(["and", "or", "not", "if"]);
const oneLetter = /^\p{L}(?:_?\d+)?$/u;

class FormulaParser {
  readonly #source: Source;
  readonly #build: TreeBuilder;
  readonly #tokens: readonly FormulaToken[];
  readonly #declared: ReadonlySet<string> | undefined;
  readonly #constants: ReadonlySet<string>;
  readonly #arrays: ReadonlySet<string>;
  /** First appearance of every name used. */
  readonly #used = new Map<string, Span>();
  #parameters: ReadonlySet<string> | undefined;
  #at = 0;
  /** Whether an absolute-value bar is open at this level of parentheses. */
  #barOpen = false;

  constructor(source: Source, options: FormulaOptions) {
    this.#source = source;
    this.#build = new TreeBuilder(source, "==");
    this.#tokens = formulaTokens(source);
    this.#declared = options.variables === undefined ? undefined : new Set(options.variables);
    this.#constants = new Set(options.constants);
    this.#arrays = new Set(options.arrays);
  }

  parse(count: number | undefined): ParsedFormula {
    if (this.#token.type === "end")
      throw this.#source.error(this.#token.span, { problem: "The formula is empty", fix: 'write one, as in "x^2 + 3y^2"' });
    const left = this.#leftSide();
    const result = this.#conditional();
    if (this.#token.type !== "end") throw this.#unexpected();
    const spread = this.#build.facts(result).spread;
    this.#build.checkResult(result, left !== undefined);
    const variables = this.#variables(left, count);
    const used = (names: ReadonlySet<string>): string[] => [...this.#used.keys()].filter((name) => names.has(name));
    const arrays = used(this.#arrays);
    if (left !== undefined && this.#arrays.has(left.name) && !arrays.includes(left.name)) arrays.push(left.name);
    const parsed = { kind: "formula", source, locals: [], result, variables, constants: used(this.#constants), arrays, spread } as const;
    return left === undefined ? { ...parsed, source: this.#source } : { ...parsed, source: this.#source, left };
  }
}

/** What the names of a formula mean: variables, constants, arrays; and which cannot be any of them. */
import { nearest } from "../../tensor/error.js";
import type { Span } from "./ast.js";
import { dataArray, type Facts, scalar } from "./builder.js";
import { spelledGreek } from "./characters.js";
import { formulaFunctions, functions } from "./functions.js";
import { adviceForName, naturalOrder, splitCall, splitName } from "./names.js";
import type { Source } from "./source.js";

const keywords: ReadonlySet<string> = new Set(["and", "or", "not", "if"]);
const usualNames: ReadonlySet<string> = new Set(["x", "y", "z", "x1", "x2"]);
const oneLetter = /^\p{L}(?:_?\d+)?$/u;

export interface GivenNames {
  readonly variables?: Iterable<string>;
  readonly constants?: Iterable<string>;
  readonly arrays?: Iterable<string>;
}

export class FormulaNames {
  readonly #source: Source;
  readonly #declared: ReadonlySet<string> | undefined;
  readonly #constants: ReadonlySet<string>;
  readonly #arrays: ReadonlySet<string>;
  /** First appearance of every name used. */
  readonly #used = new Map<string, Span>();
  #parameters: ReadonlySet<string> | undefined;

  constructor(source: Source, given: GivenNames) {
    this.#source = source;
    this.#declared = given.variables === undefined ? undefined : new Set(given.variables);
    this.#constants = new Set(given.constants);
    this.#arrays = new Set(given.arrays);
  }

  /** Declares the variables of `f(x, y) = …`. */
  declare(name: string, parameters: readonly string[], span: Span): void {
    const twice = parameters.find((parameter, i) => parameters.indexOf(parameter) !== i);
    if (twice !== undefined)
      throw this.#source.error(span, { problem: `${twice} stands twice in the parentheses of ${name}`, fix: "name each variable once" });
    const foreign = parameters.find(
      (parameter) => parameter in Object.prototype || (this.#declared !== undefined && !this.isGiven(parameter)),
    );
    if (foreign !== undefined)
      throw this.#source.error(span, {
        problem: `${name}(…) names ${foreign}, which is no variable here`,
        ...(this.known.size === 0 ? {} : { expected: naturalOrder(this.known).join(", ") }),
        fix: "use the same names in the formula and in the start",
      });
    this.#parameters = new Set(parameters.filter((parameter) => !this.#constants.has(parameter) && !this.#arrays.has(parameter)));
  }

  /** Notes the use of a name that is no function; `called` when a parenthesis follows. */
  use(name: string, span: Span, called: boolean): Facts {
    if (!this.isGiven(name)) this.#checkFree(name, span, called);
    if (!this.#used.has(name)) this.#used.set(name, span);
    return this.#arrays.has(name) ? dataArray : scalar;
  }

  isArray(name: string): boolean {
    return this.#arrays.has(name);
  }

  /** The constants and the arrays used, in order of appearance. */
  get constantsUsed(): string[] {
    return [...this.#used.keys()].filter((name) => this.#constants.has(name));
  }

  get arraysUsed(): string[] {
    return [...this.#used.keys()].filter((name) => this.#arrays.has(name));
  }

  /** A name that a caller or a left side `f(x, y) =` has declared. */
  isGiven(name: string): boolean {
    return this.#arrays.has(name) || this.#constants.has(name) || (this.#declared?.has(name) ?? this.#parameters?.has(name) ?? false);
  }

  get known(): Set<string> {
    return new Set([...(this.#declared ?? this.#parameters ?? this.#used.keys()), ...this.#constants, ...this.#arrays]);
  }

  /** Refuses names that cannot be variables. */
  #checkFree(name: string, span: Span, called: boolean): void {
    if (name in Object.prototype || keywords.has(name))
      throw this.#source.error(span, { problem: `${name} cannot be a name in a formula`, fix: "choose another name" });
    const closed = this.#declared !== undefined || this.#parameters !== undefined;
    if (closed || (called && !oneLetter.test(name)))
      throw this.#source.error(span, {
        problem: called ? `there is no function ${name}` : `${name} is not known`,
        ...(called && !closed ? { expected: "a function, or * before the parenthesis" } : {}),
        fix: called ? this.#functionAdvice(name) : adviceForName(name, this.known),
      });
    if (called && /^[fghFGH]$/.test(name) && !this.#used.has(name))
      throw this.#source.error(span, {
        problem: `there is no function ${name}`,
        fix: `for a product write ${name}*(…); for a definition write it alone, as in f(x, y) = x^2 + y^2`,
      });
  }

  #functionAdvice(name: string): string {
    const near = nearest(name, formulaFunctions.keys());
    if (near !== undefined) return `did you mean ${near}(…)?`;
    const split = splitName(name, this.known);
    return split !== undefined ? `write ${split}*(…)` : `for a product write ${name}*(…); functions are ${[...functions.keys()].join(" ")}`;
  }

  /** The variables in the order of θ, once the whole formula is read; `left` is a name alone before `=`. */
  variables(left: string | undefined, count: number | undefined): string[] {
    const free = [...this.#used.keys()].filter((name) => !this.#constants.has(name) && !this.#arrays.has(name));
    const declared = this.#declared ?? this.#parameters;
    if (declared === undefined) this.#refuseProducts(free);
    const variables = declared === undefined ? naturalOrder(free) : [...declared];
    const twice = this.#used.get(left ?? "");
    if (twice !== undefined)
      throw this.#source.error(twice, {
        problem: `${left} stands on both sides of =`,
        fix: "bring it to one side, or leave the left side away",
      });
    const last = this.#used.get(free[this.#source.limits.variables] ?? "");
    if (last !== undefined)
      throw this.#source.error(last, {
        problem: "the formula has too many variables",
        expected: `at most ${this.#source.limits.variables}`,
        received: `${free.length}`,
        fix: "give arrays of data by name, or write a function of tensors",
      });
    if (count !== undefined && count !== variables.length)
      throw this.#source.error(this.#source.span(0, this.#source.text.length), {
        problem: "the start and the formula have different numbers of variables",
        expected: variables.length === 0 ? "a formula with variables" : `${variables.length} (${variables.join(", ")})`,
        received: `${count}`,
        fix: "give one start value per variable, in this order, or name them",
      });
    return variables;
  }

  /** Without a declaration `xy` would be a new variable beside x and y: hardly ever what is meant. */
  #refuseProducts(free: readonly string[]): void {
    for (const name of free) {
      if (spelledGreek.has(name)) continue;
      const others = free.filter((other) => other !== name && oneLetter.test(other));
      const split =
        name.length > 1 && !oneLetter.test(name) ? (splitName(name, new Set([...others, "e"])) ?? splitCall(name, usualNames)) : undefined;
      const span = this.#used.get(name);
      if (split !== undefined && span !== undefined)
        throw this.#source.error(span, {
          problem: `${name} is one name, not a product or call`,
          fix: `write ${split}; if a variable ${name} is meant, name it in the start`,
        });
    }
  }
}

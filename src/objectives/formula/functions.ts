/**
 * The functions and constants that formulas and plain functions may use. The tables are Maps: a name is either in them or unknown,
 * so `constructor` or `__proto__` can mean nothing.
 */

/** What a function is called in the tree. `log` is the natural logarithm, as in JavaScript, Python and C. */
export type FunctionName =
  | "abs"
  | "sign"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "sqrt"
  | "cbrt"
  | "hypot"
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "log2"
  | "log10"
  | "sin"
  | "cos"
  | "tan"
  | "asin"
  | "acos"
  | "atan"
  | "atan2"
  | "sinh"
  | "cosh"
  | "tanh"
  | "asinh"
  | "acosh"
  | "atanh"
  | "relu"
  | "sigmoid"
  | "softplus"
  | "min"
  | "max"
  | "sum"
  | "mean";

export interface FunctionEntry {
  readonly name: FunctionName;
  readonly fewest: number;
  readonly most: number;
  /** Whether it makes one number of an array of data. */
  readonly reduces: boolean;
  /** How one writes a call, for messages. */
  readonly usage: string;
}

const one = (name: FunctionName): FunctionEntry => ({ name, fewest: 1, most: 1, reduces: false, usage: `${name}(x)` });
const two = (name: FunctionName, usage: string): FunctionEntry => ({ name, fewest: 2, most: 2, reduces: false, usage });
const several = (name: FunctionName): FunctionEntry => ({ name, fewest: 2, most: 16, reduces: false, usage: `${name}(x, y)` });
const reduction = (name: FunctionName): FunctionEntry => ({ name, fewest: 1, most: 1, reduces: true, usage: `${name}(data)` });

const unary: readonly FunctionName[] = [
  "abs",
  "sign",
  "floor",
  "ceil",
  "round",
  "trunc",
  "sqrt",
  "cbrt",
  "exp",
  "expm1",
  "log",
  "log1p",
  "log2",
  "log10",
  "sin",
  "cos",
  "tan",
  "asin",
  "acos",
  "atan",
  "sinh",
  "cosh",
  "tanh",
  "asinh",
  "acosh",
  "atanh",
  "relu",
  "sigmoid",
  "softplus",
];

/** Every function by its name in the tree. */
export const functions: ReadonlyMap<string, FunctionEntry> = new Map(
  [
    ...unary.map(one),
    two("atan2", "atan2(y, x)"),
    several("hypot"),
    several("min"),
    several("max"),
    reduction("sum"),
    reduction("mean"),
  ].map((entry) => [entry.name, entry] as const),
);

const aliases: readonly (readonly [string, FunctionName])[] = [
  ["ln", "log"],
  ["lg", "log10"],
  ["sgn", "sign"],
  ["arcsin", "asin"],
  ["arccos", "acos"],
  ["arctan", "atan"],
];

/** The functions of formulas: the names above and the customary aliases `ln`, `lg`, `sgn`, `arcsin`, `arccos`, `arctan`. */
export const formulaFunctions: ReadonlyMap<string, FunctionName> = new Map([
  ...[...functions.values()].map((entry) => [entry.name, entry.name] as const),
  ...aliases,
]);

/** The functions of `Math` that a plain function may call. `pow(a, b)` is read as `a ** b`. */
export const mathFunctions: ReadonlyMap<string, FunctionName | "pow"> = new Map<string, FunctionName | "pow">([
  ...[...functions.values()]
    .filter((entry) => !entry.reduces && !["relu", "sigmoid", "softplus"].includes(entry.name))
    .map((entry) => [entry.name, entry.name] as const),
  ["pow", "pow"],
]);

/** The constants of formulas. `e` gives way to a variable or array of that name. */
export const formulaConstants: ReadonlyMap<string, "pi" | "e"> = new Map([
  ["pi", "pi"],
  ["π", "pi"],
  ["e", "e"],
]);

export const symbolValues = { pi: Math.PI, e: Math.E } as const;

/** The constants of `Math`. */
export const mathConstants: ReadonlyMap<string, { readonly value: number; readonly symbol?: "pi" | "e" }> = new Map<
  string,
  { readonly value: number; readonly symbol?: "pi" | "e" }
>([
  ["PI", { value: Math.PI, symbol: "pi" }],
  ["E", { value: Math.E, symbol: "e" }],
  ["LN2", { value: Math.LN2 }],
  ["LN10", { value: Math.LN10 }],
  ["LOG2E", { value: Math.LOG2E }],
  ["LOG10E", { value: Math.LOG10E }],
  ["SQRT2", { value: Math.SQRT2 }],
  ["SQRT1_2", { value: Math.SQRT1_2 }],
]);

/** Objectives from formulas, plain functions and functions of tensors. */
import { nearest, SteepestError } from "../tensor/error.js";
import { Recent } from "../tensor/recent.js";
import { fromHost, Tensor } from "../tensor/tensor.js";
import { type HostData, showShape, sizeOf } from "../tensor/types.js";
import { namesIn } from "./formula/ast.js";
import { type ParsedFormula, parseFormula } from "./formula/formula-parser.js";
import { type AnyFunction, type Constants, type ParsedFunction, parseFunctionText } from "./formula/function-parser.js";
import { lower } from "./formula/lower.js";
import type { Objective } from "./objective.js";

/** Where a descent of numbers begins: one number, several in order, or several by name. */
export type NumberStart = number | readonly number[] | Readonly<Record<string, number>>;

/** The formula's text, what it means, and its variables in the order of θ. */
export interface FormulaObjective<S> extends Objective<S> {
  readonly program: ParsedFormula | ParsedFunction;
  readonly variables: readonly string[];
}

/** Texts that were read before: small descents are run again and again. */
const formulas = new Recent<ParsedFormula>(64);
const functions = new Recent<ParsedFunction>(64);

const isRecord = (start: NumberStart): start is Readonly<Record<string, number>> => typeof start === "object" && !Array.isArray(start);
const isList = (start: NumberStart): start is readonly number[] => Array.isArray(start);

/**
 * The objective of a formula. Names that `constants` gives are values (numbers, or arrays for `sum` and `mean`), all others variables.
 *
 * @throws SteepestError with the column for a formula that cannot be read, and where the start does not fit its variables
 */
export function formulaObjective<S extends NumberStart>(text: string, start: S, constants: Constants = {}): FormulaObjective<S> {
  const entries = Object.entries(constants);
  const twice = isRecord(start) ? entries.find(([name]) => Object.hasOwn(start, name)) : undefined;
  if (twice !== undefined)
    throw new SteepestError({
      problem: `${twice[0]} is in the start and among the constants`,
      expected: "variables in the start, given values in constants",
      received: twice[0],
      fix: `leave ${twice[0]} out of one of the two`,
    });
  const options = {
    constants: entries.filter(([, v]) => typeof v === "number").map(([name]) => name),
    arrays: entries.filter(([, v]) => typeof v !== "number").map(([name]) => name),
    ...(isRecord(start) ? { variables: Object.keys(start) } : {}),
    ...(isList(start) ? { count: start.length } : typeof start === "number" ? { count: 1 } : {}),
  };
  const program = formulas.get(JSON.stringify([text, options]), () => parseFormula(text, options));
  const unused = isRecord(start) ? Object.keys(start).find((name) => !namesOf(program).has(name)) : undefined;
  if (unused !== undefined) {
    const others = program.variables.filter((name) => name !== unused);
    const meant = nearest(unused, others);
    throw new SteepestError({
      problem: `the start names ${unused}, which the formula does not use`,
      expected: others.join(", "),
      received: Object.keys(start).join(", "),
      fix:
        meant === undefined || (isRecord(start) && Object.hasOwn(start, meant))
          ? `leave ${unused} out of the start`
          : `did you mean ${meant}?`,
    });
  }
  const given = new Map(
    entries.map(([name, v]): [string, number | Float64Array] => [name, typeof v === "number" ? v : Float64Array.from(v)]),
  );
  return numbersObjective(text, program, program.variables, program.variables, start, given);
}

/**
 * The objective of a plain function of numbers, read from its own text.
 *
 * @throws SteepestError with line and column for what it cannot take
 */
export function functionObjective<S extends NumberStart>(f: AnyFunction, start: S, constants?: Constants): FormulaObjective<S> {
  const known = isRecord(start) ? { names: Object.keys(start) } : { count: isList(start) ? start.length : 1 };
  const text = Function.prototype.toString.call(f);
  const program =
    constants === undefined
      ? functions.get(JSON.stringify([text, known]), () => parseFunctionText(text, known))
      : parseFunctionText(text, { ...known, constants });
  const names = program.variables.map((v) => v.name);
  return numbersObjective(
    f.name || "function",
    program,
    names,
    program.variables.map((v) => v.key),
    start,
    program.constants,
  );
}

function numbersObjective<S extends NumberStart>(
  name: string,
  program: ParsedFormula | ParsedFunction,
  variables: readonly string[],
  keys: readonly (string | number)[],
  start: S,
  constants: ReadonlyMap<string, number | Float64Array>,
): FormulaObjective<S> {
  const values = startValues(start, variables, keys);
  if (values.length === 0)
    throw new SteepestError({
      problem: "there is nothing to vary",
      expected: "at least one variable in the start",
      received: JSON.stringify(start),
    });
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad >= 0)
    throw new SteepestError({
      problem: "the start must be finite numbers",
      received: `${variables[bad]} = ${values[bad]}`,
      fix: "start somewhere the objective is defined",
    });
  const data = new Map(
    [...constants].map(([key, value]) => [
      key,
      typeof value === "number" ? fromHost(Float64Array.of(value), [], "f64") : fromHost(value, [value.length], "f64"),
    ]),
  );
  return {
    kind: "traced",
    name,
    program,
    variables,
    parameters: { size: values.length, dtype: "f64", entries: variables.map((path, offset) => ({ path, shape: [], offset })) },
    start: values,
    ...(data.size === 0 ? { key: JSON.stringify([program.kind, program.source.text, variables]) } : {}),
    loss: (theta) =>
      lower(program, new Map([...data, ...variables.map((v, offset): [string, Tensor] => [v, theta.unpack({ shape: [], offset })])])),
    solution: (theta) => solutionLike(start, keys, theta),
  };
}

/** Every name that the program reads. */
function namesOf({ locals, result }: ParsedFormula): ReadonlySet<string> {
  return new Set([result, ...locals.map((local) => local.value)].flatMap((expression) => [...namesIn(expression)]));
}

function startValues(start: NumberStart, variables: readonly string[], keys: readonly (string | number)[]): Float64Array {
  const given = typeof start === "number" ? [start] : start;
  if (isList(given)) {
    if (given.length !== variables.length)
      throw new SteepestError({
        problem: "the start does not fit the variables",
        expected: `${variables.length} number${variables.length === 1 ? "" : "s"}, for ${variables.join(", ")}`,
        received: `${given.length}: ${JSON.stringify(given)}`,
        fix: `write the start as { ${variables.map((v) => `${v}: …`).join(", ")} }`,
      });
    return Float64Array.from(given);
  }
  const missing = keys.filter((key) => typeof given[key] !== "number");
  if (missing.length > 0)
    throw new SteepestError({
      problem: `the start has no number for ${missing.join(", ")}`,
      expected: keys.join(", "),
      received: Object.keys(given).join(", ") || "nothing",
    });
  return Float64Array.from(keys, (key) => given[key]);
}

/** θ in the form of the start. The cast is the promise of this function: the same keys, the same kinds. */
function solutionLike<S extends NumberStart>(start: S, keys: readonly (string | number)[], theta: HostData): S {
  if (typeof start === "number") return theta[0] as S;
  if (isList(start)) return Array.from(theta) as NumberStart as S;
  return Object.fromEntries(keys.map((key, i) => [key, theta[i]])) as NumberStart as S;
}

/**
 * The objective of a function of one tensor.
 *
 * @throws SteepestError, while tracing, where the function does not give a scalar
 */
export function tensorObjective(f: (x: Tensor) => Tensor, start: Tensor): Objective<Tensor> {
  if (start.dtype !== "f32" && start.dtype !== "f64")
    throw new SteepestError({
      problem: "a descent needs a start of floating-point numbers",
      received: start.toString(),
      fix: 'convert it: start.cast("f64")',
    });
  const { shape, dtype } = start;
  return {
    kind: "traced",
    name: f.name || "function",
    parameters: { size: sizeOf(shape), dtype, entries: [{ path: "x", shape, offset: 0 }] },
    start: start.data(),
    loss(theta) {
      const loss: unknown = f(theta.unpack({ shape, offset: 0 }));
      if (!(loss instanceof Tensor))
        throw new SteepestError({
          problem: "the function gives no tensor",
          expected: "a scalar tensor",
          received: typeof loss === "number" ? `the number ${loss}` : String(loss),
          fix: "compute with the methods of the tensor that it is given: x.mul(y), not x * y; for plain numbers start from numbers",
        });
      if (loss.size !== 1)
        throw new SteepestError({
          problem: "an objective must give one number",
          expected: "a scalar",
          received: showShape(loss.shape),
          fix: "reduce it: .sum(), .mean() or .norm()",
        });
      return loss.reshape([]);
    },
    solution: (theta) => fromHost(theta.slice(), shape, dtype),
  };
}

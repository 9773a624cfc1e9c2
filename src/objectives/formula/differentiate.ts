/** Symbolic partial derivatives, for printing a gradient. The engine's own derivatives do not come from here. */
import { children, type Expression, type Local, nowhere, type Program } from "./ast.js";
import { readable } from "./forms.js";
import type { FunctionName } from "./functions.js";
import { binary, negative, number } from "./terms.js";

/** Beyond this many nodes a printed gradient helps nobody. */
export const largestPrinted = 200;

/**
 * ∂expression/∂name, simplified for reading: x1³ + 5 x1 x2 − 3 x2 x3² gives ⟨3x1² + 5x2, 5x1 − 3x3², −6x2·x3⟩.
 *
 * Where an expression has a kink the choices are those of the engine: |x|, relu have slope 0 at 0, max and min give the second argument's.
 */
export function differentiate(expression: Expression, name: string): Expression {
  return readable(derivative(expression, name));
}

/**
 * The gradient of a formula or function, one expression per variable, locals written out; undefined when it is too large to be worth
 * printing (more than 200 nodes).
 */
export function symbolicGradient(program: Program, variables: readonly string[]): Expression[] | undefined {
  const whole = inlined(program);
  return whole === undefined ? undefined : variables.map((name) => differentiate(whole, name));
}

/** The result with its locals written out, or undefined beyond the limit. */
export function inlined({ locals, result }: Program): Expression | undefined {
  const values = new Map<string, { readonly value: Expression; readonly size: number }>();
  const sizeOf = (node: Expression): number => {
    const local = node.kind === "name" ? values.get(node.name) : undefined;
    return local?.size ?? children(node).reduce((size, child) => size + sizeOf(child), 1);
  };
  const all: readonly Local[] = [...locals, { name: "", value: result }];
  for (const { name, value } of all) {
    const size = sizeOf(value);
    if (size > largestPrinted) return undefined;
    values.set(name, { value: substituted(value, values), size });
  }
  return values.get("")?.value;
}

function substituted(node: Expression, values: ReadonlyMap<string, { readonly value: Expression }>): Expression {
  const inner = (part: Expression): Expression => substituted(part, values);
  switch (node.kind) {
    case "number":
      return node;
    case "name":
      return values.get(node.name)?.value ?? node;
    case "unary":
      return { ...node, operand: inner(node.operand) };
    case "binary":
      return { ...node, left: inner(node.left), right: inner(node.right) };
    case "call":
      return { ...node, arguments: node.arguments.map(inner) };
    case "conditional":
      return { ...node, test: inner(node.test), yes: inner(node.yes), no: inner(node.no) };
  }
}

const zero = number(0);
const one = number(1);
const two = number(2);
const isZero = (node: Expression): boolean => node.kind === "number" && node.value === 0;

const plus = (a: Expression, b: Expression): Expression => (isZero(a) ? b : isZero(b) ? a : binary("+", a, b));
const minus = (a: Expression, b: Expression): Expression => (isZero(b) ? a : isZero(a) ? negative(b) : binary("-", a, b));
const times = (a: Expression, b: Expression): Expression => (isZero(a) || isZero(b) ? zero : binary("*", a, b));
const over = (a: Expression, b: Expression): Expression => (isZero(a) ? zero : binary("/", a, b));
const square = (a: Expression): Expression => binary("^", a, two);
const root = (a: Expression): Expression => call("sqrt", a);
const call = (name: FunctionName, ...values: readonly Expression[]): Expression => ({
  kind: "call",
  name,
  arguments: values,
  span: nowhere,
});
const choose = (operator: "<" | ">", left: Expression, right: Expression, yes: Expression, no: Expression): Expression =>
  isZero(yes) && isZero(no)
    ? zero
    : { kind: "conditional", test: { kind: "binary", operator, left, right, span: nowhere }, yes, no, span: nowhere };

function derivative(node: Expression, name: string): Expression {
  switch (node.kind) {
    case "number":
      return zero;
    case "name":
      return node.name === name ? one : zero;
    case "unary":
      return minus(zero, derivative(node.operand, name));
    case "conditional": {
      const [yes, no] = [derivative(node.yes, name), derivative(node.no, name)];
      return isZero(yes) && isZero(no) ? zero : { ...node, yes, no };
    }
    case "call":
      return ofCall(node, name);
    case "binary": {
      const { left: u, right: v } = node;
      const [du, dv] = [derivative(u, name), derivative(v, name)];
      switch (node.operator) {
        case "+":
          return plus(du, dv);
        case "-":
          return minus(du, dv);
        case "*":
          return plus(times(du, v), times(u, dv));
        case "/":
          return minus(over(du, v), over(times(u, dv), square(v)));
        case "^":
          return ofPower(node, u, v, du, dv);
        default:
          return zero;
      }
    }
  }
}

function ofPower(node: Expression, u: Expression, v: Expression, du: Expression, dv: Expression): Expression {
  const byBase = times(times(v, binary("^", u, minus(v, one))), du);
  if (isZero(dv)) return byBase;
  const log = u.kind === "number" && u.symbol === "e" ? one : call("log", u);
  if (isZero(du)) return times(times(node, log), dv);
  return times(node, plus(times(log, dv), over(times(v, du), u)));
}

function ofCall(node: Extract<Expression, { kind: "call" }>, name: string): Expression {
  const values = node.arguments;
  const slopes = values.map((value) => derivative(value, name));
  if (slopes.every(isZero)) return zero;
  const [u, v] = values;
  const [du, dv] = slopes;
  switch (node.name) {
    case "sum":
    case "mean":
      return call(node.name, du);
    case "max":
    case "min":
      return ofExtreme(node.name, values, slopes);
    case "hypot":
      return over(
        values.reduce((sum, value, i) => plus(sum, times(value, slopes[i])), zero),
        node,
      );
    case "atan2":
      return over(minus(times(v, du), times(u, dv)), binary("+", square(u), square(v)));
    case "relu":
      return choose(">", u, zero, du, zero);
    default:
      return times(slope(node.name, u, node), du);
  }
}

/** max(a, b, c) is max(a, max(b, c)). */
function ofExtreme(name: "max" | "min", values: readonly Expression[], slopes: readonly Expression[]): Expression {
  if (values.length === 1) return slopes[0];
  const rest = values.length === 2 ? values[1] : call(name, ...values.slice(1));
  return choose(name === "max" ? ">" : "<", values[0], rest, slopes[0], ofExtreme(name, values.slice(1), slopes.slice(1)));
}

/** f′(u) of a function of one number; `f` is f(u) itself. */
function slope(name: FunctionName, u: Expression, f: Expression): Expression {
  switch (name) {
    case "abs":
      return call("sign", u);
    case "sqrt":
      return over(one, times(two, f));
    case "cbrt":
      return over(one, times(number(3), square(f)));
    case "exp":
      return f;
    case "expm1":
      return call("exp", u);
    case "log":
      return over(one, u);
    case "log1p":
      return over(one, plus(one, u));
    case "log2":
      return over(one, times(u, call("log", two)));
    case "log10":
      return over(one, times(u, call("log", number(10))));
    case "sin":
      return call("cos", u);
    case "cos":
      return negative(call("sin", u));
    case "tan":
      return over(one, square(call("cos", u)));
    case "asin":
      return over(one, root(minus(one, square(u))));
    case "acos":
      return negative(over(one, root(minus(one, square(u)))));
    case "atan":
      return over(one, plus(one, square(u)));
    case "sinh":
      return call("cosh", u);
    case "cosh":
      return call("sinh", u);
    case "tanh":
      return minus(one, square(f));
    case "asinh":
      return over(one, root(plus(square(u), one)));
    case "acosh":
      return over(one, root(minus(square(u), one)));
    case "atanh":
      return over(one, minus(one, square(u)));
    case "sigmoid":
      return times(f, minus(one, f));
    case "softplus":
      return call("sigmoid", u);
    default:
      // sign, floor, ceil, round, trunc: constant between their steps.
      return zero;
  }
}

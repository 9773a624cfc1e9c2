/** From the tree to tensors. */
import { literal, type Tensor } from "../../tensor/tensor.js";
import { type BinaryOperator, type CallNode, type Expression, isComparison, type Program } from "./ast.js";
import { type FunctionName, functions } from "./functions.js";

/** Exponents up to this size become chains of exact products. */
const largestChain = 64;

/**
 * The value of a formula or function as a tensor of float64.
 *
 * Numbers in the text become literals. `environment` gives a tensor for every variable, constant and array that the program uses: scalars for
 * numbers, vectors of one length for arrays. A whole exponent becomes exact products; `e^u` is exp u and `u^0.5` is √u.
 *
 * A conditional computes both branches and selects. So that a branch which is not chosen cannot spoil the gradient with 0·∞, functions that
 * are singular somewhere (`/`, log, √, …) compute with a harmless argument there.
 */
export function lower(program: Program, environment: ReadonlyMap<string, Tensor>): Tensor {
  return new Lowering(program, environment).value(program.result, undefined);
}

class Lowering {
  readonly #environment: ReadonlyMap<string, Tensor>;
  readonly #locals: ReadonlyMap<string, Expression>;
  /** Locals by the condition they are computed under. */
  readonly #computed = new Map<Tensor | undefined, Map<string, Tensor>>();

  constructor(program: Program, environment: ReadonlyMap<string, Tensor>) {
    this.#environment = environment;
    this.#locals = new Map(program.locals.map((local) => [local.name, local.value]));
  }

  /** `chosen` is the condition under which the value is used at all, if any. */
  value(node: Expression, chosen: Tensor | undefined): Tensor {
    switch (node.kind) {
      case "number":
        return literal(node.value);
      case "name":
        return this.#named(node.name, chosen);
      case "unary": {
        const operand = this.value(node.operand, chosen);
        return node.operator === "-" ? operand.neg() : operand.not();
      }
      case "binary":
        return node.operator === "^"
          ? this.#power(node.left, node.right, chosen)
          : this.#binary(node.operator, node.left, node.right, chosen);
      case "call":
        return this.#call(node, chosen);
      case "conditional": {
        const test = this.value(node.test, chosen);
        const yes = this.value(node.yes, chosen === undefined ? test : chosen.and(test));
        const no = this.value(node.no, chosen === undefined ? test.not() : chosen.and(test.not()));
        return test.select(yes, no);
      }
    }
  }

  #call(node: CallNode, chosen: Tensor | undefined): Tensor {
    // A condition per element must not touch the elements that a sum inside its branch runs over.
    const inside = functions.get(node.name)?.reduces === true && chosen !== undefined && chosen.rank > 0 ? undefined : chosen;
    return called(
      node.name,
      node.arguments.map((value) => this.value(value, inside)),
      inside,
    );
  }

  #named(name: string, chosen: Tensor | undefined): Tensor {
    const given = this.#environment.get(name);
    if (given !== undefined) return given;
    const local = this.#locals.get(name);
    if (local === undefined) throw new Error(`internal: the environment lacks ${name}`);
    const computed = this.#computed.get(chosen) ?? new Map<string, Tensor>();
    this.#computed.set(chosen, computed);
    const value = computed.get(name) ?? this.value(local, chosen);
    computed.set(name, value);
    return value;
  }

  #binary(operator: BinaryOperator, left: Expression, right: Expression, chosen: Tensor | undefined): Tensor {
    const [x, y] = [this.value(left, chosen), this.value(right, chosen)];
    if (isComparison(operator)) {
      switch (operator) {
        case "<":
          return x.lt(y);
        case "<=":
          return x.le(y);
        case ">":
          return x.gt(y);
        case ">=":
          return x.ge(y);
        case "==":
          return x.eq(y);
        case "!=":
          return x.ne(y);
      }
    }
    switch (operator) {
      case "+":
        return x.add(y);
      case "-":
        return x.sub(y);
      case "*":
        return x.mul(y);
      case "/":
        return x.div(right.kind === "number" ? y : where(chosen, y, 1));
      case "&&":
        return x.and(y);
      case "||":
        return x.or(y);
      default:
        throw new Error(`internal: ${operator} is not lowered here`);
    }
  }

  #power(base: Expression, exponent: Expression, chosen: Tensor | undefined): Tensor {
    if (base.kind === "number" && base.symbol === "e") return called("exp", [this.value(exponent, chosen)], chosen);
    const x = this.value(base, chosen);
    const n = constantOf(exponent);
    if (n !== undefined && Number.isInteger(n) && Math.abs(n) <= largestChain) return (n < 0 ? where(chosen, x, 1) : x).pow(n);
    if (n === 0.5) return where(chosen, x, 1).sqrt();
    return where(chosen, x, 1).pow(where(chosen, this.value(exponent, chosen), 1));
  }
}

/** The number that an exponent is, when it is one. */
function constantOf(node: Expression): number | undefined {
  if (node.kind === "number") return node.value;
  if (node.kind !== "unary" || node.operator !== "-") return undefined;
  const value = constantOf(node.operand);
  return value === undefined ? undefined : -value;
}

/** x where the condition holds, a harmless number elsewhere. */
function where(chosen: Tensor | undefined, x: Tensor, harmless: number): Tensor {
  return chosen === undefined ? x : chosen.select(x, literal(harmless));
}

function called(name: FunctionName, values: readonly Tensor[], chosen: Tensor | undefined): Tensor {
  const [x, y] = values;
  const safe = (harmless: number): Tensor => where(chosen, x, harmless);
  switch (name) {
    case "abs":
      return x.abs();
    case "sign":
      return x.sign();
    case "floor":
      return x.floor();
    case "ceil":
      return x.ceil();
    case "round":
      return x.add(literal(0.5)).floor();
    case "trunc":
      return x.ge(literal(0)).select(x.floor(), x.ceil());
    case "sqrt":
      return safe(1).sqrt();
    case "cbrt":
      return odd(safe(1), (size) => size.pow(literal(1 / 3)));
    case "hypot":
      return where(
        chosen,
        values.map((value) => value.square()).reduce((sum, square) => sum.add(square)),
        1,
      ).sqrt();
    case "exp":
      return safe(0).exp();
    case "expm1":
      return safe(0).expm1();
    case "log":
      return safe(1).log();
    case "log1p":
      return safe(0).log1p();
    case "log2":
      return safe(1).log().div(literal(Math.LN2));
    case "log10":
      return safe(1).log().div(literal(Math.LN10));
    case "sin":
      return x.sin();
    case "cos":
      return x.cos();
    case "tan":
      return x.tan();
    case "asin":
      return safe(0).asin();
    case "acos":
      return safe(0).acos();
    case "atan":
      return x.atan();
    case "atan2":
      return angle(x, y);
    case "sinh": {
      const bounded = safe(0);
      return bounded.expm1().sub(bounded.neg().expm1()).mul(literal(0.5));
    }
    case "cosh":
      return safe(0).cosh();
    case "tanh":
      return x.tanh();
    case "asinh":
      // log(u + √(u² + 1)) = log1p(u + u²/(1 + √(u² + 1))), which keeps all digits near 0
      return odd(x, (u) => u.add(u.square().div(u.square().add(literal(1)).sqrt().add(literal(1)))).log1p());
    case "acosh": {
      const t = safe(2).sub(literal(1));
      return t.add(t.mul(t.add(literal(2))).sqrt()).log1p();
    }
    case "atanh": {
      const inside = safe(0);
      return inside.log1p().sub(inside.neg().log1p()).mul(literal(0.5));
    }
    case "relu":
      return x.relu();
    case "sigmoid":
      return x.sigmoid();
    case "softplus":
      return x.softplus();
    case "min":
      return values.reduceRight((smallest, value) => value.minimum(smallest));
    case "max":
      return values.reduceRight((largest, value) => value.maximum(largest));
    case "sum":
      return x.sum();
    case "mean":
      return x.mean();
  }
}

/** An odd function from its values at x ≥ 0, with the right slope at 0. */
function odd(x: Tensor, half: (size: Tensor) => Tensor): Tensor {
  const isPositive = x.ge(literal(0));
  const value = half(isPositive.select(x, x.neg()));
  return isPositive.select(value, value.neg());
}

/** The angle of the point (x, y), in (−π, π]; 0 at the origin. The smaller coordinate is divided by the larger. */
function angle(y: Tensor, x: Tensor): Tensor {
  const zero = literal(0);
  const flat = x.abs().ge(y.abs());
  const small = flat.select(y, x);
  const large = flat.select(x, y);
  const slope = small.div(large.eq(zero).select(literal(1), large)).atan();
  const half = y.ge(zero).select(literal(Math.PI), literal(-Math.PI));
  return flat.select(x.lt(zero).select(slope.add(half), slope), half.mul(literal(0.5)).sub(slope));
}

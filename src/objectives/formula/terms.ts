/**
 * Simplification for printing: like terms are collected, like factors merged, numbers multiplied out; products of sums stay products.
 * It keeps real values where both sides are defined, not bits: nothing that is computed passes through here.
 */
import { type Expression, nowhere } from "./ast.js";
import { format } from "./print.js";

/** coefficient · Π baseᵢ^exponentᵢ */
export interface Term {
  readonly above: number;
  readonly below: number;
  readonly factors: ReadonlyMap<string, Factor>;
}

interface Factor {
  readonly base: Expression;
  readonly exponent: number;
}

export const number = (value: number): Expression =>
  value < 0 || Object.is(value, -0)
    ? { kind: "unary", operator: "-", operand: { kind: "number", value: -value, span: nowhere }, span: nowhere }
    : { kind: "number", value, span: nowhere };
export const binary = (operator: "+" | "-" | "*" | "/" | "^", left: Expression, right: Expression): Expression => ({
  kind: "binary",
  operator,
  left,
  right,
  span: nowhere,
});
export const negative = (operand: Expression): Expression => ({ kind: "unary", operator: "-", operand, span: nowhere });

/** The same value in a shape that reads well. */
export function simplify(node: Expression): Expression {
  switch (node.kind) {
    case "call":
      return rebuild(callTerms(node));
    case "conditional": {
      const [yes, no] = [simplify(node.yes), simplify(node.no)];
      return format(yes) === format(no) ? yes : { ...node, test: simplify(node.test), yes, no };
    }
    case "unary":
      return node.operator === "-" ? rebuild(termsOf(node)) : { ...node, operand: simplify(node.operand) };
    case "binary":
      switch (node.operator) {
        case "+":
        case "-":
        case "*":
        case "/":
        case "^":
          return rebuild(termsOf(node));
        default:
          return { ...node, left: simplify(node.left), right: simplify(node.right) };
      }
    default:
      return node;
  }
}

export function termsOf(node: Expression): Term[] {
  if (node.kind === "number" && node.symbol === undefined) return node.value === 0 ? [] : [constant(node.value, 1)];
  if (node.kind === "unary" && node.operator === "-") return termsOf(node.operand).map((term) => ({ ...term, above: -term.above }));
  if (node.kind === "call") return callTerms(node);
  if (node.kind !== "binary") return [single(simplify(node), 1)];
  const { left, right } = node;
  switch (node.operator) {
    case "+":
      return collect([...termsOf(left), ...termsOf(right)]);
    case "-":
      return collect([...termsOf(left), ...termsOf(negative(right))]);
    case "*":
      return termProduct(asTerm(termsOf(left)), asTerm(termsOf(right)));
    case "/": {
      const divisor = asTerm(termsOf(right));
      return divisor === undefined
        ? [single(binary("/", simplify(left), number(0)), 1)]
        : termProduct(asTerm(termsOf(left)), power(divisor, -1));
    }
    case "^":
      return powerTerms(termsOf(left), termsOf(right));
    default:
      return [single(simplify(node), 1)];
  }
}

/** Numbers come out of sums and means, and a mean of a number is that number. */
function callTerms(node: Extract<Expression, { kind: "call" }>): Term[] {
  if (node.name !== "mean" && node.name !== "sum") return [single({ ...node, arguments: node.arguments.map(simplify) }, 1)];
  const terms = termsOf(node.arguments[0]);
  if (terms.length === 0) return [];
  if (terms.length > 1) return [single({ ...node, arguments: [rebuild(terms)] }, 1)];
  const [{ above, below, factors }] = terms;
  if (factors.size === 0 && node.name === "mean") return terms;
  const inside = rebuild([{ above: 1, below: 1, factors }]);
  return termProduct(constant(above, below), single({ ...node, arguments: [inside] }, 1));
}

/** Each part is simplified once: towers of powers stay cheap. */
function powerTerms(baseTerms: readonly Term[], exponentTerms: readonly Term[]): Term[] {
  if (exponentTerms.length === 0) return [constant(1, 1)];
  const base = rebuild(baseTerms);
  const exponent = rebuild(exponentTerms);
  const isNumber = exponentTerms.length === 1 && exponentTerms[0].factors.size === 0;
  const value = exponentTerms[0].above / exponentTerms[0].below;
  if (!isNumber || Math.abs(value) > 64) return [single(binary("^", base, exponent), 1)];
  const term = asTerm(baseTerms);
  if (Number.isInteger(value)) return term === undefined ? [single(binary("^", base, exponent), 1)] : collect([power(term, value)]);
  return [single(base, value)];
}

const constant = (above: number, below: number): Term => reduced({ above, below, factors: new Map() });
const single = (base: Expression, exponent: number): Term => ({
  above: 1,
  below: 1,
  factors: new Map([[format(base), { base, exponent }]]),
});

/** One term of a sum of terms: a sum of several becomes one factor; undefined for zero. */
function asTerm(terms: readonly Term[]): Term | undefined {
  return terms.length > 1 ? single(rebuild(terms), 1) : terms[0];
}

export function termProduct(a: Term | undefined, b: Term | undefined): Term[] {
  if (a === undefined || b === undefined) return [];
  const factors = new Map(a.factors);
  for (const [key, { base, exponent }] of b.factors) {
    const total = (factors.get(key)?.exponent ?? 0) + exponent;
    if (total === 0) factors.delete(key);
    else factors.set(key, { base, exponent: total });
  }
  return [reduced({ above: a.above * b.above, below: a.below * b.below, factors })];
}

/** A term to a whole power. */
function power(term: Term, exponent: number): Term {
  const factors = new Map(
    [...term.factors].map(([key, factor]) => [key, { base: factor.base, exponent: factor.exponent * exponent }] as const),
  );
  let above = 1;
  let below = 1;
  for (let i = 0; i < Math.abs(exponent); i++) [above, below] = [above * term.above, below * term.below];
  return reduced(exponent < 0 ? { above: below, below: above, factors } : { above, below, factors });
}

function reduced(term: Term): Term {
  let { above, below } = term;
  if (below < 0) [above, below] = [-above, -below];
  if (Number.isSafeInteger(above) && Number.isSafeInteger(below)) {
    let [a, b] = [Math.abs(above), below];
    while (b !== 0) [a, b] = [b, a % b];
    if (a > 1) [above, below] = [above / a, below / a];
  } else if (String(withoutDust(above / below)).length <= 6) [above, below] = [withoutDust(above / below), 1];
  else above = withoutDust(above);
  return { ...term, above, below };
}

export function collect(terms: readonly Term[]): Term[] {
  const found = new Map<string, Term>();
  for (const term of terms) {
    const key = [...term.factors]
      .map(([base, { exponent }]) => `${base}^${exponent}`)
      .sort()
      .join("*");
    const other = found.get(key);
    const above = other === undefined ? term.above : other.above * term.below + term.above * other.below;
    const below = other === undefined ? term.below : other.below * term.below;
    found.set(key, reduced({ above, below, factors: other?.factors ?? term.factors }));
  }
  return [...found.values()].filter((term) => term.above !== 0);
}

export function rebuild(terms: readonly Term[]): Expression {
  if (terms.length === 0) return number(0);
  // 1 − x² rather than −x² + 1
  const lead =
    terms[0].above < 0
      ? Math.max(
          0,
          terms.findIndex(({ above }) => above > 0),
        )
      : 0;
  const first = terms[lead];
  const rest = terms.filter((_, i) => i !== lead);
  return rest.reduce(
    (sum, term) => (term.above < 0 ? binary("-", sum, rebuildTerm({ ...term, above: -term.above })) : binary("+", sum, rebuildTerm(term))),
    rebuildTerm(first),
  );
}

function rebuildTerm({ above, below, factors }: Term): Expression {
  const sorted = [...factors.values()].sort((a, b) => rank(a.base) - rank(b.base));
  const over = sorted.filter(({ exponent }) => exponent > 0).map(({ base, exponent }) => raised(base, exponent));
  const under = sorted.filter(({ exponent }) => exponent < 0).map(({ base, exponent }) => raised(base, -exponent));
  const size = Math.abs(above);
  if (size !== 1 || over.length === 0) over.unshift(number(size));
  if (below !== 1) under.unshift(number(below));
  if (above < 0) over[0] = negative(over[0]);
  const numerator = over.reduce((left, right) => binary("*", left, right));
  return under.length === 0
    ? numerator
    : binary(
        "/",
        numerator,
        under.reduce((left, right) => binary("*", left, right)),
      );
}

const raised = (base: Expression, exponent: number): Expression => (exponent === 1 ? base : binary("^", base, exponentNode(exponent)));

/** 1/3 for 0.333…, 0.3 for 0.30000000000000004. */
function exponentNode(value: number): Expression {
  const plain = withoutDust(value);
  if (String(plain).length <= 8) return number(plain);
  const below = [3, 6, 7, 9, 11, 12, 13].find((n) => Math.abs(value * n - Math.round(value * n)) < 1e-14 * n);
  return below === undefined ? number(value) : binary("/", number(Math.round(value * below)), number(below));
}

/** The number to 15 digits where that is much shorter: 0.3 for 0.1 + 0.2. */
function withoutDust(value: number): number {
  const plain = Number(value.toPrecision(15));
  return String(plain).length + 5 <= String(value).length ? plain : value;
}
const rank = (base: Expression): number => (base.kind === "number" ? 0 : base.kind === "name" ? 1 : 2);

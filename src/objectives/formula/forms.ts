/**
 * Which of several equal forms a person would write: the polynomial multiplied out, what all terms share taken out, or the terms as they
 * are. The shortest is taken.
 */
import { children, type Expression } from "./ast.js";
import { format } from "./print.js";
import { collect, rebuild, simplify, type Term, termProduct, termsOf } from "./terms.js";

/** More terms than that are not multiplied out. */
const MOST_TERMS = 24;
/** Larger expressions are only simplified: no form of them reads well. */
const LARGEST = 400;

/** An equal expression that reads best: `(x + 1) + (x + 2)` is 2x + 3, `1/x² − log(x)/x²` is (1 − log(x))/x². */
export function readable(node: Expression): Expression {
  if (node.kind === "conditional") {
    const [yes, no] = [readable(node.yes), readable(node.no)];
    return format(yes) === format(no) ? yes : { ...node, test: simplify(node.test), yes, no };
  }
  const terms = arithmetic(node) && size(node) <= LARGEST ? termsOf(node) : undefined;
  return terms === undefined ? simplify(node) : shortest(terms);
}

function shortest(terms: readonly Term[]): Expression {
  const expanded = multipliedOut(terms);
  const forms = [
    // First of equals: 1 − 2x rather than −(x − 1) − x.
    ...(expanded === undefined ? [] : [rebuild(expanded)]),
    rebuild(terms),
    withoutShared(terms),
    ...(expanded === undefined ? [] : [withoutShared(expanded)]),
  ].filter((form) => form !== undefined);
  return forms.reduce((best, form) => (size(form) < size(best) ? form : best));
}

const arithmetic = (node: Expression): boolean =>
  (node.kind === "unary" && node.operator === "-") || (node.kind === "binary" && "+-*/^".includes(node.operator));

/** Sums that are factors to a small whole power, multiplied out; undefined where too many terms come of it. */
function multipliedOut(terms: readonly Term[]): Term[] | undefined {
  let all = [...terms];
  // A product may bring together what was apart, as √(x + 1)·√(x + 1) does.
  for (let round = 0; round < 4 && all.some((term) => sumsIn(term).length > 0); round++) {
    const parts = all.map((term) => (sumsIn(term).length === 0 ? [term] : termMultipliedOut(term)));
    if (!parts.every((part) => part !== undefined)) return undefined;
    all = collect(parts.flat());
    if (all.length > MOST_TERMS) return undefined;
  }
  return all;
}

function termMultipliedOut(term: Term): Term[] | undefined {
  const sums = sumsIn(term);
  const rest = new Map(term.factors);
  for (const [key] of sums) rest.delete(key);
  let products: Term[] = [{ ...term, factors: rest }];
  for (const [, { base, exponent }] of sums) {
    const parts = multipliedOut(termsOf(base));
    if (parts === undefined) return undefined;
    for (let i = 0; i < exponent; i++) {
      if (products.length * parts.length > 2 * MOST_TERMS) return undefined;
      products = collect(products.flatMap((left) => parts.flatMap((right) => termProduct(left, right))));
    }
  }
  return products;
}

const sumsIn = (term: Term) =>
  [...term.factors].filter(([, { base, exponent }]) => isSum(base) && Number.isInteger(exponent) && exponent > 0);

const isSum = (node: Expression): boolean => node.kind === "binary" && (node.operator === "+" || node.operator === "-");

/** What all terms share (functions, sums, divisors; powers of variables stay with their terms, as in a polynomial) times the rest. */
function withoutShared(terms: readonly Term[]): Expression | undefined {
  if (terms.length < 2) return undefined;
  const bases = new Map(terms.flatMap((term) => [...term.factors]));
  const shared: Term = { above: 1, below: 1, factors: new Map() };
  const factors = new Map(shared.factors);
  for (const [key, { base }] of bases) {
    const least = Math.min(...terms.map((term) => term.factors.get(key)?.exponent ?? 0));
    const everywhere = terms.every((term) => term.factors.has(key));
    if (least < 0 || (everywhere && base.kind !== "name" && base.kind !== "number")) factors.set(key, { base, exponent: least });
  }
  if (factors.size === 0) return undefined;
  const inverse = new Map([...factors].map(([key, { base, exponent }]) => [key, { base, exponent: -exponent }] as const));
  const rest = collect(terms.flatMap((term) => termProduct(term, { ...shared, factors: inverse })));
  const inner = multipliedOut(rest);
  const sums = [rest, ...(inner === undefined ? [] : [inner])].map(rebuild).sort((a, b) => size(a) - size(b));
  const whole = termsOf(sums[0]);
  return rebuild(
    whole.length === 1
      ? termProduct(whole[0], { ...shared, factors })
      : termProduct({ ...shared, factors: new Map([["", { base: sums[0], exponent: 1 }]]) }, { ...shared, factors }),
  );
}

/** Numbers, names and operations; signs cost nothing. */
const size = (node: Expression): number => children(node).reduce((sum, child) => sum + size(child), node.kind === "unary" ? 0 : 1);

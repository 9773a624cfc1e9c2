/**
 * The inside of a loop nest: where no border is near, every guard holds, and loads need neither masks nor bounds. A walk along the
 * innermost axis is split into what lies inside and the steps at its ends.
 */
import type { Affine } from "../kernels/affine.js";
import type { Condition, KernelExpr } from "../kernels/kernel.js";
import { Rewriter } from "../kernels/rewrite.js";
import { expressionsIn } from "../kernels/walk.js";
import type { LoopBuilder } from "../loops/builder.js";
import { add, binary, compare, constant, index, mul } from "../loops/expressions.js";
import type { Expr } from "../loops/ir.js";

/** Fewer elements inside are not worth code of their own. */
const LEAST_INSIDE = 32;

export interface Interior {
  /** Elements first … end − 1 of the innermost axis are inside, in walks for which `holds` is true. */
  readonly first: number;
  readonly end: number;
  /** Whether the outer coordinates are inside; undefined where they always are. */
  readonly holds: ((coordinates: readonly Expr[]) => Expr) | undefined;
  /** The expressions where `holds`, for elements at the ends of the walk. */
  readonly ends: readonly KernelExpr[];
  /** The expressions inside. */
  readonly inside: readonly KernelExpr[];
}

/** The inside of walks of `count` elements along the last variable; undefined where there are no guards, or too little is inside. */
export function interiorOf(expressions: readonly KernelExpr[], count: number): Interior | undefined {
  const conditions = conditionsIn(expressions);
  if (conditions.length === 0) return undefined;
  let first = 0;
  let end = count;
  const outer: Condition[] = [];
  const inner = new Set<Condition>();
  for (const condition of conditions) {
    const { coefficients, constant: at } = condition.index;
    const step = coefficients[coefficients.length - 1];
    if (coefficients.slice(0, -1).some((c) => c !== 0)) outer.push(condition);
    else {
      inner.add(condition);
      const [from, to] = holdsFor(at, step, condition, count);
      first = Math.max(first, from);
      end = Math.min(end, to);
    }
  }
  if (end - first < LEAST_INSIDE) return undefined;
  return {
    first,
    end,
    holds: outer.length === 0 ? undefined : (coordinates) => outer.map((c) => everywhere(c, coordinates, count)).reduce(both),
    ends: without(expressions, (c) => !inner.has(c), false),
    inside: without(expressions, () => true, true),
  };
}

/**
 * Runs `body` over 0 ≤ i < count as `forLanes` does, in steps of the same widths at the same places; `inside` says whether all lanes of
 * a step lie in first … end − 1.
 */
export function forLanesAround(
  b: LoopBuilder,
  count: number,
  widths: readonly number[],
  { first, end }: Interior,
  body: (i: Expr, lanes: number, inside: boolean) => void,
): void {
  let done = 0;
  for (const lanes of widths) {
    const stop = done + Math.floor((count - done) / lanes) * lanes;
    const up = Math.min(stop, Math.max(done, done + Math.ceil((first - done) / lanes) * lanes));
    const down = Math.max(up, done + Math.floor((Math.min(end, stop) - done) / lanes) * lanes);
    for (const [from, to, inside] of [[done, up, false] as const, [up, down, true] as const, [down, stop, false] as const]) {
      if (to - from === lanes) body(index(from), lanes, inside);
      else if (to > from) b.for(from, to, lanes, (i) => body(i, lanes, inside));
    }
    done = stop;
  }
}

/** The elements i of 0 … count − 1 with low ≤ at + step·i < high. */
function holdsFor(at: number, step: number, { low, high }: Condition, count: number): readonly [number, number] {
  if (step === 0) return low <= at && at < high ? [0, count] : [0, 0];
  return step > 0
    ? [Math.ceil((low - at) / step), Math.ceil((high - at) / step)]
    : [Math.floor((high - at) / step) + 1, Math.floor((low - at) / step) + 1];
}

const both = (x: Expr, y: Expr): Expr => binary("and", x, y);

/** Whether a condition holds for all elements of the walk at the outer coordinates. */
function everywhere({ index: at, low, high }: Condition, coordinates: readonly Expr[], count: number): Expr {
  const reach = at.coefficients[at.coefficients.length - 1] * (count - 1);
  const base = outerPart(at, coordinates);
  const bound = (value: number) => constant(base.type, value);
  return both(compare("ge", base, bound(low - Math.min(0, reach))), compare("lt", base, bound(high - Math.max(0, reach))));
}

function outerPart({ constant: at, coefficients }: Affine, coordinates: readonly Expr[]): Expr {
  return coefficients.slice(0, -1).reduce<Expr>((sum, c, v) => (c === 0 ? sum : add(sum, mul(coordinates[v], index(c)))), index(at));
}

function conditionsIn(expressions: readonly KernelExpr[]): Condition[] {
  return [...new Set([...expressionsIn(expressions)].flatMap((e) => (e.kind === "guard" ? e.conditions : [])))];
}

/** The expressions without the conditions that are known to hold. `near`: loads stay where their guards held them, too. */
function without(expressions: readonly KernelExpr[], holds: (condition: Condition) => boolean, near: boolean): KernelExpr[] {
  // What holds no guard stays the very same object, and so is computed once for all variants.
  const rewriter = new Rewriter({
    holds,
    load(e) {
      const { within, ...load } = e;
      return near && within !== undefined && e.dynamic.length === 0 ? load : e;
    },
  });
  return expressions.map((e) => rewriter.expression(e));
}

/** Which values get memory of their own. */
import { sizeOf } from "../../tensor/types.js";
import { literalOf, type Value } from "../graph/value.js";
import { isAssembly } from "./assemblies.js";

export const TEMPLATES: ReadonlySet<string> = new Set([
  "matmul",
  "conv",
  "convImageGradient",
  "convFilterGradient",
  "windowArgmax",
  "windowTake",
  "windowScatter",
  "scatterAdd",
]);
export const REDUCTIONS: ReadonlySet<string> = new Set(["sum", "reduceMax", "reduceMin", "argmax", "blockSum", "blockMax", "blockMin"]);
const VIEWS = new Set(["reshape", "transpose", "broadcast", "slice", "unpack", "reverse", "iota", "literal"]);
const COSTLY = new Set(["exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "atan", "erf", "pow", "div", "sqrt"]);

/** Reductions, products, assemblies, gathers, results, and what several others would otherwise compute again. */
export function storedValues(order: readonly Value[], roots: readonly Value[]): Set<Value> {
  const stored = new Set<Value>();
  const uses = new Map<Value, Set<string>>();
  // Each way from a value through views to a user is a use of its own: it may read another place.
  const use = (value: Value, by: string) => {
    const held = uses.get(value) ?? new Set();
    uses.set(value, held);
    if (held.has(by)) return;
    held.add(by);
    if (isPassedThrough(value)) for (const input of value.inputs) use(input, by);
  };
  for (const value of order) {
    const { name } = value.primitive;
    const template = TEMPLATES.has(name);
    if (template || REDUCTIONS.has(name) || isAssembly(value) || name === "take" || value.loop !== undefined) stored.add(value);
    if (!isPassedThrough(value)) for (const input of value.inputs) use(input, `${value.id} ${input.id}`);
    if (template) for (const input of value.inputs) if (!isView(input)) stored.add(viewedBy(input));
  }
  for (const root of roots) if (root.leaf === undefined) stored.add(root);
  for (const value of order) {
    const several = (uses.get(value)?.size ?? 0) > 1;
    if (value.primitive.kind === "pointwise" && several && sizeOf(value.shape) > 1 && cost(value, stored) > 1) stored.add(value);
  }
  return stored;
}

/** Operations on single numbers that are cheaper done again than waited for. */
const MOST_REPEATED = 8;
const SLOW = new Set(["exp", "expm1", "log", "log1p", "sin", "cos", "tanh", "atan", "erf", "pow"]);

/**
 * Whether every kernel computes the value for itself: a single number, a few operations away from leaves, like the rate of a step. What
 * one thread would store, the others would have to wait for.
 */
export function isRepeated(value: Value): boolean {
  const seen = new Set<Value>();
  const visit = (v: Value): boolean => {
    if (seen.has(v) || v.leaf !== undefined || literalOf(v) !== undefined) return true;
    seen.add(v);
    const { primitive } = v;
    return primitive.kind === "pointwise" && !SLOW.has(primitive.name) && seen.size <= MOST_REPEATED && v.inputs.every(visit);
  };
  return value.leaf === undefined && value.shape.length === 0 && visit(value);
}

/** Operations that may be nested in one expression. */
const MOST_NESTED = 250;

/** Stored values at which long chains of operations are cut: what uses them reads them from memory. Adds them to `stored`. */
export function chainCuts(order: readonly Value[], stored: Set<Value>): Set<Value> {
  const depth = new Map<Value, number>();
  const cuts = new Set<Value>();
  for (const value of order) {
    const barrier =
      value.leaf !== undefined || TEMPLATES.has(value.primitive.name) || REDUCTIONS.has(value.primitive.name) || isAssembly(value);
    const nested = barrier ? 0 : 1 + value.inputs.reduce((most, x) => Math.max(most, depth.get(x) ?? 0), 0);
    const cut = nested > MOST_NESTED && value.primitive.kind === "pointwise";
    depth.set(value, cut ? 0 : nested);
    if (!cut) continue;
    cuts.add(value);
    stored.add(value);
  }
  return cuts;
}

/** Views and pads are computed where their users are. */
function isPassedThrough(value: Value): boolean {
  const { name } = value.primitive;
  return value.leaf === undefined && (VIEWS.has(name) || (name === "pad" && !isAssembly(value)));
}

/** What a template's operand is a plain view of: storing that spares a copy. */
function viewedBy(operand: Value): Value {
  let value = operand;
  while (value.primitive.name === "transpose") [value] = value.inputs;
  while (value.primitive.name === "reshape") [value] = value.inputs;
  return value.primitive.kind === "pointwise" ? value : operand;
}

/** Whether a template can read the value in place: a leaf, or a strided view of something stored. */
function isView(value: Value): boolean {
  if (value.leaf !== undefined) return true;
  const { name } = value.primitive;
  if (name === "unpack" || name === "transpose" || name === "reshape") return isView(value.inputs[0]);
  return TEMPLATES.has(name) || REDUCTIONS.has(name) || name === "take" || isAssembly(value);
}

/** Operations that would be repeated by computing the value again, from what is stored. */
function cost(value: Value, stored: ReadonlySet<Value>): number {
  const seen = new Set<Value>();
  const count = (v: Value): number => {
    if (seen.has(v) || v.leaf !== undefined || (v !== value && stored.has(v)) || sizeOf(v.shape) === 1) return 0;
    seen.add(v);
    const own = v.primitive.kind === "pointwise" ? (COSTLY.has(v.primitive.name) ? 8 : 1) : 0;
    return own + v.inputs.reduce((sum, x) => sum + count(x), 0);
  };
  return count(value);
}

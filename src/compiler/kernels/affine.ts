/** Index arithmetic: affine functions of a kernel's loop variables, and positions in a tensor made of them. */
import { type Shape, sizeOf } from "../../tensor/types.js";

/** constant + Σ coefficients[v] · variable[v] over the loop variables of one kernel. */
export interface Affine {
  readonly constant: number;
  readonly coefficients: readonly number[];
}

export function constantIndex(value: number, variables: number): Affine {
  return { constant: value, coefficients: new Array<number>(variables).fill(0) };
}

export function variableIndex(variable: number, variables: number): Affine {
  return { constant: 0, coefficients: Array.from({ length: variables }, (_, v) => (v === variable ? 1 : 0)) };
}

export function addIndex(a: Affine, b: Affine): Affine {
  return { constant: a.constant + b.constant, coefficients: a.coefficients.map((c, v) => c + b.coefficients[v]) };
}

export function scaleIndex(a: Affine, factor: number): Affine {
  return { constant: a.constant * factor, coefficients: a.coefficients.map((c) => c * factor) };
}

export function shiftIndex(a: Affine, by: number): Affine {
  return { constant: a.constant + by, coefficients: a.coefficients };
}

/** Smallest and largest value, for variables 0 … extent − 1. */
export function rangeOf(a: Affine, extents: readonly number[]): readonly [number, number] {
  let low = a.constant;
  let high = a.constant;
  a.coefficients.forEach((c, v) => {
    const reach = c * Math.max(0, extents[v] - 1);
    if (reach < 0) low += reach;
    else high += reach;
  });
  return [low, high];
}

/** Neighbouring axes of a tensor addressed by one row-major number. */
export interface AxisGroup {
  readonly extents: readonly number[];
  readonly linear: Affine;
}

/** A position in a tensor: groups of axes, outermost first. */
export type Position = readonly AxisGroup[];

/** The row-major offset of a position in a contiguous tensor. */
export function linearize(position: Position, variables: number): Affine {
  let offset = constantIndex(0, variables);
  for (const group of position) offset = addIndex(scaleIndex(offset, sizeOf(group.extents)), group.linear);
  return offset;
}

/** Splits one group behind its first `count` axes; undefined where that would need a division. */
function splitGroup(group: AxisGroup, count: number, loops: readonly number[]): readonly [AxisGroup, AxisGroup] | undefined {
  const outer = group.extents.slice(0, count);
  const inner = group.extents.slice(count);
  const size = sizeOf(inner);
  const { constant, coefficients } = group.linear;
  // There is but one place to be along axes of extent 1.
  if (sizeOf(outer) === 1)
    return [
      { extents: outer, linear: constantIndex(0, loops.length) },
      { extents: inner, linear: group.linear },
    ];
  const floor = Math.floor(constant / size);
  // A variable that does not move (extent 1) may be left out of either part.
  const outerPart = coefficients.map((c, v) => (loops[v] > 1 && c % size === 0 ? c / size : 0));
  const innerPart = coefficients.map((c, v) => (loops[v] > 1 && c % size !== 0 ? c : 0));
  const low: Affine = { constant: constant - floor * size, coefficients: innerPart };
  const [least, most] = rangeOf(low, loops);
  if (least < 0 || most >= size) return undefined;
  return [
    { extents: outer, linear: { constant: floor, coefficients: outerPart } },
    { extents: inner, linear: low },
  ];
}

/** The same position with group boundaries behind the given numbers of axes (ascending); undefined where that would need a division. */
export function splitAt(position: Position, boundaries: readonly number[], loops: readonly number[]): Position | undefined {
  const out: AxisGroup[] = [];
  let axis = 0;
  for (let group of position) {
    const end = axis + group.extents.length;
    for (const boundary of boundaries) {
      if (boundary <= axis || boundary >= end) continue;
      const parts = splitGroup(group, boundary - axis, loops);
      if (parts === undefined) return undefined;
      out.push(parts[0]);
      group = parts[1];
      axis = boundary;
    }
    out.push(group);
    axis = end;
  }
  return out;
}

/** One group per axis. */
export function separate(position: Position, rank: number, loops: readonly number[]): Position | undefined {
  const split = splitAt(
    position,
    Array.from({ length: rank }, (_, axis) => axis),
    loops,
  );
  return split?.length === rank ? split : undefined;
}

/** All axes as one group. */
export function joined(shape: Shape, position: Position, variables: number): Position {
  return [{ extents: shape, linear: linearize(position, variables) }];
}

/** The loops that a value of its own would run over. */
import { sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import { Draft } from "./draft.js";
import { REDUCTIONS } from "./stored.js";

/** Values whose loops would slow down whatever joined them: sums into computed places, and single elements picked one by one. */
export function isAlone(value: Value): boolean {
  const { name } = value.primitive;
  return name === "scatterAdd" || (name === "take" && value.shape.length === value.inputs[1].shape.length);
}

export function newDraft(value: Value): Draft {
  const { name } = value.primitive;
  if (name.startsWith("block")) return new Draft({ kind: "flat", size: sizeOf(value.inputs[0].shape) });
  if (!REDUCTIONS.has(name))
    return new Draft({ kind: "axes", shape: value.shape, order: value.shape.map((_, axis) => axis), split: undefined });
  const rows = reduceDomain(value);
  if (rows !== undefined) return new Draft(rows);
  const { shape } = value.inputs[0];
  const axes = reducedAxes(value);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return new Draft({ kind: "axes", shape, order: [...axes, ...kept], split: axes.length }, true);
}

function reducedAxes(value: Value): readonly number[] {
  const { axes, axis } = value.attributes;
  return Array.isArray(axes) ? axes : [Number(axis)];
}

/** Rows are the kept axes, or undefined when the elements that lie next to each other stay apart: then columns are folded. */
export function reduceDomain(value: Value) {
  const { shape } = value.inputs[0];
  const axes = reducedAxes(value);
  const kept = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  let last = shape.length - 1;
  while (last > 0 && shape[last] === 1) last--;
  if (value.primitive.name !== "argmax" && kept.includes(last) && sizeOf(value.shape) > 1) return undefined;
  return { kind: "axes", shape, order: [...kept, ...axes], split: kept.length } as const;
}

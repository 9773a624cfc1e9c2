/** Values that are written part by part into one buffer: packs, concatenations, and pads with zeros between neighbours. */
import type { ParameterSlot } from "../../tensor/primitives/indexing.js";
import type { PadAttributes } from "../../tensor/primitives/movement.js";
import { sizeOf, stridesOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";

export interface AssemblyPart {
  readonly part: Value;
  /** Where its first element goes, and how far apart neighbours lie along each of its axes. */
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A pad is an assembly only where zeros come between neighbours; else it is a condition on the index. */
export function isAssembly(value: Value): boolean {
  const { name } = value.primitive;
  if (name === "pad") return (value.attributes as PadAttributes).interior.some((i) => i > 0);
  return name === "pack" || name === "concatenate";
}

/** Whether elements are left that no part writes: they are zero. */
export function hasGaps(value: Value): boolean {
  return value.primitive.name === "pad" || value.inputs.reduce((n, x) => n + sizeOf(x.shape), 0) < sizeOf(value.shape);
}

export function slotsOf(value: Value): readonly ParameterSlot[] {
  return (value.attributes as { readonly slots: readonly ParameterSlot[] }).slots;
}

export function partsOf(value: Value): AssemblyPart[] {
  const strides = stridesOf(value.shape);
  switch (value.primitive.name) {
    case "pack": {
      const slots = slotsOf(value);
      return value.inputs.map((part, i) => ({ part, offset: slots[i].offset, strides: stridesOf(part.shape) }));
    }
    case "concatenate": {
      const { axis } = value.attributes as { readonly axis: number };
      let at = 0;
      return value.inputs.map((part) => {
        const offset = at * strides[axis];
        at += part.shape[axis];
        return { part, offset, strides };
      });
    }
    default: {
      const { low, interior } = value.attributes as PadAttributes;
      const offset = low.reduce((sum, l, axis) => sum + l * strides[axis], 0);
      return [{ part: value.inputs[0], offset, strides: strides.map((s, axis) => s * (interior[axis] + 1)) }];
    }
  }
}

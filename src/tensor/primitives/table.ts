/** The table of primitives: everything that a graph can be made of. */
import type { Primitive } from "../primitive.js";
import { contraction } from "./contraction.js";
import { control } from "./control.js";
import { custom } from "./custom.js";
import { indexing } from "./indexing.js";
import { leaves } from "./leaves.js";
import { movement } from "./movement.js";
import { order } from "./order.js";
import { pointwise } from "./pointwise.js";

export const primitives = {
  ...leaves,
  ...pointwise,
  ...movement,
  ...contraction,
  ...indexing,
  ...order,
  ...custom,
  ...control,
} satisfies Record<string, Primitive>;

export type PrimitiveName = keyof typeof primitives;

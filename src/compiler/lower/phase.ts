/** What lowering gives: loop functions to be run over a range of blocks, and the buffers that their cursors point to. */

import type { Buffer } from "../kernels/kernel.js";
import type { Cursor, LoopFunction } from "../loops/ir.js";
import type { ScratchBuffer } from "../templates/template.js";

export interface LoweredPhase {
  readonly function: LoopFunction;
  /** Blocks 0 … blocks − 1 may be done in any distribution over threads. */
  readonly blocks: number;
  /** Rough costs, by which the scheduler decides whether a phase is worth sharing. */
  readonly flops: number;
  readonly bytes: number;
  readonly buffers: ReadonlyMap<Cursor, Buffer>;
  readonly scratch: ReadonlyMap<Cursor, ScratchBuffer>;
}

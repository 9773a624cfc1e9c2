/** Lowers chains: every stage is a function over rows, and turns call them one after the other. */
import { sizeOf } from "../../tensor/types.js";
import type { Buffer, ChainKernel, LocalRows } from "../kernels/kernel.js";
import { Rewriter } from "../kernels/rewrite.js";
import { LoopBuilder } from "../loops/builder.js";
import { add, I32, index, max, min, mul, sub } from "../loops/expressions.js";
import type { Cursor } from "../loops/ir.js";
import type { ScratchBuffer } from "../templates/template.js";
import type { LoweredPhase } from "./phase.js";
import { lowerRows } from "./rows.js";

/** Elements of one turn: what its stages hand on stays in the nearest caches. */
const TURN_ELEMENTS = 8192;
/** A turn has so many times as many rows as it computes anew. */
const LEAST_SHARE = 8;

export function lowerChain({ stages, local }: ChainKernel, name: string): LoweredPhase {
  const lowered = stages.map(({ kernel }, i) => {
    // Rows of its own hold all that a thread may read of a buffer, whatever guards hide.
    const near = new Rewriter({
      load: ({ within, ...load }) => (within === undefined || local.has(load.buffer) ? load : { ...load, within }),
    });
    return lowerRows({ ...kernel, passes: kernel.passes.map((p) => near.pass(p)) }, `${name}_${i}`, 1);
  });
  const rows = Math.max(...stages.map((s) => s.kernel.rows[0]));
  const width = Math.max(...stages.map((s) => sizeOf(s.kernel.inner)));
  const anew = stages[0].before + stages[0].after;
  const turn = Math.max(LEAST_SHARE * anew, Math.ceil(TURN_ELEMENTS / width));

  const b = new LoopBuilder();
  const begin = b.parameter(I32, "begin");
  const end = b.parameter(I32, "end");
  const buffers = new Map<Cursor, Buffer>();
  const scratch = new Map<Cursor, ScratchBuffer>();
  const cursors = new Map<Buffer, Cursor>();
  const locals: { readonly buffer: Buffer; readonly rows: LocalRows; readonly cursor: Cursor }[] = [];
  for (const buffer of new Set(lowered.flatMap((phase) => [...phase.buffers.values()]))) {
    const cursor = b.cursorParameter(buffer.dtype, buffer.name);
    const held = local.get(buffer);
    const { dtype } = buffer;
    if (held === undefined || (dtype !== "f32" && dtype !== "f64")) {
      buffers.set(cursor, buffer);
      cursors.set(buffer, cursor);
    } else {
      const size = (turn + held.before + held.after + 1) * held.pitch;
      scratch.set(cursor, { name: buffer.name, dtype, size, perThread: true });
      locals.push({ buffer, rows: held, cursor });
    }
  }
  b.for(
    begin,
    end,
    1,
    (at) => {
      const first = b.let(mul(at, index(turn)), "first");
      // Seen from here, element 0 of the whole buffer lies far in front: rows keep their numbers.
      for (const { buffer, rows: held, cursor } of locals) {
        const skipped = add(mul(first, index(held.pitch)), index(held.start - held.before * held.pitch));
        cursors.set(buffer, b.point(cursor, sub(index(0), skipped)));
      }
      stages.forEach(({ before, after }, i) => {
        const phase = lowered[i];
        const given = phase.function.parameters.slice(2).map((p) => {
          const buffer = p.kind === "cursor" ? phase.buffers.get(p) : undefined;
          const cursor = buffer && cursors.get(buffer);
          if (cursor === undefined) throw new Error("internal: a stage with a cursor of nowhere");
          return cursor;
        });
        const from = max(sub(first, index(before)), index(0));
        const to = min(add(first, index(turn + after)), index(rows));
        b.call(phase.function, [from, to, ...given]);
      });
    },
    "turn",
  );
  return {
    function: b.finish(name),
    blocks: Math.ceil(rows / turn),
    flops: lowered.reduce((n, p) => n + p.flops, 0),
    bytes: lowered.reduce((n, p) => n + p.bytes, 0),
    buffers,
    scratch,
  };
}

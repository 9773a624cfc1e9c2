/** Lowers scatterAdd: rows are added where they go, in their order; threads share the elements of a row, never a sum. */
import { sizeOf } from "../../tensor/types.js";
import type { Buffer, TemplateKernel } from "../kernels/kernel.js";
import { forLanes, LoopBuilder } from "../loops/builder.js";
import { add, binary, compare, constant, convert, I32, index, load, mul, registerOf } from "../loops/expressions.js";
import type { Cursor, Expr } from "../loops/ir.js";
import type { LoweredPhase } from "./phase.js";

/** Elements of a row that one block takes. */
const BLOCK = 64;

export function lowerScatter(kernel: TemplateKernel, name: string): LoweredPhase[] {
  const { value, operands, stores } = kernel;
  const [from, places] = operands;
  const { storage } = stores[0];
  const rows = value.shape[0];
  const row = sizeOf(value.shape.slice(1));
  const count = sizeOf(value.inputs[1].shape);
  const b = new LoopBuilder();
  const begin = b.parameter(I32, "begin");
  const end = b.parameter(I32, "end");
  const buffers = new Map<Cursor, Buffer>();
  const cursor = (buffer: Buffer): Cursor => {
    const made = b.cursorParameter(buffer.dtype, buffer.name);
    buffers.set(made, buffer);
    return made;
  };
  const [x, at, out] = [from.storage.buffer, places.storage.buffer, storage.buffer].map(cursor);

  const columns = (first: Expr, length: number) => {
    const element = (r: Expr, base: number) => add(add(mul(r, index(row)), first), index(base));
    b.for(0, rows, 1, (r) => {
      const target = b.point(out, element(r, storage.offset));
      forLanes(b, length, [4, 1], (i, lanes) => b.store(b.point(target, i), constant({ dtype: registerOf(value.dtype), lanes }, 0)));
    });
    b.for(0, count, 1, (k) => {
      const place = b.let(convert("i32", load(b.point(at, add(k, index(places.storage.offset))))));
      // A row that does not exist takes nothing.
      b.if(binary("and", compare("ge", place, index(0)), compare("lt", place, index(rows))), () => {
        const source = b.point(x, element(k, from.storage.offset));
        const target = b.point(out, element(place, storage.offset));
        forLanes(b, length, [4, 1], (i, lanes) => {
          const to = b.point(target, i);
          b.store(to, add(load(to, 0, lanes), load(b.point(source, i), 0, lanes)));
        });
      });
    });
  };
  const blocks = Math.max(1, Math.floor(row / BLOCK));
  const rest = row - (blocks - 1) * BLOCK;
  if (blocks === 1) columns(index(0), row);
  else
    b.for(begin, end, 1, (block) => {
      const first = b.let(mul(block, index(BLOCK)));
      b.if(
        compare("lt", block, index(blocks - 1)),
        () => columns(first, BLOCK),
        () => columns(first, rest),
      );
    });
  return [{ function: b.finish(name), blocks, flops: count * row, bytes: (2 * count + rows) * row * 4, buffers, scratch: new Map() }];
}

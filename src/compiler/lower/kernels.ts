/** Lowers kernels. Those that differ only in the memory they work on share their functions, and give them other addresses. */
import type { Buffer, Storage } from "../kernels/kernel.js";
import { type LoopedKernel, rebased, signatureOf } from "../kernels/signature.js";
import type { Cursor, LoopFunction } from "../loops/ir.js";
import type { ScratchBuffer } from "../templates/template.js";
import { lowerChain } from "./chain.js";
import { lowerColumns } from "./columns.js";
import type { LoweredPhase } from "./phase.js";
import { lowerRows } from "./rows.js";
import { lowerTemplate } from "./templates.js";

/** A function to be run over a range of blocks, with the memory that it is given. */
export interface BoundPhase {
  /** Its own, even where another kernel has the same function. */
  readonly name: string;
  readonly function: LoopFunction;
  readonly blocks: number;
  readonly flops: number;
  readonly bytes: number;
  /** Where each cursor points. */
  readonly memory: ReadonlyMap<Cursor, Storage>;
  readonly scratch: ReadonlyMap<Cursor, ScratchBuffer>;
}

/** The kernels of one program. */
export class KernelLowering {
  readonly #known = new Map<string, { readonly phases: readonly LoweredPhase[]; readonly regions: readonly Storage[] }>();

  /** @param number tells the kernel's phases from those of others, by name */
  lower(kernel: LoopedKernel, number: number): readonly BoundPhase[] {
    const { text, regions } = signatureOf(kernel);
    const held = this.#known.get(text);
    if (held !== undefined) return bind(held.phases, held.regions, regions, number);
    const phases = functionsOf(rebased(kernel, regions), number);
    this.#known.set(text, { phases, regions });
    return bind(phases, regions, regions, undefined);
  }
}

function functionsOf(kernel: LoopedKernel, number: number): readonly LoweredPhase[] {
  switch (kernel.kind) {
    case "rows":
      return [lowerRows(kernel, `${kernel.passes.some((p) => p.reductions.length > 0) ? "rows" : "map"}${number}`)];
    case "chain":
      return [lowerChain(kernel, `chain${number}`)];
    case "columns":
      return lowerColumns(kernel, `columns${number}`);
    case "template":
      return lowerTemplate(kernel, `${kernel.value.primitive.name}${number}`);
  }
}

/**
 * The phases with the regions of one kernel in place of those of another. `number` is that of a kernel that shares their functions: what
 * they keep to themselves is then memory of its own.
 */
function bind(phases: readonly LoweredPhase[], from: readonly Storage[], to: readonly Storage[], number: number | undefined): BoundPhase[] {
  const again = number !== undefined;
  const regions = new Map<Buffer, Storage>(from.map(({ buffer }, i) => [buffer, to[i]]));
  const own = new Map<ScratchBuffer, ScratchBuffer>();
  const regionOf = (buffer: Buffer): Storage => {
    const region = regions.get(buffer) ?? { buffer: again ? { ...buffer } : buffer, offset: 0 };
    regions.set(buffer, region);
    return region;
  };
  const scratchOf = (scratch: ScratchBuffer): ScratchBuffer => {
    const made = own.get(scratch) ?? (again ? { ...scratch } : scratch);
    own.set(scratch, made);
    return made;
  };
  return phases.map((phase) => ({
    name: again ? phase.function.name.replace(/\d+/, String(number)) : phase.function.name,
    function: phase.function,
    blocks: phase.blocks,
    flops: phase.flops,
    bytes: phase.bytes,
    memory: new Map([...phase.buffers].map(([cursor, buffer]) => [cursor, regionOf(buffer)])),
    scratch: new Map([...phase.scratch].map(([cursor, scratch]) => [cursor, scratchOf(scratch)])),
  }));
}

/** The expressions of a kernel, with other indices. What expressions share stays shared. */
import { type Affine, shiftIndex } from "./affine.js";
import type { Buffer, KernelExpr, Pass, Reduction, Storage, Store } from "./kernel.js";

export interface Rewriting {
  /** An index over the new loops. Default: the same. */
  index?(a: Affine): Affine;
  /** The element of a buffer from which its elements are counted. Default 0. */
  start?(buffer: Buffer): number;
  /** A load in place of another, whose parts are new already. Default: the same. */
  load?(e: Load): Load;
}

type Load = KernelExpr & { readonly kind: "load" };

export class Rewriter {
  readonly #rewriting: Rewriting;
  readonly #made = new Map<KernelExpr, KernelExpr>();

  constructor(rewriting: Rewriting) {
    this.#rewriting = rewriting;
  }

  pass({ rowStores, reductions, stores }: Pass): Pass {
    return {
      rowStores: rowStores.map((s) => this.store(s)),
      reductions: reductions.map((r) => this.reduction(r)),
      stores: stores.map((s) => this.store(s)),
    };
  }

  store(s: Store): Store {
    const offset = this.#element(s.offset, s.storage.buffer);
    return { ...s, storage: this.storage(s.storage), offset, expression: this.expression(s.expression) };
  }

  reduction(r: Reduction): Reduction {
    return { ...r, expression: this.expression(r.expression) };
  }

  storage({ buffer, offset }: Storage): Storage {
    return { buffer, offset: offset - this.#start(buffer) };
  }

  expression(e: KernelExpr): KernelExpr {
    const held = this.#made.get(e);
    if (held !== undefined) return held;
    const made = this.#make(e);
    this.#made.set(e, made);
    return made;
  }

  #make(e: KernelExpr): KernelExpr {
    switch (e.kind) {
      case "load": {
        const start = this.#start(e.buffer);
        const dynamic = e.dynamic.map((d) => ({ ...d, row: this.expression(d.row) }));
        const within = e.within && ([e.within[0] - start, e.within[1] - start] as const);
        const load = { ...e, offset: this.#element(e.offset, e.buffer), dynamic, ...(within ? { within } : {}) };
        return this.#rewriting.load?.(load) ?? load;
      }
      case "index":
        return { ...e, index: this.#index(e.index) };
      case "operation":
        return { ...e, operands: e.operands.map((o) => this.expression(o)) };
      case "guard": {
        const conditions = e.conditions.map((c) => ({ ...c, index: this.#index(c.index) }));
        return { ...e, conditions, value: this.expression(e.value) };
      }
      default:
        return e;
    }
  }

  #index(a: Affine): Affine {
    return this.#rewriting.index?.(a) ?? a;
  }

  #start(buffer: Buffer): number {
    return this.#rewriting.start?.(buffer) ?? 0;
  }

  #element(a: Affine, buffer: Buffer): Affine {
    return shiftIndex(this.#index(a), -this.#start(buffer));
  }
}

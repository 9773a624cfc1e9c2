/** The expressions of a kernel, with other indices or fewer guards. What expressions share stays shared, and what stays as it is the very same object. */
import { type Affine, shiftIndex } from "./affine.js";
import type { Buffer, Condition, KernelExpr, Pass, Reduction, Storage, Store } from "./kernel.js";

export interface Rewriting {
  /** An index over the new loops. Default: the same. */
  index?(a: Affine): Affine;
  /** The element of a buffer from which its elements are counted. Default 0. */
  start?(buffer: Buffer): number;
  /** A load in place of another, whose parts are new already. Default: the same. */
  load?(e: Load): Load;
  /** Conditions, over the new loops, that are known to hold: they go. Default: none. */
  holds?(condition: Condition): boolean;
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
        const offset = this.#element(e.offset, e.buffer);
        const dynamic = mapped(e.dynamic, (d) => changed(d, { row: this.expression(d.row) }));
        const within = e.within && (start === 0 ? e.within : ([e.within[0] - start, e.within[1] - start] as const));
        const load = changed(e, { offset, dynamic, ...(within ? { within } : {}) });
        return this.#rewriting.load?.(load) ?? load;
      }
      case "index":
        return changed(e, { index: this.#index(e.index) });
      case "operation":
        return changed(e, { operands: mapped(e.operands, (o) => this.expression(o)) });
      case "guard": {
        const all = mapped(e.conditions, (c) => changed(c, { index: this.#index(c.index) }));
        const left = all.filter((c) => this.#rewriting.holds?.(c) !== true);
        const value = this.expression(e.value);
        return left.length === 0 ? value : changed(e, { conditions: left.length === all.length ? all : left, value });
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
    const start = this.#start(buffer);
    return start === 0 ? this.#index(a) : shiftIndex(this.#index(a), -start);
  }
}

/** The same object where no part is another. */
function changed<T extends object>(whole: T, parts: Partial<T>): T {
  for (const name in parts) if (parts[name] !== whole[name]) return { ...whole, ...parts };
  return whole;
}

function mapped<T>(list: readonly T[], f: (x: T) => T): readonly T[] {
  const made = list.map(f);
  return made.every((x, i) => x === list[i]) ? list : made;
}

/** All kernels being put together, found by the loops they run over. */
import { sizeOf } from "../../tensor/types.js";
import type { Value } from "../graph/value.js";
import type { Draft } from "./draft.js";
import { REDUCTIONS } from "./stored.js";

export class DraftIndex {
  readonly all: Draft[] = [];
  readonly #byDomain = new Map<string, Draft[]>();

  add(draft: Draft): void {
    draft.index = this.all.length;
    this.all.push(draft);
    this.file(draft);
  }

  /** Files a draft again when its loops have changed. */
  file(draft: Draft): void {
    const { domain, loops } = draft;
    if (domain.kind === "loop") return;
    const file = (key: string) => {
      const held = this.#byDomain.get(key);
      if (held === undefined) this.#byDomain.set(key, [draft]);
      else held.push(draft);
    };
    if (domain.kind !== "axes") file(`size ${domain.kind === "flat" ? domain.size : domain.rows * domain.columns}`);
    else if (draft.members.length === 0) file(`axes ${domain.shape}`);
    if (domain.kind === "flat") file(`rows ${loops[0]}`);
    if (domain.kind === "axes" && domain.split !== undefined) file(`rows ${loops.slice(0, domain.split)}`);
  }

  /** Kernels whose loops may fit the value, the latest first. */
  candidates(value: Value): Draft[] {
    const { shape } = REDUCTIONS.has(value.primitive.name) ? value.inputs[0] : value;
    const found = new Set<Draft>();
    for (const key of [`axes ${shape}`, `size ${sizeOf(shape)}`, `rows ${value.shape}`])
      for (const draft of this.#byDomain.get(key) ?? []) found.add(draft);
    return [...found].sort((a, b) => b.index - a.index);
  }
}

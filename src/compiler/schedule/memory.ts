/** Gives every temporary a fixed place. Two share memory when the life of one ends before that of the other begins. */

/** Something that needs memory from phase `first` to phase `last`. */
export interface Life<T> {
  readonly owner: T;
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

const ALIGNMENT = 64;

export const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** Byte offsets from the start of the arena, and its size. Largest first, each into the lowest gap that is free during its life. */
export function layOut<T>(lives: readonly Life<T>[]): { readonly offsets: ReadonlyMap<T, number>; readonly bytes: number } {
  const placed: { at: number; end: number; life: Life<T> }[] = [];
  const offsets = new Map<T, number>();
  let bytes = 0;
  for (const life of [...lives].sort((a, b) => b.bytes - a.bytes || a.first - b.first)) {
    const size = aligned(life.bytes);
    let at = 0;
    for (const other of placed) {
      if (other.life.last < life.first || other.life.first > life.last) continue;
      if (at + size <= other.at) break;
      at = Math.max(at, other.end);
    }
    const next = placed.findIndex((other) => other.at > at);
    placed.splice(next < 0 ? placed.length : next, 0, { at, end: at + size, life });
    offsets.set(life.owner, at);
    bytes = Math.max(bytes, at + size);
  }
  return { offsets, bytes };
}

/** Files that are not as they should be, and what readers may do with them. */
import { expect } from "vitest";
import { SteepestError } from "../../../src/tensor/error.js";
import { RandomStream } from "../../../src/tensor/random.js";

/** Every prefix of a short file; of a long one about 300, those near both ends included. */
export function prefixes(bytes: Uint8Array): Uint8Array[] {
  const step = Math.max(1, Math.floor(bytes.length / 200));
  const ends = new Set<number>();
  for (let end = 0; end < bytes.length; end++) if (end < 60 || end > bytes.length - 20 || end % step === 0) ends.add(end);
  return [...ends].map((end) => bytes.slice(0, end));
}

/** `count` copies in each of which one to four bytes are others. */
export function mutations(bytes: Uint8Array, count: number, seed: number): Uint8Array[] {
  const random = new RandomStream(seed, "damage to a file");
  const below = (n: number) => Math.min(n - 1, Math.floor(random.between(0, n)));
  return Array.from({ length: count }, () => {
    const copy = bytes.slice();
    for (let i = below(4); i >= 0; i--) copy[below(copy.length)] = below(256);
    return copy;
  });
}

/** The error that a reader ends with, or undefined where it reads the bytes. Anything but a SteepestError fails the test. */
export async function refusalOf(work: () => unknown): Promise<SteepestError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(SteepestError);
    return error instanceof SteepestError ? error : undefined;
  }
}

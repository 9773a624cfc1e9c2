/** Plain bytes. */
import { SteepestError } from "../tensor/error.js";

/** Arrays of bytes end to end. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What a file says of the array in it. */
interface ArrayHeader {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** How long a whole file of this header is. */
  readonly bytes: number;
}

/** @throws SteepestError where a file is shorter or longer than its header says */
export function checkLength(received: number, { shape, dtype, bytes }: ArrayHeader, where: string, fixIfShort?: string): void {
  if (received === bytes) return;
  const isShort = received < bytes;
  throw new SteepestError({
    problem: isShort ? "The file is truncated" : "The file goes on after its data",
    expected: `${bytes} bytes for ${dtype}[${shape.join(", ")}] and its header`,
    received: `${received} bytes`,
    where,
    fix: isShort ? fixIfShort : undefined,
  });
}

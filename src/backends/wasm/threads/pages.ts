/** Memories that threads share: taken, grown, and given back. */
import { SteepestError } from "../../../tensor/error.js";
import { CONTROL, PAGE } from "../memory-map.js";
import { MOST_PAGES } from "../pages.js";

/** Shared memories of closed programs. Engines do not count them when they decide to collect garbage, so they are used again. */
const idle: WebAssembly.Memory[] = [];

/** A shared memory of at least so many pages; all behind the control words is zero. */
export function takeMemory(pages: number): WebAssembly.Memory {
  idle.sort((a, b) => a.buffer.byteLength - b.buffer.byteLength);
  const fits = idle.findIndex((m) => m.buffer.byteLength >= pages * PAGE);
  const [held] = fits >= 0 ? idle.splice(fits, 1) : idle.splice(-1);
  if (held === undefined) return createMemory(pages);
  new Uint8Array(held.buffer).fill(0, AFTER_CONTROL);
  growMemory(held, pages);
  return held;
}

/** The words before are left alone: a thread that is late may still look at them. */
const AFTER_CONTROL = CONTROL.abort + 64;

export function giveMemory(memory: WebAssembly.Memory): void {
  idle.push(memory);
}

/**
 * A shared memory must say how far it may grow. Only addresses are reserved by that, but small devices refuse to reserve 4 GiB
 * of them: then half of that is asked for, and so on.
 */
function createMemory(pages: number): WebAssembly.Memory {
  for (let maximum = MOST_PAGES; ; maximum >>= 1) {
    try {
      return new WebAssembly.Memory({ initial: pages, maximum: Math.max(pages, maximum), shared: true });
    } catch (error) {
      if (maximum <= pages || !(error instanceof RangeError)) throw refused(pages, error);
    }
  }
}

export function growMemory(memory: WebAssembly.Memory, pages: number): void {
  const missing = pages - memory.buffer.byteLength / PAGE;
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (error) {
    throw refused(pages, error);
  }
}

function refused(pages: number, error: unknown): SteepestError {
  return new SteepestError({
    problem: "this machine does not give the program the memory it needs",
    expected: `${((pages * PAGE) / 2 ** 20).toFixed(0)} MiB`,
    received: error instanceof Error ? error.message : String(error),
    fix: "use a smaller batch or fewer parameters, or pass shared: false in a page without cross-origin isolation",
  });
}

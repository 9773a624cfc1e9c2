/** A picture restored in a page has the pixels that it has in Node. */
import { restoredSquare, SQUARE } from "../vision/noisy-square.js";

async function restored(threads: number): Promise<void> {
  const { hash, run } = await restoredSquare(threads);
  if (run.status !== "converged" || !((run.psnr ?? 0) > 28)) throw new Error(`${run.status} at ${run.psnr} dB`);
  if (hash !== SQUARE) throw new Error(`expected ${SQUARE}, received ${hash}`);
}

export const tests: Record<string, () => Promise<void>> = {
  "one thread": () => restored(1),
  "two threads": () => restored(2),
};

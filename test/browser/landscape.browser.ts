/** The landscape of a network and its figure are in a page what they are in Node. */
import { SMALL_PLANE, smallPlane } from "../landscape/small-plane.js";

async function drawn(threads: number): Promise<void> {
  const [expected, received] = [SMALL_PLANE, await smallPlane(threads)].map((hashes) => JSON.stringify(hashes));
  if (expected !== received) throw new Error(`expected ${expected}, received ${received}`);
}

export const tests: Record<string, () => Promise<void>> = {
  "one thread": () => drawn(1),
  "two threads": () => drawn(2),
};

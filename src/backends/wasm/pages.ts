/** How large a program's memory is, and how large it may become. */
import { SteepestError } from "../../tensor/error.js";
import type { Variable } from "../../tensor/primitives/leaves.js";
import { showType, sizeOf } from "../../tensor/types.js";
import { PAGE } from "./memory-map.js";

/** What 32-bit addresses reach. */
export const MOST_PAGES = 65536;

/** Pages for so many bytes, refused in words when WebAssembly cannot address them. */
export function pagesFor(bytes: number, variables: readonly Variable[]): number {
  const pages = Math.ceil(bytes / PAGE);
  if (pages <= MOST_PAGES) return pages;
  const largest = [...variables].sort((a, b) => sizeOf(b.type.shape) - sizeOf(a.type.shape))[0];
  throw new SteepestError({
    problem: "the program needs more memory than WebAssembly can address",
    expected: "at most 4 GiB",
    received: `${(bytes / 2 ** 30).toFixed(1)} GiB; the largest variable is ${largest?.name} ${largest ? showType(largest.type) : ""}`,
    fix: "use a smaller batch, smaller images, or fewer parameters",
  });
}

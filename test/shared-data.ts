/** Real data that some tests need, and how they say that it is absent. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe } from "vitest";

const root = join(process.env.STEEPEST_SHARED ?? "../shared", "data");

/** The path of a file or folder of the shared data. */
export const sharedPath = (path: string): string => join(root, path);

export const readShared = (path: string): Uint8Array => new Uint8Array(readFileSync(sharedPath(path)));

/** `describe` for tests that need a file or folder of the shared data: skipped, with the reason in the title, where it is absent. */
export function describeShared(title: string, path: string, body: () => void): void {
  const isAbsent = !existsSync(sharedPath(path));
  describe.skipIf(isAbsent)(`${title}${isAbsent ? " (skipped: no shared data; set STEEPEST_SHARED)" : ""}`, body);
}

/** The plain files in a tar archive packed with gzip, by name. */
export function readSharedArchive(path: string): ReadonlyMap<string, Uint8Array> {
  const bytes = gunzipSync(readShared(path));
  const files = new Map<string, Uint8Array>();
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const field = (from: number, length: number) => bytes.toString("latin1", at + from, at + from + length).replace(/\0.*$/s, "");
    const size = Number.parseInt(field(124, 12), 8);
    if (field(156, 1) === "0" || field(156, 1) === "") files.set(field(0, 100), new Uint8Array(bytes.subarray(at + 512, at + 512 + size)));
    at += 512 * (1 + Math.ceil(size / 512));
  }
  return files;
}

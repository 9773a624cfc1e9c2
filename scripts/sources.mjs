// The sources of the published bundles: what is built from what, and a hash that says whether `dist/` is still theirs.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout, without a trailing slash. */
export const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

/** Published entry (without `.js`) → its source, relative to the root. */
export const entries = {
  index: "src/index.ts",
  data: "src/data/index.ts",
  images: "src/data/images/index.ts",
  figures: "src/figures/index.ts",
  vision: "src/vision.ts",
  exchange: "src/exchange/index.ts",
  node: "src/node.ts",
  cli: "src/cli/main.ts",
};

/** Where the hash of the sources that `dist/` was made from is kept. */
export const stampFile = join(root, "dist", ".sources");

/**
 * Hash of everything the bundles depend on, by content: dates say nothing after a checkout or a copy.
 *
 * @returns {string}
 */
export function hashSources() {
  const hash = createHash("sha256");
  const add = (/** @type {string} */ path) =>
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)))
      .update("\0");
  for (const path of ["package.json", "package-lock.json", "scripts/build.mjs", "scripts/sources.mjs"]) add(path);
  const visit = (/** @type {string} */ folder) => {
    const children = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const child of children) {
      const path = `${folder}/${child.name}`;
      if (child.isDirectory()) visit(path);
      else if (child.isFile() && !child.name.startsWith(".")) add(path);
    }
  };
  visit("src");
  return hash.digest("hex");
}

/** Whether `dist/` was built from the sources as they are now. */
export function distIsFresh() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === hashSources();
}

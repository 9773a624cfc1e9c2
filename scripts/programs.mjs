// TypeScript programs of this project, bundled so that Node can run them. Their relative imports are bundled with them; `steepest`
// and its sub-paths become the published bundles in dist/ of the checkout that the program belongs to.

import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "./sources.mjs";

/** Where bundled programs lie: inside the checkout, so that packages they import are found. */
const folder = join(root, ".cache", "programs");

/** @param {string} checkout @returns {import("esbuild").Plugin} */
const published = (checkout) => ({
  name: "published",
  setup(build) {
    build.onResolve({ filter: /^steepest(\/|$)/ }, ({ path }) => ({
      path: pathToFileURL(join(checkout, "dist", `${path.split("/")[1] ?? "index"}.js`)).href,
      external: true,
    }));
  },
});

/**
 * Bundles one program.
 *
 * @param {string} source an absolute path
 * @param {{ readonly name: string, readonly checkout?: string } & Pick<import("esbuild").BuildOptions, "define" | "sourcemap">} options
 *   `checkout`: where the source lies, and whose dist/ it runs on. Default: this one
 * @returns {Promise<string>} the path of the bundle
 */
export async function bundleProgram(source, { name, checkout = root, ...options }) {
  mkdirSync(folder, { recursive: true });
  // Checkouts may share one cache: each has names of its own.
  const outfile = join(folder, `${name}-${createHash("sha256").update(checkout).digest("hex").slice(0, 8)}.mjs`);
  await build({
    absWorkingDir: checkout,
    entryPoints: [source],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    packages: "external",
    plugins: [published(checkout)],
    target: ["es2022"],
    logLevel: "error",
    ...options,
  });
  return outfile;
}

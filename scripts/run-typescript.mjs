// Runs a TypeScript file of this project: `node scripts/run-typescript.mjs bench/main.ts --quick`.
// Its relative imports are bundled with it; `steepest` and its sub-paths stay imports of the published bundles in dist/.

import { existsSync, mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "./sources.mjs";

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) {
  console.error("usage: node scripts/run-typescript.mjs FILE.ts [arguments]");
  process.exit(2);
}
const source = resolve(entry);
if (!existsSync(source)) {
  console.error(`${entry} does not exist.`);
  process.exit(1);
}
// Inside the checkout, so that `steepest` resolves to this very package (below node_modules/ it would not) and packages to its own.
const folder = join(root, ".cache", "programs");
mkdirSync(folder, { recursive: true });
const outfile = join(folder, `${relative(root, source).replace(/[^A-Za-z0-9]+/g, "-")}.mjs`);
await build({
  absWorkingDir: root,
  entryPoints: [source],
  outfile,
  bundle: true,
  format: "esm",
  platform: "node",
  packages: "external",
  external: ["steepest", "steepest/*"],
  target: ["es2022"],
  sourcemap: "inline",
  // A bundle lies elsewhere than its source: the source's own place is what the program asks for.
  define: { "import.meta.url": JSON.stringify(pathToFileURL(source).href), "import.meta.dirname": JSON.stringify(resolve(source, "..")) },
  logLevel: "error",
});
process.argv.splice(1, process.argv.length - 1, source, ...rest);
await import(pathToFileURL(outfile).href);

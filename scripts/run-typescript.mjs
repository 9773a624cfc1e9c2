// Runs a TypeScript file of this project: `node scripts/run-typescript.mjs bench/main.ts --quick`.

import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { bundleProgram } from "./programs.mjs";
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
const bundled = await bundleProgram(source, {
  name: relative(root, source).replace(/[^A-Za-z0-9]+/g, "-"),
  sourcemap: "inline",
  // A bundle lies elsewhere than its source: the source's own place is what the program asks for.
  define: { "import.meta.url": JSON.stringify(pathToFileURL(source).href), "import.meta.dirname": JSON.stringify(resolve(source, "..")) },
});
process.argv.splice(1, process.argv.length - 1, source, ...rest);
await import(pathToFileURL(bundled).href);

// Bundles the published entries into dist/. With `--types`, also writes their declarations to dist/types/.
// One bundle with shared chunks, so that a class exists once however many entries a program imports.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build as esbuild } from "esbuild";
import { entries, hashSources, root, stampFile } from "./sources.mjs";

/**
 * Writes a file so that a process reading it at the same moment sees the old or the new text, never half of one.
 *
 * @param {string} path
 * @param {Uint8Array | string} contents
 */
function writeAtomically(path, contents) {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/** Packages that a feature asks for by name when it is used. */
const { peerDependencies: optionalPeers } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Entries that are used together with the main one, as a rule. */
const besideIndex = ["data", "exchange", "vision", "node", "cli"];

/**
 * Code that entries share is split by who shares it with whom, and every chunk of its own costs an import a millisecond or two. An
 * entry that loads the main one besides shares all of it: the main one is then whole, but for what `figures` needs alone.
 *
 * @type {import("esbuild").Plugin}
 */
const togetherWithIndex = {
  name: "together-with-index",
  setup(build) {
    build.onResolve({ filter: /^beside-index:/ }, ({ path }) => ({ path: path.slice("beside-index:".length), namespace: "beside-index" }));
    build.onLoad({ filter: /.*/, namespace: "beside-index" }, ({ path }) => ({
      contents: `import "./${entries.index}";\nexport * from "./${path}";`,
      resolveDir: root,
      loader: "js",
    }));
  },
};

/**
 * The licences of the packages whose code is part of the bundles.
 *
 * @param {readonly string[]} sources paths from the root
 */
function licencesOf(sources) {
  const packages = new Set(sources.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${name} has no licence file`);
      return `${name}\n${"=".repeat(name.length)}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    })
    .join("\n\n");
}

/**
 * Bundles what exists of the published entries.
 *
 * @returns {Promise<{ written: string[], missing: string[] }>}
 */
export async function bundle() {
  const hash = hashSources();
  const present = Object.entries(entries).filter(([, source]) => existsSync(join(root, source)));
  const missing = Object.values(entries).filter((source) => !existsSync(join(root, source)));
  const dist = join(root, "dist");
  mkdirSync(dist, { recursive: true });
  const result = await esbuild({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      present.map(([name, source]) => [name, besideIndex.includes(name) ? `beside-index:${source}` : source]),
    ),
    plugins: [togetherWithIndex],
    outdir: dist,
    bundle: true,
    splitting: true,
    format: "esm",
    // Neutral, since the same chunks serve browsers; what only Node has is imported as `node:…` by the entries meant for it.
    platform: "neutral",
    // Packages are bundled: a user installs none. What only some ask for is theirs to add.
    external: ["node:*", ...Object.keys(optionalPeers)],
    mainFields: ["module", "main"],
    target: ["es2022"],
    minifySyntax: true,
    minifyWhitespace: true,
    // Short names load a third faster; source maps give the long ones back to stack traces.
    minifyIdentifiers: true,
    legalComments: "none",
    sourcemap: true,
    sourcesContent: true,
    chunkNames: "chunk-[hash]",
    charset: "utf8",
    logLevel: "silent",
    // package.json names the files that act when imported; an import for its effect alone of any other would be dropped.
    logOverride: { "ignored-bare-import": "error" },
    metafile: true,
    write: false,
  });
  writeAtomically(join(dist, "third-party-licenses.txt"), licencesOf(Object.keys(result.metafile.inputs)));
  const files = result.outputFiles;
  // Chunks before the entries that import them; what no entry needs any more goes last.
  files.sort((a, b) => Number(basename(b.path).startsWith("chunk-")) - Number(basename(a.path).startsWith("chunk-")));
  for (const file of files) writeAtomically(file.path, file.contents);
  const kept = new Set(files.map((file) => basename(file.path)));
  for (const name of readdirSync(dist)) {
    if (/\.js(\.map)?$/.test(name) && !kept.has(name)) rmSync(join(dist, name), { force: true });
  }
  writeAtomically(stampFile, hash);
  return { written: files.map((file) => file.path).filter((path) => path.endsWith(".js")), missing };
}

/** Writes the type declarations; false when the sources have type errors, which the compiler has printed. */
export function declarations() {
  rmSync(join(root, "dist", "types"), { recursive: true, force: true });
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const result = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, stdio: ["ignore", 2, 2] });
  return result.status === 0;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { written, missing } = await bundle();
    for (const path of written) {
      console.log(`dist/${basename(path).padEnd(20)} ${(statSync(path).size / 1000).toFixed(1).padStart(8)} kB`);
    }
    for (const source of missing) console.log(`${source} does not exist yet: its entry was left out`);
    if (process.argv.includes("--types") && !declarations()) process.exitCode = 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

// Runs test/browser/*.browser.ts in Chromium: `node scripts/browser-tests.mjs [--json FILE] [name …]`.
//
// Each file exports `tests`, a record of async functions; one fails by throwing. It imports "steepest" as a user's page does,
// from the published bundles. `export const isolated = false` serves it without the headers that allow shared memory.
// What a test puts on `globalThis.report` (a record of strings) is printed, and kept in the JSON file.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, resolve, sep } from "node:path";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { entries, root } from "./sources.mjs";

const minutesAllowed = 3;
const folder = join(root, "test", "browser");
const types = { ".js": "text/javascript", ".map": "application/json", ".json": "application/json", ".wasm": "application/wasm" };

/** @typedef {{ name: string, error?: string, milliseconds: number }} Outcome */

const importMap = {
  imports: Object.fromEntries(
    ["index", "data", "images", "figures", "vision", "exchange"].map((entry) => [
      entry === "index" ? "steepest" : `steepest/${entry}`,
      `/dist/${entry}.js`,
    ]),
  ),
};

/**
 * Serves the bundles, the shared data where it exists, and one page per test file, on this machine only.
 *
 * @param {Map<string, string>} scripts bundled test files by name
 * @param {boolean} isolated whether pages may share memory between threads
 */
async function serve(scripts, isolated) {
  const shared = resolve(root, process.env.STEEPEST_SHARED ?? "../shared");
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const headers = isolated ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } : {};
    const send = (/** @type {number} */ status, /** @type {string} */ type, /** @type {string | Uint8Array} */ body) => {
      response.writeHead(status, {
        ...headers,
        "Content-Type": type,
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
      });
      response.end(body);
    };
    const name = path.slice(1).replace(/\.(html|js)$/, "");
    const script = scripts.get(name);
    if (path === "/favicon.ico") return send(204, "text/plain", "");
    if (script !== undefined && path.endsWith(".js")) return send(200, "text/javascript", script);
    if (script !== undefined) {
      const map = JSON.stringify(importMap);
      return send(200, "text/html", `<!doctype html><meta charset="utf-8"><title>${name}</title><script type="importmap">${map}</script>`);
    }
    for (const [prefix, base] of [
      ["/dist/", join(root, "dist")],
      ["/data/", join(shared, "data")],
    ]) {
      if (prefix === undefined || base === undefined || !path.startsWith(prefix)) continue;
      const file = normalize(join(base, path.slice(prefix.length)));
      const type = Object.entries(types).find(([ending]) => ending === extname(file))?.[1] ?? "application/octet-stream";
      if (file.startsWith(base + sep) && existsSync(file)) return send(200, type, readFileSync(file));
    }
    return send(404, "text/plain", `nothing at ${path}`);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(undefined)));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return { origin: `http://127.0.0.1:${address.port}`, close: () => server.close() };
}

/** @param {string} file */
async function bundleTest(file) {
  const result = await build({
    absWorkingDir: root,
    entryPoints: [file],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["es2022"],
    external: Object.keys(importMap.imports),
    sourcemap: "inline",
    write: false,
    logLevel: "error",
  });
  return result.outputFiles[0]?.text ?? "";
}

function findChromium() {
  const named = process.env.CHROMIUM;
  const places = named ? [named] : ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  return places.find((place) => existsSync(place));
}

/**
 * Opens one page and runs its tests there.
 *
 * @param {import("playwright-core").Browser} browser
 * @param {string} url
 * @param {string} name
 * @returns {Promise<{ outcomes: Outcome[], report: Record<string, string> }>}
 */
async function runPage(browser, url, name) {
  const page = await browser.newPage();
  /** @type {string[]} */
  const uncaught = [];
  page.on("pageerror", (error) => uncaught.push(error.stack ?? error.message));
  page.on("console", (message) => {
    if (message.type() === "error") console.error(`  ${name}: ${message.text()}`);
  });
  try {
    await page.goto(`${url}/${name}.html`);
    const running = page.evaluate(async (script) => {
      const { tests } = await import(script);
      const outcomes = [];
      for (const [title, test] of Object.entries(tests)) {
        const started = performance.now();
        let error;
        try {
          await test();
        } catch (thrown) {
          error = thrown instanceof Error ? (thrown.stack ?? `${thrown.name}: ${thrown.message}`) : String(thrown);
        }
        outcomes.push({ name: title, error, milliseconds: performance.now() - started });
      }
      return { outcomes, report: Reflect.get(globalThis, "report") ?? {} };
    }, `/${name}.js`);
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not finished within ${minutesAllowed} minutes`)), minutesAllowed * 60_000);
    });
    const result = await Promise.race([running, late]).finally(() => clearTimeout(timer));
    if (result.outcomes.length === 0) result.outcomes.push({ name: "(file)", error: "it exports no tests", milliseconds: 0 });
    for (const error of uncaught) result.outcomes.push({ name: "(uncaught)", error, milliseconds: 0 });
    return result;
  } catch (error) {
    const text = [error instanceof Error ? error.message : String(error), ...uncaught].join("\n");
    return { outcomes: [{ name: "(file)", error: text, milliseconds: 0 }], report: {} };
  } finally {
    await page.close();
  }
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const options = process.argv.slice(2);
  const jsonAt = options.indexOf("--json");
  const jsonFile = jsonAt >= 0 ? options.splice(jsonAt, 2)[1] : undefined;
  const finish = (/** @type {object} */ summary) => {
    if (jsonFile === undefined) return;
    mkdirSync(dirname(jsonFile), { recursive: true });
    writeFileSync(jsonFile, JSON.stringify(summary, null, 2));
  };
  const names = (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => file.endsWith(".browser.ts"))
    .map((file) => file.replace(/\.ts$/, ""))
    .filter((name) => options.length === 0 || options.some((wanted) => name.includes(wanted)))
    .sort();
  const executable = findChromium();
  if (executable === undefined) {
    console.log("Browser tests SKIPPED: no Chromium. Install Debian's chromium, or name one by the variable CHROMIUM.");
    finish({ passed: 0, failed: process.env.CI ? 1 : 0, skipped: names.length, files: [] });
    return process.env.CI ? 1 : 0;
  }
  for (const source of [entries.index, entries.data, entries.figures]) {
    if (!existsSync(join(root, source))) console.log(`(${source} does not exist yet)`);
  }

  /** @type {Map<string, string>} */
  const scripts = new Map();
  /** @type {Set<string>} */
  const open = new Set();
  for (const name of names) {
    const file = join(folder, `${name}.ts`);
    scripts.set(name, await bundleTest(file));
    if (/^export const isolated\s*=\s*false\b/m.test(readFileSync(file, "utf8"))) open.add(name);
  }
  const isolatedServer = await serve(scripts, true);
  const openServer = await serve(scripts, false);
  const browser = await chromium.launch({
    executablePath: executable,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
  let passed = 0;
  let failed = 0;
  const files = [];
  try {
    for (const name of names) {
      const { outcomes, report } = await runPage(browser, (open.has(name) ? openServer : isolatedServer).origin, name);
      console.log(`${name}${open.has(name) ? " (without cross-origin isolation)" : ""}`);
      for (const { name: title, error, milliseconds } of outcomes) {
        if (error === undefined) passed++;
        else failed++;
        console.log(`  ${error === undefined ? "✓" : "×"} ${title} ${Math.round(milliseconds)} ms`);
        if (error !== undefined) console.log(error.replace(/^/gm, "      "));
      }
      for (const [key, value] of Object.entries(report)) console.log(`    ${key}: ${value}`);
      files.push({ name, outcomes, report });
    }
  } finally {
    await browser.close();
    isolatedServer.close();
    openServer.close();
  }
  console.log(`${passed} passed, ${failed} failed in ${executable}`);
  finish({ passed, failed, skipped: 0, files });
  return failed > 0 || names.length === 0 ? 1 : 0;
}

process.exitCode = await main();

// Runs test/browser/*.browser.ts in the browsers of this machine: `node scripts/browser-tests.mjs [--json FILE] [name …]`.
//
// Each file exports `tests`, a record of async functions; one fails by throwing. It imports "steepest" as a user's page does,
// from the published bundles. `export const isolated = false` serves it without the headers that allow shared memory.
// What a test puts on `globalThis.report` (a record of strings) is printed, and kept in the JSON file.
//
// A page runs its tests by itself, sends what came of them to the server that it is from, and is told which page is next: a
// browser needs no more than to open the first one.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, resolve, sep } from "node:path";
import { build } from "esbuild";
import { findBrowsers, open } from "./browsers.mjs";
import { entries, root } from "./sources.mjs";

const minutesAllowed = 3;
const folder = join(root, "test", "browser");
const types = { ".js": "text/javascript", ".map": "application/json", ".json": "application/json", ".wasm": "application/wasm" };

/** @typedef {{ name: string, error?: string, milliseconds: number }} Outcome */
/** @typedef {{ outcomes: Outcome[], report: Record<string, string>, logged: string[] }} Result */
/** @typedef {(name: string, result: Result) => string | undefined} Take hands over what came of a page; gives the URL of the next one */

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
 * @param {Take} take
 */
async function serve(scripts, isolated, take) {
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
    if (request.method === "POST" && path.startsWith("/outcomes/")) {
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (/** @type {string} */ text) => {
        body += text;
      });
      request.on("end", () => send(200, "application/json", JSON.stringify({ next: take(path.slice(10), JSON.parse(body)) ?? null })));
      return;
    }
    if (script !== undefined && path.endsWith(".js")) return send(200, "text/javascript", script);
    if (script !== undefined) {
      const map = JSON.stringify(importMap);
      const page = `<!doctype html><meta charset="utf-8"><title>${name}</title><script type="importmap">${map}</script>`;
      return send(200, "text/html", `${page}<script type="module">(${runTests})(${JSON.stringify(name)})</script>`);
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

/**
 * What a page does; its text is part of the page.
 *
 * @param {string} name
 */
async function runTests(name) {
  /** @type {string[]} */
  const uncaught = [];
  /** @type {string[]} */
  const logged = [];
  const inWords = (/** @type {unknown} */ thrown) => {
    if (!(thrown instanceof Error)) return String(thrown);
    const { name: kind, message, stack = "" } = thrown;
    return stack.includes(message) ? stack : `${kind}: ${message}\n${stack}`;
  };
  globalThis.addEventListener("error", ({ error, message }) => uncaught.push(error ? inWords(error) : message));
  globalThis.addEventListener("unhandledrejection", ({ reason }) => uncaught.push(inWords(reason)));
  const log = console.error;
  console.error = (...words) => {
    logged.push(words.map(String).join(" "));
    log(...words);
  };
  /** @type {Outcome[]} */
  const outcomes = [];
  try {
    const { tests } = await import(`/${name}.js`);
    for (const [title, test] of Object.entries(tests)) {
      const started = performance.now();
      let error;
      try {
        await test();
      } catch (thrown) {
        error = inWords(thrown);
      }
      outcomes.push({ name: title, error, milliseconds: performance.now() - started });
    }
    if (outcomes.length === 0) outcomes.push({ name: "(file)", error: "it exports no tests", milliseconds: 0 });
  } catch (thrown) {
    outcomes.push({ name: "(file)", error: inWords(thrown), milliseconds: 0 });
  }
  for (const error of uncaught) outcomes.push({ name: "(uncaught)", error, milliseconds: 0 });
  const result = { outcomes, report: Reflect.get(globalThis, "report") ?? {}, logged };
  const answer = await fetch(`/outcomes/${name}`, { method: "POST", body: JSON.stringify(result) });
  const { next } = await answer.json();
  if (next !== null) location.replace(next);
}

/**
 * Goes through pages in one browser; where it ends by itself or takes too long, the rest is seen in another one.
 *
 * @param {import("./browsers.mjs").Browser} browser
 * @param {{ name: string, url: string }[]} pages
 * @param {boolean} shares whether they may share memory between threads
 * @param {{ take: Take }} taker
 * @param {(name: string, result: Result) => void} tell
 */
async function tour(browser, pages, shares, taker, tell) {
  const left = [...pages];
  while (left.length > 0) {
    /** @type {(result: Result) => void} */
    let arrive = () => undefined;
    taker.take = (name, result) => {
      if (name === left[0]?.name) arrive(result);
      return left[1]?.url;
    };
    const window = open(browser, left[0].url, shares);
    try {
      for (let isOpen = true; isOpen && left.length > 0; ) {
        /** @type {NodeJS.Timeout | undefined} */
        let timer;
        /** @type {Promise<Result>} */
        const arrived = new Promise((done) => {
          arrive = done;
        });
        /** @type {Promise<string>} */
        const late = new Promise((done) => {
          timer = setTimeout(() => done(`not finished within ${minutesAllowed} minutes`), minutesAllowed * 60_000);
        });
        const result = await Promise.race([arrived, late, window.ended]).finally(() => clearTimeout(timer));
        isOpen = typeof result !== "string";
        const { name } = left[0];
        left.shift();
        tell(
          name,
          typeof result === "string" ? { outcomes: [{ name: "(file)", error: result, milliseconds: 0 }], report: {}, logged: [] } : result,
        );
      }
    } finally {
      await window.close();
    }
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
  const { found, absent } = findBrowsers();
  for (const { name, variable } of absent)
    console.log(`${name} SKIPPED: it is not there. Install Debian's, or name one by the variable ${variable}.`);
  // Where a change is accepted one engine at least must have been seen; a machine may lack the packages of the others.
  const missing = process.env.CI && absent.some(({ name }) => name === "Chromium") ? 1 : 0;
  const skipped = absent.length * names.length;
  if (found.length === 0) {
    finish({ passed: 0, failed: missing, skipped, files: [] });
    return missing;
  }
  for (const source of [entries.index, entries.data, entries.figures]) {
    if (!existsSync(join(root, source))) console.log(`(${source} does not exist yet)`);
  }

  /** @type {Map<string, string>} */
  const scripts = new Map();
  /** @type {Set<string>} */
  const exposed = new Set();
  for (const name of names) {
    const file = join(folder, `${name}.ts`);
    scripts.set(name, await bundleTest(file));
    if (/^export const isolated\s*=\s*false\b/m.test(readFileSync(file, "utf8"))) exposed.add(name);
  }
  /** @type {{ take: Take }} */
  const taker = { take: () => undefined };
  let passed = 0;
  let failed = missing;
  /** @type {object[]} */
  const files = [];
  const tell = (/** @type {string} */ browser, /** @type {string} */ name, /** @type {Result} */ { outcomes, report, logged }) => {
    console.log(`${name}${exposed.has(name) ? " (without cross-origin isolation)" : ""}`);
    for (const { name: title, error, milliseconds } of outcomes) {
      if (error === undefined) passed++;
      else failed++;
      console.log(`  ${error === undefined ? "✓" : "×"} ${title} ${Math.round(milliseconds)} ms`);
      if (error !== undefined) console.log(error.replace(/^/gm, "      "));
    }
    for (const [key, value] of Object.entries(report)) console.log(`    ${key}: ${value}`);
    for (const text of logged) console.error(`  ${name}: ${text}`);
    files.push({ browser, name, outcomes, report });
  };
  for (const browser of found) {
    console.log(`${browser.name} (${browser.executable})`);
    for (const shares of [true, false]) {
      const server = await serve(scripts, shares, (name, result) => taker.take(name, result));
      const pages = names.filter((name) => exposed.has(name) !== shares).map((name) => ({ name, url: `${server.origin}/${name}.html` }));
      await tour(browser, pages, shares, taker, (name, result) => tell(browser.name, name, result)).finally(server.close);
    }
  }
  console.log(`${passed} passed, ${failed} failed in ${found.map(({ name }) => name).join(" and ")}`);
  finish({ passed, failed, skipped, files });
  return failed > 0 || names.length === 0 ? 1 : 0;
}

process.exitCode = await main();

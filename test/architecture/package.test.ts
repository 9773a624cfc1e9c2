import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../scripts/build.mjs";
import { distIsFresh, entries, root } from "../../scripts/sources.mjs";

const at = (path: string) => join(root, path);
const read = (path: string) => readFileSync(at(path), "utf8");

/** Runs a program in a project that has this package installed. */
async function runProgram(project: string, name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(project, name)], { cwd: project });
  return stdout.trim();
}

/** The files of dist/ that an entry loads when it is imported, itself included. */
function loadedBy(entry: string): string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    if (found.has(name)) return;
    found.add(name);
    for (const match of read(`dist/${name}`).matchAll(/(?:^|[;}\n])\s*(?:import|export)(?:[^"'();]*?from)?\s*"\.\/([^"]+)"/g))
      visit(match[1] ?? "");
  };
  visit(entry);
  return [...found];
}

describe("the published package", () => {
  const project = mkdtempSync(join(tmpdir(), "steepest-project-"));

  beforeAll(async () => {
    if (!distIsFresh()) await bundle();
    const installed = join(project, "node_modules", "steepest");
    mkdirSync(installed, { recursive: true });
    cpSync(at("package.json"), join(installed, "package.json"));
    cpSync(at("dist"), join(installed, "dist"), { recursive: true });
  }, 60_000);
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  it("names its entries once in package.json and once in the build", () => {
    const manifest: { readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>> } =
      JSON.parse(read("package.json"));
    const published = Object.values(manifest.exports).flatMap((target) => (typeof target === "string" ? [] : [target]));
    expect(published.map((target) => target.default)).toEqual(
      Object.keys(entries)
        .filter((entry) => entry !== "cli")
        .map((entry) => `./dist/${entry}.js`),
    );
    for (const target of published) {
      const source = target.types.replace("./dist/types/", "src/").replace(/\.d\.ts$/, ".ts");
      expect(Object.values(entries)).toContain(source);
      expect(existsSync(at(source)), source).toBe(true);
    }
  });

  it("loads nothing of Node in what a browser imports", () => {
    for (const entry of ["index.js", "data.js", "images.js", "figures.js", "vision.js", "exchange.js"]) {
      for (const file of loadedBy(entry)) {
        expect(read(`dist/${file}`), `${file}, loaded by ${entry}`).not.toMatch(/(?:^|[;}\n])\s*import(?:[^"'();]*?from)?\s*"node:/);
      }
    }
  });

  it("has one Tensor, whichever entries a program imports", async () => {
    const program = [
      'import * as steepest from "steepest";',
      'import * as data from "steepest/data";',
      'import * as images from "steepest/images";',
      'import * as figures from "steepest/figures";',
      'import * as vision from "steepest/vision";',
      'import * as exchange from "steepest/exchange";',
      'import * as node from "steepest/node";',
      "const twice = [];",
      "for (const other of [data, images, figures, vision, exchange, node]) for (const name of Object.keys(other)) {",
      "  if (name in steepest && steepest[name] !== other[name]) twice.push(name);",
      "}",
      "console.log(JSON.stringify(twice));",
    ];
    writeFileSync(join(project, "once.mjs"), program.join("\n"));
    expect(await runProgram(project, "once.mjs")).toBe("[]");
  });

  it("computes when imported, and still after another bundler has shaken it", async () => {
    const source = 'import { tensor } from "steepest";\nconsole.log(tensor([[1, 2], [3, 4]]).square().sum().item());\n';
    writeFileSync(join(project, "plain.mjs"), source);
    expect(await runProgram(project, "plain.mjs")).toBe("30");
    const options = { absWorkingDir: project, bundle: true, minify: true, format: "esm", platform: "node", logLevel: "silent" } as const;
    await build({ ...options, entryPoints: ["plain.mjs"], outfile: "shaken.mjs" });
    expect(await runProgram(project, "shaken.mjs")).toBe("30");
  });

  it("leaves nothing behind from earlier builds", () => {
    const scripts = readdirSync(at("dist")).filter((name) => name.endsWith(".js"));
    const dynamic = scripts.filter((name) => scripts.some((other) => read(`dist/${other}`).includes(`import("./${name}")`)));
    // What is loaded on demand brings along what it imports itself.
    const reachable = new Set(
      [...Object.keys(entries).map((entry) => `${entry}.js`), ...dynamic].flatMap((name) => [name, ...loadedBy(name)]),
    );
    expect(scripts.filter((name) => !reachable.has(name))).toEqual([]);
  });
});

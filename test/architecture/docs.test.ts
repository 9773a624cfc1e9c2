import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  allExamples,
  disagreement,
  docstringExamples,
  type Example,
  fencedExamples,
  parsePromise,
  prepare,
  programParameters,
} from "./examples.js";
import { root } from "./sources.js";

type Module = Readonly<Record<string, unknown>>;
type Runner = (...values: readonly unknown[]) => Promise<void>;

const published = new Map<string, { readonly source: string; readonly load: () => Promise<Module> }>([
  ["steepest", { source: "src/index.ts", load: () => import(at("src/index.ts")) }],
  ["steepest/data", { source: "src/data/index.ts", load: () => import(at("src/data/index.ts")) }],
  ["steepest/images", { source: "src/data/images/index.ts", load: () => import(at("src/data/images/index.ts")) }],
  ["steepest/figures", { source: "src/figures/index.ts", load: () => import(at("src/figures/index.ts")) }],
  ["steepest/vision", { source: "src/vision.ts", load: () => import(at("src/vision.ts")) }],
  ["steepest/exchange", { source: "src/exchange/index.ts", load: () => import(at("src/exchange/index.ts")) }],
  ["steepest/node", { source: "src/node.ts", load: () => import(at("src/node.ts")) }],
]);

const at = (path: string) => join(root, path);
const AsyncFunction: new (...source: readonly string[]) => Runner = Object.getPrototypeOf(async () => undefined).constructor;

const load = async (specifier: string): Promise<Module> => (await published.get(specifier)?.load()) ?? import(specifier);

/** Runs an example; gives what disagrees with its promises. */
async function run(example: Example): Promise<string[]> {
  const program = await prepare(example);
  const outside = new Map<string, unknown>();
  if (example.implicitImports) {
    const face = published.get("steepest");
    const modules = [face !== undefined && existsSync(at(face.source)) ? await face.load() : {}, await import(at(example.path))];
    for (const module of modules) {
      for (const [name, value] of Object.entries(module)) if (program.identifiers.has(name)) outside.set(name, value);
    }
  }
  const wrong: string[] = [];
  const check = (line: number, promise: string, value: unknown) => {
    const problem = disagreement(promise, value);
    if (problem !== undefined) wrong.push(`${example.path}:${line}: ${problem}`);
    return value;
  };
  const compiled = new AsyncFunction(programParameters.load, programParameters.check, ...outside.keys(), program.body);
  await compiled(load, check, ...outside.values());
  return wrong;
}

const examples = allExamples();

describe("examples of the documentation", () => {
  const home = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "steepest-examples-"));
  // Where an example reads "data/…", it finds the real data sets, on machines that have them.
  const data = resolve(root, process.env.STEEPEST_SHARED ?? "../shared", "data");
  const hasData = existsSync(data);
  beforeAll(() => {
    if (hasData) symlinkSync(data, join(folder, "data"), "junction");
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  });

  for (const example of examples.filter((candidate) => candidate.mode === "run")) {
    const needsData = /["'`:]data\//.test(example.code);
    const title = `${example.path}:${example.line}${needsData && !hasData ? ` (needs ${data}, which is absent)` : ""}`;
    it.skipIf(needsData && !hasData)(title, { timeout: 60_000 }, async () => {
      const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
      try {
        expect(await run(example)).toEqual([]);
      } finally {
        log.mockRestore();
      }
    });
  }

  it("has the types it shows", { timeout: 120_000 }, async () => {
    const checked = examples.filter((example) => example.mode !== "skip" && !example.implicitImports);
    const place = at(".cache/examples");
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
    const names = checked.map((example) => `${example.path.replace(/\W+/g, "-")}-${example.line}.ts`);
    for (const [i, example] of checked.entries()) writeFileSync(join(place, names[i] ?? ""), `${example.code}\nexport {};\n`);
    const options = { noUnusedLocals: false, rootDir: root };
    writeFileSync(
      join(place, "tsconfig.json"),
      JSON.stringify({ extends: "../../tsconfig.json", compilerOptions: options, include: ["*.ts"] }),
    );
    if (checked.length === 0) return;
    const compiler = at("node_modules/typescript/bin/tsc");
    const output = await promisify(execFile)(process.execPath, [compiler, "-p", place, "--pretty", "false"], { cwd: place }).then(
      () => "",
      (error: { readonly stdout?: string; readonly message: string }) => error.stdout ?? error.message,
    );
    // Lines of the example become lines of the page. Errors in src/ belong to the type check, not to the documentation.
    const problems = output.split("\n").flatMap((text) => {
      const found = /^([^(/]+)\((\d+),\d+\): (.*)$/.exec(text);
      const example = checked[names.indexOf(found?.[1] ?? "")];
      return found === null || example === undefined ? [] : [`${example.path}:${example.line + Number(found[2]) - 1}: ${found[3]}`];
    });
    expect(problems).toEqual([]);
  });
});

describe("the reading of examples", () => {
  const example = (code: string): Example => ({ path: "src/none.ts", line: 1, code, mode: "run", implicitImports: false });

  it("finds fenced blocks with their lines and words", () => {
    const page = [
      "# T",
      "```ts",
      "a;",
      "```",
      "text",
      "```ts continued",
      "b;",
      "```",
      "```ts no-run",
      "c;",
      "```",
      "```sh",
      "d",
      "```",
    ].join("\n");
    const found = fencedExamples("page.md", page);
    expect(found.map(({ line, mode }) => ({ line, mode }))).toEqual([
      { line: 3, mode: "run" },
      { line: 10, mode: "types" },
    ]);
    expect(found[0]?.code.split("\n")).toEqual(["a;", "", "", "", "b;"]);
  });

  it("finds the examples of docstrings, fenced or not", () => {
    const text = [
      "/**",
      " * Words.",
      " *",
      " * @example",
      " * f(1); // → 2",
      " * @returns n",
      " */",
      "/** @example",
      " * ```ts",
      " * g();",
      " * ```",
      " */",
    ];
    expect(docstringExamples("src/x.ts", text.join("\n")).map(({ line, code }) => ({ line, code }))).toEqual([
      { line: 5, code: "f(1); // → 2" },
      { line: 10, code: "g();" },
    ]);
  });

  it("checks statements, declarations and values inside functions", async () => {
    const code = [
      'import { basename as base } from "node:path";',
      "const twice = (x: number): number => 2 * x; ",
      "twice(4); // → 8",
      "const half = 1 / 3 // → 0.333…",
      "for (const n of [1]) {",
      '  base("a/b"); // → "b"',
      "  n; // → 2",
      "}",
      "[half, twice(1)]; // → [0.33, 2] (both)",
    ];
    expect(await run(example(code.join("\n")))).toEqual(["src/none.ts:7: promised 2, received 1"]);
  });

  it("compares numbers to the digits printed", () => {
    const value = 0.000318472;
    expect(disagreement("0.000318…", value)).toBeUndefined();
    expect(disagreement("0.00032", value)).toBeUndefined();
    expect(disagreement("0.000319…", 0.000317)).toBeDefined();
    expect(disagreement("3.18e-4", value)).toBeUndefined();
    expect(disagreement("3.19e-4", value)).toBeDefined();
    expect(disagreement("3", 3.4)).toBeDefined();
    expect(disagreement("−2.5", -2.5)).toBeUndefined();
    expect(disagreement("1.0", 1.06)).toBeDefined();
  });

  it("compares structures, tensors, typed arrays and printed forms", () => {
    expect(disagreement("[3, 12]", Float32Array.of(3, 12))).toBeUndefined();
    expect(disagreement("[[1, 2], [3, 4]]", { toArray: () => [[1, 2], [3, 4]] })).toBeUndefined(); // biome-ignore format: one matrix
    expect(disagreement("[3, 12]", [3, 12, 1])).toBeDefined();
    expect(disagreement('{ x: 1, y: "z" }', { x: 1, y: "z" })).toBeUndefined();
    expect(disagreement("{ x: 1 }", { x: 1, y: 2 })).toBeDefined();
    expect(disagreement("NaN", Number.NaN)).toBeUndefined();
    expect(disagreement("undefined", undefined)).toBeUndefined();
    expect(disagreement("Point(1, 2)", { toString: () => "Point(1, 2)" })).toBeUndefined();
    expect(parsePromise("[1, 2")).toBeUndefined();
  });
});

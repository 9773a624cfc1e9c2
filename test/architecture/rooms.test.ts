import { describe, expect, it } from "vitest";
import { importsOf, type SourceFile, sourceFiles, withoutComments } from "./sources.js";

/** Each room imports only from those before it. Files directly in `src/` are the public face and may import all. */
const rooms = [
  "tensor",
  "algebra",
  "autodiff",
  "compiler",
  "backends",
  "optimizers",
  "models",
  "data",
  "objectives",
  "curvature",
  "analysis",
  "descent",
  "fitting",
  "race",
  "vision",
  "landscape",
  "figures",
  "exchange",
  "runs",
  "lectures",
  "cli",
];

const linesWanted = 300;
const linesAllowed = 500;

const files = sourceFiles();
const roomOf = (path: string) => path.split("/")[1] ?? "";
const isFace = (path: string) => path.split("/").length === 2;

/** Imports that break the order of the rooms. */
function wrongImports(sources: readonly SourceFile[]): string[] {
  const wrong: string[] = [];
  for (const file of sources) {
    if (isFace(file.path)) continue;
    const own = rooms.indexOf(roomOf(file.path));
    for (const { target, line } of file.imports) {
      const where = `${file.path}:${line}`;
      if (!target.startsWith("src/")) wrong.push(`${where} imports ${target}, outside src/`);
      else if (isFace(target)) wrong.push(`${where} imports the public face ${target}`);
      else if (rooms.indexOf(roomOf(target)) > own) wrong.push(`${where} (${roomOf(file.path)}) imports ${target}, a later room`);
    }
  }
  return wrong;
}

/** Circles of imports that exist at run time, each as the list of its files. */
function cycles(sources: readonly SourceFile[]): string[][] {
  const edges = new Map(
    sources.map((file) => [file.path, file.imports.filter((edge) => !edge.typeOnly && !edge.dynamic).map((edge) => edge.target)]),
  );
  const found: string[][] = [];
  const finished = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string) => {
    const at = trail.indexOf(path);
    if (at >= 0) {
      found.push([...trail.slice(at), path]);
      return;
    }
    if (finished.has(path)) return;
    trail.push(path);
    for (const next of edges.get(path) ?? []) visit(next);
    trail.pop();
    finished.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return found;
}

describe("rooms of src/", () => {
  it("has files to look at", () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it("has only rooms of the list", () => {
    const unknown = files.filter((file) => !isFace(file.path) && !rooms.includes(roomOf(file.path)));
    expect(unknown.map((file) => file.path)).toEqual([]);
  });

  it("imports only from earlier rooms", () => {
    expect(wrongImports(files)).toEqual([]);
  });

  it("imports only files that exist", () => {
    const known = new Set(files.map((file) => file.path));
    const lost = files.flatMap((file) =>
      file.imports.filter((edge) => !known.has(edge.target)).map((edge) => `${file.path}:${edge.line} imports ${edge.target}`),
    );
    expect(lost).toEqual([]);
  });

  it("has no circle of imports at run time", () => {
    expect(cycles(files).map((cycle) => cycle.join(" → "))).toEqual([]);
  });

  it("gives every file a subject: no utils, helpers, common, misc", () => {
    const vague = files.filter((file) => /(^|[/-])(utils?|helpers?|common|misc|shared)([-.]|\/)/.test(file.path.slice("src/".length)));
    expect(vague.map((file) => file.path)).toEqual([]);
  });

  it("has no `any`", () => {
    const found = files.flatMap((file) =>
      withoutComments(file.text)
        .replace(/"(?:\\.|[^"\\\n])*"/g, '""')
        .split("\n")
        .flatMap((line, index) => (/(?:[:<,|&(]|\bas|=>)\s*any\b(?!\s*[:(.])|\bany\[\]/.test(line) ? [`${file.path}:${index + 1}`] : [])),
    );
    expect(found).toEqual([]);
  });

  it(`keeps files under ${linesAllowed} lines`, () => {
    const sizes = files.map((file) => ({ path: file.path, lines: file.text.trimEnd().split("\n").length }));
    const long = sizes.filter((size) => size.lines > linesWanted);
    if (long.length > 0) {
      console.warn(`over ${linesWanted} lines:\n${long.map((size) => `  ${size.path}: ${size.lines}`).join("\n")}`);
    }
    expect(long.filter((size) => size.lines > linesAllowed)).toEqual([]);
  });
});

describe("the checks themselves", () => {
  const file = (path: string, text: string): SourceFile => ({ path, text, imports: importsOf(path, text) });

  it("see imports of every form", () => {
    const text = [
      'import { a } from "./a.js";',
      'import type { B } from "../tensor/b.js";',
      "export {",
      "  c,",
      '} from "./c.js";',
      'export * from "./d.js";',
      'import "./e.js";',
      '// import { no } from "./no.js";',
      'const f = await import("./f.js");',
      'type G = import("./g.js").G;',
      'import fs from "node:fs";',
    ].join("\n");
    expect(importsOf("src/models/x.ts", text)).toEqual([
      { target: "src/models/a.ts", typeOnly: false, dynamic: false, line: 1 },
      { target: "src/tensor/b.ts", typeOnly: true, dynamic: false, line: 2 },
      { target: "src/models/c.ts", typeOnly: false, dynamic: false, line: 3 },
      { target: "src/models/d.ts", typeOnly: false, dynamic: false, line: 6 },
      { target: "src/models/e.ts", typeOnly: false, dynamic: false, line: 7 },
      { target: "src/models/f.ts", typeOnly: false, dynamic: true, line: 9 },
      { target: "src/models/g.ts", typeOnly: true, dynamic: false, line: 10 },
    ]);
  });

  it("find a later room and the public face", () => {
    const sources = [
      file("src/tensor/a.ts", 'import type { X } from "../descent/x.js";\nimport { y } from "../index.js";\n'),
      file("src/cli/b.ts", 'import { a } from "../tensor/a.js";\n'),
      file("src/index.ts", 'export * from "./cli/b.js";\n'),
    ];
    expect(wrongImports(sources)).toEqual([
      "src/tensor/a.ts:1 (tensor) imports src/descent/x.ts, a later room",
      "src/tensor/a.ts:2 imports the public face src/index.ts",
    ]);
  });

  it("find a circle, and leave one of types alone", () => {
    const circle = [file("src/data/a.ts", 'import { b } from "./b.js";'), file("src/data/b.ts", 'import { a } from "./a.js";')];
    expect(cycles(circle)).toEqual([["src/data/a.ts", "src/data/b.ts", "src/data/a.ts"]]);
    const types = [file("src/data/a.ts", 'import { b } from "./b.js";'), file("src/data/b.ts", 'import type { A } from "./a.js";')];
    expect(cycles(types)).toEqual([]);
  });
});

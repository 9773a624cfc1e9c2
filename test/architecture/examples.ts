/**
 * The examples of the documentation: found in the pages and the docstrings, made runnable, compared with what they promise.
 *
 * - A fenced block starting with three backticks and `ts` in README.md, CONTRIBUTING.md and docs/ is one program. Words after `ts`:
 *   `continued` joins it to the block before; `no-run` only checks its types; `sketch` does neither.
 * - An `@example` of a docstring is one program as well; it may use what its own file and "steepest" export without importing it.
 * - `expression; // → value` promises a value. Numbers agree to the digits printed; `…` after a number says that it was cut off.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { transform } from "esbuild";
import { parseAst } from "vite";
import { filesUnder, root, sourceFiles } from "./sources.js";

/** One example as it stands in a file. */
export interface Example {
  /** Path from the root. */
  readonly path: string;
  /** Line of its first line of code. */
  readonly line: number;
  readonly code: string;
  readonly mode: "run" | "types" | "skip";
  /** True for a docstring, whose names need no import. */
  readonly implicitImports: boolean;
}

/** The fenced TypeScript blocks of a text. */
export function fencedExamples(path: string, text: string, firstLine = 1, implicitImports = false): Example[] {
  const found: Example[] = [];
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)(`{3,})\s*(?:ts|typescript)\b(.*)$/.exec(lines[i] ?? "");
    if (fence === null) continue;
    const [, indent = "", ticks = "```", words = ""] = fence;
    const start = i + 1;
    let end = start;
    while (end < lines.length && !(lines[end] ?? "").trim().startsWith(ticks)) end++;
    const code = lines
      .slice(start, end)
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join("\n");
    const tags = words.trim().split(/\s+/);
    const mode = tags.includes("sketch") ? "skip" : tags.includes("no-run") ? "types" : "run";
    const previous = found.at(-1);
    if (tags.includes("continued") && previous !== undefined) {
      // Blank lines in between keep the line numbers of both parts true.
      const gap = "\n".repeat(Math.max(1, start + firstLine - previous.line - previous.code.split("\n").length + 1));
      found[found.length - 1] = { ...previous, code: previous.code + gap + code };
    } else {
      found.push({ path, line: start + firstLine, code, mode, implicitImports });
    }
    i = end;
  }
  return found;
}

/** The `@example` parts of the docstrings of a source text. */
export function docstringExamples(path: string, text: string): Example[] {
  const found: Example[] = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const firstLine = text.slice(0, comment.index).split("\n").length;
    const lines = comment[0]
      .replace(/^\/\*\*/, "   ")
      .replace(/\*\/$/, "")
      .split("\n")
      .map((line) => line.replace(/^\s*\* ?/, ""));
    for (let i = 0; i < lines.length; i++) {
      const opening = /^\s*@example\b(.*)$/.exec(lines[i] ?? "");
      if (opening === null) continue;
      let end = i + 1;
      let fenced = false;
      while (end < lines.length && (fenced || !/^\s*@\w/.test(lines[end] ?? ""))) {
        if (/^\s*```/.test(lines[end] ?? "")) fenced = !fenced;
        end++;
      }
      const body = lines.slice(i + 1, end).join("\n");
      if (body.includes("```")) found.push(...fencedExamples(path, body, firstLine + i + 1, true));
      else found.push({ path, line: firstLine + i + 1, code: body, mode: "run", implicitImports: true });
      i = end - 1;
    }
  }
  return found;
}

/** All examples of the pages and of the sources. */
export function allExamples(): Example[] {
  const pages = ["README.md", "CONTRIBUTING.md", ...filesUnder("docs", ".md")];
  return [
    ...pages.flatMap((path) => fencedExamples(path, readFileSync(join(root, path), "utf8"))),
    ...sourceFiles().flatMap((file) => docstringExamples(file.path, file.text)),
  ];
}

/** A node of a syntax tree, as far as it is looked at here. */
interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && "start" in value && "end" in value;

const nodesIn = (value: unknown): readonly SyntaxNode[] => (Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : []);

function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node);
  for (const field of Object.values(node)) for (const child of nodesIn(field)) walk(child, visit);
}

const nameOf = (node: unknown): string => (isNode(node) ? String(node.type === "Literal" ? node.value : node.name) : "");

/** An example ready to run: the body of an async function, and the free names it needs from outside. */
export interface Program {
  readonly body: string;
  /** Every identifier in it that it does not import itself. */
  readonly identifiers: ReadonlySet<string>;
}

/** Parameters of the function that a program's body belongs to. */
export const programParameters = { load: "__load", check: "__check" };

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function importEdit(node: SyntaxNode, imported: Set<string>): Edit {
  const load = `await ${programParameters.load}(${JSON.stringify(nameOf(node.source))})`;
  const names: string[] = [];
  const statements: string[] = [];
  for (const specifier of nodesIn(node.specifiers)) {
    const local = nameOf(specifier.local);
    imported.add(local);
    if (specifier.type === "ImportNamespaceSpecifier") statements.push(`const ${local} = ${load};`);
    else names.push(`${specifier.type === "ImportDefaultSpecifier" ? "default" : nameOf(specifier.imported)}: ${local}`);
  }
  statements.push(names.length > 0 ? `const { ${names.join(", ")} } = ${load};` : `${load};`);
  return { start: node.start, end: node.end, text: statements.join(" ") };
}

/** Puts the check in place of the marker that stands after the statement `before`. */
function checkEdit(marker: SyntaxNode, call: SyntaxNode, before: SyntaxNode | undefined, source: string): Edit[] {
  const [line, promised] = nodesIn(call.arguments);
  if (line === undefined || promised === undefined) return [];
  const arrow = `${source.slice(line.start, line.end)}, ${source.slice(promised.start, promised.end)}`;
  const close = { start: marker.start, end: marker.end, text: "" };
  if (before?.type === "ExpressionStatement" && isNode(before.expression)) {
    const { start, end } = before.expression;
    return [{ start, end: start, text: `${programParameters.check}(${arrow}, (` }, { start: end, end, text: "))" }, close];
  }
  if (before?.type === "VariableDeclaration") {
    const declared = nodesIn(before.declarations).at(-1);
    if (declared !== undefined && isNode(declared.id) && declared.id.type === "Identifier") {
      return [{ ...close, text: `${programParameters.check}(${arrow}, ${nameOf(declared.id)});` }];
    }
  }
  throw new Error(`line ${source.slice(line.start, line.end)}: "// →" must follow an expression or a declaration of one name`);
}

/** Strips the types, turns imports into loads and promised values into checks. */
export async function prepare(example: Example): Promise<Program> {
  const marked = example.code
    .split("\n")
    .map((text, index) => {
      const promise = /^(.*\S)\s*\/\/\s*→\s*(.+?)\s*$/.exec(text);
      if (promise === null) return text;
      return `${promise[1]};${programParameters.check}(${example.line + index}, ${JSON.stringify(promise[2])});`;
    })
    .join("\n");
  const { code } = await transform(marked, { loader: "ts", format: "esm", target: "es2022", sourcefile: example.path });
  const tree: unknown = parseAst(code);
  if (!isNode(tree)) throw new Error("the parser gave no tree");
  const identifiers = new Set<string>();
  const imported = new Set<string>();
  const edits: Edit[] = [];
  walk(tree, (node) => {
    if (node.type === "Identifier") identifiers.add(nameOf(node));
    if (node.type === "ImportDeclaration") edits.push(importEdit(node, imported));
    if (node.type === "ExportNamedDeclaration" && isNode(node.declaration)) {
      edits.push({ start: node.start, end: node.declaration.start, text: "" });
    }
    const statements = nodesIn(node.body).filter((statement) => statement.type !== "EmptyStatement");
    statements.forEach((statement, index) => {
      const call = statement.expression;
      if (!isNode(call) || call.type !== "CallExpression" || nameOf(call.callee) !== programParameters.check) return;
      edits.push(...checkEdit(statement, call, statements[index - 1], code));
    });
  });
  let body = code;
  for (const edit of edits.sort((a, b) => b.start - a.start || b.end - a.end))
    body = body.slice(0, edit.start) + edit.text + body.slice(edit.end);
  for (const name of imported) identifiers.delete(name);
  // The block lets an example declare a name that would otherwise come from outside.
  return { body: `"use strict"; {\n${body}\n}`, identifiers };
}

/** A promised number: its value and how far the true one may be from it. */
interface PromisedNumber {
  readonly value: number;
  readonly tolerance: number;
}

type Promised =
  | PromisedNumber
  | string
  | boolean
  | null
  | undefined
  | readonly Promised[]
  | { readonly fields: ReadonlyMap<string, Promised> };

/** Reads a promised value; gives undefined in `parsed` where the text is no value. A remark in parentheses may follow it. */
export function parsePromise(text: string): { readonly parsed: Promised } | undefined {
  let at = 0;
  const skip = () => {
    while (/\s/.test(text[at] ?? "")) at++;
  };
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    const match = new RegExp(pattern, "y");
    match.lastIndex = at;
    const found = match.exec(text);
    if (found !== null) at += found[0].length;
    return found ?? undefined;
  };
  const fail = (): never => {
    throw new SyntaxError(text);
  };
  const list = (close: RegExp, item: () => void) => {
    skip();
    if (take(close)) return;
    for (;;) {
      item();
      skip();
      if (take(/,/)) {
        skip();
        if (take(close)) return;
      } else if (take(close)) return;
      else fail();
    }
  };
  const value = (): Promised => {
    skip();
    const number = take(/≈?\s*([+\-−]?)(\d[\d_]*\.?\d*|\.\d+)(?:e([+\-−]?\d+))?(…|\.\.\.)?/i);
    if (number) {
      const [, sign = "", digits = "", exponent = "0", cut] = number;
      const scale = Number(`1e${exponent.replace("−", "-")}`);
      const decimals = digits.includes(".") ? digits.length - digits.indexOf(".") - 1 : 0;
      const unit = scale * Number(`1e-${decimals}`);
      const magnitude = Number(`${digits.replaceAll("_", "")}e${exponent.replace("−", "-")}`);
      const rounding = cut === undefined ? (decimals === 0 && exponent === "0" ? 1e-6 * Math.max(1, magnitude) : unit / 2) : unit;
      return { value: sign === "" || sign === "+" ? magnitude : -magnitude, tolerance: rounding * (1 + 1e-6) };
    }
    const quoted = take(/"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'/);
    if (quoted) return quoted[1] ?? quoted[2] ?? "";
    const word = take(/([-−]?Infinity|NaN|true|false|null|undefined)\b/)?.[1];
    if (word !== undefined) {
      if (word === "true" || word === "false") return word === "true";
      if (word === "null") return null;
      if (word === "undefined") return undefined;
      return { value: Number(word.replace("−", "-")), tolerance: 0 };
    }
    take(/(?:Tensor|Float(?:32|64)Array|U?[Ii]nt\d+Array|Uint8ClampedArray)(?:\(\d+\))?\s*(?=\[)/);
    if (take(/\[/)) {
      const items: Promised[] = [];
      list(/\]/, () => items.push(value()));
      return items;
    }
    if (take(/\{/)) {
      const fields = new Map<string, Promised>();
      list(/\}/, () => {
        const key = take(/"([^"]*)"|([\w$]+)/) ?? fail();
        skip();
        if (!take(/:/)) fail();
        fields.set(key[1] ?? key[2] ?? "", value());
      });
      return { fields };
    }
    return fail();
  };
  try {
    const parsed = value();
    const rest = text.slice(at).trim();
    return rest === "" || /^\(.*\)$/.test(rest) ? { parsed } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What of a value can be compared: a tensor as its nested numbers, a typed array as an array. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Object.values(value);
  if (typeof value === "object" && value !== null && "toArray" in value && typeof value.toArray === "function")
    return plain(value.toArray());
  return value;
}

function agrees(promised: Promised, received: unknown): boolean {
  const actual = plain(received);
  if (Array.isArray(promised)) {
    return Array.isArray(actual) && actual.length === promised.length && promised.every((item, i) => agrees(item, actual[i]));
  }
  if (typeof promised === "object" && promised !== null && "fields" in promised) {
    if (typeof actual !== "object" || actual === null) return false;
    const keys = Object.keys(actual);
    const values = new Map(Object.entries(actual));
    return (
      keys.length === promised.fields.size && [...promised.fields].every(([key, item]) => values.has(key) && agrees(item, values.get(key)))
    );
  }
  if (typeof promised === "object" && promised !== null && "tolerance" in promised) {
    if (typeof actual !== "number") return false;
    return Object.is(actual, promised.value) || Math.abs(actual - promised.value) <= promised.tolerance;
  }
  return Object.is(actual, promised);
}

/** What is wrong with a value, or undefined where it is as promised. A text that is no value is compared with the printed form. */
export function disagreement(promise: string, received: unknown): string | undefined {
  const expected = parsePromise(promise);
  const printed = inspect(plain(received), { depth: 6, breakLength: Number.POSITIVE_INFINITY });
  const fits = expected === undefined ? String(received) === promise || printed === promise : agrees(expected.parsed, received);
  return fits ? undefined : `promised ${promise}, received ${printed}`;
}

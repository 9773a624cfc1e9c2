import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the checkout. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** One relative import of a source file. */
export interface Import {
  /** Path of the imported file from the root, with `/` and `.ts`. */
  readonly target: string;
  /** True where nothing of it is left at run time. */
  readonly typeOnly: boolean;
  /** True for `import(…)`: loaded when reached, so it closes no cycle at start-up. */
  readonly dynamic: boolean;
  readonly line: number;
}

/** One file under `src/`. */
export interface SourceFile {
  /** Path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** Paths from the root, with `/`, of the files below `folder` whose names end in `ending`, sorted. */
export function filesUnder(folder: string, ending: string): string[] {
  let names: string[];
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name.split(sep).join("/")}`)
    .sort();
}

const declaration = /^(?:import|export)\s+(type\s+)?(?:[^"';]*?\s*from\s+)?"([^"\n]+)"/gm;
const dynamicImport = /\bimport\(\s*"([^"\n]+)"\s*\)/g;

/** The relative imports of a TypeScript text lying at `path`. */
export function importsOf(path: string, text: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, index: number, typeOnly: boolean, dynamic: boolean) => {
    if (!specifier.startsWith(".")) return;
    const target = relative(root, normalize(join(root, dirname(path), specifier)))
      .split(sep)
      .join("/")
      .replace(/\.js$/, ".ts");
    found.push({ target, typeOnly, dynamic, line: text.slice(0, index).split("\n").length });
  };
  for (const match of text.matchAll(declaration)) {
    // With verbatimModuleSyntax, `import { type A }` still loads the file: only `import type` does not.
    add(match[2] ?? "", match.index, match[1] !== undefined, false);
  }
  // In a type position `import("…")` costs nothing; it is told from a call by the `await` or the `.then` beside it.
  const code = withoutComments(text);
  for (const match of code.matchAll(dynamicImport)) {
    const called =
      /\bawait\s*$/.test(code.slice(0, match.index)) ||
      code
        .slice(match.index + match[0].length)
        .trimStart()
        .startsWith(".then");
    add(match[1] ?? "", match.index, !called, called);
  }
  return found;
}

/**
 * The text with comments and the contents of strings replaced by blanks, lines kept. Module specifiers stay.
 * A regular expression is recognised by what stands before its slash, which is enough for formatted code.
 */
export function withoutComments(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|(?<=[=(,:;!&|?{}[\n]\s*|return\s)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/g;
  return text.replace(token, (part) => (part.startsWith('"') ? part : part.replace(/[^\n]/g, " ")));
}

/** Every TypeScript file of the library. */
export function sourceFiles(): SourceFile[] {
  return filesUnder("src", ".ts").map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, imports: importsOf(path, text) };
  });
}

/** The update rules as the page has them: each can be typeset, and none is missing. */
import { readFileSync } from "node:fs";
import katex from "katex";
import { describe, expect, it } from "vitest";
import * as room from "../../src/optimizers/index.js";
import * as wrappers from "../../src/optimizers/wrappers/index.js";

const page = readFileSync(new URL("../../docs/optimizers.md", import.meta.url), "utf8");

interface Block {
  readonly tex: string;
  readonly line: number;
  /** What the block shows: the bold names of the paragraph before it, and the labels inside. */
  readonly names: ReadonlySet<string>;
}

const blocks: readonly Block[] = [...page.matchAll(/^```math\n([\s\S]*?)^```$/gm)].map(({ index, 1: tex }) => {
  const lead = page.slice(0, index).trimEnd().split("\n\n").at(-1) ?? "";
  const names = [...lead.matchAll(/\*\*`([^`]+)`\*\*/g), ...tex.matchAll(/\\texttt\{([^}]+)\}/g)].map(([, name]) => name);
  return { tex, line: page.slice(0, index).split("\n").length, names: new Set(names) };
});
const inline = [...page.matchAll(/\$`([^`]*)`\$/g)].map(([, tex]) => tex);
const blockOf = (name: string) => blocks.filter(({ names }) => names.has(name));

/** GitHub sets formulas with MathJax, and refuses some macros: what stands here is known to both. */
const macros = new Set(
  [
    "alpha beta gamma delta Delta eta theta kappa lambda mu nabla omega phi varphi pi psi rho sigma tau varepsilon gets infty le ge",
    "frac tfrac dfrac sqrt sum max min cos hat bigl bigr Big left right lfloor rfloor lVert rVert top cdot cdots ldots sim approx",
    "begin end text texttt mathrm mathcal mathop textstyle limits quad qquad",
  ].flatMap((line) => line.split(" ")),
);

describe("every equation of the page", () => {
  it.each(blocks.map((block) => [block.line, block] as const))("line %i can be typeset", (_, { tex }) => {
    expect(() => katex.renderToString(tex, { displayMode: true, throwOnError: true, strict: "error" })).not.toThrow();
  });

  it("in the text, too", () => {
    expect(inline.length).toBeGreaterThan(10);
    for (const tex of inline) expect(() => katex.renderToString(tex, { throwOnError: true, strict: "error" }), tex).not.toThrow();
  });

  it("uses only what both typesetters know", () => {
    const used = [...blocks.map(({ tex }) => tex), ...inline].flatMap((tex) => [...tex.matchAll(/\\([A-Za-z]+)/g)].map(([, name]) => name));
    expect([...new Set(used)].filter((name) => !macros.has(name))).toEqual([]);
    // A dollar sign, or a line that begins with a dash, ends a block or makes a list of it.
    for (const { tex, line } of blocks) expect(tex, `line ${line}`).not.toMatch(/\$|^\s*[-+*] /m);
  });
});

/** Functions of the room that are neither rules nor anything around them. */
const others = new Set([
  ...["defineOptimizer", "history", "likeTheta", "pieces", "rateOf", "scalar"],
  ...["optimizerNamed", "parseSchedule"],
]);

/** The words that options take which change an equation, beside `form` of the registry. */
const words: Readonly<Record<string, readonly string[]>> = {
  adam: ["outside", "inside", "hat"],
  adamax: ["inside", "outside"],
  clip: ["norm", "value"],
  weightDecay: ["decoupled", "coupled"],
  averaged: ["exponential", "mean"],
  piecewise: ["constant", "linear"],
  cyclic: ["triangular", "halving", "exponential"],
};

describe("an equation stands there for", () => {
  it.each([...room.optimizers.values()].map((entry) => [entry.name, entry] as const))("%s, in all its forms", (name, { forms }) => {
    const own = blockOf(name);
    expect(own.length, "no block has its name in bold before it, or in it").toBeGreaterThan(0);
    for (const form of forms) expect(own.filter(({ names }) => names.has(form)).length, form).toBeGreaterThan(0);
  });

  it.each(Object.keys(wrappers))("the wrapper %s", (name) => {
    expect(blockOf(name).length).toBeGreaterThan(0);
  });

  it("every other function of the room: schedules, line searches, penalties", () => {
    const functions = Object.entries(room).flatMap(([name, value]) => (typeof value === "function" && !others.has(name) ? [name] : []));
    expect(functions.length).toBeGreaterThan(45);
    expect(functions.filter((name) => blockOf(name).length === 0)).toEqual([]);
  });

  it.each(Object.entries(words))("%s in each of its words", (name, forms) => {
    for (const form of forms) expect(blockOf(name).filter(({ names }) => names.has(form)).length, form).toBeGreaterThan(0);
  });
});

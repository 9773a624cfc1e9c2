import { transformSync } from "esbuild";
import { describe, expect, test } from "vitest";
import type { Expression } from "../../../src/objectives/formula/ast.js";
import {
  type AnyFunction,
  type FunctionOptions,
  parseFunction,
  parseFunctionText,
} from "../../../src/objectives/formula/function-parser.js";
import { errorOf } from "../../errors.js";
import { shown, valueOf } from "./trees.js";

const positions = (fn: AnyFunction, options?: FunctionOptions) => parseFunction(fn, options).variables.map(({ name, key }) => [name, key]);

describe("parameters", () => {
  test("are numbers by position, used or not", () => {
    expect(positions((x: number, _y: number, z: number) => x * z)).toEqual([
      ["x", 0],
      ["_y", 1],
      ["z", 2],
    ]);
    expect(positions((x: number) => x)).toEqual([["x", 0]]);
    expect(positions((_x: number) => 3)).toEqual([["_x", 0]]);
  });
  test("are one array, indexed or taken apart", () => {
    expect(positions((x: number[]) => x[0] * x[2])).toEqual([
      ["x[0]", 0],
      ["x[1]", 1],
      ["x[2]", 2],
    ]);
    expect(positions((x: number[]) => x[0], { count: 2 })).toEqual([
      ["x[0]", 0],
      ["x[1]", 1],
    ]);
    expect(positions(([a, b]: number[]) => a * b)).toEqual([
      ["a", 0],
      ["b", 1],
    ]);
    expect(
      positions((x: number[]) => {
        const [a, b] = x;
        return a * b;
      }),
    ).toEqual([
      ["x[0]", 0],
      ["x[1]", 1],
    ]);
    expect(parseFunction((x: number[]) => x[0]).form).toBe("array");
  });
  test("are one record, in the order of the start", () => {
    expect(positions((p: Record<string, number>) => p.x * p.y)).toEqual([
      ["p.x", "x"],
      ["p.y", "y"],
    ]);
    expect(positions((p: Record<string, number>) => p.x * p.y, { names: ["y", "x", "z"] })).toEqual([
      ["p.y", "y"],
      ["p.x", "x"],
      ["p.z", "z"],
    ]);
    expect(positions(({ x, y: v }: Record<string, number>) => x * v)).toEqual([
      ["x", "x"],
      ["v", "y"],
    ]);
    expect(
      positions((p: Record<string, number>) => {
        const { x, y } = p;
        return x * y;
      }),
    ).toEqual([
      ["p.x", "x"],
      ["p.y", "y"],
    ]);
    expect(parseFunction(({ x }: { x: number }) => x).form).toBe("record");
  });
  test("end with constants when these are given", () => {
    const parsed = parseFunction((x: number, { a, b: c }: { a: number; b: number }) => (x - a) ** c, {
      constants: { a: 3, b: 2, unused: 1 },
    });
    expect(parsed.variables).toEqual([{ name: "x", key: 0 }]);
    expect([...parsed.constants]).toEqual([
      ["a", 3],
      ["c", 2],
    ]);
    const member = parseFunction((x: number, c: { y: number[]; a: number }) => c.a * x + c.y[1] + c.y.length, {
      constants: { a: 3, y: [4, 5] },
    });
    expect(shown(member.result)).toBe("(((c.a * x) + c.y[1]) + 2)");
    expect([...member.constants]).toEqual(
      [
        ["c.y[1]", 5],
        ["c.a", 3],
      ].reverse(),
    );
  });
});

const mean = (values: unknown): number => Number(values);
const constants = { t: [1, 2, 4], y: new Float32Array([2, 3, 6]) };

describe("a function is read in every form JavaScript gives it", () => {
  const forms: [string, AnyFunction][] = [
    ["arrow", (x: number, y: number) => x * x + y],
    [
      "arrow with a block",
      (x: number, y: number) => {
        const square = x * x;
        return square + y;
      },
    ],
    ["function expression", (x: number, y: number) => x * x + y],
    [
      "named function",
      function energy(x: number, y: number) {
        return x * x + y;
      },
    ],
    [
      "method",
      {
        energy(x: number, y: number) {
          return x * x + y;
        },
      }.energy,
    ],
    [
      "computed method",
      {
        ["a b"](x: number, y: number) {
          return x * x + y;
        },
      }["a b"],
    ],
    [
      "with comments",
      (x: number, y: number) =>
        /* first */ x * x + // then
        y,
    ],
  ];
  test.each(forms)("%s", (_, fn) => {
    expect(valueOf(parseFunction(fn), { x: 3, y: 5 })).toBe(14);
  });
  test.each([
    ["an arrow without parentheses", "x => x ** 2", "(x ^ 2)"],
    ["a method with a quoted name", '"a b"(x) { return x }', "x"],
    ["a private method", "#f(x) { return x }", "x"],
    ["in parentheses", "((x) => (x))", "x"],
    ["with a name kept by a bundler", '/* @__PURE__ */ __name((x) => x * x, "f")', "(x * x)"],
    ["with a minified keeper", 'a(function(e){return e*e},"f")', "(e * e)"],
    ["with a trailing comma", "(x, y,) => x + y,", "(x + y)"],
    ["without semicolons", "x => {\n  const t = x\n  const u = t * 2\n  return u\n}", "u"],
    ["numbers of every form", "x => 1_000 + 0x1F + 0b11 + 0o17 + .5e-1 + 2. + x", "((((((1000 + 31) + 3) + 15) + 0.05) + 2) + x)"],
    ["a power of a sign", "x => (-x) ** 2 - 2 ** -x ** 2", "(((-x) ^ 2) - (2 ^ (-(x ^ 2))))"],
    ["a tight condition", "x=>x>0?.5:x", "((x > 0) ? 0.5 : x)"],
    ["an import called by a bundler", "(x,{t})=>(0,lib.mean)(t*x)", "mean((t * x))"],
    ["an import in a namespace", "(x,{t})=>__vi_import_0__.mean(t*x)", "mean((t * x))"],
    ["Math taken apart", "x => { const { sin, PI: p } = Math; return sin(p * x); }", "sin((pi * x))"],
    ["Math.pow", "x => Math.pow(x, 3)", "(x ^ 3)"],
    ["two blocks with one name", "x => { if (x > 1) { const t = 1; return t } else { const t = 2; return t } }", "((x > 1) ? t : t_2)"],
    ["a name hidden in a block", "x => { if (x > 1) { const x = 7; return x } return x }", "((x > 1) ? x_2 : x)"],
    ["a chain of cases", "x => { if (x > 1) return 1; else if (x > 0) return 2; return 3 }", "((x > 1) ? 1 : ((x > 0) ? 2 : 3))"],
    ["complete cases", "x => { if (x > 1) { return 1 } else { return 2 } }", "((x > 1) ? 1 : 2)"],
    ["several at once", "x => { let a = x + 1, b = a * a; return a + b }", "(a + b)"],
  ])("%s", (_, text, structure) => {
    expect(shown(parseFunctionText(text, /\{t\}/.test(text) ? { constants: { t: [1, 2] } } : {}).result)).toBe(structure);
  });
});

describe("the value is what the function itself gives", () => {
  const points = [
    [-1.2, 1],
    [0.3, -0.7],
    [2.5, 0.25],
  ];
  test.each<[string, (x: number, y: number) => number]>([
    ["Rosenbrock", (x, y) => (1 - x) ** 2 + 100 * (y - x ** 2) ** 2],
    ["Himmelblau", (x, y) => (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2],
    [
      "Ackley",
      (x, y) =>
        -20 * Math.exp(-0.2 * Math.sqrt(0.5 * (x * x + y * y))) -
        Math.exp(0.5 * (Math.cos(2 * Math.PI * x) + Math.cos(2 * Math.PI * y))) +
        Math.E +
        20,
    ],
    [
      "Huber",
      (x, y) => {
        const r = Math.abs(x - y);
        if (r <= 1) return 0.5 * r * r;
        return r - 0.5;
      },
    ],
    ["with conditions", (x, y) => ((x > 0 && !(y > 0.5)) || x === 2.5 ? Math.max(x, y, 1) : Math.min(x, -y))],
    [
      "with locals",
      (x, y) => {
        const a = x - y,
          b = a * a;
        const c = b > 1;
        return c ? b : a / (1 + b);
      },
    ],
  ])("%s", (_, fn) => {
    const parsed = parseFunction(fn);
    const names = parsed.variables.map((variable) => variable.name);
    for (const [x, y] of points) expect(valueOf(parsed, { [names[0]]: x, [names[1]]: y })).toBeCloseTo(fn(x, y), 11);
  });

  test("over data, through a local", () => {
    const parsed = parseFunction(
      (w: number, { t, y }: { t: number; y: number }) => {
        const r = w * t - y;
        return mean(r * r) + w;
      },
      { constants },
    );
    const data = Object.fromEntries([...parsed.constants].map(([name, value]) => [name, typeof value === "number" ? value : [...value]]));
    expect(valueOf(parsed, { w: 2, ...data })).toBeCloseTo((0 + 1 + 4) / 3 + 2, 13);
  });

  test("over data", () => {
    const parsed = parseFunction((w: number[], { t, y }: { t: number; y: number }) => mean((w[0] + w[1] * t - y) ** 2), { constants });
    const data = Object.fromEntries([...parsed.constants].map(([name, value]) => [name, typeof value === "number" ? value : [...value]]));
    expect(valueOf(parsed, { "w[0]": 1, "w[1]": 1.5, ...data })).toBeCloseTo(
      ((1 + 1.5 - 2) ** 2 + (1 + 3 - 3) ** 2 + (1 + 6 - 6) ** 2) / 3,
      13,
    );
  });
});

describe("bundlers", () => {
  const texts: [string, string][] = [
    ["Rosenbrock", "(x: number, y: number): number => (1 - x) ** 2 + 100 * (y - x ** 2) ** 2"],
    [
      "a block",
      "function f(x: number, y: number) { const first = x - y; const second = first * first + Math.sin(x); return second > 1 ? second * second : first + second; }",
    ],
    ["cases", "(x: number, y: number) => { if (x > y) return x * y; else if (x < -1) return x + y; return Math.exp(x) / 3; }"],
    ["a record", "({ x, y }: { x: number; y: number }) => Math.hypot(x, y) + x ** -2"],
    ["an array", "(p: number[]) => { const [x, y] = p; return x * x - 0.001 * y + 1_000 }"],
  ];
  test.each(texts)("leave %s the same", (_, text) => {
    const original = parseFunctionText(
      transformSync(`export default ${text}`, { loader: "ts" })
        .code.replace(/^export default |^[^(]*(?=\()/g, "")
        .replace(/;\s*$/, ""),
    );
    for (const options of [
      {},
      { minify: true },
      { minifyWhitespace: true },
      { minifySyntax: true },
      { keepNames: true },
      { keepNames: true, minify: true },
      { target: "es2015" },
      { sourcemap: "inline" as const },
    ]) {
      const { code } = transformSync(`globalThis.it = ${text};`, { loader: "ts", ...options });
      const start = code.indexOf("globalThis.it") + code.slice(code.indexOf("globalThis.it")).indexOf("=") + 1;
      const end = code.indexOf("//# source") < 0 ? code.length : code.indexOf("//# source");
      const parsed = parseFunctionText(code.slice(start, end).trim().replace(/;$/, ""));
      for (const [x, y] of [
        [0.5, 2],
        [3, 1],
        [-2, 1],
      ]) {
        const [a, b] = [original, parsed].map((program) =>
          valueOf(program, Object.fromEntries(program.variables.map(({ name }, i) => [name, i === 0 ? x : y]))),
        );
        expect(b, `${JSON.stringify(options)} at ${x}, ${y}`).toBe(a);
      }
    }
  });

  test("do not change the tree when only names and space change", () => {
    const text = "(x, y) => { const square = x * x; return square > 1 ? -square + y : Math.max(square, y, 2) }";
    const { code } = transformSync(`globalThis.it = ${text}`, { minifyWhitespace: true, minifyIdentifiers: true });
    const minified = parseFunctionText(
      code
        .slice(code.indexOf("=") + 1)
        .trim()
        .replace(/;$/, ""),
    );
    const original = parseFunctionText(text);
    const renamed = (program: typeof original): string => {
      const names = new Map(
        [...program.variables.map(({ name }) => name), ...program.locals.map(({ name }) => name)].map(
          (name, i) => [name, `n${i}`] as const,
        ),
      );
      const all: Expression[] = [...program.locals.map(({ value }) => value), program.result];
      return all.map((node) => shown(node).replaceAll(/\b[a-z]\w*\b/g, (name) => names.get(name) ?? name)).join("; ");
    };
    expect(renamed(minified)).toBe(renamed(original));
  });
});

describe("what it cannot take is named, with its place and a way out", () => {
  test.each<[string, string, RegExp, RegExp | undefined, FunctionOptions?]>([
    ["x => (x - a) ** 2", "column 11", /uses a, which is not one of its parameters/, /constants: \{ a \}/],
    ["x => {\n  return x * scale;\n}", "line 2, column 14", /uses scale/, /\(x, \{ scale \}\) =>/],
    ["(alpha) => alpa", "column 12", /uses alpa/, /did you mean alpha\?/],
    ["x => config.rate * x", "column 6", /uses config/, /constants/],
    ["x => {\n  let s = 0;\n  for (let i = 0; i < 3; i++) s += x;\n  return s;\n}", "line 3, column 3", /loop/, /tensors/],
    ["x => { while (x > 1) {} return x }", "column 8", /loop/, /tensors/],
    ["x => { let s = 0; s += x; return s }", "column 21", /changes a value/, /const next/],
    ["x => { x = 2; return x }", "column 10", /changes a value/, /const next/],
    ["x => x++", "column 7", /changes a value/, /const next/],
    ["x => sin(x)", "column 6", /calls sin/, /Math\.sin/],
    ["x => helper(x)", "column 6", /calls helper/, /formula of helper/],
    ["x => x.map((v) => v * v)", "column 6", /x\.map/, /tensor/],
    ["w => w.square().sum()", "column 6", /w\.square/, /tensor as start/],
    ["(x, { a }) => a.map(x)", "column 15", /a\.map/, /tensor/, { constants: { a: [1] } }],
    ["x => x.length", "column 6", /x\.length/, /constant/],
    ["x => x[i]", "column 8", /index/, /x\[0\]/],
    ["x => x['a']", "column 8", /index/, /x\.a/],
    ["x => x[0] + x", "column 13", /as a number here and as an array before/, undefined],
    ["x => x[0].y", "column 6", /more than arithmetic/, /tensors/],
    ["x => x.constructor", "column 6", /cannot be the name/, /another/],
    ["x => x ^ 2", "column 8", /bit operation/, /\*\*/],
    ["x => x % 2", "column 8", /remainder/, /Math\.floor/],
    ["x => x | 0", "column 8", /bit operation/, /&&/],
    ["x => ~~x", "column 6", /bit operation/, undefined],
    ["x => x ?? 1", "column 8", /empty value/, undefined],
    ["x => x?.y", "column 6", /more than arithmetic/, undefined],
    ["x => `${x}`", "column 6", /text/, /numbers/],
    ["x => 'a'", "column 6", /text/, /numbers/],
    ["x => 10n * x", "column 6", /big integer/, /write 10/],
    ["x => 010 * x", "column 6", /starts with 0/, /leave the 0 away/],
    ["x => ({ a: x })", "column 7", /object/, /one number/],
    ["x => [x]", "column 6", /array/, /one number/],
    ["x => true", "column 6", /truth value/, undefined],
    ["x => null", "column 6", /empty value/, undefined],
    ["x => this.a * x", "column 6", /this/, /constants/],
    ["x => new Date()", "column 6", /object/, undefined],
    ["x => (x, 1)", "column 8", /comma/i, /const/],
    ["x => Math.sen(x)", "column 6", /Math\.sen has no counterpart/, /Math\.sin/],
    ["x => Math.random()", "column 6", /Math\.random has no counterpart/, /constants/],
    ["x => Math.__proto__", "column 6", /no counterpart/, undefined],
    ["x => Math.sin(x, x)", "column 6", /wrong number of values/, /sin\(x\)/],
    ["x => x > 0", "column 6", /condition stands where a number/, /\? 1 : 0/],
    ["x => x ? 1 : 0", "column 6", /number stands where a condition/, /=== 0/],
    ["x => x && 1", "column 6", /number stands where a condition/, undefined],
    ["x => { const f = (t) => t * t; return f(x) }", "column 18", /another function/, /where it is used/],
    ["x => { const f = t => t * t; return f(x) }", "column 18", /another function/, /where it is used/],
    ["x => { function f() {} return x }", "column 8", /another function/, undefined],
    ["x => { console.log(x); return x }", "column 8", /console/, /remove/],
    ["x => { throw x }", "column 8", /throws/, /Infinity/],
    ["x => { switch (x) {} }", "column 8", /switch/, /if/],
    ["x => { let t; return t }", "column 12", /without a value/, /const t/],
    ["x => { x * 2 }", "column 8", /thrown away/, /return/],
    ["x => {}", "column 1", /returns nothing/, /return/],
    ["x => { return; }", "column 8", /returns nothing/, undefined],
    ["x => { return\n x }", "line 1, column 8", /returns nothing/, undefined],
    ["x => { if (x > 0) return 1; }", "column 8", /every case/, /return/],
    ["x => { if (x > 0) { if (x > 1) return 1; } return 2 }", "column 21", /every case/, /return/],
    ["x => { return 1; return 2 }", "column 18", /nothing after return/, /remove/],
    ["(...x) => 1", "column 2", /gathers/, /x\[0\]/],
    ["(x = 1) => x", "column 4", /default/, /constant/],
    ["({ a: { b } }) => b", "column 7", /within one another/, undefined],
    ["() => 1", "column 1", /no parameters/, /\(x, y\)/],
    ["x => 1", "column 1", /no parameter for them/, /\(x, \{ a \}\)/, { constants: { a: 1 } }],
    ["(x, { a }) => x * a", "column 5", /beside others/, /constants: \{ a \}/],
    ["(x, { b }) => x * b", "column 7", /constant b was not given/, /constants: \{ b/, { constants: { a: 1 } }],
    ["(x, { alpa }) => x", "column 7", /was not given/, /did you mean alpha/, { constants: { alpha: 1 } }],
    ["(x, c) => x * c.constructor", "column 15", /was not given/, undefined, { constants: { a: 1 } }],
    ["(x, { a }) => a[3] * x", "column 15", /a\[3\] does not exist/, undefined, { constants: { a: [1, 2] } }],
    ["(x, { a }) => a * x", "column 15", /one value per element/, /mean\(a \* x\)/, { constants: { a: [1, 2] } }],
    ["(x, y) => x", "column 1", /different numbers/, /per parameter/, { count: 3 }],
    ["x => x", "column 1", /different numbers/, /x\[0\]/, { count: 2 }],
    ["x => x[2]", "column 6", /start is shorter/, undefined, { count: 2 }],
    ["p => p.x", "column 1", /start has no names/, /\{ x: 0 \}/, { count: 1 }],
    ["p => p.xx + p.y", "column 6", /start has no xx/, /did you mean xxx/, { names: ["xxx", "y"] }],
    ["(x, y) => x", "column 1", /takes no record/, /\(\{ x, y \}\)/, { names: ["x", "y"] }],
    ["async (x) => x", "column 1", /asynchronous/, undefined],
    ["function* f(x) { yield x }", "column 1", /generator/, undefined],
    ["class A {}", "column 1", /class/, undefined],
    ["x => x + /* never", "column 10", /never closed/, undefined],
    ["x => {", "column 7", /not expected/, undefined],
    ["x =>", "column 5", /ends where/, undefined],
  ])("%s", (text, place, problem, fix, options) => {
    const error = errorOf(() => parseFunctionText(text, options));
    expect(error.problem).toMatch(problem);
    if (fix !== undefined) expect(error.fix).toMatch(fix);
    expect(error.where).toContain(`${place} of the function`);
  });

  test("functions without a text", () => {
    expect(errorOf(() => parseFunction(Math.cos)).fix).toMatch(/\(x\) => Math\.cos\(x\)/);
    expect(errorOf(() => parseFunction(((x: number) => x).bind(undefined))).problem).toMatch(/no text/);
  });

  test("constants that are no numbers", () => {
    const given = (a: unknown) => () =>
      parseFunction((x: number, { a: b }: { a: number }) => x * b, JSON.parse(JSON.stringify({ constants: { a } })));
    expect(errorOf(given("3")).received).toBe("string");
    expect(errorOf(given([1, "2"])).problem).toMatch(/neither a number nor an array/);
    expect(errorOf(given([[1], [2]])).problem).toMatch(/neither a number nor an array/);
    expect(errorOf(given(null)).received).toBe("null");
  });

  test("nothing is ever run", () => {
    let runs = 0;
    parseFunction((x: number) => x * x);
    errorOf(() =>
      parseFunction((x: number) => {
        runs++;
        return x;
      }),
    );
    expect(runs).toBe(0);
  });
});

import { test } from "vitest";
import { parseFormula } from "../../../src/objectives/formula/formula-parser.js";
import { parseFunctionText } from "../../../src/objectives/formula/function-parser.js";
import { differentiate, symbolicGradient } from "../../../src/objectives/formula/differentiate.js";
import { format } from "../../../src/objectives/formula/print.js";
import { lower } from "../../../src/objectives/formula/lower.js";
import { tensor } from "../../../src/tensor/create.js";
test("x", () => {
  const time = (name: string, f: () => unknown) => { const t = performance.now(); let r; try { r = f(); } catch (e: any) { r = e.message.slice(0, 200); } console.error(name, (performance.now() - t).toFixed(1), "ms", String(r).slice(0, 100)); };
  for (const t of ["sin(x)*x/x^x-", "x^"]) for (const n of [10, 30, 60]) {
    const text = (t.repeat(n) + "x");
    time(text.slice(0, 20) + n, () => { const p = parseFormula(text); return format(differentiate(p.result, "x")).length; });
  }
  time("products", () => format(differentiate(parseFormula(`x${" x".repeat(499)}`).result, "x")));
  time("quotients", () => format(differentiate(parseFormula(`x${"/x".repeat(499)}`).result, "x")).length);
  time("quotients sums", () => format(differentiate(parseFormula(`x${"/(x+1)".repeat(199)}`).result, "x")).length);
  time("sinsin", () => format(differentiate(parseFormula(`${"sin(".repeat(60)}x${")".repeat(60)}`).result, "x")).length);
  time("sinsin capped", () => symbolicGradient(parseFormula(`${"sin(x+".repeat(60)}x${")".repeat(60)}`), ["x"])?.length);
  time("cond", () => lower(parseFormula("x>0?log(x):".repeat(60) + "1"), new Map([["x", tensor(1)]])).dtype);
  time("deep fn", () => lower(parseFunctionText("x => x" + " + x".repeat(999)), new Map([["x", tensor(1)]])).dtype);
  const locals = Array.from({ length: 200 }, (_, i) => `const t${i + 1} = t${i} / t${i};`).join(" ");
  time("guards x locals", () => lower(parseFunctionText(`x => { const t0 = x + 1; ${locals} ${Array.from({ length: 50 }, (_, i) => `if (x > ${i}) return t200 * ${i};`).join(" ")} return 1 }`), new Map([["x", tensor(1)]])).dtype);
  for (const f of ["100(y-x^2)^2 + (1-x)^2", "x^2/(1+y)", "exp(-x)*sin(y)/x", "ln(1+e^x)", "(x^2+y-11)^2+(x+y^2-7)^2", "sin(x+y)+(x-y)^2-1.5x+2.5y+1", "-20exp(-0.2sqrt(0.5(x²+y²)))"]) { const p = parseFormula(f); console.error(f, "→", symbolicGradient(p, p.variables)!.map((g) => format(g)).join(" ; "), "|", symbolicGradient(p, p.variables)!.map((g) => format(g, {unicode: true})).join(" ; ")); }
});

import { test } from "vitest";
import { randomGraph } from "./random-graph.js";
import { grad, hvp } from "../../src/autodiff/index.js";
import { difference } from "./machine.js";
test("deriv", () => {
  const start = Date.now(); let n = 0; const bad: string[] = [];
  for (let seed = Number(process.env.FROM ?? 0); Date.now() - start < 30000; seed++) {
    let s = (seed * 2654435761 + 999) >>> 0;
    const rnd = () => { s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s % 1000; };
    for (let i=0;i<5;i++) rnd();
    const numbers = Array.from({ length: 10 + (seed % 40) }, rnd);
    const check = (list: number[]) => { try {
      const { inputs } = randomGraph(list, true);
      const f = (...x: any[]) => { const { values } = randomGraph(list, true, x); return values.slice(-3).map((v) => v.mul(0.1).square().mean()).reduce((a, b) => a.add(b)); };
      const gs = (grad as any)(f)(...inputs);
      const h = (hvp as any)(f)(inputs, inputs.map((x: any) => x.mul(0.5).add(0.1)));
      const d = difference([...gs, ...h]);
      return d <= 1e9 ? undefined : `dev ${d}`;
    } catch (e) { return String((e as Error).stack).split("\n").slice(0,5).map(l=>l.trim().replace(/.*main.src/,"")).join(" | "); } };
    n++;
    const r = check(numbers);
    if (r) bad.push(`${seed} ${r}`);
    if (bad.length > 6) break;
  }
  console.log(n, bad.join("\n"));
}, 100000);

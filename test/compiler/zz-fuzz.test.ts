import { test } from "vitest";
import { randomGraph } from "/work/main/test/compiler/random-graph.js";
import { difference } from "/work/main/test/compiler/machine.js";
test("fuzz", () => {
  const failures: string[] = [];
  const start = Date.now();
  let n = 0;
  const kinds = new Map<string, number[]>();
  const from = Number(process.env.FROM ?? 0); setInterval(() => 0, 1000);
  for (let seed = from; Date.now() - start < Number(process.env.MS ?? 30000); seed++) {
    let s = seed * 2654435761 + 12345 >>> 0;
    const rnd = () => { s ^= s << 13; s >>>= 0; s ^= s >>> 17; s ^= s << 5; s >>>= 0; return s % 1000; };
    for (let i=0;i<5;i++) rnd();
    let numbers = Array.from({ length: 10 + (seed % 90) }, rnd);
    const check = (list: number[]): string | undefined => {
      try {
        const { values } = randomGraph(list);
        const d = difference(values.slice(-3));
        return d <= 1e9 ? undefined : `deviation ${d}`;
      } catch (e) { return String((e as Error).message).slice(0, 80) + String((e as Error).stack).split("\n").slice(1,4).map(l=>l.trim().replace(/.*main.src/,"")).join(" | "); }
    };
    n++;
    let bad = check(numbers);
    if (bad === undefined) continue;
    if ((kinds.get(bad.slice(0,40)) ?? []).length > 2) { kinds.get(bad.slice(0,40))!.push(seed); continue; }
    for (let changed = true; changed;) {
      changed = false;
      for (let len = 8; len >= 1 && !changed; len--) for (let i = 0; i + len <= numbers.length && !changed; i++) {
        const t = [...numbers.slice(0, i), ...numbers.slice(i + len)];
        const r = check(t);
        if (r !== undefined && r.slice(0, 12) === bad.slice(0, 12)) { numbers = t; bad = r; changed = true; }
      }
      for (let i = 0; i < numbers.length && !changed; i++) if (numbers[i] !== 0) {
        const t = numbers.slice(); t[i] = 0;
        const r = check(t);
        if (r !== undefined && r.slice(0, 12) === bad.slice(0, 12)) { numbers = t; bad = r; changed = true; }
      }
    }
    kinds.set(bad.slice(0,40), [...(kinds.get(bad.slice(0,40)) ?? []), seed]);
    const { inputs, values } = randomGraph(numbers);
    const name = new Map<any, string>(); 
    const show = (t: any): string => { if (name.has(t)) return name.get(t)!; const id = `v${name.size}`; const a = t.node.inputs.map(show); name.set(t, id); lines.push(`${id} = ${t.node.primitive.name}(${a}) ${t} ${JSON.stringify({...t.node.attributes, data: undefined, type: undefined})}`); return id; };
    const lines: string[] = [];
    values.slice(-3).forEach(show);
    failures.push(`seed ${seed} [${numbers}] ${bad}\n  ${lines.join("\n  ")} out ${values.slice(-3).map((v) => name.get(v))}`);
    if (failures.length > 6) break;
  }
  console.log(n, "graphs;", failures.length, "failures\n" + failures.join("\n"));
}, 300000);

/** The tables of docs/choosing.md, run again. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { main } from "../../src/cli/main.js";
import { minimize, newtonCg, problems, tensor } from "../../src/index.js";

const page = readFileSync(new URL("../../docs/choosing.md", import.meta.url), "utf8");
const shown = [...page.matchAll(/```sh\nbin\/steepest ([^\n]*)\n```\n\n```text\n([^`]*)\n```/g)].map(([, command, table]) => ({
  command,
  table,
}));

/** The words of a command, as a shell splits them. */
const wordsOf = (command: string): string[] => [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word);

describe("docs/choosing.md", () => {
  it("backs what it says with races", () => {
    expect(shown.length).toBe([...page.matchAll(/```text/g)].length);
    expect(shown.length).toBeGreaterThanOrEqual(7);
  });

  for (const { command, table } of shown)
    it.skipIf(command.includes("--data") && !process.env.STEEPEST_FULL)(command, { timeout: 900_000 }, async () => {
      let out = "";
      const sink = { write: (text: string) => (out += text) };
      await main(wordsOf(command), { stdout: sink, stderr: sink, environment: {} });
      expect(out).toBe(`${table}\n`);
    });
});

describe("rare features", () => {
  it("are a strictly convex problem whose minimum any method finds", () => {
    const { f, start } = problems.rareFeatures();
    const run = minimize(f, tensor([...start]), { optimizer: newtonCg(), tolerance: 1e-10 });
    expect([run.status, f(tensor([...start])).item()]).toEqual(["converged", expect.closeTo(Math.LN2, 14)]);
    // The penalty bends f by 1e-3 everywhere: f − f* ≤ ‖∇f‖² / 2e-3.
    expect(run.loss).toBeLessThan(Math.LN2);
    expect(minimize(f, tensor([...start])).loss).toBeGreaterThanOrEqual(run.loss - 1e-17 / 1e-3);
  });

  it("have the counts that were asked for, and are drawn by their seed", () => {
    const value = (problem: ReturnType<typeof problems.rareFeatures>) => problem.f(tensor(problem.start.map(() => 0.1))).item();
    expect(problems.rareFeatures({ features: 7 }).dimension).toBe(7);
    expect(value(problems.rareFeatures({ seed: 2 }))).not.toBe(value(problems.rareFeatures()));
    expect(value(problems.rareFeatures({ seed: 2 }))).toBe(value(problems.rareFeatures({ seed: 2 })));
    for (const wrong of [{ features: 0 }, { records: 1.5 }, { seed: -1 }])
      expect(() => problems.rareFeatures(wrong)).toThrow(/whole numbers/);
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { runInProcess, source } from "./own-process.js";

const folder = mkdtempSync(join(tmpdir(), "steepest-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs of 1,000 and of 100,000 steps in turn, in a process that may collect its garbage; what is held after each. */
const program = `
const { adam, descend, dense, fit, minimize, sequential, trace } = await import(${source("index.ts")});
const { arrayDataset } = await import(${source("data", "index.ts")});
const optimizer = adam({ learningRate: 1e-6 });
const inputs = Array.from({ length: 2000 }, (_, i) => [Math.sin(i), Math.cos(i)]);
const data = arrayDataset({ inputs, targets: inputs.map(([x]) => Number(x > 0)), classes: 2 });
const work = {
  minimize: (steps) => minimize("(1-x)^2 + 100(y-x^2)^2", [-1.2, 1], { optimizer, steps, tolerance: 0 }).steps,
  async descend(steps) {
    let done = 0;
    const objective = trace("(1-x)^2 + 100(y-x^2)^2", [-1.2, 1]);
    for await (const { step } of descend(objective, { optimizer, steps, tolerance: 0, stepsPerYield: 500 })) done = step;
    return done;
  },
  async stream(steps) {
    let done = 0;
    const stream = (function* () {
      for (let i = 0; i < 2 * steps; i++) yield { input: inputs[i % 2000], target: i % 2 };
    })();
    const model = sequential(dense(3), dense(2));
    for await (const { step } of descend(model, { stream, batchSize: 2, classes: 2, optimizer, stepsPerYield: 500, threads: 1 })) done = step;
    return done;
  },
  fit: async (steps) => (await fit(sequential(dense(3), dense(2)), data, { optimizer, epochs: steps / 1000, batchSize: 2, threads: 1 })).steps,
};
const held = async () => {
  for (let i = 0; i < 4; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { host: heapUsed + arrayBuffers, wasm: wasmBytes() };
};
for (const [name, run] of Object.entries(work)) {
  const lines = [];
  for (const steps of [1000, 1000, 100_000, 1000, 100_000, 1000, 100_000]) lines.push({ steps, done: await run(steps), ...(await held()) });
  console.log(JSON.stringify({ name, lines: lines.slice(1) }));
}
`;

interface Line {
  readonly steps: number;
  readonly done: number;
  readonly host: number;
  readonly wasm: number;
}

it("a hundred thousand steps hold no more memory than a thousand", async () => {
  const results = await runInProcess<{ readonly name: string; readonly lines: readonly Line[] }>(program, folder, "--expose-gc");
  expect(results.map(({ name }) => name)).toEqual(["minimize", "descend", "stream", "fit"]);
  for (const { name, lines } of results) {
    expect(lines.map(({ done }) => done)).toEqual(lines.map(({ steps }) => steps));
    expect(new Set(lines.map(({ wasm }) => wasm)).size, `Wasm memory of ${name}`).toBe(1);
    // One number left behind by each step would be 99,000 · 8 bytes. What else the engine holds, compiled code above all, comes and goes.
    const least = (steps: number) => Math.min(...lines.filter((line) => line.steps === steps).map(({ host }) => host));
    expect(least(100_000) - least(1000), `memory of ${name} on the host`).toBeLessThan(99_000 * 8);
  }
}, 120_000);

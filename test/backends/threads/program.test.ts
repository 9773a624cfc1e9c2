import { afterEach, describe, expect, it } from "vitest";
import { WasmProgram } from "../../../src/backends/wasm/program.js";
import { openProgram, type ProgramOptions, type ThreadedProgram } from "../../../src/backends/wasm/threads/index.js";
import { compileEntry } from "../../../src/compiler/compile.js";
import { SteepestError } from "../../../src/tensor/error.js";
import type { Variable } from "../../../src/tensor/primitives/leaves.js";
import { readVariable } from "../../../src/tensor/tensor.js";
import { hashOf, network, WEIGHTS_AFTER_60 } from "./network.js";

const opened: ThreadedProgram[] = [];
async function open(variables: readonly Variable[], options: ProgramOptions = {}): Promise<ThreadedProgram> {
  const program = await openProgram(variables, options);
  opened.push(program);
  return program;
}
afterEach(() => {
  for (const program of opened.splice(0)) program.close();
});

const net = network();

async function trained(options: ProgramOptions, lengths: readonly number[]) {
  const program = await open(net.variables, options);
  for (const [variable, data] of net.start) program.write(variable, data);
  const losses: number[] = [];
  const sums: number[] = [];
  for (const steps of lengths) {
    const { traces } = await program.run(net.step, steps);
    losses.push(...traces.loss);
    sums.push(...traces.weights);
  }
  return { losses, sums: hashOf(Float32Array.from(sums)), hash: hashOf(...(await Promise.all(net.weights.map((w) => program.read(w))))) };
}

function trainedHere(steps: number) {
  const program = new WasmProgram(net.variables);
  for (const [variable, data] of net.start) program.write(variable, data);
  const { traces } = program.run(net.step, steps);
  return { losses: [...traces.loss], sums: hashOf(traces.weights), hash: hashOf(...net.weights.map((w) => program.read(w))) };
}

describe("a program on workers", () => {
  const steps = 300;
  const here = trainedHere(steps);

  it("has loops worth sharing, and learns", () => {
    const { body } = compileEntry(net.step, net.variables);
    expect(body.kind === "phases" && body.phases.filter((p) => p.parallel).length).toBeGreaterThan(2);
    expect(here.losses[steps - 1]).toBeLessThan(here.losses[0] / 2);
  });

  it.each([1, 2, 3, 7])("gives with %i threads the bits of the caller's own thread", async (threads) => {
    expect(await trained({ threads }, [steps])).toEqual(here);
  });

  it("gives the same bits in runs of any length", async () => {
    expect(await trained({ threads: 2 }, [1, 1, 1, 7, 90, 200])).toEqual(here);
  });

  it("gives the same bits without shared memory", async () => {
    expect(await trained({ shared: false }, [1, 99, 200])).toEqual(here);
  });

  it("gives the bits that browsers are held to", async () => {
    expect((await trained({}, [60])).hash).toBe(WEIGHTS_AFTER_60);
  });

  it("lets the event loop live", async () => {
    const program = await open(net.variables);
    await program.run(net.step, 1);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const run = await program.run(net.step, 500);
    clearInterval(timer);
    expect(run.steps).toBe(500);
    expect(ticks).toBeGreaterThan(3);
  });
});

const count: Variable = { name: "count", type: { shape: [], dtype: "f64" } };
const large: Variable = { name: "large", type: { shape: [40, 5000], dtype: "f64" } };

describe.each([true, false])("with shared: %s", (shared) => {
  it("stops after the very step whose condition holds, wherever slices end", async () => {
    const program = await open([count, large], { shared, threads: 2 });
    const next = readVariable(count).add(1);
    for (const limit of [1, 4, 5, 21, 64, 1000]) {
      const scalar = {
        name: "count",
        writes: [{ variable: count, value: next }],
        traces: [{ name: "count", value: next }],
        stop: next.ge(limit),
      };
      program.write(count, [0]);
      const run = await program.run(scalar, 100_000);
      expect([run.steps, run.stopped, (await program.read(count))[0], run.traces.count.length]).toEqual([limit, true, limit, limit]);

      const total = readVariable(large).add(1);
      const phases = { name: "large", writes: [{ variable: large, value: total }], traces: [], stop: total.min().ge(limit) };
      program.write(large, new Float64Array(200_000));
      const second = await program.run(phases, limit + 10);
      expect([second.steps, second.stopped, (await program.read(large))[777]]).toEqual([limit, true, limit]);
      if (limit > 20) break;
    }
  });

  it("ends at the signal with the steps done so far", async () => {
    const program = await open([large], { shared, threads: 2 });
    const next = readVariable(large).add(1);
    const point = {
      name: "large",
      writes: [{ variable: large, value: next }],
      traces: [{ name: "first", value: next.slice([0, 0], [1, 1]) }],
    };
    await program.run(point, 1);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    const before = performance.now();
    const queued = program.run(point, 50, { signal: controller.signal });
    const run = await program.run(point, 1e7, { signal: controller.signal });
    expect(performance.now() - before).toBeLessThan(5000);
    expect(run.stopped).toBe(false);
    expect(run.steps).toBeLessThan(1e7);
    const done = 1 + (await queued).steps + run.steps;
    expect((await program.read(large)).every((x) => x === done)).toBe(true);
    expect(run.traces.first.length).toBe(run.steps);
    expect((await program.run(point, 5, { signal: controller.signal })).steps).toBe(0);
    expect((await program.run(point, 5)).steps).toBe(5);
  });

  it("loads entry points late, when the memory must grow", async () => {
    const program = await open([count], { shared, threads: 2 });
    const sums = [1, 2, 3].map((k) => {
      const wide = readVariable(count)
        .broadcastTo([k * 400_000])
        .add(k)
        .tanh();
      return { name: `sum${k}`, writes: [{ variable: count, value: wide.sum().mul(0).add(k) }], traces: [] };
    });
    for (const [i, point] of sums.entries()) {
      await program.run(point, 2);
      expect(await program.read(count)).toEqual(Float64Array.of(i + 1));
    }
  });

  it("writes a part of a variable", async () => {
    const program = await open([large], { shared });
    program.write(large, [7, 8], 100);
    expect([...(await program.read(large)).subarray(98, 104)]).toEqual([0, 0, 7, 8, 0, 0]);
    expect(() => program.write(large, [1, 2], 199_999)).toThrow(/large/);
  });

  it("refuses to be read or written while it runs", async () => {
    const program = await open([count], { shared });
    const point = { name: "count", writes: [{ variable: count, value: readVariable(count).add(1) }], traces: [] };
    const run = program.run(point, 1000);
    expect(() => program.write(count, [0])).toThrow(/while the program runs/);
    await expect(program.read(count)).rejects.toThrow(/while the program runs/);
    await run;
    expect((await program.read(count))[0]).toBe(1000);
  });

  it("ends its run when it is closed", async () => {
    const program = await open([large], { shared, threads: 2 });
    const point = { name: "large", writes: [{ variable: large, value: readVariable(large).add(1) }], traces: [] };
    const run = program.run(point, 1e8);
    setTimeout(() => program.close(), 30);
    expect((await run).steps).toBeLessThan(1e8);
    await expect(program.run(point, 1)).rejects.toThrow(/closed/);
  });
});

describe("more threads than cores", () => {
  it("never tear a step, however runs end", async () => {
    const limit: Variable = { name: "limit", type: { shape: [], dtype: "f64" } };
    const next = readVariable(large).add(1);
    const point = {
      name: "large",
      writes: [{ variable: large, value: next }],
      traces: [{ name: "sum", value: next.sum() }],
      stop: next.min().ge(readVariable(limit)),
    };
    const program = await open([large, limit], { threads: 5 });
    let done = 0;
    for (let round = 0; round < 150; round++) {
      const controller = new AbortController();
      const last = round % 3 === 0 ? 1e9 : done + 1 + ((round * 7919) % 23);
      program.write(limit, [last]);
      if (last === 1e9) setTimeout(() => controller.abort(), round % 4);
      const run = await program.run(point, 1e6, { signal: controller.signal });
      done += run.steps;
      expect(run.stopped).toBe(last !== 1e9);
      if (run.stopped) expect(done).toBe(last);
      if (run.steps > 0) expect(run.traces.sum[run.steps - 1]).toBe(200_000 * done);
      if (round % 10 === 0) expect((await program.read(large)).every((x) => x === done)).toBe(true);
    }
  });
});

describe("limits", () => {
  it("are said in words", async () => {
    await expect(openProgram([{ name: "giant", type: { shape: [40_000, 40_000], dtype: "f32" } }])).rejects.toThrow(SteepestError);
    await expect(openProgram([{ name: "giant", type: { shape: [40_000, 40_000], dtype: "f32" } }])).rejects.toThrow(/giant f32/);
    await expect(openProgram([count], { threads: 0 })).rejects.toThrow(/threads/);
  });
});

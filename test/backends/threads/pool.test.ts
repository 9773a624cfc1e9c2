import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openProgram, workerSource } from "../../../src/backends/wasm/threads/index.js";
import { SteepestError } from "../../../src/tensor/error.js";
import type { Variable } from "../../../src/tensor/primitives/leaves.js";
import { readVariable } from "../../../src/tensor/tensor.js";
import { network } from "./network.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "steepest-threads-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const large: Variable = { name: "large", type: { shape: [40, 5000], dtype: "f64" } };
const grow = { name: "large", writes: [{ variable: large, value: readVariable(large).add(1) }], traces: [] };

/** A worker file with a fault of its own. */
function faulty(name: string, place: string, fault: string): string {
  if (!workerSource.includes(place)) throw new Error(`the worker no longer has ${place}`);
  const file = join(folder, `${name}.cjs`);
  writeFileSync(
    file,
    workerSource.replace(place, () => `${fault}\n${place}`),
  );
  return pathToFileURL(file).href;
}

const driver = "const before = performance.now();";
const helper = "const team = Atomics.load(state, TEAM);";

describe("a worker that fails", () => {
  it.each([
    ["by an error in the driver", driver, 'if (steps === 13) throw new RangeError("boom");', /boom/],
    ["by an error in a helper", helper, 'if (Atomics.load(state, STEPS) > 0) throw new RangeError("boom");', /boom/],
    ["by its end", driver, "if (steps === 13) process.exit(3);", /exit code 3/],
    ["by too little memory", driver, "if (steps === 13) new ArrayBuffer(2 ** 46);", /allocation failed/],
  ])("%s rejects the run, and the pool recovers", async (name, place, fault, reason) => {
    const workerUrl = faulty(name.replaceAll(" ", "-"), place, fault);
    const program = await openProgram([large], { workerUrl, threads: 2 });
    const other = await openProgram([large], { workerUrl, threads: 1 });
    const error = await program.run(grow, place === helper ? 1e6 : 13).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SteepestError);
    expect(String(error)).toMatch(reason);
    program.write(large, new Float64Array(200_000));
    if (place === driver) {
      expect((await program.run(grow, 5)).steps).toBe(5);
      expect((await program.read(large)).every((x) => x === 5)).toBe(true);
    }
    expect((await other.run(grow, 3)).steps).toBe(3);
    program.close();
    other.close();
  });

  it("takes the memory with it where that is not shared", async () => {
    const workerUrl = faulty("unshared", driver, 'if (steps === 13) throw new RangeError("boom");');
    const program = await openProgram([large], { workerUrl, shared: false });
    await expect(program.run(grow, 13)).rejects.toThrow(/boom/);
    await expect(program.run(grow, 5)).rejects.toThrow(SteepestError);
    const next = await openProgram([large], { workerUrl, shared: false });
    expect((await next.run(grow, 5)).steps).toBe(5);
    program.close();
    next.close();
  });

  it("is reported when its file does not exist, or is of another version", async () => {
    const lost = await openProgram([large], { workerUrl: pathToFileURL(join(folder, "nowhere.cjs")).href });
    await expect(lost.run(grow, 1)).rejects.toThrow(/workerUrl/);
    const file = join(folder, "old.cjs");
    writeFileSync(file, workerSource.replace(/protocol: \d+/, "protocol: 0"));
    const old = await openProgram([large], { workerUrl: pathToFileURL(file).href });
    await expect(old.run(grow, 1)).rejects.toThrow(/another version/);
  });
});

describe("many short runs", () => {
  it("do not leak", async () => {
    const net = network(64, 20, 30);
    const program = await openProgram(net.variables, { threads: 2 });
    for (let i = 0; i < 200; i++) await program.run(net.step, 1);
    const before = process.memoryUsage();
    for (let i = 0; i < 1000; i++) await program.run(net.step, 1);
    const after = process.memoryUsage();
    program.close();
    // A run that kept its 4 KiB of records alone, on either side, would add 4 MB; what garbage collection leaves behind was measured below 20.
    expect(after.rss - before.rss).toBeLessThan(40 * 2 ** 20);
    expect(after.external - before.external).toBeLessThan(4 * 2 ** 20);
  });

  it("nor do many programs", async () => {
    const one: Variable = { name: "one", type: { shape: [1 << 18], dtype: "f64" } };
    const point = { name: "one", writes: [{ variable: one, value: readVariable(one).add(1) }], traces: [] };
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 150; i++) {
      const program = await openProgram([one], { threads: 2 });
      program.write(one, new Float64Array(1 << 18).fill(i));
      await program.run(point, 1);
      expect((await program.read(one))[99]).toBe(i + 1);
      program.close();
    }
    // 150 memories of 2 MiB and more.
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  it("of two programs take turns", async () => {
    const programs = await Promise.all([openProgram([large]), openProgram([large], { shared: false }), openProgram([large])]);
    const runs = await Promise.all(programs.flatMap((p) => [p.run(grow, 3), p.run(grow, 4)]));
    expect(runs.map((r) => r.steps)).toEqual([3, 4, 3, 4, 3, 4]);
    for (const program of programs) {
      expect((await program.read(large)).every((x) => x === 7)).toBe(true);
      program.close();
    }
  });
});

describe("a process", () => {
  /** Runs a script that imports the sources, bundled and minified as the published files may be. */
  async function runScript(
    name: string,
    text: string,
  ): Promise<{ code: number | null; signal: string | null; output: string; seconds: number }> {
    const root = resolve(import.meta.dirname, "../../..");
    const outfile = join(folder, `${name}.mjs`);
    await build({
      stdin: {
        contents: `import { openProgram } from "./src/backends/wasm/threads/index.js"; import { network } from "./test/backends/threads/network.js";\n${text}`,
        resolveDir: root,
        loader: "ts",
      },
      outfile,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "neutral",
      target: "es2022",
    });
    const started = performance.now();
    const child = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    const [code, signal] = await new Promise<[number | null, string | null]>((done) => child.on("close", (...end) => done(end)));
    clearTimeout(timer);
    return { code, signal, output: output.trim(), seconds: (performance.now() - started) / 1000 };
  }

  it("waits for a pending run and then ends by itself, with programs left open", async () => {
    const { code, output } = await runScript(
      "pending",
      `const net = network();
       const program = await openProgram(net.variables, { threads: 3 });
       program.run(net.step, 200).then((run) => console.log("steps", run.steps));`,
    );
    expect({ code, output }).toEqual({ code: 0, output: "steps 200" });
  });

  it("ends with an idle pool", async () => {
    const { code, output } = await runScript("idle", `await openProgram(network().variables); console.log("open");`);
    expect({ code, output }).toEqual({ code: 0, output: "open" });
  });

  it("ends in the middle of a run when told so", async () => {
    const { code, output, seconds } = await runScript(
      "exit",
      `const net = network();
       const program = await openProgram(net.variables, { threads: 4 });
       program.run(net.step, 1e7);
       setTimeout(() => { console.log("leaving"); process.exit(5); }, 300);`,
    );
    expect({ code, output }).toEqual({ code: 5, output: "leaving" });
    expect(seconds).toBeLessThan(10);
  });

  it("learns of a failed run", async () => {
    const { code, output } = await runScript(
      "failed",
      `const net = network();
       const program = await openProgram(net.variables, { workerUrl: "/nowhere.cjs" });
       try { await program.run(net.step, 10); } catch (error) { console.log(error.name, error.problem); }`,
    );
    expect({ code, output }).toEqual({ code: 0, output: "SteepestError a worker could not start" });
  });
});

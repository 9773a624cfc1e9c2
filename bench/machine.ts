/** The machine: what it is, and the most it can do. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { peersFolder } from "./peers/folder.mjs";
import { median } from "./statistics.js";

/** What registers and memory allow with so many threads. */
export interface Limits {
  readonly threads: number;
  /** Multiply then add in vectors of 128 bits: what WebAssembly fixes to the last bit. GFLOP/s */
  readonly multiplyAdd: number;
  /** The same, fused. GFLOP/s */
  readonly fused: number;
  /** a = b + k·c over 768 MB, with ordinary stores. GB/s */
  readonly triad: number;
  /** Reading 256 MB. GB/s */
  readonly read: number;
}

export function describeMachine(): string {
  const [{ model }] = cpus();
  return `${model.trim()}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GB, ${process.platform} ${release()}, Node ${process.versions.node}`;
}

/** Builds and runs the shared program that measures the limits; undefined without that program, gcc, or a processor that it knows. */
export function measureLimits(threads: number): Limits | undefined {
  const source = join(peersFolder, "hw", "peak.c");
  if (!existsSync(source)) return undefined;
  const program = join(peersFolder, "hw", "peak");
  if (
    !existsSync(program) &&
    spawnSync("gcc", ["-O3", "-march=native", source, "-o", program, "-lpthread"], { stdio: "ignore" }).status !== 0
  )
    return undefined;
  const { status, stdout } = spawnSync(program, [String(threads)], { encoding: "utf8", timeout: 120_000 });
  if (status !== 0) return undefined;
  const found = new Map<string, number>();
  for (const line of stdout.trim().split("\n")) {
    const { what, gflops, GBps } = JSON.parse(line);
    found.set(what, gflops ?? GBps);
  }
  const of = (what: string) => found.get(what) ?? Number.NaN;
  return { threads, multiplyAdd: of("muladd128"), fused: of("fma128"), triad: of("triad"), read: of("read") };
}

/** Milliseconds that importing the published bundle takes in a fresh process, and those of the whole empty process for scale. */
export function measureImport(bundle: string, times: number): { readonly import: number; readonly process: number } {
  const run = (code: string) => {
    const began = performance.now();
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" });
    return { printed: Number(stdout), whole: performance.now() - began };
  };
  const code = `const t = performance.now(); await import(${JSON.stringify(bundle)}); console.log(performance.now() - t)`;
  const imports = Array.from({ length: times }, () => run(code).printed);
  const empty = Array.from({ length: times }, () => run("").whole);
  return { import: median(imports), process: median(empty) };
}

/** The most that this machine can do, measured by programs of our own: what a profile is held against. */
import type { CompiledEntry } from "../../../compiler/compile.js";
import { LoopBuilder } from "../../../compiler/loops/builder.js";
import { add, constant, horizontal, I32, multiplyAdd, vector } from "../../../compiler/loops/expressions.js";
import type { EntryPoint } from "../../../compiler/program.js";
import type { Variable } from "../../../tensor/primitives/leaves.js";
import { readVariable } from "../../../tensor/tensor.js";
import { openProgram, type ThreadedProgram } from "./program.js";

/** What registers and memory allow with so many threads. */
export interface MachineLimits {
  readonly threads: number;
  /** Multiply, then add, in vectors of 128 bits of float32: GFLOP/s. */
  readonly multiplyAdd: number;
  /** a ← b + 3c over 192 MB: GB/s. An ordinary store reads the line it writes to first, which is not counted. */
  readonly triad: number;
}

/** Sums that go on side by side: enough to hide the time that one operation takes, few enough for the registers. */
const SUMS = 12;
const TURNS = 20_000;
const BLOCKS = 64;
const TRIAD = 2 ** 24;
/** Runs of which the fastest counts. */
const RUNS = 8;

const measured = new Map<number, Promise<MachineLimits>>();

/** Measured once for each number of threads, in about half a second. */
export function machineLimits(threads: number): Promise<MachineLimits> {
  const held = measured.get(threads) ?? measure(threads);
  measured.set(threads, held);
  return held;
}

async function measure(threads: number): Promise<MachineLimits> {
  const sums: Variable = { name: "sums", type: { shape: [BLOCKS], dtype: "f32" } };
  const arithmetic = registers();
  const flops = 2 * 4 * SUMS * TURNS * BLOCKS;
  const [a, b, c] = ["a", "b", "c"].map((name): Variable => ({ name, type: { shape: [TRIAD], dtype: "f32" } }));
  const triad: EntryPoint = { name: "triad", writes: [{ variable: a, value: readVariable(b).add(readVariable(c).mul(3)) }], traces: [] };
  const multiplyAdd = await fastest([sums], threads, (program) => program.run(arithmetic, 4));
  const moved = await fastest([a, b, c], threads, (program) => program.run(triad, 2));
  return { threads, multiplyAdd: (4 * flops * 1e-6) / multiplyAdd, triad: (2 * 12 * TRIAD * 1e-6) / moved };
}

/** Milliseconds of the fastest run. */
async function fastest(
  variables: readonly Variable[],
  threads: number,
  run: (program: ThreadedProgram) => Promise<unknown>,
): Promise<number> {
  const program = await openProgram(variables, { threads });
  try {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < RUNS; i++) {
      const began = performance.now();
      await run(program);
      best = Math.min(best, performance.now() - began);
    }
    return best;
  } finally {
    program.close();
  }
}

/** Products and sums in registers alone, in blocks that threads share. */
function registers(): CompiledEntry {
  const b = new LoopBuilder();
  const begin = b.parameter(I32, "begin");
  const end = b.parameter(I32, "end");
  const results = b.cursorParameter("f32", "results");
  const type = vector("f32", 4);
  b.for(begin, end, 1, (block) => {
    const sums = Array.from({ length: SUMS }, (_, i) => b.let(constant(type, 1 + i / SUMS), "sum"));
    b.for(0, TURNS, 1, () => {
      for (const sum of sums) b.set(sum, multiplyAdd(sum, constant(type, 0.75), constant(type, 0.25)));
    });
    b.store(
      b.point(results, block),
      horizontal(
        "add",
        sums.reduce((x, y) => b.let(add(x, y))),
      ),
    );
  });
  return {
    name: "registers",
    inputs: [],
    traces: [],
    zeroedBytes: 0,
    arenaBytes: 0,
    threadBytes: 0,
    otherBytes: 0,
    key: "registers",
    body: {
      kind: "phases",
      phases: [
        {
          name: "registers",
          function: b.finish("registers"),
          blocks: BLOCKS,
          parallel: true,
          barrier: true,
          places: [{ region: "variable", variable: 0, offset: 0 }],
          flops: 2 * 4 * SUMS * TURNS * BLOCKS,
          bytes: 0,
        },
      ],
      loops: [],
      stop: undefined,
      swaps: [],
    },
  };
}

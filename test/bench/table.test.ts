import { describe, expect, it } from "vitest";
import type { Engine, EngineKind } from "../../bench/engines.js";
import { asTable } from "../../bench/markdown.js";
import { inUnit, ourResult, type Result, type Row, shareOfNeighbour, speedUp } from "../../bench/results.js";
import { asJson, memory, number, shareOfLimit, shortCells, speeds, variants } from "../../bench/table.js";
import type { Unit, Workload } from "../../bench/workloads/workload.js";

const workload = (name: string, unit: Unit, more: Partial<Workload> = {}): Workload => ({
  name,
  unit,
  flops: 2e6,
  bytes: 1e6,
  bound: "arithmetic",
  open: () => Promise.reject(new Error("not run")),
  ...more,
});

const result = (engine: string, kind: EngineKind, of: Workload, turns: readonly number[], peak = 100): Result => ({
  engine,
  threads: Number(engine.split(":")[1]),
  kind,
  value: inUnit(of, turns[0]),
  turns,
  firstStep: 1,
  peak,
  lossError: 0,
});

const engine = (name: string, kind: EngineKind, needs = "nothing"): Engine => ({
  name,
  threads: Number(name.split(":")[1]),
  kind,
  needs,
  start: () => {
    throw new Error("not run");
  },
});

const steps = workload("net", "ms/step");
const row: Row = {
  workload: steps,
  results: [
    result("steepest:1", "ours", steps, [4, 4], 120),
    result("main:1", "version", steps, [8, 8]),
    result("steepest:2", "ours", steps, [2, 2], 160),
    result("main:2", "version", steps, [3, 3]),
    result("hand:1", "peer", steps, [6, 6]),
  ],
  failures: [{ engine: "torch:1", reason: "not there" }],
};
const engines = [
  engine("steepest:1", "ours"),
  engine("main:1", "version"),
  engine("steepest:2", "ours"),
  engine("main:2", "version"),
  engine("hand:1", "peer", "hand"),
  engine("torch:1", "peer", "torch"),
];

/** The cells of each line, without the head. */
const cells = (table: string): string[][] =>
  table
    .split("\n")
    .slice(2)
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );

describe("numbers", () => {
  it("have three digits", () => {
    expect([1234.5, 99.96, 99.94, 9.996, 9.994, 0.0123456, Number.NaN].map(number)).toEqual([
      "1235",
      "100",
      "99.9",
      "10.0",
      "9.99",
      "0.0123",
      "–",
    ]);
  });

  it("come in the unit of the workload", () => {
    expect(inUnit({ unit: "us/step", flops: 1 }, 0.5)).toBe(500);
    expect(inUnit({ unit: "ms/200it", flops: 1 }, 0.5)).toBe(100);
    expect(inUnit({ unit: "ms/step", flops: 1 }, 0.5)).toBe(0.5);
    // 2·10⁶ operations in half a millisecond: 4·10⁹ a second.
    expect(inUnit({ unit: "GFLOP/s", flops: 2e6 }, 0.5)).toBe(4);
  });
});

describe("comparisons", () => {
  it("put a peer beside our most threads, and another version beside as many", () => {
    expect(ourResult(row)?.engine).toBe("steepest:2");
    expect(ourResult(row, row.results[1])?.engine).toBe("steepest:1");
    const [line] = cells(speeds([row], engines, []));
    expect(line).toEqual([
      "net",
      "ms/step",
      "4.00",
      "2.00",
      "2.00×",
      "",
      "",
      "8.00 (2.00×, 2.00–2.00)",
      "3.00 (1.50×, 1.50–1.50)",
      "6.00 (3.00×)",
      "–",
    ]);
  });

  it("tell no speed-up of one number of threads", () => {
    expect(speedUp(row)).toBe(2);
    expect(speedUp({ ...row, results: row.results.slice(0, 2) })).toBeUndefined();
  });

  it("take the share of the limit from work and time, whatever the unit", () => {
    const limits = [{ threads: 1, multiplyAdd: 10, fused: 20, triad: 4, read: 5 }];
    // 2·10⁶ operations in 0.4 ms are 5 GFLOP/s of 10; 10⁶ bytes are 2.5 GB/s of 4.
    for (const unit of ["us/step", "ms/step", "ms/200it", "GFLOP/s"] as const) {
      const [arithmetic, memory] = [workload("a", unit), workload("m", unit, { bound: "memory" })];
      expect(shareOfLimit({ ...row, workload: arithmetic }, result("steepest:1", "ours", arithmetic, [0.4]), limits)).toBeCloseTo(50, 9);
      expect(shareOfLimit({ ...row, workload: memory }, result("steepest:1", "ours", memory, [0.4]), limits)).toBeCloseTo(62.5, 9);
    }
    expect(shareOfLimit(row, row.results[2], limits)).toBeUndefined();
  });

  it("compare a variant by its rate where the unit is one, else by its time", () => {
    const beside = (unit: Unit): Row => {
      const [odd, even] = [workload("odd", unit, { flops: 1e6, beside: "even" }), workload("even", unit, { flops: 2e6 })];
      return {
        workload: odd,
        results: [result("steepest:1", "ours", odd, [1, 1])],
        neighbour: { workload: even, results: [result("steepest:1", "ours", even, [1.5, 1.5])] },
        failures: [],
      };
    };
    // Half the work in two thirds of the time.
    const rate = beside("GFLOP/s");
    expect(shareOfNeighbour(rate, rate.results[0])).toBeCloseTo(0.75, 12);
    const time = beside("ms/step");
    expect(shareOfNeighbour(time, time.results[0])).toBeCloseTo(1.5, 12);
    expect(cells(variants([row, rate], [engines[0]]))).toEqual([["odd", "GFLOP/s", "even", "1.00 (75 %)", ""]]);
    expect(variants([row], engines)).toBe("");
  });

  it("mark what takes more than one and a half times the memory of the hand-written kernels", () => {
    const [line] = cells(memory([row], engines));
    expect(line.slice(1)).toEqual(["120", "100", "160", "100", "100", "–", "1.20×", "**1.60×**"]);
  });

  it("say which medians stand for few turns", () => {
    expect(shortCells([{ ...row, results: [row.results[0]] }], 15)).toContain("steepest:1 on net (2)");
    const many = result("steepest:1", "ours", steps, Array(15).fill(1));
    expect(shortCells([{ ...row, results: [many] }], 15)).toBe("");
  });
});

describe("tables", () => {
  it("are aligned Markdown", () => {
    expect(asTable(["name", "n"], [["a", "100"]])).toBe("| name |   n |\n|------|----:|\n| a    | 100 |");
  });

  it("become one object for machines", () => {
    expect(asJson([row])).toMatchObject({
      net: {
        value: 2,
        unit: "ms/step",
        threads: 2,
        peers: { "steepest:1": 4, "main:1": 8, "main:2": 3, "hand:1": 6 },
        ratios: { "steepest:1": 2, "main:1": 2, "main:2": 1.5, "hand:1": 3 },
        failures: { "torch:1": "not there" },
      },
    });
  });
});

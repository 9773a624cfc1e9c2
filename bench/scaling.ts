/** Time per step against size: measured curve by curve, kept as a table, drawn as one figure. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { root } from "../scripts/sources.mjs";
import { lineChart, type Panels, panels, type Series } from "../src/figures/index.js";
import type { Engine } from "./engines.js";
import type { Limits } from "./machine.js";
import { type Effort, measureRow } from "./measure.js";
import { quantile } from "./statistics.js";
import type { Curve, SizedWorkload } from "./workloads/curves.js";

/** One size with so many threads. Times in milliseconds a step. */
export interface CurvePoint {
  readonly curve: string;
  readonly size: number;
  readonly threads: number;
  readonly milliseconds: number;
  /** Between these lies the middle half of the turns. */
  readonly quartiles: readonly [number, number];
  /** What the machine needs at least for the arithmetic or the memory; NaN where that could not be measured. */
  readonly limit: number;
}

const EFFORT: Effort = { rounds: 7, block: 40, warmUp: 300, patience: 2000, row: 4000 };

/** The least milliseconds of a step: of its arithmetic, or of its bytes from main memory. Those that lie in caches come faster. */
export const leastTime = ({ flops, bytes }: Pick<SizedWorkload, "flops" | "bytes">, { multiplyAdd, triad }: Limits): number =>
  Math.max(flops / multiplyAdd, bytes / triad) * 1e-6;

/** Measures one curve; sizes for which there is not enough memory are left out. */
export async function measureCurve(
  curve: Curve,
  engines: readonly Engine[],
  limits: readonly Limits[],
  say: (text: string) => void,
): Promise<readonly CurvePoint[]> {
  const points: CurvePoint[] = [];
  for (const workload of curve.points) {
    if (workload.bytes > freemem() / 2) {
      say(`${workload.name}: not enough memory\n`);
      continue;
    }
    const { results, failures } = await measureRow(workload, engines, EFFORT);
    for (const { threads, value, turns } of results) {
      const limit = limits.find((l) => l.threads === threads);
      points.push({
        curve: curve.name,
        size: workload.size,
        threads,
        milliseconds: value,
        quartiles: [quantile(turns, 0.25), quantile(turns, 0.75)],
        limit: limit === undefined ? Number.NaN : leastTime(workload, limit),
      });
    }
    say(`${workload.name.padEnd(12)} ${results.map((r) => `${r.engine} ${r.value.toPrecision(3)} ms`).join("   ")}\n`);
    for (const { engine, reason } of failures) say(`${" ".repeat(13)}${engine}: ${reason}\n`);
  }
  return points;
}

const head = "curve,size,threads,milliseconds,quartile25,quartile75,limit";

/** The points as a table of comma-separated values, sizes in their order. */
export const asCsv = (points: readonly CurvePoint[]): string =>
  [
    head,
    ...points.map(({ curve, size, threads, milliseconds, quartiles, limit }) =>
      [curve, size, threads, ...[milliseconds, ...quartiles, limit].map((x) => (Number.isNaN(x) ? "" : x.toPrecision(4)))].join(","),
    ),
    "",
  ].join("\n");

export function fromCsv(text: string): readonly CurvePoint[] {
  const [first, ...lines] = text.trim().split("\n");
  if (first !== head) throw new Error(`the columns are ${first}, not ${head}`);
  return lines.map((line) => {
    const [curve, ...cells] = line.split(",");
    const [size, threads, milliseconds, low, high, limit] = cells.map((cell) => (cell === "" ? Number.NaN : Number(cell)));
    return { curve, size, threads, milliseconds, quartiles: [low, high], limit };
  });
}

const table = join(root, "bench", "scaling.csv");

/** Keeps the points of newly measured curves in place of their old ones, and draws all anew. */
export function keepAndDraw(measured: readonly CurvePoint[], curves: readonly Curve[], machine: string): void {
  const anew = new Set(measured.map((p) => p.curve));
  const old = existsSync(table) ? fromCsv(readFileSync(table, "utf8")).filter((p) => !anew.has(p.curve)) : [];
  const points = curves.flatMap(({ name }) => [...old, ...measured].filter((p) => p.curve === name));
  writeFileSync(table, asCsv(points));
  writeFileSync(join(root, "bench", "scaling.svg"), `${scalingFigure(points, curves, machine).toSvg()}\n`);
}

/** One panel for each curve: as many threads as were measured, the limit of the most, and for batches as many steps of one. */
export function scalingFigure(points: readonly CurvePoint[], curves: readonly Curve[], machine: string): Panels {
  const most = Math.max(1, ...points.map((p) => p.threads));
  return panels({
    title: "Time per step",
    subtitle: `${machine}. Dashed: the limit of ${most === 1 ? "one thread" : `${most} threads`}, by arithmetic or main memory`,
    figures: curves.map((curve) => {
      const own = points.filter((p) => p.curve === curve.name);
      const seconds = (threads: number) => own.filter((p) => p.threads === threads).map((p) => [p.size, p.milliseconds / 1000] as const);
      const threads = [...new Set(own.map((p) => p.threads))].sort((a, b) => a - b);
      const bounded = own.filter((p) => p.threads === most && !Number.isNaN(p.limit));
      const [least, largest] = [curve.points[0].size, curve.points[curve.points.length - 1].size];
      const one = Math.min(...own.filter((p) => p.size === least).map((p) => p.milliseconds / 1000));
      const series: readonly Series[] = [
        ...(bounded.length > 0 ? [{ name: "limit", points: bounded.map((p) => [p.size, p.limit / 1000] as const), reference: true }] : []),
        ...(curve.oneByOne === true && Number.isFinite(one)
          ? [
              {
                name: "one by one",
                colour: 2 as const,
                dots: false,
                points: curve.points.map(({ size }) => [size, (one * size) / least] as const),
              },
            ]
          : []),
        ...threads.map((count) => ({
          name: count === 1 ? "1 thread" : `${count} threads`,
          colour: count === most ? (0 as const) : (1 as const),
          dots: true,
          points: seconds(count),
        })),
      ];
      return lineChart({
        title: curve.title,
        subtitle: curve.subtitle,
        x: { label: curve.label, kind: "log", style: largest > 1e6 ? "power" : "count", domain: [least, largest], ticks: curve.ticks },
        y: { label: "time per step", kind: "log", style: "duration" },
        series,
      });
    }),
  });
}

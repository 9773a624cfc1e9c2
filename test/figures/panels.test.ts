import { describe, expect, it } from "vitest";
import { lineChart } from "../../src/figures/line-chart.js";
import { panels } from "../../src/figures/panels.js";
import type { Point } from "../../src/figures/thinning.js";

const points: readonly Point[] = [
  [1, 1e-5],
  [10, 1e-4],
  [100, 1e-3],
];

const chart = (title: string) =>
  lineChart({
    title,
    x: { label: "size", kind: "log", style: "power", ticks: [1, 10, 100, 1000] },
    y: { label: "time", kind: "log", style: "duration" },
    series: [
      { name: "measured", points },
      { name: "limit", points: points.map(([x, y]) => [x, y / 2] as const), reference: true },
    ],
  });

/** The places of a path's points. */
const path = (svg: string, name: string): number[][] =>
  [...(new RegExp(`class="${name}"[^>]* d="([^"]*)"`).exec(svg)?.[1] ?? "").matchAll(/[ML]([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);

describe("logarithmic axes", () => {
  const svg = chart("Scaling").toSvg();

  it("space equal factors equally, so that a power law is a straight line", () => {
    const [a, b, c] = path(svg, "line");
    expect(b[0] - a[0]).toBeCloseTo(c[0] - b[0], 1);
    expect(a[1] - b[1]).toBeCloseTo(b[1] - c[1], 1);
    expect(b[0]).toBeGreaterThan(a[0]);
  });

  it("mark the ticks that were asked for, as far as they are shown", () => {
    for (const text of ["10⁰", "10¹", "10²", "10 µs", "1 ms"]) expect(svg).toContain(`>${text}</text>`);
    expect(svg).not.toContain(">10³</text>");
  });

  it("draw what the others are compared with dashed, without dots and without a colour of its own", () => {
    expect(path(svg, "line reference")).toHaveLength(3);
    expect([...svg.matchAll(/<circle/g)]).toHaveLength(3);
    expect(svg).not.toContain('style="stroke:var(--series-1)"');
  });
});

describe("panels", () => {
  const titles = ["One", "Two", "Three"];
  const picture = panels({ title: "All <of> them", figures: titles.map(chart) });

  it("hold every figure in a place of its own, within the picture", () => {
    const svg = picture.toSvg();
    const places = [...svg.matchAll(/<g transform="translate\((\d+) (\d+)\)">/g)].map(([, x, y]) => [Number(x), Number(y)]);
    expect(places).toHaveLength(3);
    expect(places[0][1]).toBe(places[1][1]);
    expect(places[1][0]).toBeGreaterThan(places[0][0]);
    expect(places[2][0]).toBe(places[0][0]);
    const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
    expect(places[1][0] + 400).toBeLessThan(Number(width));
    expect(places[2][1] + 250).toBeLessThan(Number(height));
  });

  it("are one document with one style and one description of all", () => {
    const svg = picture.toSvg();
    expect(svg.match(/<style>/g)).toHaveLength(1);
    expect(svg).toContain("All &lt;of&gt; them");
    const label = /aria-label="([^"]*)"/.exec(svg)?.[1] ?? "";
    for (const title of titles) expect(label).toContain(`${title}: `);
    expect(picture.toSvg({ embedded: true })).not.toContain("<style>");
  });

  it("take no more columns than they have figures", () => {
    expect(panels({ title: "", figures: [chart("One")], columns: 3 }).columns).toBe(1);
    expect(panels({ title: "", figures: [] }).toSvg()).toMatch(/^<svg.*<\/svg>$/);
  });

  it("stand below each other where they would become too narrow", () => {
    const row = panels({ title: "Three", figures: [chart("a"), chart("b"), chart("c")], columns: 3 });
    const places = (width: number) =>
      [...row.toSvg({ width }).matchAll(/<g transform="translate\((\d+) (\d+)\)">/g)].map(([, x, y]) => [Number(x), Number(y)]);
    expect(new Set(places(900).map(([, y]) => y)).size).toBe(1);
    const narrow = places(360);
    expect(new Set(narrow.map(([x]) => x)).size).toBe(1);
    expect(new Set(narrow.map(([, y]) => y)).size).toBe(narrow.length);
  });
});

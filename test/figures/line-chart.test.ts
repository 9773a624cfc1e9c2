import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineChart } from "../../src/figures/line-chart.js";
import { darkTheme, lightTheme } from "../../src/figures/theme.js";
import type { Point } from "../../src/figures/thinning.js";
import { smooth, thin } from "../../src/figures/thinning.js";

const chart = (points: readonly Point[], more: readonly Point[] = []) =>
  lineChart({
    title: 'Loss <of> "A & B"',
    x: { label: "epoch" },
    y: { label: "cross-entropy" },
    series: [{ name: "training", points }, ...(more.length > 0 ? [{ name: "validation", points: more }] : [])],
  });

/** Throws unless every element of the XML is closed in its order; gives the names met. */
function elements(xml: string): string[] {
  const open: string[] = [];
  const met: string[] = [];
  for (const [, close, name, rest] of xml.matchAll(/<(\/?)([a-z]+)((?:"[^"]*"|[^">])*)>/g)) {
    if (close === "/") expect(open.pop()).toBe(name);
    else {
      met.push(name);
      if (!rest.endsWith("/")) open.push(name);
    }
  }
  expect(open).toEqual([]);
  return met;
}

describe("SVG", () => {
  it("is well-formed and escapes what it is given", () => {
    const svg = chart(
      [
        [0, 2],
        [1, 1],
      ],
      [[1, 1.5]],
    ).toSvg();
    expect(elements(svg)).toContain("path");
    expect(svg).toContain("Loss &lt;of&gt; &quot;A &amp; B&quot;");
    expect(svg.replace(/<style>.*<\/style>/, "")).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)|NaN|undefined|Infinity/);
  });

  it("draws the points where they belong", () => {
    const svg = chart([
      [0, 0],
      [1, 1],
      [2, 0],
    ]).toSvg({ width: 400, height: 250 });
    const path = /class="line"[^>]* d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"/.exec(svg);
    const [x0, y0, x1, y1, x2, y2] = path?.slice(1).map(Number) ?? [];
    expect(x1 - x0).toBeCloseTo(x2 - x1, 1);
    expect(y0).toBe(y2);
    expect(y1).toBeLessThan(y0);
  });

  it("names the lines only where there are several", () => {
    expect(
      chart([
        [0, 1],
        [1, 2],
      ]).toSvg(),
    ).not.toContain(">training</text>");
    const svg = chart(
      [
        [0, 1],
        [1, 2],
      ],
      [
        [0, 1],
        [1, 2],
      ],
    ).toSvg();
    const places = [...svg.matchAll(/class="end"[^>]* y="([\d.]+)">(\w+)/g)].map(([, y, name]) => ({ y: Number(y), name }));
    expect(places.map(({ name }) => name).sort()).toEqual(["training", "validation"]);
    // Two labels of 12 px at the same place are moved apart.
    expect(Math.abs(places[0].y - places[1].y)).toBeGreaterThanOrEqual(12);
  });

  it("takes a logarithmic scale where values span more than a factor of 20, and says so", () => {
    expect(
      chart([
        [0, 2.3],
        [1, 0.02],
      ]).description.y.kind,
    ).toBe("log");
    expect(
      chart([
        [0, 2.3],
        [1, 0.02],
      ]).toSvg(),
    ).toContain("log scale");
    expect(
      chart([
        [0, 2.3],
        [1, 0.5],
      ]).description.y.kind,
    ).toBe("linear");
    expect(
      chart([
        [0, 2.3],
        [1, 0],
      ]).description.y.kind,
    ).toBe("linear");
  });

  it("survives any numbers, and none", () => {
    const anything = fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 20 });
    fc.assert(
      fc.property(anything, anything, (points, more) => {
        const figure = chart(points, more);
        const svg = figure.toSvg();
        elements(svg);
        expect(svg.replace(/aria-label="[^"]*"/, "")).not.toMatch(/NaN|Infinity/);
        figure.toTerminal();
      }),
      { numRuns: 300 },
    );
  });

  it("describes itself to those who do not see it", () => {
    expect(
      chart([
        [0, 2.3],
        [3, 0.5],
      ]).description.alt,
    ).toBe("cross-entropy by epoch. training: from 2.3 to 0.5 at epoch 3.");
  });
});

describe("terminal", () => {
  const plain = (figure: string) => figure.split("\n").slice(1, -1);

  it("draws a rising line from the lower left to the upper right, in braille", () => {
    const rows = plain(
      lineChart({
        title: "t",
        x: { label: "x" },
        y: { label: "y" },
        series: [
          {
            name: "a",
            points: [
              [0, 0],
              [1, 1],
            ],
          },
        ],
      }).toTerminal({ columns: 14, rows: 4 }),
    );
    const first = rows.map((row) => row.slice(3).search(/[\u2801-\u28ff]/));
    expect(first[3]).toBe(0);
    expect(first).toEqual([...first].sort((a, b) => b - a));
    expect(rows[0].at(-1)).toMatch(/[\u2801-\u28ff]/);
  });

  it("stays within its columns and rows, without colours unless asked", () => {
    const points: Point[] = Array.from({ length: 100 }, (_, i) => [i, Math.sin(i / 9)]);
    for (const columns of [30, 47, 72, 120]) {
      const text = chart(points).toTerminal({ columns, rows: 7 });
      expect(text).not.toContain("\u001b");
      const lines = text.split("\n");
      expect(lines.length).toBe(9);
      for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(columns);
    }
    expect(chart(points).toTerminal({ colour: true })).toContain("\u001b[34m");
  });
});

describe("thinning and smoothing", () => {
  it("keeps ends and extremes", () => {
    const points: Point[] = Array.from({ length: 10_000 }, (_, i) => [i, i === 4321 ? 99 : i === 8765 ? -99 : i % 7]);
    const few = thin(points, 400);
    expect(few.length).toBeLessThanOrEqual(400);
    for (const at of [0, 4321, 8765, 9999]) expect(few).toContainEqual(points[at]);
    expect(few.map(([x]) => x)).toEqual(few.map(([x]) => x).sort((a, b) => a - b));
  });

  it("averages over the window, and keeps the first value", () => {
    const points: Point[] = [4, 1, 4, 1, 4, 1].map((y, i) => [i, y]);
    expect(smooth(points, 3).map(([, y]) => y)).toEqual([4, 3, 2, 3, 2, 2.5]);
    expect(smooth(points, 1)).toBe(points);
  });
});

describe("colours", () => {
  /** The contrast of WCAG 2.2, from relative luminance. */
  const luminance = (colour: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };

  it.each([
    ["light", lightTheme],
    ["dark", darkTheme],
  ])("of the %s theme can be read as text (4.5 : 1)", (_, theme) => {
    for (const colour of [theme.ink, theme.muted, ...theme.series]) expect(contrast(colour, theme.paper)).toBeGreaterThanOrEqual(4.5);
  });
});

import { describe, expect, it } from "vitest";
import { readImage } from "../../src/data/images/index.js";
import { contourFigure } from "../../src/figures/contour-figure.js";
import { curvePathFigure } from "../../src/figures/curve-path-figure.js";
import { Figure } from "../../src/figures/figure.js";
import { sampleGrid } from "../../src/figures/grid.js";
import { imageRow } from "../../src/figures/image-row.js";
import type { Mark } from "../../src/figures/marks.js";
import { Panels, panels } from "../../src/figures/panels.js";
import { figurePng } from "../../src/figures/raster.js";
import { runFigure } from "../../src/figures/run-figure.js";
import { surfaceFigure } from "../../src/figures/surface-figure.js";
import { wrap } from "../../src/figures/svg-text.js";
import { darkTheme, lightTheme } from "../../src/figures/theme.js";
import { gd, minimize } from "../../src/index.js";

const axis = (domain: readonly [number, number]) => ({ label: "v", kind: "linear", style: "number", domain }) as const;
const figureOf = (marks: readonly Mark[], more: Partial<Figure["description"]> = {}) =>
  new Figure({ title: "T", alt: "A.", x: axis([0, 4]), y: axis([0, 2]), marks, ...more });

const ravine = (x: number, y: number) => 0.5 * x * x + 2 * y * y + x * y;
const descent = minimize("0.5x^2 + 2y^2 + x*y", [8.7, -7.9], { optimizer: gd({ learningRate: 0.2 }), steps: 12, path: true });
const contours = contourFigure({
  title: "½x² + 2y² + xy",
  f: ravine,
  window: { x: [-4, 10], y: [-9, 4] },
  size: 31,
  levels: 8,
  minimum: 0,
  trails: [{ name: "gd, α = 0.2", points: descent.path }],
  places: [{ kind: "point", at: [0, 0], shape: "star", paint: "ink", label: "minimum" }],
});
const bars: Mark = { kind: "bars", bars: [{ from: 0, to: 1, value: 2 }], colour: 3 };
const everyMark = figureOf([
  { kind: "heat", grid: sampleGrid((x, y) => x - y, { x: [0, 1], y: [0, 1] }, [2, 2]), palette: "signed" },
  { kind: "cells", columns: 2, rows: 1, x: [1, 2], y: [0, 1], classes: [0, -1], shades: [0.5, 1] },
  { kind: "image", x: [2, 3], y: [0, 1], width: 2, height: 1, channels: 1, samples: Uint8Array.of(0, 255) },
  { kind: "contours", grid: sampleGrid((x, y) => x + y, { x: [0, 4], y: [0, 2] }, [5, 3]), levels: [2, 4] },
  {
    kind: "polygons",
    polygons: [
      {
        points: [
          [0, 0],
          [1, 0],
          [0, 1],
        ],
        fill: { share: 0.5 },
        opacity: 0.5,
      },
    ],
  },
  {
    kind: "band",
    points: [
      [0, 0.5, 1],
      [4, 0.5, 1.5],
    ],
    colour: 2,
  },
  bars,
  { kind: "arrow", from: [1, 1], to: [2, 1.5], paint: 6, label: "g", dashed: true },
  { kind: "text", at: [3, 1], text: 'a "word", & more', paint: "muted" },
  { kind: "rule", axis: "x", at: 2, label: "two" },
  {
    kind: "line",
    points: [
      [0, 0],
      [4, 2],
    ],
    colour: 0,
    label: "line",
    dashed: true,
  },
  ...(["ring", "dot", "star", "cross", "square"] as const).map((shape, i): Mark => ({ kind: "point", at: [i, 1], shape, paint: 4 })),
]);

describe("a figure", () => {
  it.each([
    ["contours", contours.toSvg({ width: 480 })],
    ["every-mark", everyMark.toSvg()],
    ["curve", curvePathFigure({ title: "x²", f: (x) => x * x, paths: [{ name: "α = 0.9", path: [8.7, -6.96, 5.568] }] }).toSvg()],
    ["saddle", surfaceFigure({ title: "x² − y²", grid: sampleGrid((x, y) => x * x - y * y, { x: [-1, 1], y: [-1, 1] }, [7, 7]) }).toSvg()],
  ])("draws %s as it was looked at", async (name, svg) => {
    await expect(svg).toMatchFileSnapshot(`golden/${name}.svg`);
  });

  it("is made again by its own TypeScript, byte for byte", () => {
    for (const figure of [
      contours,
      everyMark,
      figureOf([{ kind: "rule", axis: "y", at: -0, label: 'quote " and \\' }], { y: axis([-1, 1]) }),
    ]) {
      const source = figure.toTypeScript();
      expect(source.startsWith('import { Figure } from "steepest/figures";\n')).toBe(true);
      const body = source.slice(source.indexOf("\n")).replace("export const figure =", "return");
      const again: unknown = new Function("Figure", body)(Figure);
      if (!(again instanceof Figure)) throw new Error("no figure");
      expect(again.toSvg()).toBe(figure.toSvg());
      expect(again.toCsv()).toBe(figure.toCsv());
    }
  });

  it("is made again with large pictures and maps of few kinds", () => {
    const samples = new Uint8Array(300 * 300).fill(7);
    const image: Mark = { kind: "image", x: [0, 4], y: [0, 2], width: 300, height: 300, channels: 1, samples };
    const cells: Mark = {
      kind: "cells",
      columns: 2,
      rows: 1,
      x: [0, 4],
      y: [0, 2],
      classes: Int16Array.of(0, 1),
      shades: Float32Array.of(1, 0.5),
    };
    const figure = figureOf([image, cells]);
    const code = figure.toTypeScript();
    expect(code).toContain("classes: [0, 1], shades: [1, 0.5]");
    const again: unknown = new Function("Figure", code.slice(code.indexOf("\n")).replace("export const figure =", "return"))(Figure);
    if (!(again instanceof Figure)) throw new Error("no figure");
    expect(again.toSvg()).toBe(figure.toSvg());
  });

  it("beside others is made again, and its numbers are told apart by its title", () => {
    const curve = curvePathFigure({ title: "x²", f: (x) => x * x, paths: [{ name: "α = 0.9, β = 0", path: [8.7, -6.96] }] });
    const body = curve.toTypeScript().split("\n").slice(1).join("\n").replace("export const figure =", "return");
    const again: unknown = new Function("Figure", "panels", body)(Figure, panels);
    if (!(again instanceof Panels)) throw new Error("no panels");
    expect(again.toSvg()).toBe(curve.toSvg());
    const lines = curve.toCsv().trim().split("\n");
    expect(lines[0]).toBe("figure,mark,label,x,y,x2,y2,value");
    expect(lines.filter((line) => line.startsWith('"α = 0.9, β = 0",line,,-6.96,'))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith("Distance |xₖ|,line,"))).toHaveLength(2);
  });

  it("refuses windows, grids and sizes that show nothing", () => {
    const bowl = { title: "t", f: (x: number, y: number) => x * x + y * y };
    expect(() => contourFigure({ ...bowl, window: { x: [1, 1], y: [0, 1] } })).toThrow(/no extent along x[\s\S]*\[1, 1\]/);
    expect(() => contourFigure({ ...bowl, window: { x: [0, 1], y: [0, Number.NaN] } })).toThrow(/no extent along y/);
    expect(() => contourFigure({ ...bowl, window: { x: [0, 1], y: [0, 1] }, size: 1 })).toThrow(/1 × 1/);
    const grid = { columns: 2, rows: 2, x: [0, 1], y: [0, 1], values: [1, 2, 3] } as const;
    expect(() => contourFigure({ title: "t", f: grid })).toThrow(/2 × 2 = 4 values/);
    for (const width of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => contours.toSvg({ width })).toThrow(/cannot have this size/);
      expect(() => panels({ title: "t", figures: [contours] }).toSvg({ width })).toThrow(/cannot have this size/);
    }
  });

  it("gives its numbers as CSV, with the bits they have", () => {
    const lines = contours.toCsv().trim().split("\n");
    expect(lines[0]).toBe("mark,label,x,y,x2,y2,value");
    const path = lines.filter((line) => line.startsWith("line,")).map((line) => /^line,"gd, α = 0.2",([^,]*),([^,]*),,,$/.exec(line));
    expect(path).toHaveLength(13);
    expect(path.map((cells) => [Number(cells?.[1]), Number(cells?.[2])])).toEqual(descent.path.rows());
    expect(lines.filter((line) => line.startsWith("contours,"))).toHaveLength(31 * 31);
    const kinds = new Set(
      everyMark
        .toCsv()
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(",")[0]),
    );
    expect(kinds).toEqual(new Set(everyMark.description.marks.map(({ kind }) => kind)));
    expect(everyMark.toCsv()).toContain('text,"a ""word"", & more",3,1,,,');
  });

  it("with equal aspect has units of one length on both axes", () => {
    for (const [width, height] of [
      [400, 250],
      [400, 800],
      [300, undefined],
    ] as const) {
      const corner: Mark = {
        kind: "line",
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
        colour: 0,
      };
      const svg = figureOf([corner], { aspect: "equal" }).toSvg({ width, ...(height === undefined ? {} : { height }) });
      const [x0, y0, x1, y1, x2, y2] = (/class="line"[^>]* d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"/.exec(svg) ?? [])
        .slice(1)
        .map(Number);
      expect(x1 - x0).toBeGreaterThan(20);
      expect(y1 - y2).toBeCloseTo(x1 - x0, 1);
      expect([y0, x2]).toEqual([y1, x1]);
    }
  });

  it("marks where a path leaves it, on its edge and in its direction", () => {
    const trail: Mark = {
      kind: "line",
      points: [
        [1, 1],
        [3, 1],
        [9, 1],
        [3, 1.5],
        [3, 900],
      ],
      colour: 0,
      trail: true,
    };
    const svg = figureOf([trail]).toSvg();
    const arrows = [...svg.matchAll(/transform="translate\(([\d.]+) ([\d.-]+)\) rotate\(([\d.-]+)\)"><title>leaves/g)].map((m) =>
      m.slice(1).map(Number),
    );
    expect(arrows.map(([, , angle]) => angle)).toEqual([0, -90]);
    expect(arrows[0][0]).toBeCloseTo(400 - 28 - 12, 0);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it("marks it also where a step only crosses it, and not where a path stays outside", () => {
    const trail = (points: readonly (readonly [number, number])[]): Mark => ({ kind: "line", points, colour: 0, trail: true });
    const count = (points: readonly (readonly [number, number])[]) =>
      figureOf([trail(points)])
        .toSvg()
        .split("leaves the figure").length - 1;
    expect(
      count([
        [-1, 1],
        [9, 1],
      ]),
    ).toBe(1);
    expect(
      count([
        [-1, 5],
        [9, 5],
        [9, 9],
      ]),
    ).toBe(0);
    expect(
      count([
        [1, 1],
        [9, 1],
        [-9, 1],
        [1, 1],
      ]),
    ).toBe(2);
    expect(
      count([
        [0, 0],
        [4, 2],
      ]),
    ).toBe(0);
  });

  it("of a path that ran away still ends", () => {
    const trail: Mark = {
      kind: "line",
      points: [
        [1, 1],
        [1e200, -1e250],
        [Number.NaN, 1],
        [2, 1],
      ],
      colour: 0,
      trail: true,
    };
    expect(figureOf([trail]).toSvg()).not.toMatch(/NaN|Infinity|e\+/);
    expect(figureOf([trail]).toTerminal().split("\n")).toHaveLength(10);
  });

  it("breaks titles and captions into lines that fit", () => {
    const words = "digits with 1,000 records each, the variance of a mean gradient over the size of its batch";
    const svg = figureOf([], { subtitle: words, caption: words }).toSvg({ width: 300 });
    const lines = [...svg.matchAll(/class="aside"[^>]*>([^<]*)</g)].map((m) => m[1]);
    expect(lines.join(" ")).toBe(`${words} ${words}`);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of wrap(words, 200)) expect(line.length).toBeLessThan(40);
    expect(wrap("", 100)).toEqual([]);
  });

  it("draws level lines, paths and places in a terminal, within its width", () => {
    const text = contours.toTerminal({ columns: 60 });
    const rows = text.split("\n");
    expect(Math.max(...rows.slice(1).map((row) => [...row].length))).toBeLessThanOrEqual(60);
    expect(text.match(/[⠁-⣿]/g)?.length).toBeGreaterThan(200);
    expect(figureOf([bars]).toTerminal()).toMatch(/[⠁-⣿]/);
  });
});

describe("a row of pictures", () => {
  const picture = (name: string, value: number) => ({
    name,
    width: 3,
    height: 2,
    channels: 1 as const,
    samples: new Uint8Array(6).fill(value),
  });

  it("shows each, its part and its error against the reference", () => {
    const row = imageRow({
      title: "R",
      pictures: [picture("clean", 100), picture("noisy", 120)],
      zoom: { x: 1, y: 0, width: 2, height: 1 },
      reference: 0,
    });
    expect(row.figures).toHaveLength(6);
    const [, noisy, , zoomed, , error] = row.figures.map(({ description }) => description);
    expect(noisy.title).toBe("noisy");
    expect([zoomed.x.domain, zoomed.y.domain]).toEqual([
      [1, 3],
      [1, 2],
    ]);
    const mark = error.marks[0];
    if (mark.kind !== "image") throw new Error("no picture");
    // Too light by all that the scale holds: the red end.
    const [red, green, blue] = mark.samples;
    expect(red).toBeGreaterThan(2 * Math.max(green, blue));
  });

  it("refuses what is no row", () => {
    const row = (options: object) => () => imageRow({ title: "R", pictures: [picture("a", 1), picture("b", 2)], ...options });
    expect(row({ pictures: [] })).toThrow(/no pictures/);
    expect(row({ pictures: [picture("a", 1), { ...picture("b", 2), height: 1 }] })).toThrow(/not of one size[\s\S]*3 × 1[\s\S]*b/);
    expect(row({ pictures: [{ ...picture("a", 1), samples: new Uint8Array(5) }] })).toThrow(/all its samples/);
    expect(row({ zoom: { x: 2, y: 0, width: 2, height: 2 } })).toThrow(/does not lie in the pictures/);
    expect(row({ zoom: { x: 0, y: 0, width: 0, height: 2 } })).toThrow(/does not lie in the pictures/);
    expect(row({ reference: 2 })).toThrow(/from 0 to 1/);
    const colour = { ...picture("c", 1), channels: 3 as const, samples: new Uint8Array(18) };
    expect(row({ pictures: [picture("a", 1), colour], reference: 0 })).toThrow(/held against each other[\s\S]*1 channel[\s\S]*3[\s\S]*c/);
    expect(row({ pictures: [picture("a", 1), colour] })).not.toThrow();
  });
});

describe("PNG", () => {
  it("has the size, the paper and the letters of the figure, and the same bytes each time", async () => {
    const png = await figurePng(contours, { width: 240, height: 200, scale: 1, theme: "dark" });
    const { width, height, data, channels } = await readImage(png, { depth: 8 });
    expect([width, height]).toEqual([240, 200]);
    const colours = new Map<string, number>();
    for (let i = 0; i < width * height; i++) {
      const colour = `#${[0, 1, 2].map((c) => data[i * channels + c].toString(16).padStart(2, "0")).join("")}`;
      colours.set(colour, (colours.get(colour) ?? 0) + 1);
    }
    expect([...colours].sort((a, b) => b[1] - a[1])[0][0]).toBe(darkTheme.paper);
    expect(colours.size).toBeGreaterThan(50);
    const light = await figurePng(contours, { width: 240, height: 200, scale: 1 });
    expect(Buffer.from(light).equals(Buffer.from(png))).toBe(false);
    expect(Buffer.from(await figurePng(contours, { width: 240, height: 200, scale: 1 })).equals(Buffer.from(light))).toBe(true);
    const titleRows = await readImage(light, { depth: 8 });
    const ink = Number.parseInt(lightTheme.ink.slice(1, 3), 16);
    let dark = 0;
    for (let i = 0; i < 240 * 30; i++) if (titleRows.data[i * titleRows.channels] <= ink + 30) dark++;
    expect(dark).toBeGreaterThan(60);
  });

  it("of a scale that gives no picture is refused", async () => {
    await expect(figurePng(contours, { scale: 0 })).rejects.toThrow("this scale gives no picture");
  });
});

describe("a run", () => {
  const ran = (f: string, start: readonly number[]) =>
    minimize(f, [...start], { optimizer: gd({ learningRate: 0.1 }), steps: 5, path: true });

  it("of one variable lies on the curve, of two on level lines, of more it is the fall of its values", () => {
    const one = runFigure({ f: "x^2", runs: { "gd, α = 0.1": ran("x^2", [3]) } });
    if (!(one instanceof Panels)) throw new Error("not on the curve");
    const line = one.figures[0].description.marks.findLast((mark) => mark.kind === "line");
    expect(line?.kind === "line" && line.points.map(([x]) => Number(x.toPrecision(12)))).toEqual([3, 2.4, 1.92, 1.536, 1.2288, 0.98304]);
    expect(line?.kind === "line" && line.points.every(([x, y]) => Math.abs(y - x * x) < 1e-12)).toBe(true);

    const two = runFigure({ f: "x^2 + y^2", runs: { gd: ran("x^2 + y^2", [3, 1]) } });
    if (!(two instanceof Figure)) throw new Error("not on level lines");
    expect(two.description.marks.map(({ kind }) => kind)).toContain("contours");
    expect(two.description.caption).toBe("gd: stopped after 5 steps");

    const three = runFigure({ f: "x^2 + y^2 + z^2", runs: { gd: ran("x^2 + y^2 + z^2", [3, 1, 1]) } });
    if (!(three instanceof Figure)) throw new Error("no curve");
    const values = three.description.marks.flatMap((mark) => (mark.kind === "line" ? mark.points.map(([, y]) => y) : []));
    expect(values[0]).toBe(11);
    expect(values).toHaveLength(5);
  });

  it("is named, and more than two variables have no level lines", () => {
    expect(() => runFigure({ f: "x", runs: {} })).toThrow("there is no run to draw");
    const path = ran("x^2 + y^2 + z^2", [1, 1, 1]).path;
    expect(() => contourFigure({ title: "t", f: "x^2 + y^2", trails: [{ name: "gd", points: path }] })).toThrow(
      "level lines show descents of two variables",
    );
  });
});

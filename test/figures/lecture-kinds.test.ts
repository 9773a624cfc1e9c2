/** The kinds of figures that show steps, spreads and pieces: what is in their descriptions. */
import { describe, expect, it } from "vitest";
import {
  gradientFanFigure,
  hingeFigure,
  rateSweepFigure,
  spreadChart,
  stepProfileFigure,
  stepVectorsFigure,
} from "../../src/figures/index.js";
import type { Mark } from "../../src/figures/marks.js";

const ofKind = <K extends Mark["kind"]>(marks: readonly Mark[], kind: K) =>
  marks.filter((mark): mark is Extract<Mark, { kind: K }> => mark.kind === kind);

describe("spreadChart", () => {
  const runs = [1, 2, 3, 4, 5].map(
    (value) =>
      [
        [0, value],
        [1, 10 * value],
      ] as const,
  );
  const options = { title: "t", x: { label: "x" }, y: { label: "y" } } as const;

  it("has the median as line, and all runs or a share of them as band", () => {
    const { marks } = spreadChart({ ...options, groups: [{ name: "a", runs }] }).description;
    expect(ofKind(marks, "line").map(({ points }) => points)).toEqual([
      [
        [0, 3],
        [1, 30],
      ],
    ]);
    expect(ofKind(marks, "band").map(({ points }) => points)).toEqual([
      [
        [0, 1, 5],
        [1, 10, 50],
      ],
    ]);
    const half = spreadChart({ ...options, share: 0.5, groups: [{ name: "a", runs }] }).description;
    // The quartiles of five values are the second and the fourth.
    expect(ofKind(half.marks, "band").map(({ points }) => points)).toEqual([
      [
        [0, 2, 4],
        [1, 20, 40],
      ],
    ]);
    expect(half.subtitle).toBe("median of 5 runs; the band holds 50 % of them");
  });

  it("refuses runs over different x", () => {
    const odd = [
      ...runs,
      [
        [0, 1],
        [2, 1],
      ] as const,
    ];
    expect(() => spreadChart({ ...options, groups: [{ name: "a", runs: odd }] })).toThrow(/not over the same x/);
    for (const share of [0, 2, Number.NaN]) expect(() => spreadChart({ ...options, share, groups: [] })).toThrow(/share of the runs/);
  });

  it("keeps the median beside a run that diverged, and says how many runs each group has", () => {
    const runs = [1, 2, Number.POSITIVE_INFINITY].map((y) => [[0, y]] as const);
    const { marks, subtitle } = spreadChart({
      ...options,
      groups: [
        { name: "a", runs },
        { name: "b", runs: runs.slice(0, 2) },
      ],
    }).description;
    expect(ofKind(marks, "line").map(({ points }) => points[0][1])).toEqual([2, 1.5]);
    expect(ofKind(marks, "band")[0].points[0]).toEqual([0, 1, Number.POSITIVE_INFINITY]);
    expect(subtitle).toContain("median of 2 to 3 runs");
  });
});

describe("rateSweepFigure", () => {
  it("draws what diverged as crosses, and a rule at each edge", () => {
    const points = [
      [0.1, 1e-3],
      [1, 1e-6],
      [2, Number.POSITIVE_INFINITY],
      [3, 1e200],
    ] as const;
    const { marks } = rateSweepFigure({ title: "t", sweeps: [{ name: "gd", points, edge: 1.5 }], start: 1 }).description;
    expect(ofKind(marks, "line")[0].points).toEqual([
      [0.1, 1e-3],
      [1, 1e-6],
    ]);
    expect(ofKind(marks, "point").map(({ at, shape }) => [at[0], shape])).toEqual([
      [2, "cross"],
      [3, "cross"],
    ]);
    expect(ofKind(marks, "rule").map(({ axis, at }) => [axis, at])).toEqual([
      ["x", 1.5],
      ["y", 1],
    ]);
  });

  it("has crosses alone where every descent diverged", () => {
    const points = [0.1, 1].map((rate) => [rate, Number.POSITIVE_INFINITY] as const);
    const figure = rateSweepFigure({ title: "t", sweeps: [{ name: "gd", points, edge: 0.05 }] });
    expect(ofKind(figure.description.marks, "point")).toHaveLength(2);
    expect(figure.toSvg()).not.toContain("NaN");
  });
});

describe("stepProfileFigure", () => {
  it("has the curve, its tangent and its parabola, and the least of it", () => {
    // (1 − 2α)²: slope −4, curvature 8, least at ½.
    const figure = stepProfileFigure({ title: "t", phi: (a) => (1 - 2 * a) ** 2, slope: -4, curvature: 8 });
    const lines = ofKind(figure.description.marks, "line");
    expect(lines.map(({ label }) => label)).toEqual(["tangent", "parabola", "φ(α)"]);
    const [tangent, parabola, curve] = lines;
    expect(tangent.points[0]).toEqual([0, 1]);
    for (const [a, y] of tangent.points) expect(y).toBeCloseTo(1 - 4 * a, 12);
    for (const [i, [, y]] of parabola.points.entries()) expect(y).toBeCloseTo(curve.points[i][1], 12);
    expect(ofKind(figure.description.marks, "point").map(({ at }) => at)).toEqual([[0.5, 0]]);
    expect(figure.description.x.domain?.[1]).toBeCloseTo(1.2, 12);
  });
});

describe("hingeFigure", () => {
  it("puts the star on the corner whose slopes hold 0, and fans between them", () => {
    const mean = (w: number) => 0.5 * (Math.max(0, 1 - w) + Math.max(0, 1 + 2 * w));
    const figure = hingeFigure({
      title: "t",
      window: [-2, 2],
      terms: [{ name: "a", f: (w) => Math.max(0, 1 - w) }],
      mean,
      corners: [
        { at: -0.5, left: -0.5, right: 0.5 },
        { at: 1, left: 0.5, right: 1 },
      ],
    });
    const places = ofKind(figure.description.marks, "point");
    expect(places.map(({ at, shape }) => [at[0], shape])).toEqual([
      [-0.5, "star"],
      [1, "dot"],
    ]);
    const [{ polygons }] = ofKind(figure.description.marks, "polygons");
    expect(polygons).toHaveLength(4);
    // Supporting lines never lie above a convex function.
    for (const { points } of polygons) for (const [w, y] of points) expect(y).toBeLessThanOrEqual(mean(w) + 1e-12);
  });
});

describe("gradientFanFigure", () => {
  it("has an arrow against each gradient, and one against their mean", () => {
    const { marks, aspect } = gradientFanFigure({
      title: "t",
      gradients: [
        [1, 0],
        [3, 4],
      ],
    }).description;
    expect(aspect).toBe("equal");
    expect(ofKind(marks, "arrow").map(({ to, paint }) => [to[0] + 0, to[1] + 0, paint])).toEqual([
      [-1, 0, "muted"],
      [-3, -4, "muted"],
      [-2, -2, 0],
    ]);
    // Two standard deviations about the mean: variances 1 and 4 there.
    const [{ polygons }] = ofKind(marks, "polygons");
    expect(Math.max(...polygons[0].points.map(([x]) => x))).toBeCloseTo(-2 + 2, 2);
    expect(Math.max(...polygons[0].points.map(([, y]) => y))).toBeCloseTo(-2 + 4, 1);
  });
});

describe("stepVectorsFigure", () => {
  it("begins the pull where the gradient is taken, and ends where the step ends", () => {
    const step = { jump: [1, 0], pull: [0, 2] } as const;
    const figure = stepVectorsFigure({
      title: "t",
      f: (x, y) => x * x + y * y,
      at: [5, 5],
      steps: [
        { ...step, name: "momentum", looksAhead: false },
        { ...step, name: "nesterov", looksAhead: true },
      ],
    });
    const pulls = figure.figures.map(({ description }) => ofKind(description.marks, "arrow").filter(({ label }) => label === "pull"));
    expect(pulls.map(([{ from, to }]) => [from, to])).toEqual([
      [
        [5, 5],
        [5, 7],
      ],
      [
        [6, 5],
        [6, 7],
      ],
    ]);
    for (const { description } of figure.figures)
      expect(ofKind(description.marks, "point").find(({ shape }) => shape === "dot")?.at).toEqual([6, 7]);
  });
});

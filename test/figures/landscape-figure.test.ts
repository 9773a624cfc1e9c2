import { gd, landscape, minimize, trace } from "steepest";
import { type Figure, Panels, planeFigure, rayFigure } from "steepest/figures";
import { describe, expect, it } from "vitest";
import { errorOf } from "../errors.js";

const f = "x^2 + 20*y^2 + 5*z^2";
const bowl = trace(f, { x: 0, y: 0, z: 0 });

const contoursOf = (figure: Figure) => {
  const mark = figure.description.marks.find(({ kind }) => kind === "contours");
  if (mark?.kind !== "contours") throw new Error("there are no level lines");
  return mark;
};

describe("the figure of a plane", () => {
  it("shows the path, its own loss, and what the plane says of it", async () => {
    const { path } = minimize(f, { x: 3, y: 1, z: -2 }, { steps: 30, path: true, optimizer: gd({ learningRate: 0.04 }) });
    const plane = await landscape(bowl, { plane: "pca", path, size: 17 });
    const figure = planeFigure(plane);
    if (!(figure instanceof Panels)) throw new Error("there is no error beside it");
    const [contours, losses, error, distance] = figure.figures;
    expect(contoursOf(contours).grid.values).toEqual(plane.values);
    const trail = contours.description.marks.find(({ kind }) => kind === "line");
    expect(trail).toMatchObject({ trail: true, points: path.rows().map((_, i) => [plane.path?.a[i], plane.path?.b[i]]) });
    const values = ({ description }: Figure) =>
      description.marks.flatMap((mark) => (mark.kind === "line" ? [mark.points.map(([, y]) => y)] : []));
    expect(values(losses)).toEqual([[...(plane.path?.loss ?? [])], [...(plane.path?.sliceLoss ?? [])]]);
    expect(values(error)[0]).toEqual(values(losses)[0].map((loss, i) => Math.abs(loss - values(losses)[1][i])));
    expect(values(distance)[0]).toEqual([...(plane.path?.distance ?? [])]);
    // Directions of length 1: right angles are right.
    expect(contours.description.aspect).toBe("equal");
    expect(contours.description.x.label).toMatch(/principal direction 1, \d/);
    expect(figure.toSvg()).toMatch(/^<svg/);
  });

  it("is as coarse as what is known, and says so", async () => {
    const abort = new AbortController();
    const plane = await landscape(bowl, {
      plane: "eigen",
      size: 33,
      signal: abort.signal,
      onProgress: ({ slice }) => slice.stride === 4 && abort.abort(),
    });
    expect(plane.stride).toBe(4);
    const figure = planeFigure(plane);
    if (figure instanceof Panels) throw new Error("there is no path");
    expect(contoursOf(figure).grid).toMatchObject({ columns: 9, rows: 9, x: [-1, 1], y: [-1, 1] });
    expect(contoursOf(figure).grid.values).toHaveLength(81);
    expect(figure.description.caption).toContain("9 × 9 points so far");
    const nothing = { ...plane, stride: 0 };
    expect(errorOf(() => planeFigure(nothing)).problem).toContain("no picture");
  });

  it("draws what is no finite number as the highest", async () => {
    const plane = await landscape(trace("x^2 + 1/y", { x: 0, y: 1 }), {
      plane: [
        [1, 0],
        [0, 1],
      ],
      size: 9,
    });
    expect(plane.values[4]).toBe(Number.POSITIVE_INFINITY);
    const figure = planeFigure(plane);
    if (figure instanceof Panels) throw new Error("there is no path");
    const { values } = contoursOf(figure).grid;
    expect(values[4]).toBe(Math.max(...plane.values.filter(Number.isFinite)));
  });
});

it("the figure of a ray has its values and its ends", async () => {
  const ray = await landscape(bowl, { ray: { to: [1, 0, 0] }, size: 5 });
  const { description } = rayFigure(ray);
  const line = description.marks.find(({ kind }) => kind === "line");
  expect(line).toMatchObject({ points: [-0.5, 0, 0.5, 1, 1.5].map((a) => [a, a * a]) });
  expect(description.marks.flatMap((mark) => (mark.kind === "rule" ? [[mark.at, mark.label]] : []))).toEqual([
    [0, "θ₀"],
    [1, "θ₁"],
  ]);
});

import { batchNorm, dense, dropout, fit, gd, landscape, linear, minimize, multiclassHinge, relu, sequential, trace } from "steepest";
import { arrayDataset, digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { AffineSlice, isAffine } from "../../src/landscape/affine-slice.js";
import { CompiledSlice } from "../../src/landscape/compiled-slice.js";
import { modelSubject } from "../../src/landscape/subject.js";
import { fromHost } from "../../src/tensor/tensor.js";
import { noise } from "../backends/threads/network.js";
import { rejectionOf } from "../errors.js";
import { SMALL_PLANE, smallPlane } from "./small-plane.js";

/** 300 records: a full chunk of 256, and 44. */
const records = 300;
const targets = Array.from({ length: records }, (_, i) => (7 * i + (i >> 2)) % 3);
const data = arrayDataset({
  name: "noise",
  inputs: { shape: [records, 5], data: noise(5 * records, 1) },
  targets,
  classes: 3,
  weights: Array.from({ length: records }, (_, i) => 1 + (i % 4)),
});
const network = () => sequential(dense(7), relu(), dense(3));
const trained = (dtype: "f32" | "f64") => fit(network(), data, { dtype, epochs: 2, batchSize: 60 });

describe("values on a plane", () => {
  it.each([
    // The sums have at most 300 terms: rounding stays far below 1e-12 in float64, and some 10 units of 6e-8 in float32.
    ["f64", 1e-12],
    ["f32", 2e-6],
  ] as const)("are those of the interpreter, in %s", async (dtype, tolerance) => {
    const run = await trained(dtype);
    const plane = await landscape(run, { size: 4, extent: 1.5 });
    const { training, theta } = run;
    const [inputs, labels] = [fromHost(noise(5 * records, 1), [records, 5], "f32"), fromHost(Int32Array.from(targets), [records], "i32")];
    for (const [place, value] of plane.values.entries()) {
      const [a, b] = [plane.a[place % 4], plane.b[place >> 2]];
      const [d1, d2] = plane.directions;
      const at = fromHost(
        theta.map((x, i) => x + a * d1.vector[i] + b * d2.vector[i]),
        [theta.length],
        dtype,
      );
      const [each] = interpret([training.batch(at, inputs, labels, false).perRecord]);
      const weights = each.map((_, i) => 1 + (i % 4));
      const mean = each.reduce((sum, loss, i) => sum + weights[i] * loss, 0) / weights.reduce((x, y) => x + y);
      expect(Math.abs(value - mean)).toBeLessThan(tolerance * mean);
    }
    expect(plane).toMatchObject({ kind: "plane", done: 16, complete: true, stride: 1, records, normalisation: "filter" });
  });

  it("of a plain objective are its own", async () => {
    const plane = await landscape(trace("x^2 + 3*y", { x: 1, y: -2 }), {
      plane: [
        [1, 0],
        [0, 1],
      ],
      size: 5,
      extent: [0, 2],
    });
    expect([...plane.values]).toEqual([0, 1, 2, 3, 4].flatMap((j) => [0, 1, 2, 3, 4].map((i) => (1 + i / 2) ** 2 + 3 * (j / 2 - 2))));
  });

  it("are the same bits for 1, 2 and 3 threads", async () => {
    const run = await fit(network(), data, { epochs: 1 });
    const [one, two, three] = await Promise.all([1, 2, 3].map((threads) => landscape(run, { size: 9, threads, plane: "gradient" })));
    expect(two.values).toEqual(one.values);
    expect(three.values).toEqual(one.values);
    expect(three.directions[0].vector).toEqual(one.directions[0].vector);
  });

  it("come coarse first, and an interrupted call goes on where it was", async () => {
    const run = await trained("f32");
    const options = { size: 33, seed: 4 } as const;
    const whole = await landscape(run, options);
    const abort = new AbortController();
    const stages: number[] = [];
    const part = await landscape(run, {
      ...options,
      signal: abort.signal,
      onProgress({ slice }) {
        stages.push(slice.stride);
        if (slice.stride === 4) abort.abort();
      },
    });
    expect(part.complete).toBe(false);
    expect(part.done).toBe(81);
    expect(stages.at(-1)).toBe(4);
    for (const [place, value] of part.values.entries()) {
      const isCoarse = (place % 33) % 4 === 0 && Math.floor(place / 33) % 4 === 0;
      expect(value).toEqual(isCoarse ? whole.values[place] : Number.NaN);
    }
    const rest = await landscape(run, { ...options, known: part.values });
    expect(rest.values).toEqual(whole.values);
    // What is known is not computed again.
    const believed = await landscape(run, { ...options, known: whole.values.map((x) => x + 1) });
    expect(believed.values).toEqual(whole.values.map((x) => x + 1));
  });
});

describe("a plane around a small network", () => {
  it.each([1, 2])("has the bits that pages have too, with %i threads, and so has its figure", async (threads) => {
    expect(await smallPlane(threads)).toEqual(SMALL_PLANE);
  });
});

describe("models whose outputs are affine in their weights", () => {
  const images = digits({ train: 300, test: 1 });

  it("are told from others", async () => {
    const run = await trained("f32");
    expect(isAffine(run.training)).toBe(false);
    expect(isAffine((await fit(linear(), images)).training)).toBe(true);
    expect(isAffine((await fit(sequential(dense(3)), data)).training)).toBe(true);
    expect(isAffine((await fit(sequential(dense(3), dense(3)), data)).training)).toBe(false);
  });

  it("have the same bits for 1, 2 and 3 threads", async () => {
    const run = await fit(linear(), images, { epochs: 1 });
    const [one, two, three] = await Promise.all([1, 2, 3].map((threads) => landscape(run, { size: 9, threads, plane: "eigen" })));
    expect(two.values).toEqual(one.values);
    expect(three.values).toEqual(one.values);
  });

  it.each([
    ["f64", 1e-13],
    ["f32", 1e-5],
  ] as const)("have by three products the values that they have by all, in %s", async (dtype, tolerance) => {
    const run = await fit(linear(), images, { dtype, epochs: 1 });
    const subject = modelSubject(run.training, run, images);
    const [first, second] = [run.theta.map((_, i) => Math.sin(i)), run.theta.map((_, i) => Math.cos(3 * i))];
    const coordinates = Float64Array.from({ length: 2 * 37 }, (_, i) => Math.sin(5 * i));
    const [three, all] = [await AffineSlice.open(subject, {}), await CompiledSlice.open(subject, {})];
    for (const slice of [three, all]) await slice.place({ centre: run.theta, first, second });
    const [quick, slow] = [await three.losses(coordinates), await all.losses(coordinates)];
    for (const [i, loss] of quick.losses.entries()) expect(Math.abs(loss - slow.losses[i])).toBeLessThan(tolerance * (1 + loss));
    expect([quick.done, slow.done]).toEqual([37, 37]);
    three.close();
    all.close();
  });

  it("have kinks along a ray where the margins of the hinge loss pass 0", async () => {
    const one = digits({ train: 1, test: 1 });
    const run = await fit(linear(), one, { dtype: "f64", loss: multiclassHinge(), seed: 5 });
    const ray = await landscape(run, { ray: "random", normalise: "none", size: 4001, extent: 0.4 });
    const scores = (theta: ArrayLike<number>): number[] => {
      const at = fromHost(Float64Array.from(theta), [theta.length], "f64");
      return [...interpret([run.training.output(at, fromHost(one.inputs.data, one.inputs.shape, "u8"))])[0]];
    };
    const s = scores(run.theta);
    const d = scores(run.theta.map((x, i) => x + ray.directions[0].vector[i])).map((x, j) => x - s[j]);
    const y = one.targets.data[0];
    const others = s.map((_, j) => j).filter((j) => j !== y);
    const kinks = others.map((j) => -(s[j] - s[y] + 1) / (d[j] - d[y]));
    const inside = kinks.filter((a) => Math.abs(a) < 0.4);
    expect(inside.length).toBeGreaterThan(3);
    const h = ray.a[1] - ray.a[0];
    // The second difference of max(0, m + g a) with its kink at k is |g| (h − |a − k|) near k, and 0 elsewhere.
    for (let i = 1; i < 4000; i++) {
      const found = ray.values[i - 1] - 2 * ray.values[i] + ray.values[i + 1];
      const due = kinks.reduce((sum, k, n) => sum + Math.abs(d[others[n]] - d[y]) * Math.max(0, h - Math.abs(ray.a[i] - k)), 0);
      expect(Math.abs(found - due)).toBeLessThan(1e-11);
    }
  });
});

describe("rays", () => {
  it("lead from one point to another", async () => {
    const [from, to] = [await trained("f32"), await fit(network(), data, { seed: 9 })];
    const ray = await landscape(from, { ray: { to: to.theta }, size: 5 });
    expect([...ray.a]).toEqual([-0.5, 0, 0.5, 1, 1.5]);
    const there = await landscape(to, { ray: "random", size: 3, data });
    // θ₀ + 1 (θ − θ₀) is θ up to its last bits.
    expect(ray.values[3]).toBeCloseTo(there.centre, 5);
    expect(ray.values[1]).toBe(ray.centre);
  });

  it("along eigenvectors of the Hessian curve as their eigenvalues say", async () => {
    // H = [[2, 0, 0], [0, 8, 0], [0, 0, 4]], the gradient at 0 is 0.
    const f = trace("x^2 + 4*y^2 + 2*z^2", { x: 0, y: 0, z: 0 });
    const plane = await landscape(f, { plane: "eigen", size: 3, extent: 0.5 });
    expect(plane.directions.map(({ eigenvalue }) => eigenvalue)).toEqual([expect.closeTo(8, 9), expect.closeTo(4, 9)]);
    for (const [place, value] of plane.values.entries())
      expect(value).toBeCloseTo(4 * plane.a[place % 3] ** 2 + 2 * plane.b[Math.floor(place / 3)] ** 2, 12);
    const run = await trained("f64");
    const ray = await landscape(run, { ray: "eigen", size: 3, extent: 1e-3 });
    const [below, at, above] = ray.values;
    expect((below - 2 * at + above) / 1e-6).toBeCloseTo(ray.directions[0].eigenvalue ?? Number.NaN, 4);
  });

  it("along the gradient fall backwards", async () => {
    const ray = await landscape(trace("x^2 + 4*y^2", { x: 3, y: 1 }), { ray: "gradient", size: 3, extent: 0.5 });
    expect(ray.directions[0].vector).toEqual(Float64Array.of(0.6, 0.8));
    expect(ray.values[0]).toBeCloseTo(2.7 ** 2 + 4 * 0.6 ** 2, 12);
  });
});

describe("the plane of a path", () => {
  it("shows its own error", async () => {
    const f = "x^2 + 20*y^2 + 5*z^2";
    const run = minimize(f, { x: 3, y: 1, z: -2 }, { steps: 30, path: true, optimizer: gd({ learningRate: 0.04 }) });
    const plane = await landscape(trace(f, { x: 0, y: 0, z: 0 }), { plane: "pca", path: run.path, size: 9 });
    const { path } = plane;
    if (path === undefined) throw new Error("there is no path");
    const [first, second] = plane.directions;
    const end = run.path.rows()[30];
    const loss = ([x, y, z]: ArrayLike<number> & Iterable<number>) => x * x + 20 * y * y + 5 * z * z;
    run.path.rows().forEach((point, i) => {
      const below = end.map((x, k) => x + path.a[i] * first.vector[k] + path.b[i] * second.vector[k]);
      expect(path.loss[i]).toBeCloseTo(loss(point), 10);
      expect(path.sliceLoss[i]).toBeCloseTo(loss(below), 10);
      expect(path.distance[i]).toBeCloseTo(Math.hypot(...point.map((x, k) => x - below[k])), 10);
    });
    expect(Math.max(...path.distance)).toBeGreaterThan(0.01);
    expect(path.distance[30]).toBe(0);
    // All of the path lies in the window, and its start on the positive side.
    expect(path.a[0]).toBeGreaterThan(0);
    for (const a of path.a) expect(a > plane.a[0] && a < plane.a[8]).toBe(true);
    const [u, v] = plane.directions.map(({ explained = 0 }) => explained);
    expect(u).toBeGreaterThan(v);
    expect(u + v).toBeLessThan(1);
  });

  it("knows the running statistics of each point, and no dropout", async () => {
    const model = sequential(dense(7), batchNorm(), relu(), dropout(0.5), dense(3));
    const tested = { ...data, test: data };
    const options = { batchSize: 60, recordPath: { every: 5 } };
    const run = await fit(model, tested, { ...options, epochs: 4 });
    const plane = await landscape(run, { plane: "pca", size: 2 });
    // What evaluation says of the same weights and statistics, at the end and on the way: sums in another order.
    expect(plane.centre).toBeCloseTo(run.test?.loss ?? Number.NaN, 6);
    expect(plane.path?.loss[4]).toBeCloseTo(run.test?.loss ?? Number.NaN, 6);
    const before = await fit(model, tested, { ...options, epochs: 2 });
    expect(plane.path?.steps[2]).toBe(10);
    expect(plane.path?.loss[2]).toBeCloseTo(before.test?.loss ?? Number.NaN, 6);
  });

  it("needs one", async () => {
    const { message } = await rejectionOf(landscape(await trained("f32"), { plane: "pca" }));
    expect(message).toContain("recordPath");
  });
});

describe("landscape refuses", () => {
  it.each([
    [{ size: 1 }, "size"],
    [{ extent: [1, 0] }, "extent"],
    [{ records: 301 }, "records"],
    [{ known: [1, 2] }, "known"],
    [{ at: [1, 2] }, "centre"],
    [{ plane: [[1], [2]] }, "direction 1"],
  ] as const)("%j", async (options, word) => {
    const { message } = await rejectionOf(landscape(await trained("f32"), options));
    expect(message).toContain(word);
  });

  it("records of another shape", async () => {
    const { message } = await rejectionOf(landscape(await trained("f32"), { data: digits({ train: 2, test: 1 }) }));
    expect(message).toContain("another shape");
  });

  it("a plane of one variable, whichever directions are asked for", async () => {
    for (const plane of ["random", undefined] as const)
      expect((await rejectionOf(landscape(trace("x^2", { x: 1 }), { plane, size: 3 }))).message).toContain("span no plane");
  });

  it("directions that lead nowhere", async () => {
    const flat = trace("x^2 + y^2", { x: 0, y: 0 });
    expect((await rejectionOf(landscape(flat, { ray: "gradient" }))).message).toContain("gradient");
    for (const [direction, angle] of [
      [[0.3, 0.1], "0°"],
      [[-6, -2], "180°"],
    ] as const)
      expect((await rejectionOf(landscape(flat, { plane: [[3, 1], direction], size: 3 }))).message).toMatch(
        new RegExp(`span no plane[\\s\\S]*an angle of ${angle}`),
      );
  });
});

import { batchNorm, conv2d, convTranspose2d, dense, fit, flatten, globalMeanPool2d, landscape, relu, sequential } from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";
import { Path } from "../../src/descent/run.js";
import { filteredEntries, normalisedDirection, randomDirection } from "../../src/landscape/directions.js";
import { principalPlane, projected } from "../../src/landscape/trajectory.js";
import { noise } from "../backends/threads/network.js";

const data = arrayDataset({
  inputs: { shape: [40, 6], data: noise(240, 2) },
  targets: Array.from({ length: 40 }, (_, i) => i % 3),
  classes: 3,
});

describe("a network of ReLUs whose first layer is multiplied by c and whose second is divided by it", async () => {
  const run = await fit(sequential(dense(9), relu(), dense(3)), data, { epochs: 5, batchSize: 8 });
  // A power of two, so that all products are exact and the network is the same to the bit.
  const c = 8;
  const scaled = new Map([...run.weights].map(([path, w]) => [path, path.startsWith("dense1") ? w.map((x) => x * c) : w]));
  scaled.set(
    "dense2.weight",
    (run.weights.get("dense2.weight") ?? new Float32Array(0)).map((x) => x / c),
  );
  const other = { training: run.training, ...run.training.point(scaled) };
  const planes = (normalise: "filter" | "layer" | "none") =>
    Promise.all([run, other].map((subject) => landscape(subject, { data, normalise, size: 7 })));

  it.each(["filter", "layer"] as const)("has the same plane where directions are %s-normalised", async (normalise) => {
    const [one, two] = await planes(normalise);
    expect(two.values).toEqual(one.values);
  });

  it("has another plane where they are not", async () => {
    const [one, two] = await planes("none");
    expect(two.centre).toBe(one.centre);
    expect(Math.abs(two.values[0] - one.values[0])).toBeGreaterThan(0.1 * one.values[0]);
  });
});

describe("normalised directions", () => {
  const model = sequential(conv2d(3, 3), batchNorm(), convTranspose2d(4, 2), relu(), globalMeanPool2d(), flatten(), dense(2)).build([
    6, 6, 2,
  ]);
  const parameters = { size: 0, dtype: "f32" as const, entries: [] };
  it("are scaled once, filter by filter, and leave biases and normalisations alone", () => {
    let size = 0;
    const entries = model.parameters.map(({ path, shape, kind }) => {
      const offset = size;
      size += shape.reduce((x, y) => x * y, 1);
      return { path, shape, kind, offset };
    });
    const theta = noise(size, 3);
    const raw = randomDirection({ ...parameters, size, entries }, 1, 0);
    expect(raw.every((x) => x !== 0)).toBe(true);
    const filtered = filteredEntries(entries, model);
    const [byFilter, byLayer] = (["filter", "layer"] as const).map((n) => normalisedDirection(raw, theta, filtered, n));
    const length = (v: ArrayLike<number>, places: readonly number[]) => Math.hypot(...places.map((i) => v[i]));
    for (const { path, shape, offset, kind } of entries) {
      const all = Array.from({ length: shape.reduce((x, y) => x * y, 1) }, (_, i) => offset + i);
      if (kind === "bias") {
        for (const d of [byFilter, byLayer]) expect(all.every((i) => d[i] === 0)).toBe(true);
        continue;
      }
      // Norms of some dozens of float32 numbers.
      expect(length(byLayer, all) / length(theta, all)).toBeCloseTo(1, 6);
      // [height, width, in, filters] and [in, units]; of transposed convolutions [height, width, filters, in].
      const [filters, below] = path.startsWith("convTranspose") ? [shape[2], shape[3]] : [shape[shape.length - 1], 1];
      for (let f = 0; f < filters; f++) {
        const places = all.filter((i) => Math.floor((i - offset) / below) % filters === f);
        expect(length(byFilter, places) / length(theta, places)).toBeCloseTo(1, 6);
        // Within a filter the direction is that of the random numbers.
        const [one, two] = places;
        expect(byFilter[one] / byFilter[two]).toBeCloseTo(raw[one] / raw[two], 4);
        expect(byLayer[one] / byLayer[all[0]]).toBeCloseTo(raw[one] / raw[all[0]], 4);
      }
    }
    expect(entries.map(({ kind }) => kind)).toContain("bias");
    const again = normalisedDirection(byFilter, theta, filtered, "filter");
    for (const [i, x] of again.entries()) expect(x).toBeCloseTo(byFilter[i], 6);
    expect(normalisedDirection(raw, theta, filtered, "none")).toBe(raw);
  });

  it("name their numbers by seed, place and parameter, not by what else there is", () => {
    const entries = [
      { path: "a", shape: [3], offset: 0 },
      { path: "b", shape: [5], offset: 3 },
    ];
    const both = randomDirection({ ...parameters, size: 8, entries }, 7, 1);
    const alone = randomDirection({ ...parameters, size: 5, entries: [{ ...entries[1], offset: 0 }] }, 7, 1);
    expect(both.slice(3)).toEqual(alone);
    expect(randomDirection({ ...parameters, size: 8, entries }, 7, 0)).not.toEqual(both);
    expect(randomDirection({ ...parameters, size: 8, entries }, 8, 1)).not.toEqual(both);
  });
});

describe("the principal plane of a path", () => {
  /** Orthonormal directions in four dimensions. */
  const [u, v, w] = [
    [0.5, 0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5, -0.5],
    [0.5, 0.5, -0.5, -0.5],
  ];
  // Columns at right angles.
  const rows = [
    [5, 2, 1],
    [5, -2, -1],
    [-5, 2, -1],
    [-5, -2, 1],
    [0, 0, 0],
  ];
  const last = [1, 2, 3, 4];
  const data = Float64Array.from(rows.flatMap(([x, y, z]) => last.map((at, k) => at + x * u[k] + y * v[k] + z * w[k])));
  const path = new Path(data, 4, (row) => row);

  it("is that of the largest eigenvalues, without a mean taken off", () => {
    const { directions, explained } = principalPlane(path);
    // λ = 4 · 25, 4 · 4, 4 · 1
    expect(explained[0]).toBeCloseTo(100 / 120, 14);
    expect(explained[1]).toBeCloseTo(16 / 120, 14);
    for (let k = 0; k < 4; k++) {
      expect(directions[0][k]).toBeCloseTo(u[k], 14);
      expect(directions[1][k]).toBeCloseTo(v[k], 14);
    }
    const seen = projected(path, { centre: Float64Array.from(last), first: directions[0], second: directions[1] });
    rows.forEach(([x, y, z], i) => {
      expect(seen.a[i]).toBeCloseTo(x, 13);
      expect(seen.b[i]).toBeCloseTo(y, 13);
      expect(seen.distance[i]).toBeCloseTo(Math.abs(z), 13);
    });
  });

  it("is projected on along directions that are not at right angles", () => {
    const skew = { centre: Float64Array.from(last), first: Float64Array.from(u), second: Float64Array.from(u, (x, k) => x + 2 * v[k]) };
    const seen = projected(path, skew);
    rows.forEach(([x, y, z], i) => {
      expect(seen.a[i]).toBeCloseTo(x - y / 2, 13);
      expect(seen.b[i]).toBeCloseTo(y / 2, 13);
      expect(seen.distance[i]).toBeCloseTo(Math.abs(z), 13);
    });
  });

  it("of a long path of few variables is found as well, and as fast", () => {
    // An ellipse about the last point, twice as long along (1, 1)/√2 as across it: λ = n/2 · 4 and n/2 · 1.
    const count = 20_000;
    const points = Array.from({ length: count }, (_, i) => [2 * Math.cos((2 * Math.PI * i) / count), Math.sin((2 * Math.PI * i) / count)]);
    const turned = [...points, [0, 0]].flatMap(([x, y]) => [(x - y) * Math.SQRT1_2, (x + y) * Math.SQRT1_2]);
    const { directions, explained } = principalPlane(new Path(Float64Array.from(turned), 2, (row) => row));
    expect(explained[0]).toBeCloseTo(0.8, 10);
    expect(explained[1]).toBeCloseTo(0.2, 10);
    for (const k of [0, 1]) expect(directions[0][k]).toBeCloseTo(Math.SQRT1_2, 8);
  });

  it("does not exist for points on a line", () => {
    const line = new Path(Float64Array.of(0, 0, 1, 1, 2, 2, 3, 3), 2, (row) => row);
    expect(() => principalPlane(line)).toThrow("lies on a line");
  });
});

/** Spectra of whole trainings, against the dense Hessian of PyTorch, against products summed over single records, and against themselves. */
import { readFileSync } from "node:fs";
import { batchNorm, cnn, crossEntropy, dense, fit, flatten, hessianSpectrum, relu, SteepestError, sequential, tanh, trace } from "steepest";
import { arrayDataset, digits } from "steepest/data";
import { describe, expect, it } from "vitest";
import { Derivatives, symmetricEigen } from "../../src/curvature/index.js";
import { batchObjective } from "../../src/objectives/batch.js";
import { Training } from "../../src/objectives/training.js";
import { numbers } from "../models/layer-cases.js";

interface Fixture {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly trace: number;
  readonly variance: number;
  readonly eigenvalues: readonly number[];
}

const fixture: Fixture = JSON.parse(readFileSync(new URL("../fixtures/curvature/tanh-network.json", import.meta.url), "utf8"));

/** The network of the fixture, and its records. */
function network(dtype: "f32" | "f64") {
  const flat = numbers([70, 3], 1);
  const inputs = Array.from({ length: 70 }, (_, i) => Array.from(flat.subarray(3 * i, 3 * i + 3), (x) => 2 * x));
  const data = arrayDataset({ inputs, targets: Int32Array.from({ length: 70 }, (_, i) => (i * i + 1) % 3), classes: 3, dtype: "f64" });
  const model = sequential(dense(5), tanh(), dense(3)).build([3]);
  const training = new Training({ model, loss: crossEntropy(), preprocessing: data.preprocessing, seed: 1, dtype });
  const weights = training.layout.entries.map(({ path, shape }, s) => [path, numbers(shape, s + 2)] as const);
  return { data, run: { training, point: training.point(new Map(weights)) } };
}

describe("of 38 weights on 70 records", () => {
  const expected = fixture.eigenvalues.toReversed();
  const scale = expected[0];

  it("every eigenvalue is that of PyTorch's dense Hessian, as often as it is there, to 1e-8", async () => {
    const { data, run } = network("f64");
    const found = await hessianSpectrum(run, data, { top: 38 });
    expect(found).toMatchObject({ parameters: 38, records: 70, converged: true });
    expect(found.loss).toBeCloseTo(fixture.loss, 12);
    expect(found.gradientNorm).toBeCloseTo(fixture.gradientNorm, 12);
    expect(found.largest.length).toBe(38);
    found.largest.forEach(({ value, residual }, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-8 * scale);
      expect(residual).toBeLessThan(2e-8 * scale);
    });
    // Scores that all rise alike change no loss: six directions, known here as in the dense Hessian.
    expect(found.largest.filter(({ value }) => Math.abs(value) < 1e-10).length).toBe(6);
  });

  it("both ends alone, too", async () => {
    const { data, run } = network("f64");
    const { largest, smallest, converged } = await hessianSpectrum(run, data, { top: 3, bottom: 2, seed: 9 });
    expect(converged).toBe(true);
    largest.forEach(({ value }, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThan(1e-8 * scale);
    });
    smallest.forEach(({ value }, i) => {
      expect(Math.abs(value - fixture.eigenvalues[i])).toBeLessThan(1e-8 * scale);
    });
  });

  it("in float32 within the residuals and the rounding of products", async () => {
    const { data, run } = network("f32");
    const { largest, converged } = await hessianSpectrum(run, data, { top: 5 });
    expect(converged).toBe(true);
    // A product errs by roundings of a few hundred operations of 2⁻²⁴ each: Weyl moves eigenvalues by no more than that.
    largest.forEach(({ value, residual }, i) => {
      expect(residual).toBeLessThan(2e-4 * scale);
      expect(Math.abs(value - expected[i])).toBeLessThan(residual + 300 * 2 ** -24 * scale);
    });
  });

  it("the trace lies within its error, which is as large as the matrix says", async () => {
    const { data, run } = network("f64");
    const { trace: found, products } = await hessianSpectrum(run, data, { top: 0, trace: 400 });
    if (found === undefined) throw new Error("no trace");
    const due = Math.sqrt(fixture.variance / 400);
    expect(found.standardError / due).toBeGreaterThan(0.8);
    expect(found.standardError / due).toBeLessThan(1.25);
    expect(Math.abs(found.value - fixture.trace)).toBeLessThan(4 * due);
    expect(products).toBe(400);
  });

  it("the density has the dense Hessian's shares and moments", async () => {
    const { data, run } = network("f64");
    const { density } = await hessianSpectrum(run, data, { top: 0, density: { probes: 60, steps: 38 } });
    if (density === undefined) throw new Error("no density");
    const share = (t: number) => expected.filter((x) => x < t).length / 38;
    // A probe's share below t has the variance 2·(share)(1 − share)/n at most; 60 probes: four deviations.
    for (const t of [-0.2, -0.05, 0.15, 0.5]) expect(Math.abs(density.below(t) - share(t))).toBeLessThan(4 * Math.sqrt(0.5 / 38 / 60));
    expect(density.trace.value / 38).toBeCloseTo(density.moment(1), 10);
    const squares = expected.reduce((sum, x) => sum + (x * x) / 38, 0);
    expect(Math.abs(density.moment(2) / squares - 1)).toBeLessThan(0.2);
    expect(density.range[0]).toBeCloseTo(fixture.eigenvalues[0], 8);
    expect(density.range[1]).toBeCloseTo(scale, 8);
  });

  it("weights of records count", async () => {
    const { data, run } = network("f64");
    // Records that count twice are records that are there twice.
    const twice = Array.from({ length: 70 }, (_, i) => (i % 7 === 0 ? 2 : 1));
    const rows = twice.flatMap((times, i) => new Array<number>(times).fill(i));
    const doubled = arrayDataset({
      inputs: rows.map((i) => [...data.inputs.data.slice(3 * i, 3 * i + 3)]),
      targets: Int32Array.from(rows, (i) => data.targets.data[i]),
      classes: 3,
      dtype: "f64",
    });
    const weighed = { ...data, weights: { shape: [70], dtype: "f64", data: Float64Array.from(twice) } as const };
    const [a, b] = [await hessianSpectrum(run, weighed, { top: 3 }), await hessianSpectrum(run, doubled, { top: 3 })];
    expect(a.loss).toBeCloseTo(b.loss, 12);
    a.largest.forEach(({ value }, i) => {
      expect(value).toBeCloseTo(b.largest[i].value, 8);
    });
  });

  it("of some records is that of those, evenly spaced", async () => {
    const { data, run } = network("f64");
    const every = (array: Float64Array | Int32Array, width: number) =>
      Array.from({ length: 35 }, (_, i) => [...array.slice(2 * i * width, (2 * i + 1) * width)]);
    const inputs = every(Float64Array.from(data.inputs.data), 3);
    const targets = Int32Array.from(every(Int32Array.from(data.targets.data), 1).flat());
    const half = arrayDataset({ inputs, targets, classes: 3, dtype: "f64" });
    const [some, own] = [await hessianSpectrum(run, data, { top: 2, records: 35 }), await hessianSpectrum(run, half, { top: 2 })];
    expect(some.records).toBe(35);
    expect(some.largest).toEqual(own.largest);
  });
});

describe("of runs", () => {
  it("on more records than one pass equals the Hessian of all at once, for convolutions and any number of threads", async () => {
    const data = digits({ train: 100, test: 1 });
    const run = await fit(cnn({ filters: [2, 3] }), data, { epochs: 2, batchSize: 50 });
    const options = { top: 3, trace: 2, density: { probes: 1, steps: 5 } } as const;
    const found = await hessianSpectrum(run, { ...options, threads: 1 });
    const objective = batchObjective(cnn({ filters: [2, 3] }), data, { records: 100, dtype: "f64" });
    const derivatives = new Derivatives(objective);
    const theta64 = Float64Array.from(objective.start);
    const layout = new Training({ ...run.training.parts, dtype: "f64" }).layout;
    for (const { path, offset } of layout.entries) theta64.set(run.weights.get(path) ?? [], offset);
    const { value: loss, gradient } = derivatives.at(theta64);
    expect(found.loss).toBeCloseTo(loss, 5);
    expect(found.gradientNorm / Math.hypot(...gradient)).toBeCloseTo(1, 4);
    for (const { vector, value, residual } of found.largest) {
      const v = new Float64Array(theta64.length);
      for (const [path, part] of run.training.layout.split(Float32Array.from(vector))) v.set(part, layout.entry(path).offset);
      const image = derivatives.times(theta64, v);
      const miss = Math.hypot(...image.map((x, i) => x - value * v[i]));
      // In float64 the pair misses by what was measured, and the rounding of float32 products: sums over 28·28 places and 100 records.
      expect(miss).toBeLessThan(residual + 1e-4 * found.largest[0].value);
    }
    for (const threads of [2, 3]) {
      const again = await hessianSpectrum(run, { ...options, threads });
      expect({ ...again, seconds: 0 }).toEqual({ ...found, seconds: 0 });
    }
  });

  it("with normalisation take the running statistics, as outside training", async () => {
    const data = digits({ train: 80, test: 1 });
    const run = await fit(sequential(flatten(), dense(4), batchNorm(), relu(), dense(10)), data, { epochs: 1, batchSize: 20 });
    const { loss } = await hessianSpectrum(run, { top: 1 });
    const predicted = run.predictor()(data.inputs.data).probabilities ?? [];
    const due = Array.from(data.targets.data, (label, i) => -Math.log(predicted[10 * i + label])).reduce((a, b) => a + b / 80, 0);
    expect(loss).toBeCloseTo(due, 4);
  });

  it("tell how far they are, and can be ended", async () => {
    const { data, run } = network("f64");
    const stages: string[] = [];
    await hessianSpectrum(run, data, {
      top: 1,
      trace: 2,
      density: { probes: 1, steps: 3 },
      onProgress: ({ stage, products }) => stages.push(`${stage} ${products}`),
    });
    const first = stages.findIndex((text) => text.startsWith("trace"));
    expect(stages.slice(first)).toEqual([1, 2, 3, 4, 5].map((i) => `${i <= 2 ? "trace" : "density"} ${first + i}`));
    const abort = new AbortController();
    const ended = hessianSpectrum(run, data, { signal: abort.signal, onProgress: () => abort.abort(new Error("enough")) });
    await expect(ended).rejects.toThrow("enough");
  });

  it("refuse what they cannot use", async () => {
    const { data, run } = network("f64");
    await expect(hessianSpectrum(run, data, { records: 71 })).rejects.toThrow(/records/);
    await expect(hessianSpectrum(run, data, { top: -1 })).rejects.toThrow(/option top/);
    await expect(hessianSpectrum(run, data, { bottom: 0.5 })).rejects.toThrow(/option bottom/);
    await expect(hessianSpectrum(run, data, JSON.parse('{"k": 3}'))).rejects.toThrow(/no option "k"/);
    await expect(hessianSpectrum(JSON.parse("{}"), data)).rejects.toThrow(SteepestError);
  });
});

describe("of objectives", () => {
  it("are those of the dense Hessian at the point", async () => {
    const objective = trace("x^4 + 2*x^2*y^2 + 3*y^2 + x*y*z + z^4", { x: 1, y: -2, z: 0.5 });
    for (const at of [objective.start, Float64Array.of(0.3, 0.1, -1)]) {
      const values = symmetricEigen(new Derivatives(objective).hessian(Float64Array.from(at))).map(({ value }) => value);
      const found = await hessianSpectrum(objective, { top: 3, trace: 8, at });
      expect(found).toMatchObject({ parameters: 3, converged: true });
      expect("records" in found).toBe(false);
      found.largest.forEach(({ value }, i) => {
        expect(value).toBeCloseTo(values[2 - i], 8);
      });
    }
    await expect(hessianSpectrum(objective, { at: [1, 2] })).rejects.toThrow(/at/);
  });
});

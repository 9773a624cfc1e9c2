import { adam, checkGradient, gd, grad, minimize, trace } from "steepest";
import { describe, expect, it } from "vitest";
import { fromHost, type Tensor } from "../../src/tensor/tensor.js";
import { adjoint } from "../../src/vision/observation.js";
import {
  blurred,
  downsampled,
  type EnergyOptions,
  gaussianKernel,
  graph,
  huberTotalVariation,
  masked,
  motionKernel,
  type RestorationEnergy,
  smoothedTotalVariation,
  tikhonov,
  totalVariation,
} from "../../src/vision.js";
import { messageOf } from "../errors.js";
import { innerProduct, scattered } from "./samples.js";

const hole = fromHost(
  Float64Array.from({ length: 42 }, (_, i) => (i % 5 === 0 ? 0 : 1)),
  [6, 7],
  "f64",
);

/** Energies that have a gradient everywhere near the samples. */
const smooth: Readonly<Record<string, { readonly energy: RestorationEnergy; readonly given: Tensor; readonly at: Tensor }>> = {
  tikhonov: { energy: tikhonov({ lambda: 2 }), given: scattered([6, 7], 1, 0, 1), at: scattered([6, 7], 2, 0, 1) },
  "smoothed total variation": {
    energy: smoothedTotalVariation({ lambda: 8, epsilon: 0.1 }),
    given: scattered([6, 7], 1, 0, 1),
    at: scattered([6, 7], 2, 0, 1),
  },
  "huber in colour": {
    energy: huberTotalVariation({ lambda: 8, delta: 0.2 }),
    given: scattered([4, 5, 3], 1, 0, 1),
    at: scattered([4, 5, 3], 2, 0, 1),
  },
  "planar colour, periodic": {
    energy: smoothedTotalVariation({ lambda: 8, layout: "planar", boundary: "periodic" }),
    given: scattered([3, 4, 5], 1, 0, 1),
    at: scattered([3, 4, 5], 2, 0, 1),
  },
  inpainting: { energy: tikhonov({ lambda: 5, through: masked(hole) }), given: scattered([6, 7], 1, 0, 1), at: scattered([6, 7], 2, 0, 1) },
  deblurring: {
    energy: tikhonov({ lambda: 5, through: blurred(gaussianKernel(0.8)) }),
    given: scattered([6, 7], 1, 0, 1),
    at: scattered([6, 7], 2, 0, 1),
  },
  "motion in colour": {
    energy: tikhonov({ lambda: 5, through: blurred(motionKernel(3.5, 30)) }),
    given: scattered([6, 5, 3], 1, 0, 1),
    at: scattered([6, 5, 3], 2, 0, 1),
  },
  "super-resolution": {
    energy: smoothedTotalVariation({ lambda: 5, through: [blurred([[1, 2, 1]]), downsampled(2)] }),
    given: scattered([3, 4], 1, 0, 1),
    at: scattered([6, 8], 2, 0, 1),
  },
  poisson: { energy: tikhonov({ lambda: 3, data: "poisson" }), given: scattered([5, 5], 1, 0, 1), at: scattered([5, 5], 2, 0.2, 1) },
  graph: {
    energy: tikhonov({ lambda: 1, graph: graph({ vertices: 4, edges: [[0, 1], [1, 2], [2, 3], [3, 0]], weights: [1, 2, 3, 4] }) }), // biome-ignore format: a ring
    given: scattered([4], 1),
    at: scattered([4], 2),
  },
};

describe("energies", () => {
  for (const [name, { energy, given, at }] of Object.entries(smooth))
    it(`have the gradient that differences have: ${name}`, () => {
      expect(checkGradient(trace(energy.of(given), at), at.data()).verdict).toBe("pass");
    });

  it("are what their formulas say, on an image that can be summed by hand", () => {
    // Differences: down 3 and 0 (edge), 4 and 0; across 4, 5.
    const u = fromHost(Float64Array.of(0, 4, 3, 8), [2, 2], "f64");
    const f = fromHost(Float64Array.of(0, 4, 3, 6), [2, 2], "f64");
    const at = (energy: RestorationEnergy) => energy.of(f)(u).item();
    expect(at(tikhonov({ lambda: 3 }))).toBe(0.5 * (9 + 16 + 16 + 25) + 3 * 0.5 * 4);
    expect(at(totalVariation({ lambda: 3 }))).toBe(5 + 4 + 5 + 6);
    expect(at(totalVariation({ lambda: 3, isotropic: false }))).toBe(3 + 4 + 4 + 5 + 6);
    expect(at(totalVariation({ lambda: 3, data: "l1" }))).toBe(14 + 3 * 2);
    expect(at(huberTotalVariation({ lambda: 3, delta: 2 }))).toBe(4 + 3 + 4 + 6);
    expect(at(huberTotalVariation({ lambda: 3, delta: 8 }))).toBeCloseTo((25 + 16 + 25) / 16 + 6, 12);
    expect(at(smoothedTotalVariation({ lambda: 3, epsilon: 12 }))).toBeCloseTo(13 + Math.sqrt(160) + 13 + 12 + 6, 12);
    expect(at(totalVariation({ lambda: 3, data: "poisson" }))).toBeCloseTo(14 + 3 * (8 - 6 + 6 * Math.log(6 / 8)), 12);
    // Kullback and Leibler's divergence from 0 photons is the expectation itself.
    const dark = fromHost(new Float64Array(4), [2, 2], "f64");
    expect(totalVariation({ lambda: 1, data: "poisson" }).of(dark)(u).item()).toBe(14 + 15);
  });

  it("join the channels of a colour image, wherever they lie", () => {
    const planar = scattered([3, 5, 4], 7);
    const f = scattered([3, 5, 4], 8);
    const inside = (x: Tensor) => x.transpose([1, 2, 0]);
    for (const make of [totalVariation, huberTotalVariation, tikhonov] satisfies ((options: EnergyOptions) => RestorationEnergy)[]) {
      const a = make({ lambda: 2, layout: "planar" }).of(f)(planar).item();
      const b = make({ lambda: 2 }).of(inside(f))(inside(planar)).item();
      expect(a).toBeCloseTo(b, 10);
    }
    // Three equal channels: √3 times the total variation of one.
    const grey = scattered([5, 4], 9);
    const three = grey.reshape([1, 5, 4]).broadcastTo([3, 5, 4]);
    const alone = totalVariation({ lambda: 1 }).of(grey)(grey).item();
    expect(totalVariation({ lambda: 1, layout: "planar" }).of(three)(three).item()).toBeCloseTo(Math.sqrt(3) * alone, 10);
  });

  it("count the spacing of the grid as the integral does", () => {
    // ∫|∇u| of a step of height 1 along a side of the unit square is 1, whatever the grid.
    for (const n of [4, 16]) {
      const u = fromHost(
        Float64Array.from({ length: n * n }, (_, i) => (i % n < n / 2 ? 0 : 1)),
        [n, n],
        "f64",
      );
      expect(
        totalVariation({ lambda: 1, spacing: 1 / n })
          .of(u)(u)
          .item(),
      ).toBeCloseTo(1, 12);
      expect(
        totalVariation({ lambda: 6, spacing: 1 / n })
          .of(u)(u.fill(0))
          .item(),
      ).toBeCloseTo(6 * 0.5 * 0.5, 12);
    }
  });

  it("have slope 0 where exact total variation has its kink", () => {
    const flat = scattered([3, 3], 1).fill(0.5);
    expect([...grad(totalVariation({ lambda: 1 }).of(flat))(flat).data()]).toEqual(Array.from({ length: 9 }, () => 0));
  });

  it("are minimised by any optimizer", () => {
    const given = scattered([8, 8], 3, 0, 1);
    const energy = smoothedTotalVariation({ lambda: 4, epsilon: 0.2 });
    const byGradient = minimize(energy.of(given), given, {
      optimizer: gd({ learningRate: 2 / (4 + 8 / 0.2) }),
      steps: 4000,
      tolerance: 1e-9,
    });
    const byAdam = minimize(energy.of(given), given, { optimizer: adam({ learningRate: 0.01 }), steps: 3000, tolerance: 1e-7 });
    expect(byGradient.status).toBe("converged");
    expect(byAdam.loss).toBeGreaterThanOrEqual(byGradient.loss - 1e-12);
    expect(byAdam.loss - byGradient.loss).toBeLessThan(1e-8 * byGradient.loss);
  });

  it("refuse options that cannot be used", () => {
    expect(messageOf(() => tikhonov({ lambda: 0 }))).toContain("λ");
    expect(messageOf(() => tikhonov({ lambda: Number.NaN }))).toContain("λ");
    const mistyped: object = { lambda: 1, dat: "l1" };
    expect(messageOf(() => tikhonov({ lambda: 1, ...mistyped }))).toContain("did you mean data?");
    expect(messageOf(() => huberTotalVariation({ lambda: 1, delta: 0 }))).toContain("δ");
    expect(messageOf(() => smoothedTotalVariation({ lambda: 1, epsilon: 0 }))).toContain("take totalVariation");
    expect(messageOf(() => tikhonov({ lambda: 1 }).of(scattered([2, 2], 1))(scattered([2, 3], 1)))).toContain("does not fit");
    expect(messageOf(() => tikhonov({ lambda: 1, through: masked(hole) }).of(scattered([6, 6], 1)))).toContain("the mask does not fit");
    expect(messageOf(() => downsampled(2).apply(scattered([5, 4], 1), [0, 1]))).toContain("divides its sides");
    expect(messageOf(() => blurred([[1, 1]]))).toContain("kernel");
    expect(messageOf(() => masked(scattered([2, 2], 1, -1, -0.5)))).toContain("mask");
  });
});

describe("observations", () => {
  const maps = { blur: blurred(gaussianKernel(1.3)), wide: blurred(gaussianKernel(3)), motion: blurred(motionKernel(5, 70)), mask: masked(hole), half: downsampled(2) }; // biome-ignore format: a list
  for (const [name, map] of Object.entries(maps))
    it(`have an exact adjoint: ${name}`, () => {
      const shape = name === "mask" ? [6, 7] : [4, 6];
      const observe = (u: Tensor) => map.apply(u, [0, 1]);
      const u = scattered(shape, 1);
      const seen = observe(u);
      const v = scattered(seen.shape, 2);
      expect(innerProduct(seen, v)).toBeCloseTo(innerProduct(u, adjoint(observe, u, v)), 12);
    });

  it("have an exact adjoint also where rows are handed on in turns", () => {
    for (const kernel of [gaussianKernel(1.3), motionKernel(5, 70)]) {
      const observe = (u: Tensor) => blurred(kernel).apply(u, [0, 1]);
      const [u, v] = [scattered([131, 130], 1), scattered([131, 130], 2)];
      expect(innerProduct(observe(u), v)).toBeCloseTo(innerProduct(u, adjoint(observe, u, v)), 9);
    }
  });

  it("are the same by convolution, where kernels are large", () => {
    const wide = Array.from({ length: 13 }, (_, y) => Array.from({ length: 13 }, (__, x) => 1 + ((5 * x + 3 * y) % 7)));
    const [u, v] = [scattered([14, 15, 2], 1), scattered([14, 15, 2], 2)];
    const observe = (x: Tensor) => blurred(wide).apply(x, [0, 1]);
    const data = u.data();
    const edge = (i: number, n: number) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);
    let expected = 0;
    for (let i = 0; i < 13; i++)
      for (let j = 0; j < 13; j++) expected += wide[i][j] * data[(edge(2 + i - 6, 14) * 15 + edge(13 + j - 6, 15)) * 2 + 1];
    expect(observe(u).data()[(2 * 15 + 13) * 2 + 1]).toBeCloseTo(expected, 10);
    expect(innerProduct(observe(u), v)).toBeCloseTo(innerProduct(u, adjoint(observe, u, v)), 8);
  });

  it("keep an even image even, mirrored at its edges however far the kernel reaches", () => {
    const even = scattered([3, 2], 1).fill(0.7);
    for (const map of [maps.blur, maps.wide, maps.motion])
      map
        .apply(even, [0, 1])
        .data()
        .forEach((x) => expect(x).toBeCloseTo(0.7, 12));
  });

  it("blur by the kernel's own numbers", () => {
    const point = fromHost(Float64Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0), [3, 3], "f64");
    const seen = blurred([[1, 2, 3], [4, 5, 6], [7, 8, 9]]).apply(point, [0, 1]); // biome-ignore format: a matrix
    // A correlation shows the kernel turned by 180° around a point.
    expect([...seen.data()]).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1]);
    const edge = blurred([[1, 0, 0]]).apply(fromHost(Float64Array.of(5, 6), [1, 2], "f64"), [0, 1]);
    expect([...edge.data()]).toEqual([5, 5]);
  });

  it("have kernels of sum 1 and the right spread", () => {
    const { passes } = gaussianKernel(1.5);
    const values = Array.from(passes[0].values);
    const radius = (values.length - 1) / 2;
    expect(values.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 14);
    // Cut off at 4σ the variance is 0.11 % less.
    expect(values.reduce((sum, x, i) => sum + x * (i - radius) ** 2, 0)).toBeCloseTo(2.25, 2);
    const [motion] = motionKernel(7, 90).passes;
    const columns = Array.from({ length: motion.columns }, (_, x) =>
      Array.from({ length: motion.rows }, (_, y) => motion.values[y * motion.columns + x]).reduce((sum, value) => sum + value, 0),
    );
    expect(columns[(motion.columns - 1) / 2]).toBeCloseTo(1, 12);
  });
});

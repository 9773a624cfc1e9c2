import { adam, gd, lbfgs } from "steepest";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../src/tensor/random.js";
import { fromHost, type Tensor } from "../../src/tensor/tensor.js";
import {
  blurred,
  chooseLambda,
  downsampled,
  estimateSigma,
  exactTikhonov,
  gaussianKernel,
  graph,
  huberTotalVariation,
  masked,
  type Restoration,
  type RestorationEnergy,
  type RestorationLook,
  type RestoreOptions,
  restore,
  smoothedTotalVariation,
  tensorImage,
  tikhonov,
  totalVariation,
} from "../../src/vision.js";
import { rejectionOf } from "../errors.js";
import { restoredSquare, SQUARE } from "./noisy-square.js";
import { scattered, sumOf } from "./samples.js";

const signal = (...values: number[]): Tensor => fromHost(Float64Array.from(values), [values.length], "f64");
const distance = (x: Tensor, y: Tensor): number => Math.sqrt(sumOf(x.sub(y).square().data()));

/** With squares of all pixels the energy is strongly convex: λ/2 ‖u − u*‖² is at most the gap. */
const radius = ({ gap = Number.NaN, lambda, energy }: Restoration): number => Math.sqrt((2 * (gap + 1e-15 * energy)) / lambda);

const exact: RestoreOptions = { tolerance: 1e-12, iterations: 20_000, every: 50 };

/** A smooth hill with an edge and noise. */
function scene(height: number, width: number, dtype: "f32" | "f64" = "f64"): Tensor {
  const noise = new RandomStream(3, "noise");
  const values = Array.from({ length: height * width }, (_, i) => {
    const [y, x] = [Math.floor(i / width) / height, (i % width) / width];
    return 0.3 * y + (x > 0.5 ? 0.6 : 0.1) + 0.1 * noise.normal();
  });
  return fromHost(dtype === "f64" ? Float64Array.from(values) : Float32Array.from(values), [height, width], dtype);
}

describe("closed forms", () => {
  it("a step: both sides move by 1/λn", async () => {
    for (const method of ["primal-dual", "fista", "chambolle"] as const) {
      // Chambolle's method has no rate: it comes near, not to the last digit.
      const limits = method === "chambolle" ? { ...exact, tolerance: 1e-6 } : exact;
      const run = await restore(signal(0, 0, 0, 0, 1, 1), totalVariation({ lambda: 3 }), { method, ...limits });
      expect(run.status).toBe("converged");
      expect(distance(run.image, signal(1 / 12, 1 / 12, 1 / 12, 1 / 12, 5 / 6, 5 / 6))).toBeLessThanOrEqual(radius(run));
    }
  });

  it("a plateau of n pixels between lower neighbours drops by 2/λn", async () => {
    const run = await restore(signal(0, 0, 0, 1, 1, 0, 0, 0), totalVariation({ lambda: 4 }), exact);
    const low = 1 / 12;
    expect(distance(run.image, signal(low, low, low, 0.75, 0.75, low, low, low))).toBeLessThanOrEqual(radius(run));
  });

  it("a small λ gives the mean, a large one the data", async () => {
    const f = scene(6, 7);
    const mean = f.mean().item();
    const flat = await restore(f, totalVariation({ lambda: 0.01 }), exact);
    expect(distance(flat.image, f.fill(mean))).toBeLessThanOrEqual(radius(flat));
    const near = await restore(f, totalVariation({ lambda: 1e6 }), exact);
    // |u − f| ≤ |div p|/λ ≤ 4/λ.
    expect(distance(near.image, f)).toBeLessThanOrEqual((4 / 1e6) * Math.sqrt(f.size));
  });

  it("a constant stays, the mean is kept, total variation falls", async () => {
    const even = fromHost(new Float64Array(20).fill(0.4), [4, 5], "f64");
    expect(distance((await restore(even, totalVariation({ lambda: 2 }))).image, even)).toBe(0);
    const f = scene(12, 9);
    const run = await restore(f, totalVariation({ lambda: 5 }), exact);
    expect(run.image.mean().item()).toBeCloseTo(f.mean().item(), 6);
    const variation = (x: Tensor) => totalVariation({ lambda: 1 }).of(x)(x).item();
    expect(variation(run.image)).toBeLessThan(variation(f));
  });

  it("a disc of radius R in the plane: the inside drops by 2/λR", async () => {
    const [side, size, lambda] = [64, 18, 0.8];
    const f = fromHost(
      Float64Array.from({ length: side * side }, (_, i) => (Math.hypot(Math.floor(i / side) - 31.5, (i % side) - 31.5) <= size ? 1 : 0)),
      [side, side],
      "f64",
    );
    const run = await restore(f, totalVariation({ lambda }), { tolerance: 1e-5, iterations: 3000 });
    const centre = run.image.data()[32 * side + 32];
    // Forward differences measure the length of a circle a few per cent too long.
    expect((1 - centre) / (2 / (lambda * size))).toBeGreaterThan(0.98);
    expect((1 - centre) / (2 / (lambda * size))).toBeLessThan(1.1);
  });

  it("two pixels seen through photon noise", async () => {
    // −1 + λ(1 − f₀/u₀) = 0 and 1 + λ(1 − f₁/u₁) = 0.
    const run = await restore(signal(0.2, 0.8), totalVariation({ lambda: 4, data: "poisson" }), { ...exact, tolerance: 1e-10 });
    expect(run.status).toBe("converged");
    expect([...run.image.data()].map((x) => x.toFixed(4))).toEqual(["0.2667", "0.6400"]);
  });

  it("an outlier: l1 removes it where λ < 2, and keeps it as it is above", async () => {
    const f = signal(0.3, 0.3, 0.3, 0.9, 0.3, 0.3, 0.3);
    const gone = await restore(f, totalVariation({ lambda: 1.5, data: "l1" }), { ...exact, tolerance: 1e-9 });
    gone.image.data().forEach((x) => expect(x).toBeCloseTo(0.3, 6));
    const kept = await restore(f, totalVariation({ lambda: 2.5, data: "l1" }), { ...exact, tolerance: 1e-9 });
    expect(distance(kept.image, f)).toBeLessThan(1e-6);
  });

  it("a hole between two pixels: Tikhonov fills it with a straight line", async () => {
    const [lambda, mask] = [5, signal(1, 0, 0, 0, 1)];
    const energy = tikhonov({ lambda, through: masked(mask.reshape([1, 5])) });
    const slope = 1 / (4 + 2 / lambda);
    const expected = Array.from({ length: 5 }, (_, i) => slope / lambda + i * slope);
    for (const method of [undefined, lbfgs()]) {
      const run = await restore(signal(0, 0.7, 0.1, 0.2, 1).reshape([1, 5]), energy, {
        ...exact,
        ...(method ? { method } : {}),
        tolerance: 1e-11,
      });
      run.image.data().forEach((x, i) => expect(x).toBeCloseTo(expected[i], 4));
    }
  });

  it("reduction: an even image comes back in full size", async () => {
    const f = fromHost(new Float64Array(6).fill(0.6), [2, 3], "f64");
    const run = await restore(f, totalVariation({ lambda: 10, through: downsampled(3) }), { tolerance: 1e-8 });
    expect(run.image.shape).toEqual([6, 9]);
    run.image.data().forEach((x) => expect(x).toBeCloseTo(0.6, 6));
  });
});

describe("solvers", () => {
  it("come to the exact solution of Tikhonov's energy, and stay within what the gap allows", async () => {
    const f = scene(17, 23);
    for (const lambda of [0.1, 1, 20]) {
      const truth = exactTikhonov(f, { lambda });
      const energy = tikhonov({ lambda });
      expect(distance(truth, truth.fill(0))).toBeGreaterThan(1);
      for (const method of ["primal-dual", "fista", gd({ learningRate: 2 / (2 * lambda + 8) })] as const) {
        const run = await restore(f, energy, { method, tolerance: 1e-10, iterations: 5000 });
        expect(run.status).toBe("converged");
        expect(distance(run.image, truth)).toBeLessThanOrEqual(radius(run));
        expect(run.energy - energy.of(f)(truth).item()).toBeLessThanOrEqual((run.gap ?? 0) + 1e-13 * run.energy);
      }
    }
    const spaced = await restore(f, tikhonov({ lambda: 9, spacing: 0.5 }), { tolerance: 1e-12, iterations: 5000 });
    expect(distance(spaced.image, exactTikhonov(f, { lambda: 9, spacing: 0.5 }))).toBeLessThan(1e-4);
  });

  it("agree with each other on every energy, as far as their gaps say", async () => {
    const f = scene(16, 19);
    const energies: readonly [RestorationEnergy, readonly NonNullable<RestoreOptions["method"]>[]][] = [
      [totalVariation({ lambda: 6 }), ["primal-dual", "fista", "chambolle"]],
      [totalVariation({ lambda: 6, isotropic: false }), ["primal-dual", "fista"]],
      [totalVariation({ lambda: 6, boundary: "periodic" }), ["primal-dual", "fista"]],
      [totalVariation({ lambda: 6, boundary: "zero" }), ["primal-dual", "fista"]],
      [huberTotalVariation({ lambda: 6, delta: 0.05 }), ["primal-dual", "fista", adam({ learningRate: 0.003 }), lbfgs()]],
    ];
    for (const [energy, methods] of energies) {
      const runs = await Promise.all(methods.map((method) => restore(f, energy, { method, tolerance: 1e-6, iterations: 3000 })));
      for (const run of runs) {
        expect(run.history.every(({ gap }) => gap !== undefined && gap >= 0)).toBe(true);
        expect(distance(run.image, runs[0].image)).toBeLessThanOrEqual(radius(run) + radius(runs[0]));
        // No image lies further above the minimum than its gap says, whoever found it.
        for (const other of runs) expect(run.energy - (run.gap ?? 0)).toBeLessThanOrEqual(other.energy * (1 + 1e-13));
      }
    }
  });

  it("bring the gap to 0 for every data term", async () => {
    const f = scene(12, 14).maximum(0);
    const hole = fromHost(
      Float64Array.from({ length: f.size }, (_, i) => (i % 3 === 0 ? 0 : 1)),
      f.shape,
      "f64",
    );
    const energies = [
      totalVariation({ lambda: 2, data: "l1" }),
      totalVariation({ lambda: 3, data: "poisson" }),
      totalVariation({ lambda: 20, through: masked(hole) }),
      totalVariation({ lambda: 3, data: "l1", through: masked(hole) }),
      totalVariation({ lambda: 3, data: "poisson", through: masked(hole) }),
      totalVariation({ lambda: 30, through: blurred(gaussianKernel(0.7)) }),
      totalVariation({ lambda: 3, data: "l1", through: blurred(gaussianKernel(0.7)) }),
      totalVariation({ lambda: 5, data: "poisson", through: blurred(gaussianKernel(0.7)) }),
      huberTotalVariation({ lambda: 30, through: downsampled(2) }),
    ];
    for (const energy of energies) {
      const run = await restore(f, energy, { tolerance: 1e-4, iterations: 10_000, every: 100 });
      expect(`${energy.fidelity.name} ${energy.observation?.name}: ${run.status}`).toBe(
        `${energy.fidelity.name} ${energy.observation?.name}: converged`,
      );
      expect(run.history.every(({ gap = -1 }) => gap >= 0)).toBe(true);
      // What the gap bounds: the minimum found with a hundred times the accuracy lies no deeper.
      const better = await restore(f, energy, { tolerance: 1e-6, iterations: 10_000, every: 100 });
      expect(run.energy - better.energy).toBeLessThanOrEqual(run.gap ?? 0);
    }
  });

  it("agree with a gradient method behind a blur", async () => {
    const f = scene(12, 10);
    const energy = huberTotalVariation({ lambda: 40, delta: 0.1, through: blurred(gaussianKernel(1)) });
    const dual = await restore(f, energy, { tolerance: 1e-7, iterations: 20_000, every: 100, range: [-10, 10] });
    const primal = await restore(f, energy, { method: lbfgs(), tolerance: 1e-8, iterations: 3000 });
    expect(dual.status).toBe("converged");
    expect(primal.gap).toBeUndefined();
    expect(Math.abs(primal.energy - dual.energy)).toBeLessThanOrEqual(2 * (dual.gap ?? 0));
  });

  it("treat three equal channels as one with λ·√3, in both layouts", async () => {
    const f = scene(9, 8);
    const grey = await restore(f, totalVariation({ lambda: 6 * Math.sqrt(3) }), exact);
    const planar = f.reshape([1, 9, 8]).broadcastTo([3, 9, 8]);
    const colour = await restore(planar, totalVariation({ lambda: 6, layout: "planar" }), exact);
    const inside = await restore(planar.transpose([1, 2, 0]), totalVariation({ lambda: 6 }), exact);
    const channel = (c: number) => colour.image.slice([c, 0, 0], [1, 9, 8]).reshape([9, 8]);
    expect(distance(channel(1), grey.image)).toBeLessThanOrEqual(radius(grey) + radius(colour));
    expect(distance(inside.image.transpose([2, 0, 1]), colour.image)).toBeLessThanOrEqual(radius(inside) + radius(colour));
  });

  it("work on a graph: a path is a signal", async () => {
    const f = signal(0, 0.3, 0.1, 0.9, 1, 0.7);
    const path = graph({ vertices: 6, edges: [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]] }); // biome-ignore format: a path
    const onGraph = await restore(f, totalVariation({ lambda: 4, graph: path }), exact);
    const onGrid = await restore(f, totalVariation({ lambda: 4 }), exact);
    expect(distance(onGraph.image, onGrid.image)).toBeLessThanOrEqual(radius(onGraph) + radius(onGrid));
  });

  it("give the same bits for any number of threads", async () => {
    const f = scene(65, 67, "f32");
    const mask = fromHost(
      Float32Array.from({ length: f.size }, (_, i) => (i % 4 === 0 ? 0 : 1)),
      f.shape,
      "f32",
    );
    for (const [energy, method] of [
      [totalVariation({ lambda: 8 }), "primal-dual"],
      [totalVariation({ lambda: 8 }), "fista"],
      [totalVariation({ lambda: 8 }), "chambolle"],
      [totalVariation({ lambda: 8, data: "l1", through: masked(mask) }), "primal-dual"],
      [totalVariation({ lambda: 80, through: blurred(gaussianKernel(1)) }), "primal-dual"],
    ] satisfies [RestorationEnergy, RestoreOptions["method"]][]) {
      const runs = await Promise.all([1, 2, 3, 7].map((threads) => restore(f, energy, { method, threads, iterations: 20, tolerance: 0 })));
      for (const run of runs) {
        expect(run.history).toEqual(runs[0].history);
        expect(run.image.data()).toEqual(runs[0].image.data());
      }
    }
  });
});

describe("restore", () => {
  it("gives pictures for pictures, of their depth", async () => {
    for (const depth of [8, 16] as const)
      for (const channels of [1, 3]) {
        const picture = tensorImage(scattered(channels === 1 ? [13, 12] : [13, 12, 3], 1, 0, 1), { depth });
        const { image, values, psnr, ssim } = await restore(picture, totalVariation({ lambda: 5 }), { reference: picture });
        expect([image.width, image.height, image.channels, image.depth]).toEqual([12, 13, channels, depth]);
        expect(image).toEqual(tensorImage(values, { depth }));
        expect(psnr).toBeGreaterThan(5);
        expect(ssim).toBeLessThan(1);
      }
  });

  it("tells what it did: history with the reference, progress, status", async () => {
    const clean = scene(12, 12).fill(0.5);
    const seen: RestorationLook[] = [];
    const f = scene(12, 12);
    const run = await restore(f, totalVariation({ lambda: 1 }), {
      reference: clean,
      every: 4,
      iterations: 10,
      tolerance: 0,
      progress: (look) => seen.push(look),
    });
    expect(run.status).toBe("step-limit");
    expect(run.history.map(({ iteration }) => iteration)).toEqual([0, 4, 8, 10]);
    expect(seen).toEqual(run.history);
    const mean = sumOf(f.sub(clean).square().data()) / f.size;
    expect(run.history[0].psnr).toBeCloseTo(-10 * Math.log10(mean), 10);
    expect(run.history[3].psnr).toBeCloseTo(run.psnr ?? 0, 10);
    expect(run.history[3].energy).toBeCloseTo(totalVariation({ lambda: 1 }).of(f)(run.image).item(), 10);
  });

  it("ends when told to", async () => {
    const stop = new AbortController();
    const run = await restore(scene(20, 20), totalVariation({ lambda: 1 }), {
      tolerance: 0,
      iterations: 1e6,
      signal: stop.signal,
      progress: ({ iteration }) => iteration >= 30 && stop.abort(),
    });
    expect(run.status).toBe("aborted");
    expect(run.iterations).toBe(30);
  });

  it("says that a descent diverged", async () => {
    const run = await restore(scene(6, 6), tikhonov({ lambda: 1 }), { method: gd({ learningRate: 10 }), iterations: 2000 });
    expect(run.status).toBe("diverged");
  });

  it("takes images of one pixel, one row and one column", async () => {
    for (const shape of [[1, 1], [1, 9], [9, 1], [1, 1, 3]]) // biome-ignore format: a list
      for (const energy of [totalVariation({ lambda: 4 }), tikhonov({ lambda: 4 }), smoothedTotalVariation({ lambda: 4 }), totalVariation({ lambda: 4, data: "l1" })]) // biome-ignore format: a list
        expect((await restore(scattered(shape, 2, 0, 1), energy, { iterations: 5000 })).status).toBe("converged");
  });

  it("refuses what cannot be restored, and methods that do not fit", async () => {
    const f = scene(4, 4);
    const energy = totalVariation({ lambda: 1 });
    const message = async (work: Promise<unknown>) => (await rejectionOf(work)).message;
    expect(await message(restore(fromHost(Float64Array.of(1, Number.NaN), [1, 2], "f64"), energy))).toContain("NaN at element 1");
    expect(await message(restore(fromHost(new Float64Array(0), [0, 4], "f64"), energy))).toContain("no pixels");
    expect(await message(restore(fromHost(Int32Array.of(1), [1, 1], "i32"), energy))).toContain("floating-point");
    expect(await message(restore(f, energy, { method: gd() }))).toContain("smoothedTotalVariation");
    expect(await message(restore(f, smoothedTotalVariation({ lambda: 1 }), { method: "fista" }))).toContain("huberTotalVariation");
    expect(await message(restore(f, totalVariation({ lambda: 1, data: "l1" }), { method: "fista" }))).toContain("primal-dual");
    expect(await message(restore(f, tikhonov({ lambda: 1 }), { method: "chambolle" }))).toContain("isotropic");
    expect(await message(restore(f, energy, { reference: scene(4, 5) }))).toContain("the reference does not fit");
    expect(await message(restore(scattered([3, 3], 1, -1, -0.5), totalVariation({ lambda: 1, data: "poisson" })))).toContain("photons");
    expect(await message(restore(tensorImage(scattered([3, 3, 4], 1, 0, 1)), energy))).toContain("convertImage(image, { channels: 3 })");
    const mistyped: object = { toleranse: 1 };
    expect(await message(restore(f, energy, { ...mistyped }))).toContain("did you mean tolerance?");
    expect(await message(restore(f, energy, { range: [1, 0] }))).toContain("range");
    expect(await message(restore(scattered([2, 2, 2, 2], 1), energy))).toContain("one to three axes");
  });
});

describe("λ from the noise", () => {
  it("leaves as much behind as the noise is", async () => {
    const f = scene(40, 40);
    for (const make of [totalVariation, tikhonov] satisfies ((options: { readonly lambda: number }) => RestorationEnergy)[]) {
      const { lambda, residual } = await chooseLambda(f, (l) => make({ lambda: l }), { sigma: 0.1 });
      expect(Math.abs(residual - 0.1)).toBeLessThanOrEqual(0.001);
      const run = await restore(f, make({ lambda }), { tolerance: 1e-3 });
      expect(distance(run.image, f) / Math.sqrt(f.size)).toBeCloseTo(residual, 12);
    }
    const error = await rejectionOf(chooseLambda(f, (lambda) => totalVariation({ lambda }), { sigma: 5 }));
    expect(error.message).toContain("σ may be too large");
  });

  it("estimates it from the finest details", () => {
    const noise = new Float64Array(200 * 200);
    new RandomStream(1, "noise").fillNormal(noise, 0.5, 0.08);
    // The median of 10,000 has a standard deviation of 1.2 % of σ.
    expect(Math.abs(estimateSigma(fromHost(noise, [200, 200], "f64")) / 0.08 - 1)).toBeLessThan(0.05);
  });
});

describe("a restored picture", () => {
  it.each([1, 2, 3, 7])("has pinned pixels with %i threads, which a page has too", async (threads) => {
    const { hash, run } = await restoredSquare(threads);
    expect(hash).toBe(SQUARE);
    expect(run.status).toBe("converged");
    expect(run.psnr).toBeGreaterThan(28);
  });
});

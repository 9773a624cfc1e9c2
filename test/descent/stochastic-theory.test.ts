/** What theory says of stochastic descent, against runs. */
import { dense, descend, fit, gd, grad, gradientNoise, minimize, sequential, type Tensor, tensor, vmap, zeros } from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";

describe("noise keeps a descent from coming to rest: variance α s² / (λ (2 − αλ))", () => {
  it.each([
    [0.1, 1, 1],
    [0.5, 1, 2],
    [0.4, 4, 0.5],
  ])("α = %d, λ = %d, s = %d, over 200,000 steps", (alpha, lambda, s) => {
    const optimizer = gradientNoise(gd({ learningRate: alpha }), { variance: s * s, decay: 0, seed: 3 });
    const steps = 200_000;
    const path = minimize("0.5*l*x^2", [1], { optimizer, steps, tolerance: 0, path: true, constants: { l: lambda } }).path;
    // What the start still shows after 1,000 steps is (1 − αλ)^1000.
    let squares = 0;
    for (let k = 1000; k <= steps; k++) squares += (path?.at(k)?.[0] ?? Number.NaN) ** 2;
    const measured = squares / (steps - 999);
    const due = (alpha * s * s) / (lambda * (2 - alpha * lambda));
    // x is autoregressive with ρ = 1 − αλ, so that the mean of n squares has the relative variance (2/n)(1 + ρ²)/(1 − ρ²).
    const rho = 1 - alpha * lambda;
    const relative = Math.sqrt(((2 / steps) * (1 + rho * rho)) / (1 - rho * rho));
    expect(relative).toBeLessThan(0.02);
    expect(Math.abs(measured / due - 1)).toBeLessThan(4 * relative);
  });

  it("and so do records: a learned mean of targets of variance V is off by αV/(1 − α), hence the loss before learning is V/(1 − α)", async () => {
    // (b − t)²: λ = 2 and s² = 4V, so that α s²/(λ(2 − αλ)) = αV/(1 − α).
    const alpha = 0.2;
    const values = [-1, 0, 2, 5];
    const variance = 5.25;
    // Words of Marsaglia's xorshift32, of which the two highest bits are taken.
    const stream = (function* () {
      for (let word = 2463534242, i = 0; i < 100_000; i++) {
        word ^= word << 13;
        word ^= word >>> 17;
        word ^= word << 5;
        yield { input: 0, target: values[word >>> 30] };
      }
    })();
    const blocks: number[] = [];
    const model = sequential(dense(1, { init: zeros() }));
    const options = { stream, optimizer: gd({ learningRate: alpha }), stepsPerYield: 1000, dtype: "f64", threads: 1 } as const;
    for await (const { losses } of descend(model, options))
      if (losses.length > 0) blocks.push(losses.reduce((a, b) => a + b) / losses.length);
    expect(blocks).toHaveLength(100);
    const mean = blocks.reduce((a, b) => a + b) / 100;
    // Blocks of 1,000 are independent but for the memory 0.6^k at their ends.
    const error = Math.sqrt(blocks.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 99 / 100);
    expect(error / mean).toBeLessThan(0.02);
    expect(Math.abs(mean - variance / (1 - alpha))).toBeLessThan(4 * error);
    // Without the noise of the steps it would be V.
    expect(mean - variance).toBeGreaterThan(10 * error);
  });
});

describe("an epoch of m small steps is a batch step of rate mη, up to O(η²)", () => {
  const inputs = Array.from({ length: 8 }, (_, i) => [Math.sin(i), Math.cos(2 * i)]);
  const targets = inputs.map(([a, b], i) => a - 2 * b + (i % 3));
  const data = arrayDataset({ inputs, targets, dtype: "f64" });
  const train = async (eta: number, batchSize: number) => {
    const model = sequential(dense(1, { bias: false, init: zeros() }));
    const run = await fit(model, data, { optimizer: gd({ learningRate: eta }), batchSize, order: "sequential", dtype: "f64", threads: 1 });
    return [...(run.weights.get("dense1.weight") ?? [])];
  };
  const difference = async (eta: number) => {
    const [small, whole] = [await train(eta, 1), await train(8 * eta, 8)];
    return small.map((x, j) => x - whole[j]);
  };

  it("with slope 2, and the coefficient Σ_{i<j} Hⱼ gᵢ", async () => {
    const [first, second] = [await difference(1e-4), await difference(5e-5)];
    const size = (v: readonly number[]) => Math.hypot(...v);
    // What follows is smaller by η · 8 · λ, with λ = 2|x|² ≤ 4: 0.3 %.
    expect(Math.abs(Math.log2(size(first) / size(second)) - 2)).toBeLessThan(0.005);
    // At w = 0: gᵢ = −2 tᵢ xᵢ and Hⱼ = 2 xⱼ xⱼᵀ.
    const expected = [0, 0];
    for (const [j, x] of inputs.entries())
      for (let i = 0; i < j; i++) {
        const along = 2 * (x[0] * inputs[i][0] + x[1] * inputs[i][1]) * -2 * targets[i];
        for (const k of [0, 1]) expected[k] += along * x[k];
      }
    for (const k of [0, 1]) expect(Math.abs(first[k] / 1e-8 / expected[k] - 1)).toBeLessThan(0.01);
  });
});

it("eight points: the gradient of the mean is the mean of the gradients of each", () => {
  const points = Array.from({ length: 8 }, (_, i) => [i / 4 - 1, ((i * 3) % 8) / 4 - 1]);
  const loss = (w: Tensor, p: Tensor) =>
    w
      .sub(p)
      .square()
      .mul(tensor([1, 4]))
      .sum()
      .mul(0.5);
  const w = tensor([0.3, -0.7]);
  const each = vmap((p: Tensor) => grad((v: Tensor) => loss(v, p))(w))(tensor(points));
  const mean = grad((v: Tensor) => vmap((p: Tensor) => loss(v, p))(tensor(points)).mean())(w);
  // By hand: (w₁ − p₁, 4(w₂ − p₂)).
  const byHand = points.map(([a, b]) => [0.3 - a, 4 * (-0.7 - b)]);
  (each.toArray() as number[][]).forEach((row, i) => {
    row.forEach((x, j) => {
      expect(x).toBeCloseTo(byHand[i][j], 12);
    });
  });
  (mean.toArray() as number[]).forEach((x, j) => {
    expect(x).toBeCloseTo(byHand.reduce((sum, row) => sum + row[j], 0) / 8, 12);
  });
});

/** The linear models that lectures begin with: regression by a line, the multiclass support vector machine, the perceptron. */
import { dense, fit, gd, l2, lbfgs, minimize, multiclassHinge, perceptron, searchWeights, sequential, tensor, zeros } from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";
import { pullBack } from "../../src/autodiff/reverse.js";
import { interpret } from "../../src/backends/interpreter/index.js";
import type { Loss } from "../../src/models/losses.js";
import { RandomStream } from "../../src/tensor/random.js";
import type { Tensor } from "../../src/tensor/tensor.js";

const numbers = (x: Tensor): number[] => [...interpret([x])[0]];

/** ∂ℓ/∂W at one example, as rows of classes. W is [classes][features]. */
function gradientRows(loss: Loss, W: readonly (readonly number[])[], x: readonly number[], y: number): number[][] {
  const weights = tensor(W.map((row) => [...row]));
  const scores = tensor([[...x]]).matmul(weights.transpose([1, 0]));
  const [value] = [loss.perRecord(scores, tensor(Uint8Array.of(y))).sum()];
  const [gradient] = pullBack([value], [value.fill(1)], [weights]);
  if (gradient === undefined) throw new Error("no gradient");
  const flat = numbers(gradient);
  return W.map((row, j) => flat.slice(j * row.length, (j + 1) * row.length));
}

describe("linear regression w₀ + w₁x by the average squared loss", () => {
  const [x, y] = [
    [1, 2, 4, 7, 11],
    [1.5, 1.8, 3.9, 5.1, 9.2],
  ];
  const mean = (list: readonly number[]) => list.reduce((a, b) => a + b) / list.length;
  const slope = mean(x.map((v, i) => (v - mean(x)) * (y[i] - mean(y)))) / mean(x.map((v) => (v - mean(x)) ** 2));
  const intercept = mean(y) - slope * mean(x);

  it("ends at the line of least squares, as a formula and as a model", async () => {
    const run = minimize("mean((w0 + w1*x - y)^2)", { w0: 0, w1: 0 }, { optimizer: lbfgs(), tolerance: 1e-10, constants: { x, y } });
    expect(run.solution.w0).toBeCloseTo(intercept, 9);
    expect(run.solution.w1).toBeCloseTo(slope, 9);
    const data = arrayDataset({ inputs: x.map((v) => [v]), targets: y, dtype: "f64" });
    const line = sequential(dense(1, { init: zeros() }));
    const trained = await fit(line, data, { optimizer: gd({ learningRate: 0.02 }), epochs: 4000, batchSize: 5, dtype: "f64" });
    expect(trained.weights.get("dense1.weight")?.[0]).toBeCloseTo(slope, 9);
    expect(trained.weights.get("dense1.bias")?.[0]).toBeCloseTo(intercept, 9);
    expect(trained.trainLoss).toBeCloseTo(mean(x.map((v, i) => (intercept + slope * v - y[i]) ** 2)), 9);
  });
});

describe("the multiclass support vector machine", () => {
  // Scores 2, 1.5, −3, 3 with y = 0 and Δ = 1: margins 0.5, −4, 2.
  const W = [
    [1, 0],
    [0.75, 0],
    [-1.5, 0],
    [1.5, 0],
  ];
  const x = [2, -5];

  it("at one example: row y is −(margins above 0)·x, row j is x where its margin is above 0, else 0", () => {
    expect(gradientRows(multiclassHinge(), W, x, 0)).toEqual([
      [-4, 10],
      [2, -5],
      [0, 0],
      [2, -5],
    ]);
    // Δ = 7: all three.
    expect(gradientRows(multiclassHinge({ margin: 7 }), W, x, 0)).toEqual([
      [-6, 15],
      [2, -5],
      [2, -5],
      [2, -5],
    ]);
    // Δ = 0.5: the margin of class 1 is exactly 0, at the kink, and counts for nothing.
    expect(gradientRows(multiclassHinge({ margin: 0.5 }), W, x, 0)).toEqual([
      [-2, 5],
      [0, 0],
      [0, 0],
      [2, -5],
    ]);
  });

  it("tells the regulariser's part of the loss from that of the data", async () => {
    const data = arrayDataset({ inputs: [x, [1, 1], [0, 2]], targets: [0, 1, 2], classes: 4, dtype: "f64" });
    const options = { loss: multiclassHinge(), dtype: "f64", regularizer: l2(0.3) } as const;
    const model = sequential(dense(4));
    const [found] = await searchWeights(model, data, { ...options, method: "random", tries: 1 });
    const weights = [...(found.weights.get("dense1.weight") ?? [])];
    expect(found.penalty).toBeCloseTo(0.3 * weights.reduce((sum, w) => sum + w * w, 0), 12);
    const [bare] = await searchWeights(model, data, { ...options, regularizer: undefined, method: "random", tries: 1 });
    expect([bare.theta, bare.penalty]).toEqual([found.theta, 0]);
    expect(found.trainLoss - found.penalty).toBeCloseTo(bare.trainLoss, 12);
    expect(JSON.parse(JSON.stringify(found)).penalty).toBe(found.penalty);
  });
});

describe("the perceptron", () => {
  it("moves the rows that are wrong, also at a score of 0, by one input", () => {
    const W = [
      [1, 1],
      [-1, 2],
      [0, 0],
    ];
    // Scores 1, −4, 0 of (−2, … ) with y = 1: class 0 is wrongly above 0, class 1 wrongly below, class 2 on the edge.
    expect(gradientRows(perceptron(), W, [2, -1], 1)).toEqual([
      [2, -1],
      [-2, 1],
      [2, -1],
    ]);
    expect(gradientRows(perceptron(), W, [2, -1], 0)).toEqual([
      [0, 0],
      [0, 0],
      [2, -1],
    ]);
  });

  it("ends on separable data, within Novikoff's bound", async () => {
    // Two classes apart by at least 2γ along (3, 4)/5; the constant 1 stands for the bias.
    const random = new RandomStream(4, "perceptron");
    const gap = 0.4;
    const inputs: number[][] = [];
    const targets: number[] = [];
    while (inputs.length < 60) {
      const point = [random.between(-1, 1), random.between(-1, 1)];
      const side = (3 * point[0] + 4 * point[1]) / 5;
      if (Math.abs(side) < gap) continue;
      inputs.push([...point, 1]);
      targets.push(Number(side > 0));
    }
    const data = arrayDataset({ inputs, targets, classes: 2, dtype: "f64" });
    const model = sequential(dense(2, { init: zeros(), bias: false }));
    const trained = await fit(model, data, {
      loss: perceptron(),
      optimizer: gd({ learningRate: 1 }),
      batchSize: 1,
      epochs: 20,
      dtype: "f64",
    });
    expect(trained.trainLoss).toBe(0);
    // Class 1 was moved by ± an input at each of its mistakes; the longest input and the margin bound their number.
    const radius = Math.max(...inputs.map((p) => p.reduce((sum, v) => sum + v * v, 0)));
    const mistakes = trained.history.filter(({ gradientNorm }) => (gradientNorm ?? 0) > 0).length;
    expect(mistakes).toBeGreaterThan(0);
    expect(mistakes).toBeLessThanOrEqual(2 * (radius / gap ** 2));
    const { classes } = trained.predictor()(inputs.flat());
    expect(classes).toEqual(targets);
  });

  it("takes labels of at least two classes", () => {
    expect(() => perceptron().perRecord(tensor([[1, 2]]), tensor([[0, 1]]))).toThrow(/one label for each record/);
    expect(() => perceptron().perRecord(tensor([[1]]), tensor(Uint8Array.of(0)))).toThrow(/at least two classes/);
  });
});

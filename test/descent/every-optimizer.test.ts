/** Every optimizer trains a network in float32, with the same bits for one thread and for three. */
import {
  accumulate,
  adam,
  averaged,
  clip,
  conv2d,
  dense,
  fit,
  flatten,
  freeze,
  gradientNoise,
  groups,
  lookahead,
  momentum,
  type Optimizer,
  optimizerNamed,
  optimizers,
  relu,
  sam,
  sequential,
  weightDecay,
} from "steepest";
import { digits } from "steepest/data";
import { describe, expect, it } from "vitest";

const data = digits({ train: 48, test: 8 });
// Filters, matrices and biases, with gaps between them.
const model = sequential(conv2d(3, 3), relu(), flatten(), dense(10));

const train = (optimizer: Optimizer, threads: number, epochs = 2) =>
  fit(model, data, { optimizer, epochs, batchSize: 16, threads, seed: 4 });

/** What is no parameter must stay 0, for norms of all of θ to be those of the parameters. */
function expectEmptyGaps({ training, theta }: Awaited<ReturnType<typeof train>>): void {
  const inside = new Set(training.layout.entries.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i)));
  expect(inside.size).toBeLessThan(theta.length);
  expect(theta.every((x, i) => inside.has(i) || x === 0)).toBe(true);
}

describe("every optimizer", () => {
  it.each([...optimizers.keys()])("%s", { timeout: 30_000 }, async (name) => {
    const [one, three] = [await train(optimizerNamed(name), 1), await train(optimizerNamed(name), 3)];
    expect(one.status).toBe("step-limit");
    expect(one.theta).toEqual(three.theta);
    expect(one.theta.every(Number.isFinite)).toBe(true);
    expect(one.theta).not.toEqual(one.training.start().theta);
    expectEmptyGaps(one);
  });

  it("inside all wrappers, by names and kinds of a model", { timeout: 30_000 }, async () => {
    const decayed = weightDecay(adam(), { rate: 0.1, except: { kind: "bias" } });
    const grouped = groups(decayed, [{ parameters: "dense1.*", rateScale: 0.5 }]);
    const around = sam(gradientNoise(clip(grouped, { norm: 1, per: "parameter" }), { variance: 0.01 }), { radius: 0.01 });
    const optimizer = freeze(averaged(lookahead(around, { steps: 2 })), "conv1.bias");
    const [one, three] = [await train(optimizer, 1), await train(optimizer, 3)];
    expect(one.theta).toEqual(three.theta);
    expect(one.averaged?.theta).toEqual(three.averaged?.theta);
    expectEmptyGaps(one);
    const start = one.training.layout.split(one.training.start().theta);
    for (const [path, before] of start) {
      if (path === "conv1.bias") expect(one.weights.get(path)).toEqual(before);
      else expect(one.weights.get(path)).not.toEqual(before);
    }
  });

  it("with accumulated batches takes the step of the large batch", async () => {
    // Three batches of 16 a epoch: the mean of their gradients is that of all 48 records.
    const large = await fit(model, data, { optimizer: momentum({ learningRate: 0.1 }), epochs: 1, batchSize: 48, threads: 1, seed: 4 });
    const small = await train(accumulate(momentum({ learningRate: 0.1 }), { steps: 3 }), 1, 1);
    expect(small.theta.length).toBe(large.theta.length);
    // In float32, with gradients below 1 in sums of 48.
    small.theta.forEach((x, i) => {
      expect(Math.abs(x - large.theta[i])).toBeLessThan(1e-6);
    });
  });

  it("decays weights alone where biases are excepted", async () => {
    const decays = (except?: { readonly kind: "bias" }) =>
      train(weightDecay(optimizerNamed("gd", { learningRate: 1e-12 }), { rate: 1e11, ...(except ? { except } : {}) }), 1, 1);
    const { weights, training } = await decays({ kind: "bias" });
    const start = training.layout.split(training.start().theta);
    // 1 − α λ = 0.9 at each of three steps.
    const ratio = (path: string) => (weights.get(path)?.[0] ?? Number.NaN) / (start.get(path)?.[0] ?? Number.NaN);
    expect(ratio("dense1.weight")).toBeCloseTo(0.729, 5);
    expect(ratio("conv1.weight")).toBeCloseTo(0.729, 5);
  });
});

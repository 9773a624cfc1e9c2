/** The face of Steepest as a user writes it. `tsc` reads this file, too: every snippet must type-check without help. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adam,
  checkGradient,
  conv2d,
  cosine,
  crossEntropy,
  customGradient,
  defineLayer,
  defineOptimizer,
  dense,
  descend,
  fit,
  flatten,
  gd,
  grad,
  hessian,
  hvp,
  jvp,
  lbfgs,
  likeTheta,
  maximize,
  maxPool2d,
  minimize,
  momentum,
  objective,
  ones,
  type Rate,
  relu,
  sequential,
  type Tensor,
  type TrainingProgress,
  tensor,
  trace,
  zeros,
} from "steepest";
import { digits } from "steepest/data";
import { loadRun, saveRun } from "steepest/node";
import { gaussianNoise, restore, totalVariation } from "steepest/vision";
import { describe, expect, expectTypeOf, it } from "vitest";

const rosenbrock = (x: number, y: number) => (1 - x) ** 2 + 100 * (y - x ** 2) ** 2;

describe("1. a plain function of numbers", () => {
  it("has its solution in the shape of the start, a status, and a path", () => {
    const run = minimize((x) => x ** 2, 8.7, { optimizer: gd({ learningRate: 0.2 }), steps: 20, path: true });
    expectTypeOf(run.solution).toEqualTypeOf<number>();
    // 8.7 · 0.6²⁰
    expect(run.solution).toBeCloseTo(0.000318085784285478, 15);
    expect(run.status).toBe("step-limit");
    expect(run.path.at(1)).toBeCloseTo(5.22, 12);
    expect(run.path.at(-1)).toBe(run.solution);
    expect(run.path.length).toBe(21);
  });

  it("takes by `constants` what a closure would hold", () => {
    const run = minimize((x, { a }) => (x - a) ** 2, 0, { constants: { a: 3 } });
    expect(run.solution).toBeCloseTo(3, 6);
    const line = minimize((w0, w1, { x, y }) => mean((w0 + w1 * x - y) ** 2), [0, 0], {
      constants: { x: [0, 1, 2, 3], y: [1, 3, 5, 7] },
      optimizer: momentum({ learningRate: 0.05 }),
    });
    expectTypeOf(line.solution).toEqualTypeOf<number[]>();
    expect(line.solution[0]).toBeCloseTo(1, 5);
    expect(line.solution[1]).toBeCloseTo(2, 5);
    const asRecord = minimize((p, { a }) => (p.x - a) ** 2 + p.y ** 2, { x: 1, y: 1 }, { constants: { a: 2 } });
    expect(asRecord.solution.x).toBeCloseTo(2, 5);
    const asList = minimize(([x, y], { a }) => (x - a) ** 2 + (y + a) ** 2, [0, 0], { constants: { a: 2 } });
    expect(asList.solution[1]).toBeCloseTo(-2, 5);
  });

  it("is maximised by its own name", () => {
    expect(maximize((x) => -(x ** 2), 1).solution).toBeCloseTo(0, 6);
  });

  it("stays within bounds", () => {
    const run = minimize(rosenbrock, [-1.2, 1], {
      bounds: [
        [-2, 2],
        [0, 3],
      ],
      optimizer: adam({ learningRate: 0.02 }),
    });
    expectTypeOf(run.solution).toEqualTypeOf<number[]>();
    expect(run.solution[0]).toBeCloseTo(1, 4);
    expect(run.solution[1]).toBeCloseTo(1, 4);
  });

  it("takes its variables as arguments, as an array and as a record", () => {
    const options = { optimizer: gd({ learningRate: 0.2 }), steps: 300 };
    expect(minimize((x, y) => 0.5 * x * x + 2 * y * y + x * y, [8.7, -7.9], options).status).toBe("converged");
    expect(minimize(([x, y]) => (x - 1) ** 2 + (y - 2) ** 2, [0, 0], options).solution[1]).toBeCloseTo(2, 6);
    expect(minimize((x) => (x[0] - 1) ** 2 + (x[1] - 2) ** 2, [0, 0], options).solution[1]).toBeCloseTo(2, 6);
    const run = minimize((p) => (p.x - 1) ** 2 + (p.y - 2) ** 2, { x: 0, y: 0 }, options);
    expectTypeOf(run.solution).toEqualTypeOf<{ x: number; y: number }>();
    expect(run.solution.y).toBeCloseTo(2, 6);
    expect(minimize(({ x, y }) => (x - 1) ** 2 + (y - 2) ** 2, { x: 0, y: 0 }, options).solution.x).toBeCloseTo(1, 6);
  });
});

describe("2. a formula, with names", () => {
  it("gives a solution with the same names and a diagnosis in words", () => {
    const run = minimize("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 }, { optimizer: momentum({ learningRate: 0.1, beta: 0.8 }) });
    expectTypeOf(run.solution).toEqualTypeOf<{ x: number; y: number }>();
    expect(run.solution.x).toBeCloseTo(0, 5);
    // Eigenvalues (5 ± √13)/2
    expect(run.diagnosis).toMatch(
      /^Converged after \d+ steps: .* This is a minimum: the Hessian's eigenvalues run from 0\.6972 to 4\.303\.$/,
    );
  });
});

describe("3. a function of tensors, and one's own JavaScript", () => {
  it("a tensor as start means a traced function", () => {
    const X = tensor([
      [1, 0],
      [1, 1],
      [1, 2],
      [1, 3],
    ]);
    const y = tensor([1, 3, 5, 7]);
    const run = minimize((w) => X.matmul(w).sub(y).square().mean(), zeros([2]), { optimizer: lbfgs() });
    expectTypeOf(run.solution).toEqualTypeOf<Tensor>();
    expect(run.solution.shape).toEqual([2]);
    expect(run.solution.data()[0]).toBeCloseTo(1, 5);
    expect(run.solution.data()[1]).toBeCloseTo(2, 5);
  });

  it("an objective is driven from outside", () => {
    const simulate = (x: Float64Array) => (x[0] - 1) ** 2 + 3 * x[1] ** 2;
    const adjoint = (x: Float64Array) => [2 * (x[0] - 1), 6 * x[1]];
    const start = [4, 5];
    const run = minimize(objective({ value: simulate, gradient: adjoint }), start, { optimizer: gd({ learningRate: 0.1 }), steps: 200 });
    expectTypeOf(run.solution).toEqualTypeOf<number[]>();
    expect(run.status).toBe("converged");
    expect(run.solution[0]).toBeCloseTo(1, 5);
    const differences = minimize(objective({ value: simulate, gradient: "finite-differences" }), start, {
      optimizer: gd({ learningRate: 0.1 }),
    });
    expect(differences.solution[0]).toBeCloseTo(1, 5);
    expect(checkGradient(objective({ value: simulate, gradient: adjoint }), start).verdict).toBe("pass");
    expect(checkGradient(objective({ value: simulate, gradient: (x) => [2 * x[0], 6 * x[1]] }), start).verdict).toBe("fail");
  });
});

describe("4. derivatives compose", () => {
  const f = (x: Tensor) => x.pow(3).sum();
  const x = tensor([1, 2, 3]);

  it("grad, hessian, hvp, jvp", () => {
    expect(grad(f)(x).toArray()).toEqual([3, 12, 27]);
    expect(hessian(f)(x).toArray()).toEqual([
      [6, 0, 0],
      [0, 12, 0],
      [0, 0, 18],
    ]);
    expect(hvp(f)(x, tensor([1, 0, 1])).toArray()).toEqual([6, 0, 18]);
    expect(jvp(f)(x, tensor([1, 1, 1])).tangent.item()).toBe(42);
    expect(grad((y: Tensor) => grad(f)(y).sum())(x).toArray()).toEqual([6, 12, 18]);
  });

  it("customGradient", () => {
    const clipped = customGradient(f, (y, upstream) => y.pow(2).mul(3).minimum(10).mul(upstream));
    expect(grad((y: Tensor) => clipped(y))(x).toArray()).toEqual([3, 10, 10]);
  });
});

describe("8. train a network", () => {
  const data = digits({ train: 300, test: 60 });
  const model = sequential(conv2d(4, 3), relu(), maxPool2d(2), conv2d(8, 3), relu(), maxPool2d(2), flatten(), dense(10));

  it("fits, saves and predicts", async () => {
    const { signal } = new AbortController();
    const seen: TrainingProgress[] = [];
    const run = await fit(model, data, {
      loss: crossEntropy(),
      optimizer: adam({ learningRate: cosine(3e-3) }),
      epochs: 6,
      batchSize: 32,
      seed: 1,
      validation: 0.1,
      onProgress: (p) => seen.push(p),
      signal,
    });
    expect(run.status).toBe("step-limit");
    // Ten classes: a guess is right in 10 %.
    expect(run.test?.accuracy).toBeGreaterThan(0.5);
    expect(run.validation?.loss).toBeLessThan(Math.log(10));
    expect(seen.at(-1)).toMatchObject({ step: run.steps, epochs: 6 });

    const predict = run.predictor();
    const image = data.test?.inputs.data.subarray(0, 784) ?? [];
    const { classes = [], probabilities = [] } = predict(image);
    expect(classes).toHaveLength(1);
    expect(Array.from(probabilities).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);

    const folder = mkdtempSync(join(tmpdir(), "steepest-"));
    try {
      await saveRun(run, join(folder, "mnist"));
      const stored = await loadRun(join(folder, "mnist"));
      expect(stored.weights.map((w) => w.name)).toEqual([...run.weights.keys()]);
      for (const { name, data: numbers } of stored.weights) expect([...numbers]).toEqual([...(run.weights.get(name) ?? [])]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("9. step by step", () => {
  it("reads the state, breaks, and sets the rate", async () => {
    const optimizer = gd({ learningRate: 0.4 });
    let steps = 0;
    for await (const state of descend(trace("(x-3)^2 + y^2", { x: 0, y: 1 }), { optimizer, stepsPerYield: 5 })) {
      expectTypeOf(state.solution).toEqualTypeOf<{ x: number; y: number }>();
      steps = state.step;
      if (state.loss < 1e-3) break;
      state.set({ learningRate: state.learningRate / 2 });
    }
    // At 0.4 the loss 10·0.2²ᵏ is below 10⁻³ at the third step, the first look is after five.
    expect(steps).toBe(5);
  });
});

describe("10. one's own optimizer", () => {
  const heavyBall = (options: { beta: number; learningRate: Rate }) =>
    defineOptimizer({
      name: "heavy-ball",
      learningRate: options.learningRate,
      slots: { velocity: likeTheta(0) },
      update({ theta, gradient, slots, learningRate }) {
        const velocity = slots.velocity.mul(options.beta).add(gradient);
        return { theta: theta.sub(velocity.mul(learningRate)), slots: { velocity } };
      },
    });

  it("walks the same path, bit for bit, as the built-in one", () => {
    const [f, start, steps] = ["(1-x)^2 + 100(y-x^2)^2", { x: -1.2, y: 1 }, 500] as const;
    const own = minimize(f, start, { optimizer: heavyBall({ beta: 0.9, learningRate: 5e-4 }), steps });
    const built = minimize(f, start, { optimizer: momentum({ beta: 0.9, learningRate: 5e-4 }), steps });
    expect(own.theta).toEqual(built.theta);
  });

  it("takes schedules", () => {
    const run = minimize("x^2", 1, { optimizer: heavyBall({ beta: 0.5, learningRate: cosine(0.1) }), steps: 100, tolerance: 0 });
    expect(run.history.learningRate[0]).toBe(0.1);
    expect(run.history.learningRate[50]).toBeCloseTo(0.05, 12);
  });
});

describe("11. one's own layer", () => {
  const scale = (features: number) =>
    defineLayer({
      name: "scale",
      parameters: { gain: { shape: [features], init: ones() } },
      apply: (x, { gain }) => x.mul(gain),
    });

  it("is trained with the others", async () => {
    const run = await fit(sequential(flatten(), scale(784), dense(10)), digits({ train: 100, test: 10 }), { epochs: 2, batchSize: 50 });
    expect([...run.weights.keys()]).toEqual(["scale1.gain", "dense1.weight", "dense1.bias"]);
    expect(run.weights.get("scale1.gain")?.some((g) => g !== 1)).toBe(true);
  });
});

/** Only for the types: inside a plain function `mean` is a word of the formula language. */
declare function mean(x: number | readonly number[]): number;

describe("an image", () => {
  it("is restored as the minimum of an energy", async () => {
    const clean = tensor(Array.from({ length: 20 }, (_, y) => Array.from({ length: 20 }, (__, x) => (x > 7 && y > 5 ? 0.8 : 0.2))));
    const noisy = gaussianNoise(clean, { sigma: 0.1, seed: 1 });
    const { image, psnr, gap } = await restore(noisy, totalVariation({ lambda: 8 }), { reference: clean });
    expect(image.shape).toEqual([20, 20]);
    expect(psnr).toBeGreaterThan(26);
    expect(gap).toBeLessThan(0.01);
  });
});

import { inspect } from "node:util";
import {
  adam,
  cosine,
  defineOptimizer,
  exponential,
  gd,
  likeTheta,
  maximize,
  minimize,
  momentum,
  nesterov,
  scalar,
  tensor,
} from "steepest";
import { describe, expect, it } from "vitest";
import { errorOf } from "../errors.js";

describe("the lectures' numbers", () => {
  it.each([
    // xₖ = 8.7 (1 − 2α)ᵏ
    [0.2, 0.0526056],
    [0.9, 0.934155],
    [1.05, 22.5656],
  ])("x² from 8.7 with α = %f stands at %f after 10 steps", (learningRate, expected) => {
    const { solution } = minimize("x^2", 8.7, { optimizer: gd({ learningRate }), steps: 10 });
    expect(Math.abs(solution / expected - 1)).toBeLessThan(1e-5);
  });

  it.each([0.1, 0.9])("x₁² + x₂² with α = %f comes within 0.001 at step 42", (learningRate) => {
    const { path } = minimize("x1^2 + x2^2", [8.7, -7.9], { optimizer: gd({ learningRate }), steps: 60, path: true });
    expect(path.rows().findIndex(([x, y]) => Math.hypot(x, y) < 1e-3)).toBe(42);
    // A factor of ±0.8 on both axes, at every step.
    const factor = learningRate === 0.1 ? 0.8 : -0.8;
    expect(path.at(7)?.[0]).toBeCloseTo(8.7 * factor ** 7, 12);
    expect(path.at(7)?.[1]).toBeCloseTo(-7.9 * factor ** 7, 12);
  });

  it("½x₁² + 2x₂² + x₁x₂ with α = 0.2", () => {
    const { path } = minimize("½x1² + 2x2² + x1*x2", [8.7, -7.9], { optimizer: gd({ learningRate: 0.2 }), steps: 10, path: true });
    const expected: readonly (readonly [number, number, number])[] = [
      [1, 8.54, -3.32],
      [2, 7.496, -2.372],
      [10, 2.26309, -0.685208],
    ];
    for (const [step, x, y] of expected) {
      expect(path.at(step)?.[0]).toBeCloseTo(x, 5);
      expect(path.at(step)?.[1]).toBeCloseTo(y, 5);
    }
  });

  it("the momentum demonstration", () => {
    const start = { x: -1.21, y: 0.853 };
    const valley = "(1 - x)^2 + 20(3y - x^2)^2";
    const with83 = minimize(valley, start, { optimizer: momentum({ learningRate: 0.0035, beta: 0.83 }), steps: 150, path: true });
    expect(with83.loss / 1.461e-5).toBeCloseTo(1, 3);
    expect(with83.path.rows().findIndex(([x, y]) => Math.hypot(x - 1, y - 1 / 3) < 0.05)).toBe(83);
    const without = minimize(valley, start, { optimizer: gd({ learningRate: 0.0035 }), steps: 700, path: true });
    expect(without.history.loss[150]).toBeCloseTo(0.503971, 6);
    expect(without.path.rows().findIndex(([x, y]) => Math.hypot(x - 1, y - 1 / 3) < 0.05)).toBe(665);
  });

  it.each([
    [100, 68],
    [1000, 47],
  ])("x² from 1 with η = %f overflows at step %f", (learningRate, step) => {
    const run = minimize("x^2", 1, { optimizer: gd({ learningRate }), path: true });
    expect(run.status).toBe("diverged");
    // The last good point is the one before, and the run stands there.
    expect(run.steps).toBe(step - 1);
    expect(run.loss).toBe(run.solution * run.solution);
    expect(run.loss).toBeLessThan(Number.POSITIVE_INFINITY);
    expect(run.solution * (1 - 2 * learningRate) * (run.solution * (1 - 2 * learningRate))).toBe(Number.POSITIVE_INFINITY);
    expect(run.history.loss).toHaveLength(step - 1);
    expect(run.path.length).toBe(step);
    expect(run.path.at(-1)).toBe(run.solution);
    expect(run.diagnosis).toContain(`Diverged at step ${step}:`);
    expect(run.diagnosis).toContain(`α·λ = ${2 * learningRate}`);
    expect(run.diagnosis).toContain("α < 1.");
  });

  it("x² with η = 1 flips for ever", () => {
    const run = minimize("x^2", 1, { optimizer: gd({ learningRate: 1 }), steps: 1001, path: true });
    expect([run.status, run.loss, run.solution, run.steps]).toEqual(["step-limit", 1, -1, 1001]);
    expect(run.diagnosis).toContain("α·λ = 2 ");
  });
});

describe("how a descent ends", () => {
  it("converged: the gradient at the solution is small, and the one before was not", () => {
    const run = minimize("x^2", 1, { optimizer: gd({ learningRate: 0.1 }), tolerance: 1e-3, path: true });
    expect(run.status).toBe("converged");
    // |2 · 0.8ᵏ| ≤ 0.001 first holds at k = 35.
    expect(run.steps).toBe(35);
    expect(run.gradientNorm).toBe(2 * run.solution);
    expect(run.gradientNorm).toBeLessThanOrEqual(1e-3);
    expect(run.history.gradientNorm).toHaveLength(35);
    expect(run.history.gradientNorm[34]).toBeGreaterThan(1e-3);
    expect(run.path.length).toBe(36);
    expect(run.evaluations).toEqual({ value: 36, gradient: 36 });
  });

  it("converged at the very last step allowed, and one before it", () => {
    for (const steps of [35, 36, 37]) {
      const run = minimize("x^2", 1, { optimizer: gd({ learningRate: 0.1 }), tolerance: 1e-3, steps, path: true });
      expect([run.status, run.steps, run.path.length, run.history.loss.length]).toEqual(["converged", 35, 36, 35]);
    }
    expect(minimize("x^2", 1, { optimizer: gd({ learningRate: 0.1 }), tolerance: 1e-3, steps: 34 }).status).toBe("step-limit");
  });

  it("step-limit, with as many entries as steps", () => {
    const run = minimize("x^2 + y^4", { x: 1, y: 1 }, { steps: 7, path: true });
    expect([run.status, run.steps]).toEqual(["step-limit", 7]);
    expect([run.history.loss.length, run.path.length, run.path.stride]).toEqual([7, 8, 2]);
    expect(run.evaluations.gradient).toBe(8);
    expect(run.loss).toBe(run.solution.x ** 2 + run.solution.y ** 4);
  });

  it("stalled: steps below the last digit of θ", () => {
    // Half an ulp of 1 is 1.1e-16: a step of 1e-17 is lost.
    const run = minimize("x", 1, { optimizer: gd({ learningRate: 1e-17 }), steps: 100 });
    expect([run.status, run.solution, run.loss]).toEqual(["stalled", 1, 1]);
    expect(run.diagnosis).toMatch(/^Stalled after 1 step:/);
  });

  it("not stalled while a velocity gathers: steps that are lost add up", () => {
    // Each gradient step alone, 4e-17, is lost; their sum within the velocity, up to ten times that, is not.
    const run = minimize("x", 1, { optimizer: momentum({ learningRate: 4e-17, beta: 0.9 }), steps: 30 });
    expect(run.status).toBe("step-limit");
    expect(run.solution).toBeLessThan(1);
  });

  it("a rate of 0 on the way is no stall", () => {
    const pause = { name: "pause", rate: ({ step }: { step: ReturnType<typeof tensor> }) => step.lt(5).select(0, 0.1) };
    const run = minimize("x^2", 1, { optimizer: gd({ learningRate: pause }), steps: 10 });
    expect([run.status, run.steps]).toEqual(["step-limit", 10]);
    expect(run.solution).toBeCloseTo(0.8 ** 5, 12);
  });

  it("stopped early at the target loss", () => {
    const run = minimize("x^2", 1, { optimizer: gd({ learningRate: 0.1 }), targetLoss: 0.1, path: true });
    // 0.64ᵏ ≤ 0.1 first holds at k = 6.
    expect([run.status, run.steps, run.path.length, run.history.loss.length]).toEqual(["stopped-early", 6, 7, 6]);
    expect(run.loss).toBeLessThanOrEqual(0.1);
    expect(run.history.loss[5]).toBeGreaterThan(0.1);
    expect(minimize("x^2", 1, { targetLoss: 2 })).toMatchObject({ status: "stopped-early", steps: 0 });
  });

  it("stopped early when the time is up", () => {
    const began = performance.now();
    const run = minimize("sin(x) + 0*x", 0.1, { optimizer: gd({ learningRate: 1e-9 }), steps: 1e9, seconds: 0.2 });
    expect(run.status).toBe("stopped-early");
    expect(run.steps).toBeGreaterThan(0);
    expect(performance.now() - began).toBeLessThan(5000);
    expect(run.history.loss).toHaveLength(run.steps);
  });

  it("diverged at the start, where there is no value", () => {
    const run = minimize("log(x)", -1, { path: true });
    expect([run.status, run.steps, run.solution, run.path.length]).toEqual(["diverged", 0, -1, 1]);
    expect(run.loss).toBeNaN();
    expect(run.diagnosis).toContain("at the start f = NaN");
  });

  it.each([1, 2, 3, 16_383, 16_384, 16_385, 16_386, 32_769])("diverged at step %i, wherever slices of steps meet", (bad) => {
    // x falls by 1 a step from `bad` on; at 0 the logarithm is −∞.
    const run = minimize((x) => x + 1e-300 * Math.log(x), bad, { optimizer: gd({ learningRate: 1 }), steps: 40_000, path: true });
    expect([run.status, run.steps, run.solution]).toEqual(["diverged", bad - 1, 1]);
    expect(run.loss).toBe(1);
    expect(run.history.loss).toHaveLength(bad - 1);
    expect(run.path.length).toBe(bad);
  });

  it.each([1, 2, 16_384, 16_385])("diverged at the last of %i steps", (steps) => {
    const run = minimize((x) => x + 1e-300 * Math.log(x), steps, { optimizer: gd({ learningRate: 1 }), steps });
    expect([run.status, run.steps, run.solution]).toEqual(["diverged", steps - 1, 1]);
  });

  it("no steps at all", () => {
    const run = minimize("x^2", 3, { steps: 0, path: true });
    expect([run.status, run.steps, run.solution, run.loss, run.gradientNorm]).toEqual(["step-limit", 0, 3, 9, 6]);
    expect([run.path.length, run.history.loss.length, run.evaluations.value]).toEqual([1, 0, 1]);
    expect(run.diagnosis).toContain("All 0 steps");
    expect(minimize("x^2", 0, { steps: 0 }).status).toBe("converged");
  });
});

describe("history over many slices", () => {
  it("has an entry for each of 50,000 steps, in order", () => {
    const steps = 50_000;
    const run = minimize("x", 0, { optimizer: gd({ learningRate: exponential(1, { decay: Math.LN2 / 10_000 }) }), steps, path: true });
    expect([run.status, run.history.loss.length, run.path.length]).toEqual(["step-limit", steps, steps + 1]);
    const { loss, learningRate } = run.history;
    expect(learningRate[20_000]).toBeCloseTo(0.25, 9);
    for (const k of [0, 1, 16_383, 16_384, 16_385, 32_768, 49_998]) {
      expect(run.path.data[k]).toBe(loss[k]);
      expect(loss[k] - loss[k + 1]).toBeCloseTo(learningRate[k], 9);
    }
  });

  it("is the same whatever the slices", () => {
    const options = { optimizer: adam({ learningRate: 0.01 }), steps: 20_000, tolerance: 0 };
    const whole = minimize("(1-x)^2 + 100(y-x^2)^2", [-1.2, 1], options);
    const timed = minimize("(1-x)^2 + 100(y-x^2)^2", [-1.2, 1], { ...options, seconds: 1000 });
    expect(timed.theta).toEqual(whole.theta);
    expect(timed.history).toEqual(whole.history);
  });

  it("records the rate in force", () => {
    const run = minimize("x^4", 1, { optimizer: gd({ learningRate: cosine(0.1) }), steps: 4, tolerance: 0 });
    // α (1 + cos πk/4)/2
    const expected = [0.1, 0.05 * (1 + Math.SQRT1_2), 0.05, 0.05 * (1 - Math.SQRT1_2)];
    for (const [k, rate] of expected.entries()) expect(run.history.learningRate[k]).toBeCloseTo(rate, 14);
  });
});

describe("ascent", () => {
  const options = { optimizer: gd({ learningRate: 0.1 }), path: true };

  it("walks the path of the descent of −f, and speaks of f", () => {
    const up = maximize("3 - x^2", 1, options);
    const down = minimize("x^2 - 3", 1, options);
    expect(up.path.data).toEqual(down.path.data);
    expect([up.status, up.steps]).toEqual([down.status, down.steps]);
    expect(up.loss).toBe(-down.loss);
    expect(up.history.loss).toEqual(down.history.loss.map((x) => -x));
    expect(up.history.gradientNorm).toEqual(down.history.gradientNorm);
    expect(up.diagnosis).toContain("This is a maximum: the Hessian's only eigenvalue is -2.");
  });

  it("stops at a loss at or above the target", () => {
    const run = maximize("3 - x^2", 1, { ...options, targetLoss: 2.9 });
    expect([run.status, run.steps]).toEqual(["stopped-early", 6]);
    expect(run.loss).toBeGreaterThanOrEqual(2.9);
    expect(run.history.loss[5]).toBeLessThan(2.9);
  });

  it("keeps to bounds, and diverges upwards", () => {
    expect(maximize("x^2", 1, { bounds: [-3, 5], ...options })).toMatchObject({ solution: 5, loss: 25, status: "converged" });
    const run = maximize("x^2", 1, { optimizer: gd({ learningRate: 100 }) });
    expect(run.status).toBe("diverged");
    expect(run.loss).toBeGreaterThan(1e300);
    expect(run.diagnosis).toContain("f rose without limit: it seems to have no maximum.");
  });
});

describe("bounds", () => {
  it("end at a corner where the gradient points outwards, as converged", () => {
    const run = minimize(
      "(x-3)^2 + (y+2)^2",
      { x: 0, y: 0 },
      {
        bounds: [
          [-1, 1],
          [-1, 1],
        ],
        optimizer: gd({ learningRate: 0.1 }),
      },
    );
    expect(run).toMatchObject({ status: "converged", solution: { x: 1, y: -1 }, gradientNorm: 0, loss: 5 });
  });

  it("are one pair for all, or one each; infinite sides bound nothing", () => {
    const optimizer = gd({ learningRate: 0.1 });
    expect(minimize("(x-3)^2 + (y+2)^2", [0, 0], { bounds: [-1, 1], optimizer }).solution).toEqual([1, -1]);
    const half = minimize("(x-3)^2 + (y+2)^2", [0, 0], {
      bounds: [
        [-1, Number.POSITIVE_INFINITY],
        [0, 7],
      ],
      optimizer,
    });
    expect(half.solution[0]).toBeCloseTo(3, 5);
    expect(half.solution[1]).toBe(0);
  });

  it("hold for every point of the path, the start included", () => {
    const run = minimize("x^2", 9, { bounds: [2, 4], path: true, steps: 50, optimizer: momentum({ learningRate: 0.4 }) });
    expect(run.path.at(0)).toBe(4);
    for (const [x] of run.path.rows()) expect(x >= 2 && x <= 4).toBe(true);
    expect([run.solution, run.status]).toEqual([2, "converged"]);
  });

  it("bound tensors of float32", () => {
    const run = minimize(
      (x) =>
        x
          .sub(tensor([5, -5], { dtype: "f32" }))
          .square()
          .sum(),
      tensor([0, 0], { dtype: "f32" }),
      { bounds: [-1, 1], optimizer: gd({ learningRate: 0.1 }) },
    );
    expect(run.solution.toArray()).toEqual([1, -1]);
  });
});

describe("constants and tensors", () => {
  it("an array of data, reduced inside the program", () => {
    const x = Float64Array.from({ length: 1000 }, (_, i) => i / 1000);
    const y = x.map((v) => 2 - 3 * v);
    const run = minimize(
      "mean((w0 + w1*x - y)^2)",
      { w0: 0, w1: 0 },
      { constants: { x, y }, optimizer: momentum({ learningRate: 0.3 }), steps: 3000, tolerance: 1e-9 },
    );
    expect(run.status).toBe("converged");
    expect(run.solution.w0).toBeCloseTo(2, 7);
    expect(run.solution.w1).toBeCloseTo(-3, 7);
  });

  it("float32 stays float32", () => {
    const run = minimize((w) => w.sub(1).square().sum(), tensor(new Float32Array(100)), {
      optimizer: gd({ learningRate: 0.25 }),
      steps: 3,
      path: true,
    });
    expect(run.solution.dtype).toBe("f32");
    expect(run.theta).toBeInstanceOf(Float32Array);
    expect(run.path.data).toBeInstanceOf(Float32Array);
    expect([run.path.length, run.path.stride]).toEqual([4, 100]);
    expect(run.path.at(-1)?.data()[99]).toBe(0.875);
    // 100 · (1 − 0.875)²
    expect(run.loss).toBe(1.5625);
  });

  it("keeps the shape of a matrix, and the start as it was", () => {
    const start = tensor([
      [1, 2],
      [3, 4],
    ]);
    const run = minimize((w) => w.square().sum(), start, { optimizer: gd({ learningRate: 0.5 }), steps: 1 });
    expect(run.solution.toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(start.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe("rules of one's own", () => {
  it("a scalar slot counts in float64, whatever θ is", () => {
    const counting = defineOptimizer({
      name: "counting",
      learningRate: 1,
      slots: { count: scalar(0) },
      update: ({ theta, slots }) => ({ theta: theta.sub(slots.count), slots: { count: slots.count.add(1) } }),
    });
    for (const dtype of ["f32", "f64"] as const) {
      const run = minimize((x) => x.sum(), tensor([0], { dtype }), { optimizer: counting, steps: 5 });
      // 0 + 1 + 2 + 3 + 4: that the first step does not move is no stall.
      expect(run.solution.toArray()).toEqual([-10]);
    }
  });

  it("evaluates the objective ahead: Nesterov's own form walks the points of the libraries' form", () => {
    const ahead = ({ learningRate, beta }: { learningRate: number; beta: number }) =>
      defineOptimizer({
        name: "nesterov-ahead",
        learningRate,
        slots: { velocity: likeTheta(0) },
        update({ theta, slots, learningRate: rate, evaluate }) {
          const { gradient } = evaluate(theta.add(slots.velocity.mul(beta)));
          const velocity = slots.velocity.mul(beta).sub(gradient.mul(rate));
          return { theta: theta.add(velocity), slots: { velocity } };
        },
      });
    const [f, start] = ["0.5x^2 + 2y^2 + x*y", [8.7, -7.9]] as const;
    const options = { steps: 50, path: true, tolerance: 0 };
    const own = minimize(f, start, { ...options, optimizer: ahead({ learningRate: 0.05, beta: 0.9 }) });
    const library = minimize(f, start, { ...options, optimizer: nesterov({ learningRate: 0.05, beta: 0.9 }) });
    // The libraries' θ is the point ahead: y + β v, with v = yₖ − yₖ₋₁.
    const y = own.path.rows();
    for (const k of [1, 2, 10, 50])
      for (const i of [0, 1]) expect(library.path.at(k)?.[i]).toBeCloseTo(y[k][i] + 0.9 * (y[k][i] - y[k - 1][i]), 11);
    // Two evaluations a step, and one at the end.
    expect(own.evaluations).toEqual({ value: 101, gradient: 101 });
  });

  it("sees the parameters by name", () => {
    const onlyY = defineOptimizer({
      name: "only-y",
      learningRate: 0.1,
      slots: {},
      update({ theta, gradient, parameters, learningRate }) {
        const step = parameters.join((entry) => (entry.path === "y" ? parameters.of(gradient, entry).mul(learningRate) : undefined), theta);
        return { theta: theta.sub(step), slots: {} };
      },
    });
    const run = minimize("x^2 + y^2", { x: 3, y: 1 }, { optimizer: onlyY, steps: 10 });
    expect(run.solution.x).toBe(3);
    expect(run.solution.y).toBeCloseTo(0.8 ** 10, 12);
  });

  it("whose results do not fit are refused by name", () => {
    const bad = defineOptimizer({
      name: "bad",
      learningRate: 1,
      slots: { m: likeTheta(0) },
      update: ({ theta, gradient }) => ({ theta, slots: { m: gradient.sum() } }),
    });
    const error = errorOf(() => minimize("x^2 + y^2", [1, 2], { optimizer: bad }));
    expect(error.problem).toBe("the rule bad gives an unusable value for the slot m");
    expect(error.expected).toBe("f64[2]");
  });
});

describe("what cannot be minimised is said", () => {
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ["an empty formula", () => minimize("", 1), /empty|formula/i],
    ["blanks", () => minimize("   ", 1), /empty|formula/i],
    ["a start that is not finite", () => minimize("x^2", Number.NaN), /start must be finite/],
    ["a start too short", () => minimize("x + y", [1]), /y/],
    ["a start without a variable", () => minimize("x + y", { x: 1 }), /y/],
    ["a rate for minimize", () => Reflect.apply(minimize, undefined, ["x", 1, { learningRate: 1 }]), /belongs to the optimizer/],
    ["a name of another library", () => Reflect.apply(minimize, undefined, ["x", 1, { maxIter: 10 }]), /did you mean steps/],
    [
      "a name in the start that the formula lacks",
      () => minimize("x1^2 + x2^2", { x1: 1, x2: 1, x3: 2 }),
      /names x3, which the formula does not use/,
    ],
    ["an empty start", () => minimize("3", []), /nothing to vary/],
    [
      "a variable that is a constant, too",
      () => minimize("a*x^2", { x: 1, a: 2 }, { constants: { a: 3 } }),
      /a is in the start and among the constants/,
    ],
    ["a function that gives a number for a tensor", () => Reflect.apply(minimize, undefined, [() => 3, tensor([1])]), /gives no tensor/],
    ["too many steps", () => minimize("x", 1, { steps: 2 ** 53 }), /below 2³¹/],
    ["half a step", () => minimize("x", 1, { steps: 0.5 }), /whole number/],
    ["negative steps", () => minimize("x", 1, { steps: -1 }), /whole number/],
    ["endless steps", () => minimize("x", 1, { steps: Number.POSITIVE_INFINITY }), /whole number/],
    ["a tolerance that is none", () => minimize("x", 1, { tolerance: Number.NaN }), /tolerance/],
    ["a negative tolerance", () => minimize("x", 1, { tolerance: -1 }), /tolerance/],
    ["no time", () => minimize("x", 1, { seconds: 0 }), /seconds/],
    ["a target that is none", () => minimize("x", 1, { targetLoss: Number.NaN }), /targetLoss/],
    ["bounds upside down", () => minimize("x", 1, { bounds: [2, 1] }), /least ≤ most/],
    [
      "too many bounds",
      () =>
        minimize("x", 1, {
          bounds: [
            [0, 1],
            [0, 1],
          ],
        }),
      /bounds/,
    ],
    ["bounds of NaN", () => minimize("x", 1, { bounds: [Number.NaN, 1] }), /NaN/],
    ["a formula from a tensor", () => Reflect.apply(minimize, undefined, ["x^2", tensor([1])]), /formula starts from numbers/],
    ["no start", () => Reflect.apply(minimize, undefined, ["x^2"]), /start is missing/],
    ["nothing", () => Reflect.apply(minimize, undefined, [undefined, 1]), /cannot be minimised/],
    [
      "an optimizer that was not called",
      () => Reflect.apply(minimize, undefined, ["x", 1, { optimizer: adam }]),
      /call it: optimizer: adam\(\)/,
    ],
    ["an optimizer in words", () => Reflect.apply(minimize, undefined, ["x", 1, { optimizer: "adam" }]), /no optimizer/],
    ["integers as start", () => minimize((x) => x.sum(), tensor([1], { dtype: "i32" })), /floating-point/],
    ["a function that gives a vector", () => minimize((x) => x.mul(2), tensor([1, 2])), /must give one number/],
    ["a traced objective", () => Reflect.apply(minimize, undefined, [{ kind: "traced" }, 1]), /descend takes what trace/],
  ];
  it.each(cases)("%s", (_, call, message) => {
    expect(errorOf(call).message).toMatch(message);
  });
});

describe("how a run prints", () => {
  it("in a few lines, with the diagnosis and without the history", () => {
    const run = minimize("x^2", 1, { optimizer: gd({ learningRate: 0.1 }), path: true });
    const text = inspect(run);
    expect(text).toMatch(/^Run \{\n {2}status: 'converged',\n {2}steps: 66,/);
    expect(text.split("\n").length).toBeLessThan(12);
    expect(inspect(minimize((w) => w.sum(), tensor([1]), { steps: 1 }))).toContain("solution: Tensor(f64[1])");
  });

  it("as JSON in plain numbers", () => {
    const run = minimize((w) => w.square().sum(), tensor([1, 2]), { optimizer: gd({ learningRate: 0.25 }), steps: 1, path: true });
    expect(JSON.parse(JSON.stringify(run))).toEqual({
      status: "step-limit",
      steps: 1,
      solution: [0.5, 1],
      loss: 1.25,
      gradientNorm: Math.sqrt(5),
      evaluations: { value: 2, gradient: 2 },
      diagnosis: run.diagnosis,
      findings: [],
      history: { loss: [5], gradientNorm: [Math.sqrt(20)], learningRate: [0.25] },
      path: [
        [1, 2],
        [0.5, 1],
      ],
    });
  });

  it("negative places count from the end of the path, others are undefined", () => {
    const { path } = minimize("x^2", 1, { optimizer: gd({ learningRate: 0.25 }), steps: 2, path: true });
    expect([path.at(0), path.at(-1), path.at(-3), path.at(3), path.at(-4)]).toEqual([1, 0.25, 1, undefined, undefined]);
    expect(minimize("x^2", 1, { steps: 2 }).path.length).toBe(0);
  });
});

import {
  accumulate,
  adam,
  adamw,
  averaged,
  averagedSgd,
  clip,
  defineOptimizer,
  freeze,
  gd,
  gradientNoise,
  groups,
  lbfgs,
  lion,
  lookahead,
  minimize,
  momentum,
  nesterov,
  type Optimizer,
  objective,
  replay,
  sam,
  weightDecay,
} from "steepest";
import { describe, expect, it } from "vitest";

const rowsOf = (rule: Optimizer, gradients: readonly (readonly number[])[], start = gradients[0].map(() => 0)) =>
  replay(rule, { start, gradients }).map((theta) => Array.from(theta));

/** Gradients that are no pattern of anything. */
const gradients = Array.from({ length: 40 }, (_, k) => [Math.sqrt(k + 2) % 1, (Math.sqrt(3 * k + 5) % 1) - 0.5]);

const expectClose = (ours: readonly (readonly number[])[], theirs: readonly (readonly number[])[], digits = 13) => {
  expect(ours.length).toBe(theirs.length);
  ours.forEach((row, k) => {
    row.forEach((x, i) => {
      expect(x, `step ${k}, element ${i}`).toBeCloseTo(theirs[k][i], digits);
    });
  });
};

describe("clipping", () => {
  it("by norm keeps the direction, and lets short gradients pass", () => {
    const path = rowsOf(clip(gd({ learningRate: 1 }), { norm: 1 }), [
      [3, 4],
      [0.3, 0.4],
    ]);
    expectClose(path, [
      [-0.6, -0.8],
      [-0.9, -1.2],
    ]);
  });

  it("by the norm of each parameter", () => {
    const rule = clip(gd({ learningRate: 1 }), { norm: 1, per: "parameter" });
    const [theta] = replay(rule, { start: [0, 0, 0], gradients: [[3, 4, 0.5]], shapes: { a: [2], b: [] } });
    expect(Array.from(theta)).toEqual([-0.6000000000000001, -0.8, -0.5]);
  });

  it("by value, before the norm", () => {
    expectClose(rowsOf(clip(gd({ learningRate: 1 }), { value: 0.3 }), [[5, -0.2]]), [[-0.3, 0.2]]);
    expectClose(rowsOf(clip(gd({ learningRate: 1 }), { value: 4, norm: 1 }), [[300, 3]]), [[-0.8, -0.6]]);
  });

  it("reaches the gradients of look-ahead rules", () => {
    // Far out on x², every gradient is cut to 1: v ← v/2 − α.
    const rule = clip(nesterov({ learningRate: 1, beta: 0.5, form: "look-ahead" }), { value: 1 });
    expect(minimize("x^2", { x: 100 }, { optimizer: rule, steps: 3 }).solution.x).toBe(100 - 1 - 1.5 - 1.75);
  });

  it("needs something to clip to", () => {
    expect(() => clip(gd(), {})).toThrow(/nothing to clip to/);
    expect(() => clip(gd(), { norm: 0 })).toThrow(/norm of clip/);
  });
});

describe("weight decay", () => {
  it("coupled is a penalty ½ λ‖θ‖² in the objective, for rules that look ahead, too", () => {
    const rules = [adam({ learningRate: 0.1 }), nesterov({ learningRate: 0.05, form: "look-ahead" }), momentum({ learningRate: 0.05 })];
    for (const rule of rules) {
      const own = minimize(
        "(x-3)^2 + x*y + y^2",
        { x: 1, y: 2 },
        { optimizer: weightDecay(rule, { rate: 0.4, form: "coupled" }), steps: 20 },
      );
      const added = minimize("(x-3)^2 + x*y + y^2 + 0.2(x^2 + y^2)", { x: 1, y: 2 }, { optimizer: rule, steps: 20 });
      expect(own.solution.x).toBeCloseTo(added.solution.x, 12);
      expect(own.solution.y).toBeCloseTo(added.solution.y, 12);
    }
  });

  it("decoupled shrinks θ by the rate in force, and is coupled decay for plain descent", () => {
    expectClose(rowsOf(weightDecay(lion({ learningRate: 0.1 }), { rate: 0.5 }), [[0, 0]], [1, -2]), [[0.95, -1.9]]);
    const forms = (["coupled", "decoupled"] as const).map((form) =>
      rowsOf(weightDecay(gd({ learningRate: 0.1 }), { rate: 0.5, form }), gradients, [1, 2]),
    );
    expectClose(forms[0], forms[1]);
  });

  it("is AdamW's around Adam, to the last bit", () => {
    expect(rowsOf(adamw({ weightDecay: 0.2 }), gradients, [1, 2])).toEqual(rowsOf(weightDecay(adam(), { rate: 0.2 }), gradients, [1, 2]));
  });

  it("leaves out what it is told to", () => {
    for (const form of ["coupled", "decoupled"] as const) {
      const optimizer = weightDecay(gd({ learningRate: 0.1 }), { rate: 0.5, form, except: "b*" });
      const { solution } = minimize("0*(a + b1 + b2) + 1e-9*a*b1*b2", { a: 1, b1: 1, b2: 1 }, { optimizer, steps: 1, tolerance: 0 });
      expect(solution.a).toBeCloseTo(0.95, 8);
      expect([solution.b1, solution.b2].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([1, 1]);
    }
    const misnamed = weightDecay(gd(), { rate: 0.5, parameters: "weigth" });
    expect(() => minimize("weight^2", { weight: 1 }, { optimizer: misnamed })).toThrow(/did you mean weight\?/);
  });
});

describe("accumulation", () => {
  it("of n gradients is one step with their mean, also of rules with state", () => {
    const means = Array.from({ length: 10 }, (_, k) =>
      [0, 1].map((i) => gradients.slice(4 * k, 4 * k + 4).reduce((sum, g) => sum + g[i], 0) / 4),
    );
    for (const rule of [gd(), momentum({ dampening: 0.3 }), adam(), lion()]) {
      const path = rowsOf(accumulate(rule, { steps: 4 }), gradients, [1, 2]);
      expectClose(
        path.filter((_, k) => k % 4 === 3),
        rowsOf(rule, means, [1, 2]),
      );
      // In between, nothing moves.
      expect(path.slice(0, 3)).toEqual([
        [1, 2],
        [1, 2],
        [1, 2],
      ]);
    }
  });

  it("over more steps than a descent may stand still for is no stall", () => {
    const run = minimize("x^2", { x: 1 }, { optimizer: accumulate(gd({ learningRate: 0.5 }), { steps: 120 }), steps: 500 });
    expect([run.status, run.steps, run.solution.x]).toEqual(["converged", 120, 0]);
  });

  it("refuses rules that ask for gradients elsewhere", () => {
    expect(() => minimize("x^2", { x: 1 }, { optimizer: accumulate(sam(gd()), { steps: 2 }) })).toThrow(/only that of the last batch/);
  });
});

describe("averages", () => {
  it("are the running means of the points, and leave the path alone", () => {
    const rule = momentum({ learningRate: 0.05 });
    const plain = minimize("x^2 + 3y^2", { x: 1, y: -2 }, { optimizer: rule, steps: 30, path: true });
    const points = plain.path.rows();
    const expected = points.slice(1).reduce((a, p) => a.map((x, i) => 0.9 * x + 0.1 * p[i]), points[0]);
    const run = minimize("x^2 + 3y^2", { x: 1, y: -2 }, { optimizer: averaged(rule, { decay: 0.9 }), steps: 30 });
    expect(run.solution).toEqual(plain.solution);
    expect(run.averaged?.x).toBeCloseTo(expected[0], 13);
    expect(run.averaged?.y).toBeCloseTo(expected[1], 13);
    expect(plain.averaged).toBeUndefined();
    const late = minimize("x^2 + 3y^2", { x: 1, y: -2 }, { optimizer: averaged(rule, { form: "mean", from: 20 }), steps: 30 });
    const mean = points.slice(21).reduce((sum, [x]) => sum + x, 0) / 10;
    expect(late.averaged?.x).toBeCloseTo(mean, 13);
    expect(JSON.parse(JSON.stringify(late)).averaged.x).toBe(late.averaged?.x);
  });

  it("come from objectives in JavaScript as well", () => {
    const bowl = objective({ value: (x) => x[0] ** 2, gradient: (x) => [2 * x[0]] });
    const run = minimize(bowl, 1, { optimizer: averaged(gd({ learningRate: 1 }), { form: "mean" }), steps: 10 });
    expect(run.averaged).toBeCloseTo(0, 15);
  });

  it("of averaged SGD begin where they are told to", () => {
    const rule = averagedSgd({ learningRate: 0.1, lambda: 0, averageFrom: 3 });
    const run = minimize("x^2", { x: 1 }, { optimizer: rule, steps: 6, path: true });
    const points = run.path.rows().map(([x]) => x);
    expect(run.averaged?.x).toBeCloseTo((points[5] + points[6]) / 2, 13);
  });
});

describe("lookahead", () => {
  it("goes back a share of the way at every k-th step", () => {
    const path = rowsOf(
      lookahead(gd({ learningRate: 1 }), { steps: 3, share: 0.25 }),
      Array.from({ length: 6 }, () => [1]),
      [0],
    );
    expectClose(path, [[-1], [-2], [-0.75], [-1.75], [-2.75], [-1.5]]);
  });
});

describe("noise", () => {
  const quiet = (size: number) => ({ start: new Float64Array(size), gradients: [new Float64Array(size), new Float64Array(size)] });

  it("is normal with the variance asked for, falls with time, and is another one at each step and seed", () => {
    const size = 40_000;
    const rule = (seed: number) => gradientNoise(gd({ learningRate: 1 }), { variance: 4, decay: 2, seed });
    const [one, two] = replay(rule(1), quiet(size));
    const moments = (x: ArrayLike<number>) => {
      const list = Array.from(x);
      const mean = (power: number) => list.reduce((sum, v) => sum + v ** power, 0) / size;
      return [mean(1), mean(2), mean(4)];
    };
    // Within five standard errors: σ/√n, σ²√(2/n), σ⁴√(96/n).
    const [first, second, fourth] = moments(one);
    expect(Math.abs(first)).toBeLessThan((5 * 2) / Math.sqrt(size));
    expect(Math.abs(second - 4)).toBeLessThan(5 * 4 * Math.sqrt(2 / size));
    expect(Math.abs(fourth - 48)).toBeLessThan(5 * 16 * Math.sqrt(96 / size));
    const difference = two.map((x, i) => x - one[i]);
    expect(Math.abs(moments(difference)[1] - 1)).toBeLessThan(5 * Math.sqrt(2 / size));
    const mixed = Array.from(one).reduce((sum, x, i) => sum + x * difference[i], 0) / size;
    expect(Math.abs(mixed)).toBeLessThan((5 * 2) / Math.sqrt(size));
    expect(replay(rule(1), quiet(size))[0]).toEqual(one);
    expect(replay(rule(2), quiet(size))[0]).not.toEqual(one);
  });

  it("is finite in float32, in 2²⁰ numbers", () => {
    const size = 2 ** 20;
    const [one] = replay(gradientNoise(gd({ learningRate: 1 }), { variance: 1 }), { ...quiet(size), dtype: "f32" });
    let most = 0;
    for (const x of one) most = Math.max(most, Math.abs(x));
    expect(most).toBeGreaterThan(4);
    // √(−2 ln 2⁻²⁵)
    expect(most).toBeLessThan(5.9);
  });
});

describe("groups and frozen parameters", () => {
  it("move each as it would alone", () => {
    const rule = (learningRate: number) => momentum({ learningRate, beta: 0.8, form: "step" });
    const optimizer = groups(rule(0.1), [
      { parameters: "y", rateScale: 0.1 },
      { parameters: ["z"], rateScale: 0.5, weightDecay: 0.2 },
    ]);
    const { solution } = minimize("x^2 + y^2 + z^2", { x: 1, y: 1, z: 1 }, { optimizer, steps: 25 });
    const alone = (one: Optimizer) => minimize("x^2", { x: 1 }, { optimizer: one, steps: 25 }).solution.x;
    expect(solution.x).toBeCloseTo(alone(rule(0.1)), 14);
    expect(solution.y).toBeCloseTo(alone(rule(0.01)), 14);
    expect(solution.z).toBeCloseTo(alone(weightDecay(rule(0.05), { rate: 0.2 })), 14);
  });

  it("stay to the last bit when frozen, and do not keep a descent from converging", () => {
    const optimizer = freeze(gradientNoise(weightDecay(adam({ learningRate: 0.1 }), { rate: 0.1 }), { variance: 0 }), ["y*"]);
    const run = minimize(
      "(x - y1)^2 + (y1 - 5)^2 + y2",
      { x: 0, y1: 0.1, y2: 0.3 },
      { optimizer: freeze(gd({ learningRate: 0.3 }), "y*") },
    );
    expect(run.status).toBe("converged");
    expect([run.solution.y1, run.solution.y2]).toEqual([0.1, 0.3]);
    expect(run.solution.x).toBeCloseTo(0.1, 6);
    const noisy = minimize("(x - y1)^2 + y1*y2", { x: 0, y1: 0.1, y2: 0.3 }, { optimizer, steps: 20 });
    expect([noisy.solution.y1, noisy.solution.y2]).toEqual([0.1, 0.3]);
    expect(minimize("(x-y)^2 + (y-3)^2", { x: 1, y: 0 }, { optimizer: freeze(lbfgs(), "x") }).solution.y).toBeCloseTo(2, 8);
    expect(() => minimize("x^2", { x: 1 }, { optimizer: freeze(gd(), "q") })).toThrow(/freeze names a parameter that does not exist/);
  });

  it("are chosen by names with stars, kinds and functions", () => {
    const moved = (selection: Parameters<typeof freeze>[1]) => {
      const { solution } = minimize(
        "w1 + w2 + v12",
        { w1: 0, w2: 0, v12: 0 },
        { optimizer: freeze(gd({ learningRate: 1 }), selection), steps: 1 },
      );
      return Object.keys(solution).filter((name) => Object.entries(solution).some(([key, x]) => key === name && x !== 0));
    };
    expect(moved("w*")).toEqual(["v12"]);
    expect(moved("*2")).toEqual(["w1"]);
    expect(moved("w*1")).toEqual(["w2", "v12"]);
    expect(moved(["w1", "v*"])).toEqual(["w2"]);
    expect(moved(({ path }) => path.length === 3)).toEqual(["w1", "w2"]);
  });
});

describe("wrappers", () => {
  it("go around rules of one's own, and around each other", () => {
    const own = defineOptimizer({
      name: "own",
      learningRate: 0.5,
      slots: {},
      update: ({ theta, gradient, learningRate }) => ({ theta: theta.sub(gradient.mul(learningRate)), slots: {} }),
    });
    const rule = lookahead(lookahead(accumulate(clip(own, { value: 1 }), { steps: 2 }), { steps: 4 }), { steps: 8, share: 1 });
    expect(rule.name).toBe("lookahead(lookahead(accumulate(clip(own))))");
    expect(Object.keys(rule.slots).length).toBe(4);
    expect(rule.settings).toBeUndefined();
    // Steps 2 and 4 move by −½ each; at step 4 half of it is taken back.
    expect(
      rowsOf(
        rule,
        Array.from({ length: 4 }, () => [3]),
        [0],
      ),
    ).toEqual([[0], [-0.5], [-0.5], [-0.5]]);
  });

  it("with equal settings are equal rules, with others are not", () => {
    const key = (rule: Optimizer) => JSON.stringify([rule.name, rule.settings]);
    expect(key(clip(adam(), { norm: 1 }))).toBe(key(clip(adam(), { norm: 1 })));
    expect(key(clip(adam(), { norm: 1 }))).not.toBe(key(clip(adam(), { norm: 2 })));
    expect(key(clip(adam(), { norm: 1 }))).not.toBe(key(clip(adam({ beta1: 0.8 }), { norm: 1 })));
    expect(freeze(gd(), () => true).settings).toBeUndefined();
    for (const [i, steps] of [1, 2].entries())
      expect(minimize("x^2 + 3", { x: 8 }, { optimizer: accumulate(gd({ learningRate: 0.25 }), { steps }), steps: 2 }).solution.x).toBe(
        [2, 4][i],
      );
  });

  it("refuse rules with a line search, and what is no rule", () => {
    expect(() => clip(lbfgs(), { norm: 1 })).toThrow(/clip cannot be put around lbfgs/);
    const mistaken: unknown = adam;
    expect(() => Reflect.apply(averaged, undefined, [mistaken])).toThrow(/no optimizer/);
  });
});

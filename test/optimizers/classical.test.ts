import {
  conjugateGradient,
  descend,
  lbfgs,
  minimize,
  newtonCg,
  type Optimizer,
  objective,
  problems,
  steepestDescent,
  type Tensor,
  tensor,
  trace,
} from "steepest";
import { describe, expect, it } from "vitest";
import { messageOf } from "../errors.js";
import { full } from "../full.js";
import { chained, conjugateGradients, dot } from "./known-paths.js";

const rules: readonly (readonly [string, Optimizer])[] = [
  ["conjugateGradient", conjugateGradient()],
  ["conjugateGradient, Hager–Zhang", conjugateGradient({ form: "hager-zhang" })],
  ["newtonCg", newtonCg()],
  ["newtonCg, Newton's own step", newtonCg({ forcing: 0 })],
];

describe.each(rules)("%s", (_, optimizer) => {
  it.each([[[-1.2, 1]], [[0, 0]], [[1.3, 0.7, 0.8, 1.9, 1.2]], [new Array<number>(50).fill(0)]])(
    "follows Rosenbrock's valley from %j",
    (start) => {
      const run = minimize(chained, tensor(start), { optimizer, tolerance: 1e-7 });
      expect(run.status).toBe("converged");
      expect(run.gradientNorm).toBeLessThanOrEqual(1e-7);
      // The least curvature at the minimum is 0.4 or more.
      for (const x of run.theta) expect(Math.abs(x - 1)).toBeLessThan(1e-6);
      for (let k = 1; k < run.steps; k++) expect(run.history.loss[k]).toBeLessThanOrEqual(run.history.loss[k - 1] * (1 + 1e-12) + 1e-20);
      expect(run.evaluations.gradient).toBeGreaterThan(run.steps);
    },
  );

  it("ends where the gradient vanishes on most of Moré, Garbow and Hillstrom", () => {
    const hard = new Set(["meyer", "powellBadlyScaled", "brownBadlyScaled", "broydenBanded", "penalty2", "gaussian"]);
    const easier = problems.moreGarbowHillstrom.filter(({ name }) => !hard.has(name));
    // Sums of exponentials in many rows and systems in many variables take longest: in the short form every third problem.
    for (const { name, f, start, minima } of easier.filter((_, i) => i % full(1, 3) === 0)) {
      const run = minimize(f, tensor(start), { optimizer, steps: 3000, tolerance: 1e-7 });
      const isKnown = minima.some(({ value }) => Math.abs(run.loss - value) <= 1e-5 * value + 1e-6);
      expect(isKnown || run.status !== "converged", `${name}: ${run.status} at ${run.loss}`).toBe(true);
      expect(["converged", "stalled", "step-limit"]).toContain(run.status);
    }
  });

  it("leaves a saddle", () => {
    const run = minimize("x^2 - y^2 + y^4", { x: 1, y: 1e-4 }, { optimizer });
    expect(run.status).toBe("converged");
    expect(run.loss).toBeCloseTo(-0.25, 10);
  });

  it("goes the same way step by step, in registers and in kernels, and gives the same bits again", async () => {
    const run = minimize(chained, tensor([-1.2, 1]), { optimizer });
    expect(minimize(chained, tensor([-1.2, 1]), { optimizer }).theta).toEqual(run.theta);
    const wide = minimize((x) => chained(x).add(x.broadcastTo([150, 2]).sum().mul(0)), tensor([-1.2, 1]), { optimizer });
    expect(wide.theta).toEqual(run.theta);
    let last: { step: number; theta: ArrayLike<number> } | undefined;
    for await (const state of descend(trace(chained, tensor([-1.2, 1])), { optimizer, stepsPerYield: 4 })) last = state;
    expect([last?.step, last?.theta]).toEqual([run.steps, run.theta]);
  });

  it("works in float32", () => {
    const run = minimize(chained, tensor([-1.2, 1], { dtype: "f32" }), { optimizer, tolerance: 1e-3 });
    expect(run.theta).toBeInstanceOf(Float32Array);
    for (const x of run.theta) expect(Math.abs(x - 1)).toBeLessThan(5e-3);
  });

  it("ends honestly where there is nothing to find", () => {
    expect(minimize("x^2 + y^2", { x: 0, y: 0 }, { optimizer })).toMatchObject({ status: "converged", steps: 0 });
    expect(minimize("log(x)", { x: -1 }, { optimizer })).toMatchObject({ status: "diverged", steps: 0 });
    const kink = minimize("max(x, -2x)", { x: 0 }, { optimizer, steps: 200 });
    expect([kink.status, kink.solution.x]).toEqual(["stalled", 0]);
    expect(kink.diagnosis).toContain("finds no lower point");
    expect(messageOf(() => minimize("x^2", { x: 1 }, { optimizer, bounds: [0, 2] }))).toMatch(/does not keep θ within bounds/);
    const outside = objective({ value: (x) => x[0] ** 2, gradient: (x) => [2 * x[0]] });
    expect(messageOf(() => minimize(outside, 3, { optimizer }))).toMatch(/at another point/);
  });
});

describe("conjugate gradients", () => {
  const eigenvalues = [1, 2, 3.5, 5, 7, 8, 9.5, 11];
  const start = eigenvalues.map((_, i) => 1 + i / 3);

  it.each(["polak-ribiere", "hager-zhang", "fletcher-reeves"] as const)("with exact steps walk the linear method's path (%s)", (form) => {
    const optimizer = conjugateGradient({ form, lineSearch: "exact" });
    const f = (x: Tensor) => tensor(eigenvalues).mul(x.square()).sum().mul(0.5);
    const run = minimize(f, tensor(start), { optimizer, tolerance: 1e-9, path: true });
    const expected = conjugateGradients(eigenvalues, start, 8);
    // d steps in exact arithmetic; conjugacy is lost slowly by rounding.
    expect(run.status).toBe("converged");
    expect(run.steps).toBeLessThanOrEqual(9);
    for (let k = 0; k <= 6; k++)
      expected[k].forEach((x, i) => {
        expect(run.path.data[8 * k + i], `step ${k}`).toBeCloseTo(x, 9);
      });
  });

  it("obey their bound: √κ decides", () => {
    const condition = 400;
    const spectrum = Array.from({ length: 60 }, (_, i) => 1 + ((condition - 1) * i) / 59);
    const { f } = problems.quadratic(spectrum, { rotation: 4 });
    const run = minimize(f, tensor(new Array<number>(60).fill(1)), {
      optimizer: conjugateGradient({ lineSearch: "exact" }),
      steps: 40,
      tolerance: 0,
      path: true,
    });
    const rho = (Math.sqrt(condition) - 1) / (Math.sqrt(condition) + 1);
    // ‖x‖_A ≤ 2 ρᵏ ‖x₀‖_A, and f = ½‖x‖²_A
    for (const k of [5, 10, 20, 39]) expect(run.history.loss[k]).toBeLessThanOrEqual(4 * rho ** (2 * k) * run.history.loss[0] * (1 + 1e-9));
  });

  it("takes as many evaluations as SciPy on Rosenbrock's valley, about", () => {
    // SciPy 1.17.1, CG, gtol = 1e-5, 5-D from (1.3, .7, .8, 1.9, 1.2): 87 evaluations of the gradient (c₂ = 0.4, ours 0.1): a band.
    const run = minimize(chained, tensor([1.3, 0.7, 0.8, 1.9, 1.2]), { optimizer: conjugateGradient(), tolerance: 1e-5 });
    expect(run.evaluations.gradient).toBeLessThan(2 * 87);
  });
});

describe("steepest descent", () => {
  it("with exact steps zigzags at the rate (κ − 1)/(κ + 1) from the worst start", () => {
    for (const condition of [10, 100]) {
      const run = minimize(problems.quadratic([1, condition]).f, tensor([condition, 1]), {
        optimizer: steepestDescent({ lineSearch: "exact" }),
        steps: 50,
        tolerance: 0,
        path: true,
      });
      const rate = (condition - 1) / (condition + 1);
      for (let k = 1; k < 50; k++) expect(run.history.loss[k] / run.history.loss[k - 1]).toBeCloseTo(rate * rate, 10);
      // Successive steps are perpendicular.
      const point = (k: number) => Array.from(run.path.data.subarray(2 * k, 2 * k + 2));
      const step = (k: number) => point(k + 1).map((x, i) => x - point(k)[i]);
      for (const k of [0, 3, 10]) expect(Math.abs(dot(step(k), step(k + 1)))).toBeLessThan(1e-9 * dot(step(k), step(k)));
      expect(run.evaluations.gradient).toBe(2 * 50 + 1);
    }
  });

  it.each(["backtracking", "wolfe"] as const)("descends with %s, and brings a sufficient decrease at every step", (lineSearch) => {
    const run = minimize("x^2 + 20y^2 + x^4", { x: 3, y: 2 }, { optimizer: steepestDescent({ lineSearch }), path: true, tolerance: 1e-8 });
    expect(run.status).toBe("converged");
    for (let k = 0; k + 1 < run.steps; k++) {
      const [before, after] = [run.history.loss[k], run.history.loss[k + 1]];
      const length = Math.hypot(run.path.data[2 * k + 2] - run.path.data[2 * k], run.path.data[2 * k + 3] - run.path.data[2 * k + 1]);
      // f falls by at least c₁ α ‖g‖² = c₁ ‖g‖ ‖step‖.
      expect(after).toBeLessThanOrEqual(before - 1e-4 * run.history.gradientNorm[k] * length * (1 - 1e-9) + 1e-15);
    }
  });
});

describe("Newton in a trust region", () => {
  it("solves a quadratic in one step where the region allows it", () => {
    const { f, start } = problems.quadratic([1, 3, 10, 40], { rotation: 3 });
    const run = minimize(f, tensor(start), { optimizer: newtonCg({ forcing: 0, radius: 100 }), tolerance: 1e-10 });
    expect([run.status, run.steps]).toEqual(["converged", 1]);
    const short = minimize(f, tensor(start), { optimizer: newtonCg({ forcing: 0, radius: 0.5 }), tolerance: 1e-10, path: true });
    expect(Math.hypot(...start.map((x, i) => short.path.data[4 + i] - x))).toBeCloseTo(0.5, 12);
  });

  it("converges quadratically", () => {
    const { history } = minimize("exp(x) - x + x*y + y^2 + y^4", { x: 1, y: 1 }, { optimizer: newtonCg({ forcing: 0 }), tolerance: 1e-14 });
    const norms = Array.from(history.gradientNorm).filter((g) => g < 0.1 && g > 1e-7);
    expect(norms.length).toBeGreaterThan(0);
    const next = (g: number) => history.gradientNorm[history.gradientNorm.indexOf(g) + 1] ?? 0;
    for (const g of norms) expect(next(g)).toBeLessThan(5 * g * g + 1e-14);
  });

  it("needs about as many steps as SciPy's trust-ncg", () => {
    // 5-D Rosenbrock from (1.3, .7, .8, 1.9, 1.2): 20 iterations, 19 Hessians (SciPy's tutorial).
    const run = minimize(chained, tensor([1.3, 0.7, 0.8, 1.9, 1.2]), { optimizer: newtonCg(), tolerance: 1e-4 });
    expect(run.status).toBe("converged");
    expect(run.steps).toBeLessThan(1.5 * 20);
  });
});

describe("L-BFGS at the end of its arithmetic", () => {
  it("stalls instead of searching on for ever", () => {
    // 1e-18 of the gradient is beyond float64 here: ten idle searches at most.
    const run = minimize("(1-x)^2 + 100(y-x^2)^2 + 1", { x: -1.2, y: 1 }, { optimizer: lbfgs(), tolerance: 1e-18 });
    expect(["stalled", "converged"]).toContain(run.status);
    expect(run.steps).toBeLessThan(80);
    expect(run.evaluations.gradient).toBeLessThan(600);
    expect(run.solution.x).toBeCloseTo(1, 7);
  });

  it.each([lbfgs(), conjugateGradient()])("gives up at kinks, where searches use all their trials for nothing (%#)", (optimizer) => {
    for (const f of ["abs(x) + 10*abs(y)", "max(abs(x), 3*abs(y-1)) + 0.1*x^2", "abs(x-1) + (y-x)^2", "sqrt(abs(x)) + y^2"]) {
      const run = minimize(f, { x: 3, y: 2 }, { optimizer });
      expect(["stalled", "converged"]).toContain(run.status);
      expect(run.evaluations.gradient).toBeLessThan(3000);
    }
  });

  it("says that f seems to be unbounded", () => {
    const run = minimize("-x", { x: 0 }, { optimizer: lbfgs() });
    expect(run.diagnosis).toMatch(/unbounded below|fell without limit/);
  });
});

it.each<[call: () => unknown, message: RegExp]>([
  [() => conjugateGradient(JSON.parse('{"lr": 1}')), /did you mean learningRate/],
  [() => conjugateGradient(JSON.parse('{"form": "dai-yuan"}')), /form/],
  [() => conjugateGradient(JSON.parse('{"lineSearch": "golden"}')), /"wolfe", "backtracking" or "exact"/],
  [() => conjugateGradient({ curvature: 1 }), /curvature/],
  [() => steepestDescent({ trials: 0 }), /trials/],
  [() => steepestDescent({ decrease: 0.7 }), /decrease/],
  [() => newtonCg({ radius: 0 }), /radius/],
  [() => newtonCg({ forcing: 1 }), /forcing/],
  [() => newtonCg({ products: 0 }), /products/],
])("refuses options out of their range (%#)", (call, message) => {
  expect(messageOf(call)).toMatch(message);
});

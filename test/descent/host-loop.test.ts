import { adam, defineOptimizer, gd, maximize, minimize, objective, SteepestError } from "steepest";
import { describe, expect, it } from "vitest";

describe("objectives in one's own JavaScript", () => {
  it("are asked for value, then gradient, once at each point in turn", () => {
    const calls: string[] = [];
    const bowl = objective({
      value(x) {
        calls.push(`f(${x[0]})`);
        return x[0] * x[0];
      },
      gradient(x) {
        calls.push(`g(${x[0]})`);
        return [2 * x[0]];
      },
    });
    const run = minimize(bowl, 8, { optimizer: gd({ learningRate: 0.25 }), steps: 3, path: true });
    expect(calls).toEqual(["f(8)", "g(8)", "f(4)", "g(4)", "f(2)", "g(2)", "f(1)", "g(1)"]);
    expect(run).toMatchObject({
      status: "step-limit",
      steps: 3,
      solution: 1,
      loss: 1,
      gradientNorm: 2,
      evaluations: { value: 4, gradient: 4 },
    });
    expect(run.path.rows()).toEqual([[8], [4], [2], [1]]);
    expect([...run.history.loss]).toEqual([64, 16, 4]);
  });

  it("walk the path of the same formula bit for bit", () => {
    const optimizer = adam({ learningRate: 0.1 });
    const own = minimize(objective({ value: (x) => x[0] * x[0] + 3 * (x[1] * x[1]), gradient: (x) => [2 * x[0], 6 * x[1]] }), [1, -2], {
      optimizer,
      path: true,
    });
    const formula = minimize("x*x + 3*(y*y)", [1, -2], { optimizer, path: true });
    expect(own.path.data).toEqual(formula.path.data);
    expect(own.history).toEqual(formula.history);
    expect([own.status, own.steps, own.evaluations]).toEqual([formula.status, formula.steps, formula.evaluations]);
  });

  it("get copies: what they do to x changes nothing", () => {
    const rude = objective({
      value(x) {
        const value = x[0] ** 2;
        x.fill(99);
        return value;
      },
      gradient(x) {
        const slope = [2 * x[0]];
        x.fill(-99);
        return slope;
      },
    });
    expect(minimize(rude, 1, { optimizer: gd({ learningRate: 0.25 }), steps: 2 }).solution).toBe(0.25);
  });

  it("count differences as the evaluations they are", () => {
    let calls = 0;
    const f = (x: Float64Array) => {
      calls++;
      return (x[0] - 3) ** 2 + (x[1] + 1) ** 2;
    };
    const run = minimize(objective({ value: f, gradient: "finite-differences" }), [0, 0], {
      optimizer: gd({ learningRate: 0.3 }),
      tolerance: 1e-6,
    });
    expect(run.status).toBe("converged");
    expect(run.solution[0]).toBeCloseTo(3, 6);
    expect(run.evaluations.value).toBe(calls);
    expect(run.evaluations.value).toBe(5 * run.evaluations.gradient);
  });

  it("diverge to the last good point", () => {
    const bowl = objective({ value: (x) => x[0] * x[0], gradient: (x) => [2 * x[0]] });
    const run = minimize(bowl, 1, { optimizer: gd({ learningRate: 100 }), path: true });
    const formula = minimize("x*x", 1, { optimizer: gd({ learningRate: 100 }), path: true });
    expect([run.status, run.steps]).toEqual(["diverged", 67]);
    expect(run.loss).toBe(formula.loss);
    expect(run.path.data).toEqual(formula.path.data);
    expect(run.evaluations).toEqual(formula.evaluations);
    const nowhere = minimize(objective({ value: () => Number.NaN, gradient: () => [1] }), 5);
    expect(nowhere).toMatchObject({ status: "diverged", steps: 0, solution: 5 });
    const wall = objective({ value: (x) => x[0], gradient: (x) => [x[0] > 2 ? 1 : Number.NaN] });
    expect(minimize(wall, 4, { optimizer: gd({ learningRate: 1 }) })).toMatchObject({ status: "diverged", steps: 1, solution: 3 });
  });

  it("stop at a target, by time, within bounds, when stalled, and climb", () => {
    const bowl = objective({ value: (x) => x[0] ** 2, gradient: (x) => [2 * x[0]] });
    const optimizer = gd({ learningRate: 0.1 });
    expect(minimize(bowl, 1, { optimizer, targetLoss: 0.1 })).toMatchObject({ status: "stopped-early", steps: 6 });
    expect(minimize(bowl, 9, { optimizer, bounds: [2, 4] })).toMatchObject({ status: "converged", solution: 2 });
    expect(minimize(bowl, 1, { optimizer: gd({ learningRate: 1e-20 }) })).toMatchObject({ status: "stalled", steps: 1, solution: 1 });
    const slow = objective({ value: (x) => x[0], gradient: () => [1e-6] });
    expect(minimize(slow, 1, { optimizer, tolerance: 0, steps: 1e9, seconds: 0.05 }).status).toBe("stopped-early");
    const hill = objective({ value: (x) => 3 - (x[0] - 1) ** 2, gradient: (x) => [-2 * (x[0] - 1)] });
    const top = maximize(hill, [0], { optimizer });
    expect(top.status).toBe("converged");
    expect(top.solution[0]).toBeCloseTo(1, 6);
    expect(top.loss).toBeCloseTo(3, 10);
    expect(top.history.loss[0]).toBe(2);
    expect(maximize(hill, 0, { optimizer, targetLoss: 2.5 })).toMatchObject({ status: "stopped-early", steps: 2 });
    expect(minimize(bowl, 3, { steps: 0 })).toMatchObject({ status: "step-limit", steps: 0, loss: 9, gradientNorm: 6 });
  });

  it("throw their own errors through", () => {
    const error = new RangeError("the simulator is out of fuel");
    const failing = objective({
      value() {
        throw error;
      },
      gradient: () => [0],
    });
    expect(() => minimize(failing, 1)).toThrow(error);
  });

  const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      "a gradient of the wrong length",
      () => minimize(objective({ name: "pump", value: () => 1, gradient: () => [1, 2, 3] }), [1, 2]),
      /the gradient of pump has the wrong length\n {2}expected: 2 numbers.*\n {2}received: 3/,
    ],
    ["no gradient", () => minimize(objective({ value: () => 1, gradient: () => JSON.parse("null") }), 1), /wrong length/],
    [
      "a value that is none",
      () => minimize(objective({ value: () => JSON.parse('"1"'), gradient: () => [1] }), 1),
      /value of objective is no number/,
    ],
    ["a missing gradient", () => Reflect.apply(objective, undefined, [{ value: () => 1 }]), /only where they are asked for by name/],
    [
      "a record as start",
      () => Reflect.apply(minimize, undefined, [objective({ value: () => 1, gradient: () => [1] }), { x: 1 }]),
      /starts from numbers/,
    ],
    ["a start that is not finite", () => minimize(objective({ value: () => 1, gradient: () => [1] }), Number.NaN), /starts from numbers/],
    [
      "a rule that looks elsewhere",
      () =>
        minimize(objective({ value: () => 1, gradient: () => [1] }), 1, {
          optimizer: defineOptimizer({
            name: "ahead",
            learningRate: 1,
            slots: {},
            update: ({ theta, evaluate }) => ({ theta: theta.sub(evaluate(theta.add(1)).gradient), slots: {} }),
          }),
        }),
      /ahead asks for the objective at another point/,
    ],
  ];
  it.each(refused)("refuse %s", (_, call, message) => {
    expect(call).toThrow(SteepestError);
    expect(call).toThrow(message);
  });
});

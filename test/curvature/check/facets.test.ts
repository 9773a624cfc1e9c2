import {
  batchObjective,
  checkGradient,
  customGradient,
  dense,
  dropout,
  objective,
  relu,
  sequential,
  type Tensor,
  tensor,
  trace,
} from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => Math.sin(1.3 * i + 0.4));

describe("what a gradient check says", () => {
  it("names the operation of a kink, and how many of its elements", () => {
    const f = (x: Tensor) =>
      x
        .sub(tensor([0, 0, 5]))
        .relu()
        .sum()
        .add(x.abs().square().sum());
    const { verdict, diagnosis, worst } = checkGradient(trace(f, tensor([0, 1, 2])), [0, 1, 2]);
    expect(verdict).toBe("cannot-tell");
    expect(diagnosis).toContain("a kink of relu (1 of 3 elements)");
    expect(worst[0].name).toBe("x[0]");
    const jump = checkGradient(trace("floor(x) + y", { x: 1, y: 1 }), [1, 1]);
    expect([jump.verdict, jump.diagnosis]).toEqual(["cannot-tell", expect.stringMatching(/no steady value here of floor/)]);
  });

  it("judges each tensor by itself, and names coordinates by their indices", () => {
    const wrong = customGradient(
      (w: Tensor) => w.sin(),
      (w, u: Tensor) => u.mul(w.cos()).mul(2),
    );
    const f = (x: Tensor) =>
      x
        .slice([0, 0], [1, 3])
        .square()
        .sum()
        .add(wrong(x.slice([1, 0], [1, 3])).sum());
    const { tensors, worst } = checkGradient(trace(f, tensor(numbers(6), { shape: [2, 3] })), numbers(6));
    expect(tensors).toMatchObject([{ name: "x", shape: [2, 3], verdict: "fail", failed: 3, checked: 6 }]);
    expect(worst[0].name).toMatch(/^x\[1, [012]\]$/);
    const host = { ...objective({ value: (x) => x[0] ** 2 + x[1] ** 3, gradient: (x) => [2 * x[0], x[1] ** 2] }) };
    const named = checkGradient(
      {
        value: host.value,
        gradient: (x) => Float64Array.from(host.gradient(x)),
        tensors: ["a", "b"].map((path, offset) => ({ path, shape: [], offset })),
      },
      [1, 2],
    );
    expect(named.tensors.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["a", "pass"],
      ["b", "fail"],
    ]);
  });

  it("finds the one wrong coordinate among 20,000 by bisection", () => {
    const value = (x: Float64Array) => x.reduce((sum, v, i) => sum + Math.sin(v + i), 0);
    const gradient = (x: Float64Array) => x.map((v, i) => Math.cos(v + i) * (i === 12_345 ? 1.01 : 1));
    const { verdict, worst, evaluations } = checkGradient({ value, gradient }, numbers(20_000));
    expect([verdict, worst[0].index]).toEqual(["fail", 12_345]);
    // Far fewer than one for each coordinate.
    expect(evaluations).toBeLessThan(3000);
  });

  it("sees Taylor's remainders fall as h² and h³, and as h where the gradient is wrong", () => {
    const f = "exp(x) * sin(y) + x^2*y^3";
    const { taylor } = checkGradient(trace(f, [0.3, 0.8]), [0.3, 0.8]);
    expect(Math.abs((taylor?.firstSlope ?? 0) - 2)).toBeLessThan(0.05);
    expect(Math.abs((taylor?.secondSlope ?? 0) - 3)).toBeLessThan(0.1);
    const wrong = objective({ value: ([x, y]) => Math.exp(x) * y, gradient: ([x, y]) => [Math.exp(x) * y, Math.exp(x) * 1.1] });
    expect(Math.abs((checkGradient(wrong, [0.3, 0.8]).taylor?.firstSlope ?? 0) - 1)).toBeLessThan(0.05);
    // Of a linear function there is no remainder.
    expect(checkGradient(trace("2x + 3y", [1, 1]), [1, 1]).taylor?.firstSlope).toBeUndefined();
  });

  it("sees that a gradient is no gradient: its derivative is not symmetric", () => {
    const turn = tensor([
      [1, 2],
      [0, 1],
    ]);
    const turned = customGradient(
      (x: Tensor) => x.square().sum().mul(0.5),
      (x, u: Tensor) => u.mul(turn.matmul(x)),
    );
    const { hessian, verdict } = checkGradient(trace(turned, tensor([1, 2])), [1, 2]);
    expect([hessian?.verdict, verdict]).toEqual(["fail", "fail"]);
    expect(hessian?.reason).toMatch(/should be the same/);
    expect(checkGradient(trace("x^3*y + y^2", [1, 2]), [1, 2]).hessian).toMatchObject({ verdict: "pass" });
  });

  it("counts what each method costs", () => {
    let calls = 0;
    const counted = {
      value: (x: Float64Array) => {
        calls++;
        return x.reduce((sum, v) => sum + v * v * v, 0);
      },
      gradient: (x: Float64Array) => x.map((v) => 3 * v * v),
    };
    const costs = (["sweep", "ridders", "five-point", "centred", "forward"] as const).map((method) => {
      calls = 0;
      const few = checkGradient(counted, numbers(3), { method });
      expect([few.verdict, few.evaluations]).toEqual(["pass", calls]);
      const many = checkGradient(counted, numbers(13), { method });
      return [few.cost, (many.evaluations - few.evaluations) / 10];
    });
    expect(costs).toEqual([
      ["30d + 1", 30],
      ["20d + 1", 20],
      ["4d", 4],
      ["2d", 2],
      ["d + 1", 1],
    ]);
  });

  it("shows the steps tried: too long, then good, then rounding", () => {
    const { sweep } = checkGradient({ value: ([x]) => Math.exp(x), gradient: ([x]) => Float64Array.of(Math.exp(x)) }, [1]);
    const errors = sweep.map(({ slope }) => Math.abs(slope - Math.E));
    const best = Math.min(...errors);
    expect(best).toBeLessThan(1e-9);
    expect([errors[0] > 1e5 * best, errors[errors.length - 1] > 10 * best]).toEqual([true, true]);
  });

  it("finds in float32 what float32 hides", () => {
    const off = customGradient(
      (x: Tensor) => x.sin(),
      (x, u: Tensor) => u.mul(x.cos()).mul(1.00002),
    );
    const f = (x: Tensor) => off(x).sum();
    const check = checkGradient(trace(f, tensor(numbers(4), { dtype: "f32" })), numbers(4));
    expect(check.verdict).toBe("fail");
    expect(check.singleError).toBeLessThan(1e-6);
  });

  it("passes a network with dropout, which leaves out the same units each time", () => {
    const data = arrayDataset({
      inputs: Array.from({ length: 8 }, (_, i) => numbers(5).map((x) => x * (i + 1))),
      targets: [0, 1, 2, 0, 1, 2, 0, 1],
      classes: 3,
    });
    const network = batchObjective(sequential(dense(6), relu(), dropout(0.4), dense(3)), data, { seed: 3 });
    const { verdict, tensors, diagnosis } = checkGradient(
      network,
      Float64Array.from(network.start, (x) => x + 0.01),
    );
    expect(verdict, diagnosis).toBe("pass");
    expect(tensors.map(({ name }) => name)).toEqual(["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"]);
  });
});

import { checkGradient, objective, SteepestError, tensor, trace } from "steepest";
import { describe, expect, it } from "vitest";
import { Derivatives } from "../../src/curvature/derivatives.js";
import { formulaObjective, functionObjective, tensorObjective } from "../../src/objectives/functions.js";

describe("objectives of numbers", () => {
  it("lay their variables in the order of the start", () => {
    const byName = formulaObjective("y - 2x", { y: 5, x: 7 });
    expect([...byName.start]).toEqual([5, 7]);
    expect(byName.variables).toEqual(["y", "x"]);
    expect(byName.solution(Float64Array.of(1, 2))).toEqual({ y: 1, x: 2 });
    const inOrder = formulaObjective("x10 + x2", [1, 2]);
    // Natural order: x2 before x10.
    expect(inOrder.variables).toEqual(["x2", "x10"]);
    expect(inOrder.solution(Float64Array.of(3, 4))).toEqual([3, 4]);
    expect(formulaObjective("a^2", 3).solution(Float64Array.of(9))).toBe(9);
  });

  it("mean the same as formula and as function, arguments, array and record", () => {
    const at = [0.3, -1.7];
    const expected = 0.5 * 0.3 * 0.3 + Math.exp(-1.7);
    const all = [
      formulaObjective("0.5x*x + exp(y)", [1, 1]),
      functionObjective((x: number, y: number) => 0.5 * x * x + Math.exp(y), [1, 1]),
      functionObjective((x: readonly number[]) => 0.5 * x[0] * x[0] + Math.exp(x[1]), [1, 1]),
      functionObjective(({ x, y }: { x: number; y: number }) => 0.5 * x * x + Math.exp(y), { x: 1, y: 1 }),
    ];
    for (const one of all) expect(new Derivatives(one).at(at).value).toBeCloseTo(expected, 14);
  });

  it("take constants and arrays", () => {
    const data = { x: [1, 2, 3], y: Float32Array.of(2, 4, 6) };
    const fitted = formulaObjective("mean((w*x - y)^2) + c", { w: 1 }, { ...data, c: 10 });
    // mean (w x − y)² at w = 1: (1 + 4 + 9)/3; its derivative −2 mean x (2x − x)
    const { value, gradient } = new Derivatives(fitted).at([1]);
    expect(value).toBeCloseTo(10 + 14 / 3, 13);
    expect(gradient[0]).toBeCloseTo(-28 / 3, 13);
    expect(() => formulaObjective("mean(x)*w", { w: 1 }, { x: [1, 2], w: 3 })).toThrow(SteepestError);
    const uneven = formulaObjective("mean(x*y)*w", { w: 1 }, { x: [1, 2], y: [1, 2, 3] });
    expect(() => new Derivatives(uneven)).toThrow(SteepestError);
  });
});

describe("Derivatives", () => {
  it("value, gradient and Hessian of Rosenbrock's function", () => {
    const [x, y] = [-1.2, 1];
    const derivatives = new Derivatives(formulaObjective("(1 - x)^2 + 100(y - x^2)^2", { x, y }));
    const { value, gradient } = derivatives.at([x, y]);
    expect(value).toBeCloseTo(24.2, 12);
    expect(gradient[0]).toBeCloseTo(-215.6, 10);
    expect(gradient[1]).toBeCloseTo(-88, 10);
    const hessian = derivatives.hessian([x, y]);
    const expected = [
      [1330, 480],
      [480, 200],
    ];
    for (const i of [0, 1]) for (const j of [0, 1]) expect(hessian[i][j]).toBeCloseTo(expected[i][j], 9);
  });

  it("of tensors, in their own dtype", () => {
    const cubes = tensorObjective((x) => x.pow(3).sum(), tensor([[1, 2]], { dtype: "f32" }));
    const derivatives = new Derivatives(cubes);
    expect(derivatives.at([1, 2])).toEqual({ value: 9, gradient: Float64Array.of(3, 12) });
    expect(derivatives.hessian([1, 2])).toEqual([
      [6, 0],
      [0, 12],
    ]);
    expect(cubes.solution(Float32Array.of(5, 6)).toArray()).toEqual([[5, 6]]);
  });

  it("are zero where nothing depends on a variable", () => {
    const flat = new Derivatives(trace("x^2", { x: 1 }));
    expect(flat.hessian([1])).toEqual([[2]]);
    const linear = new Derivatives(formulaObjective("3x + 0y", { x: 1, y: 1 }));
    expect([...linear.at([1, 1]).gradient]).toEqual([3, 0]);
    expect(linear.hessian([1, 1])).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });
});

describe("checkGradient", () => {
  it("passes what is traced, and names the coordinate of what is wrong", () => {
    expect(checkGradient(trace("x^2 * sin(y)", { x: 1, y: 2 }), [1.5, 0.3]).verdict).toBe("pass");
    expect(
      checkGradient(
        trace(
          (w) => w.tanh().square().sum(),
          tensor([
            [0.1, 0.2],
            [0.3, -0.4],
          ]),
        ),
        [0.1, 0.2, 0.3, -0.4],
      ).verdict,
    ).toBe("pass");
    const wrong = objective({ value: (x) => x[0] ** 2 + x[1] ** 3, gradient: (x) => [2 * x[0], 2 * x[1] ** 2] });
    const { verdict, worst, diagnosis } = checkGradient(wrong, [1, 2]);
    expect([verdict, worst[0].name]).toEqual(["fail", "θ[1]"]);
    expect(diagnosis).toContain("1 of 2 derivatives are wrong");
  });

  it("judges differences as what they are", () => {
    const differences = objective({ value: (x) => Math.exp(x[0]) * x[1], gradient: "finite-differences" });
    expect(checkGradient(differences, [0.5, 2]).verdict).toBe("pass");
  });
});

import { problems, solveQuadratic, type Tensor, tensor, trace } from "steepest";
import { describe, expect, it } from "vitest";

describe("solving ∇f = 0 directly", () => {
  it("finds the minimum of a quadratic in one step, however ill-conditioned", () => {
    const { f } = problems.quadratic([1e-3, 1, 1e3], { rotation: 2 });
    const target = tensor([3, -2, 5]);
    const run = solveQuadratic(trace((x: Tensor) => f(x.sub(target)), tensor([100, 100, 100])));
    expect([run?.status, run?.steps]).toEqual(["converged", 1]);
    // κ = 1e6 loses six digits of sixteen.
    [3, -2, 5].forEach((x, i) => {
      expect(run?.theta[i]).toBeCloseTo(x, 7);
    });
    expect(run?.loss).toBeLessThan(1e-12);
    expect(run?.diagnosis).toMatch(/solved directly[\s\S]*This is a minimum/);
  });

  it("keeps the form of the start", () => {
    expect(solveQuadratic(trace((x, y) => (x - 1) ** 2 + 2 * (y + 3) ** 2 + x * y, [0, 0]))?.solution).toHaveLength(2);
    expect(solveQuadratic(trace("(x-5)^2", { x: 0 }))?.solution).toEqual({ x: expect.closeTo(5, 14) });
    expect(solveQuadratic(trace("(x-5)^2", { x: 5 }))).toMatchObject({ status: "converged", steps: 0, loss: 0 });
  });

  it("tells minima from saddles, flats and slopes without end", () => {
    const saddle = solveQuadratic(trace("x^2 - 3y^2 + x", { x: 4, y: 2 }));
    expect([saddle?.status, saddle?.solution.x, saddle?.solution.y]).toEqual(["stalled", -0.5, expect.closeTo(0, 14)]);
    expect(saddle?.diagnosis).toMatch(/no minimum: f is unbounded below[\s\S]*saddle/);
    const flat = solveQuadratic(trace("(x + y - 2)^2", { x: 9, y: 9 }));
    expect(flat?.status).toBe("converged");
    expect(flat?.loss).toBeLessThan(1e-24);
    expect(flat?.diagnosis).toContain("a whole flat");
    expect(solveQuadratic(trace("x^2 + y", { x: 1, y: 1 }))).toMatchObject({ status: "diverged", steps: 0 });
    expect(solveQuadratic(trace("2x - y", { x: 1, y: 1 }))?.status).toBe("diverged");
    expect(solveQuadratic(trace("x*0 + 3", { x: 1 }))?.status).toBe("converged");
  });

  it.each(["x^4 + y^2", "exp(x) + y", "x^2 + 1e-6*x^3 + y", "abs(x) + y^2", "x*y*x", "sin(x) + y"])("knows that %s is none", (formula) => {
    expect(solveQuadratic(trace(formula, { x: 1, y: 1 }))).toBeUndefined();
  });

  it("knows which of the test problems are quadratic", () => {
    const quadratic = problems.all.filter(({ f, start }) => solveQuadratic(trace(f, tensor(start))) !== undefined).map(({ name }) => name);
    expect(quadratic.sort()).toEqual(
      [
        "booth",
        "deepQuadratic",
        "linearFullRank",
        "linearRankOne",
        "linearRankOneZeros",
        "matyas",
        "quadratic",
        "ravine",
        "saddle",
        "worstFunction",
      ].sort(),
    );
  });
});

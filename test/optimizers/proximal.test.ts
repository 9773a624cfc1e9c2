import { fista, groupSparsity, minimize, objective, type Penalty, proximalGradient, sparsity, tensor } from "steepest";
import { describe, expect, it } from "vitest";
import { numbers } from "../autodiff/differences.js";
import { messageOf } from "../errors.js";

const soft = (x: number, shrink: number): number => Math.sign(x) * Math.max(Math.abs(x) - shrink, 0);

describe("penalties", () => {
  const theta = [3, -0.2, 0, 1.5, -4];

  it("have the proximal points of their closed forms", () => {
    const near = sparsity(0.5).prox(tensor(theta), tensor(2)).data();
    theta.forEach((x, i) => {
      expect(near[i]).toBe(soft(x, 1) + 0);
    });
    const length = Math.hypot(...theta);
    const group = groupSparsity(2).prox(tensor(theta), tensor(0.5)).data();
    theta.forEach((x, i) => {
      expect(group[i]).toBeCloseTo(x * (1 - 1 / length), 14);
    });
    expect([...groupSparsity(2).prox(tensor(theta), tensor(3)).data()].every((x) => x === 0)).toBe(true);
    expect(sparsity(0.5).value(tensor(theta)).item()).toBeCloseTo(4.35, 14);
    expect(groupSparsity(2).value(tensor(theta)).item()).toBeCloseTo(2 * length, 13);
  });

  it("give the minimiser of h(u) + ‖u − θ‖²/2α", () => {
    for (const penalty of [sparsity(0.7), groupSparsity(1.3)]) {
      const cost = (u: readonly number[]) =>
        penalty.value(tensor(u)).item() + theta.reduce((sum, x, i) => sum + (u[i] - x) ** 2, 0) / (2 * 0.4);
      const best = [...penalty.prox(tensor(theta), tensor(0.4)).data()];
      const next = numbers(4);
      for (let k = 0; k < 50; k++) expect(cost(best.map((x) => x + 0.1 * (next() - 0.5)))).toBeGreaterThan(cost(best));
    }
  });
});

describe.each([
  ["proximalGradient", proximalGradient],
  ["fista", fista],
] as const)("%s", (_, method) => {
  it("solves a separable lasso exactly, zeros included", () => {
    const b = [3, -0.4, 0.9, -2, 0.1];
    const run = minimize((x) => x.sub(tensor(b)).square().sum().mul(0.5), tensor([1, 1, 1, 1, 1]), {
      optimizer: method({ learningRate: 0.7, penalty: sparsity(0.5) }),
      tolerance: 1e-12,
    });
    expect(run.status).toBe("converged");
    b.forEach((x, i) => {
      expect(run.theta[i]).toBeCloseTo(soft(x, 0.5), 11);
      if (Math.abs(x) <= 0.5) expect(run.theta[i]).toBe(0);
    });
    // The loss is f + h.
    const loss = b.reduce((sum, x) => sum + (soft(x, 0.5) - x) ** 2 / 2 + 0.5 * Math.abs(soft(x, 0.5)), 0);
    expect(run.loss).toBeCloseTo(loss, 12);
    expect(run.history.loss.at(0)).toBeGreaterThan(loss);
  });

  it("meets the optimality conditions of a lasso with correlated columns", () => {
    const next = numbers(11);
    const rows = Array.from({ length: 30 }, () => {
      const base = next() - 0.5;
      return Array.from({ length: 8 }, () => base + 0.5 * (next() - 0.5));
    });
    const y = rows.map((row) => 2 * row[0] - row[3] + 0.1 * (next() - 0.5));
    const X = tensor(rows);
    const lambda = 0.2;
    const f = (w: ReturnType<typeof tensor>) => X.matmul(w).sub(tensor(y)).square().sum().mul(0.5);
    const run = minimize(f, tensor(new Array<number>(8).fill(0)), {
      optimizer: method({ learningRate: 0.02, penalty: sparsity(lambda) }),
      steps: 200_000,
      tolerance: 1e-9,
    });
    expect(run.status).toBe("converged");
    const rest = rows.map((row, i) => row.reduce((sum, x, j) => sum + x * run.theta[j], 0) - y[i]);
    // −∇f(θ) ∈ λ ∂‖θ‖₁
    for (let j = 0; j < 8; j++) {
      const slope = rows.reduce((sum, row, i) => sum + row[j] * rest[i], 0);
      if (run.theta[j] === 0) expect(Math.abs(slope)).toBeLessThanOrEqual(lambda + 1e-7);
      else expect(slope).toBeCloseTo(-lambda * Math.sign(run.theta[j]), 7);
    }
    expect(run.theta.some((x) => x === 0)).toBe(true);
  });

  it("keeps its bound", () => {
    const eigenvalues = [1, 0.1, 0.01, 0.001];
    const f = (x: ReturnType<typeof tensor>) => x.sub(1).square().mul(tensor(eigenvalues)).sum().mul(0.5);
    const lambda = 1e-4;
    const best = eigenvalues.reduce((sum, l) => sum + lambda * (1 - lambda / l) + (0.5 * lambda * lambda) / l, 0);
    const distance = eigenvalues.reduce((sum, l) => sum + (1 - lambda / l) ** 2, 0);
    const run = minimize(f, tensor([0, 0, 0, 0]), {
      optimizer: method({ learningRate: 1, penalty: sparsity(lambda) }),
      steps: 300,
      tolerance: 0,
    });
    for (const k of [1, 5, 20, 100, 299]) {
      const bound = method === fista ? (2 * distance) / (k + 1) ** 2 : distance / (2 * k);
      expect(run.history.loss[k] - best).toBeLessThanOrEqual(bound + 1e-12);
      expect(run.history.loss[k] - best).toBeGreaterThanOrEqual(-1e-14);
    }
  });

  it("refuses what it cannot use", () => {
    expect(messageOf(() => method(JSON.parse("{}")))).toMatch(/needs a penalty/);
    expect(messageOf(() => method({ penalty: sparsity(1), learningRate: -1 }))).toMatch(/learningRate/);
    expect(messageOf(() => sparsity(-1))).toMatch(/lambda/);
    const outside = objective({ value: (x) => x[0] ** 2, gradient: (x) => [2 * x[0]] });
    expect(messageOf(() => minimize(outside, 3, { optimizer: method({ penalty: sparsity(1) }) }))).toMatch(/penalty/);
  });
});

it("FISTA is faster than the plain method where the valley is long, and takes penalties of one's own", () => {
  const nonNegative: Penalty = {
    name: "θ ≥ 0",
    value: (theta) => theta.sum().mul(0),
    prox: (theta) => theta.maximum(theta.fill(0)),
  };
  const f = (x: ReturnType<typeof tensor>) =>
    x
      .sub(tensor([1, -1]))
      .square()
      .mul(tensor([1, 0.001]))
      .sum()
      .mul(0.5)
      .add(x.sum().mul(0.0001));
  const steps = (optimizer: ReturnType<typeof fista> | ReturnType<typeof proximalGradient>) => {
    const run = minimize(f, tensor([5, 5]), { optimizer, tolerance: 1e-8, steps: 100_000 });
    expect(run.status).toBe("converged");
    expect(run.theta[0]).toBeCloseTo(0.9999, 6);
    expect(run.theta[1]).toBe(0);
    return run.steps;
  };
  const [plain, fast] = [proximalGradient({ learningRate: 1, penalty: nonNegative }), fista({ learningRate: 1, penalty: nonNegative })].map(
    steps,
  );
  expect(fast).toBeLessThan(plain / 5);
});

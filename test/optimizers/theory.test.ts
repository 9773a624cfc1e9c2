/** What theory says of the rules on quadratics, and numbers worked out for the lectures' pictures, through the compiled engine. */
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  gd,
  minimize,
  momentum,
  nesterov,
  normalizedDescent,
  type Optimizer,
  replay,
  rmsprop,
  signDescent,
} from "steepest";
import { describe, expect, it } from "vitest";

const endOf = (optimizer: Optimizer, f: string, start: Readonly<Record<string, number>>, steps: number) =>
  minimize(f, start, { optimizer, steps, tolerance: 0 });

describe("edges of stability on ½ x², within 0.1 %", () => {
  const beta = 0.9;
  it.each([
    ["gd", (learningRate: number) => gd({ learningRate }), 2],
    ["momentum, sum", (learningRate: number) => momentum({ learningRate, beta }), 2 * (1 + beta)],
    ["momentum, step", (learningRate: number) => momentum({ learningRate, beta, form: "step" }), 2 * (1 + beta)],
    ["momentum, subtracted step", (learningRate: number) => momentum({ learningRate, beta, form: "subtracted-step" }), 2 * (1 + beta)],
    ["momentum, mean", (learningRate: number) => momentum({ learningRate, beta, form: "mean" }), (2 * (1 + beta)) / (1 - beta)],
    ["nesterov, sum", (learningRate: number) => nesterov({ learningRate, beta }), (2 + 2 * beta) / (1 + 2 * beta)],
    ["nesterov, step", (learningRate: number) => nesterov({ learningRate, beta, form: "step" }), (2 + 2 * beta) / (1 + 2 * beta)],
    [
      "nesterov, look-ahead",
      (learningRate: number) => nesterov({ learningRate, beta, form: "look-ahead" }),
      (2 + 2 * beta) / (1 + 2 * beta),
    ],
    [
      "nesterov, full look-ahead",
      (learningRate: number) => nesterov({ learningRate, beta, form: "full-look-ahead" }),
      (2 * (1 + beta)) / 3,
    ],
  ] as const)("%s", (_, rule, edge) => {
    // At 1.001 of the edge the slowest of these grows by more than 1.0005 a step: e¹⁰ in 20,000.
    expect(Math.abs(endOf(rule(0.999 * edge), "0.5x^2", { x: 1 }, 20_000).solution.x)).toBeLessThan(1);
    const beyond = endOf(rule(1.001 * edge), "0.5x^2", { x: 1 }, 20_000);
    expect(beyond.status === "diverged" || Math.abs(beyond.solution.x) > 1e3).toBe(true);
  });
});

describe("rates of convergence at the best rates, within 2 %", () => {
  /** −log ρ from the distances at two steps: with a double root the distance is k ρᵏ, which moves the slope by log(2)/k. */
  const slope = (optimizer: Optimizer, kappa: number, [from, to]: readonly [number, number]) => {
    const size = (steps: number) => {
      const { x, y } = endOf(optimizer, `0.5x^2 + ${kappa / 2}*y^2`, { x: 1, y: 1 }, steps).solution;
      return Math.log(Math.max(Math.abs(x), Math.abs(y)));
    };
    return (size(from) - size(to)) / (to - from);
  };

  it.each([10, 100, 1000, 10_000])("κ = %d", (kappa) => {
    const plain = -Math.log((kappa - 1) / (kappa + 1));
    const [a, b] = [Math.round(20 / plain), Math.round(40 / plain)];
    expect(slope(gd({ learningRate: 2 / (1 + kappa) }), kappa, [a, b]) / plain).toBeCloseTo(1, 2);
    const root = Math.sqrt(kappa);
    const heavy = -Math.log((root - 1) / (root + 1));
    const best = momentum({ learningRate: (2 / (1 + root)) ** 2, beta: ((root - 1) / (root + 1)) ** 2 });
    const ratio = slope(best, kappa, [Math.round(80 / heavy), Math.round(160 / heavy)]) / heavy;
    expect(Math.abs(ratio - 1)).toBeLessThan(0.02);
  });
});

describe("steps under a constant gradient", () => {
  const constant = (g: number, count: number) => Array.from({ length: count }, () => [g]);

  it("are α g/(|g| + ε) in Adam, all of them", () => {
    const path = replay(adam({ learningRate: 0.01, epsilon: 1e-3 }), { start: [0], gradients: constant(0.5, 200) });
    path.forEach(([x], k) => {
      expect(x).toBeCloseTo((-(k + 1) * 0.01 * 0.5) / 0.501, 12);
    });
  });

  it("are α at first: in Adam and Adamax with correction, 3.16228 α in Adam without", () => {
    const first = (rule: Optimizer) => -replay(rule, { start: [0], gradients: [[7]] })[0][0];
    expect(first(adam({ learningRate: 1, epsilon: 1e-30 }))).toBeCloseTo(1, 12);
    expect(first(adamax({ learningRate: 1, epsilon: 1e-30 }))).toBeCloseTo(1, 12);
    expect(first(adam({ learningRate: 1, epsilon: 1e-30, biasCorrection: false }))).toBeCloseTo(0.1 / Math.sqrt(0.001), 12);
    // ε̂ = ε √(1 − β₂): √v + ε̂ at the first step is √0.001·(7 + ε).
    expect(first(adam({ learningRate: 1, epsilon: 2 * Math.sqrt(0.001), epsilonPlace: "hat" }))).toBeCloseTo(7 / 9, 12);
  });

  it("have one length in normalised and in sign descent, and stay where the gradient is 0", () => {
    const gradients = [
      [3, -4],
      [0, 0],
      [30, 40],
    ];
    const last = (rule: Optimizer, shapes?: { readonly [name: string]: readonly number[] }) =>
      replay(rule, { start: [0, 0], gradients, ...(shapes ? { shapes } : {}) }).map((theta) => Array.from(theta));
    const close = (ours: readonly number[][], expected: readonly number[][]) =>
      ours.forEach((row, k) => {
        row.forEach((x, i) => {
          expect(x).toBeCloseTo(expected[k][i], 14);
        });
      });
    close(last(normalizedDescent({ learningRate: 1 })), [
      [-0.6, 0.8],
      [-0.6, 0.8],
      [-1.2, 0],
    ]);
    close(last(normalizedDescent({ learningRate: 1, per: "parameter" }), { a: [], b: [1] }), [
      [-1, 1],
      [-1, 1],
      [-2, 0],
    ]);
    close(last(signDescent({ learningRate: 1 })), [
      [-1, 1],
      [-1, 1],
      [-2, 0],
    ]);
  });
});

describe("the lectures' pictures in numbers", () => {
  it("one step of each look-ahead on ½x² + 2y² + xy from (8.7, −7.9), v = (−1.2, 1.5)", () => {
    const f = "0.5x^2 + 2y^2 + x*y";
    const start = { x: 8.7, y: -7.9 };
    /** The rule with that velocity at its first step. */
    const started = (rule: Optimizer): Optimizer => ({
      ...rule,
      settings: undefined,
      update(context) {
        const velocity = context.parameters.join(({ path }) => context.theta.sum().fill(path === "x" ? -1.2 : 1.5), context.theta);
        return rule.update({ ...context, slots: { velocity } });
      },
    });
    const moved = (rule: Optimizer) => {
      const { x, y } = minimize(f, start, { optimizer: started(rule), steps: 1 }).solution;
      return [x - 8.7, y + 7.9];
    };
    const expectMove = (rule: Optimizer, [x, y]: readonly [number, number]) => {
      const [dx, dy] = moved(rule);
      expect(dx).toBeCloseTo(x, 12);
      expect(dy).toBeCloseTo(y, 12);
    };
    expectMove(momentum({ learningRate: 0.05, beta: 0.9, form: "step" }), [-1.12, 2.495]);
    expectMove(nesterov({ learningRate: 0.05, beta: 0.9, form: "look-ahead" }), [-1.1335, 2.279]);
    expectMove(nesterov({ learningRate: 0.05, beta: 0.9, form: "full-look-ahead" }), [-1.135, 2.255]);
  });

  it("the demonstration of momentum on (1 − x)² + 20(3y − x²)²", () => {
    const f = "(1-x)^2 + 20(3y-x^2)^2";
    const start = { x: -1.21, y: 0.853 };
    const first = (beta: number) => {
      const { path } = minimize(f, start, { optimizer: momentum({ learningRate: 0.0035, beta }), steps: 1000, tolerance: 0, path: true });
      return path.rows().findIndex(([x, y]) => Math.hypot(x - 1, y - 1 / 3) < 0.05);
    };
    expect(minimize(f, start, { optimizer: momentum({ learningRate: 0.0035, beta: 0.83 }), steps: 150 }).loss).toBeCloseTo(1.461e-5, 9);
    expect(minimize(f, start, { optimizer: gd({ learningRate: 0.0035 }), steps: 150 }).loss).toBeCloseTo(0.503971, 6);
    expect([first(0.83), first(0)]).toEqual([83, 665]);
  });

  it("steps until a descent has left the saddle of x² − y²", () => {
    const steps = (optimizer: Optimizer, y: number) =>
      minimize("x^2 - y^2", { x: 1, y }, { optimizer, steps: 1000, tolerance: 0, path: true })
        .path.rows()
        .findIndex((row) => Math.abs(row[1]) >= 1);
    const inside = { epsilon: 1e-8, epsilonPlace: "inside" } as const;
    for (const [rule, near, nearer] of [
      [gd({ learningRate: 0.01 }), 349, 698],
      [momentum({ learningRate: 0.01, beta: 0.9 }), 72, 140],
      [nesterov({ learningRate: 0.01, beta: 0.9, form: "look-ahead" }), 68, 132],
      [adadelta({ rho: 0.95, epsilon: 1e-4 }), 13, 19],
      [rmsprop({ learningRate: 0.01, rho: 0.9, ...inside }), 72, 73],
      [adam({ learningRate: 0.01, ...inside }), 77, 78],
      [adagrad({ learningRate: 0.1, ...inside }), 17, 18],
      [adagrad({ learningRate: 0.1, form: "scalar", ...inside }), 224, 446],
    ] as const)
      expect([rule.name, steps(rule, 1e-3), steps(rule, 1e-6)]).toEqual([rule.name, near, nearer]);
    expect(steps(adam({ learningRate: 0.01 }), 0)).toBe(-1);
  });
});

import { adam, gd, maximize, minimize, momentum, objective, tensor } from "steepest";
import { describe, expect, it } from "vitest";
import { symmetricEigenvalues } from "../../../src/curvature/eigenvalues.js";

describe("what kind of point the end is", () => {
  const optimizer = gd({ learningRate: 0.1 });

  it("a minimum, with the eigenvalues of the Hessian", () => {
    // [[1, 1], [1, 4]]: (5 ± √13)/2
    expect(minimize("½x² + 2y² + x*y", [1, 1], { optimizer }).diagnosis).toContain(
      "This is a minimum: the Hessian's eigenvalues run from 0.6972 to 4.303.",
    );
    expect(minimize("x^2", 1, { optimizer }).diagnosis).toContain("This is a minimum: the Hessian's only eigenvalue is 2.");
  });

  it("a saddle", () => {
    const { diagnosis } = minimize("x^2 - y^2", { x: 1, y: 0 }, { optimizer });
    expect(diagnosis).toContain("This is a saddle point: the Hessian's eigenvalues run from -2 to 2.");
    expect(maximize("x^2 - y^2", { x: 0, y: 1 }, { optimizer }).diagnosis).toContain(
      "This is a saddle point: the Hessian's eigenvalues run from -2 to 2.",
    );
  });

  it("a maximum", () => {
    expect(minimize("-x^2 - 3y^2", [0, 0]).diagnosis).toContain("This is a maximum: the Hessian's eigenvalues run from -6 to -2.");
    expect(maximize("-x^2 - 3y^2", [1, 1], { optimizer }).diagnosis).toContain(
      "This is a maximum: the Hessian's eigenvalues run from -6 to -2.",
    );
    expect(maximize("x^2 + 3y^2", [0, 0]).diagnosis).toContain("This is a minimum");
  });

  it("a plateau", () => {
    // The sigmoid's slope and curvature at −40 are both 4e-18.
    expect(minimize("1/(1 + exp(-x))", -40).diagnosis).toContain(
      "No minimum lies ahead: along −x f goes on falling as far as numbers reach, to 0.",
    );
    expect(minimize("-exp(-x^2)", 6).diagnosis).toMatch(
      /No minimum is near, although the gradient is small: f is lower by 0\.\d+ at a distance of \d/,
    );
    expect(minimize("x^6", 0).diagnosis).toContain(
      "A minimum lies within 4e-7, by its neighbours: all are higher. The Hessian alone cannot tell.",
    );
  });

  it("singular: neighbours decide", () => {
    // A trough: no slope along y.
    const { diagnosis } = minimize("x^2 + 0*y", [1, 1], { optimizer });
    expect(diagnosis).toContain("A valley: along y f does not change, so that the minimum is not the only one.");
    expect(diagnosis).not.toContain("This is a minimum");
    expect(minimize("(x-y)^2", { x: 1, y: 3 }, { optimizer }).diagnosis).toContain("A valley: along 0.71 x + 0.71 y f does not change");
  });

  it("of many variables, too", () => {
    const many = new Float64Array(1000).fill(1);
    expect(minimize((w) => w.square().sum(), tensor(many), { optimizer }).diagnosis).toContain(
      "This is a minimum: the Hessian's only eigenvalue is 2.",
    );
    const saddle = minimize(
      (w) =>
        w
          .square()
          .sum()
          .sub(w.slice([7], [1]).square().sum().mul(2)),
      tensor(many.fill(0, 7, 8)),
      { optimizer },
    );
    expect(saddle.diagnosis).toContain("This is a saddle point: the Hessian's eigenvalues run from -2 to 2.");
  });

  it("nothing is said far from a critical point, and of one's own JavaScript", () => {
    const claims = /minimum|maximum|saddle|plateau/;
    expect(minimize("x^2 - y^2", [1, 1], { steps: 3 }).diagnosis).not.toMatch(claims);
    expect(minimize("x^4", 1, { optimizer: gd({ learningRate: 0.1 }), steps: 10_000 }).diagnosis).not.toMatch(claims);
    expect(minimize("x^2 + y^2", [1, 1], { tolerance: 10 }).diagnosis).not.toMatch(claims);
    const own = objective({ value: (x) => x[0] ** 2, gradient: (x) => [2 * x[0]] });
    expect(minimize(own, 1, { optimizer }).diagnosis).not.toMatch(claims);
    expect(minimize("|x|", 1, { optimizer, steps: 100 }).diagnosis).not.toMatch(claims);
  });
});

describe("why it went wrong", () => {
  it("gradient descent beyond α·λ = 2 is named, with the rate that would do", () => {
    const { diagnosis } = minimize("½x² + 2y² + x*y", [8.7, -7.9], { optimizer: gd({ learningRate: 0.5 }) });
    // 0.5 · 4.3028, and 2/4.3028: the lectures' limit.
    expect(diagnosis).toMatch(/Diverged at step \d+/);
    expect(diagnosis).toContain("α·λ = 2.151 for the curvature λ = 4.303");
    expect(diagnosis).toContain("here α < 0.4648.");
  });

  it("and momentum beyond its own edge; but not rules without one, nor without a curvature", () => {
    expect(minimize("x^2", 1, { optimizer: momentum({ learningRate: 10 }) }).diagnosis).toContain(
      "α·λ = 20 for the curvature λ = 2, and momentum with β = 0.9 needs α·λ < 3.8, here α < 1.9.",
    );
    const other = minimize("x^4", 1, { optimizer: { ...gd({ learningRate: 10 }), name: "mine", stableUpTo: undefined } });
    expect(other.status).toBe("diverged");
    expect(other.diagnosis).not.toContain("α·λ");
    expect(other.diagnosis).toContain("A smaller learning rate may help.");
    const own = objective({ value: (x) => x[0] ** 2, gradient: (x) => [2 * x[0]] });
    expect(minimize(own, 1, { optimizer: gd({ learningRate: 10 }) }).diagnosis).not.toContain("α·λ");
  });

  it("no minimum at all", () => {
    const { status, diagnosis } = minimize("-exp(x)", 1, { optimizer: gd({ learningRate: 0.1 }) });
    expect(status).toBe("diverged");
    expect(diagnosis).toContain("f fell without limit: it seems to have no minimum.");
  });
});

describe("how it could be faster", () => {
  it("a ravine: momentum of the right size", () => {
    // Eigenvalues 1 and 100: the best heavy ball has α = 4/11² and β = (9/11)².
    const { diagnosis } = minimize("0.5x^2 + 50y^2", [1, 1], { optimizer: gd({ learningRate: 0.01 }), steps: 100 });
    expect(diagnosis).toContain("A ravine: condition number 100; momentum with β ≈ 0.6694 at α ≈ 0.03306 suits.");
    expect(minimize("0.5x^2 + 5y^2", [1, 1], { optimizer: gd({ learningRate: 0.01 }), steps: 100 }).diagnosis).not.toContain("ravine");
  });

  it("more steps, where it was still falling", () => {
    expect(minimize("x^2", 1, { optimizer: gd({ learningRate: 0.001 }), steps: 50 }).diagnosis).toContain(
      "It was still falling: more steps would lower it further.",
    );
    expect(maximize("-x^2", 1, { optimizer: gd({ learningRate: 0.001 }), steps: 50 }).diagnosis).toContain(
      "It was still rising: more steps would raise it further.",
    );
    expect(minimize("|x|", 0.05, { optimizer: gd({ learningRate: 0.1 }), steps: 100 }).diagnosis).toContain(
      "The loss has hardly changed over the last tenth of the steps.",
    );
  });

  it("adam on a steep wall says no more than it knows", () => {
    expect(minimize("x^2", 1, { optimizer: adam({ learningRate: 0.001 }), steps: 5 }).diagnosis).toMatch(
      /^All 5 steps were done: f = 0\.99\d*, \|∇f\| = 1\.9\d*\.$/,
    );
  });
});

describe("symmetricEigenvalues", () => {
  const sorted = (matrix: readonly (readonly number[])[]) => symmetricEigenvalues(matrix).sort((a, b) => a - b);

  it("of matrices whose eigenvalues are known", () => {
    expect(sorted([[5]])).toEqual([5]);
    expect(
      sorted([
        [0, 0],
        [0, 0],
      ]),
    ).toEqual([0, 0]);
    // The second difference: 2 − 2 cos(kπ/(n + 1))
    const n = 8;
    const chain = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)));
    for (const [k, value] of sorted(chain).entries()) expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12);
    // Graded over 16 orders of magnitude: the small one keeps its digits.
    const [small, large] = sorted([
      [1e8, 1],
      [1, 1e-7],
    ]);
    expect(large / 1e8).toBeCloseTo(1, 14);
    expect(small / (1e-7 - 1e-8)).toBeCloseTo(1, 6);
  });

  it("are not finite where the matrix is not", () => {
    expect(
      symmetricEigenvalues([
        [1, Number.NaN],
        [Number.NaN, 1],
      ]).every(Number.isFinite),
    ).toBe(true);
    expect(
      symmetricEigenvalues([
        [Number.POSITIVE_INFINITY, 0],
        [0, 1],
      ]).every(Number.isFinite),
    ).toBe(false);
  });
});

import { type LeastSquaresProblem, leastSquares, problems, stack, type Tensor, tensor } from "steepest";
import { describe, expect, it } from "vitest";
import { norm } from "../../../src/algebra/index.js";
import { LinearModel, ResidualProgram } from "../../../src/descent/least-squares/index.js";
import { dampedStep } from "../../../src/descent/least-squares/trust-region.js";
import { numbers } from "../../autodiff/differences.js";
import { messageOf } from "../../errors.js";

const parts = (x: Tensor): Tensor[] => Array.from({ length: x.size }, (_, i) => x.slice([i], [1]).reshape([]));

const isKnown = ({ minima }: LeastSquaresProblem, loss: number): boolean =>
  minima.some(({ value }) => Math.abs(loss - value) <= 1e-6 * value + 1e-10);

describe("Levenberg–Marquardt on the problems of Moré, Garbow and Hillstrom", () => {
  it.each(problems.moreGarbowHillstrom.map((p) => [p.name, p] as const))("%s ends in a listed minimum, converged", (_, problem) => {
    const run = leastSquares(problem.residuals, problem.start);
    expect(run.status, run.diagnosis).toBe("converged");
    expect(isKnown(problem, run.loss), `Σr² = ${run.loss}`).toBe(true);
    expect(run.loss).toBeCloseTo(
      run.residuals.reduce((sum, r) => sum + r * r, 0),
      10,
    );
    expect(run.jacobian).toHaveLength(run.residuals.length * problem.dimension);
  });

  it("finds the values that belong to other dimensions", () => {
    const others = [problems.watson.of(9), problems.watson.of(12), problems.penalty1.of(10), problems.penalty2.of(10)];
    for (const problem of [...others, ...[1, 2, 5, 7, 9, 10, 11].map((n) => problems.chebyquad.of(n))]) {
      const run = leastSquares(problem.residuals, problem.start);
      expect(run.status, problem.name).toBe("converged");
      expect(isKnown(problem, run.loss), `${problem.name}: ${run.loss}`).toBe(true);
    }
  });

  it("takes the way of MINPACK", () => {
    // Evaluations of r and of J by lmder (SciPy 1.17.1, leastsq with xtol = ftol = 1e-10), from the usual start.
    for (const [problem, residuals, jacobians] of [
      [problems.rosenbrock, 21, 16],
      [problems.helicalValley, 12, 9],
      [problems.wood, 70, 64],
    ] as const) {
      const { evaluations } = leastSquares(problem.residuals, problem.start);
      // Each Jacobian computes the residuals once more; that of the start is the only one.
      expect(Math.abs(evaluations.value - evaluations.gradient + 1 - residuals)).toBeLessThanOrEqual(2);
      expect(Math.abs(evaluations.gradient - jacobians)).toBeLessThanOrEqual(2);
    }
  });
});

describe("Gauss–Newton", () => {
  it.each([problems.rosenbrock, problems.beale, problems.bard, problems.kowalikOsborne, problems.linearFullRank, problems.broydenBanded])(
    "solves $name",
    (problem) => {
      const run = leastSquares(problem.residuals, problem.start, { method: "gauss-newton" });
      expect(run.status, run.diagnosis).toBe("converged");
      expect(isKnown(problem, run.loss)).toBe(true);
      for (const rate of run.history.learningRate) expect(Number.isInteger(Math.log2(rate))).toBe(true);
    },
  );

  it.each(problems.moreGarbowHillstrom.map((p) => [p.name, p] as const))("reports every failure on %s as one", (_, problem) => {
    const run = leastSquares(problem.residuals, problem.start, { method: "gauss-newton", steps: 200 });
    if (run.status === "converged") expect(isKnown(problem, run.loss), `Σr² = ${run.loss}`).toBe(true);
    else expect(["stalled", "step-limit"]).toContain(run.status);
  });

  it("solves what is linear in one step", () => {
    const run = leastSquares(problems.linearFullRank.residuals, problems.linearFullRank.start, { method: "gauss-newton" });
    expect([run.steps, run.status]).toEqual([1, "converged"]);
    for (const x of run.solution) expect(x).toBeCloseTo(-1, 12);
  });
});

describe("least squares", () => {
  const rosenbrock = problems.rosenbrock.residuals;

  it("does not depend on units", () => {
    // r(Cx): the same path, divided by C. Powers of two round alike.
    const plain = leastSquares(problems.bard.residuals, [1, 1, 1], { path: true });
    const scale = [2 ** 20, 2 ** -15, 2 ** 3];
    const scaled = leastSquares(
      (x) => problems.bard.residuals(x.mul(tensor(scale))),
      scale.map((c) => 1 / c),
      { path: true },
    );
    expect(scaled.steps).toBe(plain.steps);
    scaled.path.rows().forEach((row, k) => {
      row.forEach((x, j) => {
        expect((x * scale[j]) / plain.path.data[3 * k + j]).toBeCloseTo(1, 12);
      });
    });
  });

  it("gives a solution in the form of the start", () => {
    const fromTensor = leastSquares((x) => rosenbrock(x.reshape([2])), tensor([[-1.2, 1]]));
    expect(fromTensor.solution.shape).toEqual([1, 2]);
    expect(leastSquares(rosenbrock, Float64Array.of(-1.2, 1)).solution).toEqual([...fromTensor.theta]);
  });

  it("records its way", () => {
    const run = leastSquares(rosenbrock, [-1.2, 1], { path: true });
    expect(run.history.loss[0]).toBeCloseTo(24.2, 12);
    expect([run.history.loss.length, run.history.gradientNorm.length, run.path.length]).toEqual([run.steps, run.steps, run.steps + 1]);
    expect(run.history.gradientNorm[0]).toBeCloseTo(Math.hypot(-215.6, -88), 10);
    for (let k = 1; k < run.steps; k++) expect(run.history.loss[k]).toBeLessThan(run.history.loss[k - 1]);
    expect(run.path.at(0)).toEqual([-1.2, 1]);
    expect(run.path.at(-1)).toEqual(run.solution);
    expect(run.diagnosis).toMatch(/^Converged after \d+ steps: the residuals vanish\./);
    expect(JSON.parse(JSON.stringify(run)).status).toBe("converged");
  });

  it("gives the same bits again", () => {
    const [a, b] = [0, 1].map(() => leastSquares(problems.osborne2.residuals, problems.osborne2.start));
    expect(a.theta).toEqual(b.theta);
    expect(a.history).toEqual(b.history);
  });

  it("stops where it is told to", () => {
    const short = leastSquares(rosenbrock, [-1.2, 1], { steps: 3 });
    expect([short.status, short.steps]).toEqual(["step-limit", 3]);
    const early = leastSquares(rosenbrock, [-1.2, 1], { targetLoss: 1 });
    expect(early.status).toBe("stopped-early");
    expect(early.loss).toBeLessThanOrEqual(1);
    expect(leastSquares(rosenbrock, [-1.2, 1], { seconds: 1e-9 }).status).toBe("stopped-early");
    expect(leastSquares(rosenbrock, [1, 1]).steps).toBe(0);
  });

  it("comes back from where nothing is finite", () => {
    // exp(1000·2) overflows: the region shrinks until the step stays where exp is finite.
    const run = leastSquares((x) => stack(parts(x.mul(20).exp().sub(7))), [-0.3]);
    expect(run.status).toBe("converged");
    expect(run.solution[0]).toBeCloseTo(Math.log(7) / 20, 12);
    const lost = leastSquares((x) => x.log(), [-1]);
    expect([lost.status, lost.steps]).toEqual(["diverged", 0]);
    expect(lost.diagnosis).toMatch(/no finite numbers at the start/);
  });

  it("does not call a plain a minimum", () => {
    const plain = leastSquares((x) => x.mul(0).add(3), [1, 2]);
    expect([plain.status, plain.rank]).toEqual(["stalled", 0]);
    // A kink that no linear model sees: max(x, −2x) + 1 at 0.
    const kink = leastSquares((x) => x.maximum(x.mul(-2)).add(1), [1]);
    expect(kink.status).toBe("stalled");
    expect(Math.abs(kink.solution[0])).toBeLessThan(1e-6);
  });

  it("says how much is determined", () => {
    const run = leastSquares(
      (x) =>
        tensor([1, 2, 3])
          .mul(x.sum())
          .sub(tensor([2, 4, 6.1])),
      [1, 1],
    );
    expect([run.status, run.rank]).toEqual(["converged", 1]);
    expect(leastSquares(rosenbrock, [-1.2, 1]).rank).toBe(2);
    // Fewer equations than variables: any solution.
    const wide = leastSquares((x) => x.sum().sub(6).reshape([1]), [1, 1, 1]);
    expect(wide.loss).toBeLessThan(1e-25);
  });

  it("takes the damped step of the trust region", () => {
    const next = numbers(3);
    const matrix = tensor(Array.from({ length: 12 }, () => 2 * next() - 1)).reshape([6, 2]);
    const program = new ResidualProgram((x) => matrix.matmul(x).sub(tensor([1, 2, 3, 4, 5, 6])), 2);
    const model = new LinearModel(program.linearize(Float64Array.of(0, 0)));
    const weights = Float64Array.of(1, 3);
    const length = (p: Float64Array) => norm(p.map((x, j) => x * weights[j]));
    const whole = length(model.step);
    for (const share of [0.01, 0.3, 0.8]) {
      const { step, damping, length: found } = dampedStep(model, weights, share * whole, 0);
      expect(found / (share * whole)).toBeGreaterThan(0.9);
      expect(found / (share * whole)).toBeLessThan(1.1);
      expect(length(step)).toBeCloseTo(found, 12);
      // (JᵀJ + λD²) p = −Jᵀr
      const j = model.at.jacobian.data;
      for (const k of [0, 1]) {
        let left = damping * weights[k] * weights[k] * step[k];
        for (let i = 0; i < 6; i++) left += j[2 * i + k] * (j[2 * i] * step[0] + j[2 * i + 1] * step[1] + model.at.residuals[i]);
        expect(left).toBeCloseTo(0, 11);
      }
    }
    expect(dampedStep(model, weights, 2 * whole, 0)).toMatchObject({ damping: 0, step: model.step });
  });

  it("refuses what it cannot use", () => {
    expect(messageOf(() => leastSquares(rosenbrock, [Number.NaN, 1]))).toMatch(/finite numbers[\s\S]*NaN at place 0/);
    expect(messageOf(() => leastSquares(rosenbrock, []))).toMatch(/nothing/);
    expect(messageOf(() => leastSquares(rosenbrock, [1, 1], JSON.parse('{"maxIter": 5}')))).toMatch(/did you mean steps/);
    expect(messageOf(() => leastSquares(rosenbrock, [1, 1], JSON.parse('{"method": "newton"}')))).toMatch(/levenberg-marquardt/);
    expect(messageOf(() => leastSquares(rosenbrock, [1, 1], { tolerance: -1 }))).toMatch(/tolerance/);
    expect(messageOf(() => leastSquares(rosenbrock, [1, 1], { radius: 0 }))).toMatch(/radius/);
    expect(messageOf(() => leastSquares(JSON.parse("3"), [1, 1]))).toMatch(/needs the residuals/);
    const numbersOnly: (x: Tensor) => Tensor = () => JSON.parse("[1]");
    expect(messageOf(() => leastSquares(numbersOnly, [1, 1]))).toMatch(/no tensor of numbers/);
  });
});

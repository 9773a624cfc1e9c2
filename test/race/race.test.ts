import { describe, expect, it } from "vitest";
import {
  adadelta,
  adagrad,
  adam,
  conjugateGradient,
  cosine,
  defineOptimizer,
  gd,
  lbfgs,
  minimize,
  momentum,
  nesterov,
  newtonCg,
  type Optimizer,
  objective,
  problems,
  race,
  reduceOnPlateau,
  rmsprop,
  steepestDescent,
  tensor,
} from "../../src/index.js";

const rosenbrock = "(1-x)^2 + 100(y-x^2)^2";

describe("rates", () => {
  it("of gradient descent on quadratics come out where the closed form has them", () => {
    for (const [least, most] of [
      [1, 10],
      [1, 100],
      [0.3, 250],
    ]) {
      const result = race(problems.quadratic([least, most]), [gd()]);
      const [{ learningRate = Number.NaN, trials, evaluationsToTarget }] = result.table;
      // From (1, 1): ½ Σ λ (1 − αλ)²ᵏ, first at or below the target.
      const count = (rate: number): number => {
        let [a, b] = [1, 1];
        for (let k = 0; k < 2000; k++) {
          if (0.5 * (least * a * a + most * b * b) <= result.target) return k + 1;
          [a, b] = [a * (1 - rate * least), b * (1 - rate * most)];
        }
        return Number.POSITIVE_INFINITY;
      };
      const counts = trials.map(({ rate }) => count(rate));
      expect(trials.map((trial) => trial.evaluationsToTarget ?? Number.POSITIVE_INFINITY)).toEqual(counts);
      expect(evaluationsToTarget).toBe(Math.min(...counts));
      // The tried rates lie at most 1.07 apart near the best one, which is at most 2/(λ₁ + λₙ) beyond which the steep direction is slower.
      expect(learningRate / (2 / (least + most))).toBeGreaterThan(0.93);
      expect(learningRate * most).toBeLessThan(2);
    }
  });

  it("are preferred numbers, the same for all in the first grid, and as many for each", () => {
    const { table } = race(rosenbrock, [-1.2, 1], [gd(), adam()], { evaluations: 50, rates: [1e-3, 1], refinements: 0 });
    for (const { trials } of table) expect(trials.map(({ rate }) => rate)).toEqual([1e-3, 3.15e-3, 1e-2, 3.15e-2, 0.1, 0.315, 1]);
    const refined = race(rosenbrock, [-1.2, 1], [gd(), adam()], { evaluations: 50 });
    expect(refined.table.map(({ trials }) => trials.length)).toEqual([33, 33]);
    for (const { trials } of refined.table) expect(new Set(trials.map(({ rate }) => rate)).size).toBe(33);
  });

  it("multiply a schedule, and leave rules that search alone", () => {
    const entrants = { cosine: momentum({ learningRate: cosine(1) }), plateau: gd({ learningRate: reduceOnPlateau(1) }), lbfgs: lbfgs() };
    const { table } = race(rosenbrock, [-1.2, 1], entrants, { evaluations: 200 });
    const row = (name: string) => table.find((one) => one.name === name);
    expect(row("lbfgs")).toMatchObject({ isTuned: false, trials: [] });
    for (const name of ["cosine", "plateau"]) {
      expect(row(name)?.learningRate).toBeUndefined();
      expect(row(name)?.scheduleScale).toBeLessThan(0.1);
      expect(row(name)?.best).toBeLessThan(4.2);
    }
    // The schedule times the factor is what runs.
    const scale = row("cosine")?.scheduleScale ?? 0;
    const by = minimize(rosenbrock, [-1.2, 1], { optimizer: momentum({ learningRate: cosine(scale) }), evaluations: 200, tolerance: 0 });
    expect(row("cosine")?.final).toBeCloseTo(by.loss, 6);
  });

  it("can be left as they are, for all or for some", () => {
    const entrants = [gd({ learningRate: 1e-3 }), adam({ learningRate: 0.1 })];
    const fixed = race(rosenbrock, [-1.2, 1], entrants, { tune: false, evaluations: 100 });
    expect(fixed.table.map(({ name, learningRate }) => [name, learningRate]).sort()).toEqual([
      ["adam", 0.1],
      ["gd", 1e-3],
    ]);
    const some = race(rosenbrock, [-1.2, 1], entrants, { tune: ["adam"], evaluations: 100 });
    expect(some.table.map(({ name, isTuned }) => [name, isTuned]).sort()).toEqual([
      ["adam", true],
      ["gd", false],
    ]);
    expect(() => race(rosenbrock, [-1.2, 1], entrants, { tune: ["sgd"] })).toThrow(/names nobody[\s\S]*gd, adam/);
  });
});

describe("the saddle x² − y² from (1, y₀)", () => {
  const entrants: Readonly<Record<string, Optimizer>> = {
    gd: gd({ learningRate: 0.01 }),
    momentum: momentum({ learningRate: 0.01, beta: 0.9 }),
    // The lectures count at θ itself, not at the point looked ahead to.
    nesterov: nesterov({ learningRate: 0.01, beta: 0.9, form: "look-ahead" }),
    adadelta: adadelta({ learningRate: 1, rho: 0.95, epsilon: 1e-4 }),
    rmsprop: rmsprop({ learningRate: 0.01, rho: 0.9, epsilon: 1e-8, epsilonPlace: "inside" }),
    adam: adam({ learningRate: 0.01, epsilon: 1e-8, epsilonPlace: "inside" }),
    adagrad: adagrad({ learningRate: 0.1, epsilon: 1e-8, epsilonPlace: "inside" }),
    scalar: adagrad({ learningRate: 0.1, form: "scalar", epsilon: 1e-8, epsilonPlace: "inside" }),
  };
  const left = (y0: number) => {
    const { table } = race("x^2 - y^2", [1, y0], entrants, { tune: false, target: -1, evaluations: 1000, path: true });
    return Object.fromEntries(
      table.map(({ name, run }) => {
        const points = run.path.rows();
        return [name, points.findIndex(([, y]) => Math.abs(y) >= 1)];
      }),
    );
  };
  // The numbers of the lectures' saddle: steps until |y| ≥ 1.
  it("is left after known numbers of steps", () => {
    expect(left(1e-3)).toEqual({ gd: 349, momentum: 72, nesterov: 68, adadelta: 13, rmsprop: 72, adam: 77, adagrad: 17, scalar: 224 });
    expect(left(1e-6)).toEqual({ gd: 698, momentum: 140, nesterov: 132, adadelta: 19, rmsprop: 73, adam: 78, adagrad: 18, scalar: 446 });
  });
  it("is left by nobody from y₀ = 0", () => {
    expect(new Set(Object.values(left(0)))).toEqual(new Set([-1]));
  });
});

describe("the budget", () => {
  const all = () => [gd(), nesterov({ form: "look-ahead" }), adam(), lbfgs(), conjugateGradient(), newtonCg(), steepestDescent()];
  it.each([1, 2, 7, 60])("of %i evaluations is never exceeded", (evaluations) => {
    const { table } = race(rosenbrock, [-1.2, 1], all(), { evaluations, refinements: 0 });
    expect(table).toHaveLength(7);
    for (const row of table) {
      expect(row.evaluations).toBeLessThanOrEqual(evaluations);
      expect(row.curve.evaluations.at(-1)).toBe(row.evaluations);
      expect(row.curve.evaluations[0]).toBe(1);
      expect([...row.curve.evaluations]).toEqual([...row.curve.evaluations].sort((a, b) => a - b));
    }
    if (evaluations === 1) for (const { best, steps } of table) expect([best, steps]).toEqual([24.199999999999996, 0]);
  });

  it("is what an objective in JavaScript sees", () => {
    let calls = 0;
    const mine = objective({
      value: ([x]) => {
        calls++;
        return (x - 2) ** 2;
      },
      gradient: ([x]) => [2 * (x - 2)],
    });
    const { table } = race(mine, [0], [gd()], { evaluations: 30, refinements: 0, minimum: 0 });
    // 19 rates of the grid, and the best again.
    expect(calls).toBeLessThanOrEqual(20 * 30);
    expect(table[0].evaluationsToTarget).toBeLessThanOrEqual(30);
  });

  it.each([0, -1, 1.5, Number.NaN])("of %d is refused", (evaluations) => {
    expect(() => race("x^2", 1, [gd()], { evaluations })).toThrow(/evaluations/);
  });
});

describe("results", () => {
  it("are the same again, and those of minimize with the rule that was found", () => {
    const once = () => race(rosenbrock, [-1.2, 1], [gd(), adam(), lbfgs()], { evaluations: 300 });
    const result = once();
    expect(JSON.stringify(once())).toBe(JSON.stringify(result));
    for (const { optimizer, run } of result.table) {
      const again = minimize(rosenbrock, [-1.2, 1], { optimizer, evaluations: 300, tolerance: 0 });
      expect([again.loss, again.steps, again.solution]).toEqual([run.loss, run.steps, run.solution]);
      expect([...again.history.learningRate]).toEqual([...run.history.learningRate]);
    }
  });

  it("of rates that descend together are those that they have alone", () => {
    const problem = problems.worstFunction({ dimension: 80, condition: 1000 });
    const { table } = race(problem, [gd(), adam()], { evaluations: 120, refinements: 0 });
    for (const { name, trials } of table)
      for (const { rate, best, final, status } of trials) {
        const optimizer = name === "gd" ? gd({ learningRate: rate }) : adam({ learningRate: rate });
        const run = minimize(problem.f, tensor([...problem.start]), { optimizer, evaluations: 120, tolerance: 0 });
        expect([final, status]).toEqual([run.loss, run.status]);
        expect(best).toBe(Math.min(...run.history.loss, run.loss));
      }
  });

  it("are ranked by evaluations, then by the lowest loss, with what diverges at every rate last", () => {
    const steep = race("exp(x^4)", 3, [gd(), adam()], { evaluations: 200, minimum: 1 });
    expect(steep.table.map(({ name }) => name)).toEqual(["adam", "gd"]);
    expect(steep.table[1]).toMatchObject({ rank: 2, status: "diverged", steps: 0 });
    expect(steep.table[1].trials.every(({ status }) => status === "diverged")).toBe(true);
    const { table } = race(problems.rosenbrock, [gd(), momentum(), adam(), lbfgs()]);
    const arrived = table.map(({ evaluationsToTarget = Number.POSITIVE_INFINITY }) => evaluationsToTarget);
    expect(arrived).toEqual([...arrived].sort((a, b) => a - b));
    expect(table.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
  });

  it("share a rank where they are equal", () => {
    const { table } = race("x^2 + 3y^2", [1, 1], { a: gd(), b: momentum({ beta: 0 }), c: adam() }, { evaluations: 40, refinements: 0 });
    const rank = (name: string) => table.find((row) => row.name === name)?.rank;
    expect(rank("a")).toBe(rank("b"));
  });

  it("measure by the known minimum, or by the lowest loss that anyone has seen", () => {
    const known = race(problems.beale, [gd(), lbfgs()], { evaluations: 200 });
    expect([known.minimum, known.isMinimumKnown]).toEqual([problems.beale.minima[0].value, true]);
    const unknown = race("(x-1)^2 + 5", 3, [gd(), lbfgs()], { evaluations: 50 });
    expect([unknown.minimum, unknown.isMinimumKnown, unknown.start]).toEqual([5, false, 9]);
    expect(unknown.target).toBeCloseTo(5 + 4e-6, 12);
    expect(race("x^2", 2, [gd()], { target: 1 }).target).toBe(1);
  });

  it("say how much of the way was left on average", () => {
    // ½ x² from 1 with rate 1 is at 0 after one step: one evaluation at the start, nine at the minimum.
    const [row] = race("½x^2", 1, [gd({ learningRate: 1 })], { tune: false, evaluations: 10, minimum: 0 }).table;
    expect(row.meanDecades).toBeCloseTo((0 + 9 * -16) / 10, 12);
    // A tenth of the loss after the first step, and no further: mean of 0 and nine times −1.
    const tenth = defineOptimizer({
      name: "tenth",
      learningRate: 1,
      slots: {},
      update: ({ theta, step }) => ({
        theta: step
          .eq(0)
          .broadcastTo(theta.shape)
          .select(theta.mul(Math.sqrt(0.1)), theta),
        slots: {},
      }),
    });
    expect(race("½x^2", 1, [tenth], { tune: false, evaluations: 10, minimum: 0 }).table[0].meanDecades).toBeCloseTo(-0.9, 12);
  });

  it("hold rules of one's own, and names of one's own", () => {
    const own = defineOptimizer({
      name: "own",
      learningRate: 0.01,
      slots: {},
      update: ({ theta, gradient, learningRate }) => ({ theta: theta.sub(gradient.mul(learningRate)), slots: {} }),
    });
    const { table } = race(rosenbrock, [-1.2, 1], [own, gd(), gd()], { evaluations: 100 });
    expect(table.map(({ name }) => name).sort()).toEqual(["gd", "gd (2)", "own"]);
    expect(new Set(table.map(({ best }) => best)).size).toBe(1);
    const named = race(rosenbrock, [-1.2, 1], { slow: own, other: adam() }, { evaluations: 100 });
    expect(named.table.map(({ name }) => name).sort()).toEqual(["other", "slow"]);
  });
});

describe("what cannot be raced", () => {
  const entrants = [gd()];
  it.each<[() => unknown, RegExp]>([
    [() => race("x^2", 1, []), /no optimizers/],
    [() => race("x^2", 1, [gd as never]), /no optimizer[\s\S]*gd\(\)/],
    [() => race("log(x)", -1, entrants), /no finite number at the start/],
    [() => race("x^2", undefined as never, entrants), /no start/],
    [() => race("x^2", 1, entrants, { evaluation: 3 } as never), /no option "evaluation"/],
    [() => race("x^2", 1, entrants, { rates: [2, 3] }), /rates/],
    [() => race("x^2", 1, entrants, { rates: [0, 1] }), /rates/],
    [() => race("x^2", 1, entrants, { epsilon: 1 }), /epsilon/],
    [() => race("x^2", 1, entrants, { refinements: 3 as never }), /refinements/],
    [() => race("x^2 + z", { x: 1 }, entrants), /z/],
  ])("is said: %#", (work, message) => {
    expect(work).toThrow(message);
  });
});

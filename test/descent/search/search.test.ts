import {
  bitSpace,
  boxSpace,
  hillClimb,
  integerSpace,
  localSearch,
  normalSpace,
  permutationSpace,
  randomSearch,
  type SearchSpace,
} from "steepest";
import { describe, expect, it } from "vitest";
import { RandomStream } from "../../../src/tensor/random.js";
import { messageOf } from "../../errors.js";

const spaces: readonly SearchSpace[] = [
  normalSpace({ size: 3 }),
  boxSpace([
    [-1, 2],
    [5, 5],
  ]),
  integerSpace([
    [-3, 4],
    [0, 0],
    [10, 1000],
  ]),
  bitSpace(6),
  permutationSpace(5),
  permutationSpace(1),
];

describe.each(spaces.map((space) => [`${space.name} of ${space.size}`, space] as const))("%s", (_, space) => {
  it("draws, steps and lists within itself, and changes nothing it is given", () => {
    const random = new RandomStream(1, "test");
    for (let k = 0; k < 100; k++) {
      const x = space.draw(random);
      const before = [...x];
      expect(space.holds(x), JSON.stringify(x)).toBe(true);
      expect(space.holds(space.beside(x, random))).toBe(true);
      for (const y of space.neighbours?.(x) ?? []) {
        expect(space.holds(y)).toBe(true);
        expect(y).not.toEqual(x);
      }
      expect(x).toEqual(before);
    }
    expect(space.holds([])).toBe(false);
  });
});

describe("searches", () => {
  const bowl = ([x, y]: readonly number[]) => (x - 0.3) ** 2 + (y + 0.2) ** 2;
  const box = boxSpace([
    [-1, 1],
    [-1, 1],
  ]);

  it("find the better the longer they look, and the same again from one seed", () => {
    for (const search of [randomSearch, localSearch]) {
      const run = search(bowl, box, { tries: 2000, seed: 3, path: true });
      expect(run.status).toBe("step-limit");
      expect(run.loss).toBeLessThan(5e-3);
      expect(run.loss).toBe(bowl(run.solution));
      expect(run.evaluations).toEqual({ value: 2000, gradient: 0 });
      expect(run.history.loss).toHaveLength(1999);
      for (let k = 1; k < 1999; k++) expect(run.history.loss[k]).toBeLessThanOrEqual(run.history.loss[k - 1]);
      expect(run.path.at(-1)).toEqual(run.solution);
      expect(search(bowl, box, { tries: 2000, seed: 3 }).solution).toEqual(run.solution);
      expect(search(bowl, box, { tries: 2000, seed: 4 }).solution).not.toEqual(run.solution);
      expect(run.diagnosis).toMatch(/all 2000 points were tried\. f = [\d.e-]+\.$/);
      expect(JSON.parse(JSON.stringify(run)).gradientNorm).toBeNull();
    }
    // With as many tries, local search goes deeper in a bowl.
    expect(localSearch(bowl, normalSpace({ size: 2, step: 0.02 }), { tries: 2000, start: [1, 1] }).loss).toBeLessThan(
      randomSearch(bowl, normalSpace({ size: 2 }), { tries: 2000 }).loss,
    );
  });

  it("random search falls like a minimum of independent draws", () => {
    // P(least of n uniforms > t) = (1 − t)ⁿ: the mean of the least is 1/(n + 1), its standard deviation about the same.
    const runs = Array.from({ length: 100 }, (_, seed) => randomSearch(([x]) => x, boxSpace([[0, 1]]), { tries: 50, seed }).loss);
    const mean = runs.reduce((a, b) => a + b) / 100;
    expect(Math.abs(mean - 1 / 51)).toBeLessThan((4 * (1 / 51)) / 10);
  });

  it("stop at a target, go up, and pass over what is no number", () => {
    const early = localSearch(bowl, box, { tries: 10_000, target: 0.01 });
    expect(early.status).toBe("stopped-early");
    expect(early.evaluations.value).toBeLessThan(10_000);
    const top = localSearch(([x]) => 3 - (x - 0.5) ** 2, boxSpace([[0, 1]]), { goal: "maximum", tries: 500 });
    expect(top.loss).toBeCloseTo(3, 3);
    expect(top.history.loss.at(-1)).toBe(top.loss);
    const holes = randomSearch(([x]) => (x < 0 ? Number.NaN : x), boxSpace([[-1, 1]]), { tries: 100 });
    expect(holes.loss).toBeGreaterThanOrEqual(0);
    expect(randomSearch(() => Number.NaN, box, { tries: 5 }).status).toBe("diverged");
  });
});

describe("hill climbing", () => {
  it("ends where no neighbour is better, and says so", () => {
    const run = hillClimb(
      ([x, y]) => (x - 7) ** 2 + (y + 3) ** 2 + x * y,
      integerSpace([
        [-50, 50],
        [-50, 50],
      ]),
      { tries: 10_000, start: [40, -40], path: true },
    );
    // ∇ = 0 at (34/3, −26/3): the integers around it.
    expect(run.status).toBe("converged");
    expect(run.diagnosis).toContain("no neighbour is better");
    const f = ([x, y]: readonly number[]) => (x - 7) ** 2 + (y + 3) ** 2 + x * y;
    for (const [dx, dy] of [
      [1, 0],
      [-1, 0],
      [0, 1],
      [0, -1],
    ])
      expect(f([run.solution[0] + dx, run.solution[1] + dy])).toBeGreaterThanOrEqual(run.loss);
    expect(run.steps).toBe(run.path.length - 1);
    const [x, y] = run.solution;
    expect(Math.abs(x - 34 / 3) + Math.abs(y + 26 / 3)).toBeLessThan(2.5);
  });

  it("solves a knapsack of bits and a round trip of a circle", () => {
    const worth = [3, -1, 4, -1, 5, -9];
    const bits = hillClimb((x) => x.reduce((sum, bit, i) => sum + bit * worth[i], 0), bitSpace(6), { goal: "maximum" });
    expect([bits.solution, bits.loss, bits.status]).toEqual([[1, 0, 1, 0, 1, 0], 12, "converged"]);
    // Points on a circle: without crossings the tour is the circle itself, and 2-opt removes crossings.
    const n = 9;
    const place = (i: number) => [Math.cos((2 * Math.PI * i) / n), Math.sin((2 * Math.PI * i) / n)];
    const length = (order: readonly number[]) =>
      order.reduce((sum, i, k) => sum + Math.hypot(...place(i).map((v, axis) => v - place(order[(k + 1) % n])[axis])), 0);
    const tour = hillClimb(length, permutationSpace(n), { tries: 100_000, seed: 2 });
    expect(tour.status).toBe("converged");
    expect(tour.loss).toBeCloseTo(2 * n * Math.sin(Math.PI / n), 10);
  });

  it("runs out of tries honestly", () => {
    const run = hillClimb(([x]) => -x, integerSpace([[0, 1000]]), { tries: 20, start: [0] });
    expect([run.status, run.evaluations.value]).toEqual(["step-limit", 20]);
  });

  it("refuses what it cannot use", () => {
    expect(messageOf(() => hillClimb(([x]) => x, normalSpace({ size: 1 })))).toMatch(/no neighbours to list[\s\S]*localSearch/);
    expect(messageOf(() => hillClimb(([x]) => x, bitSpace(2), { start: [0, 2] }))).toMatch(/does not lie in the space/);
    expect(messageOf(() => randomSearch(([x]) => x, bitSpace(2), { tries: 0 }))).toMatch(/tries/);
    expect(messageOf(() => randomSearch(([x]) => x, bitSpace(2), JSON.parse('{"steps": 5}')))).toMatch(/no option "steps"/);
    expect(messageOf(() => randomSearch(() => JSON.parse('"1"'), bitSpace(2)))).toMatch(/gives no number/);
    expect(messageOf(() => bitSpace(0))).toMatch(/size/);
    expect(messageOf(() => integerSpace([[0.5, 2]]))).toMatch(/whole numbers/);
    expect(messageOf(() => boxSpace([[0, Number.POSITIVE_INFINITY]]))).toMatch(/finite pairs/);
    expect(messageOf(() => normalSpace({ size: 2, scale: 0 }))).toMatch(/scales/);
  });
});

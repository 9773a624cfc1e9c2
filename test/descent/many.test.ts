import { describe, expect, it } from "vitest";
import {
  adagrad,
  adam,
  ball,
  conjugateGradient,
  cosine,
  gd,
  lbfgs,
  minimize,
  minimizeMany,
  momentum,
  nesterov,
  newtonCg,
  type Optimizer,
  problems,
  reduceOnPlateau,
  rmsprop,
  rprop,
  simplex,
  type Tensor,
  tensor,
} from "../../src/index.js";

/** A grid of starts over a square. */
const grid = (n: number, least: number, most: number): number[][] =>
  Array.from({ length: n * n }, (_, k) => [k % n, Math.floor(k / n)].map((i) => least + ((most - least) * i) / (n - 1)));

const himmelblau = "(x^2 + y - 11)^2 + (x + y^2 - 7)^2";

/** Every entry equals that of a run by itself, bit for bit. */
function expectAsSingle(f: string, starts: readonly number[][], options: Parameters<typeof minimize>[2] & object, what: string) {
  const { path: _path, ...rest } = options;
  const many = minimizeMany(f, starts, rest);
  const runs = starts.map((start) => minimize(f, start, options));
  expect(many.length).toBe(starts.length);
  expect(many.statuses, what).toEqual(runs.map((run) => run.status));
  expect([...many.steps], what).toEqual(runs.map((run) => run.steps));
  expect(many.solutions, what).toEqual(runs.map((run) => run.solution));
  expect([...many.losses], what).toEqual(runs.map((run) => run.loss));
  expect([...many.gradientNorms], what).toEqual(runs.map((run) => run.gradientNorm));
  expect([...many.evaluations], what).toEqual(runs.map((run) => run.evaluations.gradient));
}

describe("many descents in one program", () => {
  const rules: readonly [string, Optimizer][] = [
    ["gd", gd({ learningRate: 0.01 })],
    ["gd with a schedule", gd({ learningRate: cosine(0.012) })],
    ["momentum", momentum({ learningRate: 0.005, beta: 0.8 })],
    ["nesterov", nesterov({ learningRate: 0.005, beta: 0.8 })],
    ["adagrad", adagrad({ learningRate: 0.5 })],
    ["rmsprop", rmsprop({ learningRate: 0.02 })],
    ["adam", adam({ learningRate: 0.1 })],
    ["rprop", rprop()],
    ["conjugateGradient", conjugateGradient()],
    ["newtonCg", newtonCg()],
    ["lbfgs", lbfgs()],
    ["lbfgs, backtracking", lbfgs({ lineSearch: "backtracking", memory: 3 })],
  ];
  it.each(rules)("%s from a grid: each as if alone", (name, optimizer) => {
    expectAsSingle(himmelblau, grid(5, -5, 5), { optimizer, steps: 400, tolerance: 1e-9 }, name);
  });

  it("descents that converge, diverge, stall and go on, side by side", () => {
    // Beyond |x| = 1 the steps grow until nothing is finite; at 0 the gradient is 0.
    const starts = [[0], [0.3], [0.9], [1.2], [3], [1e100], [-0.5]];
    const options = { optimizer: gd({ learningRate: 0.5 }), steps: 60, tolerance: 1e-12 };
    expectAsSingle("x^4 + x^2", starts, options, "x⁴");
    const { statuses } = minimizeMany("x^4 + x^2", starts, options);
    expect(new Set(statuses).has("diverged")).toBe(true);
    expect(statuses[0]).toBe("converged");
    // A step shorter than the spacing of numbers at 1e8 changes nothing.
    expectAsSingle("(x - 1e8)^2 + x", [[1e8], [99999999], [0]], { optimizer: gd({ learningRate: 1e-9 }), steps: 30 }, "stalled");
    expect(minimizeMany("x", [[1e8], [0]], { optimizer: gd({ learningRate: 1e-9 }), steps: 30 }).statuses).toEqual([
      "stalled",
      "step-limit",
    ]);
  });

  it("a start at which nothing is finite", () => {
    expectAsSingle("log(x)^2", [[-1], [0], [2]], { optimizer: gd({ learningRate: 0.1 }), steps: 500 }, "log");
  });

  it("targets, bounds and constants", () => {
    const options = { optimizer: adam({ learningRate: 0.05 }), steps: 300 };
    expectAsSingle(himmelblau, grid(3, -4, 4), { ...options, targetLoss: 1 }, "target");
    expectAsSingle(
      himmelblau,
      grid(3, -4, 4),
      {
        ...options,
        bounds: [
          [0, 2.5],
          [-10, 10],
        ],
      },
      "bounds",
    );
    const within = { optimizer: gd({ learningRate: 0.005 }), steps: 100 };
    expectAsSingle(himmelblau, grid(3, -4, 4), { ...within, within: ball({ radius: 2 }) }, "ball");
    expectAsSingle(himmelblau, grid(3, -4, 4), { ...within, within: simplex() }, "simplex");
    const fit = minimizeMany("mean((a*t - y)^2)", [{ a: 0 }, { a: 5 }], {
      optimizer: gd({ learningRate: 0.05 }),
      constants: { t: [1, 2, 3], y: [2, 4, 6] },
    });
    expect(fit.solutions.map(({ a }) => Math.round(a * 1e5) / 1e5)).toEqual([2, 2]);
  });

  it("basins: which minimum each start reaches", () => {
    const starts = grid(9, -5, 5);
    const { solutions, statuses } = minimizeMany(himmelblau, starts, { optimizer: lbfgs() });
    const minima = problems.himmelblau.minima.flatMap(({ at }) => at);
    const reached = new Set<number>();
    solutions.forEach((at, i) => {
      if (statuses[i] !== "converged") return;
      const near = minima.findIndex((minimum) => Math.hypot(minimum[0] - at[0], minimum[1] - at[1]) < 1e-5);
      reached.add(near);
    });
    expect(statuses).toEqual(starts.map(() => "converged"));
    for (const i of [0, 1, 2, 3]) expect(reached.has(i)).toBe(true);
  });

  it("a rate for each: a sweep", () => {
    const rates = [0.001, 0.01, 0.1, 0.5, 0.999, 1, 1.3];
    const sweep = minimizeMany(
      "x^2",
      rates.map(() => [1]),
      { optimizer: gd(), learningRates: rates, steps: 5000 },
    );
    const runs = rates.map((learningRate) => minimize("x^2", [1], { optimizer: gd({ learningRate }), steps: 5000 }));
    expect(sweep.statuses).toEqual(runs.map((run) => run.status));
    expect(sweep.solutions).toEqual(runs.map((run) => run.solution));
    expect([...sweep.steps]).toEqual(runs.map((run) => run.steps));
    expect(sweep.best).toBe(3);
    const adams = minimizeMany(
      himmelblau,
      [
        [0, 0],
        [0, 0],
      ],
      { optimizer: adam(), learningRates: [0.05, 0.2], steps: 100 },
    );
    expect(adams.solutions).toEqual(
      [0.05, 0.2].map((learningRate) => minimize(himmelblau, [0, 0], { optimizer: adam({ learningRate }), steps: 100 }).solution),
    );
  });

  it("functions of tensors, in float32 and float64, with matrices and loops inside", () => {
    for (const dtype of ["f32", "f64"] as const) {
      const a = tensor([3, 1, 0.5, 1, 2, 0.25, 0.5, 0.25, 1], { shape: [3, 3], dtype });
      const f = (x: Tensor) => x.dot(a.matmul(x)).add(x.tanh().sum()).add(x.square().square().mean());
      const rows = [
        [1, 2, 3],
        [-1, 0.5, 2],
        [0, 0, 0],
        [5, -5, 5],
      ];
      const options = { optimizer: momentum({ learningRate: 0.05, beta: 0.7 }), steps: 150, tolerance: 1e-5 };
      const many = minimizeMany(f, tensor(rows, { dtype }), options);
      const runs = rows.map((row) => minimize(f, tensor(row, { dtype }), options));
      expect(many.solutions.map((x) => x.toArray())).toEqual(runs.map((run) => run.solution.toArray()));
      expect(many.statuses).toEqual(runs.map((run) => run.status));
      expect([...many.steps]).toEqual(runs.map((run) => run.steps));
      // The starts may also come as a list.
      const listed = minimizeMany(
        f,
        rows.map((row) => tensor(row, { dtype })),
        options,
      );
      expect([...listed.thetas]).toEqual([...many.thetas]);
    }
  });

  it("more coordinates than registers hold", () => {
    const f = (x: Tensor) => problems.rosenbrock.of(40).f(x);
    const starts = [0, 1, 2].map((k) => Array.from({ length: 40 }, (_, i) => Math.sin(3 * i + k)));
    for (const optimizer of [lbfgs(), adam({ learningRate: 0.02 })]) {
      const options = { optimizer, steps: 300 };
      const many = minimizeMany(f, tensor(starts), options);
      const runs = starts.map((start) => minimize(f, tensor(start), options));
      expect([...many.losses]).toEqual(runs.map((run) => run.loss));
      expect(many.solutions.map((x) => x.toArray())).toEqual(runs.map((run) => run.solution.toArray()));
      expect([...many.steps]).toEqual(runs.map((run) => run.steps));
    }
  });

  it("sums and products over as many numbers as the promise says", () => {
    const size = 4000;
    const wave = (n: number, k: number) => Array.from({ length: n }, (_, i) => ((i * 37 + k * 11) % 101) / 101 - 0.5);
    const weights = tensor(wave(size, 3)).square().add(0.5);
    const data = tensor(wave(20 * 2000, 5), { shape: [20, 2000] });
    const f = (x: Tensor) => {
      const product = data.matmul(x.slice([0], [2000]));
      return x.square().mul(weights).sum().add(product.square().mean()).add(x.sum().sin());
    };
    const starts = [0, 1, 2].map((k) => wave(size, k));
    const options = { optimizer: momentum({ learningRate: 1e-4 }), steps: 12 };
    const many = minimizeMany(f, tensor(starts), options);
    const runs = starts.map((start) => minimize(f, tensor(start), options));
    expect([...many.losses]).toEqual(runs.map((run) => run.loss));
    expect([...many.gradientNorms]).toEqual(runs.map((run) => run.gradientNorm));
    expect([...many.thetas]).toEqual(runs.flatMap((run) => [...run.theta]));
  });

  it("numbers, records and functions as starts", () => {
    const options = { optimizer: gd({ learningRate: 0.1 }) };
    expect(minimizeMany((x) => x ** 2, [1, -2], options).solutions).toEqual(
      [1, -2].map((start) => minimize((x) => x ** 2, start, options).solution),
    );
    expect(
      minimizeMany(
        (x, y) => x ** 2 + y ** 2,
        [
          [1, 2],
          [3, 4],
        ],
        options,
      ).solutions,
    ).toEqual(
      [
        [1, 2],
        [3, 4],
      ].map((start) => minimize((x, y) => x ** 2 + y ** 2, start, options).solution),
    );
    const named = minimizeMany(({ a, b }: { a: number; b: number }) => (a - b) ** 2 + a ** 2, [{ a: 1, b: 2 }], options);
    expect(Object.keys(named.solutions[0])).toEqual(["a", "b"]);
  });

  it("no steps at all", () => {
    expectAsSingle(
      himmelblau,
      [
        [1, 1],
        [3, 2],
      ],
      { optimizer: gd(), steps: 0 },
      "none",
    );
  });

  it("ends when the time is up", () => {
    const run = minimizeMany("cos(x) + 2", [1, 2], { optimizer: gd({ learningRate: 1e-9 }), steps: 2e9, seconds: 0.02, tolerance: 0 });
    expect(run.statuses).toEqual(["stopped-early", "stopped-early"]);
    expect(run.steps[0]).toBeGreaterThan(0);
  });

  it("says what does not fit", () => {
    expect(() => minimizeMany("x^2", [])).toThrow(/no starts/);
    expect(() => minimizeMany("x^2 + y^2", [[1, 2], [1]])).toThrow();
    expect(() => minimizeMany("x^2", [1], { learningRates: [1, 2] })).toThrow(/learningRates/);
    expect(() => minimizeMany("x^2", [1], { optimizer: gd({ learningRate: cosine(1) }), learningRates: [1] })).toThrow(/schedule/);
    expect(() => minimizeMany("x^2", [1], { optimizer: gd({ learningRate: reduceOnPlateau(0.1) }) })).toThrow(/watches/);
    expect(() => Reflect.apply(minimizeMany, undefined, ["x^2", [1], { path: true }])).toThrow(/paths/);
  });
});

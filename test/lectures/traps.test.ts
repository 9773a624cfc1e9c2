/**
 * Mistakes that are found in well-known demonstrations. Where another test already keeps them out of here it is named, and that it is there is checked; the others are
 * tested in this file.
 */
import { readFileSync } from "node:fs";
import { clip, gd, grad, minimize, momentum, Path, type Tensor, tensor, vmap } from "steepest";
import { contourFigure } from "steepest/figures";
import { describe, expect, it } from "vitest";
import { banana, momentumDemonstration } from "../../src/lectures/d05-momentum-demonstration.js";
import { movingAverages } from "../../src/lectures/d17-moving-average.js";
import { expectAll, expectPrinted } from "./printed.js";

/** The trap, and the test that stands before it: its file under test/, and words of its title. */
const elsewhere: readonly (readonly [trap: string, file: string, title: string])[] = [
  ["Adam's correction left out", "optimizers/theory.test.ts", "3.16228 α in Adam without"],
  [
    "Adam's steps counted wrongly: under a constant gradient all of them are α",
    "optimizers/theory.test.ts",
    "are α g/(|g| + ε) in Adam, all of them",
  ],
  ["three conventions of momentum taken for one", "optimizers/rules.test.ts", "are one path while the rate is constant"],
  ["… which part under a schedule", "optimizers/rules.test.ts", "part under a schedule"],
  ["Nesterov's look-ahead taken for the shifted variable", "optimizers/rules.test.ts", "Nesterov's parameters are the look-ahead points"],
  ["the two look-aheads taken for one", "optimizers/theory.test.ts", "one step of each look-ahead"],
  ["ε inside and outside the root", "optimizers/rules.test.ts", "with ε inside and outside the root"],
  ["Adadelta dividing by the squares of the step before", "optimizers/defects.test.ts", "Adadelta divides by the mean square of this step"],
  [
    "filter normalisation applied twice, to biases too, with norms taken while scaling",
    "landscape/directions.test.ts",
    "are scaled once, filter by filter, and leave biases",
  ],
  ["slices that show the scale of the layers", "landscape/directions.test.ts", "has the same plane where directions are"],
  ["histories of objects that grow with every step", "descent/memory.test.ts", "hold no more memory than a thousand"],
  ["a saddle that plain descent is said never to leave", "optimizers/theory.test.ts", "steps until a descent has left the saddle"],
  ["curves thinned before they are smoothed", "figures/line-chart.test.ts", "thinning and smoothing"],
];

describe("traps that other tests keep out", () => {
  it.each(elsewhere)("%s", (_, file, title) => {
    expect(readFileSync(new URL(`../${file}`, import.meta.url), "utf8")).toContain(title);
  });
});

/** The banana over tensors, and its value by plain arithmetic. */
const traced = (p: Tensor): Tensor => {
  const [x, y] = [p.slice([0], [1]), p.slice([1], [1])];
  return x.neg().add(1).square().add(y.mul(3).sub(x.square()).square().mul(20)).sum();
};
const value = (x: number, y: number): number => (1 - x) * (1 - x) + 20 * (3 * y - x * x) * (3 * y - x * x);

/** Relative errors ‖ĝ − g‖/‖g‖ of a numerical gradient over a lattice of places, sorted. */
function errorsOf(numerical: (f: (t: number) => number) => number): number[] {
  const places = Array.from({ length: 400 }, (_, i) => [-2 + (4 * (i % 20)) / 19.3, -0.25 + (1.3 * Math.floor(i / 20)) / 19.7]);
  const exact = vmap((p: Tensor) => grad(traced)(p))(tensor(places)).data();
  return places
    .map(([x, y], i) => {
      const found = [numerical((t) => value(x + t, y)), numerical((t) => value(x, y + t))];
      const [gx, gy] = [exact[2 * i], exact[2 * i + 1]];
      return Math.hypot(found[0] - gx, found[1] - gy) / Math.hypot(gx, gy);
    })
    .sort((a, b) => a - b);
}
const central = (h: number) => errorsOf((f) => (f(h) - f(-h)) / (2 * h));
const forward = (h: number) => errorsOf((f) => (f(h) - f(0)) / h);
const middle = (sorted: readonly number[]) => sorted[sorted.length >> 1];

describe("traps that are measured here", () => {
  it("Adam's correction multiplied instead of divided: 10 times too long at first, 42.6 times at the tenth step", () => {
    const { numbers } = movingAverages.make();
    expectPrinted(numbers.adamFirstStep.corrected, "1.0000");
    expectAll([numbers.adamFirstStep.multipliedInstead, numbers.adamTenthStep.multipliedInstead], "10.00 42.6");
  });

  it("differences with h = 10⁻¹² are rounding: thousands of times worse than with 10⁻⁵", () => {
    const [tiny, usual] = [central(1e-12), central(1e-5)];
    // f is known to some 10⁻¹⁶ of its size, and that is divided by h: 10⁻⁴ of the size of f, which the gradient exceeds by a factor below a hundred.
    expect(middle(tiny)).toBeGreaterThan(1e-7);
    expect(tiny[Math.floor(0.99 * tiny.length)]).toBeGreaterThan(1e-5);
    // h²/6 of third derivatives, and rounding of 10⁻¹⁶/10⁻⁵.
    expect(middle(usual)).toBeLessThan(1e-9);
    expect(middle(tiny)).toBeGreaterThan(1e3 * middle(usual));
  });

  it("forward differences with h = 10⁻⁷ lose half the digits: ½ h f″ is left", () => {
    const [one, two] = [forward(1e-7), central(1e-5)];
    expect(middle(one)).toBeGreaterThan(1e-9);
    expect(middle(one)).toBeGreaterThan(10 * middle(two));
  });

  it("a gradient is never clipped unless that is asked for", () => {
    const start = 1e6;
    const [free, clipped] = [gd({ learningRate: 0.1 }), clip(gd({ learningRate: 0.1 }), { norm: 1 })].map(
      (optimizer) => minimize("x^2", start, { optimizer, steps: 1, tolerance: 0 }).solution,
    );
    expect(free).toBeCloseTo(start - 0.1 * 2 * start, 6);
    expect(clipped).toBeCloseTo(start - 0.1, 6);
  });

  it("the banana has its factor 3, so that its minimum is (1, ⅓)", () => {
    expect(banana).toBe("(1-x)^2 + 20(3y-x^2)^2");
    expectAll(momentumDemonstration.make().numbers.minimum, "1.0000000000 0.3333333333");
  });

  it("the velocity as a mean of gradients: the same path at 1/(1 − β) times the rate, another one at the same rate", () => {
    const last = (optimizer: ReturnType<typeof momentum>) =>
      minimize(banana, { x: -1.21, y: 0.853 }, { optimizer, steps: 60, tolerance: 0 }).solution;
    const sum = last(momentum({ learningRate: 0.0035, beta: 0.83 }));
    const converted = last(momentum({ learningRate: 0.0035 / (1 - 0.83), beta: 0.83, form: "mean" }));
    const same = last(momentum({ learningRate: 0.0035, beta: 0.83, form: "mean" }));
    // Sixty steps of a descent that forgets its start: what rounding there is dies away.
    expect(converted.x).toBeCloseTo(sum.x, 9);
    expect(Math.abs(same.x - sum.x)).toBeGreaterThan(0.1);
  });

  it("a path that leaves the picture is marked at its edge, not cut off silently", () => {
    const points = [
      [0, 0],
      [0.5, 0],
      [5, 0],
    ] as const;
    const figure = contourFigure({
      title: "t",
      f: (x, y) => x * x + y * y,
      window: { x: [-1, 1], y: [-1, 1] },
      trails: [{ name: "gd", points }],
    });
    expect(figure.toSvg()).toContain("<title>leaves the figure</title>");
  });

  it("paths are one array of numbers, eight bytes a step and coordinate", () => {
    const { path } = minimize("x^2 + y^2", [1, 1], { optimizer: gd({ learningRate: 0.1 }), steps: 1000, tolerance: 0, path: true });
    expect(path).toBeInstanceOf(Path);
    expect(path.data.byteLength).toBe(1001 * 2 * 8);
  });
});

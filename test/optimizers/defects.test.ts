/** Mistakes that were found in other libraries, and that must not be made here. */
import { adadelta, adam, amsgrad, momentum, nesterov, replay, rmsprop } from "steepest";
import { describe, expect, it } from "vitest";

const constant = (value: number, count: number) => Array.from({ length: count }, () => [value]);

describe("what went wrong elsewhere", () => {
  it("Adadelta divides by the mean square of this step, not of the one before", () => {
    // √ε/√(0.05 g² + ε) g; with the old mean square it would be √ε/√ε g = g.
    const [first] = replay(adadelta({ rho: 0.95, epsilon: 1e-6 }), { start: [1], gradients: [[2]] });
    expect(1 - first[0]).toBeCloseTo((2 * Math.sqrt(1e-6)) / Math.sqrt(0.05 * 4 + 1e-6), 14);
  });

  it.each([1, 0.1, 3e-5])(
    "centred RMSprop stays finite for 10,000 steps of the constant gradient %f, whose variance rounds to either side of 0",
    (g) => {
      for (const dtype of ["f64", "f32"] as const) {
        const rule = rmsprop({ learningRate: 1e-4, rho: 0.9, centered: true, epsilon: 1e-7, epsilonPlace: "inside" });
        const path = replay(rule, { start: [0], gradients: constant(g, 10_000), dtype });
        expect(path.length).toBe(10_000);
        expect(path.every(([x]) => Number.isFinite(x))).toBe(true);
        expect(path[9_999][0]).toBeLessThan(path[0][0]);
      }
    },
  );

  it("Nesterov's momentum differs from plain descent only where there is momentum", () => {
    const gradients = [[1], [0.5], [-2]];
    expect(replay(nesterov({ learningRate: 0.1, beta: 0 }), { start: [1], gradients })).toEqual(
      replay(momentum({ learningRate: 0.1, beta: 0 }), { start: [1], gradients }),
    );
    expect(replay(nesterov({ learningRate: 0.1, beta: 0.9 }), { start: [1], gradients })[0][0]).toBeCloseTo(1 - 0.1 * 1.9, 14);
  });

  it("Adam drifts to the wrong end of Reddi's example, AMSGrad does not", () => {
    // g = 1010 once in 101 steps, else −10: the sum over 101 steps is 10 > 0, so that −1 is best on [−1, 1].
    const gradients = Array.from({ length: 101 * 400 }, (_, t) => [t % 101 === 0 ? 1010 : -10]);
    const options = { learningRate: 0.005, beta1: 0, beta2: 0.9, epsilon: 1e-8 };
    const end = (rule: typeof adam | typeof amsgrad) => replay(rule(options), { start: [0], gradients }).at(-1)?.[0] ?? Number.NaN;
    expect(end(adam)).toBeGreaterThan(1);
    expect(end(amsgrad)).toBeLessThan(0);
  });
});

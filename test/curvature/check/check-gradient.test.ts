import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkGradient, differentiate } from "../../../src/curvature/index.js";

type Case = readonly [name: string, value: (t: Float64Array) => number, gradient: (t: Float64Array) => number[], theta: number[]];

const problem = ([, value, gradient]: Case) => ({ value, gradient: (t: Float64Array) => Float64Array.from(gradient(t)) });

const right: readonly Case[] = [
  [
    "Rosenbrock",
    ([x, y]) => 100 * (y - x * x) ** 2 + (1 - x) ** 2,
    ([x, y]) => [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)],
    [-1.2, 1],
  ],
  [
    "Rosenbrock at its minimum",
    ([x, y]) => 100 * (y - x * x) ** 2 + (1 - x) ** 2,
    ([x, y]) => [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)],
    [1, 1],
  ],
  ["a logarithm near the edge of its domain", ([x]) => Math.log(x), ([x]) => [1 / x], [1e-3]],
  ["a root near the edge of its domain", ([x]) => Math.sqrt(x), ([x]) => [0.5 / Math.sqrt(x)], [2e-3]],
  ["a steep exponential", ([x]) => Math.exp(10 * x), ([x]) => [10 * Math.exp(10 * x)], [2]],
  ["far from the origin", ([x]) => (x - 1e6) ** 2, ([x]) => [2 * (x - 1e6)], [1e6 + 3]],
  ["a fast wave", ([x]) => Math.sin(100 * x), ([x]) => [100 * Math.cos(100 * x)], [0.3]],
  ["a large constant beside", ([x]) => 1e6 + x * x, ([x]) => [2 * x], [0.7]],
  ["a constant", () => 3, () => [0], [2]],
  ["a coordinate that does not matter", ([x]) => x ** 3, ([x]) => [3 * x * x, 0], [2, 5]],
  ["relu away from its kink", ([x]) => Math.max(x, 0), ([x]) => [x > 0 ? 1 : 0], [1e-3]],
  ["|x| on the left", ([x]) => Math.abs(x), ([x]) => [Math.sign(x)], [-0.01]],
];

describe("checkGradient", () => {
  it.each(right)("passes %s", (...c) => {
    const check = checkGradient(problem(c), c[3]);
    expect(check.worst.filter((w) => w.verdict !== "pass")).toEqual([]);
    expect(check.verdict).toBe("pass");
    expect(check.maxRelativeError).toBeLessThan(1e-5);
  });

  it("raises no false alarm on random smooth functions", () => {
    const number = fc.integer({ min: -300, max: 300 }).map((n) => n / 100);
    fc.assert(
      fc.property(fc.array(number, { minLength: 3, maxLength: 3 }), number, number, (theta, a, b) => {
        const value = ([x, y, z]: Float64Array) => Math.sin(a * x * y) + Math.exp(b * Math.tanh(z)) * y * y + Math.log(1 + x * x * z * z);
        const gradient = ([x, y, z]: Float64Array) => {
          const t = Math.tanh(z);
          const d = 1 + x * x * z * z;
          return Float64Array.of(
            a * y * Math.cos(a * x * y) + (2 * x * z * z) / d,
            a * x * Math.cos(a * x * y) + 2 * Math.exp(b * t) * y,
            b * (1 - t * t) * Math.exp(b * t) * y * y + (2 * z * x * x) / d,
          );
        };
        expect(checkGradient({ value, gradient }, theta).verdict).toBe("pass");
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  const value = (t: Float64Array) => t.reduce((sum, x, i) => sum + Math.sin(x + i) + x * x, 0);
  const exact = (t: Float64Array) => t.map((x, i) => Math.cos(x + i) + 2 * x);
  const theta = [0.3, -1.1, 2.2, 0.9];

  it.each<[string, (g: Float64Array) => Float64Array, RegExp]>([
    ["a factor of two", (g) => g.map((x) => 2 * x), /All are 2 times/],
    ["a mean taken for a sum", (g) => g.map((x) => x / 4), /All are 0\.25 times/],
    ["the sign", (g) => g.map((x) => -x), /sign is reversed/],
    ["zero", (g) => g.map(() => 0), /All of them are 0/],
    ["one part in 10⁴ of one coordinate", (g) => g.with(2, g[2] * 1.0001), /1 of 4 derivatives[\s\S]*θ\[2\]/],
    ["two coordinates exchanged", (g) => Float64Array.of(g[1], g[0], g[2], g[3]), /2 of 4/],
    ["a term left out", (g) => g.map((x, i) => x - 2 * theta[i]), /4 of 4/],
    ["not a number", (g) => g.with(1, Number.NaN), /θ\[1\][\s\S]*NaN/],
    ["infinite", (g) => g.with(1, Number.POSITIVE_INFINITY), /Infinity/],
  ])("fails %s", (_, spoil, diagnosis) => {
    const check = checkGradient({ value, gradient: (t) => spoil(exact(t)) }, theta);
    expect(check.verdict).toBe("fail");
    expect(check.diagnosis).toMatch(diagnosis);
    expect(check.worst[0].verdict).toBe("fail");
  });

  it.each<[string, (x: number) => number, (x: number) => number, number, RegExp]>([
    ["relu at 0", (x) => Math.max(x, 0), () => 0, 0, /kink: slope 0 to the left, 1 to the right/],
    ["|x| at 0", (x) => Math.abs(x), () => 0, 0, /kink: slope -1 to the left, 1 to the right/],
    ["relu of a curve at its kink", (x) => Math.max(Math.expm1(x), 0) + x, () => 1, 0, /kink/],
    ["a jump", (x) => Math.floor(x), () => 0, 1, /no steady value/],
    ["noise", (x) => x + 0.01 * ((Math.abs(x) * 987654321.123) % 1), () => 1, 0.37, /no steady value/],
  ])("cannot tell at %s", (_, f, slope, x, reason) => {
    const check = checkGradient({ value: (t) => f(t[0]), gradient: (t) => Float64Array.of(slope(t[0])) }, [x]);
    expect(check.verdict).toBe("cannot-tell");
    expect(check.diagnosis).toMatch(reason);
  });

  it("fails at a kink if no slope in between is given", () => {
    expect(checkGradient({ value: (t) => Math.max(t[0], 0), gradient: () => Float64Array.of(-1) }, [0]).verdict).toBe("fail");
  });

  it("cannot tell where the function is not the same twice, or not finite", () => {
    let calls = 0;
    const drifting = checkGradient({ value: () => calls++, gradient: () => Float64Array.of(0) }, [1]);
    expect([drifting.verdict, drifting.diagnosis]).toEqual(["cannot-tell", expect.stringMatching(/value differs between two evaluations/)]);
    const endless = checkGradient({ value: ([x]) => Math.log(x), gradient: () => Float64Array.of(0) }, [0]);
    expect([endless.verdict, endless.diagnosis]).toEqual(["cannot-tell", expect.stringMatching(/-Infinity/)]);
  });

  it("names coordinates, lists the worst first and draws a part of many", () => {
    const names = theta.map((_, i) => `w${i}`);
    const check = checkGradient({ value, gradient: (t) => exact(t).with(3, 50).with(1, 9), names }, theta, { worst: 2 });
    expect(check.worst.map((w) => w.name)).toEqual(
      ["w1", "w3"].sort((a, b) => (a === check.worst[0].name ? -1 : b === check.worst[0].name ? 1 : 0)),
    );
    expect(check.worst[0].relativeError).toBeGreaterThanOrEqual(check.worst[1].relativeError);
    const many = checkGradient({ value, gradient: exact }, new Float64Array(1000).fill(0.4), {});
    expect([many.checked, many.coordinates, many.verdict]).toEqual([200, 1000, "pass"]);
  });

  it("leaves θ as it was, whatever the function does to its argument", () => {
    const point = Float64Array.from(theta);
    const spoiling = (t: Float64Array) => {
      const v = value(t);
      t.fill(99);
      return v;
    };
    expect(checkGradient({ value: spoiling, gradient: exact }, point).verdict).toBe("pass");
    expect([...point]).toEqual(theta);
  });

  it("refuses a gradient of another length, and coordinates that do not exist", () => {
    expect(() => checkGradient({ value, gradient: () => new Float64Array(3) }, theta)).toThrow(/4 numbers[\s\S]*3/);
    expect(() => checkGradient({ value, gradient: exact }, theta, { coordinates: [4] })).toThrow(/0 to 3[\s\S]*4/);
  });
});

describe("differentiate", () => {
  it.each<[string, (x: number) => number, number, number]>([
    ["sin at 1", Math.sin, 1, Math.cos(1)],
    ["exp at 0", Math.exp, 0, 1],
    ["1/x at 0.01", (x) => 1 / x, 0.01, -1e4],
    ["x³ at 0", (x) => x ** 3, 0, 0],
    ["atan at 30", Math.atan, 30, 1 / 901],
  ])("%s: the error it states covers the true one and is small", (_, f, x, exact) => {
    const { value, error, kink } = differentiate(f, x);
    expect(Math.abs(value - exact)).toBeLessThanOrEqual(error);
    expect(error).toBeLessThan(1e-8 * Math.max(1, Math.abs(exact)));
    expect(kink).toBeUndefined();
  });
});

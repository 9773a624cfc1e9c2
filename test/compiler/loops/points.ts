/** Where the elementary functions are measured: ranges, and points that are spread evenly and over all exponents. */
import type { MathName } from "../../../src/compiler/loops/math/index.js";
import type { FloatDType } from "./evaluate.js";

export interface Case {
  readonly name: MathName;
  readonly domain: string;
  /** As many points, always the same ones. */
  sample(count: number): { x: number[]; y: number[] };
}

/** A small generator of uniform numbers in [0, 1) (xorshift), so that every run measures the same points. */
export function uniform(seed: number): () => number {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  for (let i = 0; i < 8; i++) next();
  return () => (next() * 2 ** 21 + (next() >>> 11)) / 2 ** 53;
}

export function cases(dtype: FloatDType): Case[] {
  const single = dtype === "f32";
  const round = single ? Math.fround : (x: number): number => x;
  const least = single ? -149 : -1074;
  const greatest = single ? 127 : 1023;
  const epsilon = single ? 2 ** -23 : 2 ** -52;

  const between = (low: number, high: number, random: () => number): number => {
    if (random() < 0.5) return round(low + (high - low) * random());
    // Uniform over exponents, within the range.
    const bound = random() * (high - low) + low < 0 ? low : high;
    const top = Math.log2(Math.abs(bound) || 1);
    // Down to the least magnitude of the range, or far down where zero lies within.
    const floor = low > 0 ? Math.log2(low) : Math.max(least, top - (single ? 60 : 120));
    const exponent = Math.floor(floor + (top - floor) * random());
    const value = round((1 + random()) * 2 ** Math.max(exponent, least) * Math.sign(bound || 1));
    return value >= low && value <= high ? value : round(low + (high - low) * random());
  };
  const of = (name: MathName, domain: string, low: number, high: number, extra: readonly number[] = []): Case => ({
    name,
    domain,
    sample: (count) => {
      const random = uniform(name.length * 31 + name.charCodeAt(0) + high);
      const x = [low, high, ...extra].map(round);
      while (x.length < count) x.push(between(low, high, random));
      return { x, y: x };
    },
  });
  const near = (centre: number): number[] => Array.from({ length: 41 }, (_, i) => centre * (1 + (i - 20) * epsilon));
  const turns = Array.from({ length: 400 }, (_, i) => near((Math.PI / 2) * (i < 200 ? i + 1 : (i - 199) * 5000)).slice(18, 23)).flat();
  // The float64 numbers up to 1.6·10⁶ that lie nearest to multiples of π/2, found by trying all of those.
  const nearest = [45.553093477052, 91.106186954104, 182.212373908208, 364.424747816416, 728.849495632832, 1457.698991265664];
  const power = (domain: string, draw: (random: () => number) => [number, number]): Case => ({
    name: "pow",
    domain,
    sample: (count) => {
      const random = uniform(domain.length);
      const x: number[] = [];
      const y: number[] = [];
      while (x.length < count) {
        const [a, b] = draw(random);
        x.push(round(a));
        y.push(round(b));
      }
      return { x, y };
    },
  });
  const [low, high] = single ? [-87.3, 88.7228] : [-708.39, 709.7827];
  return [
    of("exp", "normal results", low, high, near(Math.LN2 / 2)),
    of("exp", "subnormal results", single ? -103.97 : -745.13, low),
    of("expm1", "x ≥ −40", -40, high, near(Math.LN2 / 2)),
    of("expm1", "|x| ≤ 1", -1, 1),
    of("log", "positive numbers", single ? 2 ** -149 : 2 ** -1074, single ? 3.4e38 : 1.79e308),
    of("log", "½ … 2", 0.5, 2, [...near(1), ...near(Math.SQRT1_2), ...near(Math.SQRT2)]),
    of("log1p", "x > −1", -1 + epsilon, single ? 3.4e38 : 1.79e308),
    of("log1p", "|x| ≤ ½", -0.5, 0.5, [...near(-0.29289), ...near(0.41421356)]),
    of("sin", "|x| ≤ 10", -10, 10, [...turns.slice(0, 30), ...nearest]),
    of("sin", "|x| ≤ 1.6·10⁶", -1.6e6, 1.6e6, [...turns, ...nearest]),
    of("cos", "|x| ≤ 10", -10, 10, [...turns.slice(0, 30), ...nearest]),
    of("cos", "|x| ≤ 1.6·10⁶", -1.6e6, 1.6e6, [...turns, ...nearest]),
    of("tan", "|x| ≤ 10", -10, 10, [...turns.slice(0, 30), ...nearest]),
    of("tan", "|x| ≤ 1.6·10⁶", -1.6e6, 1.6e6, [...turns, ...nearest]),
    of("tanh", "all", -25, 25, [...near(0.625), ...near(9.01)]),
    of("atan", "all", -1000, 1000, [-1e30, 1e30, ...near(1e8)]),
    of("atan", "|x| ≤ 4", -4, 4, [...near(0.41421356), ...near(2.41421356), ...near(1)]),
    of("erf", "all", -7, 7, near(1)),
    power("any x, moderate results", (random) => {
      const x = (1 + random()) * 2 ** Math.floor((greatest - least - 30) * random() + least + 25);
      return [x, ((random() - 0.5) * 2 * (single ? 80 : 690)) / (Math.abs(Math.log(x)) + 0.01)];
    }),
    power("x near 1, any result", (random) => [1 + (random() - 0.5) * 2 ** -Math.floor(random() * 20), (random() - 0.5) * 2000]),
    power("x < 0, whole y", (random) => [-random() * 20, Math.floor((random() - 0.5) * 40)]),
  ];
}

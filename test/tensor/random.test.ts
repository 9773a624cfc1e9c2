import { describe, expect, it } from "vitest";
import {
  exactOrderLog,
  hashText,
  RandomStream,
  streamKey,
  threefry2x32,
  turnSinCos,
  uniform24,
  uniform53,
} from "../../src/tensor/random.js";
import { chiSquare, quantile999 } from "./chi-square.js";

describe("threefry2x32", () => {
  // The known-answer vectors of the Random123 distribution (kat_vectors, threefry2x32 20).
  it.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])("key %#x %#x, counter %#x %#x", (key0, key1, counter0, counter1, first, second) => {
    expect(threefry2x32(key0, key1, counter0, counter1)).toEqual([first, second]);
  });
});

describe("streams", () => {
  it("hash their purpose by FNV-1a", () => {
    // Published FNV-1a test vectors.
    expect(hashText("")).toBe(0x811c9dc5);
    expect(hashText("a")).toBe(0xe40c292c);
    expect(hashText("foobar")).toBe(0xbf9cf968);
  });

  it("differ by seed, both halves of it, by purpose and by index", () => {
    const keys = [streamKey(1, "a"), streamKey(2, "a"), streamKey(1 + 2 ** 32, "a"), streamKey(1, "b"), streamKey(1, "a", 1)];
    expect(new Set(keys.map(String)).size).toBe(keys.length);
  });

  it("read the blocks of their key in order", () => {
    const random = new RandomStream(7, "x", 3);
    const [key0, key1] = streamKey(7, "x", 3);
    const words = [random.word(), random.word(), random.word(), random.word()];
    expect(words).toEqual([...threefry2x32(key0, key1, 0, 0), ...threefry2x32(key0, key1, 1, 0)]);
  });

  it("refuse seeds that are no whole numbers", () => {
    expect(() => new RandomStream(1.5, "x")).toThrow(/seed.*\n.*0 to 2⁵³/);
    expect(() => new RandomStream(-1, "x")).toThrow(/received: -1/);
    expect(() => new RandomStream(1, "x", 2 ** 32)).toThrow(/index of the random stream "x"/);
  });
});

describe("uniform numbers", () => {
  it("use the top bits, and never reach 1", () => {
    expect(uniform24(0xffffffff)).toBe(1 - 2 ** -24);
    expect(Math.fround(uniform24(0xffffffff))).toBe(uniform24(0xffffffff));
    expect(uniform53(0xffffffff, 0xffffffff)).toBe(1 - 2 ** -53);
    expect(uniform53(0x80000000, 0)).toBe(0.5);
  });

  it("fill the unit interval evenly", () => {
    const random = new RandomStream(1, "uniform");
    const cells = new Array<number>(64).fill(0);
    const draws = 64_000;
    for (let i = 0; i < draws; i++) cells[Math.floor(random.uniform() * 64)]++;
    expect(chiSquare(cells, draws / 64)).toBeLessThan(quantile999(63));
  });
});

describe("logarithm, sine and cosine", () => {
  it("agree with the engine's to a few units in the last place", () => {
    const random = new RandomStream(2, "arguments");
    let worstLog = 0;
    let worstTurn = 0;
    for (let i = 0; i < 50_000; i++) {
      const u = random.uniform();
      const x = i % 2 === 0 ? 1 - u : u * 2 ** -(i % 50) + 2 ** -53;
      worstLog = Math.max(worstLog, Math.abs(exactOrderLog(x) - Math.log(x)) / Math.max(Math.abs(Math.log(x)), 2 ** -1022));
      const { sin, cos } = turnSinCos(u);
      worstTurn = Math.max(worstTurn, Math.abs(sin - Math.sin(2 * Math.PI * u)), Math.abs(cos - Math.cos(2 * Math.PI * u)));
    }
    expect(worstLog).toBeLessThan(4 * 2 ** -53);
    // The reference rounds 2πu, up to 2π: half a unit there is 4 · 2⁻⁵³.
    expect(worstTurn).toBeLessThan(8 * 2 ** -53);
  });

  it("are exact where exactness is possible", () => {
    expect(exactOrderLog(1)).toBe(0);
    expect([0, 0.25, 0.5, 0.75, 1].map((turn) => turnSinCos(turn).cos)).toEqual([1, -0, -1, 0, 1]);
    expect([0, 0.25, 0.5, 0.75].map((turn) => turnSinCos(turn).sin)).toEqual([0, 1, -0, -1]);
  });
});

describe("normal numbers", () => {
  it("have the moments and tails of the normal distribution", () => {
    const random = new RandomStream(3, "normal");
    const n = 200_000;
    const moments = [0, 0, 0, 0];
    let beyond2 = 0;
    for (let i = 0; i < n; i++) {
      const x = random.normal();
      moments[0] += x;
      moments[1] += x * x;
      moments[2] += x * x * x;
      moments[3] += x * x * x * x;
      if (Math.abs(x) > 2) beyond2++;
    }
    // E x, x², x³, x⁴ = 0, 1, 0, 3 with variances 1, 2, 15, 96; four standard errors each.
    [0, 1, 0, 3].forEach((expected, i) => {
      const error = 4 * Math.sqrt([1, 2, 15, 96][i] / n);
      expect(Math.abs(moments[i] / n - expected)).toBeLessThan(error);
    });
    const p = 0.04550026389635842;
    expect(Math.abs(beyond2 / n - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
  });
});

describe("whole numbers and permutations", () => {
  it("are equally likely", () => {
    const random = new RandomStream(4, "integer");
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]++;
    expect(chiSquare(counts, 10_000)).toBeLessThan(quantile999(6));
  });

  it("draw again rather than favour the low numbers", () => {
    // Of 3 · 2³⁰ numbers, taking the remainder of 32 bits would make the lowest third twice as likely as the others.
    const random = new RandomStream(4, "large");
    let low = 0;
    for (let i = 0; i < 9_000; i++) if (random.integer(3 * 2 ** 30) < 2 ** 30) low++;
    expect(Math.abs(low - 3_000)).toBeLessThan(4 * Math.sqrt(9_000 * (1 / 3) * (2 / 3)));
  });

  it("come in every order", () => {
    const random = new RandomStream(5, "permutation");
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = random.permutation(4).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()], 1_000)).toBeLessThan(quantile999(23));
  });
});

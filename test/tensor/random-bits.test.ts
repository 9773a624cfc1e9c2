import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { tensor } from "../../src/tensor/create.js";
import { streamKey, threefry2x32, uniform24 } from "../../src/tensor/random.js";
import { chance, literalSeed, recordBits, threefry, tracedStreamKey, uniformFromBits } from "../../src/tensor/random-bits.js";

const words = (...values: number[]) => tensor(Uint32Array.from(values));
const scalar = (value: number) => tensor(Uint32Array.of(value), { shape: [] });

describe("the traced generator", () => {
  // The known-answer vectors of the Random123 distribution for threefry2x32 with 20 rounds.
  it.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])("threefry under key %d %d", (key0, key1, counter0, counter1, first, second) => {
    const traced = threefry([scalar(key0), scalar(key1)], words(counter0), words(counter1));
    expect(interpret(traced).map(([value]) => value)).toEqual([first, second]);
  });

  it("gives the integers of the host's generator", () => {
    const seed = 2 ** 40 + 12345;
    const key = tracedStreamKey(literalSeed(seed), "dropout1", 17);
    const host = streamKey(seed, "dropout1", 17);
    expect(interpret(key).map(([value]) => value)).toEqual([...host]);
    const expected = [0, 1, 2].flatMap((record) => [0, 1, 2, 3].map((element) => threefry2x32(host[0], host[1], element, record)[0]));
    const bits = recordBits(key, [3, 2, 2]);
    expect(bits.dtype).toBe("u32");
    expect([...interpret([bits])[0]]).toEqual(expected);
    expect([...interpret([uniformFromBits(bits, "f64")])[0]]).toEqual(expected.map(uniform24));
  });

  it("takes the step as a tensor", () => {
    expect(interpret(tracedStreamKey(literalSeed(3), "x", scalar(9))).map(([value]) => value)).toEqual([...streamKey(3, "x", 9)]);
  });

  it("gives a record the same bits whatever batch it is in", () => {
    const key = tracedStreamKey(literalSeed(3), "x");
    const all = [...interpret([recordBits(key, [8, 5])])[0]];
    const some = [...interpret([recordBits(key, [2, 5], words(6, 1))])[0]];
    expect(some).toEqual([...all.slice(30, 35), ...all.slice(5, 10)]);
  });

  it("chance compares the upper 24 bits", () => {
    const half = chance(words(0, 0x7fffffff, 0x80000000, 0xffffffff), 0.5);
    expect([...interpret([half])[0]]).toEqual([1, 1, 0, 0]);
    expect([...interpret([chance(words(0, 0xffffffff), 1)])[0]]).toEqual([1, 1]);
    expect([...interpret([chance(words(0, 0xffffffff), 0)])[0]]).toEqual([0, 0]);
  });
});

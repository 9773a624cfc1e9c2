import { describe, expect, it } from "vitest";
import { epochOrder, mix32, shuffledIndex, shuffleRounds } from "../../src/tensor/permutation.js";
import { chiSquare, quantile999 } from "./chi-square.js";

describe("the shuffle of an epoch", () => {
  it("holds every record once, whatever their number", () => {
    const counts = [...Array.from({ length: 70 }, (_, i) => i + 1), 127, 128, 129, 1000, 1024, 4099, 60_000];
    for (const count of counts) {
      const seen = new Uint8Array(count);
      for (const record of epochOrder(11, 3, count)) seen[record]++;
      expect(seen.every((times) => times === 1)).toBe(true);
    }
  });

  it("reaches every order of few records equally often", () => {
    for (const [count, orders] of [
      [2, 2],
      [3, 6],
      [4, 24],
      [5, 120],
    ]) {
      const times = new Map<string, number>();
      for (let epoch = 0; epoch < 200 * orders; epoch++) {
        const order = epochOrder(1, epoch, count).join("");
        times.set(order, (times.get(order) ?? 0) + 1);
      }
      expect(times.size).toBe(orders);
      expect(chiSquare([...times.values()], 200)).toBeLessThan(quantile999(orders - 1));
    }
  });

  it("sends each record of many to each place equally often, neighbours apart", () => {
    const count = 101;
    const epochs = 10_100;
    const places = new Array<number>(count).fill(0);
    const differences = new Array<number>(count - 1).fill(0);
    for (let epoch = 0; epoch < epochs; epoch++) {
      const rounds = shuffleRounds(5, epoch, count);
      const first = shuffledIndex(rounds, 40);
      places[first]++;
      differences[((shuffledIndex(rounds, 41) - first + count) % count) - 1]++;
    }
    expect(chiSquare(places, epochs / places.length)).toBeLessThan(quantile999(count - 1));
    expect(chiSquare(differences, epochs / differences.length)).toBeLessThan(quantile999(count - 2));
  });

  it("leaves about one record in place, as a random permutation does", () => {
    let fixed = 0;
    for (let epoch = 0; epoch < 400; epoch++) fixed += epochOrder(2, epoch, 500).filter((record, place) => record === place).length;
    // The number of fixed points has mean 1 and variance 1.
    expect(Math.abs(fixed - 400)).toBeLessThan(4 * Math.sqrt(400));
  });

  it("differs by seed and by epoch, and by nothing else", () => {
    const order = epochOrder(1, 0, 100).join();
    expect(epochOrder(1, 0, 100).join()).toBe(order);
    expect(epochOrder(1, 1, 100).join()).not.toBe(order);
    expect(epochOrder(2, 0, 100).join()).not.toBe(order);
  });

  it("mixes with the published constants", () => {
    // Computed from the formula in exact integer arithmetic (Python).
    expect([0, 1, 2, 0xdeadbeef, 0xffffffff].map(mix32)).toEqual(MIXED);
  });

  it("refuses what cannot be shuffled", () => {
    expect(() => shuffleRounds(1, 0, 0)).toThrow(/from 1 to 2³¹ records/);
  });
});

const MIXED = [0x0, 0x688990c0, 0xd1132181, 0xe628c683, 0x6768824a];

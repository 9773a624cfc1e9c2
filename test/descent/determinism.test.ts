import { describe, expect, it } from "vitest";
import { hashOf } from "../backends/threads/network.js";
import { trainOnDigits, WEIGHTS_AFTER_ONE_EPOCH } from "./digits-network.js";

describe("an epoch on the digits ends at the same weights", () => {
  it.each([1, 2, 3])("with %i threads, as in browsers and in earlier versions", async (threads) => {
    const run = await trainOnDigits(threads);
    // 540 records: 8 batches of 64 and one of 28
    expect(run.steps).toBe(9);
    expect(hashOf(run.theta)).toBe(WEIGHTS_AFTER_ONE_EPOCH);
  });
});

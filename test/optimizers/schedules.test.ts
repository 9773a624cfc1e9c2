import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import type { Schedule } from "../../src/optimizers/optimizer.js";
import { constantRate } from "../../src/optimizers/schedules/constant.js";
import { cosine } from "../../src/optimizers/schedules/cosine.js";
import { exponential, inverseTime } from "../../src/optimizers/schedules/decay.js";
import { parseSchedule } from "../../src/optimizers/schedules/parse.js";
import { stepDecay } from "../../src/optimizers/schedules/step-decay.js";
import { warmup } from "../../src/optimizers/schedules/warmup.js";
import { weakNumber } from "../../src/tensor/tensor.js";

const rateAt = (schedule: Schedule, step: number, totalSteps = 100, stepsPerEpoch = 10): number => {
  const rate = schedule.rate({ step: weakNumber(step), totalSteps: weakNumber(totalSteps), stepsPerEpoch: weakNumber(stepsPerEpoch) });
  expect(rate.shape).toEqual([]);
  // It must adapt to a θ of float32.
  expect(rate.weak).toBe(true);
  return interpret([rate])[0][0];
};

const near = (schedule: Schedule, expected: Readonly<Record<number, number>>) => {
  for (const [step, rate] of Object.entries(expected)) expect(rateAt(schedule, Number(step)), `step ${step}`).toBeCloseTo(rate, 14);
};

// Numbers by hand, or to 16 digits from Python's math module.
describe("schedules", () => {
  it("constant", () => near(constantRate(0.3), { 0: 0.3, 99: 0.3 }));

  it("step decay falls at step `every`, not one later", () =>
    near(stepDecay(0.8, { every: 10, factor: 0.5 }), { 0: 0.8, 9: 0.8, 10: 0.4, 19: 0.4, 20: 0.2, 35: 0.1 }));

  it("step decay by epochs", () => near(stepDecay(1, { every: 2, factor: 0.1, per: "epoch" }), { 0: 1, 19: 1, 20: 0.1, 40: 0.01 }));

  it("exponential: 0.1 e^(−0.05 t)", () =>
    near(exponential(0.1, { decay: 0.05 }), { 0: 0.1, 1: 0.0951229424500714, 20: 0.03678794411714423, 60: 0.004978706836786394 }));

  it("exponential by epochs", () => near(exponential(0.1, { decay: 0.5, per: "epoch" }), { 0: 0.1, 20: 0.03678794411714423 }));

  it("1/t", () => near(inverseTime(0.6, { decay: 0.1 }), { 0: 0.6, 10: 0.3, 50: 0.1 }));

  it("cosine: ½(1 + cos πt/T), level after T", () => {
    near(cosine(2), { 0: 2, 25: 1.7071067811865475, 50: 1, 75: 0.2928932188134525, 100: 0, 150: 0 });
    near(cosine(2, { final: 1, steps: 50 }), { 0: 2, 25: 1.5, 50: 1, 99: 1 });
  });

  it("warm-up rises to the full rate at its last step, then the other counts from 0", () => {
    near(warmup(0.5, { steps: 5 }), { 0: 0.1, 1: 0.2, 4: 0.5, 5: 0.5, 90: 0.5 });
    // 20 steps of rise, 80 of cosine: its middle is step 60.
    near(warmup(cosine(2), { steps: 20 }), { 0: 0.1, 9: 1, 19: 2, 20: 2, 60: 1, 100: 0 });
    near(warmup(stepDecay(1, { every: 10 }), { steps: 4 }), { 3: 1, 13: 1, 14: 0.5, 24: 0.25 });
  });

  it("refuses what cannot be meant", () => {
    expect(() => stepDecay(0.1, { every: 10, factor: 2 })).toThrow(/to divide by 2, write 0\.5/);
    expect(() => stepDecay(0.1, { every: 0 })).toThrow(/every of stepDecay/);
    expect(() => exponential(0.1, { decay: -1 })).toThrow(/decay of exponential/);
    expect(() => cosine(Number.NaN)).toThrow(/initial of cosine/);
    expect(() => warmup(0.1, { steps: 2.5 })).toThrow(/whole number/);
  });
});

describe("schedules from text", () => {
  it.each([
    ["constant", constantRate(0.1)],
    ["cosine", cosine(0.1)],
    ["cosine:0.01", cosine(0.1, { final: 0.01 })],
    ["step:20:0.5", stepDecay(0.1, { every: 20, factor: 0.5 })],
    ["step:2:0.5:epoch", stepDecay(0.1, { every: 2, factor: 0.5, per: "epoch" })],
    ["exponential:0.01", exponential(0.1, { decay: 0.01 })],
    ["1/t:0.1", inverseTime(0.1, { decay: 0.1 })],
    ["1/t:0.1:epoch", inverseTime(0.1, { decay: 0.1, per: "epoch" })],
    ["warmup:50", warmup(0.1, { steps: 50 })],
    ["warmup:50:cosine:0.02", warmup(cosine(0.1, { final: 0.02 }), { steps: 50 })],
  ])("%s", (text, expected) => {
    const read = parseSchedule(text, 0.1);
    for (const step of [0, 7, 19, 20, 49, 50, 80]) expect(rateAt(read, step)).toBe(rateAt(expected, step));
  });

  it.each([
    ["cosin", /did you mean cosine/],
    ["steps:10:0.5", /did you mean step:EVERY:FACTOR/],
    ["step:10", /expected: +step:EVERY:FACTOR/],
    ["step:ten:0.5", /"ten" in the schedule[\s\S]*not a number/],
    ["exponential:", /not a number/],
    ["1/t", /1\/t:K/],
    ["warmup", /warmup:STEPS\[:SCHEDULE\]/],
    ["", /there is no schedule/],
  ])("%j is explained", (text, message) => {
    expect(() => parseSchedule(text, 0.1)).toThrow(message);
  });
});

/** Schedules give the rates of PyTorch's schedulers. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import {
  cosine,
  cosineRestarts,
  cyclic,
  exponential,
  joinSchedules,
  multiStep,
  oneCycle,
  parseSchedule,
  piecewise,
  polynomial,
  reduceOnPlateau,
  type Schedule,
  stepDecay,
  warmup,
} from "../../src/optimizers/index.js";
import { PlateauWatch, plateauWatch } from "../../src/optimizers/schedules/plateau.js";
import { weakNumber } from "../../src/tensor/tensor.js";

interface Fixture {
  readonly losses: readonly number[];
  readonly rates: Readonly<Record<string, readonly number[]>>;
}

const fixture: Fixture = JSON.parse(readFileSync(new URL("../fixtures/schedules/rates.json", import.meta.url), "utf8"));

const ratesOf = (schedule: Schedule, steps: number, totalSteps = steps, stepsPerEpoch = 10): number[] =>
  interpret(
    Array.from({ length: steps }, (_, step) => {
      const context = { step: weakNumber(step), totalSteps: weakNumber(totalSteps), stepsPerEpoch: weakNumber(stepsPerEpoch) };
      const rate = schedule.rate(context);
      // It must adapt to a θ of float32.
      expect(rate.weak).toBe(true);
      return rate;
    }),
  ).map(([rate]) => rate);

const close = (ours: readonly number[], theirs: readonly number[]) => {
  expect(ours.length).toBe(theirs.length);
  // Rates here are at most 0.4; rounding of a product of 60 factors is below 1e-14.
  for (const [t, rate] of theirs.entries()) expect(Math.abs(ours[t] - rate), `step ${t}: ${ours[t]} for ${rate}`).toBeLessThan(1e-14);
};

describe("PyTorch's rates", () => {
  const ours: Readonly<Record<string, Schedule>> = {
    step: stepDecay(0.4, { every: 7, factor: 0.5 }),
    multiStep: multiStep(0.4, { at: [5, 20, 21, 50], factor: 0.3 }),
    exponential: exponential(0.4, { decay: 0.05 }),
    polynomial: polynomial(0.4, { steps: 50 }),
    "polynomial, square": polynomial(0.4, { power: 2 }),
    cosine: cosine(0.4, { final: 0.01 }),
    restarts: cosineRestarts(0.4, { cycle: 7 }),
    "restarts, growing": cosineRestarts(0.4, { cycle: 3, growth: 3, final: 0.1 }),
    "restarts, doubling": cosineRestarts(0.4, { cycle: 1, growth: 2 }),
    "one cycle": oneCycle(0.4, { steps: 61 }),
    "one cycle, linear": oneCycle(0.4, { steps: 61, rise: 0.45, form: "linear", startDivisor: 10, endDivisor: 100 }),
    cyclic: cyclic(0.1, { high: 0.4, rise: 8 }),
    "cyclic, halving": cyclic(0.1, { high: 0.4, rise: 4, fall: 9, form: "halving" }),
    "cyclic, exponential": cyclic(0.1, { high: 0.4, rise: 8, form: "exponential", factor: 0.95 }),
    "warm-up": warmup(0.4, { steps: 12, from: 0.25 }),
    joined: joinSchedules([
      { rate: 0.2, steps: 10 },
      { rate: stepDecay(0.4, { every: 5, factor: 0.5 }), steps: 23 },
      { rate: exponential(0.4, { decay: 0.1 }) },
    ]),
  };
  it.each(Object.entries(ours))("%s", (name, schedule) => close(ratesOf(schedule, 60), fixture.rates[name]));

  it("on a plateau", () => {
    const watch = plateauWatch({
      learningRate: reduceOnPlateau(0.4, { factor: 0.5, patience: 4, threshold: 1e-3, cooldown: 3, minimum: 0.06 }),
    });
    const rates = fixture.losses.map((loss) => {
      const rate = 0.4 * (watch?.scale ?? Number.NaN);
      watch?.look(loss);
      return rate;
    });
    close(rates, fixture.rates.plateau);
    expect(new Set(rates).size).toBeGreaterThan(3);
  });
});

describe("schedules in closed form", () => {
  it("by points, constant and in straight lines", () => {
    const points = [
      [2, 1],
      [4, 3],
      [8, 0.5],
    ] as const;
    expect(ratesOf(piecewise(points), 10)).toEqual([1, 1, 1, 1, 3, 3, 3, 3, 0.5, 0.5]);
    expect(ratesOf(piecewise(points, { form: "linear" }), 10)).toEqual([1, 1, 1, 2, 3, 2.375, 1.75, 1.125, 0.5, 0.5]);
    expect(
      ratesOf(
        piecewise(
          [
            [0, 1],
            [2, 0.5],
          ],
          { per: "epoch" },
        ),
        30,
      )[19],
    ).toBe(1);
    expect(
      ratesOf(
        piecewise(
          [
            [0, 1],
            [2, 0.5],
          ],
          { per: "epoch" },
        ),
        30,
      )[20],
    ).toBe(0.5);
  });

  it("restarts are never missed by rounding, for many lengths and growths", () => {
    for (const [cycle, growth] of [
      [1, 2],
      [3, 3],
      [10, 2],
      [7, 5],
      [97, 2],
    ] as const) {
      let [start, length] = [0, cycle as number];
      const steps: number[] = [];
      while (start < 200_000) {
        if (start > 0) steps.push(start - 1);
        steps.push(start);
        start += length;
        length *= growth;
      }
      const schedule = cosineRestarts(1, { cycle, growth });
      const at = (step: number) => schedule.rate({ step: weakNumber(step), totalSteps: weakNumber(1), stepsPerEpoch: weakNumber(1) });
      const rates = interpret(steps.map(at)).map(([rate]) => rate);
      for (const [i, step] of steps.entries()) {
        const isStart = i % 2 === 0;
        if (isStart) expect(rates[i], `${cycle} ${growth}: step ${step}`).toBe(1);
        // The last step of a cycle of one step is its first.
        else if (!(cycle === 1 && i === 1)) expect(rates[i], `${cycle} ${growth}: step ${step}`).toBeLessThan(0.8);
      }
    }
  });

  it("one cycle of a run of one, two or three steps has finite rates", () => {
    for (const total of [1, 2, 3]) for (const rate of ratesOf(oneCycle(0.4), total)) expect(rate >= 0 && rate <= 0.4).toBe(true);
  });

  it("a joined part takes its own length for the whole", () => {
    const rates = ratesOf(joinSchedules([{ rate: polynomial(1), steps: 4 }, { rate: polynomial(8) }]), 12);
    expect(rates).toEqual([1, 0.75, 0.5, 0.25, 8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it("a plateau's looks that are no number are no progress, and losses below 0 are judged by their size", () => {
    const settings = { initial: 1, factor: 0.5, patience: 1, threshold: 0.1, cooldown: 0, minimum: 0, every: 1 };
    const silent = new PlateauWatch(settings);
    expect([1, Number.NaN, Number.NaN].map((loss) => silent.look(loss))).toEqual([false, false, true]);
    // −10.5 is not 10 % below −10; −11.5 is.
    const below = new PlateauWatch(settings);
    expect([-10, -10.5, -11.5, -11.6, -11.7].map((loss) => below.look(loss))).toEqual([false, false, false, false, true]);
  });

  it("from text are what the functions give", () => {
    for (const [text, expected] of [
      ["restarts:7", cosineRestarts(0.1, { cycle: 7 })],
      ["restarts:7:2", cosineRestarts(0.1, { cycle: 7, growth: 2 })],
      ["restarts:1:2:epoch", cosineRestarts(0.1, { cycle: 1, growth: 2, per: "epoch" })],
      ["multistep:5,20:0.5", multiStep(0.1, { at: [5, 20], factor: 0.5 })],
      ["multistep:1,3:epoch", multiStep(0.1, { at: [1, 3], per: "epoch" })],
      [
        "piecewise:5=0.2,9=0.01",
        piecewise([
          [0, 0.1],
          [5, 0.2],
          [9, 0.01],
        ]),
      ],
      ["polynomial", polynomial(0.1)],
      ["polynomial:2:0.01", polynomial(0.1, { power: 2, final: 0.01 })],
      ["onecycle", oneCycle(0.1)],
      ["onecycle:0.5", oneCycle(0.1, { rise: 0.5 })],
      ["cyclic:0.5:4", cyclic(0.1, { high: 0.5, rise: 4 })],
      ["plateau:0.5:3", reduceOnPlateau(0.1, { factor: 0.5, patience: 3 })],
      [
        "10:constant;5:cosine;1/t:0.1",
        joinSchedules([
          { rate: 0.1, steps: 10 },
          { rate: joinSchedules([{ rate: cosine(0.1), steps: 5 }, { rate: parseSchedule("1/t:0.1", 0.1) }]) },
        ]),
      ],
    ] as const) {
      const read = parseSchedule(text, 0.1);
      expect(ratesOf(read, 40), text).toEqual(ratesOf(expected, 40));
      expect(read.plateau).toEqual(expected.plateau);
    }
    expect(() => parseSchedule("multistep:5,x", 0.1)).toThrow(/"x" in the schedule/);
    expect(() => parseSchedule("piecewise:5", 0.1)).toThrow(/is not a number/);
    expect(() => parseSchedule("onecycles", 0.1)).toThrow(/did you mean onecycle/);
    expect(() => parseSchedule("constant;cosine", 0.1)).toThrow(/does not have the parts/);
  });

  it("refuse what cannot be meant", () => {
    expect(() => multiStep(0.1, { at: [5, 5] })).toThrow(/larger than the one before/);
    expect(() => piecewise([])).toThrow(/times of piecewise/);
    expect(() => joinSchedules([{ rate: 0.1 }, { rate: 0.2 }])).toThrow(/steps of joinSchedules/);
    expect(() => joinSchedules([{ rate: 0.1, steps: 5 }])).toThrow(/goes on to the end/);
    expect(() => cosineRestarts(0.1, { cycle: 2.5 })).toThrow(/whole number/);
    expect(() => oneCycle(0.1, { rise: 1 })).toThrow(/rise of oneCycle/);
    expect(() => reduceOnPlateau(0.1, { factor: 2 })).toThrow(/factor of reduceOnPlateau/);
    expect(() => polynomial(0.1, { power: 0 })).toThrow(/power of polynomial/);
  });
});

import { adam, cosine, type DescentState, descend, gd, minimize, objective, SteepestError, tensor, trace } from "steepest";
import { describe, expect, it } from "vitest";
import { rejectionOf } from "../errors.js";

const parabola = trace("(x-3)^2", { x: 0 });

/** All states of a descent that nobody touches. */
async function states<S>(descent: AsyncIterable<DescentState<S>>): Promise<DescentState<S>[]> {
  const all: DescentState<S>[] = [];
  for await (const state of descent) all.push(state);
  return all;
}

describe("descend", () => {
  it("walks the path of minimize, in slices", async () => {
    const optimizer = adam({ learningRate: cosine(0.1) });
    const all = await states(
      descend(trace("(1-x)^2 + 100(y-x^2)^2", [-1.2, 1]), { optimizer, steps: 250, stepsPerYield: 100, tolerance: 0 }),
    );
    expect(all.map((s) => [s.step, s.status])).toEqual([
      [100, "running"],
      [200, "running"],
      [250, "step-limit"],
    ]);
    const whole = minimize("(1-x)^2 + 100(y-x^2)^2", [-1.2, 1], { optimizer, steps: 250, tolerance: 0 });
    expect(all[2].solution).toEqual(whole.solution);
    expect(all.flatMap((s) => [...s.losses])).toEqual([...whole.history.loss]);
    expect(all[1].learningRate).toBe(whole.history.learningRate[199]);
  });

  it("fuses products and sums when asked to, and says so", async () => {
    const of = async (fast: boolean) => (await states(descend(parabola, { fast, steps: 3 }))).map((s) => s.fast);
    expect(await of(false)).toEqual([false]);
    expect(await of(true)).toEqual([true]);
  });

  it("ends where the gradient is small, and is one state even then", async () => {
    const all = await states(descend(parabola, { optimizer: gd({ learningRate: 0.25 }), stepsPerYield: 1000, tolerance: 1e-3 }));
    expect(all).toHaveLength(1);
    // |2 · 3 · 0.5ᵏ| ≤ 0.001 first holds at k = 13.
    expect(all[0]).toMatchObject({ status: "converged", step: 13 });
    expect(all[0].solution.x).toBeCloseTo(3 - 3 * 0.5 ** 13, 12);
  });

  it("says that it diverged or stalled", async () => {
    expect((await states(descend(parabola, { optimizer: gd({ learningRate: 1e200 }), stepsPerYield: 7 }))).at(-1)?.status).toBe("diverged");
    expect((await states(descend(trace("x", { x: 1 }), { optimizer: gd({ learningRate: 1e-20 }), stepsPerYield: 7 }))).at(-1)?.status).toBe(
      "stalled",
    );
  });

  it("set changes the rate from the next step on, and is remembered with its step", async () => {
    const seen: number[] = [];
    let last: DescentState<{ x: number }> | undefined;
    for await (const state of descend(parabola, { optimizer: gd({ learningRate: 0.4 }), stepsPerYield: 1, steps: 3 })) {
      seen.push(state.learningRate);
      // The second call counts, relative to the rate in force.
      state.set({ learningRate: 123 });
      state.set({ learningRate: state.learningRate / 2 });
      last = state;
    }
    expect(seen).toEqual([0.4, 0.2, 0.1]);
    // (1 − 0.8)(1 − 0.4)(1 − 0.2)
    expect(last?.solution.x).toBeCloseTo(3 - 3 * 0.2 * 0.6 * 0.8, 12);
    expect(last?.changes.map((c) => [c.step, c.learningRate])).toEqual([
      [1, 123],
      [1, 0.2],
      [2, 123],
      [2, 0.1],
    ]);
  });

  it("scales a schedule so that it goes through what was set", async () => {
    const rates: number[] = [];
    for await (const state of descend(parabola, {
      optimizer: gd({ learningRate: cosine(0.1) }),
      stepsPerYield: 1,
      steps: 4,
      tolerance: 0,
    })) {
      rates.push(state.learningRate);
      if (state.step === 1) state.set({ learningRate: 0.2 });
    }
    for (const [k, rate] of [0.1, 0.1 * (1 + Math.SQRT1_2), 0.1, 0.1 * (1 - Math.SQRT1_2)].entries())
      expect(rates[k]).toBeCloseTo(rate, 12);
  });

  it("breaking out ends it, and others go on", async () => {
    const other = descend(trace("x^4", { x: 1 }), { stepsPerYield: 10 });
    await other.next();
    for await (const state of descend(parabola, { optimizer: gd({ learningRate: 0.01 }), stepsPerYield: 5 })) if (state.step >= 10) break;
    const { value } = await other.next();
    expect(value?.step).toBe(20);
    await other.return();
    expect(await other.next()).toEqual({ done: true, value: undefined });
  });

  it("ends at a signal", async () => {
    const controller = new AbortController();
    const slow = descend(parabola, {
      optimizer: gd({ learningRate: 1e-9 }),
      stepsPerYield: 2 ** 20,
      steps: 2 ** 40,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 100);
    const all = await states(slow);
    expect(["aborted", "running"]).toContain(all.at(-1)?.status);
    expect(await states(descend(parabola, { signal: AbortSignal.abort() }))).toEqual([]);
  });

  it("takes tensors", async () => {
    const all = await states(
      descend(
        trace(
          (w) =>
            w
              .sub(tensor([1, 2]))
              .square()
              .sum(),
          tensor([0, 0]),
        ),
        { optimizer: gd({ learningRate: 0.5 }), steps: 1 },
      ),
    );
    expect(all[0].solution.toArray()).toEqual([1, 2]);
  });

  const refused: readonly (readonly [string, () => AsyncGenerator, RegExp])[] = [
    ["a formula alone", () => Reflect.apply(descend, undefined, ["x^2"]), /trace\(/],
    [
      "an objective in JavaScript",
      () => Reflect.apply(descend, undefined, [objective({ value: () => 1, gradient: () => [1] })]),
      /hand it to minimize/,
    ],
    ["half a step", () => descend(parabola, { stepsPerYield: 0.5 }), /stepsPerYield/],
    ["negative steps", () => descend(parabola, { steps: -1 }), /steps/],
    ["a rate outside the optimizer", () => Reflect.apply(descend, undefined, [parabola, { learningRate: 1 }]), /belongs to the optimizer/],
  ];
  it.each(refused)("refuses %s", async (_, call, message) => {
    expect((await rejectionOf(call().next())).message).toMatch(message);
  });

  it("refuses rates that are none", async () => {
    for await (const state of descend(parabola, { steps: 1 })) {
      for (const learningRate of [-1, Number.NaN, Number.POSITIVE_INFINITY])
        expect(() => state.set({ learningRate })).toThrow(SteepestError);
    }
  });
});

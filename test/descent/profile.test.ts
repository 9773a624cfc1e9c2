import { adam, batchNorm, conv2d, dense, descend, dropout, fit, flatten, gd, leakyRelu, relu, sequential, trace } from "steepest";
import { crop, digits, flip } from "steepest/data";
import { describe, expect, it } from "vitest";
import { openProgram } from "../../src/backends/wasm/threads/index.js";
import { type Profile, profileFrom } from "../../src/descent/profile.js";
import { descentVariables, gradientOf, initialValues, stepEntry, variableList } from "../../src/descent/step.js";
import type { Tensor } from "../../src/tensor/tensor.js";

const images = digits({ train: 300, test: 50 });
const model = () => sequential(flatten(), dense(16), relu(), dense(10));
const sumOf = ({ loops }: Profile) => loops.reduce((sum, { share }) => sum + share, 0);

describe("a profile", () => {
  it.each([1, 2, 3])("of fit changes no bit and divides all of the time, with %i threads", async (threads) => {
    const options = { epochs: 2, batchSize: 64, threads };
    const plain = await fit(model(), images, options);
    const { theta, profile } = await fit(model(), images, { ...options, profile: true });
    expect(plain.profile).toBeUndefined();
    expect(theta).toEqual(plain.theta);
    if (profile === undefined) throw new Error("there is no profile");
    // 300 records are 4 batches of 64 and one of 44.
    expect(profile.steps).toBe(10);
    expect(sumOf(profile) + profile.waiting).toBeCloseTo(1, 9);
    expect(profile.limits.threads).toBe(threads);
    expect(profile.limits.multiplyAdd).toBeGreaterThan(0);
    expect(profile.limits.triad).toBeGreaterThan(0);
    const callsOf = (entry: string) => new Set(profile.loops.filter((loop) => loop.entry === entry).map(({ calls }) => calls));
    expect(callsOf("step")).toEqual(new Set([8]));
    expect(callsOf("last step of an epoch")).toEqual(new Set([2]));
    expect(String(profile)).toMatch(/^10 steps in .* s, .* µs a step, \d threads?; .* waiting for threads\nlimits: /);
    expect(JSON.parse(JSON.stringify(profile))).toMatchObject({ steps: 10, loops: { length: profile.loops.length } });
  });

  it("shows that loss, accuracy and carried state share one forward pass, whatever numbers lie on the way", async () => {
    // A scale of bytes, a slope, a probability and a seed are inputs of the program.
    const network = sequential(conv2d(3, 3), batchNorm(), leakyRelu(0.1), conv2d(2, 3), batchNorm(), dropout(0.2), flatten(), dense(10));
    const options = { batchSize: 100, threads: 1, profile: true, augment: [flip(), crop({ padding: 2 })] };
    const { profile } = await fit(network, images, options);
    const numbersOf = (template: RegExp) =>
      new Set(profile?.loops.filter(({ entry }) => entry === "step").map(({ name }) => template.exec(name)?.[1]));
    expect(numbersOf(/^conv(\d+)_/).size - 1).toBe(2);
    expect(numbersOf(/^convFilterGradient(\d+)_/).size - 1).toBe(2);
    // Scores; their gradient for the weights and for what is in front of them.
    expect(numbersOf(/^matmul(\d+)_/).size - 1).toBe(3);
  });

  it("of descend goes from slice to slice", async () => {
    const options = { optimizer: gd({ learningRate: 0.01 }), steps: 300, stepsPerYield: 100, tolerance: 0 };
    const steps: number[] = [];
    let last: readonly number[] = [];
    for await (const state of descend(trace("(x-3)^2 + y^4", [1, 2]), { ...options, profile: true })) {
      steps.push(state.profile?.steps ?? 0);
      last = state.solution;
      expect(state.profile?.loops.map(({ name }) => name)).toEqual(["one loop in registers"]);
    }
    expect(steps).toEqual([100, 200, 300]);
    for await (const state of descend(trace("(x-3)^2 + y^4", [1, 2]), options)) {
      expect(state.profile).toBeUndefined();
      if (state.status !== "running") expect(state.solution).toEqual(last);
    }
  });

  it.each([true, false])("starts anew, shared memory or not: %s", async (shared) => {
    const parameters = { size: 3000, dtype: "f32", entries: [] } as const;
    const optimizer = adam();
    const v = descentVariables(parameters, optimizer);
    const evaluate = (theta: Tensor) => {
      const loss = theta.sub(1).square().sum();
      return { loss, gradient: gradientOf(loss, theta) };
    };
    const entry = stepEntry({ parameters, optimizer, variables: v, evaluate, path: false, convergence: false });
    const program = await openProgram(variableList(v), { threads: 2, shared, profile: true });
    try {
      const start = new Float32Array(3000);
      for (const [variable, data] of initialValues(v, optimizer, { start, totalSteps: 50, stepsPerEpoch: 50, tolerance: 0 }))
        program.write(variable, data);
      const limits = { threads: 2, multiplyAdd: 10, triad: 10 };
      await program.run(entry, 20);
      expect(profileFrom(await program.laps(), limits)).toMatchObject({ steps: 20 });
      program.restartClocks();
      expect(profileFrom(await program.laps(), limits)).toMatchObject({ steps: 0, seconds: 0, loops: [] });
      await program.run(entry, 7);
      const profile = profileFrom(await program.laps(), limits);
      expect(profile.steps).toBe(7);
      for (const loop of profile.loops) {
        expect(loop.calls).toBe(7);
        // Time of a call at the limit, over the time that it took.
        const least = Math.max(loop.gflops / limits.multiplyAdd, loop.gigabytes / limits.triad);
        expect(loop.ofLimit).toBeCloseTo(least, 9);
      }
    } finally {
      program.close();
    }
  });
});

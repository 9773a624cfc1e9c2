import { describe, expect, it } from "vitest";
import { optimizerNamed, optimizers } from "../../src/optimizers/registry.js";
import { cosine } from "../../src/optimizers/schedules/cosine.js";
import { follow } from "./rule.js";

describe("optimizers by name", () => {
  it("knows each by the name that it bears, with its default rate", () => {
    expect([...optimizers.keys()]).toEqual(["gd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "lbfgs"]);
    for (const [name, entry] of optimizers) {
      expect(optimizerNamed(name).name).toBe(name);
      expect(optimizerNamed(name).learningRate).toBe(entry.defaultRate);
      const schedule = cosine(0.1);
      expect(optimizerNamed(name, { learningRate: schedule }).learningRate).toBe(schedule);
    }
  });

  it("hands the momentum on", () => {
    // Two steps of a constant gradient 1: α + α(1 + β)
    const optimizer = optimizerNamed("momentum", { learningRate: 0.1, momentum: 0.5 });
    expect(follow(optimizer, () => [1], [0], 2)[2][0]).toBeCloseTo(-0.25, 14);
  });

  it("names the nearest for an unknown name", () => {
    expect(() => optimizerNamed("adan")).toThrow(/did you mean adam\?/);
    expect(() => optimizerNamed("sgd")).toThrow(/did you mean gd\?/);
    expect(() => optimizerNamed("zzzzzzzz")).toThrow(/gd, momentum, nesterov/);
  });

  it("says which methods have an option", () => {
    expect(() => optimizerNamed("gd", { momentum: 0.9 })).toThrow(/gd has no momentum[\s\S]*momentum, nesterov, rmsprop/);
  });
});

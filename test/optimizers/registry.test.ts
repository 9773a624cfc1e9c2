import { describe, expect, it } from "vitest";
import { optimizerNamed, optimizers } from "../../src/optimizers/registry.js";
import { cosine } from "../../src/optimizers/schedules/cosine.js";
import { follow } from "./rule.js";

describe("optimizers by name", () => {
  it("knows each by the name that it bears, with its default rate", () => {
    const families = ["gd", "normalizedDescent", "signDescent", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop"];
    const adams = ["adam", "adamw", "amsgrad", "adamax", "nadam", "radam"];
    const searching = ["steepestDescent", "conjugateGradient", "newtonCg", "lbfgs"];
    expect([...optimizers.keys()]).toEqual([
      ...families,
      ...adams,
      "lion",
      "adafactor",
      "lamb",
      "muon",
      "rprop",
      "averagedSgd",
      ...searching,
    ]);
    for (const [name, entry] of optimizers) {
      expect(optimizerNamed(name).name).toBe(name);
      expect(optimizerNamed(name).learningRate).toBe(entry.defaultRate);
      const schedule = cosine(0.1);
      if (name === "newtonCg") {
        expect(() => optimizerNamed(name, { learningRate: schedule })).toThrow(/newtonCg has no learning rate/);
        continue;
      }
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
    expect(() => optimizerNamed("zzzzzzzz")).toThrow(/gd, normalizedDescent, signDescent/);
  });

  it("says which methods have an option", () => {
    expect(() => optimizerNamed("gd", { momentum: 0.9 })).toThrow(/gd has no momentum[\s\S]*momentum, nesterov, rmsprop/);
  });

  it("tags each with its ingredients", () => {
    const tags = (name: string) => optimizers.get(name)?.ingredients;
    expect(tags("gd")).toEqual(["stochastic"]);
    expect(tags("nesterov")).toEqual(["stochastic", "momentum"]);
    expect(tags("adagrad")).toEqual(["stochastic", "adaptive"]);
    expect(tags("adam")).toEqual(["stochastic", "momentum", "adaptive"]);
    expect(tags("rprop")).toEqual(["adaptive"]);
    expect(tags("lbfgs")).toEqual([]);
  });

  it("makes every form by its word, and refuses others", () => {
    for (const [name, { forms }] of optimizers) for (const form of forms) expect(optimizerNamed(name, { form }).name).toBe(name);
    expect(() => optimizerNamed("nesterov", { form: "lookahead" })).toThrow(/did you mean "look-ahead"/);
    expect(() => optimizerNamed("adam", { epsilonPlace: "under" })).toThrow(/"outside", "inside", "hat"/);
  });

  it("puts around a rule what is asked for, and leaves to a rule the decay that is its own", () => {
    const rule = optimizerNamed("momentum", { weightDecay: 0.1, clipNorm: 1, accumulate: 2, average: 0.9, freeze: ["b"] });
    expect(rule.name).toBe("freeze(averaged(accumulate(clip(weightDecay(momentum)))))");
    expect(rule.period).toBe(2);
    expect(rule.average).toBe("average");
    expect(optimizerNamed("adamw", { weightDecay: 0.1 }).name).toBe("adamw");
    expect(optimizerNamed("adamw", { weightDecay: 0.1 }).settings).toMatchObject({ rate: 0.1 });
  });
});

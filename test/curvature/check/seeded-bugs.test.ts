import { describe, expect, it } from "vitest";
import { checkGradient, differenceMethods } from "../../../src/curvature/index.js";
import { full } from "../../full.js";
import { randomObjective } from "./random-objective.js";
import { seededBugs } from "./seeded-bugs.js";

describe("the gradient check", () => {
  it("is tried on more than thirty mistakes", () => {
    expect(new Set(seededBugs.map(({ name }) => name)).size).toBe(seededBugs.length);
    expect(seededBugs.length).toBeGreaterThan(30);
  });

  it.each(seededBugs)("catches $name", ({ objective, theta, says }) => {
    const { verdict, diagnosis } = checkGradient(objective, theta);
    expect(verdict, diagnosis).toBe("fail");
    if (says !== undefined) expect(diagnosis).toMatch(says);
  });

  it.each(seededBugs)("catches $name along directions", ({ objective, theta }) => {
    expect(checkGradient(objective, theta, { mode: "directions" }).verdict).toBe("fail");
  });

  it.each(["f64", "f32"] as const)("raises no false alarm on random graphs of %s, kinks among them", (dtype) => {
    const graphs = full(200, 40);
    const verdicts = Array.from({ length: graphs }, (_, seed) => {
      const { objective, theta } = randomObjective(seed, dtype);
      const { verdict, diagnosis } = checkGradient(objective, theta);
      return { seed, verdict, diagnosis };
    });
    expect(verdicts.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    // Nor does it take refuge in doubt.
    expect(verdicts.filter(({ verdict }) => verdict === "cannot-tell").length).toBeLessThanOrEqual(graphs / 40);
  });

  it.each(Object.keys(differenceMethods))("raises none with the method %s either", (name) => {
    const method = Object.keys(differenceMethods).find((key): key is keyof typeof differenceMethods => key === name);
    for (let seed = 0; seed < full(25, 6); seed++) {
      const { objective, theta } = randomObjective(seed, "f64");
      const { verdict, diagnosis } = checkGradient(objective, theta, { method });
      expect(verdict, diagnosis).not.toBe("fail");
    }
  });
});

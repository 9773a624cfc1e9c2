import { describe, expect, it } from "vitest";
import { adadelta } from "../../src/optimizers/adadelta.js";
import { adagrad } from "../../src/optimizers/adagrad.js";
import { adam, amsgrad } from "../../src/optimizers/adam.js";
import { adamax } from "../../src/optimizers/adamax.js";
import { averagedSgd } from "../../src/optimizers/averaged-sgd.js";
import { gd, signDescent } from "../../src/optimizers/gradient-descent.js";
import { lion } from "../../src/optimizers/lion.js";
import { momentum } from "../../src/optimizers/momentum.js";
import { nadam } from "../../src/optimizers/nadam.js";
import { nesterov } from "../../src/optimizers/nesterov.js";
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import { radam } from "../../src/optimizers/radam.js";
import { rmsprop } from "../../src/optimizers/rmsprop.js";
import { rprop } from "../../src/optimizers/rprop.js";
import { cosine } from "../../src/optimizers/schedules/cosine.js";
import { stepDecay } from "../../src/optimizers/schedules/step-decay.js";
import { adamw, averaged, clip, weightDecay } from "../../src/optimizers/wrappers/index.js";
import { tensor } from "../../src/tensor/create.js";
import { weakNumber } from "../../src/tensor/tensor.js";
import { topological } from "../../src/tensor/walk.js";
import { messageOf } from "../errors.js";
import { follow, traceStep } from "./rule.js";

const square = (x: ArrayLike<number>) => [2 * x[0]];
/** ∇ of ½x² + 2y² + xy */
const bowl = (x: ArrayLike<number>) => [x[0] + x[1], x[0] + 4 * x[1]];
const last = (path: readonly Float64Array[]) => path[path.length - 1];

describe("values known in closed form", () => {
  // x₁₀ = 8.7 (1 − 2α)¹⁰
  it.each([
    [0.2, 0.0526056],
    [0.9, 0.934155],
    [1.05, 22.5656],
  ])("gd on x² from 8.7 with rate %f", (learningRate, expected) => {
    expect(last(follow(gd({ learningRate }), square, [8.7], 10))[0]).toBeCloseTo(expected, 4);
  });

  it("gd on ½x² + 2y² + xy", () => {
    const path = follow(gd({ learningRate: 0.2 }), bowl, [8.7, -7.9], 10);
    expect(path[1][0]).toBeCloseTo(8.54, 12);
    expect(path[1][1]).toBeCloseTo(-3.32, 12);
    expect(path[10][0]).toBeCloseTo(2.26309, 5);
    expect(path[10][1]).toBeCloseTo(-0.685208, 6);
  });

  it("momentum under a constant gradient takes steps of α g (1 − βᵗ)/(1 − β)", () => {
    const path = follow(momentum({ learningRate: 0.1, beta: 0.5 }), () => [3], [0], 4);
    [0.3, 0.45, 0.525, 0.5625].forEach((length, i) => {
      expect(path[i][0] - path[i + 1][0]).toBeCloseTo(length, 14);
    });
  });

  it("Adam's first step is α with bias correction, 3.16228 α without", () => {
    const first = (optimizer: Optimizer) => -follow(optimizer, () => [7], [0], 1)[1][0];
    expect(first(adam({ learningRate: 0.01, epsilon: 1e-30 }))).toBeCloseTo(0.01, 14);
    expect(first(adam({ learningRate: 0.01, epsilon: 1e-30, biasCorrection: false }))).toBeCloseTo(0.0316227766, 11);
    // √v̂ + ε with √v̂ = 7, and √(v̂ + ε): 0.01·7/(7 + 2) and 0.01·7/√(49 + 32)
    expect(first(adam({ learningRate: 0.01, epsilon: 2 }))).toBeCloseTo(0.07 / 9, 14);
    expect(first(adam({ learningRate: 0.01, epsilon: 32, epsilonPlace: "inside" }))).toBeCloseTo(0.07 / 9, 14);
  });

  it("Adagrad from a start value, with ε inside and outside the root", () => {
    const first = (optimizer: Optimizer) => -follow(optimizer, () => [3], [0], 1)[1][0];
    expect(first(adagrad({ learningRate: 0.5, initialAccumulator: 7, epsilon: 1 }))).toBeCloseTo(1.5 / 5, 14);
    expect(first(adagrad({ learningRate: 0.5, initialAccumulator: 7, epsilon: 9, epsilonPlace: "inside" }))).toBeCloseTo(1.5 / 5, 14);
  });

  it("RMSprop with ε inside the root", () => {
    // s = 0.1·40 = 4 at the first step with g² = 40; √(4 + 5) = 3
    const step = -follow(rmsprop({ learningRate: 1, rho: 0.9, epsilon: 5, epsilonPlace: "inside" }), () => [Math.sqrt(40)], [0], 1)[1][0];
    expect(step).toBeCloseTo(Math.sqrt(40) / 3, 13);
  });

  it("centred RMSprop survives a constant gradient, whose variance is 0", () => {
    const end = last(follow(rmsprop({ learningRate: 1e-3, centered: true }), () => [0.1], [0], 3000));
    expect(Number.isFinite(end[0])).toBe(true);
    expect(end[0]).toBeLessThan(0);
  });

  it("Adadelta's first step uses the updates before it and the squares of this one", () => {
    const step = -follow(adadelta({ rho: 0.95, epsilon: 1e-4 }), () => [2], [0], 1)[1][0];
    expect(step).toBeCloseTo((2 * Math.sqrt(1e-4)) / Math.sqrt(0.05 * 4 + 1e-4), 14);
  });
});

describe("conventions of momentum, as their docstrings state them", () => {
  const [alpha, beta, start] = [0.1, 0.8, [8.7, -7.9]];
  /** v ← β v − α g, θ ← θ + v */
  const rateInside = (steps: number, rate: (k: number) => number) => {
    let [x, v] = [[...start], [0, 0]];
    for (let k = 0; k < steps; k++) {
      const g = bowl(x);
      v = v.map((old, i) => beta * old - rate(k) * g[i]);
      x = x.map((old, i) => old + v[i]);
    }
    return x;
  };

  it("are one path while the rate is constant", () => {
    const ours = last(follow(momentum({ learningRate: alpha, beta }), bowl, start, 30));
    rateInside(30, () => alpha).forEach((x, i) => {
      expect(ours[i]).toBeCloseTo(x, 12);
    });
  });

  it("part under a schedule", () => {
    const ours = last(follow(momentum({ learningRate: stepDecay(alpha, { every: 5, factor: 0.5 }), beta }), bowl, start, 10));
    const theirs = rateInside(10, (k) => (k < 5 ? alpha : alpha / 2));
    expect(Math.abs(ours[0] - theirs[0])).toBeGreaterThan(1e-3);
  });

  it("Nesterov's parameters are the look-ahead points of the lectures' form", () => {
    // v ← γ v + η ∇f(y − γ v), y ← y − v: the gradient's point y − γ v is ours.
    let [y, v] = [[...start], [0, 0]];
    const ahead: number[][] = [];
    for (let k = 0; k < 20; k++) {
      const point = y.map((x, i) => x - beta * v[i]);
      ahead.push(point);
      const g = bowl(point);
      v = v.map((old, i) => beta * old + alpha * g[i]);
      y = y.map((x, i) => x - v[i]);
    }
    const ours = follow(nesterov({ learningRate: alpha, beta }), bowl, start, 20);
    ahead.forEach((point, k) => {
      expect(ours[k][0]).toBeCloseTo(point[0], 12);
      expect(ours[k][1]).toBeCloseTo(point[1], 12);
    });
  });
});

describe("the shape of every rule", () => {
  const rules: readonly Optimizer[] = [
    gd(),
    signDescent(),
    momentum(),
    momentum({ dampening: 0.5 }),
    momentum({ form: "step" }),
    nesterov({ form: "step" }),
    nesterov(),
    adagrad(),
    adagrad({ epsilonPlace: "inside" }),
    adadelta(),
    rmsprop(),
    rmsprop({ centered: true, momentum: 0.9 }),
    adam({ learningRate: cosine(1e-3) }),
    adam({ biasCorrection: false, epsilonPlace: "inside" }),
    adam({ epsilonPlace: "hat" }),
    adamw(),
    amsgrad(),
    adamax(),
    nadam(),
    radam(),
    lion(),
    rprop(),
    averagedSgd(),
    averaged(weightDecay(clip(momentum(), { value: 1 }), { rate: 0.1, form: "coupled" })),
  ];

  it.each(rules)("one pass over θ, scalars in float64: $name", (rule) => {
    const vector = () => tensor(Float32Array.of(1, 2, 3));
    const slots = Object.fromEntries(
      Object.entries(rule.slots).map(([name, slot]) => [name, slot.shape === "scalar" ? weakNumber(slot.initial) : vector()]),
    );
    const { theta, slots: next } = traceStep(rule, { theta: vector(), gradient: vector(), slots, step: weakNumber(3) }, 10);
    expect(Object.keys(next).sort()).toEqual(Object.keys(rule.slots).sort());
    const results = [theta, ...Object.values(next)];
    const shapes = ["f32[3]", ...Object.keys(next).map((name) => (rule.slots[name].shape === "scalar" ? "f64[]" : "f32[3]"))];
    expect(results.map((x) => `${x.dtype}[${x.shape}]`)).toEqual(shapes);
    for (const { primitive, attributes, inputs, outputs } of topological(results)) {
      const [out] = outputs;
      if (out.dtype === "bool") continue;
      if (out.size === 1) {
        // A scalar is float64 until the cast with which it meets θ; the 0 of a maximum is exact in any dtype.
        if (primitive.name === "literal" && attributes.value === 0) continue;
        expect(["f64", "bool"]).toContain(primitive.name === "cast" ? inputs[0].dtype : out.dtype);
      } else {
        expect(primitive.kind === "pointwise" || primitive.name === "broadcast" || primitive.name === "input", primitive.name).toBe(true);
        expect(["f32", "bool"]).toContain(out.dtype);
      }
    }
  });
});

describe("options that cannot work", () => {
  it("are refused before the first step, with a way out", () => {
    expect(messageOf(() => gd({ learningRate: -0.1 }))).toMatch(/learningRate of gd[\s\S]*-0\.1[\s\S]*maximize/);
    expect(messageOf(() => gd({ learningRate: Number.NaN }))).toMatch(/finite number[\s\S]*NaN/);
    expect(messageOf(() => momentum({ beta: 1 }))).toMatch(/beta of momentum[\s\S]*never fades/);
    expect(messageOf(() => nesterov({ beta: Number.NaN }))).toContain("beta of nesterov");
    expect(messageOf(() => adam({ beta2: 1.5 }))).toContain("beta2 of adam");
    expect(messageOf(() => adam({ epsilon: 0 }))).toContain("0/0");
    expect(messageOf(() => rmsprop({ rho: -0.1 }))).toContain("rho of rmsprop");
    expect(messageOf(() => adagrad({ initialAccumulator: -1 }))).toContain("initialAccumulator");
    expect(messageOf(() => adadelta({ epsilon: -1 }))).toContain("epsilon of adadelta");
  });

  it("are refused when nothing reads them", () => {
    const typed: object = { lr: 0.1 };
    const mistyped: object = { learningrate: 0.1 };
    expect(messageOf(() => gd(typed))).toMatch(/no option "lr"[\s\S]*learningRate\?/);
    expect(messageOf(() => adam(mistyped))).toContain("did you mean learningRate?");
  });
});

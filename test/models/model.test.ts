import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { glorot, ones } from "../../src/models/initializers.js";
import { defineLayer } from "../../src/models/layer.js";
import { relu, softmax } from "../../src/models/layers/activations.js";
import { conv2d } from "../../src/models/layers/convolution.js";
import { dense, flatten } from "../../src/models/layers/dense.js";
import { dropout } from "../../src/models/layers/dropout.js";
import { maxPool2d, meanPool2d } from "../../src/models/layers/pooling.js";
import { initialTheta, ParameterLayout } from "../../src/models/layout.js";
import { sequential } from "../../src/models/model.js";
import { cnn, linear, mlp, modelNamed } from "../../src/models/ready.js";
import { parameterCount } from "../../src/models/summary.js";
import { tensor } from "../../src/tensor/create.js";
import { literalSeed, recordBits, tracedStreamKey } from "../../src/tensor/random-bits.js";
import type { Tensor } from "../../src/tensor/tensor.js";

const numbers = (x: Tensor): number[] => [...interpret([x])[0]];

describe("a built model", () => {
  it("numbers layers by kind and infers all shapes", () => {
    const model = sequential(conv2d(16, 3), relu(), maxPool2d(2), conv2d(32, 3), relu(), maxPool2d(2), flatten(), dense(10)).build([
      28, 28, 1,
    ]);
    expect(model.parameters.map(({ path, shape, kind }) => `${path} [${shape}] ${kind}`)).toEqual([
      "conv1.weight [3,3,1,16] weight",
      "conv1.bias [16] bias",
      "conv2.weight [3,3,16,32] weight",
      "conv2.bias [32] bias",
      "dense1.weight [1568,10] weight",
      "dense1.bias [10] bias",
    ]);
    expect(model.layers.map(({ outputShape }) => outputShape)).toEqual([
      [28, 28, 16],
      [28, 28, 16],
      [14, 14, 16],
      [14, 14, 32],
      [14, 14, 32],
      [7, 7, 32],
      [1568],
      [10],
    ]);
    expect(model.outputShape).toEqual([10]);
  });

  it("counts its parameters, as the well-known models do", () => {
    const count = (model: ReturnType<typeof mlp>) => parameterCount(model.build([28, 28, 1]).parameters);
    expect(count(linear())).toBe(7850);
    expect(count(mlp())).toBe(235146);
    expect(count(cnn())).toBe(20490);
    expect(count(modelNamed("mlp", 3))).toBe(234243);
  });

  it("prints a table", () => {
    expect(linear().build([28, 28, 1]).summary().split("\n")).toEqual([
      "layer     output       parameters   FLOPs",
      "input     [28, 28, 1]",
      "flatten1  [784]",
      "dense1    [10]              7,850  15,680",
      "linear                      7,850  15,680",
    ]);
  });

  it.each([
    ["same", 1, [5, 7, 2]],
    ["same", 2, [3, 4, 2]],
    ["same", 3, [2, 3, 2]],
    ["valid", 1, [3, 5, 2]],
    ["valid", 2, [2, 3, 2]],
  ] as const)("conv2d with %s padding and stride %d on 5 × 7", (padding, strides, shape) => {
    const layer = conv2d(2, 3, { padding, strides });
    expect(layer.build([5, 7, 1], "conv1").outputShape).toEqual(shape);
    const model = sequential(layer).build([5, 7, 1]);
    const layout = new ParameterLayout(model.parameters, "f64");
    const { output } = model.apply(
      tensor(new Float64Array(35), { shape: [1, 5, 7, 1] }),
      layout.views(tensor(new Float64Array(layout.size))),
      { training: false },
    );
    expect(output.shape).toEqual([1, ...shape]);
  });

  it("leaves incomplete windows out when pooling", () => {
    const x = tensor(Float64Array.of(1, 2, 9, 3, 4, 9, 9, 9, 9), { shape: [1, 3, 3, 1] });
    const apply = (layer: ReturnType<typeof maxPool2d>) =>
      numbers(sequential(layer).build([3, 3, 1]).apply(x, {}, { training: false }).output);
    expect(apply(maxPool2d(2))).toEqual([4]);
    expect(apply(meanPool2d(2))).toEqual([2.5]);
    expect(apply(maxPool2d(2, { strides: 1 }))).toEqual([4, 9, 9, 9]);
    expect(apply(meanPool2d(2, { strides: 1 }))).toEqual([2.5, 6, 6.25, 7.75]);
  });

  it("takes a layer of one's own", () => {
    const scale = (features: number) =>
      defineLayer({
        name: "scale",
        parameters: { gain: { shape: [features], init: ones() } },
        apply: (x, { gain }) => x.mul(gain),
      });
    const model = sequential(dense(2, { init: glorot() }), scale(2)).build([3]);
    expect(model.parameters.map(({ path }) => path)).toEqual(["dense1.weight", "dense1.bias", "scale1.gain"]);
    const layout = new ParameterLayout(model.parameters, "f64");
    const theta = layout.join(
      new Map([
        ["dense1.weight", [1, 2, 3, 4, 5, 6]],
        ["dense1.bias", [10, 20]],
        ["scale1.gain", [1, -1]],
      ]),
    );
    const { output } = model.apply(tensor([[1, 0, 1]]), layout.views(tensor(theta)), { training: false });
    expect(numbers(output)).toEqual([16, -28]);
  });

  it("knows the names of a layer's parameters by type", () => {
    const parameters = { gain: { shape: [2], init: ones() } };
    defineLayer({ name: "scale", parameters, apply: (x, { gain }) => x.mul(gain) });
    // @ts-expect-error `gian` is not among the parameters
    defineLayer({ name: "scale", parameters, apply: (x, { gian }) => x.mul(gian) });
    const byInput = defineLayer({
      name: "scale",
      parameters: ([features]) => ({ gain: { shape: [features], init: ones() } }),
      apply: (x, { gain }) => x.mul(gain),
    });
    expect(byInput.build([4], "scale1").parameters[0].shape).toEqual([4]);
  });

  it("carries state that a layer declares", () => {
    const counter = defineLayer({
      name: "counter",
      state: { seen: { shape: [], initial: 0 } },
      apply: (x, _, { state }) => ({ output: x, state: { seen: state.seen.add(x.shape[0]) } }),
    });
    const model = sequential(counter).build([1]);
    expect(model.state).toEqual([expect.objectContaining({ path: "counter1.seen", shape: [], initial: 0 })]);
    const { state } = model.apply(tensor([[1], [2], [3]]), {}, { training: true, state: { "counter1.seen": tensor(4) } });
    expect(numbers(state["counter1.seen"])).toEqual([7]);
  });

  it("gives probabilities with softmax", () => {
    const { output } = sequential(softmax())
      .build([2])
      .apply(tensor([[0, 1.0986122886681098]]), {}, { training: false });
    expect(numbers(output)[1]).toBeCloseTo(0.75, 14);
  });

  it("starts the cnn near ln 10", () => {
    const model = cnn().build([8, 8, 1]);
    const layout = new ParameterLayout(model.parameters, "f64");
    const theta = initialTheta(layout, model.parameters, 3);
    const x = tensor(
      Float64Array.from({ length: 128 }, (_, i) => ((i * 37) % 101) / 101),
      { shape: [2, 8, 8, 1] },
    );
    const scores = numbers(model.apply(x, layout.views(tensor(theta)), { training: false }).output);
    // Glorot's last layer: scores of standard deviation near 1 at most.
    expect(Math.max(...scores.map(Math.abs))).toBeLessThan(5);
    expect(Math.max(...scores.map(Math.abs))).toBeGreaterThan(0.01);
  });
});

describe("dropout", () => {
  const model = sequential(dropout(0.25)).build([500]);
  const x = tensor(new Float64Array(2000).fill(3), { shape: [4, 500] });
  const at = (step: number, seed = 1) =>
    numbers(
      model.apply(
        x,
        {},
        { training: true, random: (purpose, shape) => recordBits(tracedStreamKey(literalSeed(seed), purpose, step), shape) },
      ).output,
    );

  it("drops a quarter and scales the rest up", () => {
    const y = at(0);
    const kept = y.filter((value) => value !== 0);
    expect(kept.every((value) => value === 4)).toBe(true);
    // Binomial, n = 2000, p = ¾: standard deviation 19.4; five of them.
    expect(Math.abs(kept.length - 1500)).toBeLessThan(97);
  });

  it("draws anew for each step, record and seed, and the same again for the same", () => {
    expect(at(0)).toEqual(at(0));
    expect(at(0)).not.toEqual(at(1));
    expect(at(0)).not.toEqual(at(0, 2));
    const y = at(0);
    expect(y.slice(0, 500)).not.toEqual(y.slice(500, 1000));
  });

  it("does nothing outside training", () => {
    expect(numbers(model.apply(x, {}, { training: false }).output).every((value) => value === 3)).toBe(true);
  });

  it("says when there is no stream, and refuses impossible rates", () => {
    expect(() => model.apply(x, {}, { training: true })).toThrow(/dropout1 draws random numbers/);
    expect(() => dropout(1)).toThrow(/0 ≤ rate < 1/);
  });
});

describe("errors name the layer", () => {
  it.each([
    [
      "dense on images",
      () => sequential(conv2d(4, 3), dense(10)).build([8, 8, 1]),
      /dense takes vectors[\s\S]*\[8, 8, 4\][\s\S]*dense1, layer 2 of 2[\s\S]*flatten\(\)/,
    ],
    ["conv2d on grey images without channel", () => sequential(conv2d(4, 3)).build([28, 28]), /conv1, layer 1 of 1[\s\S]*\[28, 28, 1\]/],
    ["conv2d after flatten", () => sequential(flatten(), conv2d(4, 3)).build([8, 8, 1]), /conv1, layer 2[\s\S]*before flatten/],
    [
      "a window too large",
      () => sequential(maxPool2d(2), maxPool2d(5)).build([8, 8, 1]),
      /larger than its image[\s\S]*at most 4 × 4[\s\S]*maxPool2, layer 2/,
    ],
    [
      "a valid kernel too large",
      () => sequential(conv2d(2, 9, { padding: "valid" })).build([8, 8, 1]),
      /larger than its image[\s\S]*conv1/,
    ],
    ["half a unit", () => dense(2.5), /units of dense[\s\S]*2\.5/],
    ["no filters", () => conv2d(0, 3), /filters of conv2d/],
    ["an empty model", () => sequential(), /at least one layer/],
    ["an unknown model", () => modelNamed("ccn"), /no model "ccn"[\s\S]*did you mean cnn\?/],
    ["a layer's name", () => defineLayer({ name: "my layer", apply: (x) => x }), /plain name/],
  ])("%s", (_, make, message) => {
    expect(make).toThrow(message);
  });

  it("when the data are of another shape than the model was built for", () => {
    const model = linear().build([28, 28, 1]);
    const layout = new ParameterLayout(model.parameters, "f64");
    const views = layout.views(tensor(new Float64Array(layout.size)));
    expect(() => model.apply(tensor(new Float64Array(784), { shape: [28, 28, 1] }), views, { training: false })).toThrow(
      /reshape\(\[1, 28, 28, 1\]\)/,
    );
    expect(() => model.apply(tensor(new Float64Array(64), { shape: [1, 8, 8, 1] }), views, { training: false })).toThrow(
      /model\.build\(\[8, 8, 1\]\)/,
    );
  });

  it("when a layer gives another shape than it says", () => {
    const liar = defineLayer({ name: "halve", apply: (x) => x.slice([0, 0], [x.shape[0], x.shape[1] / 2]) });
    const model = sequential(liar).build([4]);
    expect(() => model.apply(tensor([[1, 2, 3, 4]]), {}, { training: false })).toThrow(/halve1 gives another shape[\s\S]*outputShape/);
  });
});

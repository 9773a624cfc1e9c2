import { describe, expect, it } from "vitest";
import { pullBack } from "../../src/autodiff/reverse.js";
import { interpret } from "../../src/backends/interpreter/index.js";
import { ParameterLayout } from "../../src/models/layout.js";
import { accuracy, crossEntropy, meanSquared, multiclassHinge } from "../../src/models/losses.js";
import { linear } from "../../src/models/ready.js";
import { l2 } from "../../src/models/regularizers.js";
import { tensor } from "../../src/tensor/create.js";
import type { Tensor } from "../../src/tensor/tensor.js";

const numbers = (x: Tensor): number[] => [...interpret([x])[0]];
const labels = (...values: number[]) => tensor(Uint8Array.from(values));

describe("crossEntropy", () => {
  it("is ln(classes) for equal scores", () => {
    for (const loss of numbers(crossEntropy().perRecord(tensor(new Float64Array(30), { shape: [3, 10] }), labels(0, 5, 9))))
      expect(loss).toBeCloseTo(2.302585092994046, 14);
  });

  it("is ln 10 for a model whose weights are 0", () => {
    const model = linear().build([4, 4, 1]);
    const layout = new ParameterLayout(model.parameters, "f64");
    const x = tensor(
      Float64Array.from({ length: 32 }, (_, i) => i),
      { shape: [2, 4, 4, 1] },
    );
    const { output } = model.apply(x, layout.views(tensor(new Float64Array(layout.size))), { training: false });
    expect(numbers(crossEntropy().perRecord(output, labels(3, 7)).mean())[0]).toBeCloseTo(2.302585092994046, 14);
  });

  it("does not overflow", () => {
    const scores = tensor([
      [1000, 0],
      [0, 1000],
      [-1e4, -1e4],
    ]);
    const [right, wrong, even] = numbers(crossEntropy().perRecord(scores, labels(0, 0, 1)));
    expect(right).toBe(0);
    expect(wrong).toBe(1000);
    expect(even).toBeCloseTo(0.6931471805599453, 14);
  });

  it("has the gradient softmax − one-hot", () => {
    const scores = tensor([[0, 0, 0, 0]]);
    const loss = crossEntropy().perRecord(scores, labels(2)).sum();
    const [gradient] = pullBack([loss], [loss.fill(1)], [scores]);
    if (gradient === undefined) throw new Error("no gradient");
    numbers(gradient).forEach((g, j) => {
      expect(g).toBeCloseTo(j === 2 ? -0.75 : 0.25, 14);
    });
  });

  it("takes one-hot targets as it takes labels", () => {
    const scores = tensor([[0.3, -1.2, 2]]);
    const [soft] = numbers(crossEntropy().perRecord(scores, tensor([[0, 1, 0]])));
    expect(soft).toBeCloseTo(numbers(crossEntropy().perRecord(scores, labels(1)))[0], 14);
  });

  it("says what does not fit", () => {
    const scores = tensor(new Float64Array(6), { shape: [2, 3] });
    expect(() => crossEntropy().perRecord(scores, tensor([0, 1]))).toThrow(/integer labels \[2\][\s\S]*cast\("i32"\)/);
    expect(() => crossEntropy().perRecord(scores, labels(0, 1, 2))).toThrow(/one label for each record/);
    expect(() => crossEntropy().perRecord(tensor([1, 2]), labels(0, 1))).toThrow(/end the model with dense/);
    expect(() => crossEntropy().perRecord(tensor(new Float64Array(8), { shape: [1, 2, 2, 2] }), labels(0))).toThrow(/flatten\(\)/);
  });
});

describe("multiclassHinge", () => {
  it("is (classes − 1)Δ for equal scores: 9", () => {
    expect(numbers(multiclassHinge().perRecord(tensor(new Float64Array(10), { shape: [1, 10] }), labels(4)))).toEqual([9]);
  });

  it("gives the lecture's 2.9, 0 and 12.9", () => {
    const scores = tensor([
      [3.2, 5.1, -1.7],
      [1.3, 4.9, 2.0],
      [2.2, 2.5, -3.1],
    ]);
    const found = numbers(multiclassHinge().perRecord(scores, labels(0, 1, 2)));
    [2.9, 0, 12.9].forEach((loss, i) => {
      expect(found[i]).toBeCloseTo(loss, 12);
    });
  });

  it("has slope 0 at the kink, −(number of margins > 0) at the label", () => {
    // Margins: 0 − 1 + 1 = 0 (the kink), and 0.5 − 1 + 1 > 0.
    const scores = tensor([[0, 1, 0.5]]);
    const loss = multiclassHinge().perRecord(scores, labels(1)).sum();
    const [gradient] = pullBack([loss], [loss.fill(1)], [scores]);
    if (gradient === undefined) throw new Error("no gradient");
    expect(numbers(gradient)).toEqual([0, -1, 1]);
  });

  it("refuses soft targets and impossible margins", () => {
    expect(() => multiclassHinge().perRecord(tensor([[1, 2]]), tensor([[0, 1]]))).toThrow(/one label for each record/);
    expect(() => multiclassHinge({ margin: 0 })).toThrow(/margin/);
  });
});

describe("meanSquared", () => {
  it("does not compare every record with every target", () => {
    const output = tensor([[1], [2], [4]]);
    expect(numbers(meanSquared().perRecord(output, tensor([1, 4, 1])))).toEqual([0, 4, 9]);
  });

  it("takes the mean over the numbers of a record", () => {
    expect(numbers(meanSquared().perRecord(tensor([[1, 2, 3]]), tensor([[1, 4, 7]])))[0]).toBeCloseTo(20 / 3, 14);
  });

  it("takes labels as one-hot vectors", () => {
    expect(numbers(meanSquared().perRecord(tensor([[0, 1, 1, 0]]), labels(1)))).toEqual([0.25]);
  });

  it("refuses targets of another size", () => {
    expect(() => meanSquared().perRecord(tensor([[1, 2]]), tensor([1]))).toThrow(/2 numbers for each of 1 records/);
  });
});

describe("accuracy", () => {
  it("counts the first of equal scores", () => {
    const scores = tensor([
      [1, 3, 2],
      [2, 2, 0],
      [2, 2, 0],
    ]);
    expect(numbers(accuracy(scores, labels(1, 0, 1)))).toEqual([1, 1, 0]);
    expect(
      numbers(
        accuracy(
          scores,
          tensor([
            [0, 0.9, 0.1],
            [1, 0, 0],
            [0, 1, 0],
          ]),
        ),
      ),
    ).toEqual([1, 1, 0]);
  });
});

describe("l2", () => {
  const layout = new ParameterLayout(
    [
      { path: "dense1.weight", shape: [2, 1] },
      { path: "dense1.bias", shape: [1] },
    ],
    "f64",
  );
  const views = layout.views(tensor(layout.padded([3, 4, 5])));

  it("sums squared weights, not biases", () => {
    const penalty = l2(0.1).penalty(layout, views);
    expect(penalty && numbers(penalty)[0]).toBeCloseTo(2.5, 14);
    const all = l2(0.1, { parameters: () => true }).penalty(layout, views);
    expect(all && numbers(all)[0]).toBeCloseTo(5, 14);
  });

  it("is absent where it is 0, and refuses a negative λ", () => {
    expect(l2(0).penalty(layout, views)).toBeUndefined();
    expect(() => l2(-1)).toThrow(/≥ 0/);
  });
});

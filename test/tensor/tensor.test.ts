import { beforeEach, describe, expect, it } from "vitest";
import { grad } from "../../src/autodiff/index.js";
import { interpret, interpreterEvaluator } from "../../src/backends/interpreter/index.js";
import { tensor } from "../../src/tensor/create.js";
import { SteepestError } from "../../src/tensor/error.js";
import { concatenate, stack } from "../../src/tensor/join.js";
import { knownData, setEvaluator } from "../../src/tensor/read.js";
import { iota, ones, type Tensor, zeros } from "../../src/tensor/tensor.js";

let evaluations = 0;

beforeEach(() => {
  evaluations = 0;
  setEvaluator((tensors) => {
    evaluations++;
    return interpreterEvaluator(tensors);
  });
});

describe("making and reading", () => {
  it("nested numbers keep their shape and are float64", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([x.shape, x.dtype, x.size, x.rank]).toEqual([[2, 3], "f64", 6, 2]);
    expect(x.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(tensor(7).toArray()).toBe(7);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor([[], []]).toArray()).toEqual([[], []]);
  });

  it("typed arrays keep their dtype, and are copied", () => {
    const data = new Float32Array([0.1, 2]);
    const x = tensor(data);
    data[1] = 9;
    expect(x.dtype).toBe("f32");
    expect(x.data()).toEqual(new Float32Array([0.1, 2]));
    expect(tensor(new Uint8Array(6), { shape: [2, 3] }).shape).toEqual([2, 3]);
  });

  it("reads of f32 are rounded to f32, of truth values 0 and 1", () => {
    const x = tensor([0.1], { dtype: "f32" }).mul(3);
    expect(x.data()).toBeInstanceOf(Float32Array);
    expect(x.item()).toBe(Math.fround(Math.fround(0.1) * 3));
    expect(tensor([1, 5]).gt(3).data()).toEqual(new Uint8Array([0, 1]));
    expect(tensor([2, 0], { dtype: "bool" }).data()).toEqual(new Uint8Array([1, 0]));
  });

  it("item reads one element, whatever the rank", () => {
    expect(tensor([[4]]).item()).toBe(4);
    expect(() => tensor([1, 2]).item()).toThrow(/\[2\][\s\S]*toArray/);
  });

  it("computes a tensor once, and what is built on it starts from the result", () => {
    const x = tensor([1, 2]).exp();
    expect(knownData(x)).toBeUndefined();
    const data = x.data();
    expect(x.data()).toBe(data);
    expect(evaluations).toBe(1);
    expect(knownData(x)).toBe(data);
    // Changed behind the back of the graph, the kept data shows that it is used.
    data[0] = 100;
    expect(x.add(1).data()[0]).toBe(101);
    expect(evaluations).toBe(2);
  });

  it("says what is wrong with values that make no tensor", () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(/unequal length/);
    expect(() => tensor([1, 2, 3], { shape: [2, 2] })).toThrow(/4 values for \[2, 2\][\s\S]*3 values/);
    expect(() => tensor([1.5], { dtype: "i32" })).toThrow(/1\.5 at place 0/);
    expect(() => tensor([1], { shape: [-1] })).toThrow(/whole numbers/);
    // @ts-expect-error a string is no number
    expect(() => tensor(["a"])).toThrow(/made of numbers[\s\S]*a/);
    // @ts-expect-error nor is null
    expect(() => tensor([null])).toThrow(/made of numbers[\s\S]*null/);
  });
});

describe("misuse as a plain number", () => {
  const x = tensor([1, 2]);
  it("is refused with what to write instead", () => {
    expect(() => Number(x)).toThrow(/x\.mul\(y\)[\s\S]*x\.item\(\)/);
    // @ts-expect-error a tensor has no operators
    expect(() => x * 2).toThrow(/instead of x \+ y/);
    expect(() => `${x}`).not.toThrow();
    expect(String(x)).toBe("Tensor(f64[2])");
  });
});

describe("dtypes", () => {
  const f32 = tensor([1, 2], { dtype: "f32" });
  it("a JavaScript number takes the dtype of the tensor it meets", () => {
    expect(f32.mul(2).dtype).toBe("f32");
    expect(f32.maximum(0).pow(0.5).dtype).toBe("f32");
    expect(tensor([3], { dtype: "u32" }).add(1).dtype).toBe("u32");
    expect(tensor([1]).mul(2).dtype).toBe("f64");
  });

  it("numbers chosen by a condition stay weak until they meet a tensor", () => {
    const chosen = f32.gt(1).select(1, 0);
    expect(chosen.dtype).toBe("f64");
    expect(f32.mul(chosen).dtype).toBe("f32");
    expect(f32.mul(chosen).toArray()).toEqual([0, 2]);
  });

  it("truth values from comparisons of weak numbers combine", () => {
    const yes = f32.gt(1).select(1, 0).gt(0.5);
    expect(yes.and(yes.not()).toArray()).toEqual([0, 0]);
    expect(yes.or(yes.not()).toArray()).toEqual([1, 1]);
  });

  it("two dtypes do not mix by themselves", () => {
    expect(() => f32.add(tensor([1, 2]))).toThrow(
      /add needs operands of one dtype\n {2}received: f32\[2\] and f64\[2\][\s\S]*convert one of them: x\.cast\("f32"\)/,
    );
    expect(() => tensor([1], { dtype: "i32" }).mul(0.5)).toThrow(/fraction[\s\S]*0\.5/);
    expect(() => f32.and(f32)).toThrow(/and does not take f32/);
    expect(() => tensor([1], { dtype: "i32" }).exp()).toThrow(/exp does not take i32/);
    expect(() => f32.gt(0).sum()).toThrow(/sum does not take bool[\s\S]*cast/);
    expect(() => f32.select(1, 2)).toThrow(/condition of select/);
  });
});

describe("broadcasting", () => {
  // The rule and these cases are NumPy's ("General broadcasting rules").
  it.each([
    [
      [8, 1, 6, 1],
      [7, 1, 5],
      [8, 7, 6, 5],
    ],
    [[5, 4], [1], [5, 4]],
    [[5, 4], [4], [5, 4]],
    [
      [15, 3, 5],
      [15, 1, 5],
      [15, 3, 5],
    ],
    [
      [15, 3, 5],
      [3, 1],
      [15, 3, 5],
    ],
    [[], [2, 0], [2, 0]],
  ])("%j with %j is %j", (a, b, joint) => {
    expect(zeros(a).add(zeros(b)).shape).toEqual(joint);
    expect(zeros(b).add(zeros(a)).shape).toEqual(joint);
  });

  it("repeats elements along the right axes", () => {
    const sum = tensor([[1], [2]])
      .mul(10)
      .add(tensor([1, 2, 3]));
    expect(sum.toArray()).toEqual([
      [11, 12, 13],
      [21, 22, 23],
    ]);
  });
});

describe("errors of shape name both shapes", () => {
  const a = zeros([2, 3]);
  it.each<[string, () => Tensor, RegExp]>([
    ["add", () => a.add(zeros([4])), /\[2, 3\] and \[4\]/],
    ["select", () => a.gt(0).select(zeros([2]), 1), /\[2, 3\][\s\S]*\[2\]/],
    ["matmul", () => a.matmul(zeros([2, 3])), /\[2, 3\] and f64 \[2, 3\][\s\S]*inner extents are 3 and 2/],
    ["matmul of batches", () => zeros([2, 2, 3]).matmul(zeros([4, 3, 2])), /\[2, 2, 3\] and f64 \[4, 3, 2\]/],
    ["matmul of a scalar", () => a.matmul(zeros([])), /\[2, 3\] and a scalar/],
    ["reshape", () => a.reshape([4, -1]), /\[2, 3\] to \[4, -1\]/],
    ["broadcastTo", () => a.broadcastTo([2, 4]), /\[2, 3\][\s\S]*\[2, 4\]/],
    ["slice", () => a.slice([0, 2], [2, 2]), /\[2, 3\][\s\S]*start \[0,2\], size \[2,2\]/],
    ["pad", () => a.pad([-1, 0], [0, 0]), /\[2, 3\][\s\S]*low \[-1,0\]/],
    ["transpose", () => a.transpose([0, 0]), /\[0,0\]/],
    ["sum", () => a.sum(2), /-2 to 1[\s\S]*2/],
    ["concatenate", () => concatenate([a, zeros([3, 2])]), /f64\[2,3\][\s\S]*f64\[3,2\]/],
    ["take", () => a.take(zeros([2])), /f64\[2,3\] and places f64\[2\]/],
    ["scatterAdd", () => a.scatterAdd(iota([3]), 4), /f64\[2,3\] and places i32\[3\]/],
    [
      "convolution",
      () =>
        zeros([1, 4, 4, 3]).convolve(zeros([3, 3, 2, 1]), {
          strides: [1, 1],
          padding: [0, 0, 0, 0],
          image: [1, 4, 4, 3],
          filter: [3, 3, 2, 1],
        }),
      /f64\[1,4,4,3\] and f64\[3,3,2,1\][\s\S]*3 channels and the filter takes 2/,
    ],
  ])("%s", (_, f, message) => {
    expect(f).toThrow(message);
  });
});

it("errors while tracing say where the user's own code stands", () => {
  const layer = (x: Tensor) => x.matmul(zeros([7, 2]));
  const caught = () => {
    try {
      grad((x: Tensor) => layer(x).sum())(zeros([2, 3]));
    } catch (error) {
      return error instanceof SteepestError ? error.where : undefined;
    }
    return undefined;
  };
  expect(caught()).toMatch(/^layer \(.*test\/tensor\/tensor\.test\.ts:\d+:\d+\)$/);
});

describe("composed operations", () => {
  const x = [-30, -1.5, -0.3, -1e-9, 0, 1e-9, 0.3, 1.5, 30];
  const small = x.filter((v) => Math.abs(v) < 1);
  // Against the host's own functions: a composition of k roundings may be off by k units of its largest term.
  it.each<[string, readonly number[], (t: Tensor) => Tensor, (v: number) => number, number]>([
    ["sinh", x, (t) => t.sinh(), Math.sinh, 4],
    ["cosh", x, (t) => t.cosh(), Math.cosh, 4],
    ["tan", x, (t) => t.tan(), Math.tan, 4],
    ["asin", small, (t) => t.asin(), Math.asin, 8],
    ["acos", small, (t) => t.acos(), Math.acos, 8],
    ["acos near 1", [1 - 1e-9, 1 - 1e-15, 1, -1, 0.999], (t) => t.acos(), Math.acos, 8],
    ["asin at its ends", [1, -1, 0.999], (t) => t.asin(), Math.asin, 8],
    ["softplus", x, (t) => t.softplus(), (v) => (v > 0 ? v + Math.log1p(Math.exp(-v)) : Math.log1p(Math.exp(v))), 4],
    ["pow of whole numbers", x, (t) => t.pow(5), (v) => v ** 5, 8],
    ["negative powers", x.filter((v) => v !== 0), (t) => t.pow(-3), (v) => v ** -3, 8],
    ["ceil", [-1.5, -0.5, 0, 0.5, 2], (t) => t.ceil(), Math.ceil, 0],
  ])("%s", (_, points, f, reference, units) => {
    interpret([f(tensor([...points]))])[0].forEach((value, i) => {
      const expected = reference(points[i]);
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(units * Number.EPSILON * Math.abs(expected));
    });
  });

  it("sigmoid is right to one unit of 1", () => {
    interpret([tensor(x).sigmoid()])[0].forEach((value, i) => {
      expect(Math.abs(value - 1 / (1 + Math.exp(-x[i])))).toBeLessThanOrEqual(2 * Number.EPSILON);
    });
  });

  it("softmax sums to 1 and survives large numbers", () => {
    const p = interpret([
      tensor([
        [1000, 1001, 999],
        [0, 0, 0],
      ]).softmax(),
    ])[0];
    const e = [1, Math.E, 1 / Math.E];
    const total = e[0] + e[1] + e[2];
    [e[0] / total, e[1] / total, e[2] / total, 1 / 3, 1 / 3, 1 / 3].forEach((expected, i) => {
      expect(p[i]).toBeCloseTo(expected, 13);
    });
  });

  it("stack makes a new axis anywhere", () => {
    const [a, b] = [tensor([[1, 2]]), tensor([[3, 4]])];
    expect(stack([a, b]).shape).toEqual([2, 1, 2]);
    expect(stack([a, b], 1).toArray()).toEqual([
      [
        [1, 2],
        [3, 4],
      ],
    ]);
    expect(stack([a, b], -1).toArray()).toEqual([
      [
        [1, 3],
        [2, 4],
      ],
    ]);
  });

  it("transpose counts axes from the end too", () => {
    expect(ones([2, 3, 4]).transpose([-1, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(
      tensor([
        [1, 2],
        [3, 4],
      ])
        .transpose([-1, -2])
        .toArray(),
    ).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it("matmul takes vectors as rows and columns", () => {
    const m = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(m.matmul(tensor([1, 10])).toArray()).toEqual([21, 43, 65]);
    expect(tensor([1, 10, 100]).matmul(m).toArray()).toEqual([531, 642]);
    expect(
      tensor([1, 2])
        .matmul(tensor([3, 4]))
        .toArray(),
    ).toBe(11);
  });

  it("mean, max, min, norm and argmax reduce the axes they are given", () => {
    const t = tensor([
      [1, 5, 3],
      [4, 2, 6],
    ]);
    expect(t.mean().item()).toBe(3.5);
    expect(t.mean(0).toArray()).toEqual([2.5, 3.5, 4.5]);
    expect(t.max(-1).toArray()).toEqual([5, 6]);
    expect(t.min(0).toArray()).toEqual([1, 2, 3]);
    expect(t.argmax().toArray()).toEqual([1, 2]);
    expect(tensor([3, 4]).norm().item()).toBe(5);
  });
});

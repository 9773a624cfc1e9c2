import { beforeAll, describe, expect, it } from "vitest";
import { customGradient, grad, hessian, hvp, jacobian, jvp, stopGradient, valueAndGrad, vjp } from "../../src/autodiff/index.js";
import { interpret, interpreterEvaluator } from "../../src/backends/interpreter/index.js";
import { tensor } from "../../src/tensor/create.js";
import { setEvaluator } from "../../src/tensor/read.js";
import { ones, type Tensor, zeros } from "../../src/tensor/tensor.js";
import { topological } from "../../src/tensor/walk.js";

beforeAll(() => {
  setEvaluator(interpreterEvaluator);
});

const cubes = (x: Tensor) => x.pow(3).sum();

describe("grad", () => {
  it("of x³ is 3x², then 6x, 6, 0", () => {
    const x = tensor([1, 2, 3]);
    expect(grad(cubes)(x).toArray()).toEqual([3, 12, 27]);
    const cube = (y: Tensor) => y.pow(3);
    expect(grad(grad(cube))(2).item()).toBe(12);
    expect(grad(grad(grad(cube)))(2).item()).toBe(6);
    expect(grad(grad(grad(grad(cube))))(2).item()).toBe(0);
  });

  it("takes several arguments, numbers too, and gives one gradient for each", () => {
    const [gx, gy] = grad((x, y) => x.mul(y).mul(y))(2, 3);
    expect([gx.item(), gy.item()]).toEqual([9, 12]);
    expect(gx.dtype).toBe("f64");
  });

  it("counts what the function closes over as constant, also the argument of a gradient around it", () => {
    // d/dx x · (d/dy xy at y = 1) = d/dx x² = 2x; mistaking the two variables for one another gives 3x or x.
    const f = (x: Tensor) => x.mul(grad((y: Tensor) => x.mul(y))(1));
    expect(grad(f)(5).item()).toBe(10);
    expect(jvp(f)(5, 1).tangent.item()).toBe(10);
    const g = (x: Tensor) => x.mul(jvp((y) => x.mul(y))(1, 1).tangent);
    expect(grad(g)(5).item()).toBe(10);
    expect(jvp(g)(5, 1).tangent.item()).toBe(10);
  });

  it("differentiates with respect to the argument even if it is the same tensor as one closed over", () => {
    const x = tensor([2, 3]);
    expect(grad((y: Tensor) => y.mul(x).sum())(x).toArray()).toEqual([2, 3]);
    expect(grad((a: Tensor, b: Tensor) => a.mul(b).sum())(x, x)[0].toArray()).toEqual([2, 3]);
  });

  it("is zero of the argument's shape and dtype where the result does not depend on it", () => {
    const g = grad((x: Tensor) => x.fill(1).sum())(ones([2, 3], "f32"));
    expect([g.dtype, g.shape, g.toArray()]).toEqual([
      "f32",
      [2, 3],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
  });

  it("keeps f32 with numbers in the formula", () => {
    const g = grad((x: Tensor) => x.mul(0.1).exp().sum())(tensor(new Float32Array([1, 2])));
    expect(g.dtype).toBe("f32");
    expect(g.toArray()).toEqual([Math.fround(0.1 * Math.exp(0.1)), Math.fround(0.1 * Math.exp(0.2))]);
  });

  it("shares the forward pass with the value", () => {
    const { value, gradient } = valueAndGrad((x: Tensor) => x.exp().sum())(tensor([0, 1]));
    const exponentials = topological([value, gradient]).filter((node) => node.primitive.name === "exp");
    expect(exponentials.length).toBe(1);
    expect(value.item()).toBeCloseTo(1 + Math.E, 14);
  });

  it("teaches where the result is no scalar, no tensor, or an argument cannot vary", () => {
    expect(() => grad((x: Tensor) => x.mul(2))(tensor([1, 2, 3]))).toThrow(/f64\[3\], 3 elements[\s\S]*\.sum\(\)[\s\S]*jacobian/);
    // @ts-expect-error a number is no tensor
    expect(() => grad((x: Tensor) => x.item() * 2)(3)).toThrow(/returns a tensor[\s\S]*the number 6/);
    expect(() => grad((x: Tensor) => x.sum())(tensor([1], { dtype: "i32" }))).toThrow(/i32\[1\]/);
    expect(() => grad((x: Tensor) => x.sum().gt(0))(tensor([1]))).toThrow(/bool/);
    // @ts-expect-error an array is no tensor
    expect(() => grad((x: Tensor) => x.sum())([1, 2])).toThrow(/tensor\(\[/);
  });
});

describe("products", () => {
  const f = (x: Tensor, y: Tensor) => [x.mul(y), x.sum()] as const;

  it("jvp pushes directions of several arguments through to several results", () => {
    const { value, tangent } = jvp((...x: Tensor[]) => f(x[0], x[1]))([tensor([1, 2]), tensor([3, 4])], [tensor([1, 0]), tensor([0, 1])]);
    expect(value.map((t) => t.toArray())).toEqual([[3, 8], 3]);
    expect(tangent.map((t) => t.toArray())).toEqual([[3, 2], 1]);
  });

  it("vjp pulls cotangents back to all arguments", () => {
    const { pullback } = vjp((...x: Tensor[]) => f(x[0], x[1]))([tensor([1, 2]), tensor([3, 4])]);
    expect(pullback([tensor([1, 10]), tensor(100)]).map((t) => t.toArray())).toEqual([
      [103, 140],
      [1, 20],
    ]);
  });

  it("hvp is the Hessian times the direction", () => {
    const energy = (x: Tensor) =>
      x
        .slice([0], [2])
        .mul(x.slice([1], [2]))
        .square()
        .sum()
        .add(x.sin().sum());
    const [x, v] = [tensor([1, -2, 0.5]), tensor([0.3, 1, -2])];
    const direct = interpret([hessian(energy)(x).matmul(v)])[0];
    interpret([hvp(energy)(x, v)])[0].forEach((entry, i) => {
      expect(entry).toBeCloseTo(direct[i], 12);
    });
  });

  it("names both shapes when a direction does not fit", () => {
    expect(() => jvp(cubes)(tensor([1, 2]), tensor([1, 2, 3]))).toThrow(/expected: \[2\]\n {2}received: \[3\]/);
    expect(() => hvp(cubes)(tensor([1, 2]), tensor(1))).toThrow(/expected: \[2\]\n {2}received: a scalar/);
    expect(() => vjp((x: Tensor) => x.square())(tensor([1, 2])).pullback(tensor([1, 2, 3]))).toThrow(
      /expected: \[2\]\n {2}received: \[3\]/,
    );
  });
});

describe("jacobian and hessian", () => {
  // Both modes, written out and as a loop: results of 2 and of 20 for arguments of 3, 20 and [2, 10].
  it.each([
    [[3], 2],
    [[3], 20],
    [[20], 2],
    [[2, 10], 20],
    [[2, 10], 30],
  ])("of a linear map on %j with %i results is its matrix", (shape, results) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const matrix = tensor(
      Float64Array.from({ length: results * size }, (_, i) => (i * 37) % 101),
      { shape: [results, size] },
    );
    const map = (x: Tensor) => matrix.matmul(x.reshape([size]));
    const j = jacobian(map)(zeros(shape));
    expect(j.shape).toEqual([results, ...shape]);
    expect(interpret([j])[0]).toEqual(interpret([matrix])[0]);
  });

  it("puts the shape of the result before that of the argument", () => {
    const j = jacobian((x: Tensor) => x.transpose())(zeros([2, 3]));
    expect(j.shape).toEqual([3, 2, 2, 3]);
    const data = interpret([j])[0];
    data.forEach((entry, at) => {
      const [a, b, c, d] = [Math.floor(at / 12), Math.floor(at / 6) % 2, Math.floor(at / 3) % 2, at % 3];
      expect(entry).toBe(a === d && b === c ? 1 : 0);
    });
  });

  it("gives one Jacobian for each argument, and blocks of a Hessian", () => {
    const [jx, jy] = jacobian((x: Tensor, y: Tensor) => x.mul(y))(tensor([1, 2]), 3);
    expect(jx.toArray()).toEqual([
      [3, 0],
      [0, 3],
    ]);
    expect(jy.toArray()).toEqual([1, 2]);
    const [[xx, xy], [yx, yy]] = hessian((x: Tensor, y: Tensor) => x.square().mul(y).sum())(tensor([1, 2]), 3);
    expect([xx.toArray(), xy.toArray(), yx.toArray(), yy.toArray()]).toEqual([
      [
        [6, 0],
        [0, 6],
      ],
      [2, 4],
      [2, 4],
      0,
    ]);
  });

  it("of Rosenbrock's function at (−1.2, 1) is the published one", () => {
    const f = (x: Tensor) => {
      const [a, b] = [x.slice([0], [1]), x.slice([1], [1])];
      return b.sub(a.square()).square().mul(100).add(a.fill(1).sub(a).square()).sum();
    };
    const x = tensor([-1.2, 1]);
    // Gradient (−215.6, −88) and Hessian ((1330, 480), (480, 200)).
    [-215.6, -88].forEach((g, i) => {
      expect(interpret([grad(f)(x)])[0][i]).toBeCloseTo(g, 11);
    });
    [1330, 480, 480, 200].forEach((h, i) => {
      expect(interpret([hessian(f)(x)])[0][i]).toBeCloseTo(h, 10);
    });
  });

  it("loops once there are many columns, so that the graph stays small", () => {
    const nodes = (n: number) => topological([jacobian((x: Tensor) => x.sin())(zeros([n]))]).length;
    expect(nodes(1000)).toBeLessThan(60);
    expect(nodes(1000)).toBe(nodes(17));
  });
});

describe("custom derivatives", () => {
  const x = tensor([-2, 3]);

  it("replace those of the function in reverse and, by transposition, in forward mode", () => {
    const twice = customGradient(
      (y) => y.exp(),
      (y, upstream) => upstream.mul(y).mul(2),
    );
    expect(grad((y: Tensor) => twice(y).sum())(x).toArray()).toEqual([-4, 6]);
    expect(jvp((y) => twice(y))(x, tensor([1, 10])).tangent.toArray()).toEqual([-4, 60]);
    expect(hvp((y) => twice(y).sum())(x, tensor([1, 10])).toArray()).toEqual([2, 20]);
  });

  it("may clip, which forward mode cannot transpose", () => {
    const clipped = customGradient(
      (y) => y.square(),
      (y, upstream) => upstream.mul(y).mul(2).minimum(1).maximum(-1),
    );
    expect(grad((y: Tensor) => clipped(y).sum())(x).toArray()).toEqual([-1, 1]);
    expect(() => jvp((y) => clipped(y))(x, x)).toThrow(/not linear/);
  });

  it("must fit the arguments", () => {
    const wrong = customGradient(
      (y) => y.sum(),
      (_, upstream) => upstream,
    );
    expect(() => grad((y: Tensor) => wrong(y))(x)).toThrow(/expected: f64\[2\]\n {2}received: f64/);
    const few = customGradient(
      (y, z) => y.mul(z),
      (y) => [y],
    );
    expect(() => grad((y: Tensor, z: Tensor) => few(y, z).sum())(x, x)).toThrow(/one cotangent for each argument/);
  });

  it("stop at stopGradient, in every order and mode", () => {
    const f = (y: Tensor) => y.mul(stopGradient(y.square())).sum();
    expect(grad(f)(x).toArray()).toEqual([4, 9]);
    expect(jvp(f)(x, ones([2])).tangent.item()).toBe(13);
    expect(hvp(f)(x, ones([2])).toArray()).toEqual([0, 0]);
  });
});

describe("derivatives at kinks and ends are the ones the documentation states", () => {
  const slope = (f: (x: Tensor) => Tensor, at: number) => interpret([grad(f)(at)])[0][0];
  it.each([
    ["abs", (x: Tensor) => x.abs(), 0, 0],
    ["relu", (x: Tensor) => x.relu(), 0, 0],
    ["sign", (x: Tensor) => x.sign(), 3, 0],
    ["floor", (x: Tensor) => x.floor(), 0.5, 0],
    ["maximum at a tie, second argument", (x: Tensor) => x.fill(1).maximum(x), 1, 1],
    ["maximum at a tie, first argument", (x: Tensor) => x.maximum(x.fill(1)), 1, 0],
    ["minimum at a tie, second argument", (x: Tensor) => x.fill(1).minimum(x), 1, 1],
    ["softplus, which is smooth", (x: Tensor) => x.softplus(), 0, 0.5],
    ["sinh, which is smooth", (x: Tensor) => x.sinh(), 0, 1],
    ["x⁰", (x: Tensor) => x.pow(tensor(0)), 0, 0],
    ["x²·⁰ as a tensor", (x: Tensor) => x.pow(tensor(2)), 0, 0],
    ["a masked infinite slope", (x: Tensor) => x.gt(0).select(x.add(1).sqrt(), x), 0, 1],
  ])("%s", (_, f, at, expected) => {
    expect(slope(f, at)).toBe(expected);
  });

  it("equal winners of a maximum share it evenly", () => {
    expect(interpret([grad((x: Tensor) => x.max())(tensor([2, 5, 5, 5, 5]))])[0]).toEqual(Float64Array.of(0, 0.25, 0.25, 0.25, 0.25));
    expect(jvp((x) => x.min())(tensor([1, 1, 2]), tensor([3, 5, 100])).tangent.item()).toBe(4);
  });

  it("softplus is curved at 0: ¼", () => {
    expect(interpret([grad(grad((x: Tensor) => x.softplus()))(0)])[0][0]).toBeCloseTo(0.25, 15);
  });
});

/** Derivative rules with one mistake each, of the kinds that people make. */
import { customGradient, type HostObjective, type Objective, objective, type Tensor, tensor, trace } from "steepest";

export interface SeededBug {
  readonly name: string;
  readonly objective: Objective | HostObjective;
  readonly theta: readonly number[];
  /** What the diagnosis should say, where the mistake leaves a pattern. */
  readonly says?: RegExp;
}

const numbers = (count: number, seed = 0) => Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + 0.9 + seed) * 0.8 + 0.1);
/** An objective of one tensor, whose gradient passes through a rule. */
const traced = (shape: readonly number[], f: (x: Tensor) => Tensor, theta = numbers(shape.reduce((a, b) => a * b, 1))) => ({
  objective: trace(f, tensor(theta, { shape: [...shape] })),
  theta,
});
/** A rule of one argument under a curved loss. */
const rule = (
  name: string,
  f: (x: Tensor) => Tensor,
  gradient: (x: Tensor, u: Tensor) => Tensor,
  says?: RegExp,
  shape: readonly number[] = [5],
): SeededBug => {
  const op = customGradient(f, gradient);
  const weights = tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      3,
    ),
    { shape: [...shape] },
  );
  return { name, ...traced(shape, (x) => op(x).mul(weights).sum().add(op(x).mul(weights).square().sum())), says };
};
const host = (
  name: string,
  value: (x: Float64Array) => number,
  gradient: (x: Float64Array) => ArrayLike<number>,
  theta: readonly number[],
  says?: RegExp,
): SeededBug => ({ name, objective: objective({ value, gradient }), theta, says });

const A = tensor(numbers(12, 1), { shape: [4, 3] });
const square3 = tensor(numbers(9, 2), { shape: [3, 3] });
const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, b) => a + b, 0);
const bowl = (x: Float64Array) => sum(x.map((v, i) => (i + 1) * v * v + Math.sin(v)));
const bowlSlope = (x: Float64Array) => x.map((v, i) => 2 * (i + 1) * v + Math.cos(v));
const matmulWith = (gradient: (x: Tensor, u: Tensor) => Tensor) => customGradient((x: Tensor) => A.matmul(x), gradient);

/** A buffer that is not cleared between calls. */
function accumulating() {
  const kept = new Float64Array(3);
  return (x: Float64Array) => {
    bowlSlope(x).forEach((g, i) => {
      kept[i] += g;
    });
    return kept;
  };
}

/** A forward pass that keeps its argument, and a backward pass that uses what was kept first. */
function stale() {
  let first: Float64Array | undefined;
  return (x: Float64Array) => {
    first ??= x.map((v) => v + 0.3);
    return bowlSlope(first);
  };
}

/** The backward pass uses the argument of the last call of the value, whatever it is asked for. */
function cached() {
  let last = new Float64Array(3);
  return {
    value: (x: Float64Array) => {
      last = x.slice();
      return bowl(x);
    },
    gradient: (_: Float64Array) => bowlSlope(last),
  };
}
const cache = cached();

export const seededBugs: readonly SeededBug[] = [
  rule(
    "the sign of sin′",
    (x) => x.sin(),
    (x, u) => u.mul(x.cos()).neg(),
    /sign is reversed/,
  ),
  rule(
    "the factor of a square",
    (x) => x.square(),
    (x, u) => u.mul(x),
    /0\.5 times[\s\S]*factor 2 is missing/,
  ),
  rule(
    "a factor 2 too many",
    (x) => x.exp(),
    (x, u) => u.mul(x.exp()).mul(2),
    /2 times[\s\S]*too many/,
  ),
  rule(
    "tanh′ without its square",
    (x) => x.tanh(),
    (x, u) => u.mul(x.tanh().neg().add(1)),
  ),
  rule(
    "tanh′ at the argument, not at the result",
    (x) => x.tanh(),
    (x, u) => u.mul(x.square().neg().add(1)),
  ),
  rule(
    "sigmoid′ without 1 − s",
    (x) => x.sigmoid(),
    (x, u) => u.mul(x.sigmoid()),
  ),
  rule(
    "log′ as 1/x²",
    (x) => x.square().add(1).log(),
    (x, u) => u.mul(x).mul(2).div(x.square().add(1).square()),
  ),
  rule(
    "√′ without ½",
    (x) => x.square().add(1).sqrt(),
    (x, u) => u.mul(x).mul(2).div(x.square().add(1).sqrt()),
    /2 times/,
  ),
  rule(
    "the chain rule without its inner factor",
    (x) => x.mul(3).sin(),
    (x, u) => u.mul(x.mul(3).cos()),
    /0\.333333 times[\s\S]*1\/3/,
  ),
  rule(
    "relu passes everything",
    (x) => x.relu(),
    (_, u) => u,
  ),
  rule(
    "relu passes the wrong side",
    (x) => x.relu(),
    (x, u) => x.lt(0).select(u, u.fill(0)),
  ),
  rule(
    "leaky slope on the wrong side",
    (x) => x.maximum(x.mul(0.1)),
    (x, u) => x.lt(0).select(u, u.mul(0.1)),
  ),
  rule(
    "|x| as if it were x",
    (x) => x.abs(),
    (_, u) => u,
  ),
  rule(
    "clipping that forgets to stop",
    (x) => x.minimum(0.5).maximum(-0.5),
    (_, u) => u,
  ),
  rule(
    "a gradient stopped",
    (x) => x.mul(x.stopGradient()).add(x.sin().stopGradient()),
    (_, u) => u.fill(0),
    /All of them are 0/,
  ),
  rule(
    "a term of the product rule left out",
    (x) => x.mul(x.sin()),
    (x, u) => u.mul(x.sin()),
  ),
  rule(
    "the quotient rule with its sign",
    (x) => x.div(x.square().add(1)),
    (x, u) => u.mul(x.square().add(1).add(x.square().mul(2))).div(x.square().add(1).square()),
  ),
  rule(
    "softmax′ by its diagonal alone",
    (x) => x.softmax(0),
    (x, u) => u.mul(x.softmax(0)).mul(x.softmax(0).neg().add(1)),
  ),
  rule(
    "a mean whose 1/N was forgotten",
    (x) => x.square().mean().broadcastTo([5]),
    (x, u) => u.sum().mul(x).mul(2),
    /sum taken for a mean over 5/,
  ),
  rule(
    "a sum taken for a mean",
    (x) => x.square().sum().broadcastTo([5]),
    (x, u) =>
      u
        .sum()
        .mul(x)
        .mul(2 / 5),
    /1\/5[\s\S]*mean taken for a sum/,
  ),
  rule(
    "a mean over the wrong axis",
    (x) => x.mean(0).broadcastTo([4, 3]),
    (_, u) => u.mean(1).reshape([4, 1]).broadcastTo([4, 3]),
    undefined,
    [4, 3],
  ),
  rule(
    "reversal not reversed",
    (x) => x.reverse(),
    (_, u) => u,
  ),
  rule(
    "a cyclic shift, off by one",
    (x) => x.take(tensor([1, 2, 3, 4, 0], { dtype: "i32" })),
    (_, u) => u.take(tensor([3, 4, 0, 1, 2], { dtype: "i32" })),
  ),
  {
    name: "the gradient of a product, transposed",
    ...traced([3, 3], (x) =>
      customGradient(
        (y: Tensor) => square3.matmul(y),
        (_, u: Tensor) => square3.transpose().matmul(u).transpose(),
      )(x)
        .mul(square3.sin())
        .sum(),
    ),
    says: /transposed/,
  },
  {
    name: "a product with the factor untransposed",
    ...traced([3, 3], (x) =>
      customGradient(
        (y: Tensor) => square3.matmul(y),
        (_, u: Tensor) => square3.matmul(u),
      )(x)
        .square()
        .sum(),
    ),
  },
  {
    name: "the sum over a batch left out",
    ...traced([3], (x) => {
      const shifted = customGradient(
        (b: Tensor) => b.broadcastTo([4, 3]),
        (_, u: Tensor) => u.slice([0, 0], [1, 3]).reshape([3]),
      );
      return shifted(x).mul(A).sin().sum();
    }),
  },
  {
    name: "a mean over a batch where the sum belongs",
    ...traced([3], (x) => {
      const shifted = customGradient(
        (b: Tensor) => b.broadcastTo([4, 3]),
        (_, u: Tensor) => u.mean(0),
      );
      return shifted(x).mul(A).sin().sum();
    }),
    says: /1\/4[\s\S]*(mean taken for a sum|left out)/,
  },
  {
    name: "a cotangent with another weight",
    ...traced([3, 2], (x) =>
      matmulWith((_, u) => A.square().transpose().matmul(u))(x)
        .square()
        .sum(),
    ),
  },
  {
    name: "take without adding up repeated rows",
    ...traced([3], (x) => {
      const rows = tensor([0, 2, 0, 1, 0], { dtype: "i32" });
      const picked = customGradient(
        (y: Tensor) => y.take(rows),
        (_, u: Tensor) => u.take(tensor([4, 3, 1], { dtype: "i32" })),
      );
      return picked(x)
        .mul(tensor([1, 2, 3, 4, 5]))
        .sin()
        .sum();
    }),
  },
  host(
    "a regulariser left out of the gradient",
    (x) => bowl(x) + 0.05 * sum(x.map((v) => v * v)),
    bowlSlope,
    numbers(4),
    /0\.1·θ[\s\S]*regulariser/,
  ),
  host("a linear term left out", (x) => bowl(x) + 3 * sum(x), bowlSlope, numbers(4), /same number, 3, is missing/),
  host("an index off by one", bowl, (x) => bowlSlope(x).map((_, i, g) => g[(i + 1) % g.length]), numbers(5), /off by one/),
  host("indices exchanged", bowl, (x) => bowlSlope(x).map((_, i, g) => g[[2, 0, 3, 1][i]]), numbers(4), /other places/),
  host("the last coordinate forgotten", bowl, (x) => bowlSlope(x).with(x.length - 1, 0), numbers(5), /1 of 5/),
  host("one coordinate off by a part in ten thousand", bowl, (x) => bowlSlope(x).with(2, bowlSlope(x)[2] * 1.0001), numbers(5), /1 of 5/),
  host("rounded to three digits", bowl, (x) => bowlSlope(x).map((g) => Math.round(g * 1e3) / 1e3), [0.3172, -1.2345, 0.7771]),
  host("differences with a step far too large", bowl, (x) => x.map((v, i) => (bowl(x.with(i, v + 0.01)) - bowl(x)) / 0.01), numbers(3)),
  host("a sum that is carried over", bowl, accumulating(), numbers(3), /carried over/),
  host("what was kept at the first call", bowl, stale(), numbers(3), /same at another point/),
  { name: "the argument of the last value", objective: objective(cache), theta: numbers(3), says: /stale/ },
  host(
    "a wrong side at a kink",
    (x) => Math.max(x[0], 0) + x[1] ** 2,
    (x) => [x[0] >= 0 ? 2 : 0, 2 * x[1]],
    [0, 0.4],
    /not between/,
  ),
];

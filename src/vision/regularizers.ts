/** What an image is expected to be: convex functions R of its differences v = ∇u, with what dual methods need of them. */
import { SteepestError } from "../tensor/error.js";
import type { Tensor } from "../tensor/tensor.js";
import { type DifferenceOperator, squaredLength } from "./grid.js";

/** R(v) = Σ density(v), and its conjugate R*(p) = sup ⟨v, p⟩ − R(v). */
export interface Regularizer {
  readonly name: string;
  /** What is summed over all places. */
  density(v: readonly Tensor[], differences: DifferenceOperator): Tensor;
  /** The Lipschitz constant of R′; undefined where R has kinks. */
  readonly curvature: number | undefined;
  /** Undefined where the conjugate has no proximal point in closed form. */
  readonly dual?: {
    /** R* is strongly convex with this modulus, 1/curvature. */
    readonly convexity: number;
    /** argmin R*(q) + ‖q − p‖²/2σ */
    prox(p: readonly Tensor[], sigma: Tensor, differences: DifferenceOperator): readonly Tensor[];
    /** The terms of R(v) + R*(p) − ⟨v, p⟩, none of them negative but for rounding. p is in the domain of R*. */
    slack(v: readonly Tensor[], p: readonly Tensor[], differences: DifferenceOperator): Tensor;
  };
}

const added = (terms: readonly Tensor[]): Tensor => terms.reduce((sum, term) => sum.add(term));

/** √s with slope 0 at s = 0: the smallest subgradient of the length. */
function root(s: Tensor): Tensor {
  const isPositive = s.gt(0);
  return isPositive.select(isPositive.select(s, 1).sqrt(), 0);
}

/** ⟨v, p⟩ at each place. */
const inner = (v: readonly Tensor[], p: readonly Tensor[], differences: DifferenceOperator): Tensor =>
  differences.joined(added(v.map((d, i) => d.mul(p[i]))));

/** p at each place shortened to length 1, if it is longer. */
function intoUnitBalls(p: readonly Tensor[], differences: DifferenceOperator): readonly Tensor[] {
  const shorten = squaredLength(p, differences).sqrt().maximum(1).reciprocal();
  return p.map((d) => d.mul(shorten));
}

/** Tikhonov: ½|v|². */
export const quadratic: Regularizer = {
  name: "tikhonov",
  density: (v) => added(v.map((d) => d.square())).mul(0.5),
  curvature: 1,
  dual: {
    convexity: 1,
    prox(p, sigma) {
      const factor = sigma.add(1).reciprocal();
      return p.map((d) => d.mul(factor));
    },
    slack: (v, p) => added(v.map((d, i) => d.sub(p[i]).square())).mul(0.5),
  },
};

/** Total variation |v|: the Euclidean length over directions and channels together. */
export const isotropic: Regularizer = {
  name: "total variation",
  density: (v, differences) => root(squaredLength(v, differences)),
  curvature: undefined,
  dual: {
    convexity: 0,
    prox: (p, _, differences) => intoUnitBalls(p, differences),
    slack: (v, p, differences) =>
      squaredLength(v, differences)
        .sqrt()
        .sub(inner(v, p, differences)),
  },
};

/** Total variation |v₀| + |v₁|, each direction and channel by itself. */
export const anisotropic: Regularizer = {
  name: "anisotropic total variation",
  density: (v) => added(v.map((d) => d.abs())),
  curvature: undefined,
  dual: {
    convexity: 0,
    prox: (p) => p.map((d) => d.maximum(-1).minimum(1)),
    slack: (v, p) => added(v.map((d, i) => d.abs().sub(d.mul(p[i])))),
  },
};

/** Huber's function of |v|: |v|²/2δ up to δ, and |v| − δ/2 beyond. */
export function huberised(delta: number): Regularizer {
  if (!(delta > 0 && Number.isFinite(delta)))
    throw new SteepestError({ problem: "δ of the Huber energy is where squares end", expected: "a number > 0", received: String(delta) });
  const density = (v: readonly Tensor[], differences: DifferenceOperator): Tensor => {
    const s = squaredLength(v, differences);
    const isSmall = s.le(delta * delta);
    return isSmall.select(
      s.mul(0.5 / delta),
      isSmall
        .select(1, s)
        .sqrt()
        .sub(delta / 2),
    );
  };
  return {
    name: "huber",
    density,
    curvature: 1 / delta,
    dual: {
      convexity: delta,
      prox(p, sigma, differences) {
        const factor = sigma.mul(delta).add(1).reciprocal();
        return intoUnitBalls(
          p.map((d) => d.mul(factor)),
          differences,
        );
      },
      slack(v, p, differences) {
        return density(v, differences)
          .add(squaredLength(p, differences).mul(delta / 2))
          .sub(inner(v, p, differences));
      },
    },
  };
}

/** Smoothed total variation √(|v|² + ε²): differentiable everywhere. */
export function smoothed(epsilon: number): Regularizer {
  if (!(epsilon > 0 && Number.isFinite(epsilon)))
    throw new SteepestError({
      problem: "ε of the smoothed total variation rounds its kink off",
      expected: "a number > 0",
      received: String(epsilon),
      fix: epsilon === 0 ? "take totalVariation, which is the limit" : undefined,
    });
  return {
    name: "smoothed total variation",
    density: (v, differences) =>
      squaredLength(v, differences)
        .add(epsilon * epsilon)
        .sqrt(),
    curvature: 1 / epsilon,
  };
}

/** How far what is seen lies from what was given: convex functions d(v; f) of each pixel, with what proximal methods need of them. */
import type { Tensor } from "../tensor/tensor.js";

/** D(v; f) = Σ d(v; f). */
export interface Fidelity {
  readonly name: string;
  density(v: Tensor, f: Tensor): Tensor;
  /** The Lipschitz constant of d′; undefined where there is none. */
  readonly curvature: number | undefined;
  /** The modulus of strong convexity. */
  readonly convexity: number;
  /** argmin d(v; f) + (v − x)²/2w */
  prox(x: Tensor, weight: Tensor, f: Tensor): Tensor;
  /** argmin (λd)*(q) + (q − y)²/2σ, inside of the conjugate's domain also after rounding. */
  dualProx(y: Tensor, sigma: Tensor, lambda: number, f: Tensor): Tensor;
  /** argmax q v − d(v; f); ±`FAR` where there is no largest. */
  farthest(q: Tensor, f: Tensor): Tensor;
  /** d(v) − d(v*) − q(v − v*) at v* = `farthest(q, f)`, clipped or not: what Fenchel and Young's inequality leaves over. */
  slack(v: Tensor, best: Tensor, q: Tensor, f: Tensor, isClipped: boolean): Tensor;
}

/** Stands for infinity where it will be clipped to a range. */
const FAR = 1e30;

const byDefinition = (density: Fidelity["density"]): Fidelity["slack"] => {
  return (v, best, q, f) =>
    density(v, f)
      .sub(density(best, f))
      .sub(q.mul(v.sub(best)));
};

const halfSquare = (v: Tensor, f: Tensor): Tensor => v.sub(f).square().mul(0.5);

/** ½(v − f)²: Gaussian noise. */
export const squares: Fidelity = {
  name: "l2",
  density: halfSquare,
  curvature: 1,
  convexity: 1,
  prox: (x, weight, f) => x.add(f.mul(weight)).mul(weight.add(1).reciprocal()),
  dualProx: (y, sigma, lambda, f) =>
    y.sub(f.mul(sigma)).mul(
      sigma
        .mul(1 / lambda)
        .add(1)
        .reciprocal(),
    ),
  farthest: (q, f) => f.add(q),
  slack: (v, best, q, f, isClipped) => (isClipped ? byDefinition(halfSquare)(v, best, q, f, true) : v.sub(best).square().mul(0.5)),
};

const distance = (v: Tensor, f: Tensor): Tensor => v.sub(f).abs();

/** |v − f|: outliers, salt and pepper. */
export const absolute: Fidelity = {
  name: "l1",
  density: distance,
  curvature: undefined,
  convexity: 0,
  prox(x, weight, f) {
    const d = x.sub(f);
    return x.sub(d.maximum(weight.neg()).minimum(weight));
  },
  dualProx: (y, sigma, lambda, f) => y.sub(f.mul(sigma)).maximum(-lambda).minimum(lambda),
  farthest: (q, f) => q.gt(1).select(FAR, q.lt(-1).select(-FAR, f)),
  slack: byDefinition(distance),
};

/** v − f + f log(f/v), Kullback and Leibler's divergence: Poisson noise. Where f is 0 it is v. */
function divergence(v: Tensor, f: Tensor): Tensor {
  const isCounted = f.gt(0);
  const [seen, given] = [isCounted.select(v, 1), isCounted.select(f, 1)];
  return isCounted.select(v.sub(f).add(f.mul(given.log().sub(seen.log()))), v);
}

export const photons: Fidelity = {
  name: "poisson",
  density: divergence,
  curvature: undefined,
  convexity: 0,
  prox(x, weight, f) {
    const a = x.sub(weight);
    return a.add(a.square().add(f.mul(weight).mul(4)).sqrt()).mul(0.5);
  },
  dualProx(y, sigma, lambda, f) {
    const q = y.add(lambda).sub(
      y
        .sub(lambda)
        .square()
        .add(f.mul(sigma).mul(4 * lambda))
        .sqrt(),
    );
    // A little inside, where rounding cannot leave the domain.
    return q.mul(0.5).minimum(lambda * (1 - 2 ** -20));
  },
  farthest(q, f) {
    const isInside = q.lt(1);
    return isInside.select(f.div(isInside.select(q.neg().add(1), 1)), q.le(1).and(f.le(0)).select(0, FAR));
  },
  slack: byDefinition(divergence),
};

export const fidelities = { l2: squares, l1: absolute, poisson: photons } as const;

/** `"l2"` ½(v − f)², `"l1"` |v − f|, `"poisson"` v − f + f log(f/v). */
export type DataTerm = keyof typeof fidelities;

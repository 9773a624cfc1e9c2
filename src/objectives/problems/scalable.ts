/** Classic functions of any number of variables, most of them with many minima. */
import { literal, type Tensor } from "../../tensor/tensor.js";
import { at, counting, family, product, repeated } from "./problem.js";

const turn = 2 * Math.PI;

/** √x, with slope 0 at 0, as |x| has: the cones that end there have no other. */
const rootOf = (x: Tensor): Tensor => {
  const isZero = x.eq(x.fill(0));
  return isZero.select(x.fill(0), isZero.select(x.fill(1), x).sqrt());
};

const origin = (dimension: number) => [{ value: 0, at: [repeated(0, dimension)] }];

/** Σ xᵢ² − 10 cos 2πxᵢ + 10. */
export const rastrigin = family(2, (dimension) => ({
  name: "rastrigin",
  about: "Rastrigin: a bowl with a minimum near every point of whole numbers.",
  dimension,
  start: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? 0.4 : -0.3)),
  minima: origin(dimension),
  f: (x) => x.square().sub(x.mul(turn).cos().mul(10)).add(10).sum(),
}));

/** −20 exp(−0.2 √(mean x²)) − exp(mean cos 2πxᵢ) + 20 + e. */
export const ackley = family(2, (dimension) => ({
  name: "ackley",
  about: "Ackley: nearly flat and wavy outside, a cone in the middle.",
  dimension,
  start: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? 0.3 : -0.2)),
  minima: origin(dimension),
  f: (x) => rootOf(x.square().mean()).mul(-0.2).exp().mul(-20).sub(x.mul(turn).cos().mean().exp()).add(20).add(literal(1).exp()),
}));

/** 1 + Σ xᵢ²/4000 − Π cos(xᵢ/√i). */
export const griewank = family(2, (dimension) => ({
  name: "griewank",
  about: "Griewank: thousands of minima, shallower the more dimensions there are.",
  dimension,
  start: Array.from({ length: dimension }, (_, i) => (i % 2 === 0 ? 1 : -1)),
  minima: origin(dimension),
  f: (x) =>
    x
      .square()
      .sum()
      .div(4000)
      .sub(product(x.div(counting(dimension).sqrt()).cos()))
      .add(1),
}));

/** Levy: sin²πw₁ + Σ (wᵢ − 1)²(1 + 10 sin²(πwᵢ + 1)) + (wₙ − 1)²(1 + sin²2πwₙ), wᵢ = 1 + (xᵢ − 1)/4. */
export const levy = family(2, (dimension) => ({
  name: "levy",
  about: "Levy: a bowl with waves of different lengths.",
  dimension,
  start: repeated(2, dimension),
  minima: [{ value: 0, at: [repeated(1, dimension)] }],
  f(x) {
    const w = x.sub(1).mul(0.25).add(1);
    const last = at(w, dimension - 1);
    const ends = at(w, 0)
      .mul(Math.PI)
      .sin()
      .square()
      .add(last.sub(1).square().mul(last.mul(turn).sin().square().add(1)));
    const inner = w.slice([0], [dimension - 1]);
    return dimension === 1 ? ends : ends.add(inner.sub(1).square().mul(inner.mul(Math.PI).add(1).sin().square().mul(10).add(1)).sum());
  },
}));

/** Zakharov: Σ xᵢ² + s² + s⁴, s = ½ Σ i xᵢ. */
export const zakharov = family(2, (dimension) => ({
  name: "zakharov",
  about: "Zakharov: a plate that bends up to the fourth power along one direction.",
  dimension,
  start: repeated(1, dimension),
  minima: origin(dimension),
  f(x) {
    const s = x.mul(counting(dimension)).sum().mul(0.5);
    return x.square().sum().add(s.square()).add(s.square().square());
  },
}));

/** Styblinski and Tang: ½ Σ xᵢ⁴ − 16xᵢ² + 5xᵢ. */
export const styblinskiTang = family(2, (dimension) => ({
  name: "styblinskiTang",
  about: "Styblinski and Tang: two minima along every axis, one of them deeper.",
  dimension,
  start: repeated(-1, dimension),
  minima: [
    { value: -39.166165703771 * dimension, at: [repeated(-2.903534027771, dimension)] },
    { value: -25.0294449 * dimension, at: [repeated(2.746802763, dimension)] },
  ],
  f(x) {
    const squares = x.square();
    return squares.square().sub(squares.mul(16)).add(x.mul(5)).sum().mul(0.5);
  },
}));

/** The noisy quadratic of DeepOBS, with the eigenvalues that deep networks have been found to have. */
import { turnSinCos } from "../../tensor/random.js";
import { fromHost, type Tensor } from "../../tensor/tensor.js";
import { MersenneTwister } from "./mersenne-twister.js";
import { type Problem, repeated } from "./problem.js";

const DIMENSION = 100;

interface Drawn {
  readonly eigenvalues: Float64Array;
  /** Q, row by row. */
  readonly hessian: Float64Array;
}

let kept: Drawn | undefined;

/** Drawn once, when it is first needed: eigenvalues and rotation from one stream of seed 42. */
function drawn(): Drawn {
  kept ??= draw();
  return kept;
}

function draw(): Drawn {
  const random = new MersenneTwister(42);
  const eigenvalues = Float64Array.from({ length: DIMENSION }, (_, i) => (i < 90 ? random.uniform() : 30 + 30 * random.uniform()));
  const rotation = randomRotation(random);
  const hessian = new Float64Array(DIMENSION * DIMENSION);
  for (let i = 0; i < DIMENSION; i++)
    for (let j = 0; j < DIMENSION; j++)
      for (let k = 0; k < DIMENSION; k++) hessian[i * DIMENSION + j] += rotation[k][i] * eigenvalues[k] * rotation[k][j];
  return { eigenvalues, hessian };
}

/** A rotation, uniform in SO(n), by the subgroup algorithm of Diaconis and Shahshahani (1987): one reflection for each dimension. */
function randomRotation(random: MersenneTwister): Float64Array[] {
  const { sin, cos } = turnSinCos(random.uniform());
  let rotation = [Float64Array.of(cos, sin), Float64Array.of(-sin, cos)];
  for (let size = 3; size <= DIMENSION; size++) {
    const v = unit(Float64Array.from({ length: size }, () => random.normal()));
    const axis = unit(v.map((x, i) => (i === 0 ? 1 - x : -x)));
    const larger = Array.from({ length: size }, (_, i) =>
      Float64Array.from({ length: size }, (_, j) => (i > 0 && j > 0 ? rotation[i - 1][j - 1] : Number(i === j))),
    );
    const image = Float64Array.from({ length: size }, (_, j) => larger.reduce((sum, row, i) => sum + axis[i] * row[j], 0));
    rotation = larger.map((row, i) => row.map((x, j) => x - 2 * axis[i] * image[j]));
  }
  return rotation.map((row) => row.map((x) => -x));
}

function unit(v: Float64Array): Float64Array {
  const norm = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));
  return v.map((x) => x / norm);
}

export interface DeepQuadratic extends Problem {
  /** In the order in which they were drawn: 90 in (0, 1), then 10 in (30, 60). */
  readonly eigenvalues: Float64Array;
  /** Standard deviation of each coordinate of the data x. */
  readonly noise: number;
  /** The mean of f(θ; x) over normal data x: f(θ) + ½ σ² Σ λ. */
  readonly floor: number;
  /** The loss on one record of data. */
  sample(theta: Tensor, x: Tensor): Tensor;
}

/**
 * DeepOBS' `quadratic_deep` (Schneider, Balles, Hennig 2019):
 *
 *     f(θ; x) = ½ (θ − x)ᵀ Q (θ − x),   x ~ N(0, 0.6² I),   θ₀ = ones
 *
 * of 100 dimensions, with Q as that benchmark draws it. `f` is its mean without the constant, ½ θᵀQθ. Gradient descent is stable
 * below 2/λₙ = 0.03764, momentum 0.99 below 0.0749.
 */
export const deepQuadratic: DeepQuadratic = {
  name: "deepQuadratic",
  about: "DeepOBS' quadratic: 90 eigenvalues below 1, 10 between 30 and 60, rotated.",
  dimension: DIMENSION,
  start: repeated(1, DIMENSION),
  minima: [{ value: 0, at: [repeated(0, DIMENSION)] }],
  noise: 0.6,
  get eigenvalues() {
    return drawn().eigenvalues;
  },
  get floor() {
    return 0.5 * 0.36 * drawn().eigenvalues.reduce((sum, x) => sum + x, 0);
  },
  f: energy,
  sample: (theta, x) => energy(theta.sub(x)),
};

function energy(x: Tensor): Tensor {
  const q = fromHost(drawn().hessian, [DIMENSION, DIMENSION], "f64");
  return q.matmul(x).dot(x).mul(0.5);
}

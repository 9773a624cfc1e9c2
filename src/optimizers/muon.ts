/** Muon: steps of matrices with all singular values near 1. */
import { type Tensor, weakNumber } from "../tensor/tensor.js";
import type { Shape } from "../tensor/types.js";
import { matrixShape } from "./adafactor.js";
import { decayed, decayedPositive } from "./decay.js";
import { checkBetas, type MomentSlots, oneMinus } from "./moments.js";
import { defineOptimizer, type Optimizer, pieces, type Rate, type Slot, scalar } from "./optimizer.js";
import { checkCount, checkDecay, checkForm, checkNames, checkNonNegative, checkPositive, checkRate, whyEpsilon } from "./options.js";
import type { ParameterEntry } from "./parameters.js";

export interface MuonOptions {
  /** α: a number, or a schedule. Default 0.001. */
  readonly learningRate?: Rate;
  /** β: the part of the momentum that a step keeps, 0 ≤ β < 1. Default 0.95. */
  readonly beta?: number;
  /** Steps with the momentum of the next step. Default true. */
  readonly nesterov?: boolean;
  /** Steps of Newton and Schulz. Default 5. */
  readonly iterations?: number;
  /** λ ≥ 0: decoupled weight decay, of matrices and of all else. Default 0.1. */
  readonly weightDecay?: number;
  /** Length of a matrix's step: see below. Default `"rms"`. */
  readonly scale?: "rms" | "aspect";
  /** β₁, β₂ and ε of the AdamW that moves vectors and scalars. Default 0.9, 0.999 and 1e-8. */
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

/** A momentum for matrices, and what Adam carries for the rest: where one is not kept, a single unused number is. */
export type MuonSlots = MomentSlots & { readonly velocity: Slot };

/** Coefficients of the quintic that brings singular values from (0, 1] near 1 in few steps. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

const matrixPiece = (entry: ParameterEntry): Shape => (matrixShape(entry) === undefined ? [] : entry.shape);
const otherPiece = (entry: ParameterEntry): Shape => (matrixShape(entry) === undefined ? entry.shape : []);

/**
 * Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon; with decay and scale: Liu et al., arXiv 2502.16982). For each parameter of two
 * and more axes, as a matrix of its last axis against all others (m × n):
 *
 *     b ← β b + (1 − β) g          u = β b + (1 − β) g          (without `nesterov`: u = b)
 *     X = u/(‖u‖ + 1e-7), then 5 times:  S = X Xᵀ,  X ← 3.4445 X + (−4.775 S + 2.0315 S²) X
 *     θ ← θ − α λ θ − α s X          s = 0.2 √max(m, n) ("rms"), √max(1, m/n) ("aspect")
 *
 * X is about U Vᵀ of the singular value decomposition of u. Vectors and scalars are moved by AdamW with the same α and λ; with "rms" a
 * matrix's step is as large as AdamW's, so that one rate suits both. A matrix takes three passes (the momentum, the length of u, X) and three
 * products for each iteration, the last of which makes the step; a vector takes one pass.
 *
 * Elsewhere: PyTorch `Muon` (since 2.9: "aspect" as `adjust_lr_fn="original"`, "rms" as `"match_rms_adamw"`; matrices only), optax
 * `contrib.muon`, Keras `Muon`.
 *
 * @param options `learningRate` (default 0.001), `beta` (0.95), `nesterov` (true), `iterations` (5), `weightDecay` (0.1), `scale` ("rms"), `beta1` (0.9), `beta2` (0.999), `epsilon` (1e-8)
 * @throws SteepestError for numbers out of their range, unknown forms and options
 * @example
 * ```ts
 * import { minimize, muon, tensor } from "steepest";
 * const target = tensor([[1, 2], [3, 4]]);
 * minimize((w) => w.sub(target).square().sum(), tensor([[0, 0], [0, 0]]), { optimizer: muon({ learningRate: 0.05, weightDecay: 0 }), steps: 2000 }).loss;
 * ```
 */
export function muon(options: MuonOptions = {}): Optimizer<MuonSlots> {
  const known = ["learningRate", "beta", "nesterov", "iterations", "weightDecay", "scale", "beta1", "beta2", "epsilon"];
  checkNames("muon", options, known);
  const { learningRate = 0.001, beta = 0.95, nesterov = true, iterations = 5, weightDecay = 0.1, scale = "rms" } = options;
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  checkDecay("muon", "beta", beta);
  checkCount("muon", "iterations", iterations);
  checkNonNegative("muon", "weightDecay", weightDecay);
  checkForm("muon", "scale", scale, ["rms", "aspect"]);
  checkBetas("muon", { beta1, beta2 });
  checkPositive("muon", "epsilon", epsilon, whyEpsilon);
  return defineOptimizer({
    name: "muon",
    ingredients: ["stochastic", "momentum", "adaptive"],
    learningRate: checkRate("muon", learningRate),
    slots: {
      velocity: pieces(matrixPiece, 0),
      mean: pieces(otherPiece, 0),
      squares: pieces(otherPiece, 0),
      power1: scalar(1),
      power2: scalar(1),
    },
    settings: { beta, nesterov, iterations, weightDecay, scale, beta1, beta2, epsilon },
    update({ theta, gradient, slots, parameters, learningRate: rate }) {
      const mixed = (held: Tensor, fresh: Tensor, keep: number) => decayed(held, weakNumber(keep)).add(fresh.mul(weakNumber(1 - keep)));
      const power1 = decayedPositive(slots.power1, weakNumber(beta1));
      const power2 = decayedPositive(slots.power2, weakNumber(beta2));
      const kept = rate.mul(weakNumber(weightDecay)).neg().add(1);
      const [ofMatrices, ofOthers] = [parameters.pieces(matrixPiece), parameters.pieces(otherPiece)];
      const [velocity, mean, squares]: [Tensor[], Tensor[], Tensor[]] = [[], [], []];
      const next = parameters.join((entry, i) => {
        const [w, g] = [parameters.of(theta, entry).mul(kept), parameters.of(gradient, entry)];
        const [b, m, v] = [ofMatrices.of(slots.velocity, i), ofOthers.of(slots.mean, i), ofOthers.of(slots.squares, i)];
        const matrix = matrixShape(entry);
        const isMatrix = matrix !== undefined;
        velocity.push(isMatrix ? mixed(b, g, beta) : b);
        mean.push(isMatrix ? m : mixed(m, g, beta1));
        squares.push(isMatrix ? v : mixed(v, g.square(), beta2));
        if (!isMatrix) {
          const root = squares[i].sqrt().mul(oneMinus(power2).sqrt().reciprocal()).add(weakNumber(epsilon));
          return w.sub(mean[i].mul(rate.div(oneMinus(power1))).div(root));
        }
        const [rows, columns] = matrix;
        const u = nesterov ? mixed(velocity[i], g, beta) : velocity[i];
        const length = scale === "rms" ? 0.2 * Math.sqrt(Math.max(rows, columns)) : Math.sqrt(Math.max(1, rows / columns));
        const direction = orthogonalized(u.reshape([rows, columns]), iterations).reshape(entry.shape);
        return w.sub(direction.mul(rate.mul(weakNumber(length))));
      }, theta);
      const joined = { velocity: ofMatrices.join(velocity), mean: ofOthers.join(mean), squares: ofOthers.join(squares) };
      return { theta: next, slots: { ...joined, power1, power2 } };
    },
  });
}

/** U Vᵀ of a matrix, nearly: its singular values are brought between about 0.7 and 1.2. */
function orthogonalized(matrix: Tensor, iterations: number): Tensor {
  const [m, n] = matrix.shape;
  // The product S is of the smaller side.
  let x = m > n ? matrix.transpose() : matrix;
  x = x.mul(x.norm().add(1e-7).reciprocal());
  for (let i = 0; i < iterations; i++) {
    const s = x.product(x, { transposeA: false, transposeB: true });
    const polynomial = s.mul(B).add(s.matmul(s).mul(C));
    x = x.mul(A).add(polynomial.matmul(x));
  }
  return m > n ? x.transpose() : x;
}

/** Chambolle and Pock's primal–dual method (J. Math. Imaging Vis. 40, 2011), with the accelerated variants. */
import type { Variable } from "../../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../tensor/tensor.js";
import { allocate, type HostData, sizeOf } from "../../tensor/types.js";
import type { Regularizer } from "../regularizers.js";
import { looks, type Method, type RestorationProblem } from "./problem.js";

/** Step sizes, and how they go on. */
interface Steps {
  readonly tau: number;
  readonly sigma: number;
  /** Half the modulus of the data term: τ shrinks by θ = 1/√(1 + 2γτ), σ grows. Undefined where the sizes stay. */
  readonly gamma: number | undefined;
  /** The extrapolation, where it stays. */
  readonly theta: number;
}

/** The ratio τ L, where nothing is strongly convex: images vary by tenths, duals by ones. */
const BALANCE = 0.06;

function stepsFor(
  { energy, seen, weights, given }: RestorationProblem,
  dual: NonNullable<Regularizer["dual"]>,
  squaredNorm: number,
): Steps {
  const { lambda, fidelity } = energy;
  const norm = Math.sqrt(squaredNorm);
  const modulus = seen === undefined && weights === undefined ? lambda * fidelity.convexity : 0;
  if (modulus > 0 && dual.convexity > 0) {
    const mu = (2 * Math.sqrt(modulus * dual.convexity)) / norm;
    return { tau: mu / (2 * modulus), sigma: mu / (2 * dual.convexity), gamma: undefined, theta: 1 / (1 + mu) };
  }
  if (modulus > 0) return { tau: 0.8 / lambda, sigma: lambda / (0.8 * squaredNorm), gamma: modulus / 2, theta: 1 };
  const spread = Math.max(given.sub(given.mean()).abs().max().item(), 1e-6);
  const tau = (BALANCE * spread) / norm;
  return { tau, sigma: 1 / (squaredNorm * tau), gamma: undefined, theta: 1 };
}

/**
 * For J(u) = R(∇u) + λ D(u) with the dual variable p:
 *
 *     p ← prox_σR*(p + σ ∇ū),   u₊ = prox_τλD(u + τ div p),   ū = u₊ + θ (u₊ − u)
 *
 * with τσ‖∇‖² ≤ 1. Where D is strongly convex (squares of all pixels), the step sizes change so that the energy falls as 1/k²; where R* is so besides
 * (Tikhonov, Huber), they are fixed and it falls geometrically. Behind an operator A the data term has a dual variable q of its own:
 *
 *     q ← prox_σ(λD)*(q + σ Aū),   u₊ = clip(u + τ (div p − Aᵀq))
 *
 * The gap is R(∇u) + R*(p) − ⟨∇u, p⟩ plus the same of the data term, each term of the sums at least 0: nothing cancels.
 */
export function primalDual(problem: RestorationProblem, dual: NonNullable<Regularizer["dual"]>): Method {
  const { energy, given, shape, dtype, seen, weights, range, start } = problem;
  const { differences, fidelity, lambda } = energy;
  const image: Variable = { name: "image", type: { shape, dtype } };
  const u = readVariable(image);
  const steps = stepsFor(problem, dual, Math.max(differences.squaredNorm(u) + (seen?.squaredNorm ?? 0), 1e-12));
  const ahead: Variable = { name: "ahead", type: { shape, dtype } };
  const tauNow: Variable = { name: "tau", type: { shape: [], dtype: "f64" } };
  const sigmaNow: Variable = { name: "sigma", type: { shape: [], dtype: "f64" } };
  const flows: readonly Variable[] = differences.gradient(u).map((d, i) => ({ name: `p${i}`, type: { shape: d.shape, dtype } }));
  const residual: Variable | undefined = seen && { name: "q", type: { shape: given.shape, dtype } };
  const [tau, sigma] = [readVariable(tauNow, true), readVariable(sigmaNow, true)];
  const p = flows.map((v) => readVariable(v));
  const q = residual && readVariable(residual);
  const clip = (x: Tensor) => (range ? x.maximum(range[0]).minimum(range[1]) : x);

  const extrapolated = readVariable(ahead);
  const slopes = differences.gradient(extrapolated);
  const nextP = dual.prox(
    p.map((d, i) => d.add(slopes[i].mul(sigma))),
    sigma,
    differences,
  );
  const nextQ = q && seen && fidelity.dualProx(q.add(seen.observe(extrapolated).mul(sigma)), sigma, lambda, given);
  const flow = differences.divergence(nextP);
  const pull = nextQ && seen ? flow.sub(seen.adjoint(nextQ, u)) : flow;
  const forward = u.add(pull.mul(tau));
  const weight = weights ? weights.mul(tau.mul(lambda)) : tau.mul(lambda);
  const nextU = clip(seen ? forward : fidelity.prox(forward, weight, given));
  const theta =
    steps.gamma === undefined
      ? steps.theta
      : tau
          .mul(2 * steps.gamma)
          .add(1)
          .sqrt()
          .reciprocal();
  const nextAhead = nextU.add(nextU.sub(u).mul(theta));

  const zeros = (variable: Variable): [Variable, HostData] => [variable, allocate(dtype, sizeOf(variable.type.shape))];
  return {
    name: "primal-dual",
    image,
    values: new Map<Variable, HostData>([
      [image, start],
      [ahead, start],
      ...flows.map(zeros),
      ...(residual ? [zeros(residual)] : []),
      [tauNow, Float64Array.of(steps.tau)],
      [sigmaNow, Float64Array.of(steps.sigma)],
    ]),
    step: {
      name: "primalDual",
      writes: [
        { variable: image, value: nextU },
        { variable: ahead, value: nextAhead },
        ...flows.map((variable, i) => ({ variable, value: nextP[i] })),
        ...(residual && nextQ ? [{ variable: residual, value: nextQ }] : []),
        ...(typeof theta === "number"
          ? []
          : [
              { variable: tauNow, value: tau.mul(theta) },
              { variable: sigmaNow, value: sigma.div(theta) },
            ]),
      ],
      traces: [],
    },
    look: {
      name: "look",
      writes: [],
      traces: looks(problem, u, gapOf(problem, dual.slack(differences.gradient(u), p, differences), u, differences.divergence(p), q)),
    },
  };
}

/**
 * R(∇u) + R*(p) − ⟨∇u, p⟩, and what is left over of Fenchel and Young's inequality for the data term:
 *
 * - λD(u) + (λD)*(w) − ⟨u, w⟩ with w = div p, over the range that u may have;
 * - behind A: λD(Au) + (λD)*(q) − ⟨Au, q⟩, and the range's own part, sup ⟨v, w⟩ − ⟨u, w⟩ with w = div p − Aᵀq.
 */
function gapOf(
  { energy, given, seen, weights, range }: RestorationProblem,
  regularizerSlack: Tensor,
  u: Tensor,
  flow: Tensor,
  q: Tensor | undefined,
): Tensor {
  const { fidelity, lambda } = energy;
  const clip = (x: Tensor) => (range ? x.maximum(range[0]).minimum(range[1]) : x);
  const total = regularizerSlack.sum();
  if (seen !== undefined && q !== undefined) {
    const v = seen.observe(u);
    const share = q.mul(1 / lambda);
    const data = fidelity.slack(v, fidelity.farthest(share, given), share, given, false).sum().mul(lambda);
    const w = flow.sub(seen.adjoint(q, u));
    const [low, high] = range ?? [0, 1];
    return total.add(data).add(w.mul(w.gt(0).select(high, low).sub(u)).sum());
  }
  if (weights === undefined) {
    const share = flow.mul(1 / lambda);
    const best = clip(fidelity.farthest(share, given));
    return total.add(
      fidelity
        .slack(u, best, share, given, range !== undefined)
        .sum()
        .mul(lambda),
    );
  }
  // Where a pixel was not seen, only the range holds it.
  const isSeen = weights.gt(0);
  const weight = isSeen.select(weights, 1);
  const share = flow.mul(weight.mul(lambda).reciprocal());
  const best = clip(fidelity.farthest(share, given));
  const [low, high] = range ?? [0, 1];
  const known = fidelity.slack(u, best, share, given, true).mul(weight.mul(lambda));
  return total.add(isSeen.select(known, flow.mul(flow.gt(0).select(high, low).sub(u))).sum());
}

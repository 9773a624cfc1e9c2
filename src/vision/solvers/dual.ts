/** Methods that go on the dual variable alone: the image is u = f + div p / λ. For squares of all pixels. */
import type { Variable } from "../../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../tensor/tensor.js";
import { allocate, type HostData, sizeOf } from "../../tensor/types.js";
import { squaredLength } from "../grid.js";
import type { Regularizer } from "../regularizers.js";
import { looks, type Method, type RestorationProblem } from "./problem.js";

interface DualParts {
  readonly problem: RestorationProblem;
  readonly image: Variable;
  readonly flows: readonly Variable[];
  readonly p: readonly Tensor[];
  /** f + div p / λ */
  imageOf(p: readonly Tensor[]): Tensor;
}

function partsOf(problem: RestorationProblem): DualParts {
  const { energy, given, shape, dtype } = problem;
  const { differences, lambda } = energy;
  const image: Variable = { name: "image", type: { shape, dtype } };
  const flows = differences.gradient(given).map((d, i): Variable => ({ name: `p${i}`, type: { shape: d.shape, dtype } }));
  return {
    problem,
    image,
    flows,
    p: flows.map((v) => readVariable(v)),
    imageOf: (p) => given.add(differences.divergence(p).mul(1 / lambda)),
  };
}

/** The image of p is what `look` writes; it leaves nothing over of the data term, so the gap is that of the regulariser. */
function methodOf(
  name: string,
  { problem, image, flows, p, imageOf }: DualParts,
  dual: NonNullable<Regularizer["dual"]>,
  writes: Method["step"]["writes"],
  others: readonly (readonly [Variable, HostData])[],
): Method {
  const { differences } = problem.energy;
  const u = imageOf(p);
  const gap = dual.slack(differences.gradient(u), p, differences).sum();
  return {
    name,
    image,
    values: new Map<Variable, HostData>([
      [image, problem.start],
      ...flows.map((v): [Variable, HostData] => [v, allocate(problem.dtype, sizeOf(v.type.shape))]),
      ...others,
    ]),
    step: { name, writes, traces: [] },
    look: { name: "look", writes: [{ variable: image, value: u }], traces: looks(problem, u, gap) },
  };
}

/**
 * Beck and Teboulle's fast gradient projection (IEEE Trans. Image Process. 18, 2009): FISTA on the dual,
 *
 *     p₊ = prox_sR*(r + s ∇(f + div r / λ)),   s = λ/‖∇‖²,   r = p₊ + (t − 1)/t₊ (p₊ − p),   t₊ = (1 + √(1 + 4t²))/2
 *
 * The dual energy's distance from its minimum falls as 2‖∇‖²‖p* − p₀‖²/(λ (k + 1)²).
 */
export function fista(problem: RestorationProblem, dual: NonNullable<Regularizer["dual"]>): Method {
  const parts = partsOf(problem);
  const { energy, given, dtype } = problem;
  const { differences, lambda } = energy;
  const stride = lambda / Math.max(differences.squaredNorm(given), 1e-12);
  const ahead = parts.flows.map((v, i): Variable => ({ name: `r${i}`, type: v.type }));
  const momentum: Variable = { name: "t", type: { shape: [], dtype: "f64" } };
  const t = readVariable(momentum, true);
  const r = ahead.map((v) => readVariable(v));
  const slopes = differences.gradient(parts.imageOf(r));
  const next = dual.prox(
    r.map((d, i) => d.add(slopes[i].mul(stride))),
    t.fill(stride),
    differences,
  );
  const nextT = t.mul(t).mul(4).add(1).sqrt().add(1).mul(0.5);
  const share = t.sub(1).div(nextT);
  return methodOf(
    "fista",
    parts,
    dual,
    [
      ...parts.flows.map((variable, i) => ({ variable, value: next[i] })),
      ...ahead.map((variable, i) => ({ variable, value: next[i].add(next[i].sub(parts.p[i]).mul(share)) })),
      { variable: momentum, value: nextT },
    ],
    [...ahead.map((v): [Variable, HostData] => [v, allocate(dtype, sizeOf(v.type.shape))]), [momentum, Float64Array.of(1)]],
  );
}

/**
 * Chambolle's dual projection (J. Math. Imaging Vis. 20, 2004), for isotropic total variation:
 *
 *     p₊ = (p + τ x) / (1 + τ |x|),   x = ∇(λ f + div p),   τ = 1/‖∇‖²
 *
 * |p| stays at most 1 by itself. It converges, without a rate; the others are faster.
 */
export function dualProjection(problem: RestorationProblem, dual: NonNullable<Regularizer["dual"]>): Method {
  const parts = partsOf(problem);
  const { differences, lambda } = problem.energy;
  const tau = 1 / Math.max(differences.squaredNorm(problem.given), 1e-12);
  const x = differences.gradient(problem.given.mul(lambda).add(differences.divergence(parts.p)));
  const shorten = squaredLength(x, differences).sqrt().mul(tau).add(1).reciprocal();
  return methodOf(
    "chambolle",
    parts,
    dual,
    parts.flows.map((variable, i) => ({ variable, value: parts.p[i].add(x[i].mul(tau)).mul(shorten) })),
    [],
  );
}

/** Layers without parameters that act element by element, and softmax. */
import { SteepestError } from "../../tensor/error.js";
import { described } from "../description.js";
import { defineLayer, type Layer } from "../layer.js";

/** max(x, 0), with slope 0 at 0. */
export function relu(): Layer {
  return described({ type: "relu" }, defineLayer({ name: "relu", reach: byItself, apply: (x) => x.relu() }));
}

/**
 * x for x > 0, else s·x: a unit never dies (Maas et al. 2013). Slope s at 0.
 *
 * Elsewhere: PyTorch has s = 0.01, Keras 0.3.
 *
 * @param slope s. Default 0.01
 * @throws SteepestError for a slope that is no finite number
 */
export function leakyRelu(slope = 0.01): Layer {
  if (!Number.isFinite(slope))
    throw new SteepestError({ problem: "the slope of leakyRelu is not usable", expected: "a finite number", received: String(slope) });
  return described(
    { type: "leakyRelu", slope },
    defineLayer({ name: "leakyRelu", reach: byItself, apply: (x) => x.gt(x.fill(0)).select(x, x.mul(x.fill(slope))) }),
  );
}

/**
 * x for x > 0, else α(eˣ − 1) (Clevert et al.: arXiv 1511.07289).
 *
 * @param alpha α > 0. Default 1
 * @throws SteepestError for another α
 */
export function elu(alpha = 1): Layer {
  if (!(Number.isFinite(alpha) && alpha > 0))
    throw new SteepestError({ problem: "α of elu is not usable", expected: "a finite number > 0", received: String(alpha) });
  return described(
    { type: "elu", alpha },
    defineLayer({ name: "elu", reach: byItself, apply: (x) => x.gt(x.fill(0)).select(x, x.minimum(x.fill(0)).expm1().mul(x.fill(alpha))) }),
  );
}

/**
 * x Φ(x), Φ the distribution function of the normal distribution (Hendrycks and Gimpel: arXiv 1606.08415).
 *
 *     "exact"     ½ x (1 + erf(x/√2))
 *     "tanh"      ½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))
 *
 * @param form default "exact", as in PyTorch and Keras
 * @throws SteepestError for another form
 */
export function gelu(form: "exact" | "tanh" = "exact"): Layer {
  if (form !== "exact" && form !== "tanh")
    throw new SteepestError({ problem: "gelu knows no such form", expected: '"exact" or "tanh"', received: String(form) });
  return described(
    { type: "gelu", form },
    defineLayer({
      name: "gelu",
      reach: byItself,
      apply(x) {
        const share =
          form === "exact"
            ? x.mul(x.fill(Math.SQRT1_2)).erf()
            : x
                .add(x.mul(x).mul(x).mul(x.fill(0.044715)))
                .mul(x.fill(Math.sqrt(2 / Math.PI)))
                .tanh();
        return x.mul(x.fill(0.5)).mul(share.add(x.fill(1)));
      },
    }),
  );
}

/** x/(1 + e⁻ˣ), also called swish (Ramachandran et al.: arXiv 1710.05941). */
export function silu(): Layer {
  return described({ type: "silu" }, defineLayer({ name: "silu", reach: byItself, apply: (x) => x.mul(x.sigmoid()) }));
}

/** log(1 + eˣ), without overflow. */
export function softplus(): Layer {
  return described({ type: "softplus" }, defineLayer({ name: "softplus", reach: byItself, apply: (x) => x.softplus() }));
}

/** The hyperbolic tangent. */
export function tanh(): Layer {
  return described({ type: "tanh" }, defineLayer({ name: "tanh", reach: byItself, apply: (x) => x.tanh() }));
}

/** 1/(1 + e⁻ˣ) */
export function sigmoid(): Layer {
  return described({ type: "sigmoid" }, defineLayer({ name: "sigmoid", reach: byItself, apply: (x) => x.sigmoid() }));
}

/**
 * exp x / Σ exp x along the last axis, for a model that is to give probabilities. Not before `crossEntropy()`, which takes scores and
 * has the softmax inside.
 */
export function softmax(): Layer {
  return described({ type: "softmax" }, defineLayer({ name: "softmax", reach: byItself, apply: (x) => x.softmax(-1) }));
}

/** Each pixel is treated by itself. */
const byItself = (): number => 0;

/** Weight decay around any rule, and AdamW. */
import type { Tensor } from "../../tensor/tensor.js";
import { weakNumber } from "../../tensor/tensor.js";
import { type AdamOptions, adam } from "../adam.js";
import type { LossAndGradient, Optimizer } from "../optimizer.js";
import { checkForm, checkNames, checkNonNegative } from "../options.js";
import type { ParameterViews } from "../parameters.js";
import { checkSelection, chosenFrom, type Selection, settingOf } from "./selection.js";
import { wrap } from "./wrap.js";

export interface WeightDecayOptions {
  /** λ ≥ 0. */
  readonly rate: number;
  /** `"decoupled"`: θ shrinks beside the rule; `"coupled"`: λ θ is added to the gradient. Default `"decoupled"`. */
  readonly form?: "decoupled" | "coupled";
  /** Which parameters decay. Default: all. */
  readonly parameters?: Selection;
  /** Which of these do not: `{ kind: "bias" }`, for instance. Default: none. */
  readonly except?: Selection;
}

/**
 * Weight decay.
 *
 *     form "decoupled"     θ ← (1 − α λ) θ, then the rule's step          (Loshchilov and Hutter: arXiv 1711.05101)
 *     form "coupled"       g ← g + λ θ, f ← f + ½ λ ‖θ‖²                  (L2 regularisation, as the rule sees it)
 *
 * For plain gradient descent both are the same; adaptive rules divide a coupled decay by the size of the gradients. α is the rate in force,
 * schedule included. The recorded loss stays that of f. A rule of one pass stays one pass.
 *
 * Elsewhere: PyTorch's `weight_decay` is "coupled" in all optimizers but AdamW; Keras' and optax' are "decoupled". In the paper the decay is
 * not multiplied by α but by the schedule alone: there λ is α λ of here.
 *
 * @param optimizer the rule
 * @param options `rate` = λ, `form` ("decoupled"), `parameters` (all), `except` (none)
 * @throws SteepestError for a negative or non-finite λ, unknown forms and options; as soon as θ is known, for names that it does not have
 * @example
 * ```ts
 * import { lion, weightDecay } from "steepest";
 * weightDecay(lion({ learningRate: 1e-4 }), { rate: 0.1, except: { kind: "bias" } }).name; // → "weightDecay(lion)"
 * ```
 */
export function weightDecay(optimizer: Optimizer, options: WeightDecayOptions): Optimizer {
  checkNames("weightDecay", options, ["rate", "form", "parameters", "except"]);
  const { rate, form = "decoupled", parameters: only, except } = options;
  checkNonNegative("weightDecay", "rate", rate);
  checkForm("weightDecay", "form", form, ["decoupled", "coupled"]);
  const texts = [only, except].map((selection, i) =>
    selection === undefined ? "" : settingOf(checkSelection("weightDecay", i === 0 ? "parameters" : "except", selection)),
  );
  const [onlyText, exceptText] = texts;
  const settings =
    onlyText === undefined || exceptText === undefined ? undefined : { rate, form, parameters: onlyText, except: exceptText };
  /** Which elements decay; undefined for all. */
  const maskOf = (views: ParameterViews): Tensor | undefined => {
    const chosen = only === undefined ? new Set(views.entries) : chosenFrom("weightDecay", views.entries, only);
    const spared = except === undefined ? new Set() : chosenFrom("weightDecay", views.entries, except);
    return views.mask((entry) => chosen.has(entry) && !spared.has(entry));
  };
  return wrap(optimizer, { name: "weightDecay", settings }, (context, run) => {
    const { theta, parameters, learningRate } = context;
    const mask = maskOf(parameters);
    const lambda = weakNumber(rate);
    if (form === "decoupled") {
      const shrunk = theta.mul(learningRate.mul(lambda).neg().add(1));
      return run({ ...context, theta: mask ? mask.select(shrunk, theta) : shrunk });
    }
    const penalized = ({ loss, gradient }: LossAndGradient, x: Tensor): LossAndGradient => {
      const weights = mask ? mask.select(x, x.fill(0)) : x;
      return {
        loss: loss.add(weights.square().sum().mul(lambda).mul(0.5).cast(loss.dtype)),
        gradient: gradient.add(weights.mul(lambda)),
      };
    };
    return run({ ...context, ...penalized(context, theta), evaluate: (x) => penalized(context.evaluate(x), x) });
  });
}

export interface AdamWOptions extends AdamOptions, Partial<Pick<WeightDecayOptions, "parameters" | "except">> {
  /** λ ≥ 0. Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * AdamW (Loshchilov and Hutter: arXiv 1711.05101, 2017): Adam with decoupled weight decay.
 *
 *     θ ← (1 − α λ) θ − α m̂ / (√v̂ + ε)          m̂, v̂ as in `adam`
 *
 * The same as `weightDecay(adam(…), { rate: λ })`. One pass over θ.
 *
 * Elsewhere: PyTorch `AdamW` is this one, defaults included; optax `adamw` has λ = 1e-4, Keras `AdamW` λ = 0.004.
 *
 * @param options those of `adam`, `weightDecay` (default 0.01), `parameters` (all), `except` (none)
 * @throws SteepestError as `adam` and `weightDecay` do
 * @example
 * ```ts
 * import { adamw, cosine } from "steepest";
 * adamw({ learningRate: cosine(1e-3), weightDecay: 0.05, except: { kind: "bias" } }).name; // → "adamw"
 * ```
 */
export function adamw(options: AdamWOptions = {}): Optimizer {
  const { weightDecay: rate = 0.01, parameters, except, ...others } = options;
  checkNonNegative("adamw", "weightDecay", rate);
  const chosen = { ...(parameters === undefined ? {} : { parameters }), ...(except === undefined ? {} : { except }) };
  return { ...weightDecay(adam(others), { rate, ...chosen }), name: "adamw" };
}

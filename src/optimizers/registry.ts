/** The optimizers by name, for the command line and for run folders. */
import { nearest, SteepestError } from "../tensor/error.js";
import { adadelta } from "./adadelta.js";
import { adafactor } from "./adafactor.js";
import { adagrad } from "./adagrad.js";
import { adam, amsgrad } from "./adam.js";
import { adamax } from "./adamax.js";
import { averagedSgd } from "./averaged-sgd.js";
import { conjugateGradient } from "./conjugate-gradient.js";
import { gd, normalizedDescent, signDescent } from "./gradient-descent.js";
import { lamb } from "./lamb.js";
import { lbfgs } from "./lbfgs.js";
import { lion } from "./lion.js";
import { momentum } from "./momentum.js";
import { muon } from "./muon.js";
import { nadam } from "./nadam.js";
import { nesterov } from "./nesterov.js";
import { newtonCg } from "./newton-cg.js";
import type { Ingredient, Optimizer, Rate } from "./optimizer.js";
import { checkForm } from "./options.js";
import { radam } from "./radam.js";
import { rmsprop } from "./rmsprop.js";
import { rprop } from "./rprop.js";
import { steepestDescent } from "./steepest-descent.js";
import { type Around, wrapperOptions, wrappersAround } from "./wrappers/named.js";
import { adamw } from "./wrappers/weight-decay.js";

/** What the command line can set. What is absent takes the default of the method. */
export interface NamedOptions extends Around {
  readonly learningRate?: Rate;
  /** β of momentum, nesterov and muon, the velocity of rmsprop. */
  readonly momentum?: number;
  /** ρ of rmsprop and adadelta. */
  readonly rho?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Where ε stands, in the words of the method. */
  readonly epsilonPlace?: string;
  /** Which of the ways to write the method, in its own words. */
  readonly form?: string;
  /** The variance in the place of the mean square, in rmsprop. */
  readonly centered?: boolean;
}

type OptionName = Exclude<keyof NamedOptions, "learningRate" | Exclude<keyof Around, "weightDecay">>;

export interface OptimizerEntry {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** What it is made of. */
  readonly ingredients: readonly Ingredient[];
  /** Options beside `learningRate` that it reads itself, and does not leave to what goes around every rule. */
  readonly options: readonly OptionName[];
  /** The values of `form`, the default first; empty where there is one way to write it. */
  readonly forms: readonly string[];
  /** The rate where none is given. */
  readonly defaultRate: number;
  create(options: NamedOptions): Optimizer;
}

/** One of the words that a method knows; undefined stays so. */
function word<const F extends string>(owner: string, option: string, forms: readonly F[], value: string | undefined): F | undefined {
  if (value === undefined) return undefined;
  checkForm<string>(owner, option, value, forms);
  return forms.find((form) => form === value);
}

const momentumForms = ["sum", "step", "subtracted-step", "mean"] as const;
const nesterovForms = ["sum", "step", "look-ahead", "full-look-ahead"] as const;
const conjugateForms = ["polak-ribiere", "hager-zhang", "fletcher-reeves"] as const;
const adagradForms = ["coordinate", "scalar"] as const;
const rmspropForms = ["sum", "step"] as const;
const normalizedForms = ["all", "parameter"] as const;
const muonForms = ["rms", "aspect"] as const;

function entry(
  name: string,
  summary: string,
  options: readonly OptionName[],
  create: (options: NamedOptions) => Optimizer,
  forms: readonly string[] = [],
): OptimizerEntry {
  const { learningRate, ingredients = [] } = create({});
  return { name, summary, ingredients, options, forms, defaultRate: typeof learningRate === "number" ? learningRate : 0, create };
}

const adamOptions = ["beta1", "beta2", "epsilon", "epsilonPlace"] as const;

const entries: readonly OptimizerEntry[] = [
  entry("gd", "gradient descent", [], ({ learningRate }) => gd({ learningRate })),
  entry(
    "normalizedDescent",
    "steps of one length along the gradient",
    ["form"],
    ({ learningRate, form }) => normalizedDescent({ learningRate, per: word("normalizedDescent", "form", normalizedForms, form) }),
    normalizedForms,
  ),
  entry("signDescent", "steps of one length in each coordinate", [], ({ learningRate }) => signDescent({ learningRate })),
  entry(
    "momentum",
    "gradient descent with momentum (heavy ball)",
    ["momentum", "form"],
    (o) => momentum({ learningRate: o.learningRate, beta: o.momentum, form: word("momentum", "form", momentumForms, o.form) }),
    momentumForms,
  ),
  entry(
    "nesterov",
    "Nesterov's accelerated gradient",
    ["momentum", "form"],
    (o) => nesterov({ learningRate: o.learningRate, beta: o.momentum, form: word("nesterov", "form", nesterovForms, o.form) }),
    nesterovForms,
  ),
  entry(
    "adagrad",
    "rates per coordinate from all squared gradients",
    ["epsilon", "epsilonPlace", "form"],
    ({ learningRate, epsilon, epsilonPlace, form }) =>
      adagrad({
        learningRate,
        epsilon,
        epsilonPlace: word("adagrad", "epsilonPlace", ["outside", "inside"], epsilonPlace),
        form: word("adagrad", "form", adagradForms, form),
      }),
    adagradForms,
  ),
  entry("adadelta", "steps in the units of the parameters", ["rho", "epsilon"], ({ learningRate, rho, epsilon }) =>
    adadelta({ learningRate, rho, epsilon }),
  ),
  entry(
    "rmsprop",
    "rates per coordinate from recent squared gradients",
    ["rho", "epsilon", "epsilonPlace", "momentum", "form", "centered"],
    ({ learningRate, rho, epsilon, epsilonPlace, momentum: beta, form, centered }) =>
      rmsprop({
        learningRate,
        rho,
        epsilon,
        epsilonPlace: word("rmsprop", "epsilonPlace", ["outside", "inside"], epsilonPlace),
        momentum: beta,
        form: word("rmsprop", "form", rmspropForms, form),
        centered,
      }),
    rmspropForms,
  ),
  entry("adam", "mean gradient over root mean square, both corrected for their start", adamOptions, (o) => adam(adamLike("adam", o))),
  entry("adamw", "adam with weight decay beside it, 0.01 where none is given", [...adamOptions, "weightDecay"], (o) =>
    adamw({ ...adamLike("adamw", o), weightDecay: o.weightDecay }),
  ),
  entry("amsgrad", "adam whose rates never grow", adamOptions, (o) => amsgrad(adamLike("amsgrad", o))),
  entry(
    "adamax",
    "adam with the largest recent slope for the root mean square",
    adamOptions,
    ({ learningRate, beta1, beta2, epsilon, epsilonPlace }) =>
      adamax({ learningRate, beta1, beta2, epsilon, epsilonPlace: word("adamax", "epsilonPlace", ["inside", "outside"], epsilonPlace) }),
  ),
  entry("nadam", "adam with Nesterov's momentum", ["beta1", "beta2", "epsilon"], ({ learningRate, beta1, beta2, epsilon }) =>
    nadam({ learningRate, beta1, beta2, epsilon }),
  ),
  entry(
    "radam",
    "adam that scales once its mean square can be trusted",
    ["beta1", "beta2", "epsilon"],
    ({ learningRate, beta1, beta2, epsilon }) => radam({ learningRate, beta1, beta2, epsilon }),
  ),
  entry("lion", "the sign of an interpolated momentum", ["beta1", "beta2"], ({ learningRate, beta1, beta2 }) =>
    lion({ learningRate, beta1, beta2 }),
  ),
  entry("adafactor", "rates per coordinate from row and column means: little memory", [], ({ learningRate }) =>
    adafactor({ learningRate }),
  ),
  entry(
    "lamb",
    "adam's steps at a share of each parameter's length, for large batches",
    ["beta1", "beta2", "epsilon", "weightDecay"],
    ({ learningRate, beta1, beta2, epsilon, weightDecay }) => lamb({ learningRate, beta1, beta2, epsilon, weightDecay }),
  ),
  entry(
    "muon",
    "orthogonal steps of matrices, adamw for the rest",
    ["momentum", "beta1", "beta2", "epsilon", "weightDecay", "form"],
    ({ learningRate, momentum: beta, beta1, beta2, epsilon, weightDecay, form }) =>
      muon({ learningRate, beta, beta1, beta2, epsilon, weightDecay, scale: word("muon", "form", muonForms, form) }),
    muonForms,
  ),
  entry("rprop", "step lengths from the signs of successive slopes; for gradients without noise", [], ({ learningRate }) =>
    rprop({ learningRate }),
  ),
  entry("averagedSgd", "gradient descent with a falling rate, and the mean of its points", [], ({ learningRate }) =>
    averagedSgd({ learningRate }),
  ),
  entry("steepestDescent", "gradient descent with a line search (Armijo); for objectives without noise", [], ({ learningRate }) =>
    steepestDescent({ learningRate }),
  ),
  entry(
    "conjugateGradient",
    "conjugate gradients with a line search; for smooth objectives without noise",
    ["form"],
    ({ learningRate, form }) => conjugateGradient({ learningRate, form: word("conjugateGradient", "form", conjugateForms, form) }),
    conjugateForms,
  ),
  entry("newtonCg", "Newton's method in a trust region, by Hessian-vector products", [], ({ learningRate = 1 }) => {
    if (learningRate !== 1)
      throw new SteepestError({
        problem: "newtonCg has no learning rate",
        received: typeof learningRate === "number" ? String(learningRate) : learningRate.name,
        fix: "leave it out: its steps are as long as its model can be trusted",
      });
    return newtonCg();
  }),
  entry("lbfgs", "quasi-Newton from the last 10 steps, with a line search; for smooth objectives without noise", [], ({ learningRate }) =>
    lbfgs({ learningRate }),
  ),
];

function adamLike(owner: string, { learningRate, beta1, beta2, epsilon, epsilonPlace }: NamedOptions) {
  return { learningRate, beta1, beta2, epsilon, epsilonPlace: word(owner, "epsilonPlace", ["outside", "inside", "hat"], epsilonPlace) };
}

export const optimizers: ReadonlyMap<string, OptimizerEntry> = new Map(entries.map((one) => [one.name, one]));

const elsewhere: Readonly<Record<string, string>> = {
  sgd: "gd",
  bfgs: "lbfgs",
  "l-bfgs": "lbfgs",
  "gradient-descent": "gd",
  nag: "nesterov",
  cg: "conjugateGradient",
  "conjugate-gradient": "conjugateGradient",
  newton: "newtonCg",
  "newton-cg": "newtonCg",
  "trust-ncg": "newtonCg",
  "steepest-descent": "steepestDescent",
  heavyball: "momentum",
  "heavy-ball": "momentum",
  asgd: "averagedSgd",
  "averaged-sgd": "averagedSgd",
  signsgd: "signDescent",
  "sign-descent": "signDescent",
  "normalized-descent": "normalizedDescent",
  "adam-w": "adamw",
};

/**
 * The optimizer of a name that a user typed, with what goes around it: decay, clipping, noise and the like.
 *
 * @throws SteepestError for an unknown name (with the nearest known one), and for an option that this method does not read
 * @example
 * ```ts
 * import { optimizerNamed } from "steepest";
 * optimizerNamed("momentum", { learningRate: 0.1, momentum: 0.8 }).name; // → "momentum"
 * optimizerNamed("adam", { clipNorm: 1 }).name;                          // → "clip(adam)"
 * ```
 */
export function optimizerNamed(name: string, options: NamedOptions = {}): Optimizer {
  const known = optimizers.get(name);
  if (known === undefined) {
    const meant = elsewhere[name.toLowerCase()] ?? nearest(name, optimizers.keys());
    throw new SteepestError({
      problem: `there is no optimizer "${name}"`,
      expected: [...optimizers.keys()].join(", "),
      received: name,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
  const reads = (option: string, { options: own }: OptimizerEntry) => [...own, ...wrapperOptions, "learningRate"].some((x) => x === option);
  const unread = Object.entries(options).find(([option, value]) => value !== undefined && !reads(option, known));
  if (unread !== undefined)
    throw new SteepestError({
      problem: `${name} has no ${unread[0]}`,
      expected: ["learningRate", ...known.options].join(", "),
      received: `${unread[0]} = ${unread[1]}`,
      fix: `leave it out, or choose one that has it: ${entries
        .filter((other) => reads(unread[0], other))
        .map((other) => other.name)
        .join(", ")}`,
    });
  const isOwn = known.options.includes("weightDecay");
  return wrappersAround(known.create(options), isOwn ? { ...options, weightDecay: undefined } : options);
}

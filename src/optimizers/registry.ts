/** The optimizers by name, for the command line and for run folders. */
import { nearest, SteepestError } from "../tensor/error.js";
import { adadelta } from "./adadelta.js";
import { adagrad } from "./adagrad.js";
import { adam } from "./adam.js";
import { gd } from "./gradient-descent.js";
import { lbfgs } from "./lbfgs.js";
import { momentum, nesterov } from "./momentum.js";
import type { Optimizer, Rate } from "./optimizer.js";
import { rmsprop } from "./rmsprop.js";

/** What the command line can set. What is absent takes the default of the method. */
export interface NamedOptions {
  readonly learningRate?: Rate;
  /** β of momentum and nesterov, the velocity of rmsprop. */
  readonly momentum?: number;
  /** ρ of rmsprop and adadelta. */
  readonly rho?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

type OptionName = Exclude<keyof NamedOptions, "learningRate">;

export interface OptimizerEntry {
  readonly name: string;
  /** One line for help texts. */
  readonly summary: string;
  /** Options beside `learningRate` that it reads. */
  readonly options: readonly OptionName[];
  /** The rate where none is given. */
  readonly defaultRate: number;
  create(options: NamedOptions): Optimizer;
}

const entries: readonly OptimizerEntry[] = [
  { name: "gd", summary: "gradient descent", options: [], defaultRate: 0.01, create: ({ learningRate }) => gd({ learningRate }) },
  {
    name: "momentum",
    summary: "gradient descent with momentum (heavy ball)",
    options: ["momentum"],
    defaultRate: 0.01,
    create: (o) => momentum({ learningRate: o.learningRate, beta: o.momentum }),
  },
  {
    name: "nesterov",
    summary: "Nesterov's accelerated gradient",
    options: ["momentum"],
    defaultRate: 0.01,
    create: (o) => nesterov({ learningRate: o.learningRate, beta: o.momentum }),
  },
  {
    name: "adagrad",
    summary: "rates per coordinate from all squared gradients",
    options: ["epsilon"],
    defaultRate: 0.01,
    create: ({ learningRate, epsilon }) => adagrad({ learningRate, epsilon }),
  },
  {
    name: "adadelta",
    summary: "steps in the units of the parameters",
    options: ["rho", "epsilon"],
    defaultRate: 1,
    create: ({ learningRate, rho, epsilon }) => adadelta({ learningRate, rho, epsilon }),
  },
  {
    name: "rmsprop",
    summary: "rates per coordinate from recent squared gradients",
    options: ["rho", "epsilon", "momentum"],
    defaultRate: 0.01,
    create: (o) => rmsprop({ learningRate: o.learningRate, rho: o.rho, epsilon: o.epsilon, momentum: o.momentum }),
  },
  {
    name: "adam",
    summary: "mean gradient over root mean square, both corrected for their start",
    options: ["beta1", "beta2", "epsilon"],
    defaultRate: 0.001,
    create: ({ learningRate, beta1, beta2, epsilon }) => adam({ learningRate, beta1, beta2, epsilon }),
  },
  {
    name: "lbfgs",
    summary: "quasi-Newton from the last 10 steps, with a line search; for smooth objectives without noise",
    options: [],
    defaultRate: 1,
    create: ({ learningRate }) => lbfgs({ learningRate }),
  },
];

export const optimizers: ReadonlyMap<string, OptimizerEntry> = new Map(entries.map((entry) => [entry.name, entry]));

const elsewhere: Readonly<Record<string, string>> = {
  sgd: "gd",
  bfgs: "lbfgs",
  "l-bfgs": "lbfgs",
  "gradient-descent": "gd",
  nag: "nesterov",
  heavyball: "momentum",
  "heavy-ball": "momentum",
};

/**
 * The optimizer of a name that a user typed.
 *
 * @throws SteepestError for an unknown name (with the nearest known one), and for an option that this method does not read
 * @example
 * ```ts
 * import { optimizerNamed } from "steepest";
 * optimizerNamed("momentum", { learningRate: 0.1, momentum: 0.8 }).name; // → "momentum"
 * ```
 */
export function optimizerNamed(name: string, options: NamedOptions = {}): Optimizer {
  const entry = optimizers.get(name);
  if (entry === undefined) {
    const meant = elsewhere[name.toLowerCase()] ?? nearest(name, optimizers.keys());
    throw new SteepestError({
      problem: `there is no optimizer "${name}"`,
      expected: [...optimizers.keys()].join(", "),
      received: name,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  }
  const { learningRate: _, ...others } = options;
  const unread = Object.entries(others).find(([option, value]) => value !== undefined && !entry.options.some((known) => known === option));
  if (unread !== undefined)
    throw new SteepestError({
      problem: `${name} has no ${unread[0]}`,
      expected: ["learningRate", ...entry.options].join(", "),
      received: `${unread[0]} = ${unread[1]}`,
      fix: `leave it out, or choose one that has it: ${entries
        .filter((other) => other.options.some((known) => known === unread[0]))
        .map((other) => other.name)
        .join(", ")}`,
    });
  return entry.create(options);
}

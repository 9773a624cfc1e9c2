/** How often the compiled update of a rule walks over θ, with a gradient that is given: what the docstrings promise. */
import { describe, expect, it } from "vitest";
import { planEntry } from "../../src/compiler/compile.js";
import type { Kernel } from "../../src/compiler/kernels/kernel.js";
import { descentVariables, stepEntry, variableList } from "../../src/descent/step.js";
import * as methods from "../../src/optimizers/index.js";
import type { Optimizer } from "../../src/optimizers/optimizer.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { literal, readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { sizeOf } from "../../src/tensor/types.js";

const SIDE = 256;
const SIZE = SIDE * SIDE;

/** Walks over all of θ in a kernel; those of a row that stays in the cache count once. */
function walksOf(kernel: Kernel): number {
  if (kernel.kind === "columns") return sizeOf(kernel.reduced) * sizeOf(kernel.kept) >= SIZE ? 1 : 0;
  if (kernel.kind !== "rows" || sizeOf(kernel.rows) * sizeOf(kernel.inner) < SIZE) return 0;
  const walks = kernel.passes.filter((pass) => pass.reductions.length > 0 || pass.stores.length > 0).length;
  return sizeOf(kernel.inner) <= 4096 ? Math.min(1, walks) : walks;
}

/** Walks over θ in a step, those of products left out. `shape`: what θ is made of. */
function passes(optimizer: Optimizer, shape: readonly number[] = [SIZE]): number {
  const parameters = { size: SIZE, dtype: "f32", entries: [{ path: "w", shape, offset: 0, kind: "weight" }] } as const;
  const v = descentVariables(parameters, optimizer);
  const gradient: Variable = { name: "gradient", type: { shape: [SIZE], dtype: "f32" } };
  // Elsewhere, the gradient depends on the point by its sum, which is taken while the point is made.
  const evaluate = (theta: Tensor) => {
    const given = readVariable(gradient);
    const isHere = theta.node.primitive.name === "variable";
    return { loss: literal(0, "f64"), gradient: isHere ? given : given.add(theta.sum()) };
  };
  const entry = stepEntry({ parameters, optimizer, variables: v, evaluate, path: false, convergence: false });
  const { kernels } = planEntry(entry, [...variableList(v), gradient]);
  return (kernels ?? []).reduce((total, kernel) => total + walksOf(kernel), 0);
}

const { accumulate, averaged, clip, gradientNoise, groups, lookahead, sam, weightDecay } = methods;
const { adafactor, adagrad, adam, gd, lamb, momentum, muon, nesterov, normalizedDescent } = methods;

describe("rules that act coordinate by coordinate are one pass over θ", () => {
  const searching = ["steepestDescent", "conjugateGradient", "newtonCg", "lbfgs"];
  const beyond = ["normalizedDescent", "adafactor", "lamb", "muon", ...searching];
  const named = [...methods.optimizers.values()].filter(({ name }) => !beyond.includes(name));
  it.each(named.flatMap(({ name, forms }) => (forms.length === 0 ? [undefined] : forms).map((form) => [name, form] as const)))(
    "%s, form %s",
    (name, form) => {
      if (form === "scalar" || form?.endsWith("look-ahead")) return;
      expect(passes(methods.optimizerNamed(name, { form }))).toBe(1);
    },
  );

  it.each(["outside", "inside", "hat"])("adam with ε %s", (epsilonPlace) => {
    expect(passes(methods.optimizerNamed("adam", { epsilonPlace }))).toBe(1);
  });

  it("and stay so inside wrappers that act by coordinates", () => {
    expect(passes(weightDecay(adam(), { rate: 0.1 }))).toBe(1);
    expect(passes(weightDecay(adam(), { rate: 0.1, form: "coupled" }))).toBe(1);
    expect(passes(clip(adam(), { value: 1 }))).toBe(1);
    expect(passes(gradientNoise(momentum()))).toBe(1);
    expect(passes(accumulate(adam(), { steps: 4 }))).toBe(1);
    expect(passes(averaged(adam()))).toBe(1);
    expect(passes(lookahead(adam()))).toBe(1);
    expect(passes(groups(adam(), [{ parameters: "w", rateScale: 2, weightDecay: 0.1 }]))).toBe(1);
    expect(passes(averaged(lookahead(clip(weightDecay(adam(), { rate: 0.1 }), { value: 1 }))))).toBe(1);
  });
});

describe("the others take as many passes as they say", () => {
  it.each([
    ["normalizedDescent", normalizedDescent(), [SIZE], 2],
    ["adagrad with one rate", adagrad({ form: "scalar" }), [SIZE], 2],
    ["clip by norm", clip(adam(), { norm: 1 }), [SIZE], 2],
    ["lamb", lamb(), [SIZE], 2],
    ["adafactor of a vector", adafactor(), [SIZE], 2],
    ["adafactor of a matrix", adafactor(), [SIDE, SIDE], 5],
    ["nesterov, looking ahead", nesterov({ form: "look-ahead" }), [SIZE], 2],
    ["sam", sam(gd()), [SIZE], 3],
    ["muon of a matrix", muon(), [SIDE, SIDE], 3],
    ["muon of a vector", muon(), [SIZE], 1],
  ] as const)("%s", (_, rule, shape, expected) => {
    expect(passes(rule, shape)).toBe(expected);
  });
});

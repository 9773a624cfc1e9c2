/** What modules are called in PyTorch. */
import type { BuiltLayer } from "../models/layer.js";
import type { BuiltModel } from "../models/model.js";
import { nearest, SteepestError } from "../tensor/error.js";

/** The module that stands for a layer. */
export type ModuleNames = (path: string) => string;

/**
 * Modules by the layers that they stand for: `{ conv1: "features.0", dense1: "fc" }`; a layer that is not there keeps its name. Or "sequential": by their places, as
 * `nn.Sequential` numbers them.
 */
export type ModuleNaming = "sequential" | Readonly<Record<string, string>>;

/**
 * The names of the modules for a model. Without a naming the ready models have those of their usual implementations, and all others those of our layers.
 *
 * @throws SteepestError for a layer that the model does not have
 */
export function moduleNames(model: BuiltModel, naming: ModuleNaming | undefined): ModuleNames {
  const known = leaves(model.layers).map(({ path }) => path);
  if (naming !== undefined && naming !== "sequential")
    for (const path of Object.keys(naming))
      if (!known.includes(path)) {
        const meant = nearest(path, known);
        throw new SteepestError({
          problem: `${model.name} has no layer "${path}" that could have a name in PyTorch`,
          expected: known.join(", "),
          received: path,
          fix: meant && `did you mean ${meant}?`,
        });
      }
  const usual = naming === "sequential" ? places(model.layers, "") : (ready.get(model.name)?.(model) ?? new Map<string, string>());
  const own = naming === undefined || naming === "sequential" ? {} : naming;
  return (path) => (Object.hasOwn(own, path) ? own[path] : (usual.get(path) ?? path));
}

/** Layers that are no blocks. */
const leaves = (layers: readonly BuiltLayer[]): BuiltLayer[] =>
  layers.flatMap((layer) => (layer.inner.length === 0 ? [layer] : leaves(layer.inner)));

/** Each layer by its place; inside a residual block, for which PyTorch has no module, by place along the body and then the way around. */
function places(layers: readonly BuiltLayer[], prefix: string): Map<string, string> {
  return new Map(
    layers.flatMap((layer, i): [string, string][] =>
      layer.inner.length === 0 ? [[layer.path, `${prefix}${i}`]] : [...places(layer.inner, `${prefix}${i}.`)],
    ),
  );
}

type Naming = (model: BuiltModel) => ReadonlyMap<string, string>;

const sequential: Naming = (model) => places(model.layers, "");

/** The ready models whose modules are called otherwise than our layers. 2c2d and 3c3d have our names in DeepOBS' own version for PyTorch. */
const ready: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  ["linear", sequential],
  ["mlp", sequential],
  ["cnn", sequential],
  ["autoencoder", sequential],
  [
    "lenet5",
    () =>
      new Map([
        ["dense1", "fc1"],
        ["dense2", "fc2"],
        ["dense3", "fc3"],
      ]),
  ],
  ["resnet20", resnet],
  // `model` is what KAIR calls it; DnCNN-PyTorch has `dncnn`.
  ["dncnn", ({ layers: [block] }) => places(block.inner, "model.")],
]);

/** As torchvision: `conv1`, `bn1`, `layer1.0.conv1`, `layer1.0.bn1`, …, `fc`. */
function resnet({ layers }: BuiltModel): Map<string, string> {
  const names = new Map([
    ["batchNorm1", "bn1"],
    ["dense1", "fc"],
  ]);
  const blocks = layers.filter(({ inner }) => inner.length > 0);
  blocks.forEach(({ path }, i) => {
    const stage = `layer${Math.floor(i / 3) + 1}.${i % 3}`;
    for (const number of [1, 2]) {
      names.set(`${path}.conv${number}`, `${stage}.conv${number}`);
      names.set(`${path}.batchNorm${number}`, `${stage}.bn${number}`);
    }
  });
  return names;
}

/** What a model, a loss and data must be to be trained together. */
import { checkLabels, type Dataset } from "../data/dataset.js";
import type { StreamedDataset } from "../data/streamed.js";
import type { Loss } from "../models/losses.js";
import type { BuiltModel, Model } from "../models/model.js";
import { SteepestError } from "../tensor/error.js";

/** @param owner the function that was called */
export function checkModel(owner: string, model: unknown): asserts model is Model {
  if (typeof model === "object" && model !== null && "build" in model && typeof model.build === "function" && "layers" in model) return;
  throw new SteepestError({
    problem: `${owner} was given something that is no model`,
    expected: "what sequential(…), cnn(), mlp() or linear() return",
    received: typeof model === "function" ? `the function ${model.name} itself` : String(model),
    fix: typeof model === "function" ? `call it: ${model.name}()` : `${owner}(sequential(dense(10)), data)`,
  });
}

export function checkLoss(loss: unknown): asserts loss is Loss {
  if (typeof loss === "object" && loss !== null && "perRecord" in loss && typeof loss.perRecord === "function") return;
  throw new SteepestError({
    problem: "the option loss is not usable",
    expected: "what crossEntropy(), meanSquared(), multiclassHinge() or perceptron() return",
    received: typeof loss === "function" ? `the function ${loss.name} itself` : JSON.stringify(loss),
    fix: typeof loss === "function" ? `call it: loss: ${loss.name}()` : "loss: crossEntropy()",
  });
}

/**
 * A classifier has a score for each label that occurs. Labels of streamed data are looked at when they are read: they must be below the number that is returned.
 */
export function checkScores(model: BuiltModel, loss: Loss, data: Dataset | StreamedDataset): number | undefined {
  const scores = model.outputShape.at(-1) ?? 1;
  if (model.outputShape.length !== 1) return undefined; // The loss says it better, while it is traced.
  if (data.classes !== undefined && scores < data.classes.length)
    throw new SteepestError({
      problem: `${model.name} has fewer outputs than the data has classes`,
      expected: `${data.classes.length} scores, one for each class of "${data.name}"`,
      received: `${scores}`,
      where: `layer ${model.layers.at(-1)?.path ?? ""}`,
      fix: `end the model with dense(${data.classes.length})`,
    });
  if (data.classes !== undefined) return data.classes.length;
  const { targets } = data;
  if (targets.dtype === "f32" || targets.dtype === "f64") {
    if (targets.shape.length === 1)
      throw new SteepestError({
        problem: `${loss.name} takes classes, and the targets of "${data.name}" are plain numbers`,
        expected: "labels: whole numbers, with `classes` saying how many there are",
        received: `${targets.dtype} [${targets.shape.join(", ")}]`,
        fix: "give arrayDataset the option classes; or, to predict numbers, use meanSquared()",
      });
    return undefined;
  }
  if (!("read" in data))
    for (const part of [data, data.test])
      if (part) checkLabels(part.targets, scores, part === data ? data.name : `${data.name}, test part`);
  return scores;
}

/** What an augmentation is: a small traced function of a training batch, with random numbers that are addressed and not carried. */
import { SteepestError } from "../../tensor/error.js";
import { normalFromWords, type TracedKey, uniformFromBits } from "../../tensor/random-bits.js";
import type { Tensor } from "../../tensor/tensor.js";
import { isFloat, type Shape, sameShape, showShape } from "../../tensor/types.js";

/** Records of one training step, the first axis of both counts them. */
export interface AugmentedBatch {
  /** `stored · scale + offset` of the preprocessing, before its `mean` and `std`: for pictures of bytes numbers from 0 to 1, black is 0. */
  readonly inputs: Tensor;
  readonly targets: Tensor;
}

/** What an augmentation may know beside its batch. */
export interface AugmentationContext {
  /** The number of classes, where the targets are labels. */
  readonly classes?: number;
  /** 32 random bits (u32) for each element of a batch of that shape, new at every step. `purpose` tells several draws of one augmentation apart. */
  randomBits(shape: Shape, purpose?: string): Tensor;
  /** Uniform in [0, 1), with 24 bits. */
  uniform(shape: Shape, purpose?: string): Tensor;
  /** From N(0, 1). */
  normal(shape: Shape, purpose?: string): Tensor;
}

export interface Augmentation {
  readonly name: string;
  /** The numbers and words that it was made with, under the names of its options: what a run keeps of it. */
  readonly settings: Readonly<Record<string, number | string | readonly number[]>>;
  apply(batch: AugmentedBatch, context: AugmentationContext): AugmentedBatch;
}

export interface AugmentationDefinition {
  /** A short noun or verb: `crop`. */
  readonly name: string;
  readonly settings?: Augmentation["settings"];
  /** Inputs keep their shape; targets may change theirs. A batch whose targets do not change is returned as its inputs alone. */
  apply(batch: AugmentedBatch, context: AugmentationContext): Tensor | AugmentedBatch;
}

/**
 * An augmentation of one's own: a function of tensors, traced into the training step like those that are ready.
 *
 * @throws SteepestError for a name that is no plain word, and, while tracing, where the inputs change their shape
 * @example
 * ```ts
 * import { dense, fit, flatten, sequential } from "steepest";
 * import { defineAugmentation, digits } from "steepest/data";
 * // Each picture darker or lighter, by a factor of its own.
 * const exposure = (most: number) =>
 *   defineAugmentation({
 *     name: "exposure",
 *     settings: { most },
 *     apply: ({ inputs }, { uniform }) => {
 *       const factor = uniform([inputs.shape[0]]).mul(most - 1 / most).add(1 / most);
 *       return inputs.mul(factor.broadcastAlong(inputs.shape, [0]));
 *     },
 *   });
 * const run = await fit(sequential(flatten(), dense(10)), digits({ train: 64, test: 1 }), { augment: [exposure(1.5)] });
 * run.settings.augment; // → ["exposure most=1.5"]
 * ```
 */
export function defineAugmentation(definition: AugmentationDefinition): Augmentation {
  const { name, settings = {} } = definition;
  if (!/^[A-Za-z][\w-]*$/.test(name))
    throw new SteepestError({
      problem: "an augmentation needs a plain name",
      expected: 'a word such as "crop": a letter, then letters, digits, - or _',
      received: JSON.stringify(name),
    });
  return {
    name,
    settings,
    apply(batch, context) {
      const result = definition.apply(batch, context);
      const { inputs, targets } = "inputs" in result ? result : { inputs: result, targets: batch.targets };
      if (!sameShape(inputs.shape, batch.inputs.shape))
        throw new SteepestError({
          problem: `the augmentation ${name} gives inputs of another shape`,
          expected: showShape(batch.inputs.shape),
          received: showShape(inputs.shape),
        });
      return { inputs, targets };
    },
  };
}

/** `crop padding=4 outside=zero`: how a run names it. */
export const augmentationText = ({ name, settings }: Augmentation): string =>
  [name, ...Object.entries(settings).map(([option, value]) => `${option}=${value}`)].join(" ");

/**
 * One augmentation after the other. The random numbers of each belong to its name and its number among those of that name: they do not change when another is
 * put in between.
 *
 * @param words 64 random bits for each element of a batch, for a purpose
 * @param classes of the model, where the loss is one of classes
 */
export function applyAugmentations(
  augmentations: readonly Augmentation[],
  batch: AugmentedBatch,
  words: (purpose: string, shape: Shape) => TracedKey,
  classes: number | undefined,
): AugmentedBatch {
  const numbers = new Map<string, number>();
  let result = batch;
  for (const augmentation of augmentations) {
    const number = (numbers.get(augmentation.name) ?? 0) + 1;
    numbers.set(augmentation.name, number);
    const { dtype } = result.inputs;
    const drawn = (shape: Shape, purpose = "") => words(`augmentation ${augmentation.name}${number} ${purpose}`, shape);
    result = augmentation.apply(result, {
      ...(classes === undefined || isFloat(result.targets.dtype) ? {} : { classes }),
      randomBits: (shape, purpose) => drawn(shape, purpose)[0],
      uniform: (shape, purpose) => uniformFromBits(drawn(shape, purpose)[0], dtype),
      normal: (shape, purpose) => normalFromWords(drawn(shape, purpose), dtype),
    });
  }
  return result;
}

/** @throws SteepestError for what is no list of augmentations */
export function checkAugmentations(given: unknown): asserts given is readonly Augmentation[] {
  const isOne = (x: unknown) => typeof x === "object" && x !== null && "apply" in x && typeof x.apply === "function" && "settings" in x;
  const odd = Array.isArray(given) ? given.find((x) => !isOne(x)) : given;
  if (Array.isArray(given) && odd === undefined) return;
  throw new SteepestError({
    problem: "the option augment is not usable",
    expected: "a list of augmentations: [flip(), crop({ padding: 4 })]",
    received: typeof odd === "function" ? `the function ${odd.name} itself` : String(odd),
    fix: typeof odd === "function" ? `call it: ${odd.name}()` : undefined,
  });
}

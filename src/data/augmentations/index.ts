/** Augmentations: random changes of the records of a training step, computed inside it. */
export {
  type Augmentation,
  type AugmentationContext,
  type AugmentationDefinition,
  type AugmentedBatch,
  applyAugmentations,
  augmentationText,
  checkAugmentations,
  defineAugmentation,
} from "./augmentation.js";
export { brightness, type CutoutOptions, contrast, cutout, gaussianNoise } from "./intensities.js";
export { dihedral, type FlipOptions, flip, turn } from "./mirrors.js";
export { mixup } from "./mixup.js";
export { type AffineOptions, affine, type CropOptions, crop, rescale, rotate, shift } from "./moves.js";
export { parseAugmentations } from "./named.js";

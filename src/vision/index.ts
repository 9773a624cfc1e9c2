/** Restoration of images as an objective: differences, energies, solvers, degradations and measures of quality. */

export type { GaussianNoiseOptions, PoissonNoiseOptions, RandomMaskOptions, RandomOptions, SaltAndPepperOptions } from "./degradations.js";
export { gaussianNoise, poissonNoise, randomMask, rectangleMask, saltAndPepper } from "./degradations.js";
export { type ChosenLambda, chooseLambda, estimateSigma } from "./discrepancy.js";
export type { EnergyOptions, HuberOptions, RestorationEnergy, SmoothedOptions, TotalVariationOptions } from "./energies.js";
export { huberTotalVariation, smoothedTotalVariation, tikhonov, totalVariation } from "./energies.js";
export { exactTikhonov } from "./exact-tikhonov.js";
export type { DataTerm } from "./fidelity.js";
export type { GraphOptions } from "./graph.js";
export { graph } from "./graph.js";
export type { Boundary, DifferenceOperator, GridOptions } from "./grid.js";
export { grid } from "./grid.js";
export type { Kernel } from "./kernels.js";
export { gaussianKernel, motionKernel } from "./kernels.js";
export type { Observation } from "./observation.js";
export { blurred, downsampled, masked } from "./observation.js";
export type { ImageTensorOptions } from "./pictures.js";
export { imageTensor, tensorImage } from "./pictures.js";
export type { QualityOptions } from "./quality.js";
export { msssim, psnr, ssim } from "./quality.js";
export type { Restoration, RestorationLook, RestorationStatus, RestoreOptions } from "./restore.js";
export { restore } from "./restore.js";

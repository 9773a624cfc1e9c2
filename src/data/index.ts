/** Data sets: ready ones, readers, and a user's own arrays. */
export type { ArrayDatasetOptions, ArrayInput, ArrayPartOptions, NestedNumbers } from "./arrays.js";
export { arrayDataset } from "./arrays.js";
export {
  type AffineOptions,
  type Augmentation,
  type AugmentationContext,
  type AugmentationDefinition,
  type AugmentedBatch,
  affine,
  brightness,
  type CropOptions,
  type CutoutOptions,
  contrast,
  crop,
  cutout,
  defineAugmentation,
  dihedral,
  type FlipOptions,
  flip,
  gaussianNoise,
  mixup,
  parseAugmentations,
  rescale,
  rotate,
  shift,
  turn,
} from "./augmentations/index.js";
export type { BatchOrder, ByDifficulty, Pace, RecordOrder } from "./batches.js";
export { batchIndices, epochOrder, rankedBy, stepsPerEpoch } from "./batches.js";
export { cifar10, parseCifar10 } from "./cifar10.js";
export type { CsvTable } from "./csv.js";
export { parseCsv } from "./csv.js";
export type { CsvDatasetOptions } from "./csv-dataset.js";
export { csvDataset } from "./csv-dataset.js";
export type { ArrayForm, DataArray, DataDType, Dataset, DatasetPart, Preprocessing } from "./dataset.js";
export { bytesToUnit, checkBatchSize, checkDataset, noPreprocessing, recordCount } from "./dataset.js";
export type { DigitsOptions } from "./digits.js";
export { digits } from "./digits.js";
export type { FileSource } from "./files.js";
export { folder } from "./files.js";
export type { IdxArray, IdxDType } from "./idx.js";
export { parseIdx, readIdx } from "./idx.js";
export { fashionMnist, mnist } from "./mnist.js";
export type { NpyArray, NpyDType } from "./npy.js";
export { parseNpy, writeNpy } from "./npy.js";
export type { NpzOptions } from "./npz.js";
export { readNpz, writeNpz } from "./npz.js";
export { type RestorationOptions, type RestorationPairs, restorationPairs } from "./restoration/pairs.js";
export { selectRecords, split, splitIndices } from "./split.js";
export type { ArrayStatistics } from "./statistics.js";
export { channelStatistics, classCounts, standardized, statistics } from "./statistics.js";
export type { StrdProblem } from "./strd.js";
export { parseStrd } from "./strd.js";
export type { ElementStream, StreamElement, StreamedBatch, StreamedRecord } from "./stream.js";
export type { RecordChunk, RecordSource, StreamedDataset, StreamedOptions, StreamedPart } from "./streamed.js";
export { streamed } from "./streamed.js";

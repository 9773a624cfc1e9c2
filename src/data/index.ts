/** Data sets: ready ones, readers, and a user's own arrays. */
export type { ArrayDatasetOptions, ArrayInput, ArrayPartOptions, NestedNumbers } from "./arrays.js";
export { arrayDataset } from "./arrays.js";
export type { BatchOrder } from "./batches.js";
export { batchIndices, stepsPerEpoch } from "./batches.js";
export type { DataArray, DataDType, Dataset, DatasetPart, Preprocessing } from "./dataset.js";
export { bytesToUnit, checkBatchSize, checkDataset, noPreprocessing, recordCount } from "./dataset.js";
export type { DigitsOptions } from "./digits.js";
export { digits } from "./digits.js";
export type { FileSource } from "./files.js";
export { folder } from "./files.js";
export type { IdxArray, IdxDType } from "./idx.js";
export { parseIdx, readIdx } from "./idx.js";
export { fashionMnist, mnist } from "./mnist.js";
export { selectRecords, split, splitIndices } from "./split.js";
export type { ArrayStatistics } from "./statistics.js";
export { channelStatistics, classCounts, standardized, statistics } from "./statistics.js";

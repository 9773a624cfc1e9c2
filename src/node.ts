/** What needs a file system: run folders, event files, public data sets. */
import { evaluate } from "./backends/wasm/evaluate.js";
import { setEvaluator } from "./tensor/read.js";

setEvaluator(evaluate);

export { type DataFolder, type GetDataOptions, getData } from "./data/download/get.js";
export type { RemoteSetName } from "./data/download/sources.js";
export { type NpyDatasetOptions, npyDataset } from "./data/npy-dataset.js";
export { type NpyStreamOptions, npyStream } from "./data/npy-stream.js";
export { figurePng, type PngOptions } from "./figures/raster.js";
export { type LoadOptions, loadRun, type SavedRun, type StoredRun } from "./runs/index.js";
export { saveRace } from "./runs/race-folder.js";
export { compareRuns, type DifferentSetting, type RunComparison } from "./runs/run-comparison.js";
export { saveRaceEvents, type TensorboardLog, tensorboardLog } from "./runs/tensorboard.js";
export { type SaveTrainedOptions, saveRun } from "./runs/trained-run.js";

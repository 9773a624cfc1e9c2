/** Run folders and reports. Needs a file system. */
export { renderReport } from "./report.js";
export { lossFigure, runFigures } from "./report-figures.js";
export type {
  LayerSummary,
  NamedArray,
  PlainData,
  ReportMaterial,
  RunConfiguration,
  RunData,
  RunResults,
  Sample,
} from "./run-data.js";
export { parameterCount } from "./run-data.js";
export type { SavedRun, SaveOptions, StoredRun } from "./run-folder.js";
export { checkRunFolder, formatVersion, loadRun, saveRun } from "./run-folder.js";
export type { TensorFile } from "./safetensors.js";
export { readSafetensors, writeSafetensors } from "./safetensors.js";
export { version } from "./version.js";

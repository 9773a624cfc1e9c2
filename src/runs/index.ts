/** Run folders and reports. Needs a file system. */
export { renderReport } from "./report.js";
export { lossFigure, runFigures } from "./report-figures.js";
export type {
  LayerSummary,
  PlainData,
  ReportMaterial,
  RunConfiguration,
  RunData,
  RunResults,
  Sample,
} from "./run-data.js";
export { parameterCount } from "./run-data.js";
export type { LoadOptions, SavedRun, SaveOptions } from "./run-folder.js";
export { checkRunFolder, formatVersion, loadRun, saveRun } from "./run-folder.js";
export { StoredRun } from "./stored-run.js";
export { version } from "./version.js";

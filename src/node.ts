/** What needs a file system: run folders. */
import { evaluate } from "./backends/wasm/evaluate.js";
import { setEvaluator } from "./tensor/read.js";

setEvaluator(evaluate);

export { loadRun, readSafetensors, type SavedRun, type StoredRun, writeSafetensors } from "./runs/index.js";
export { saveRace } from "./runs/race-folder.js";
export { type SaveTrainedOptions, saveRun } from "./runs/trained-run.js";

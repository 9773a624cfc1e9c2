export { type Diagnosis, diagnose, type Facts } from "./diagnose.js";
export { runsAway } from "./endless.js";
export type { Direction, Finding, FindingKind } from "./finding.js";
export { Landscape } from "./landscape.js";
export { findTraining } from "./training.js";

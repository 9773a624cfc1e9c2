/** Programs on workers. */
export { availableCores, canShareMemory } from "./environment.js";
export { type MachineLimits, machineLimits } from "./limits.js";
export { openProgram, type ProgramOptions, type RunOptions, ThreadedProgram } from "./program.js";
export { workerSource } from "./worker-source.js";

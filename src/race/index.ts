/** Races of optimizers. */
export type { RaceCurve } from "./curve.js";
export type { Entrants } from "./entrants.js";
export { type RaceOptions, race } from "./race.js";
export { Race, type RaceRow, type RaceTrial } from "./result.js";
export {
  raceTraining,
  type Spread,
  TrainingRace,
  type TrainingRaceOptions,
  type TrainingRaceProgress,
  type TrainingRaceRow,
  type TrainingTrial,
} from "./training.js";

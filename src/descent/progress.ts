/** What a running training tells, and how it is told to stop. */

export interface TrainingProgress {
  /** Steps done, of `totalSteps`. */
  readonly step: number;
  readonly totalSteps: number;
  /** Passes over the data done, with fraction. */
  readonly epoch: number;
  readonly epochs: number;
  /** Seconds since the start. */
  readonly seconds: number;
  /** Mean training loss since the last report. */
  readonly loss: number;
  readonly learningRate: number;
  readonly samplesPerSecond: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
}

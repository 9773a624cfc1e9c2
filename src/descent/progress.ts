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
  /** Of streamed data: the share of the time so far in which steps waited for records, evaluations left out. */
  readonly waitingForData?: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Of pairs for restoration, in dB. */
  readonly validationPsnr?: number;
}

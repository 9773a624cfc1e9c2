/** What a descent leaves behind. */

/** Why a descent ended; see `Run.status`. */
export type Status = "converged" | "step-limit" | "stopped-early" | "diverged" | "stalled" | "aborted";

/** One line of a training history. Undefined fields were not measured at that step. */
export interface HistoryRecord {
  /** Steps done. */
  readonly step: number;
  /** Passes over the data, counted as a fraction. */
  readonly epoch: number;
  /** Seconds since the start. */
  readonly seconds: number;
  /** Mean training loss since the last record. */
  readonly loss: number;
  readonly learningRate: number;
  /** 2-norm of the gradient at this step. */
  readonly gradientNorm?: number;
  readonly trainAccuracy?: number;
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Of pairs for restoration: the PSNR in dB that `loss` stands for, over patches as they were learned from. */
  readonly trainPsnr?: number;
  /** The same of `validationLoss`. */
  readonly validationPsnr?: number;
}

/** Loss and accuracy over one set of data. */
export interface Evaluation {
  readonly loss: number;
  /** Share of records whose largest score is the label, by their weights; undefined for regression. */
  readonly accuracy?: number;
  /** Of pairs for restoration, in dB: 10 log₁₀(1/MSE), the mean squared error over all patches together. */
  readonly psnr?: number;
  /** Counts of records by [true class][predicted class], for classification. Weights do not matter here. */
  readonly confusion?: readonly (readonly number[])[];
}

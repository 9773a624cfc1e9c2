/** What a method that takes noise out of a picture is. */
import type { Tensor } from "../../tensor/tensor.js";
import type { DataTerm } from "../../vision/fidelity.js";
import type { RestorationLook } from "../../vision/restore.js";
import type { RestoredValues } from "./restored.js";

/** What a denoiser is asked for. */
export interface DenoisingRequest {
  /** H × W or C × H × W, from 0 to 1. */
  readonly values: Tensor;
  readonly reference: Tensor | undefined;
  readonly lambda: number | undefined;
  /** Of values from 0 to 1. */
  readonly sigma: number | undefined;
  readonly data: DataTerm;
  readonly iterations: number;
  readonly tolerance: number;
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
  readonly progress: (look: RestorationLook) => void;
}

export interface Denoiser {
  readonly name: string;
  /** What stands behind the name and a colon, where something does: `RUN` in `dncnn:RUN`. */
  readonly argument?: string;
  denoise(request: DenoisingRequest, argument: string): Promise<RestoredValues>;
}

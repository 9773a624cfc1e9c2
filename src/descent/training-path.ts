/** The path of a training: θ at regular steps, within a budget of memory. */
import type { HostData } from "../tensor/types.js";
import { Path } from "./run.js";

/** Points of a training, as `fit({ recordPath })` keeps them; each is θ with its gaps. */
export class TrainingPath extends Path<HostData> {
  /** Steps done before each point: 0 is the start. */
  readonly steps: Float64Array;
  /** Mean training loss over the steps from the point before to this one, measured while they were done. Of the first point: that of its first batch. */
  readonly losses: Float64Array;

  constructor(data: HostData, stride: number, steps: Float64Array, losses: Float64Array) {
    super(data, stride, (row) => row);
    this.steps = steps;
    this.losses = losses;
  }
}

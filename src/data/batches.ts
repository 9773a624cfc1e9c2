/**
 * Which records a step reads. The compiled step computes the same from its step number; this is the definition, and the host's copy.
 *
 * An epoch of N records has ceil(N / B) batches of size B, the last one smaller where B does not divide N. Batch b of epoch e holds the
 * records at positions b·B … min((b+1)·B, N) − 1 of that epoch's order.
 */
import { shuffledIndex, shuffleRounds } from "../tensor/permutation.js";

/** How many steps an epoch has; the last of them may be smaller. */
export const stepsPerEpoch = (records: number, batchSize: number): number => Math.ceil(records / batchSize);

export interface BatchOrder {
  readonly records: number;
  readonly batchSize: number;
  /** A whole number, or undefined for the order of the data (evaluation). */
  readonly seed: number | undefined;
}

/** The indices of the records of step `step`, counted from 0 over all epochs. */
export function batchIndices({ records, batchSize, seed }: BatchOrder, step: number): Uint32Array {
  const perEpoch = stepsPerEpoch(records, batchSize);
  const epoch = Math.floor(step / perEpoch);
  const first = (step - epoch * perEpoch) * batchSize;
  const indices = new Uint32Array(Math.min(batchSize, records - first));
  const rounds = seed === undefined ? undefined : shuffleRounds(seed, epoch, records);
  for (let i = 0; i < indices.length; i++) indices[i] = rounds === undefined ? first + i : shuffledIndex(rounds, first + i);
  return indices;
}

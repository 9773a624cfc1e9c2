/** What the steps of a training take their batches from: records as they are stored, or pairs that are made. */
import { type DatasetPart, recordCount } from "../data/dataset.js";
import { isRestorationPairs, type RestorationPairs } from "../data/restoration/pairs.js";
import { type PackedImages, packImages, pairsOf } from "../data/restoration/patches.js";
import { dataVariable, stepWords } from "../objectives/training.js";
import type { Variable } from "../tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../tensor/tensor.js";
import { type PickedRecords, type RecordForm, RecordPlace, type Writable } from "./records.js";

export type TrainingRecords = DatasetPart | RestorationPairs;

export interface BatchSource {
  readonly variables: readonly Variable[];
  /** Where records lie as they are stored; absent where they are made. */
  readonly place?: RecordPlace;
  fill(program: Writable): void;
  /**
   * @param rows which records of the epoch
   * @param step names the random numbers
   */
  pick(rows: Tensor, step: Tensor): PickedRecords;
}

/** Records of an epoch. */
export const countOf = (records: RestorationPairs | RecordForm): number =>
  isRestorationPairs(records) ? records.patches : recordCount(records);

export function sourceOf(records: TrainingRecords, seed: number): BatchSource {
  if (isRestorationPairs(records)) return new PairSource(records, seed);
  const place = new RecordPlace("training", records, true);
  return { variables: place.variables, place, fill: (program) => place.fill(program, records), pick: (rows) => place.pick(rows) };
}

class PairSource implements BatchSource {
  readonly variables: readonly Variable[];
  readonly #pairs: RestorationPairs;
  readonly #seed: number;
  readonly #packed: PackedImages;
  readonly #pixels: Variable;
  readonly #extents: Variable;

  constructor(pairs: RestorationPairs, seed: number) {
    this.#pairs = pairs;
    this.#seed = seed;
    this.#packed = packImages(pairs.images);
    const { pixels, extents } = this.#packed;
    this.#pixels = dataVariable("cleanPixels", [pixels.length / pairs.channels, pairs.channels], "u8");
    this.#extents = dataVariable("cleanExtents", [extents.length / 3, 3], "i32");
    this.variables = [this.#pixels, this.#extents];
  }

  fill(program: Writable): void {
    program.write(this.#pixels, this.#packed.pixels);
    program.write(this.#extents, this.#packed.extents);
  }

  pick(rows: Tensor, step: Tensor): PickedRecords {
    const store = { pixels: readVariable(this.#pixels), extents: readVariable(this.#extents) };
    return { ...pairsOf(store, rows, this.#pairs, stepWords(this.#seed, step)), weights: undefined };
  }
}

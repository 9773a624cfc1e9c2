/** From what `fit` returns to what a run folder keeps, and back to a model. */
import type { Dataset } from "../data/dataset.js";
import { isRestorationPairs, type RestorationPairs } from "../data/restoration/pairs.js";
import type { StreamedDataset } from "../data/streamed.js";
import type { Evaluation } from "../descent/history.js";
import type { TestEvaluation, TrainedRun } from "../descent/trained-run.js";
import type { BuiltModel } from "../models/model.js";
import { parameterCount } from "../models/summary.js";
import type { NamedArray } from "../models/weights.js";
import type { ModelPoint } from "../objectives/training.js";
import { chooseSamples } from "./choose-samples.js";
import { modelDataOf } from "./model-data.js";
import type { LayerSummary, RunData, RunResults } from "./run-data.js";
import { type SavedRun, saveRun as saveRunData } from "./run-folder.js";
import { pathArrays } from "./stored-path.js";

/** One row per layer, for people. */
export const layersOf = (model: BuiltModel): LayerSummary[] =>
  model.layers.map(({ path, outputShape, parameters }) => ({ layer: path, outputShape, parameters: parameterCount(parameters) }));

/** Weights and carried state with names and shapes. */
export function weightsOf({ training }: Pick<TrainedRun, "training">, point: ModelPoint): NamedArray[] {
  const held = training.named(point);
  return [...training.layout.entries, ...training.stateLayout.entries].map(({ path, shape }) => ({
    name: path,
    shape,
    dtype: training.dtype,
    data: held.get(path) ?? new Float32Array(0),
  }));
}

/** Class probabilities of a model's scores, row by row. */
export function probabilitiesOf(scores: Float32Array, width: number): Float32Array {
  const out = new Float32Array(scores.length);
  for (let row = 0; row < scores.length; row += width) {
    let top = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < width; j++) top = Math.max(top, scores[row + j]);
    let sum = 0;
    for (let j = 0; j < width; j++) sum += out[row + j] = Math.exp(scores[row + j] - top);
    for (let j = 0; j < width; j++) out[row + j] /= sum;
  }
  return out;
}

/**
 * What a run folder keeps of how a training went.
 *
 * @param test over the test part, of the weights that are kept; its outputs are left out
 */
export function resultsOf(run: TrainedRun<Dataset | RestorationPairs | StreamedDataset>, test: TestEvaluation | undefined): RunResults {
  const { status, diagnosis, steps, seconds, samplesPerSecond, trainLoss, validation, seen } = run;
  return {
    ...{ status, diagnosis, epochs: Math.ceil(run.epochs), steps, seconds, samplesPerSecond, trainLoss },
    ...(validation ? { validationLoss: validation.loss } : {}),
    ...(validation?.accuracy === undefined ? {} : { validationAccuracy: validation.accuracy }),
    ...(validation?.psnr === undefined ? {} : { validationPsnr: validation.psnr }),
    ...(seen?.psnr === undefined ? {} : { seenPsnr: seen.psnr }),
    ...(test ? { test: withoutOutputs(test) } : {}),
  };
}

const withoutOutputs = ({ loss, accuracy, confusion, psnr }: TestEvaluation): Evaluation => ({
  loss,
  ...(accuracy === undefined ? {} : { accuracy, ...(confusion === undefined ? {} : { confusion }) }),
  ...(psnr === undefined ? {} : { psnr }),
});

/** What tells which records there were: how many, and of streamed data in chunks of how many. Pairs for restoration are made anew in each step. */
export function recordsConfiguration(data: Dataset | RestorationPairs | StreamedDataset): {
  readonly records?: number;
  readonly chunk?: number;
} {
  if (isRestorationPairs(data)) return {};
  const records = data.inputs.shape[0];
  return "read" in data ? { records, chunk: data.chunk } : { records };
}

export interface SaveTrainedOptions {
  /** Replace the run that the folder holds. Default false. */
  readonly force?: boolean;
  /** For people. Default: the model's name on the data's. */
  readonly title?: string;
}

/**
 * Writes a trained run: weights.safetensors, run.json, history.jsonl and report.html. An output folder that holds another run is
 * never overwritten without `force`.
 *
 * @throws SteepestError where the folder cannot be written, or holds something else
 */
export async function saveRun(
  run: TrainedRun<Dataset | RestorationPairs | StreamedDataset>,
  folder: string,
  { force = false, title }: SaveTrainedOptions = {},
): Promise<SavedRun> {
  const { data, settings, model, training, test } = run;
  const stored: RunData = {
    title: title ?? `${model.name} on ${data.name}`,
    configuration: {
      data: data.name,
      ...recordsConfiguration(data),
      model: modelDataOf(model),
      loss: training.parts.loss.name,
      ...(training.parts.loss.settings ? { lossSettings: training.parts.loss.settings } : {}),
      ...settings,
      optimizer: { name: settings.optimizer },
    },
    preprocessing: data.preprocessing,
    inputShape: model.inputShape,
    ...(data.classes ? { classes: data.classes } : {}),
    layers: layersOf(model),
    results: resultsOf(run, test),
    history: run.history,
    weights: weightsOf(run, run),
    ...(run.stableUpTo === undefined ? {} : { stableUpTo: run.stableUpTo }),
    ...(run.path ? { pathArrays: pathArrays(run.path, training) } : {}),
  };
  const classes = data.classes?.length;
  // Of a streamed test part neither pictures nor outputs are at hand.
  const isHeld = data.test && !("read" in data.test) && test && classes;
  const chosen = isHeld ? chooseSamples(data.test, probabilitiesOf(test.outputs, classes)) : {};
  return saveRunData(stored, folder, { force, ...chosen });
}

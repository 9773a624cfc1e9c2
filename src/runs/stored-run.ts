/** A run that was read back: its data, and the model that they make up. */
import type { Preprocessing } from "../data/dataset.js";
import type { HistoryRecord } from "../descent/history.js";
import { type Predictor, predictorOf } from "../descent/predictor.js";
import type { TrainingPath } from "../descent/training-path.js";
import { type Loss, lossNamed } from "../models/losses.js";
import type { BuiltModel, Model } from "../models/model.js";
import type { NamedArray } from "../models/weights.js";
import { type ModelPoint, Training } from "../objectives/training.js";
import { SteepestError } from "../tensor/error.js";
import type { Shape } from "../tensor/types.js";
import { modelFromData } from "./model-data.js";
import type { LayerSummary, PlainData, RunConfiguration, RunData, RunResults } from "./run-data.js";
import { pathFrom } from "./stored-path.js";

interface Origin {
  readonly created: string;
  readonly version: string;
  /** The folder. */
  readonly where: string;
  readonly model?: Model | BuiltModel;
  readonly loss?: Loss;
  /** Reads the path, where there is one. */
  readonly readPath?: () => readonly NamedArray[];
}

/** A run as it was saved, with when and by which version. */
export class StoredRun implements RunData {
  readonly title: string;
  readonly configuration: RunConfiguration;
  readonly preprocessing: Preprocessing;
  readonly inputShape: Shape;
  readonly classes?: readonly string[];
  readonly layers: readonly LayerSummary[];
  readonly results: RunResults;
  readonly history: readonly HistoryRecord[];
  readonly weights: readonly NamedArray[];
  readonly stableUpTo?: number;
  readonly command?: string;
  /** When it was saved: an ISO date. */
  readonly created: string;
  /** The version of Steepest that saved it. */
  readonly version: string;
  readonly #origin: Origin;
  #training: Training | undefined;
  #path: TrainingPath | undefined;

  constructor(run: RunData, origin: Origin) {
    this.title = run.title;
    this.configuration = run.configuration;
    this.preprocessing = run.preprocessing;
    this.inputShape = run.inputShape;
    this.classes = run.classes;
    this.layers = run.layers;
    this.results = run.results;
    this.history = run.history;
    this.weights = run.weights;
    if (run.stableUpTo !== undefined) this.stableUpTo = run.stableUpTo;
    this.command = run.command;
    this.created = origin.created;
    this.version = origin.version;
    this.#origin = origin;
  }

  /**
   * The model that was trained, without weights.
   *
   * @throws SteepestError where it has layers of one's own and was not handed to `loadRun`, or where it has no room for the weights
   */
  get model(): BuiltModel {
    return this.training.parts.model;
  }

  /** What it was trained by. Errors as `model`, and for a loss of one's own that was not handed to `loadRun`. */
  get training(): Training {
    this.#training ??= new Training({
      model: this.#rebuilt(),
      loss: this.#origin.loss ?? lossNamed(this.configuration.loss, numbersIn(this.configuration.lossSettings)),
      preprocessing: this.preprocessing,
      seed: this.configuration.seed,
      dtype: this.weights[0]?.dtype === "f64" ? "f64" : "f32",
    });
    return this.#training;
  }

  /** The weights, as the model lays them out. Errors as `model`. */
  get point(): ModelPoint {
    return this.training.point(new Map(this.weights.map(({ name, data }) => [name, data])));
  }

  /** The path of the training, where it was recorded; the file is read when this is first asked for. Errors as `loadRun` and `model`. */
  get path(): TrainingPath | undefined {
    const { readPath, where } = this.#origin;
    if (readPath) this.#path ??= pathFrom(readPath(), this.training, where);
    return this.#path;
  }

  /** The trained model as a function from stored inputs (bytes of pictures) to predictions. Errors as `training`. */
  predictor(): Predictor {
    return predictorOf(this.training, this.point);
  }

  #rebuilt(): BuiltModel {
    const { where, model: given } = this.#origin;
    const model = given ?? modelFromData(this.configuration.model, where);
    const built = "build" in model ? model.build(this.inputShape) : model;
    const listed = (parts: Iterable<readonly [name: string, shape: Shape]>) =>
      Array.from(parts, ([name, shape]) => `${name}[${shape.join(", ")}]`).join(", ");
    const kept = listed(this.weights.map(({ name, shape }) => [name, shape]));
    const wanted = listed([...built.parameters, ...built.state].map(({ path, shape }) => [path, shape]));
    if (kept === wanted) return built;
    throw new SteepestError({
      problem: "these weights are not those of the model",
      expected: wanted,
      received: kept,
      where,
      fix:
        given === undefined
          ? "The folder was changed: restore it, or train again"
          : "hand in the model that was trained: loadRun(folder, { model })",
    });
  }
}

/** The numbers of plain data that names them. */
const numbersIn = (data: PlainData | undefined): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(data ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === "number"));

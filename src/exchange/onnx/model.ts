/** A trained model as an ONNX file. */

import type { Preprocessing } from "../../data/dataset.js";
import type { BuiltModel } from "../../models/model.js";
import type { Training } from "../../objectives/training.js";
import { SteepestError } from "../../tensor/error.js";
import type { Shape } from "../../tensor/types.js";
import { heldWeights, type WeightedModel } from "../weights.js";
import { OnnxGraph } from "./graph.js";
import { addLayers, channelsFirst, channelsLast } from "./layers.js";

export interface OnnxOptions {
  /**
   * Where images have their channels, at the input and, for models that give images, at the output. "last": [records, height, width, channels], as our data are
   * stored; "first": [records, channels, height, width], as PyTorch's are. Default "last".
   */
  readonly channels?: "last" | "first";
  /** What goes in: stored numbers as float32, or bytes. Default "float32". */
  readonly input?: "float32" | "uint8";
  /** Whether there is an output `probabilities`, the softmax of the scores, beside `output`. Default: where the run was trained to tell classes apart. */
  readonly probabilities?: boolean;
}

/** What is written: a run of `fit` or `loadRun`. */
export interface OnnxSource extends WeightedModel {
  readonly training: Training;
  readonly classes?: readonly string[];
  readonly data?: { readonly classes?: readonly string[] };
}

/**
 * A trained run as an ONNX file (operator set 17): standard operators alone, so that any runtime applies it. It takes the numbers as they are stored
 * (bytes of pictures from 0 to 255), since the preprocessing is inside, and any number of records.
 *
 *     input            [N, height, width, channels]
 *     output           what the model gives: scores, or images
 *     probabilities    for classifiers
 *
 * Convolutions, normalisations and pooling become the operators of those names, on images with channels first; dropout is left out, and batchNorm uses the running
 * statistics. Weights are float32. Names of classes and the shape of the input are in the notes (`metadata_props`: `classes`, `inputShape`, as JSON).
 * An `embedding` gives an error at run time, and not NaN, for numbers beyond its rows.
 *
 * @param run a run of `fit` or `loadRun`
 * @param options `channels` ("last"), `input` ("float32"), `probabilities`
 * @returns the bytes of the file
 * @throws SteepestError that names layers of one's own (`defineLayer`): there are no operators for them
 * @example
 * ```ts
 * import { cnn, fit } from "steepest";
 * import { digits } from "steepest/data";
 * import { exportOnnx } from "steepest/exchange";
 * const run = await fit(cnn({ filters: [4] }), digits({ train: 64, test: 16 }), { epochs: 1 });
 * exportOnnx(run, { input: "uint8" }).length > 4 * 7890; // → true
 * ```
 */
export function exportOnnx(run: OnnxSource, options: OnnxOptions = {}): Uint8Array {
  const { channels = "last", input = "float32" } = options;
  const { training } = run;
  const { model, loss, preprocessing } = training.parts;
  const { probabilities = loss.classification && model.outputShape.length === 1 } = options;
  checkOptions(options);
  const graph = new OnnxGraph();
  const placed = (shape: Shape): Shape => (shape.length === 3 && channels === "first" ? [shape[2], shape[0], shape[1]] : shape);

  let x = graph.input("input", input, placed(model.inputShape));
  if (input === "uint8") x = graph.node("Cast", "numbers", [x], { to: 1 });
  x = prepared(graph, x, preprocessing, model.inputShape.length === 3 && channels === "first");
  if (model.inputShape.length === 3 && channels === "last") x = channelsFirst(graph, "channelsFirst", x);
  x = addLayers(graph, model.layers, x, heldWeights(run));
  if (model.outputShape.length === 3 && channels === "last") x = channelsLast(graph, "channelsLast", x);
  graph.node("Identity", "output", [x]);
  graph.output("output", placed(model.outputShape));
  if (probabilities) {
    graph.node("Softmax", "probabilities", ["output"], { axis: -1 });
    graph.output("probabilities", placed(model.outputShape));
  }
  return graph.finish(model.name, notesOf(model, run.classes ?? run.data?.classes));
}

/** ((x·scale + offset) − mean) / std, as in training. */
function prepared(graph: OnnxGraph, x: string, { scale, offset, mean, std }: Preprocessing, isFirst: boolean): string {
  let value = x;
  const step = (operator: string, name: string, numbers: readonly number[] | undefined, neutral: number) => {
    if (numbers === undefined || (numbers.length === 1 && numbers[0] === neutral)) return;
    const shape = numbers.length === 1 ? [] : isFirst ? [numbers.length, 1, 1] : [numbers.length];
    value = graph.node(operator, `preprocessing/${name}`, [value, graph.weight(`preprocessing.${name}`, shape, numbers)]);
  };
  step("Mul", "scale", [scale], 1);
  step("Add", "offset", [offset], 0);
  step("Sub", "mean", mean, 0);
  step("Div", "std", std, 1);
  return value;
}

const notesOf = ({ inputShape }: BuiltModel, classes: readonly string[] | undefined): ReadonlyMap<string, string> =>
  new Map([
    ["inputShape", JSON.stringify(inputShape)],
    ...(classes === undefined ? [] : [["classes", JSON.stringify(classes)] satisfies [string, string]]),
  ]);

function checkOptions({ channels = "last", input = "float32" }: OnnxOptions): void {
  const known = (what: string, value: string, allowed: readonly string[]) => {
    if (!allowed.includes(value))
      throw new SteepestError({ problem: `exportOnnx knows no such ${what}`, expected: allowed.join(" or "), received: value });
  };
  known("place of the channels", channels, ["last", "first"]);
  known("input", input, ["float32", "uint8"]);
}

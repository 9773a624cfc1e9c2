/** What a layer looks for, and what it gives: its filters and its activations as pictures. */
import { SteepestError } from "../tensor/error.js";
import { showShape } from "../tensor/types.js";
import { Figure } from "./figure.js";
import { formatNumberForPrint } from "./number-format.js";
import { signed, viridis } from "./palette.js";
import { type GridPicture, pictureGrid } from "./picture-grid.js";

export interface LayerFigureOptions {
  /** Default: what is shown. */
  readonly title?: string;
  /** Pictures shown at most, the first ones. Default 64. */
  readonly limit?: number;
  /** Pictures in a row. Default 8. */
  readonly columns?: number;
}

/** An array with its shape, row by row. */
export interface ShapedArray {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/**
 * The weights that see a picture, as pictures: of a convolution [height, width, channels, filters], or of a linear layer [height · width · channels, outputs] with the
 * shape of its input. One scale for all, symmetric about 0, so that weak filters look weak: of one channel blue is negative and red positive; of three, grey is 0 and each
 * colour more or less of itself. Of other numbers of channels each has a picture of its own, a row for each filter.
 *
 * @param weights as a model holds them: `run.weights.get("conv1.weight")` with its shape
 * @param options `input`: [height, width, channels] of what a linear layer sees; see LayerFigureOptions
 * @throws SteepestError for weights that see no picture
 * @example
 * ```ts
 * import { filterFigure } from "steepest/figures";
 * const edges = { shape: [2, 2, 1, 2], data: [1, 1, -1, 1, 1, -1, -1, -1] };
 * filterFigure(edges).description.caption; // → "All on one scale: blue −1 … white 0 … red 1."
 * ```
 */
export function filterFigure(
  weights: ShapedArray,
  { title = "Filters", limit = 64, columns = 8, input }: LayerFigureOptions & { readonly input?: readonly number[] } = {},
): Figure {
  const [height, width, channels, count] = filterShape(weights, input);
  const { data } = weights;
  let most = 0;
  for (let i = 0; i < data.length; i++) if (Number.isFinite(data[i])) most = Math.max(most, Math.abs(data[i]));
  const share = (value: number) => (most > 0 ? 0.5 + value / (2 * most) : 0.5);
  const valueAt = (pixel: number, channel: number, filter: number) => data[(pixel * channels + channel) * count + filter];
  const isColour = channels === 3;
  const tiles = isColour
    ? Array.from({ length: Math.min(limit, count) }, (_, filter) =>
        tile(height, width, (pixel) => [0, 1, 2].map((channel) => Math.round(255 * share(valueAt(pixel, channel, filter))))),
      )
    : Array.from({ length: Math.min(limit, count * channels) }, (_, i) =>
        tile(height, width, (pixel) => signed(share(valueAt(pixel, i % channels, Math.floor(i / channels))))),
      );
  const largest = formatNumberForPrint(most, 3);
  const all = isColour ? count : count * channels;
  return pictureGrid({
    title,
    subtitle: `${tiles.length === all ? "" : `${tiles.length} of `}${all}, each ${height} × ${width}`,
    caption: isColour
      ? `All on one scale: grey is 0, colours are weights from −${largest} to ${largest}.`
      : `All on one scale: blue −${largest} … white 0 … red ${largest}.`,
    alt: `${count} filters of ${height} × ${width} × ${channels} weights from −${largest} to ${largest}.`,
    pictures: tiles,
    columns: channels === 1 || isColour ? columns : Math.min(channels, 16),
    size: 48,
  });
}

/**
 * What a layer gives for one input, `run.predictor().activations(input, "relu1")`: of a layer of images [1, height, width, channels] a picture for each channel, of any other a bar for each
 * number. One scale for all, from dark (0) to light; with negative numbers, blue to red about 0.
 *
 * @throws SteepestError for activations of several inputs at once
 * @example
 * ```ts
 * import { activationFigure } from "steepest/figures";
 * activationFigure({ shape: [1, 2, 2, 3], data: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }).description.subtitle; // → "3, each 2 × 2"
 * ```
 */
export function activationFigure(
  { shape, data }: ShapedArray,
  { title = "Activations", limit = 64, columns = 8 }: LayerFigureOptions = {},
): Figure {
  const [inputs, ...rest] = shape;
  if (inputs !== 1 || rest.length === 0)
    throw new SteepestError({
      problem: "activations are drawn for one input at a time",
      expected: "the shape [1, height, width, channels] or [1, units]",
      received: showShape(shape),
    });
  let [low, high] = [0, 0];
  for (let i = 0; i < data.length; i++) if (Number.isFinite(data[i])) [low, high] = [Math.min(low, data[i]), Math.max(high, data[i])];
  const range = `from ${formatNumberForPrint(low, 3)} to ${formatNumberForPrint(high, 3)}`;
  if (rest.length !== 3) return bars(title, data, range);
  const [height, width, channels] = rest;
  const largest = Math.max(-low, high);
  const colour = (value: number) =>
    low < 0 ? signed(largest > 0 ? 0.5 + value / (2 * largest) : 0.5) : viridis(high > 0 ? value / high : 0);
  const shown = Math.min(limit, channels);
  return pictureGrid({
    title,
    subtitle: `${shown === channels ? "" : `${shown} of `}${channels}, each ${height} × ${width}`,
    caption: `All on one scale: ${low < 0 ? "blue is negative, red positive" : "dark is 0, light is much"}, ${range}.`,
    alt: `${channels} channels of ${height} × ${width}, ${range}.`,
    pictures: Array.from({ length: shown }, (_, channel) => tile(height, width, (pixel) => colour(data[pixel * channels + channel]))),
    columns,
  });
}

const tile = (height: number, width: number, colour: (pixel: number) => readonly number[]): GridPicture => {
  const samples = new Uint8Array(3 * height * width);
  for (let pixel = 0; pixel < height * width; pixel++) samples.set(colour(pixel), 3 * pixel);
  return { width, height, channels: 3, samples };
};

function bars(title: string, data: ArrayLike<number>, range: string): Figure {
  return new Figure({
    title,
    subtitle: `${data.length} units`,
    alt: `${data.length} numbers, ${range}.`,
    x: { label: "unit", kind: "linear", style: "count" },
    y: { label: "activation", kind: "linear", style: "number", nice: true },
    marks: [{ kind: "bars", bars: Array.from(data, (value, i) => ({ from: i - 0.4, to: i + 0.4, value })), colour: 0 }],
  });
}

function filterShape({ shape, data }: ShapedArray, input: readonly number[] | undefined): readonly [number, number, number, number] {
  const [height, width, channels, count] = shape.length === 2 && input?.length === 3 ? [...input, shape[1]] : shape;
  if (count !== undefined && (shape.length === 4 || shape.length === 2) && height * width * channels * count === data.length)
    return [height, width, channels, count];
  throw new SteepestError({
    problem: "these weights see no picture",
    expected: "[height, width, channels, filters], or [inputs, outputs] and the shape of the input: { input: [28, 28, 1] }",
    received: showShape(shape),
  });
}

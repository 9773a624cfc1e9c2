/** Pictures side by side at one zoom: what was, what is, and the difference. */
import { SteepestError } from "../tensor/error.js";
import { Figure } from "./figure.js";
import type { Mark } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import { signed } from "./palette.js";
import { type Panels, panels } from "./panels.js";

/** A picture with samples from 0 to 255. */
export interface RowPicture {
  readonly name: string;
  /** A few words under the name, such as the PSNR. */
  readonly note?: string;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly samples: Uint8Array;
}

export interface ImageRowOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** All of one size. */
  readonly pictures: readonly RowPicture[];
  /** A part to be shown enlarged beneath each picture: its left upper corner and its sides in pixels. */
  readonly zoom?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Number of the picture that the others are compared with: the errors of the others are drawn beneath, blue where too dark, red where too light. */
  readonly reference?: number;
}

/**
 * Pictures in a row, an enlarged part of each beneath it, and their errors against one of them on a scale that is symmetric about 0.
 *
 * @throws SteepestError for pictures of several sizes or without all their samples, for a part outside of them, and for a reference that there is not
 * @example
 * ```ts
 * import { imageRow } from "steepest/figures";
 * const picture = (name: string, grey: number) => ({ name, width: 2, height: 2, channels: 1 as const, samples: new Uint8Array(4).fill(grey) });
 * imageRow({ title: "Two greys", pictures: [picture("clean", 100), picture("noisy", 120)], reference: 0 }).toSvg(); // text that starts with <svg
 * ```
 */
export function imageRow({ title, subtitle, pictures, zoom, reference }: ImageRowOptions): Panels {
  checkRow(pictures, zoom, reference);
  const clean = reference === undefined ? undefined : pictures[reference];
  const errors = clean === undefined ? [] : pictures.map((picture) => differences(picture, clean));
  const largest = Math.max(1, ...errors.map((error) => error.reduce((most, value) => Math.max(most, Math.abs(value)), 0)));
  // A few pixels must not make all others pale.
  const span = Math.min(largest, 64);
  const figures = [
    ...pictures.map((picture) => framed(picture, { x: 0, y: 0, width: picture.width, height: picture.height }, picture.note, zoom)),
    ...(zoom === undefined ? [] : pictures.map((picture) => framed({ ...picture, name: "" }, zoom, undefined))),
    ...errors.map((error, i) =>
      i === reference
        ? framed(
            { ...pictures[i], name: "error", samples: new Uint8Array(pictures[i].samples.length).fill(247) },
            whole(pictures[i]),
            "none: the reference",
          )
        : framed(
            { ...pictures[i], name: "error", channels: 3, samples: painted(error, span) },
            whole(pictures[i]),
            `blue −${formatNumberForPrint(span, 3)} … red +${formatNumberForPrint(span, 3)}`,
          ),
    ),
  ];
  return panels({ title, ...(subtitle === undefined ? {} : { subtitle }), figures, columns: pictures.length });
}

function checkRow(pictures: readonly RowPicture[], zoom: ImageRowOptions["zoom"], reference: number | undefined): void {
  const [first] = pictures;
  if (first === undefined) throw new SteepestError({ problem: "there are no pictures to stand in a row", expected: "one at least" });
  const { width, height } = first;
  const size = `${width} × ${height} pixels`;
  for (const { name, channels, samples, ...other } of pictures) {
    if (other.width !== width || other.height !== height)
      throw new SteepestError({
        problem: "these pictures are not of one size",
        expected: size,
        received: `${other.width} × ${other.height}`,
        where: name,
      });
    if (samples.length !== width * height * channels)
      throw new SteepestError({
        problem: "the picture does not have all its samples",
        expected: `${width} · ${height} · ${channels} = ${width * height * channels}`,
        received: String(samples.length),
        where: name,
      });
  }
  if (zoom !== undefined) {
    const numbers = [zoom.x, zoom.y, zoom.width, zoom.height];
    const isInside = zoom.x >= 0 && zoom.y >= 0 && zoom.x + zoom.width <= width && zoom.y + zoom.height <= height;
    if (!(numbers.every(Number.isInteger) && zoom.width > 0 && zoom.height > 0 && isInside))
      throw new SteepestError({
        problem: "the part to be enlarged does not lie in the pictures",
        expected: `whole pixels within ${size}`,
        received: `${zoom.width} × ${zoom.height} at (${zoom.x}, ${zoom.y})`,
        where: "zoom",
      });
  }
  const compared = reference === undefined ? undefined : pictures[reference];
  const other = compared && pictures.find(({ channels }) => channels !== compared.channels);
  if (other !== undefined)
    throw new SteepestError({
      problem: "grey and colours cannot be held against each other",
      expected: `${compared?.channels} channel${compared?.channels === 1 ? "" : "s"}, as the reference has`,
      received: String(other.channels),
      where: other.name,
    });
  if (reference !== undefined && compared === undefined)
    throw new SteepestError({
      problem: "there is no such picture to compare with",
      expected: `a whole number from 0 to ${pictures.length - 1}`,
      received: String(reference),
      where: "reference",
    });
}

const whole = ({ width, height }: RowPicture): Required<ImageRowOptions>["zoom"] => ({ x: 0, y: 0, width, height });

function framed(
  picture: RowPicture,
  part: Required<ImageRowOptions>["zoom"],
  note: string | undefined,
  frame?: ImageRowOptions["zoom"],
): Figure {
  const { name, height, channels } = picture;
  // Rows are counted from the top, places of a figure from below.
  const outline: Mark[] = frame
    ? [
        {
          kind: "line",
          points: corners.map(([dx, dy]) => [frame.x + dx * frame.width, height - frame.y - dy * frame.height]),
          colour: 1,
          trail: true,
          dots: false,
        },
      ]
    : [];
  const axis = (from: number, to: number) => ({ label: "", kind: "linear", style: "number", domain: [from, to] }) as const;
  return new Figure({
    title: name,
    ...(note === undefined ? {} : { subtitle: note }),
    alt: `A picture of ${part.width} × ${part.height} pixels${note === undefined ? "" : `, ${note}`}.`,
    x: axis(part.x, part.x + part.width),
    y: axis(height - part.y - part.height, height - part.y),
    aspect: "equal",
    axes: false,
    marks: [
      {
        kind: "image",
        x: [part.x, part.x + part.width],
        y: [height - part.y - part.height, height - part.y],
        width: part.width,
        height: part.height,
        channels,
        samples: cut(picture, part),
      },
      ...outline,
    ],
  });
}

/** The samples of a part: nothing is drawn, nor written to a file, that is not seen. */
function cut({ width, channels, samples }: RowPicture, part: Required<ImageRowOptions>["zoom"]): Uint8Array {
  const out = new Uint8Array(part.width * part.height * channels);
  for (let row = 0; row < part.height; row++) {
    const from = ((part.y + row) * width + part.x) * channels;
    out.set(samples.subarray(from, from + part.width * channels), row * part.width * channels);
  }
  return out;
}

/** Around a square, and back to where it began. */
const corners = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [0, 0],
] as const;

/** Mean over the channels of what a picture has too much. */
function differences({ samples, channels }: RowPicture, clean: RowPicture): Float64Array {
  return Float64Array.from({ length: samples.length / channels }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += samples[i * channels + c] - clean.samples[i * channels + c];
    return sum / channels;
  });
}

function painted(error: Float64Array, span: number): Uint8Array {
  const samples = new Uint8Array(3 * error.length);
  error.forEach((value, i) => {
    samples.set(signed(0.5 + value / (2 * span)), 3 * i);
  });
  return samples;
}

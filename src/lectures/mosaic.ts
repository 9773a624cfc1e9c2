/** Pictures made of the small pictures of a data set, side by side. */
import type { Dataset } from "../data/dataset.js";
import type { ByteImage } from "../data/images/image.js";

/**
 * A picture of rows × columns records, from `first` on.
 *
 * @param part whose inputs are bytes of shape [records, height, width, channels]
 */
export function mosaic({ inputs }: Pick<Dataset, "inputs">, first: number, rows: number, columns: number): ByteImage {
  const [, height, width, channels] = inputs.shape;
  const line = width * channels;
  const data = new Uint8Array(rows * columns * height * line);
  for (let i = 0; i < rows * columns; i++) {
    const [left, top] = [(i % columns) * line, Math.floor(i / columns) * height];
    for (let y = 0; y < height; y++)
      for (let x = 0; x < line; x++) data[(top + y) * columns * line + left + x] = inputs.data[((first + i) * height + y) * line + x];
  }
  return { width: columns * width, height: rows * height, channels, depth: 8, data };
}

/** Pictures made of the small pictures of a data set, side by side. */
import type { Dataset } from "../data/dataset.js";
import type { ByteImage } from "../data/images/image.js";

/**
 * A grey picture of rows × columns records, from `first` on.
 *
 * @param part whose inputs are bytes of shape [records, height, width, channels]: 1 for grey, 3 for RGB, of which the luminance is taken (ITU-R BT.601)
 */
export function mosaic({ inputs }: Pick<Dataset, "inputs">, first: number, rows: number, columns: number): ByteImage {
  const [, height, width, channels] = inputs.shape;
  const [wide, high] = [columns * width, rows * height];
  const data = new Uint8Array(wide * high);
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++) {
      const record = first + Math.floor(y / height) * columns + Math.floor(x / width);
      const at = ((record * height + (y % height)) * width + (x % width)) * channels;
      const [red, green = red, blue = red] = inputs.data.slice(at, at + channels);
      data[y * wide + x] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    }
  return { width: wide, height: high, channels: 1, depth: 8, data };
}

/** From the planes of a JPEG file to the samples of a picture. */
import type { ByteImage } from "../image.js";
import type { Plane } from "./planes.js";

/** How the components stand for colours. */
export type ColourSpace = "grey" | "rgb" | "ycc" | "cmyk" | "ycck";

/** What is added for a chroma byte, JFIF's full-range YCbCr: R = Y + 1.402 Cr, G = Y − 0.344136 Cb − 0.714136 Cr, B = Y + 1.772 Cb. */
const perByte = (work: (centred: number) => number): Int32Array => Int32Array.from({ length: 256 }, (_, byte) => work(byte - 128));
const redOfCr = perByte((x) => (91881 * x + 32768) >> 16);
const blueOfCb = perByte((x) => (116130 * x + 32768) >> 16);
const greenOfCr = perByte((x) => -46802 * x);
const greenOfCb = perByte((x) => -22554 * x + 32768);

const clamped = (x: number): number => Math.min(255, Math.max(0, x));

/** Byte products, a·b/255 to the nearest. */
const product = (a: number, b: number): number => Math.floor((2 * a * b + 255) / 510);

/**
 * Grey, or RGB for all else. Inks are stored inverted (255 is none), as all programs that write CMYK JPEG files do, and shown without
 * a colour profile: R = (255 − C) (255 − K) / 255.
 */
export function imageOfPlanes(planes: readonly Plane[], space: ColourSpace, width: number, height: number): ByteImage {
  const channels = space === "grey" ? 1 : 3;
  const data = new Uint8Array(width * height * channels);
  const [a, b = a, c = a, k = a] = planes;
  for (let row = 0, to = 0; row < height; row++) {
    const [atA, atB, atC, atK] = [row * a.stride, row * b.stride, row * c.stride, row * k.stride];
    switch (space) {
      case "grey":
        data.set(a.data.subarray(atA, atA + width), row * width);
        break;
      case "rgb":
        for (let x = 0; x < width; x++, to += 3) {
          data[to] = a.data[atA + x];
          data[to + 1] = b.data[atB + x];
          data[to + 2] = c.data[atC + x];
        }
        break;
      case "ycc":
      case "ycck":
        for (let x = 0; x < width; x++, to += 3) {
          const y = a.data[atA + x];
          const cb = b.data[atB + x];
          const cr = c.data[atC + x];
          data[to] = clamped(y + redOfCr[cr]);
          data[to + 1] = clamped(y + ((greenOfCb[cb] + greenOfCr[cr]) >> 16));
          data[to + 2] = clamped(y + blueOfCb[cb]);
        }
        if (space === "ycck") {
          // The inks are 255 minus these three; they are stored inverted as well.
          for (let x = 0, i = to - 3 * width; x < width; x++, i += 3) {
            const black = k.data[atK + x];
            for (let channel = i; channel < i + 3; channel++) data[channel] = product(255 - data[channel], black);
          }
        }
        break;
      case "cmyk":
        for (let x = 0; x < width; x++, to += 3) {
          const black = k.data[atK + x];
          data[to] = product(a.data[atA + x], black);
          data[to + 1] = product(b.data[atB + x], black);
          data[to + 2] = product(c.data[atC + x], black);
        }
        break;
    }
  }
  return { width, height, channels, depth: 8, data };
}

/** Small pictures inside a page. */
import type { Image } from "../data/images/image.js";
import { encodePng } from "../data/images/png-writer.js";

/** A picture as `data:image/png;base64,…`, to be the source of an image. */
export function pngDataUri(image: Image): string {
  let binary = "";
  for (const byte of encodePng(image)) binary += String.fromCharCode(byte);
  return `data:image/png;base64,${btoa(binary)}`;
}

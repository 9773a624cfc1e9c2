/** Pictures inside a page, packed. */
import { readImage } from "../data/images/decode.js";
import { packPng } from "../data/images/png-writer.js";

/** Figures hold pictures that are stored, since they are drawn at once; packed ones are the same pictures in a third of the room or less. */
export async function packPictures(page: string): Promise<string> {
  const found = [...new Set(page.match(/data:image\/png;base64,[\w+/=]+/g))];
  const packed = await Promise.all(
    found.map(async (uri): Promise<readonly [string, string]> => {
      const image = await readImage(Buffer.from(uri.slice(uri.indexOf(",") + 1), "base64"), { where: "a figure" });
      return [uri, `data:image/png;base64,${Buffer.from(await packPng(image)).toString("base64")}`];
    }),
  );
  const smaller = new Map(packed);
  return page.replaceAll(/data:image\/png;base64,[\w+/=]+/g, (uri) => smaller.get(uri) ?? uri);
}

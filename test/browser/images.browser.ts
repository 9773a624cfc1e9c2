/** Pictures have the same samples in a page as in Node. */
import { packPng, readImage } from "steepest/images";
import cases from "../fixtures/images/jpeg.json";

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

export const tests: Record<string, () => Promise<void>> = {
  "JPEG files have the samples of the fixtures": async () => {
    for (const { name, file, samples } of cases) {
      const { data } = await readImage(bytesOf(file), { channels: 3 });
      const expected = bytesOf(samples);
      expect(data.length === expected.length && expected.every((x, i) => data[i] === x), `${name}: other samples`);
    }
  },

  "PNG files are written, read, and refused where they are damaged": async () => {
    const image = { width: 9, height: 5, channels: 3, depth: 16, data: Uint16Array.from({ length: 135 }, (_, i) => i * 481) } as const;
    const file = await packPng(image);
    const { data, depth } = await readImage(file);
    expect(depth === 16 && image.data.every((x, i) => data[i] === x), "other samples than were written");
    for (const bad of [file.slice(0, -5), file.map((byte, i) => (i === 50 ? byte ^ 1 : byte))]) {
      const refused = await readImage(bad).then(
        () => false,
        (error: unknown) => error instanceof Error && error.name === "SteepestError",
      );
      expect(refused, "a damaged file was read");
    }
  },
};

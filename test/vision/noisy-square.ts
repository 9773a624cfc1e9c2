/** A square under noise, restored as users do it: the same in Node and in a page. */
import { tensor } from "steepest";
import { gaussianNoise, restore, totalVariation } from "steepest/vision";
import { hashOf } from "../backends/threads/network.js";

/** Hash of the noisy and the restored square, in every engine and with any number of threads. Renew it only for a change of the arithmetic that is meant. */
export const SQUARE = "c3e2b777";

/** Wide and high enough that threads share the work. */
export async function restoredSquare(threads: number) {
  const [height, width] = [150, 170];
  const values = Float32Array.from({ length: height * width }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x > 40 && x < 120 && y > 30 && y < 130 ? 0.8 : 0.2;
  });
  const clean = tensor(values, { shape: [height, width] });
  const noisy = gaussianNoise(clean, { sigma: 0.1, seed: 1 });
  const run = await restore(noisy, totalVariation({ lambda: 8 }), { reference: clean, tolerance: 1e-3, threads });
  return { hash: hashOf(noisy.data(), run.image.data()), run };
}

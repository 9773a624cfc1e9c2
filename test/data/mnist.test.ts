import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileSource } from "../../src/data/index.js";
import { classCounts, fashionMnist, mnist, statistics } from "../../src/data/index.js";

const shared = process.env.STEEPEST_SHARED ?? "../shared";
const missing = !existsSync(join(shared, "data/mnist"));

describe.skipIf(missing)(`the original files${missing ? " (skipped: no shared data; set STEEPEST_SHARED)" : ""}`, () => {
  it("give MNIST's published label counts", async () => {
    const data = await mnist(join(shared, "data/mnist"));
    expect(data.inputs.shape).toEqual([60_000, 28, 28, 1]);
    expect(data.test?.inputs.shape).toEqual([10_000, 28, 28, 1]);
    expect(classCounts(data, 10)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(data.test && classCounts(data.test, 10)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });

  it("give Fashion-MNIST's mean and deviation", async () => {
    const data = await fashionMnist(join(shared, "data/fashion-mnist"));
    expect(data.classes?.[9]).toBe("Ankle boot");
    const { mean, std, min, max } = statistics(data.inputs);
    // The sum of bytes is exact; one division rounds. The deviation sums 47 million rounded squares.
    expect(mean).toBe(72.94035223214286);
    expect(std).toBeCloseTo(90.02118235130526, 8);
    expect([min, max]).toEqual([0, 255]);
    expect(data.test && statistics(data.test.inputs).mean).toBeCloseTo(73.14656658163265, 12);
  });
});

describe("small files of the same form", () => {
  const images = (count: number) =>
    Uint8Array.from([0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 2, ...new Array<number>(4 * count).fill(9)]);
  const labels = (...list: number[]) => Uint8Array.from([0, 0, 8, 1, 0, 0, 0, list.length, ...list]);
  const good = (): Record<string, Uint8Array> => ({
    "train-images-idx3-ubyte": images(3),
    "train-labels-idx1-ubyte": labels(4, 0, 9),
    "t10k-images-idx3-ubyte": images(1),
    "t10k-labels-idx1-ubyte": labels(7),
  });
  const source = (files: Record<string, Uint8Array>): FileSource => ({ name: "memory", read: async (file) => files[file] });

  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "steepest-mnist-"));
  });
  afterEach(() => rm(path, { recursive: true }));

  it("are read from any source, as bytes to be scaled to 0…1", async () => {
    const data = await mnist(source(good()));
    expect(data.name).toBe("MNIST");
    expect(data.inputs).toEqual({ shape: [3, 2, 2, 1], dtype: "u8", data: new Uint8Array(12).fill(9) });
    expect([...data.targets.data]).toEqual([4, 0, 9]);
    expect(data.preprocessing).toEqual({ scale: 1 / 255, offset: 0 });
  });

  it("are found in a folder under either name, plain or packed", async () => {
    const files = good();
    await writeFile(join(path, "train-images.idx3-ubyte"), files["train-images-idx3-ubyte"]);
    await writeFile(join(path, "train-labels.idx1-ubyte.gz"), gzipSync(files["train-labels-idx1-ubyte"]));
    await writeFile(join(path, "t10k-images-idx3-ubyte.gz"), gzipSync(files["t10k-images-idx3-ubyte"]));
    await writeFile(join(path, "t10k-labels-idx1-ubyte"), files["t10k-labels-idx1-ubyte"]);
    expect(await mnist(path)).toEqual(await mnist(source(files)));
  });

  it("that are missing are listed by every name looked for", async () => {
    await expect(mnist(path)).rejects.toThrow(
      /"train-images" is missing\n.*train-images-idx3-ubyte, train-images-idx3-ubyte\.gz, train-images\.idx3-ubyte, train-images\.idx3-ubyte\.gz\n.*steepest-mnist-/,
    );
    await expect(mnist(join(path, "nowhere"))).rejects.toThrow(/There is no folder of that name\n.*nowhere/);
    await writeFile(join(path, "file"), "x");
    await expect(mnist(join(path, "file"))).rejects.toThrow(/A folder is needed/);
    const { "t10k-labels-idx1-ubyte": _, ...three } = good();
    await expect(mnist(source(three))).rejects.toThrow(/labels "t10k-labels" is missing/);
  });

  it.each<[string, string, Uint8Array, RegExp]>([
    [
      "counts that disagree",
      "train-labels-idx1-ubyte",
      labels(1, 2),
      /not as many labels as images\n.*3 labels.*\n.*2 labels in train-labels/,
    ],
    [
      "labels out of range",
      "train-labels-idx1-ubyte",
      labels(1, 10, 2),
      /out of range\n.*0 to 9\n.*10\n.*train-labels-idx1-ubyte, record 1/,
    ],
    ["no records", "train-images-idx3-ubyte", images(0), /holds no records/],
    ["swapped files", "train-images-idx3-ubyte", labels(1, 2, 3), /something else than images\n.*2051.*\n.*u8\[3\]/],
    ["truncated files", "t10k-images-idx3-ubyte", images(1).subarray(0, 18), /truncated\n.*20 bytes.*\n.*18 bytes\n.*memory\/t10k-images/],
    ["a wrong magic number", "t10k-images-idx3-ubyte", Uint8Array.of(1, 2, 3, 4), /magic number/],
  ])("with %s are refused", async (_, file, bytes, message) => {
    await expect(mnist(source({ ...good(), [file]: bytes }))).rejects.toThrow(message);
  });

  it("whose test images have another size are refused", async () => {
    const wide = Uint8Array.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0]);
    await expect(mnist(source({ ...good(), "t10k-images-idx3-ubyte": wide }))).rejects.toThrow(
      /another shape.*\n.*\[2, 2, 1\]\n.*\[2, 3, 1\]/,
    );
  });
});

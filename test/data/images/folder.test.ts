import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodePng, imageFolder, readImages, streamedImageFolder } from "../../../src/data/images/index.js";
import type { FileSource } from "../../../src/data/index.js";
import { refusalOf } from "./damage.js";

/** A picture of one colour. */
const plain = (width: number, height: number, ...colour: number[]): Uint8Array =>
  encodePng({
    width,
    height,
    channels: colour.length,
    depth: 8,
    data: Uint8Array.from({ length: width * height * colour.length }, (_, i) => colour[i % colour.length]),
  });

const place = (files: Readonly<Record<string, Uint8Array>>): FileSource => ({
  name: "memory",
  read: async (file) => files[file],
  tree: async () => Object.keys(files).reverse(),
});

const good = {
  "dogs/b.png": plain(4, 4, 10),
  "dogs/a.png": plain(4, 4, 20),
  "cats/deep/er/z.PNG": plain(4, 4, 30),
  "cats/y.png": plain(4, 4, 40, 50, 60),
  "README.txt": Uint8Array.of(1),
  ".DS_Store": Uint8Array.of(1),
  "cats/.hidden.txt": Uint8Array.of(1),
  "cats/Thumbs.db": Uint8Array.of(1),
};

describe("imageFolder", () => {
  it("has classes and pictures in the order of their names, whatever order they are listed in", async () => {
    const data = await imageFolder(place(good), { test: 0 });
    expect(data.classes).toEqual(["cats", "dogs"]);
    expect(data.inputs.shape).toEqual([4, 4, 4, 3]);
    expect([...data.targets.data]).toEqual([0, 0, 1, 1]);
    const first = [0, 1, 2, 3].map((record) => [...data.inputs.data.slice(48 * record, 48 * record + 3)]);
    expect(first).toEqual([
      [30, 30, 30],
      [40, 50, 60],
      [20, 20, 20],
      [10, 10, 10],
    ]);
    expect(data.test).toBeUndefined();
    expect(data.preprocessing).toEqual({ scale: 1 / 255, offset: 0 });
  });

  it("reads grey, and brings pictures to a size", async () => {
    const mixed = { "a/1.png": plain(8, 2, 7), "a/2.png": plain(3, 9, 255, 0, 0), "b/1.png": plain(1, 1, 0, 0) };
    const data = await imageFolder(place(mixed), { test: 0, channels: 1, size: [2, 5] });
    expect(data.inputs.shape).toEqual([3, 2, 5, 1]);
    // Grey of red is 76 by BT.601; a transparent pixel shows the white behind it.
    expect([0, 1, 2].map((record) => [...new Set(data.inputs.data.slice(10 * record, 10 * record + 10))])).toEqual([[7], [76], [255]]);
  });

  it("takes test (and train) folders as parts", async () => {
    const beside = { ...good, "test/dogs/t.png": plain(4, 4, 1) };
    const data = await imageFolder(place(beside));
    expect([data.inputs.shape[0], data.test?.inputs.shape, ...(data.test?.targets.data ?? [])]).toEqual([4, [1, 4, 4, 3], 1]);
    const both = { "train/a/1.png": plain(2, 2, 1), "train/b/1.png": plain(2, 2, 2), "test/b/1.png": plain(2, 2, 3) };
    expect((await imageFolder(place(both))).classes).toEqual(["a", "b"]);
    expect((await refusalOf(() => imageFolder(place({ ...both, "other/c/1.png": plain(2, 2, 1) }))))?.message).toMatch(
      /other\/c\/1.png: lies neither in train nor in test/,
    );
  });

  it("sets a share of each class apart, the same each time", async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 10; i++) files[`a/${i}.png`] = plain(1, 1, i);
    for (let i = 0; i < 5; i++) files[`b/${i}.png`] = plain(1, 1, 100 + i);
    files["c/only.png"] = plain(1, 1, 200);
    const values = async (options: object) => {
      const data = await imageFolder(place(files), { channels: 1, ...options });
      return { training: [...data.inputs.data], test: [...(data.test?.inputs.data ?? [])] };
    };
    const { training, test } = await values({});
    expect(test.filter((x) => x < 100)).toHaveLength(2);
    expect(test.filter((x) => x >= 100 && x < 200)).toHaveLength(1);
    expect(training).toContain(200);
    expect([...training, ...test].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100, 101, 102, 103, 104, 200]);
    expect(await values({})).toEqual({ training, test });
    expect(await values({ seed: 1 })).not.toEqual({ training, test });
    expect((await values({ test: 0.9 })).training.some((x) => x < 100)).toBe(true);
  });

  it("names all files that cannot be used at once", async () => {
    const bad = {
      ...good,
      "cats/broken.png": plain(4, 4, 1).slice(0, 30),
      "dogs/notes.txt": Uint8Array.of(1),
      "dogs/large.png": plain(5, 4, 1),
      "dogs/photo.jpg": plain(4, 4, 1).subarray(1),
      "loose.png": plain(4, 4, 1),
    };
    const refusal = await refusalOf(() => imageFolder(place(bad), { test: 0 }));
    expect(refusal?.problem).toBe("5 files of the folder cannot be used");
    for (const message of [
      /cats\/broken.png: The file is truncated/,
      /dogs\/notes.txt: is no picture/,
      /dogs\/large.png: is 5 × 4, where cats\/deep\/er\/z.PNG is 4 × 4/,
      /dogs\/photo.jpg: This is no picture/,
      /loose.png: lies in no class folder/,
    ])
      expect(refusal?.message).toMatch(message);
    expect(refusal?.fix).toMatch(/Give a size/);
    // A size mends one of them.
    expect((await refusalOf(() => imageFolder(place(bad), { test: 0, size: 4 })))?.problem).toBe("4 files of the folder cannot be used");
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`a/${i}.png`, Uint8Array.of(i)]));
    expect((await refusalOf(() => imageFolder(place({ ...good, ...many }))))?.message).toMatch(/and 28 more, of 44 pictures/);
  });

  it("refuses folders that are no classes, and options that there are not", async () => {
    const one = { "a/1.png": plain(1, 1, 1) };
    expect((await refusalOf(() => imageFolder(place({}))))?.message).toMatch(/no pictures/);
    expect((await refusalOf(() => imageFolder(place(one))))?.message).toMatch(/of one class/);
    expect((await refusalOf(() => imageFolder(place({ "1.png": plain(1, 1, 1) }))))?.message).toMatch(/lies in no class folder/);
    const unknown = { ...good, "test/dog/1.png": plain(4, 4, 1) };
    expect((await refusalOf(() => imageFolder(place(unknown))))?.message).toMatch(/no class "dog"; is it "dogs"\?/);
    expect((await refusalOf(() => imageFolder({ name: "flat", read: async () => undefined })))?.message).toMatch(/tree\(\)/);
    for (const options of [{ size: 0 }, { size: [3, 1.5] as const }, { test: 1 }])
      expect((await refusalOf(() => imageFolder(place(good), options)))?.message).toMatch(/cannot be used/);
    expect((await refusalOf(() => imageFolder(place(good), { limit: 10 })))?.message).toMatch(/larger than allowed/);
  });

  describe("on disk", () => {
    const folder = mkdtempSync(join(tmpdir(), "steepest-folder-"));
    beforeAll(() => {
      for (const [file, bytes] of Object.entries(good)) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), bytes);
      }
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it("gives the same", async () => {
      const [here, there] = [await imageFolder(folder, { test: 0, name: "x" }), await imageFolder(place(good), { test: 0, name: "x" })];
      expect(here).toEqual(there);
      expect((await refusalOf(() => imageFolder(join(folder, "no"))))?.message).toMatch(/no folder of that name/);
    });
  });
});

describe("streamedImageFolder", () => {
  const files: Record<string, Uint8Array> = {};
  for (let i = 0; i < 60; i++) files[`${i % 3 === 0 ? "dark" : "light"}/${i}.png`] = plain(5, 4, i % 3 === 0 ? i : 255 - i);

  it("has the records and the test part of the folder, in an order that the seed gives", async () => {
    const options = { size: 4, channels: 1, seed: 3 } as const;
    const [all, data] = [await imageFolder(place(files), options), await streamedImageFolder(place(files), { ...options, chunk: 7 })];
    expect([data.inputs.shape, data.classes, data.chunk]).toEqual([[48, 4, 4, 1], ["dark", "light"], 7]);
    const [read, tested] = [await data.read(0, 48), await data.test?.read(0, 12)];
    expect([tested?.inputs.data, tested?.targets.data]).toEqual([all.test?.inputs.data, all.test?.targets.data]);
    const records = (inputs: { readonly data: ArrayLike<number> }, targets: { readonly data: ArrayLike<number> }) =>
      Array.from({ length: 48 }, (_, i) => `${inputs.data[16 * i]} ${targets.data[i]}`);
    const [whole, streamed] = [records(all.inputs, all.targets), records(read.inputs, read.targets)];
    expect(streamed).not.toEqual(whole);
    expect([...streamed].sort()).toEqual([...whole].sort());
    expect((await data.read(5, 9)).inputs.data).toEqual(read.inputs.data.slice(80, 224));
  });

  it("names a picture that cannot be decoded when its turn comes, and refuses what is no picture at once", async () => {
    const data = await streamedImageFolder(place({ ...files, "dark/broken.png": plain(3, 3, 1).slice(0, 40) }), { size: 4, test: 0 });
    expect((await refusalOf(() => data.read(0, 61)))?.message).toContain("dark/broken.png");
    expect((await refusalOf(() => streamedImageFolder(place(files), { size: 0 })))?.message).toContain("size");
    const beside = place({ ...files, "dark/x.txt": Uint8Array.of(1) });
    expect((await refusalOf(() => streamedImageFolder(beside, { size: 4 })))?.message).toContain("x.txt");
  });
});

describe("readImages", () => {
  it("gives all pictures below a place in the order of their names, with the extents that they have", async () => {
    const read = await readImages(place({ ...good, "lone.png": plain(3, 5, 7, 8, 9), ".trash/x.png": plain(2, 2, 1) }));
    expect(read.map(({ file }) => file)).toEqual(["cats/deep/er/z.PNG", "cats/y.png", "dogs/a.png", "dogs/b.png", "lone.png"]);
    expect(read.map(({ image }) => [image.width, image.height, image.channels, image.depth])[4]).toEqual([3, 5, 1, 8]);
    const [red] = await readImages(place({ "red.png": plain(1, 1, 255, 0, 0) }), { channels: 3 });
    expect([...red.image.data]).toEqual([255, 0, 0]);
  });

  it("names all that it cannot read, and says where there is nothing", async () => {
    const broken = { "a.png": Uint8Array.of(1, 2, 3), "b.png": plain(2, 2, 1), "c.jpg": plain(2, 2, 1).slice(0, 20) };
    const message = (await refusalOf(() => readImages(place(broken))))?.message;
    expect(message).toMatch(/2 files of the folder cannot be used[\s\S]*a\.png[\s\S]*c\.jpg/);
    expect(message).not.toMatch(/class folders/);
    expect((await refusalOf(() => readImages(place({ "notes.txt": Uint8Array.of(1) }))))?.message).toMatch(/holds no pictures/);
  });
});

describe("pictures that come from a slow place", () => {
  it("are asked for some ahead, and stay in their order", async () => {
    let [underWay, most] = [0, 0];
    const slow: FileSource = {
      name: "slow",
      tree: async () => Array.from({ length: 30 }, (_, i) => `${100 + i}.png`),
      async read(file) {
        most = Math.max(most, ++underWay);
        // Later files come first.
        await new Promise((resolve) => setTimeout(resolve, 3 * (7 - (Number.parseInt(file, 10) % 8))));
        underWay--;
        return plain(1, 1, Number.parseInt(file, 10));
      },
    };
    const read = await readImages(slow);
    expect(read.map(({ image }) => image.data[0])).toEqual(Array.from({ length: 30 }, (_, i) => 100 + i));
    expect(most).toBeGreaterThan(4);
    expect(most).toBeLessThanOrEqual(9);
  });
});

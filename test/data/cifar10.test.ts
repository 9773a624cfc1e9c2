import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileSource } from "../../src/data/index.js";
import { cifar10, classCounts, parseCifar10 } from "../../src/data/index.js";
import { tar } from "./archive.js";

const shared = join(process.env.STEEPEST_SHARED ?? "../shared", "data/cifar10");
const missing = !existsSync(shared);

describe.skipIf(missing)(`the original files${missing ? " (skipped: no shared data; set STEEPEST_SHARED)" : ""}`, () => {
  it("give the known class counts, names and pixels", async () => {
    const data = await cifar10(shared);
    expect([data.name, data.inputs.shape, data.test?.inputs.shape]).toEqual(["CIFAR-10", [10_000, 32, 32, 3], [8000, 32, 32, 3]]);
    expect(classCounts(data, 10)).toEqual([1005, 974, 1032, 1016, 999, 937, 1030, 1001, 1025, 981]);
    expect(data.test && classCounts(data.test, 10)).toEqual([806, 797, 813, 801, 816, 811, 789, 800, 776, 791]);
    expect((await readFile(join(shared, "batches.meta.txt"), "utf8")).trim().split("\n")).toEqual(data.classes);
    const original = gunzipSync(await readFile(join(shared, "data_batch_1.bin.gz")));
    expect(createHash("sha256").update(original).digest("hex")).toBe("cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5");
    // Record 7,919, row 3, column 21: red, green and blue lie in three planes.
    const [record, place] = [7919, 3 * 32 + 21];
    const pixel = [0, 1, 2].map((channel) => original[record * 3073 + 1 + channel * 1024 + place]);
    expect([...data.inputs.data.subarray((record * 1024 + place) * 3, (record * 1024 + place) * 3 + 3)]).toEqual(pixel);
    expect(data.targets.data[record]).toBe(original[record * 3073]);
  });
});

/** Records whose pixels tell where they come from. */
function records(labels: readonly number[], seed = 0): Uint8Array {
  const out = new Uint8Array(labels.length * 3073);
  labels.forEach((label, i) => {
    out[i * 3073] = label;
    for (let k = 0; k < 3072; k++) out[i * 3073 + 1 + k] = (k * 5 + i * 11 + seed * 3) & 255;
  });
  return out;
}

const memory = (files: Record<string, Uint8Array>, isListed = true): FileSource => ({
  name: "memory",
  read: async (file) => files[file],
  ...(isListed ? { list: async () => Object.keys(files) } : {}),
});

const good = () => ({
  "data_batch_2_0-0.bin": records([9], 2),
  "data_batch_1_10-12.bin": records([4, 0, 7], 1),
  "data_batch_1_0-1.bin": records([1, 2]),
  "test_batch_0-1.bin": records([3, 3], 5),
});

describe("parseCifar10", () => {
  it("lays the three planes together", () => {
    const { inputs, targets } = parseCifar10(records([8, 1]));
    expect([inputs.shape, inputs.dtype, [...targets.data]]).toEqual([[2, 32, 32, 3], "u8", [8, 1]]);
    for (const [record, row, column, channel] of [
      [0, 0, 0, 0],
      [0, 0, 1, 2],
      [1, 31, 31, 2],
      [1, 7, 19, 1],
    ]) {
      const there = inputs.data[((record * 32 + row) * 32 + column) * 3 + channel];
      expect(there).toBe(((channel * 1024 + row * 32 + column) * 5 + record * 11) & 255);
    }
  });

  it("refuses labels out of range, wherever they are, and names the record", () => {
    for (const label of [10, 11, 100, 255])
      for (const at of [0, 1, 4])
        expect(() => parseCifar10(records([1, 2, 3, 4, 5].with(at, label)), "a-file")).toThrow(
          new RegExp(`out of range\\n.*0 to 9\\n.*${label}\\n.*a-file, record ${at}`),
        );
  });

  it("refuses every length that is no whole number of records", () => {
    const two = records([1, 2]);
    for (let length = 0; length < two.length; length++)
      if (length !== 3073) expect(() => parseCifar10(two.subarray(0, length))).toThrow(/records|empty/);
    expect(() => parseCifar10(new Uint8Array(3074 * 5))).toThrow(/CIFAR-100/);
  });
});

describe("cifar10", () => {
  let path = "";
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "steepest-cifar-"));
  });
  afterEach(() => rm(path, { recursive: true }));

  it("reads batches in their order, from any source", async () => {
    const data = await cifar10(memory(good()));
    expect([...data.targets.data]).toEqual([1, 2, 4, 0, 7, 9]);
    expect(data.test && [...data.test.targets.data]).toEqual([3, 3]);
    expect(data.inputs.data.subarray(5 * 3072)).toEqual(parseCifar10(records([9], 2)).inputs.data);
    expect(data.classes?.[3]).toBe("cat");
    expect(data.preprocessing).toEqual({ scale: 1 / 255, offset: 0 });
  });

  it("reads folders, packed files, single files and archives to the same data", async () => {
    const files = good();
    const expected = await cifar10(memory(files));
    for (const [name, content] of Object.entries(files)) await writeFile(join(path, `${name}.gz`), gzipSync(content));
    expect(await cifar10(path)).toEqual(expected);
    // Of a plain and a packed file of one name, the plain one counts.
    await writeFile(join(path, "test_batch_0-1.bin"), files["test_batch_0-1.bin"]);
    await writeFile(join(path, "test_batch_0-1.bin.gz"), "no gzip");
    expect(await cifar10(path)).toEqual(expected);
    const one = await cifar10(join(path, "data_batch_1_10-12.bin.gz"));
    expect([[...one.targets.data], one.test]).toEqual([[4, 0, 7], undefined]);
    const archive = tar(
      { name: "cifar-10-batches-bin/", type: "5" },
      { name: "cifar-10-batches-bin/readme.html", content: new Uint8Array(88) },
      { name: "cifar-10-batches-bin/batches.meta.txt", content: new TextEncoder().encode(`${expected.classes?.join("\n")}\n\n`) },
      ...Object.entries(files).map(([name, content]) => ({ name: `cifar-10-batches-bin/${name}`, content })),
    );
    for (const [name, content] of [
      ["cifar-10-binary.tar.gz", gzipSync(archive)],
      ["any-name.tgz", gzipSync(archive)],
      ["plain.tar", archive],
    ] as const) {
      await writeFile(join(path, name), content);
      expect(await cifar10(join(path, name))).toEqual(expected);
    }
    // A place that cannot list its files is asked for the usual names.
    expect(await cifar10(memory({ "cifar-10-binary.tar.gz": gzipSync(archive) }, false))).toEqual(expected);
  });

  it("wants whole batches of 10,000 records, unless the name says which there are", async () => {
    const whole = new Uint8Array(10_000 * 3073);
    const data = await cifar10(memory({ "data_batch_3.bin": whole, "data_batch_1.bin": whole }, false));
    expect(data.inputs.shape).toEqual([20_000, 32, 32, 3]);
    for (const [name, content, message] of [
      [
        "data_batch_1.bin",
        records([1, 2]),
        /truncated\n.*30730000 bytes: 10000 records.*\n.*6146 bytes\n.*memory\/data_batch_1\.bin\n.*data_batch_1_0-1\.bin/,
      ],
      ["data_batch_1.bin", whole.subarray(1), /truncated[\s\S]*30729999 bytes[\s\S]*Download/],
      ["data_batch_1_0-1.bin", records([1]), /truncated/],
      ["data_batch_1_0-1.bin", records([1, 2, 3]), /goes on after its data/],
      ["data_batch_1_0-1.bin", new Uint8Array(3074), /CIFAR-100/],
      ["data_batch_1_5-4.bin", records([1]), /records that a batch does not have/],
      ["data_batch_1_0-10000.bin", whole, /records that a batch does not have/],
      ["data_batch_1_0-1.bin", records([1, 10]), /out of range[\s\S]*data_batch_1_0-1\.bin, record 1/],
      ["data_batch_1_0-1.bin.gz", gzipSync(records([1])), /truncated[\s\S]*6146 bytes/],
      ["data_batch_1_0-1.bin.gz", gzipSync(new Uint8Array(50_000_000)), /holds more than its header says\n.*6146 bytes/],
      ["data_batch_1_0-1.bin.gz", gzipSync(records([1, 2])).subarray(0, 60), /damaged or cut off|truncated/],
      ["data_batch_1_0-1.bin.gz", records([1]), /truncated/],
    ] as const)
      await expect(cifar10(memory({ [name]: content })), name).rejects.toThrow(message);
  });

  it("says what is missing, what is there twice and what is another set", async () => {
    await expect(cifar10(path)).rejects.toThrow(
      /no files of CIFAR-10\n.*data_batch_1\.bin … [\s\S]*none of these names[\s\S]*cifar-10-batches-bin/,
    );
    await expect(cifar10(join(path, "nowhere"))).rejects.toThrow(/no file or folder of that name\n.*nowhere/);
    await expect(cifar10(memory({ data_batch_1: new Uint8Array(9), "batches.meta": new Uint8Array(9) }))).rejects.toThrow(
      /the Python version/,
    );
    await expect(cifar10(memory({ "test_batch_0-0.bin": records([1]) }))).rejects.toThrow(
      /to learn from are missing\n.*\n.*test_batch_0-0/,
    );
    const twice = { ...good(), "data_batch_1_1-3.bin": records([1, 2, 3]) };
    await expect(cifar10(memory(twice))).rejects.toThrow(/the same records[\s\S]*data_batch_1_0-1\.bin and data_batch_1_1-3\.bin/);
    const coarse = { ...good(), "batches.meta.txt": new TextEncoder().encode("beaver\ndolphin\n") };
    await expect(cifar10(memory(coarse))).rejects.toThrow(/not those of CIFAR-10[\s\S]*beaver, dolphin/);
  });

  it("opens no archive that is damaged, odd or too large", async () => {
    const [name, content] = ["data_batch_1_0-1.bin", records([1, 2])];
    const opened = (archive: Uint8Array) => cifar10(memory({ "cifar-10-binary.tar.gz": archive }));
    const packed = gzipSync(tar({ name, content }));
    for (let length = 0; length < packed.length; length += 29)
      await expect(opened(packed.subarray(0, length)), `${length}`).rejects.toThrow();
    for (let at = 0; at < packed.length; at += 17) {
      // Bytes 3 to 9 of gzip are a date, a level and a system: nothing that matters.
      if (at >= 3 && at <= 9) continue;
      await expect(opened(Uint8Array.from(packed).with(at, packed[at] ^ 0x55)), `byte ${at}`).rejects.toThrow();
    }
    await expect(opened(gzipSync(tar({ name: `../${name}`, content })))).rejects.toThrow(/leads out of it/);
    await expect(opened(gzipSync(tar({ name, type: "2" })))).rejects.toThrow(/link/);
    await expect(opened(gzipSync(tar({ name: `a/${name}`, content }, { name: `b/${name}`, content })))).rejects.toThrow(
      /twice, in two folders/,
    );
    await expect(opened(gzipSync(tar({ name, size: 2 ** 32 })))).rejects.toThrow(/too large\n.*6146 bytes/);
    await expect(opened(gzipSync(tar({ name: "page.html", size: 8 ** 11 - 1 })))).rejects.toThrow(/The archive is too large/);
    await expect(opened(gzipSync(records([1, 2])))).rejects.toThrow(/no tar archive/);
    await expect(opened(tar({ name: "other.bin", content }))).rejects.toThrow(/no files of CIFAR-10/);
  });
});

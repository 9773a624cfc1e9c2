import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parseNpy, readNpz, writeNpy, writeNpz } from "../../src/data/index.js";
import { describeShared, readShared } from "../shared-data.js";
import { mutations, prefixes, refusalOf } from "./images/damage.js";

/** A file as NumPy writes it, with any header. */
function npy(dictionary: string, content: Uint8Array | readonly number[] = [], version = 1): Uint8Array {
  const text = Buffer.from(`${dictionary}\n`, "latin1");
  const length = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  if (version === 1) length.writeUInt16LE(text.length);
  else length.writeUInt32LE(text.length);
  return new Uint8Array(Buffer.concat([Buffer.from("\x93NUMPY", "latin1"), Buffer.of(version, 0), length, text, Buffer.from(content)]));
}
const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

describe("parseNpy", () => {
  it("reads every type in both byte orders", () => {
    const cases: readonly (readonly [string, number, string, readonly number[]])[] = [
      ["u2", 2, "u16", [0x0102]],
      ["i2", 2, "i16", [0x0102]],
      ["u4", 4, "u32", [0x01020304]],
      ["i4", 4, "i32", [0x01020304]],
      ["u8", 8, "u64", [0x0001020304050607]],
      ["i8", 8, "i64", [0x0001020304050607]],
    ];
    for (const [kind, width, dtype, expected] of cases) {
      const big = width === 8 ? [0, 1, 2, 3, 4, 5, 6, 7] : Array.from({ length: width }, (_, i) => i + 1);
      const read = [parseNpy(npy(header(`>${kind}`, "(1,)"), big)), parseNpy(npy(header(`<${kind}`, "(1,)"), [...big].reverse()))];
      for (const array of read) expect([array.dtype, ...array.data]).toEqual([dtype, ...expected]);
    }
    expect([...parseNpy(npy(header(">f4", "(2,)"), [0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0])).data]).toEqual([1.5, -2]);
    expect([...parseNpy(npy(header(">f8", "(1,)"), [0xbf, 0xf8, 0, 0, 0, 0, 0, 0])).data]).toEqual([-1.5]);
    expect([...parseNpy(npy(header("|b1", "(3,)"), [0, 1, 1])).data]).toEqual([0, 1, 1]);
    expect([...parseNpy(npy(header("|i1", "(2,)"), [255, 1])).data]).toEqual([-1, 1]);
  });

  it("reads columns as rows, a single number, an empty array, and the later versions", () => {
    const columns = parseNpy(npy(header("|u1", "(2, 3, 2)", "True"), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
    // Element [i, j, k] of Fortran's order lies at i + 2 j + 6 k.
    const expected = [];
    for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 2; k++) expected.push(i + 2 * j + 6 * k);
    expect([...columns.data]).toEqual(expected);
    expect(parseNpy(npy(header("|u1", "()"), [7]))).toMatchObject({ shape: [], data: Uint8Array.of(7) });
    expect(parseNpy(npy(header("<f4", "(0, 3)")))).toMatchObject({ shape: [0, 3] });
    expect([...parseNpy(npy(header("|u1", "(1,)"), [7], 3)).data]).toEqual([7]);
  });

  it.each<readonly [string, Uint8Array, RegExp]>([
    ["objects", npy(header("|O", "(1,)"), [1]), /Python objects/],
    ["records", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", [0, 0, 0, 0]), /named fields/],
    ["complex numbers", npy(header("<c8", "(1,)"), new Uint8Array(8)), /type <c8/],
    ["text", npy(header("<U3", "(1,)"), new Uint8Array(12)), /type <U3/],
    ["no byte order where one is needed", npy(header("|f4", "(1,)"), new Uint8Array(4)), /type \|f4/],
    ["too few numbers", npy(header("<f4", "(2,)"), new Uint8Array(7)), /truncated/],
    ["too many", npy(header("<f4", "(2,)"), new Uint8Array(9)), /goes on/],
    ["more than memory holds", npy(header("<f4", "(100000, 100000)")), /promises more/],
    ["a negative extent", npy(header("<f4", "(-1,)")), /header/],
    ["no shape", npy("{'descr': '<f4', 'fortran_order': False}"), /header/],
    ["no dictionary", npy("hello"), /header/],
    ["another version", npy(header("<f4", "(0,)"), [], 9), /version/],
    ["a whole number above 2⁵³", npy(header("<i8", "(1,)"), [255, 255, 255, 255, 255, 255, 255, 127]), /too large to be exact/],
    ["a truth value that is none", npy(header("|b1", "(1,)"), [2]), /truth value/],
    ["a text file", Buffer.from("1 2 3"), /magic number/],
    ["nothing", new Uint8Array(0), /empty/],
  ])("%s: refused", async (_, bytes, message) => {
    expect((await refusalOf(() => parseNpy(bytes)))?.message).toMatch(message);
  });

  it("reads what it wrote, of every type; cut off or changed it is refused or read, no more", async () => {
    const arrays = [
      Uint8Array.of(1, 255, 0),
      Int8Array.of(-128, 127, 0),
      Uint16Array.of(1, 65535, 2),
      Int16Array.of(-32768, 5, 6),
      Uint32Array.of(2 ** 32 - 1, 0, 3),
      Int32Array.of(-(2 ** 31), 0, 3),
      Float32Array.of(0.1, Number.NaN, -0),
      Float64Array.of(1 / 3, Number.POSITIVE_INFINITY, 5e-324),
    ];
    for (const data of arrays) {
      const bytes = writeNpy({ shape: [3, 1], data });
      expect(bytes.length % 64).toBe(data.byteLength % 64);
      const back = parseNpy(bytes);
      expect(back.shape).toEqual([3, 1]);
      expect(back.data).toEqual(data);
      for (const part of prefixes(bytes)) expect(await refusalOf(() => parseNpy(part))).toBeDefined();
      for (const changed of mutations(bytes, 100, 9)) await refusalOf(() => parseNpy(changed));
    }
    expect(() => writeNpy({ shape: [2], data: Float32Array.of(1) })).toThrow(/do not fill/);
  });
});

/** A zip file of one member whose fields may be wrong. */
function zip(
  content: Uint8Array,
  change: { readonly size?: number; readonly method?: number; readonly flags?: number; readonly crc?: number } = {},
) {
  const good = Buffer.from(writeNpz(new Map([["x", { shape: [3], data: Uint8Array.of(1, 2, 3) }]])));
  const raw = Buffer.from(good.subarray(35, good.length - 22 - 51));
  const { size = raw.length, method = 8, flags = 0, crc = good.readUInt32LE(14) } = change;
  const packed = Buffer.from(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(method, 4);
  common.writeUInt32LE(crc, 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(size, 18);
  common.writeUInt16LE(5, 22);
  const name = Buffer.from("x.npy");
  const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, name, packed]);
  const central = Buffer.concat([Buffer.from("PK\x01\x02\x14\0", "latin1"), common, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return { raw, file: new Uint8Array(Buffer.concat([local, central, end])) };
}

describe("readNpz", () => {
  it("reads packed and stored members", async () => {
    const { raw } = zip(new Uint8Array(0));
    const { file } = zip(deflateRawSync(raw));
    expect((await readNpz(file)).get("x")?.data).toEqual(Uint8Array.of(1, 2, 3));
    const both = new Map([
      ["a", { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }],
      ["ä/b", { shape: [1], data: Int16Array.of(-5) }],
    ]);
    const back = await readNpz(writeNpz(both));
    expect([...back.keys()]).toEqual(["a", "ä/b"]);
    expect(back.get("a")).toMatchObject({ shape: [2, 2], dtype: "f64", data: Float64Array.of(1, 2, 3, 4) });
  });

  it("refuses what is damaged, encrypted, packed otherwise, or a bomb", async () => {
    const { raw } = zip(new Uint8Array(0));
    const packed = deflateRawSync(raw);
    const refusal = async (change: Parameters<typeof zip>[1], content = packed, limit?: number) =>
      (await refusalOf(() => readNpz(zip(content, change).file, limit === undefined ? {} : { limit })))?.message;
    expect(await refusal({ crc: 1 })).toMatch(/checksum/);
    expect(await refusal({ flags: 1 })).toMatch(/encrypted/);
    expect(await refusal({ method: 12 })).toMatch(/method 12/);
    expect(await refusal({ size: raw.length - 1 })).toMatch(/more than its header/);
    expect(await refusal({ size: raw.length + 1 })).toMatch(/unpacks to/);
    expect(await refusal({ size: 0xffffffff })).toMatch(/zip64/);
    expect(await refusal({ size: 2 ** 31 })).toMatch(/more than allowed/);
    expect(await refusal({}, packed, 10)).toMatch(/more than allowed/);
    // Five megabytes of zeros in five kilobytes, where the directory says otherwise.
    expect(await refusal({}, deflateRawSync(Buffer.alloc(5e6)))).toMatch(/more than its header/);
  });

  it("cut off or changed is refused or read, no more", async () => {
    const bytes = writeNpz(new Map([["a", { shape: [40], data: Float32Array.from({ length: 40 }, (_, i) => i) }]]));
    for (const part of prefixes(bytes)) expect(await refusalOf(() => readNpz(part))).toBeDefined();
    for (const changed of mutations(bytes, 400, 2)) await refusalOf(() => readNpz(changed, { limit: 1e6 }));
  });
});

describeShared("NumPy's own files", "formats/npy", () => {
  it("read the same as array and from an archive", async () => {
    for (const name of ["chessboard_GRAY_U8", "chessboard_RGB_U8"]) {
      const array = parseNpy(readShared(`formats/npy/${name}.npy`));
      expect(array.shape).toEqual(name.includes("RGB") ? [200, 200, 3] : [200, 200]);
      expect(array.dtype).toBe("u8");
      const [packed] = [...(await readNpz(readShared(`formats/npy/${name}.npz`))).values()];
      expect(Buffer.from(packed.data).equals(Buffer.from(array.data))).toBe(true);
    }
    const many = await readNpz(readShared("formats/npy/rank_filter_tests.npz"));
    expect(many.size).toBe(33);
    expect(new Set([...many.values()].map(({ dtype }) => dtype))).toEqual(new Set(["u8", "f64"]));
  });

  it.each(["py2-objarr.npy", "py3-objarr.npy"])("%s holds objects: refused", async (name) => {
    expect((await refusalOf(() => parseNpy(readShared(`formats/npy/${name}`))))?.message).toMatch(/Python objects/);
  });
  it.each(["py2-objarr.npz", "py3-objarr.npz"])("%s holds objects: refused", async (name) => {
    expect((await refusalOf(() => readNpz(readShared(`formats/npy/${name}`))))?.message).toMatch(/Python objects/);
  });
});

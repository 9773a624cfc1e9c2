import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/exchange/safetensors.js";
import { SteepestError } from "../../src/tensor/error.js";
import { describeShared, readShared } from "../shared-data.js";

/** A file built by hand, as the format is described. */
function file(header: string, data: Uint8Array = new Uint8Array(0), declared = Buffer.byteLength(header)): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(declared));
  return Buffer.concat([length, Buffer.from(header), data]);
}
const entry = (dtype: string, shape: readonly number[], begin: number, end: number) =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

describe("reading safetensors", () => {
  it("reads a file built by hand", () => {
    const data = Buffer.alloc(20);
    [1.5, -2, 0.25].forEach((x, i) => {
      data.writeFloatLE(x, i * 4);
    });
    data.writeDoubleLE(Math.PI, 12);
    const { arrays, metadata } = readSafetensors(
      file(`{"__metadata__":{"a":"b"},"z":${entry("F64", [], 12, 20)},"1":${entry("F32", [3, 1], 0, 12)}}   `, data),
      "x",
    );
    expect(metadata).toEqual(new Map([["a", "b"]]));
    expect(arrays).toEqual([
      { name: "1", dtype: "f32", shape: [3, 1], data: Float32Array.of(1.5, -2, 0.25) },
      { name: "z", dtype: "f64", shape: [], data: Float64Array.of(Math.PI) },
    ]);
  });

  it("takes names from the prototype for names", () => {
    const { arrays } = readSafetensors(
      file(`{"__proto__":${entry("U8", [1], 0, 1)},"constructor":${entry("U8", [1], 1, 2)}}`, Uint8Array.of(7, 8)),
      "x",
    );
    expect(arrays.map(({ name, data }) => [name, data[0]])).toEqual([
      ["__proto__", 7],
      ["constructor", 8],
    ]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  const four = new Uint8Array(4);
  it.each<[what: string, bytes: Uint8Array, message: RegExp]>([
    ["nothing", new Uint8Array(7), /ends before its header/],
    ["a header beyond the end", file("{}", four, 100), /ends inside its header/],
    ["a header of 2⁶³ bytes", file("{}", four, 2 ** 63), /too long/],
    ["a header above 100 MB", file("{}", four, 100_000_001), /too long/],
    ["no JSON", file('{"a":'), /not JSON/],
    ["a header that does not begin with a brace", file(" {}"), /not a JSON object/],
    ["a list", file("[]"), /not a JSON object/],
    ["invalid UTF-8", Buffer.concat([file("", undefined, 2), Buffer.of(0x7b, 0xff)]), /not JSON/],
    ["a name twice", file(`{"a":${entry("F32", [1], 0, 4)},"a":${entry("F32", [1], 0, 4)}}`, four), /"a" twice/],
    ["a name twice, once escaped", file(`{"a":${entry("F32", [1], 0, 4)},"\\u0061":${entry("F32", [1], 0, 4)}}`, four), /"a" twice/],
    ["a field twice", file('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', four), /"shape" twice/],
    ["an unknown element type", file(`{"a":${entry("F13", [1], 0, 4)}}`, four), /element type/],
    ["floats of 8 bits", file(`{"a":${entry("F8_E4M3", [4], 0, 4)}}`, four), /element type/],
    ["floats of 4 bits", file(`{"a":${entry("F4", [8], 0, 4)}}`, four), /element type/],
    ["whole numbers beyond 2⁵³", file(`{"a":${entry("I64", [1], 0, 8)}}`, Uint8Array.of(1, 0, 0, 0, 0, 0, 32, 0)), /lose digits/],
    ["a missing field", file('{"a":{"dtype":"F32","shape":[1]}}', four), /incompletely/],
    ["a negative extent", file(`{"a":${entry("F32", [-1], 0, 4)}}`, four), /impossible shape/],
    ["a broken extent", file(`{"a":${entry("F32", [0.5], 0, 4)}}`, four), /impossible shape/],
    ["an extent beyond 2⁵³", file('{"a":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,4]}}', four), /impossible shape/],
    // The product is 2^64 + 4: readers that multiply in 64 bits see 4.
    ["a product that wraps", file(`{"a":${entry("U8", [4194305, 4194305, 211106198978564], 0, 4)}}`, four), /does not fit/],
    ["a shape for more bytes", file(`{"a":${entry("F32", [2], 0, 4)}}`, four), /does not fit/],
    ["places in reverse", file(`{"a":${entry("F32", [1], 4, 0)}}`, four), /impossible place/],
    ["a hole at the start", file(`{"a":${entry("U8", [2], 2, 4)}}`, four), /hole/],
    ["a hole between", file(`{"a":${entry("U8", [1], 0, 1)},"b":${entry("U8", [2], 2, 4)}}`, four), /hole/],
    ["an overlap", file(`{"a":${entry("U8", [3], 0, 3)},"b":${entry("U8", [2], 2, 4)}}`, four), /overlaps/],
    ["truncated data", file(`{"a":${entry("F32", [2], 0, 8)}}`, four), /truncated/],
    ["data behind the last array", file(`{"a":${entry("U8", [3], 0, 3)}}`, four), /goes on/],
    ["notes that are no text", file('{"__metadata__":{"a":1}}'), /no text/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, "weights.safetensors")).toThrow(message);
    expect(() => readSafetensors(bytes, "weights.safetensors")).toThrow(SteepestError);
  });

  it("refuses or reads whatever it meets, and never breaks", () => {
    const good = writeSafetensors({
      arrays: [{ name: "a", shape: [2], dtype: "f32", data: Float32Array.of(1, 2) }],
      metadata: new Map([["k", "v"]]),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }), fc.nat(good.length), (changes, length) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        for (const candidate of [bytes, bytes.subarray(0, length)]) {
          try {
            readSafetensors(candidate, "x");
          } catch (error) {
            expect(error).toBeInstanceOf(SteepestError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("writing safetensors", () => {
  it("lays arrays out as the format says, wide elements first, the data at a multiple of 8", () => {
    const bytes = Buffer.from(
      writeSafetensors({
        arrays: [
          { name: "mask", shape: [3], dtype: "bool", data: Uint8Array.of(1, 0, 1) },
          { name: "w", shape: [1, 2], dtype: "f32", data: Float32Array.of(0.5, -1) },
          { name: "n", shape: [], dtype: "f64", data: Float64Array.of(3) },
        ],
        metadata: new Map(),
      }),
    );
    const length = Number(bytes.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.toString("utf8", 8, 8 + length))).toEqual({
      n: { dtype: "F64", shape: [], data_offsets: [0, 8] },
      w: { dtype: "F32", shape: [1, 2], data_offsets: [8, 16] },
      mask: { dtype: "BOOL", shape: [3], data_offsets: [16, 19] },
    });
    const data = bytes.subarray(8 + length);
    expect([data.readDoubleLE(0), data.readFloatLE(8), data.readFloatLE(12), ...data.subarray(16)]).toEqual([3, 0.5, -1, 1, 0, 1]);
  });

  it("writes the window of a larger buffer, and keeps every bit", () => {
    const data = new Float32Array(Float32Array.from([9, Number.NaN, Number.NEGATIVE_INFINITY, -0, 1e-45, 9]).buffer, 4, 4);
    const { arrays } = readSafetensors(
      writeSafetensors({ arrays: [{ name: "x", shape: [4], dtype: "f32", data }], metadata: new Map() }),
      "x",
    );
    expect(arrays[0].data).toEqual(data.slice());
  });

  it("refuses a name twice, the reserved name, and data that do not fill their shape", () => {
    const one = { name: "a", shape: [1], dtype: "f32", data: Float32Array.of(1) } as const;
    const write = (arrays: Parameters<typeof writeSafetensors>[0]["arrays"]) => () => writeSafetensors({ arrays, metadata: new Map() });
    expect(write([one, one])).toThrow(/twice/);
    expect(write([{ ...one, name: "__metadata__" }])).toThrow(/reserved/);
    expect(write([{ ...one, shape: [2] }])).toThrow(/does not fill/);
    expect(write([{ ...one, dtype: "f64" }])).toThrow(/does not fill/);
  });
});

describe("element types that become others", () => {
  const read = (dtype: string, bytes: readonly number[]) =>
    readSafetensors(
      file(
        `{"a":${entry(dtype, [bytes.length / (dtype.includes("16") ? 2 : dtype.endsWith("8") ? 1 : 8)], 0, bytes.length)}}`,
        Uint8Array.from(bytes),
      ),
      "x",
    ).arrays[0];

  // IEEE 754-2019, table 3.5: largest finite, smallest normal and subnormal numbers of binary16.
  it("reads halves: 1, −2, 65504, 2⁻¹⁴, 2⁻²⁴, −0, ∞, NaN", () => {
    const { dtype, data } = read("F16", [0, 0x3c, 0, 0xc0, 0xff, 0x7b, 0, 4, 1, 0, 0, 0x80, 0, 0x7c, 0, 0x7e]);
    expect(dtype).toBe("f32");
    expect([...data]).toEqual([1, -2, 65504, 2 ** -14, 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NaN]);
  });

  it("reads upper halves of float32: 1, −2.5, the largest", () => {
    expect([...read("BF16", [0x80, 0x3f, 0x20, 0xc0, 0x7f, 0x7f]).data]).toEqual([1, -2.5, 255 * 2 ** 120]);
  });

  it("keeps signs, and whole numbers up to 2⁵³ − 1", () => {
    expect([...read("I8", [255, 128, 127]).data]).toEqual([-1, -128, 127]);
    expect([...read("I16", [255, 255, 0, 128]).data]).toEqual([-1, -32768]);
    expect([...read("U16", [255, 255]).data]).toEqual([65535]);
    expect(read("I64", [255, 255, 255, 255, 255, 255, 255, 255])).toMatchObject({ dtype: "f64", data: Float64Array.of(-1) });
    expect([...read("U64", [255, 255, 255, 255, 255, 255, 31, 0]).data]).toEqual([2 ** 53 - 1]);
  });
});

describeShared("files of other writers", "formats/safetensors", () => {
  const arrays = (name: string) => readSafetensors(readShared(`formats/safetensors/${name}.safetensors`), name).arrays;
  const patterns: Readonly<Record<string, (i: number) => number>> = {
    gradient: (i) => i,
    alternating: (i) => i % 2,
    repeating: (i) => (i % 10) + 1,
  };

  it("hold what their names say: 132 arrays of 11 element types", () => {
    const all = arrays("fixtures");
    expect(all.length).toBe(132);
    expect(new Set(all.map(({ name }) => name.split("_")[0])).size).toBe(11);
    for (const { name, shape, data } of all) {
      const [, pattern, extents] = name.split("_");
      expect(shape).toEqual(extents.split("x").map(Number));
      expect(Array.from(data)).toEqual(Array.from(data, (_, i) => patterns[pattern](i)));
    }
  });

  it("hold powers: F32, F64 and BF16", () => {
    const all = arrays("vandermonde");
    expect(all.map(({ name }) => name.split("_")[0]).sort()).toEqual(["BF16", "F32", "F64"]);
    for (const { name, data } of all) {
      // (r + 1)^(c + 1), exact in all but BF16, which keeps 8 bits: an error of at most one part in 2⁸.
      const powers = Array.from(data, (_, i) => (Math.floor(i / 5) + 1) ** ((i % 5) + 1));
      for (const [i, power] of powers.entries())
        expect(Math.abs(data[i] - power)).toBeLessThanOrEqual(name.startsWith("BF16") ? power / 256 : 0);
    }
  });

  it("hold −1, 0, 1, 2, as whole numbers and as floats", () => {
    const found = new Map(arrays("sample").map(({ name, shape, data }) => [name, { shape, data: [...data] }]));
    expect(found.get("some_ints")).toEqual({ shape: [1, 4], data: [-1, 0, 1, 2] });
    expect(found.get("some_floats")).toEqual({ shape: [1, 2, 2], data: [-1, 0, 1, 2] });
  });
});

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSafetensors, writeSafetensors } from "../../src/runs/safetensors.js";
import { SteepestError } from "../../src/tensor/error.js";

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
    ["an element type not supported", file(`{"a":${entry("BF16", [2], 0, 4)}}`, four), /element type/],
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

const fixtures = resolve(
  fileURLToPath(new URL("../..", import.meta.url)),
  process.env.STEEPEST_SHARED ?? "../shared",
  "data/formats/safetensors",
);

describe.skipIf(!existsSync(fixtures))(
  `files of other writers${existsSync(fixtures) ? "" : ` (need ${fixtures}, which is absent)`}`,
  () => {
    /** Only the arrays of one element type, moved together: the files hold types that are refused as well. */
    function only(name: string, dtype: string): Uint8Array {
      const bytes = readFileSync(resolve(fixtures, name));
      const start = 8 + Number(bytes.readBigUInt64LE(0));
      const kept: Buffer[] = [];
      const header: Record<string, unknown> = {};
      let at = 0;
      for (const [key, { dtype: own, shape, data_offsets: place }] of Object.entries<{
        dtype: string;
        shape: number[];
        data_offsets: number[];
      }>(JSON.parse(bytes.toString("utf8", 8, start)))) {
        if (own !== dtype) continue;
        kept.push(bytes.subarray(start + place[0], start + place[1]));
        const end = at + place[1] - place[0];
        header[key] = { dtype, shape, data_offsets: [at, end] };
        at = end;
      }
      return file(JSON.stringify(header), Buffer.concat(kept));
    }

    const patterns: Readonly<Record<string, (i: number) => number>> = {
      gradient: (i) => i,
      alternating: (i) => i % 2,
      repeating: (i) => (i % 10) + 1,
    };

    it.each(["F32", "F64", "I32", "U32", "U8"])("hold what their names say: %s", (dtype) => {
      const { arrays } = readSafetensors(only("fixtures.safetensors", dtype), "fixtures");
      expect(arrays.length).toBe(12);
      for (const { name, shape, data } of arrays) {
        const [, pattern, extents] = name.split("_");
        expect(shape).toEqual(extents.split("x").map(Number));
        expect(Array.from(data)).toEqual(Array.from(data, (_, i) => patterns[pattern](i)));
      }
    });

    it("hold powers: F32 and F64", () => {
      for (const dtype of ["F32", "F64"]) {
        const [{ data }] = readSafetensors(only("vandermonde.safetensors", dtype), "vandermonde").arrays;
        // (r + 1)^(c + 1), exact in both.
        expect(Array.from(data)).toEqual(Array.from(data, (_, i) => (Math.floor(i / 5) + 1) ** ((i % 5) + 1)));
      }
    });

    it("are refused as a whole for element types that are not supported", () => {
      for (const name of ["sample", "fixtures", "vandermonde"]) {
        expect(() => readSafetensors(readFileSync(resolve(fixtures, `${name}.safetensors`)), name)).toThrow(/element type/);
      }
    });
  },
);

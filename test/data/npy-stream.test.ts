import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.js";
import { npyStream } from "../../src/data/npy-stream.js";
import { descend, sequential } from "../../src/index.js";
import { dense } from "../../src/models/index.js";
import { refusalOf } from "./images/damage.js";

let folder = "";
const path = (name: string) => join(folder, name);
const records = 1000;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "steepest-npy-"));
  // Record i holds i and −i, its target is 3 i.
  writeFileSync(
    path("x.npy"),
    writeNpy({ shape: [records, 2], data: Float32Array.from({ length: 2 * records }, (_, i) => (i % 2 === 0 ? i / 2 : -(i - 1) / 2)) }),
  );
  writeFileSync(path("y.npy"), writeNpy({ shape: [records], data: Float32Array.from({ length: records }, (_, i) => 3 * i) }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The first number of each record, batch by batch; inputs and targets are checked to belong together. */
async function order(options: object): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const { inputs, targets } of npyStream(path("x.npy"), path("y.npy"), options)) {
    if (!("data" in inputs && "data" in targets)) throw new Error("no arrays");
    const [xs, ys] = [[...inputs.data], [...targets.data]];
    expect(inputs.shape).toEqual([ys.length, 2]);
    expect(ys.every((y, i) => xs[2 * i] === y / 3 && xs[2 * i + 1] === -y / 3)).toBe(true);
    batches.push(ys.map((y) => y / 3));
  }
  return batches;
}

describe("npyStream", () => {
  it("gives the records in their order where that is asked for", async () => {
    const batches = await order({ shuffle: false, batchSize: 64, chunk: 37 });
    expect(batches.map(({ length }) => length)).toEqual([...new Array(15).fill(64), 40]);
    expect(batches.flat()).toEqual(Array.from({ length: records }, (_, i) => i));
  });

  it.each([
    { chunk: 10, ring: 4 },
    { chunk: 300, ring: 2 },
    { chunk: 7, ring: 1000 },
    { chunk: 1, ring: 1 },
  ])("gives each record once an epoch, in another order each epoch, the same each time (%j)", async (options) => {
    const seen = (await order({ ...options, epochs: 2, seed: 5, batchSize: 100 })).flat();
    expect(seen).toHaveLength(2 * records);
    const [first, second] = [seen.slice(0, records), seen.slice(records)];
    for (const epoch of [first, second]) expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: records }, (_, i) => i));
    expect(first).not.toEqual(second);
    expect((await order({ ...options, epochs: 2, seed: 5, batchSize: 100 })).flat()).toEqual(seen);
    expect((await order({ ...options, epochs: 1, seed: 6, batchSize: 100 })).flat()).not.toEqual(first);
  });

  it("mixes over the whole file where the ring holds it", async () => {
    const seen = (await order({ chunk: 10, ring: 100 })).flat();
    // The mean place of the records of the first tenth: 499.5 ± 288.7 / √100 in a random order.
    const places = seen.flatMap((record, place) => (record < 100 ? [place] : []));
    const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
    expect(Math.abs(mean - 499.5)).toBeLessThan(4 * 28.9);
  });

  it("is learned from by descend", async () => {
    let last = Number.NaN;
    const stream = npyStream(path("x.npy"), path("y.npy"), { batchSize: 50, epochs: 3 });
    for await (const state of descend(sequential(dense(1)), { stream, preprocessing: { scale: 1 / 1000 }, stepsPerYield: 20 }))
      last = state.step;
    expect(last).toBe(60);
  });

  it("refuses files that do not fit, and options that there are not", async () => {
    const message = async (x: string, y: string, options = {}) =>
      (await refusalOf(() => npyStream(path(x), path(y), options).next()))?.message;
    const bytes = writeNpy({ shape: [records, 2], data: new Float32Array(2 * records) });
    writeFileSync(path("short.npy"), bytes.subarray(0, -4));
    writeFileSync(path("long.npy"), new Uint8Array([...bytes, 0]));
    writeFileSync(path("few.npy"), writeNpy({ shape: [3], data: new Float32Array(3) }));
    writeFileSync(path("none.npy"), writeNpy({ shape: [0], data: new Float32Array(0) }));
    const columns = new TextDecoder("latin1").decode(bytes).replace("'fortran_order': False", "'fortran_order': True ");
    writeFileSync(path("columns.npy"), Buffer.from(columns, "latin1"));
    expect(await message("short.npy", "y.npy")).toMatch(/truncated/);
    expect(await message("long.npy", "y.npy")).toMatch(/goes on/);
    expect(await message("x.npy", "few.npy")).toMatch(/1000 targets/);
    expect(await message("none.npy", "y.npy")).toMatch(/no records/);
    expect(await message("columns.npy", "y.npy")).toMatch(/stored in columns/);
    expect(await message("absent.npy", "y.npy")).toMatch(/cannot be read/);
    expect(await message("x.npy", "y.npy", { ring: 0 })).toMatch(/ring/);
  });
});

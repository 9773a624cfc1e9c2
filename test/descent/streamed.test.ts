import { adam, batchNorm, dense, type FitOptions, fit, flatten, gd, meanSquared, relu, sequential, type TrainingProgress } from "steepest";
import { arrayDataset, type Dataset, digits, type RecordSource, type StreamedPart, streamed } from "steepest/data";
import { describe, expect, it } from "vitest";
import { RingPlan } from "../../src/data/ring-plan.js";
import { averaged } from "../../src/optimizers/wrappers/index.js";
import { messageOf, rejectionOf } from "../errors.js";

const all = digits({ train: 500, test: 150 });
/** Of one digit: its pixels, its label, and its place in the order. */
const BYTES = 784 + (all.targets.dtype === "u8" ? 1 : 4) + 4;
const small = () => sequential(flatten(), dense(12), relu(), dense(10));
const common: FitOptions = { optimizer: adam({ learningRate: 0.003 }), epochs: 3, batchSize: 32, seed: 7 };
/** An eighth of the memory is for evaluation. */
const memoryFor = (records: number) => Math.ceil((records * BYTES * 8) / 7);

/** Records, each read after a moment that another number decides. */
function slow(part: StreamedPart, delays: readonly number[]): StreamedPart {
  let reads = 0;
  return {
    ...part,
    async read(first, count) {
      await new Promise((resolve) => setTimeout(resolve, delays[reads++ % delays.length]));
      return part.read(first, count);
    },
  };
}

describe("fit on streamed data", () => {
  it("has the bits of fit on the data itself where the order is the same, whatever is held at a time", async () => {
    const options = { ...common, order: "sequential" } as const;
    const resident = await fit(small(), all, options);
    for (const [records, chunk] of [
      [80, 8],
      [111, 13],
      [300, 50],
    ]) {
      const data = streamed(all, { memory: memoryFor(records), chunk });
      const run = await fit(small(), data, options);
      expect(run.theta).toEqual(resident.theta);
      expect(run.trainLoss).toBe(resident.trainLoss);
      expect(run.test).toMatchObject({ loss: resident.test?.loss, accuracy: resident.test?.accuracy, confusion: resident.test?.confusion });
      expect(run.data).toBe(data);
      expect(run.waitingForData).toBeGreaterThan(0);
      expect(run.waitingForData).toBeLessThan(1);
    }
    const whole = await fit(small(), streamed(all, { memory: "1 GB" }), common);
    expect(whole.theta).toEqual((await fit(small(), all, common)).theta);
  });

  it("learns from the records in the order that the seed says, for any threads and however slow they come", async () => {
    const chunk = 9;
    const memory = memoryFor(120);
    const plan = new RingPlan({
      ...{ records: 500, recordBytes: BYTES - 4, chunk, memory: (memory * 7) / 8, batchSize: 32, order: "shuffled", seed: 7, name: "" },
    });
    const order = [0, 1].flatMap((epoch) =>
      Array.from({ length: plan.groups }, (_, i) => plan.group(epoch * plan.groups + i)).flatMap(({ chunks, order: places }) => {
        const laid = chunks.flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i));
        return Array.from(places, (place) => laid[place]);
      }),
    );
    // Two epochs of 500 records are 16 batches each, the last of 20: the same batches as one epoch of the records in that order, epoch by epoch.
    const once = (epoch: number): Dataset => {
      const rows = order.slice(500 * epoch, 500 * (epoch + 1));
      const picked = (size: number, data: ArrayLike<number>) =>
        rows.flatMap((row) => Array.from({ length: size }, (_, i) => data[row * size + i]));
      return {
        ...all,
        inputs: { ...all.inputs, data: Uint8Array.from(picked(784, all.inputs.data)) },
        targets: { ...all.targets, dtype: "i32", data: Int32Array.from(picked(1, all.targets.data)) },
      };
    };
    const first = await fit(small(), once(0), { ...common, epochs: 1, order: "sequential" });
    const data = streamed(all, { memory, chunk });
    expect((await fit(small(), data, { ...common, epochs: 1 })).theta).toEqual(first.theta);
    const twice = await fit(small(), data, { ...common, epochs: 2, threads: 1 });
    for (const [threads, delays] of [
      [2, [0, 3, 0, 0, 7]],
      [3, [2]],
      [1, [0, 0, 0, 20]],
    ] as const) {
      const slowly = { ...data, ...slow(data, delays) };
      expect((await fit(small(), slowly, { ...common, epochs: 2, threads })).theta).toEqual(twice.theta);
    }
    // The second epoch alone, from where the first one ended, has another optimizer state; plain descent has none.
    const plain = { ...common, optimizer: gd({ learningRate: 0.05 }) };
    const start = await fit(small(), once(0), { ...plain, epochs: 1, order: "sequential" });
    const end = await fit(small(), once(1), { ...plain, epochs: 1, order: "sequential", weights: start.weights });
    expect((await fit(small(), data, { ...plain, epochs: 2 })).theta).toEqual(end.theta);
  });

  it("keeps whole chunks apart for validation, which training never reads", async () => {
    const seen = new Set<number>();
    const data = streamed(all, { memory: memoryFor(120), chunk: 10 });
    const watched = {
      ...data,
      read: (first: number, count: number) => {
        for (let i = 0; i < count; i++) seen.add(first + i);
        return data.read(first, count);
      },
    };
    const reports: TrainingProgress[] = [];
    const run = await fit(small(), watched, { ...common, epochs: 2, validation: 0.2, patience: 3, onProgress: (p) => reports.push(p) });
    expect(run.validation?.confusion?.flat().reduce((sum, n) => sum + n, 0)).toBe(100);
    expect(run.history.filter(({ validationLoss }) => validationLoss !== undefined)).toHaveLength(2);
    expect(seen.size).toBe(500);
    expect(reports.at(-1)?.waitingForData).toBeGreaterThan(0);
    expect(run.steps).toBe(2 * Math.ceil(400 / 32));
    await rejectionOf(fit(small(), streamed(all, { memory: memoryFor(120), chunk: 400 }), { ...common, validation: 0.1 }));
  });

  it("brings up the carried state of an average by one pass over the stream", async () => {
    const model = () => sequential(flatten(), dense(8), batchNorm(), relu(), dense(10));
    const options = { ...common, optimizer: averaged(adam(), {}), order: "sequential" } as const;
    const [resident, run] = [
      await fit(model(), all, options),
      await fit(model(), streamed(all, { memory: memoryFor(100), chunk: 7 }), options),
    ];
    expect(run.averaged?.theta).toEqual(resident.averaged?.theta);
    expect(run.averaged?.state).toEqual(resident.averaged?.state);
    expect(run.averaged?.test?.loss).toBe(resident.averaged?.test?.loss);
  });

  it("gives back the last good weights of a training that diverges, reading once more what it needs", async () => {
    const x = Float64Array.from({ length: 600 }, (_, i) => (i === 431 ? 1e200 : (i % 7) - 3));
    const data = arrayDataset({ inputs: { shape: [600, 1], data: x }, targets: { shape: [600, 1], data: x.map((v) => 2 * v) } });
    const options = { ...common, batchSize: 4, order: "sequential", dtype: "f64" } as const;
    const resident = await fit(sequential(dense(1)), data, options);
    expect(resident.status).toBe("diverged");
    expect(resident.steps).toBeGreaterThan(100);
    for (const records of [24, 60, 200]) {
      const run = await fit(sequential(dense(1)), streamed(data, { memory: records * 20, chunk: 3 }), options);
      expect([run.status, run.steps]).toEqual(["diverged", resident.steps]);
      expect(run.theta).toEqual(resident.theta);
    }
  });

  it("keeps what was learned when records cannot be read any more, and names them", async () => {
    const data = streamed(all, { memory: memoryFor(120), chunk: 10 });
    const failing = (reads: number, broken: Partial<StreamedPart>): typeof data => {
      let left = reads;
      return { ...data, read: (first, count) => (left-- > 0 ? data : { ...data, ...broken }).read(first, count) };
    };
    const gone = { read: () => Promise.reject(new Error("the disk is gone")) };
    const run = await fit(small(), failing(30, gone), common);
    expect(run.status).toBe("aborted");
    expect(run.failure?.message).toMatch(/the disk is gone[\s\S]*records \d+ to \d+/);
    expect(run.diagnosis).toContain("the disk is gone");
    expect(run.steps).toBeGreaterThan(0);
    expect(run.steps).toBeLessThan(16);
    expect(run.test).toBeUndefined();
    expect([...run.theta].every(Number.isFinite)).toBe(true);
    const none = await rejectionOf(fit(small(), failing(2, gone), common));
    expect(none.message).toContain("the disk is gone");
    const label = {
      read: (first: number, count: number) =>
        data.read(first, count).then((c) => ({ ...c, targets: { ...c.targets, data: c.targets.data.map(() => 10) } })),
    };
    expect((await fit(small(), failing(30, label), common)).failure?.message).toMatch(/A label is out of range[\s\S]*record \d+/);
    const short = { read: (first: number, count: number) => data.read(first, count - 1) };
    expect((await fit(small(), failing(30, short), common)).failure?.message).toContain("other inputs than were promised");
    // The test part is read at the end.
    const untested = {
      ...data,
      test: { ...all.test, ...failing(0, gone), inputs: data.test?.inputs ?? data.inputs, targets: data.test?.targets ?? data.targets },
    };
    const learned = await fit(small(), untested, common);
    expect(learned).toMatchObject({ status: "step-limit", steps: 48 });
    expect(learned.failure?.message).toContain("the disk is gone");
  });

  it("ends at once where it is aborted while it waits", async () => {
    const data = streamed(all, { memory: memoryFor(120), chunk: 10 });
    const abort = new AbortController();
    let reads = 0;
    const never: StreamedPart = {
      ...data,
      read: (first, count) => (reads++ < 20 ? data.read(first, count) : new Promise(() => abort.abort())),
    };
    const run = await fit(small(), { ...data, ...never }, { ...common, signal: abort.signal });
    expect(run.status).toBe("aborted");
    expect(run.failure).toBeUndefined();
    expect(run.steps).toBeGreaterThan(0);
  });

  it("takes a source of one's own, and refuses what cannot be streamed", async () => {
    const source: RecordSource = {
      name: "line",
      inputs: { shape: [4096, 1], dtype: "f32" },
      targets: { shape: [4096, 1], dtype: "f32" },
      read: async (first, count) => {
        const data = Float32Array.from({ length: count }, (_, i) => ((first + i) % 100) / 50 - 1);
        return {
          inputs: { shape: [count, 1], dtype: "f32", data },
          targets: { shape: [count, 1], dtype: "f32", data: data.map((x) => 3 * x - 1) },
        };
      },
    };
    const run = await fit(sequential(dense(1)), streamed(source, { memory: "8 kB" }), {
      loss: meanSquared(),
      epochs: 20,
      optimizer: adam({ learningRate: 0.05 }),
    });
    expect(run.weights.get("dense1.weight")?.[0]).toBeCloseTo(3, 2);
    const said = async (options: FitOptions) =>
      (await rejectionOf(fit(sequential(dense(1)), streamed(source, { memory: "8 kB" }), options))).message;
    expect(await said({ order: "replacement" })).toContain("cannot come in the order");
    expect(await said({ order: "difficulty" })).toContain("cannot come in the order");
    expect(await said({ batchSize: 1024 })).toContain("The memory for records is too small");
    for (const memory of ["8 beans", "", "-1 MB", 0, Number.NaN])
      expect(messageOf(() => streamed(source, { memory }))).toContain("no amount of memory");
    expect(["300MB", "1.5 GiB", "2 kB", "64", 3e5].map((memory) => streamed(source, { memory }).memory)).toEqual([
      3e8,
      1.5 * 2 ** 30,
      2000,
      64,
      3e5,
    ]);
    expect(messageOf(() => streamed(source, { chunk: 0.5 }))).toContain("chunk");
    const weighed = arrayDataset({ inputs: [1, 2], targets: [1, 2], weights: [1, 2] });
    expect(messageOf(() => streamed(weighed))).toContain("weights");
    const fewer = { ...source, targets: { shape: [4095, 1], dtype: "f32" } } as const;
    expect(messageOf(() => streamed(fewer))).toContain("not as many targets");
  });
});

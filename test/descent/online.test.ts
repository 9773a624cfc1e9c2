/** Learning from streams, against the same records in a data set and against arithmetic. */
import {
  accumulate,
  adam,
  cosine,
  crossEntropy,
  dense,
  descend,
  fit,
  gd,
  momentum,
  type Optimizer,
  relu,
  type StreamOptions,
  type StreamState,
  sequential,
  zeros,
} from "steepest";
import { arrayDataset, type StreamElement, type StreamedRecord } from "steepest/data";
import { describe, expect, it } from "vitest";
import { hashOf } from "../backends/threads/network.js";
import { rejectionOf } from "../errors.js";
import { centre } from "./centre.js";

async function states(source: AsyncGenerator<StreamState>): Promise<StreamState[]> {
  const all: StreamState[] = [];
  for await (const state of source) all.push(state);
  return all;
}

const record = (i: number): { input: number[]; target: number[] } => ({
  input: [Math.sin(i), Math.cos(2 * i), (i % 7) / 7],
  target: [Math.sin(3 * i), (i % 5) - 2],
});
const records = (count: number) => Array.from({ length: count }, (_, i) => record(i));
const network = () => sequential(dense(4), relu(), dense(2));
const batchOf = (some: readonly StreamedRecord[]): StreamElement => ({
  inputs: some.map(({ input }) => [...(Array.isArray(input) ? input : [])]),
  targets: some.map(({ target }) => [...(Array.isArray(target) ? target : [])]),
});

/** The same records, in their order, as a data set. */
const trained = (count: number, batchSize: number, optimizer: Optimizer) => {
  const all = records(count);
  const data = arrayDataset({ inputs: all.map((r) => r.input), targets: all.map((r) => r.target), dtype: "f64" });
  return fit(network(), data, { optimizer, batchSize, order: "sequential", dtype: "f64", seed: 4 });
};
const settings = { dtype: "f64", seed: 4 } as const;
const close = (ours: ArrayLike<number>, theirs: ArrayLike<number>) => {
  expect(ours.length).toBe(theirs.length);
  // A few dozen steps, each rounded by 1e-16 of numbers near 1.
  for (let i = 0; i < theirs.length; i++) expect(Math.abs(ours[i] - theirs[i])).toBeLessThan(1e-12);
};

describe("a stream teaches what its records teach", () => {
  it.each([
    ["one by one", 1, 1],
    ["in batches of 5 with 3 left over", 5, 1],
    ["in batches of 5, four steps at once", 5, 4],
    ["in one batch that never fills", 64, 1],
  ])("%s, as fit learns them in sequence", async (_, batchSize, stepsPerYield) => {
    const optimizer = adam({ learningRate: 0.01 });
    const run = await trained(23, Math.min(23, batchSize), optimizer);
    const all = await states(descend(network(), { stream: records(23), batchSize, stepsPerYield, optimizer, ...settings }));
    const last = all.at(-1);
    expect([last?.status, last?.step, last?.records]).toEqual(["stream-ended", run.steps, 23]);
    close(last?.theta ?? [], run.theta);
    expect(last?.all.loss).toBeCloseTo(run.trainLoss, 12);
    close(
      all.flatMap((state) => [...state.losses]),
      run.history.map(({ loss }) => loss),
    );
    expect([...(last?.solution.keys() ?? [])]).toEqual([...run.weights.keys()]);
  });

  it("in batches of any size, each one a step, and regrouped where batchSize says so", async () => {
    const all = records(31);
    const sizes = [1, 7, 2, 20, 1];
    const elements: StreamElement[] = [];
    let at = 0;
    for (const size of sizes) {
      elements.push(batchOf(all.slice(at, at + size)));
      at += size;
    }
    const optimizer = momentum({ learningRate: 0.02 });
    const found = await states(descend(network(), { stream: elements, optimizer, ...settings }));
    expect(found.map((s) => s.records)).toEqual([1, 8, 10, 30, 31, 31]);
    // The same steps, each taken with room of exactly its size.
    const single = await states(descend(network(), { stream: elements, stepsPerYield: 5, optimizer, ...settings }));
    close(single.at(-1)?.theta ?? [], found.at(-1)?.theta ?? []);
    const regrouped = await states(descend(network(), { stream: elements, batchSize: 4, optimizer, ...settings }));
    close(regrouped.at(-1)?.theta ?? [], (await trained(31, 4, optimizer)).theta);
    expect(regrouped.at(-1)?.step).toBe(8);
  });

  it("by accumulation too, a short batch by its size", async () => {
    const optimizer = accumulate(gd({ learningRate: 0.1 }), { steps: 3 });
    const found = await states(descend(network(), { stream: records(10), batchSize: 4, optimizer, ...settings }));
    close(found.at(-1)?.theta ?? [], (await trained(10, 10, gd({ learningRate: 0.1 }))).theta);
  });

  it("as labels, as names of classes, from typed arrays and images in bytes", async () => {
    const colours = ["red", "green", "blue"];
    const labels = [0, 2, 1, 1, 0, 2];
    const bytes = labels.map((label, i) => Uint8Array.from({ length: 4 }, (_, j) => 40 * i + 10 * j + label));
    const model = () => sequential(dense(3));
    const options = { optimizer: gd({ learningRate: 0.5 }), preprocessing: { scale: 1 / 255 }, ...settings };
    const streams: readonly (readonly [StreamElement[], StreamOptions["classes"]])[] = [
      [labels.map((target, i) => ({ input: bytes[i], target })), 3],
      [labels.map((label, i) => ({ input: [...bytes[i]], target: colours[label] })), colours],
      [labels.map((label, i) => ({ inputs: { shape: [1, 4], data: bytes[i] }, targets: Uint8Array.of(label) })), 3],
      [labels.map((label, i) => ({ inputs: [[...bytes[i]]], targets: [colours[label]] })), colours],
    ];
    const hashes: string[] = [];
    for (const [stream, classes] of streams) {
      const last = (await states(descend(model(), { stream, classes, ...options }))).at(-1);
      hashes.push(hashOf(last?.theta ?? new Float64Array(0)));
      expect(last?.all.accuracy).toBeGreaterThanOrEqual(0);
      expect(last?.predictor()(bytes[0]).classes).toHaveLength(1);
    }
    expect(new Set(hashes).size).toBe(1);
    const image = sequential(dense(3));
    const shaped = await states(descend(image, { stream: streams[0][0], classes: 3, inputShape: [4], ...options }));
    expect(hashOf(shaped.at(-1)?.theta ?? new Float64Array(0))).toBe(hashes[0]);
  });

  it("layers that look across a batch see its own records alone", async () => {
    const model = () => sequential(dense(4), centre(), dense(2));
    const all = records(11);
    const data = arrayDataset({ inputs: all.map((r) => r.input), targets: all.map((r) => r.target), dtype: "f64" });
    const optimizer = gd({ learningRate: 0.05 });
    const run = await fit(model(), data, { optimizer, batchSize: 4, order: "sequential", ...settings });
    const found = await states(descend(model(), { stream: all, batchSize: 4, stepsPerYield: 3, optimizer, ...settings }));
    close(found.at(-1)?.theta ?? [], run.theta);
    for (const [path, values] of run.weights) close(found.at(-1)?.solution.get(path) ?? [], values);
  });

  it("with the same bits for one thread, two and three", async () => {
    const hashes = await Promise.all(
      [1, 2, 3].map(async (threads) => {
        const all = await states(
          descend(sequential(dense(64), relu(), dense(2)), { stream: records(60), batchSize: 20, threads, stepsPerYield: 2, seed: 4 }),
        );
        return hashOf(all.at(-1)?.theta ?? new Float32Array(0));
      }),
    );
    expect(new Set(hashes).size).toBe(1);
  });
});

describe("the model can be used at any time", () => {
  it("each record is predicted before it is learned, and the predictor stays what it was", async () => {
    const stream = records(8);
    const found: StreamState[] = [];
    for await (const state of descend(network(), { stream, optimizer: gd({ learningRate: 0.1 }), ...settings })) {
      const before = found.at(-1);
      if (before !== undefined && state.status === "running") {
        const { outputs } = before.predictor()(stream[found.length].input);
        const [a, b] = stream[found.length].target;
        // The predictor gives float32.
        expect(state.loss).toBeCloseTo(((outputs[0] - a) ** 2 + (outputs[1] - b) ** 2) / 2, 5);
      }
      found.push(state);
    }
    const losses = found.slice(0, 8).map((s) => s.loss);
    found.slice(0, 8).forEach((s, i) => {
      expect(s.all.loss).toBeCloseTo(losses.slice(0, i + 1).reduce((a, b) => a + b) / (i + 1), 12);
    });
    const first = found[0].predictor()(stream[0].input).outputs;
    expect(found[0].predictor()(stream[0].input).outputs).toEqual(first);
  });

  it("recent means fade as they say", async () => {
    const stream = Array.from({ length: 6 }, (_, i) => ({ input: [0], target: i }));
    const model = sequential(dense(1, { init: zeros() }));
    const found = await states(descend(model, { stream, optimizer: gd({ learningRate: 0 }), memory: 4, ...settings }));
    const weights = [0, 1, 2, 3, 4, 5].map((i) => 0.75 ** (5 - i));
    const expected = weights.reduce((sum, w, i) => sum + w * i * i, 0) / weights.reduce((a, b) => a + b);
    expect(found.at(-1)?.recent.loss).toBeCloseTo(expected, 12);
    expect(found.at(-1)?.all.loss).toBeCloseTo(55 / 6, 12);
  });

  it("follows what drifts, where a model that stopped learning does not", async () => {
    const drifting = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => {
        const t = from + i;
        const x = Math.sin(12.9898 * t) * 2;
        // The slope turns from 1 to −1 along the way.
        return { input: [x], target: [Math.cos((Math.PI * t) / 4000) * x] };
      });
    const stream = drifting(0, 4000);
    let frozen: ReturnType<StreamState["predictor"]> | undefined;
    let last: StreamState | undefined;
    const model = sequential(dense(1, { init: zeros() }));
    for await (const state of descend(model, {
      stream,
      optimizer: gd({ learningRate: 0.1 }),
      stepsPerYield: 500,
      memory: 200,
      ...settings,
    })) {
      frozen ??= state.predictor();
      last = state;
    }
    const late = stream.slice(-200);
    const stale = late.reduce((sum, { input, target }) => sum + ((frozen?.(input).outputs[0] ?? 0) - target[0]) ** 2, 0) / 200;
    expect(stale).toBeGreaterThan(1);
    expect(last?.recent.loss).toBeLessThan(0.01);
  });

  it("takes another rate, and a schedule by the steps that are asked for", async () => {
    const stream = records(20);
    const rates: number[] = [];
    for await (const state of descend(network(), { stream, optimizer: gd({ learningRate: 0.1 }), ...settings })) {
      rates.push(state.learningRate);
      if (state.step === 3) state.set({ learningRate: 0.02 });
      if (state.step === 5) break;
    }
    close(rates, [0.1, 0.1, 0.1, 0.02, 0.02]);
    const all = await states(descend(network(), { stream, optimizer: gd({ learningRate: cosine(0.1) }), steps: 10, ...settings }));
    expect(all.at(-1)).toMatchObject({ status: "step-limit", step: 10, records: 10 });
    all.forEach((s, k) => {
      expect(s.learningRate).toBeCloseTo(0.05 * (1 + Math.cos((Math.PI * k) / 10)), 12);
    });
  });
});

describe("a stream that does not behave", () => {
  /** Past the type checker, as a user of plain JavaScript would. */
  const teach = (options: object): AsyncGenerator<StreamState, void, void> => Reflect.apply(descend, undefined, [network(), options]);

  async function* counted(count: number, seen: { taken: number; closed: boolean }, then?: () => unknown): AsyncGenerator<unknown> {
    try {
      for (let i = 0; i < count; i++) {
        seen.taken++;
        yield record(i);
      }
      const late = then?.();
      if (late !== undefined) yield late;
    } finally {
      seen.closed = true;
    }
  }

  it("is asked for no more than what is needed, and told when nothing more is wanted", async () => {
    const seen = { taken: 0, closed: false };
    const steps = teach({ stream: counted(1e9, seen), batchSize: 3, stepsPerYield: 2 });
    expect(seen.taken).toBe(0);
    for (const expected of [6, 12, 18]) {
      expect((await steps.next()).value?.records).toBe(expected);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(seen.taken).toBe(expected);
    }
    await steps.return();
    expect(seen.closed).toBe(true);
    const broken = { taken: 0, closed: false };
    for await (const state of teach({ stream: counted(1e9, broken) })) if (state.step === 4) break;
    expect(broken).toEqual({ taken: 4, closed: true });
  });

  it("fails: what came before is learned and given, then the error names the record", async () => {
    const cause = new Error("the line is dead");
    const steps = teach({
      stream: counted(7, { taken: 0, closed: false }, () => {
        throw cause;
      }),
      batchSize: 5,
      ...{ optimizer: adam({ learningRate: 0.01 }), ...settings },
    });
    await steps.next();
    const last = (await steps.next()).value;
    expect([last?.records, last?.status]).toEqual([7, "running"]);
    close(last?.theta ?? [], (await trained(7, 5, adam({ learningRate: 0.01 }))).theta);
    const error = await rejectionOf(steps.next());
    expect(error.message).toMatch(/record 7 of the stream/);
    expect(error.message).toContain("the line is dead");
    expect(error.cause).toBe(cause);
    expect(await steps.next()).toEqual({ done: true, value: undefined });
  });

  const good = record(0);
  const oddities: readonly (readonly [string, unknown, RegExp])[] = [
    ["NaN", { ...good, input: [0, Number.NaN, 0] }, /record 4 of the stream, field 1/],
    ["a number that float32 cannot hold", { ...good, input: [1e300, 0, 0] }, /record 4/],
    ["too many numbers", { ...good, input: [1, 2, 3, 4] }, /3 numbers[\s\S]*record 4/],
    ["text", { ...good, target: "much" }, /record 4/],
    ["nothing", null, /\{ input, target \}[\s\S]*record 4/],
    ["another object", { x: 1 }, /an object with x[\s\S]*record 4/],
    ["a batch without targets", { inputs: [[1, 2, 3]], targets: [] }, /1 inputs, 0 targets[\s\S]*record 4/],
  ];
  it.each(oddities)("holds %s: the records before it are learned", async (_, odd, message) => {
    const steps = teach({ stream: counted(4, { taken: 0, closed: false }, () => odd), batchSize: 3 });
    await steps.next();
    expect((await steps.next()).value?.records).toBe(4);
    await expect(steps.next()).rejects.toThrow(message);
  });

  it("holds a bad record in the midst of a batch", async () => {
    const all = records(5);
    const inputs = all.map(({ input }, i) => (i === 3 ? [0, 0, Number.POSITIVE_INFINITY] : input));
    const steps = teach({ stream: [{ inputs, targets: all.map((r) => r.target) }] });
    expect((await steps.next()).value?.records).toBe(3);
    await expect(steps.next()).rejects.toThrow(/record 3 of the stream, field 2/);
  });

  it("holds a label that is none, or the name of no class", async () => {
    const of = (target: number | string, classes: number | string[]) =>
      descend(sequential(dense(2)), {
        stream: [
          { input: [1], target: 0 },
          { input: [1], target },
        ],
        classes,
      }).next();
    await expect(of(0, 3)).rejects.toThrow(/fewer outputs/);
    const labelled = descend(sequential(dense(2)), {
      stream: [
        { input: [1], target: 1 },
        { input: [1], target: 2 },
      ],
      classes: 2,
    });
    await labelled.next();
    await expect(labelled.next()).rejects.toThrow(/from 0 to 1[\s\S]*record 1[\s\S]*subtract 1/);
    await expect(of("green", ["red", "blue"])).resolves.toMatchObject({ value: { records: 1 } });
    expect(crossEntropy().classification).toBe(true);
  });

  it("is empty, or never answers", async () => {
    expect(await states(teach({ stream: [] }))).toEqual([]);
    const controller = new AbortController();
    let closed = false;
    const silent: AsyncIterable<StreamElement> = {
      [Symbol.asyncIterator]() {
        let i = 0;
        return {
          next: () => {
            if (i < 3) return Promise.resolve({ value: record(i++), done: false as const });
            setTimeout(() => controller.abort(), 20);
            return new Promise<never>(() => undefined);
          },
          return: () => {
            closed = true;
            return new Promise<never>(() => undefined);
          },
        };
      },
    };
    const all = await states(teach({ stream: silent, batchSize: 2, signal: controller.signal }));
    // The third was taken, so it is learned.
    expect(all.map((s) => [s.records, s.status])).toEqual([
      [2, "running"],
      [3, "aborted"],
    ]);
    expect(closed).toBe(true);
    expect(await states(teach({ stream: records(3), signal: AbortSignal.abort() }))).toEqual([]);
  });

  it("leads astray: the last good θ is kept", async () => {
    const stream = [
      { input: [1], target: [1] },
      { input: [1e18], target: [1] },
      { input: [1e18], target: [1] },
      { input: [1e18], target: [1] },
      { input: [1], target: [1] },
    ];
    const all = await states(descend(sequential(dense(1)), { stream, optimizer: gd({ learningRate: 1 }) }));
    const last = all.at(-1);
    expect(last?.status).toBe("diverged");
    expect(last?.theta.every(Number.isFinite)).toBe(true);
    expect(last?.step).toBeLessThan(4);
    expect(Number.isFinite(last?.all.loss)).toBe(true);
  });

  it.each([
    [{ stream: 5 }, /iterated/],
    [{ stream: records(1), batchSize: 0 }, /batchSize/],
    [{ stream: records(1), classes: 1 }, /classes/],
    [{ stream: records(1), epochs: 2 }, /epochs/],
    [{ stream: records(1), memory: 0 }, /memory/],
    [{}, /descend\(model, \{ stream \}\)/],
  ])("is refused with options that are none: %j", async (options, message) => {
    await expect(teach(options).next()).rejects.toThrow(message);
  });
});

describe("records of bytes", () => {
  const size = 784;
  const pixels = Uint8Array.from({ length: 64 * size }, (_, i) => (i * 37) % 251);
  const labels = Int32Array.from({ length: 64 }, (_, i) => i % 3);
  const batch = { inputs: { shape: [64, size], data: pixels }, targets: labels };
  const learn = async (elements: Iterable<StreamElement>, steps: number) => {
    let theta: ArrayLike<number> = [];
    for await (const state of descend(sequential(dense(3)), { stream: elements, classes: 3, stepsPerYield: steps, threads: 1 }))
      theta = state.theta;
    return theta;
  };

  it("have the bits of the same numbers, before and after others come", async () => {
    const numbers = { ...batch, inputs: { shape: [64, size], data: Float32Array.from(pixels) } };
    const expected = await learn([numbers, numbers, numbers, numbers], 2);
    expect(await learn([batch, batch, batch, batch], 2)).toEqual(expected);
    expect(await learn([batch, batch, numbers, batch], 2)).toEqual(expected);
    expect(await learn([numbers, batch, batch, numbers], 1)).toEqual(expected);
  });

  it("stay bytes while a slice is held", async () => {
    const steps = 200;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    const stream = (function* () {
      for (let i = 0; i < steps; i++) {
        yield batch;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
    })();
    await learn(stream, steps);
    // Ten megabytes of pixels in the rows, and as many again in copies that nobody has collected yet; as float64 the rows alone were eighty.
    const bytes = steps * pixels.length;
    expect(most).toBeGreaterThan(bytes / 2);
    expect(most).toBeLessThan(4 * bytes);
  });
});

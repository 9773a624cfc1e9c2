import {
  adam,
  applyInTiles,
  autoencoder,
  batchNorm,
  conv2d,
  defineLayer,
  dense,
  dncnn,
  fit,
  flatten,
  gradientStatistics,
  type Model,
  maxPool2d,
  meanAbsolute,
  relu,
  residual,
  sequential,
  type TrainingProgress,
  tensor,
  upsample2d,
} from "steepest";
import { restorationPairs } from "steepest/data";
import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { splitPairs } from "../../src/data/restoration/pairs.js";
import { tilesAlong } from "../../src/descent/tiles.js";
import { reachAlong } from "../../src/models/chain.js";
import { Training } from "../../src/objectives/training.js";
import { RandomStream } from "../../src/tensor/random.js";
import { hashOf } from "../backends/threads/network.js";
import { rejectionOf } from "../errors.js";

/** A picture of smooth hills: something a network can learn to keep. */
function hills(width: number, height: number, at: number) {
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
    return 128 + 100 * Math.sin(5 * x + at) * Math.cos(4 * y - 2 * at);
  });
  return { width, height, channels: 1, depth: 8, data } as const;
}

const images = Array.from({ length: 6 }, (_, i) => hills(30 + i, 28, i));
const pairs = restorationPairs(images, { patch: 16, sigma: [15, 35], patches: 96, test: [hills(33, 32, 9)] });
const train = (model: Model, more: object = {}) =>
  fit(model, pairs, { epochs: 2, batchSize: 20, optimizer: adam({ learningRate: 0.01 }), seed: 3, threads: 1, ...more });

describe("fit on pairs for restoration", () => {
  it("ends at the same weights with any number of threads, and at others with another seed", async () => {
    const [one, three, other] = await Promise.all(
      [1, 3, 1].map((threads, i) => train(dncnn({ depth: 3, filters: 4 }), { threads, seed: 3 + Math.floor(i / 2) })),
    );
    expect(hashOf(three.theta)).toBe(hashOf(one.theta));
    expect(hashOf(other.theta)).not.toBe(hashOf(one.theta));
    // 96 patches: 4 batches of 20 and one of 16
    expect(one.steps).toBe(10);
    expect(one.settings).toMatchObject({ augment: ["dihedral"], patch: 16, sigma: [15, 35] });
    expect(one.training.parts.loss.name).toBe("halfSquaredSum");
  });

  it("learns to take noise away, on pictures that it has not seen", async () => {
    const run = await train(dncnn({ depth: 3, filters: 8 }), { epochs: 40, validation: 0.2 });
    // ½ Σ n² of a noisy patch, in the mean over the range.
    const before = 0.5 * 256 * ((15 * 15 + 15 * 35 + 35 * 35) / 3 / 255 ** 2);
    expect(run.test?.loss).toBeLessThan(before / 2);
    expect(run.validation?.loss).toBeLessThan(before / 2);
  });

  it("says in dB how it does on pictures kept apart and on as many of its own, judged alike", async () => {
    const seenBy: TrainingProgress[] = [];
    const options = { epochs: 3, validation: 1 / 3, onProgress: (progress: TrainingProgress) => seenBy.push(progress) };
    const run = await train(dncnn({ depth: 3, filters: 4 }), options);
    const parts = splitPairs(pairs, 1 / 3, 3);
    for (const [part, evaluation] of [
      [parts.validation, run.validation],
      [parts.seen, run.seen],
    ] as const) {
      const { outputs } = run.predictor()(part.inputs.data);
      const squares = Float64Array.from(outputs, (x, i) => (x - part.targets.data[i]) ** 2);
      const psnr = -10 * Math.log10(squares.reduce((sum, s) => sum + s, 0) / squares.length);
      // The loss of a patch is a sum of 256 squares in float32: good to some 2⁻²⁰, of which a decibel takes 4.3.
      expect(Math.abs((evaluation?.psnr ?? 0) - psnr)).toBeLessThan(1e-4);
    }
    const judged = run.history.filter(({ validationPsnr }) => validationPsnr !== undefined);
    expect(judged.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(judged.at(-1)?.validationPsnr).toBe(run.validation?.psnr);
    expect(seenBy.at(-1)?.validationPsnr).toBe(run.validation?.psnr);
    for (const { loss, trainPsnr } of run.history) expect(trainPsnr).toBeCloseTo(10 * Math.log10(256 / (2 * loss)), 10);
    expect(JSON.parse(JSON.stringify(run))).toMatchObject({ seen: { psnr: run.seen?.psnr }, test: { psnr: run.test?.psnr } });
    // Where the loss is no squared error, nothing is said.
    const other = await train(dncnn({ depth: 3, filters: 4 }), { loss: meanAbsolute(), validation: 1 / 3 });
    expect([other.validation?.psnr, other.history[0].trainPsnr]).toEqual([undefined, undefined]);
    expect(other.seen?.loss).toBeGreaterThan(0);
  });

  it("begins near to what it is given, as the authors' does", async () => {
    const run = await train(dncnn({ depth: 5, filters: 16 }), { epochs: 0.1, optimizer: adam({ learningRate: 0 }), validation: 1 / 3 });
    // γ = 1 would begin with noise of the size of the picture itself, 20 dB lower.
    const noisy = -10 * Math.log10((15 * 15 + 15 * 35 + 35 * 35) / 3 / 255 ** 2);
    expect(Math.abs((run.validation?.psnr ?? 0) - noisy)).toBeLessThan(1);
    const { scale, bias } = Object.fromEntries(
      [...run.weights].filter(([path]) => path.includes("batchNorm1")).map(([path, data]) => [path.split(".").pop(), data]),
    );
    expect(Math.min(...scale.map(Math.abs))).toBeGreaterThanOrEqual(Math.fround(0.025));
    expect(Math.max(...scale.map(Math.abs))).toBeLessThan(5 * Math.sqrt(2 / 144));
    expect([...bias].every((x) => x === 0)).toBe(true);
  });

  it("refuses augmentations that would part a pair, difficulty, and statistics of records that are never the same", async () => {
    const model = dncnn({ depth: 2, filters: 2 });
    expect((await rejectionOf(train(model, { augment: [] }))).message).toMatch(/restorationPairs\(\{ augment/);
    expect((await rejectionOf(train(model, { order: "difficulty" }))).message).toMatch(/difficulty/);
    expect((await rejectionOf(train(model, { batchSize: 97 }))).message).toMatch(/larger than the data/);
    expect((await rejectionOf(gradientStatistics(await train(model)))).message).toMatch(/records in memory/);
  });
});

describe("applyInTiles", () => {
  const random = new RandomStream(4, "image");
  const image = { width: 53, height: 41, channels: 1, data: Float32Array.from({ length: 53 * 41 }, () => random.between(0, 1)) };

  it.each([
    [17, 2],
    [24, 1],
    [40, 3],
  ])("in tiles of %i gives what the whole image gives, also at the border", async (tile, threads) => {
    const run = await train(
      sequential(
        conv2d(4, 3),
        batchNorm(),
        relu(),
        residual(sequential(conv2d(4, 5), relu(), conv2d(4, 3, { dilation: 2 }))),
        conv2d(1, [1, 2]),
      ),
    );
    expect(reachAlong(run.model.layers)).toBe(1 + 2 + 2 + 1);
    const whole = await applyInTiles(run, image, { threads: 1 });
    const tiled = await applyInTiles(run, image, { tile, threads });
    expect([tiled.width, tiled.height, tiled.channels]).toEqual([53, 41, 1]);
    const size = Math.max(...whole.data.map(Math.abs));
    // Sums of at most 100 products, three times over, in another order: each is good to 100 · 2⁻²⁴.
    for (let i = 0; i < whole.data.length; i++)
      expect(Math.abs(tiled.data[i] - whole.data[i])).toBeLessThan(300 * 2 ** -24 * Math.max(1, size) * 4);
  });

  it("gives what the model gives for an image of the extents that it was trained on", async () => {
    const run = await train(dncnn({ depth: 3, filters: 4 }));
    const data = image.data.slice(0, 256);
    const { outputs } = run.predictor()(data);
    expect((await applyInTiles(run, { width: 16, height: 16, channels: 1, data })).data).toEqual(outputs);
  });

  it("sees, in each tile, all that a pixel depends on", () => {
    for (const [length, reach, most] of [
      [100, 3, 20],
      [512, 17, 256],
      [481, 17, 100],
      [21, 3, 20],
      [20, 3, 20],
      [41, 0, 1],
    ]) {
      const { extent, tiles } = tilesAlong(length, reach, most);
      expect(extent).toBeLessThanOrEqual(most);
      let next = 0;
      for (const { start, from, to } of tiles) {
        expect(from).toBe(next);
        expect(to).toBeGreaterThan(from);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(start + extent).toBeLessThanOrEqual(length);
        expect(start === 0 || from - start >= reach).toBe(true);
        expect(start + extent === length || start + extent - to >= reach).toBe(true);
        next = to;
      }
      expect(next).toBe(length);
    }
  });

  it("takes the image as a whole where layers make it smaller and larger again, if its extents come back", async () => {
    const run = await train(autoencoder({ filters: [4, 3] }), { epochs: 1 });
    const data = image.data.slice(0, 36 * 52);
    const { data: result } = await applyInTiles(run, { width: 52, height: 36, channels: 1, data }, { tile: 20 });
    const sized = new Training({ ...run.training.parts, model: run.model.rebuild([36, 52, 1]) });
    const whole = interpret([sized.output(tensor(run.theta), tensor(data, { shape: [1, 36, 52, 1] }))])[0];
    // Values from 0 to 1 behind sums of at most 72 products, five times over: each is good to 72 · 2⁻²⁴ of its terms.
    for (let i = 0; i < whole.length; i++) expect(Math.abs(result[i] - whole[i])).toBeLessThan(1e-4);
    expect(new Set(result).size).toBeGreaterThan(100);
  });

  it("refuses what it cannot do", async () => {
    const own = defineLayer({ name: "own", apply: (x) => x });
    const fitted = (model: Model) => train(model, { epochs: 1 });
    const pooled = await fitted(sequential(conv2d(2, 3), maxPool2d(2), upsample2d(2), conv2d(1, 3)));
    expect((await rejectionOf(applyInTiles(pooled, image))).message).toMatch(/cannot be applied in tiles[\s\S]*maxPool1/);
    // A layer that does not say how far it sees is given the image as a whole.
    expect((await applyInTiles(await fitted(sequential(conv2d(1, 3), own)), image, { tile: 8 })).data).toHaveLength(53 * 41);
    const deep = await fitted(dncnn({ depth: 3, filters: 2 }));
    expect((await rejectionOf(applyInTiles(deep, image, { tile: 6 }))).message).toMatch(/from 7/);
    expect((await rejectionOf(applyInTiles(deep, { ...image, channels: 3 }))).message).toMatch(/does not fit/);
    expect((await rejectionOf(applyInTiles(deep, { ...image, width: 54 }))).message).toMatch(/does not fit/);
  });

  it("is refused by models whose weights depend on the extents", () => {
    const built = sequential(flatten(), dense(3)).build([4, 4, 1]);
    expect(() => built.rebuild([5, 4, 1])).toThrow(/another shape/);
    expect(built.rebuild([2, 8, 1]).outputShape).toEqual([3]);
  });
});

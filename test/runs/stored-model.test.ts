import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  batchNorm,
  conv2d,
  crossEntropy,
  defineLayer,
  dense,
  dropout,
  fit,
  flatten,
  linear,
  meanSquared,
  relu,
  residual,
  sequential,
} from "steepest";
import { arrayDataset, digits } from "steepest/data";
import { loadRun, saveRun } from "steepest/node";
import { afterAll, describe, expect, it } from "vitest";
import { modelDataOf, modelFromData } from "../../src/runs/model-data.js";
import { messageOf, rejectionOf } from "../errors.js";
import { everyLayer } from "../models/every-layer.js";

const root = mkdtempSync(join(tmpdir(), "steepest-stored-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("a model as plain data", () => {
  it.each(everyLayer)("%s is built again from JSON: the same layers, shapes, weights and work", (_, model, input) => {
    const built = model.build(input);
    const data = modelDataOf(built);
    const again = modelFromData(JSON.parse(JSON.stringify(data)), "x").build(input);
    expect(modelDataOf(again)).toEqual(data);
    expect(again.summary()).toBe(built.summary());
    const kept = (m: typeof built) => [...m.parameters, ...m.state].map(({ path, shape }) => [path, shape]);
    expect(kept(again)).toEqual(kept(built));
  });

  it("names what it cannot build", () => {
    const own = defineLayer({ name: "mine", apply: (x) => x });
    for (const model of [sequential(own), sequential(residual(own))])
      expect(messageOf(() => modelFromData(modelDataOf(model.build([3])), "run.json"))).toMatch(
        /(mine1|residual1)[\s\S]*loadRun\(folder, \{ model \}\)/,
      );
    expect(messageOf(() => modelFromData({ name: "x", layers: [{ type: "warp" }] }, "x"))).toMatch(/does not know[\s\S]*warp/);
    expect(messageOf(() => modelFromData({ name: "x", layers: [{ type: "dense", units: 2, bias: 1 }] }, "x"))).toMatch(/bias/);
    expect(messageOf(() => modelFromData({ name: "x", layers: [{ type: "dense", units: -2, bias: true }] }, "x"))).toMatch(
      /units of dense/,
    );
  });
});

describe("the path of a training", () => {
  it("is stored beside the weights, and read back as it was", async () => {
    const folder = join(root, "path");
    const data = digits({ train: 40, test: 4 });
    const run = await fit(sequential(flatten(), dense(3), batchNorm(), relu(), dense(10)), data, {
      epochs: 3,
      batchSize: 8,
      recordPath: { every: 4 },
    });
    await saveRun(run, folder);
    // Running statistics are stored with the weights, but are none: 784 · 3 + 3, a scale and a shift for each of three, 3 · 10 + 10.
    expect(JSON.parse(readFileSync(join(folder, "run.json"), "utf8")).weights.parameters).toBe(2355 + 6 + 40);
    const { path } = await loadRun(folder);
    expect([...(path?.steps ?? [])]).toEqual([0, 4, 8, 12, 15]);
    expect(path?.data).toEqual(run.path?.data);
    expect(path?.losses).toEqual(run.path?.losses);
    expect(path?.states).toEqual(run.path?.states);
    expect(path?.stateAt(4)).toEqual(run.state);
    writeFileSync(join(folder, "path.safetensors"), "x");
    const damaged = await loadRun(folder);
    expect(messageOf(() => damaged.path)).toMatch(/path are not those/);
    // A run without one takes the place of a run with one.
    await saveRun(await fit(linear(), data), folder, { force: true });
    expect(existsSync(join(folder, "path.safetensors"))).toBe(false);
    expect((await loadRun(folder)).path).toBeUndefined();
  });
});

describe("a stored run", () => {
  const pictures = Uint8Array.from({ length: 3 * 784 }, (_, i) => (i * 37) % 256);

  it("predicts as the run did, bit by bit: preprocessing, running statistics and class names included", async () => {
    const data = digits({ train: 64, test: 16 });
    const run = await fit(sequential(conv2d(4, 3, { strides: 4 }), batchNorm(), relu(), dropout(0.2), flatten(), dense(10)), data, {
      epochs: 1,
      batchSize: 16,
    });
    await saveRun(run, join(root, "net"));
    const stored = await loadRun(join(root, "net"));
    expect(stored.predictor()(pictures)).toEqual(run.predictor()(pictures));
    expect(stored.preprocessing).toEqual(data.preprocessing);
    expect(stored.classes).toEqual(data.classes);
  });

  it("takes a model and a loss of one's own from the caller, and checks that they fit", async () => {
    const tripled = () => defineLayer({ name: "tripled", apply: (x) => x.mul(3) });
    const model = sequential(dense(2), tripled());
    const data = arrayDataset({
      inputs: { shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => i / 6) },
      targets: { shape: [4, 2], data: new Float32Array(8) },
    });
    const loss = { ...meanSquared(), name: "mine" };
    const run = await fit(model, data, { loss, epochs: 1, batchSize: 2, validation: 0 });
    const folder = join(root, "own");
    await saveRun(run, folder);
    const inputs = Float32Array.of(1, -2, 3);
    expect((await loadRun(folder, { model, loss })).predictor()(inputs)).toEqual(run.predictor()(inputs));
    expect((await loadRun(folder)).weights.length).toBe(2);
    const refusal = async (options: Parameters<typeof loadRun>[1]) => {
      const stored = await loadRun(folder, options);
      return messageOf(() => stored.predictor());
    };
    expect(await refusal({})).toMatch(/tripled1/);
    expect(await refusal({ model })).toMatch(/mine/);
    expect(await refusal({ model: sequential(dense(3), tripled()), loss })).toMatch(/not those of the model[\s\S]*dense1\.weight\[3, 3\]/);
  });

  it("refuses weights that do not belong to its layers", async () => {
    const run = await fit(linear(10), digits({ train: 20, test: 4 }), { epochs: 1, loss: crossEntropy() });
    const folder = join(root, "changed");
    await saveRun(run, folder);
    const at = join(folder, "run.json");
    writeFileSync(at, readFileSync(at, "utf8").replace('"units": 10', '"units": 11'));
    const stored = await loadRun(folder);
    expect(messageOf(() => stored.model)).toMatch(/dense1\.weight\[784, 11\]/);
    expect((await rejectionOf(loadRun(join(root, "nowhere")))).message).toMatch(/no such run folder/i);
  });
});

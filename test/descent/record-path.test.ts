import { adam, dense, fit, gd, relu, sequential } from "steepest";
import { arrayDataset } from "steepest/data";
import { describe, expect, it } from "vitest";
import { PathRecorder } from "../../src/descent/training-path.js";
import { noise } from "../backends/threads/network.js";
import { rejectionOf } from "../errors.js";

const data = arrayDataset({
  inputs: { shape: [50, 4], data: noise(200, 3) },
  targets: Array.from({ length: 50 }, (_, i) => (i * i) % 3),
  classes: 3,
});
const model = () => sequential(dense(5), relu(), dense(3));
/** Three batches of 20, 20, 10 in each of 7 epochs: 21 steps. */
const options = { epochs: 7, batchSize: 20 } as const;

describe("fit keeps the path", () => {
  it("of every step, with the weights that as many steps lead to, and the same weights as without", async () => {
    const run = await fit(model(), data, { ...options, recordPath: { every: 1 } });
    const { path } = run;
    expect([...(path?.steps ?? [])]).toEqual(Array.from({ length: 22 }, (_, i) => i));
    expect(path?.at(-1)).toEqual(run.theta);
    expect((await fit(model(), data, options)).theta).toEqual(run.theta);
    expect(path?.at(0)).toEqual(run.training.initialTheta());
    // Adam's steps do not depend on how many there will be.
    for (const epochs of [1, 3]) expect(path?.at(3 * epochs)).toEqual((await fit(model(), data, { ...options, epochs })).theta);
  });

  it("at regular steps, with the mean loss between them", async () => {
    const run = await fit(model(), data, { ...options, recordPath: { every: 5 } });
    const each = await fit(model(), data, { ...options, recordPath: { every: 1 } });
    const losses = each.path?.losses ?? [];
    expect([...(run.path?.steps ?? [])]).toEqual([0, 5, 10, 15, 20, 21]);
    // The loss of step k, taken from point k to point k + 1.
    const step = (k: number) => losses[k + 1];
    const mean = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => step(from + i)).reduce((a, b) => a + b) / (to - from);
    expect(run.path?.losses[0]).toBe(losses[0]);
    expect(run.path?.losses[1]).toBeCloseTo(mean(0, 5), 12);
    expect(run.path?.losses[4]).toBeCloseTo(mean(15, 20), 12);
    expect(run.path?.losses[5]).toBeCloseTo(step(20), 12);
    expect(losses[0]).toBe(losses[1]);
  });

  it("by itself in about 200 points", async () => {
    const run = await fit(model(), data, { epochs: 300, batchSize: 20, recordPath: true });
    expect(run.path?.length).toBeGreaterThan(100);
    expect(run.path?.length).toBeLessThanOrEqual(200);
    expect(run.path?.steps.at(-1)).toBe(900);
  });

  it("up to the last good point of a descent that diverges", async () => {
    const line = arrayDataset({ inputs: [1, 2, 3], targets: [1, 2, 3] });
    const run = await fit(sequential(dense(1)), line, { epochs: 500, optimizer: gd({ learningRate: 3 }), recordPath: { every: 1 } });
    expect(run.status).toBe("diverged");
    expect(run.path?.steps.at(-1)).toBe(run.steps);
    expect(run.path?.at(-1)).toEqual(run.theta);
  });

  it("of the whole descent, also where the best weights are restored", async () => {
    const run = await fit(model(), data, {
      ...{ epochs: 60, batchSize: 20, optimizer: adam({ learningRate: 0.1 }), validation: 0.3, patience: 2, recordPath: { every: 1 } },
    });
    expect(run.status).toBe("stopped-early");
    expect(run.path?.length).toBe(run.steps + 1);
    expect(run.path?.at(-1)).not.toEqual(run.theta);
  });

  it("in no less memory than four points take", async () => {
    const { message } = await rejectionOf(fit(model(), data, { ...options, recordPath: { memory: 1000 } }));
    expect(message).toContain("at least");
    expect((await rejectionOf(fit(model(), data, { recordPath: { every: 0 } }))).message).toContain("recordPath.every");
  });
});

describe("a recorder whose memory is full", () => {
  it("gives up every second point, whatever the number of steps", () => {
    for (let steps = 0; steps <= 200; steps++) {
      const recorder = new PathRecorder({ memory: 4 * 9, every: 1 }, 1, "f32", 200);
      for (let done = 0; done < steps; done++) {
        expect(recorder.until(done)).toBeGreaterThan(0);
        recorder.see(done, { theta: Float32Array.of(done), state: Float32Array.of(-done) });
        recorder.took([done], 1);
      }
      const path = recorder.finished(steps, { theta: Float32Array.of(steps), state: Float32Array.of(-steps) });
      expect(path.length).toBeLessThanOrEqual(9);
      expect([path.steps[0], path.steps.at(-1)]).toEqual([0, steps]);
      expect([...path.data]).toEqual([...path.steps]);
      expect([...path.steps].map((_, i) => path.stateAt(i)[0] + path.steps[i])).toEqual([...path.steps].map(() => 0));
      const gaps = new Set([...path.steps].slice(1, -1).map((step, i) => step - path.steps[i]));
      expect(gaps.size).toBeLessThanOrEqual(1);
      if (steps >= 9) expect(path.length).toBeGreaterThanOrEqual(5);
      // Step k had the loss k.
      for (let i = 1; i < path.length; i++) expect(path.losses[i]).toBeCloseTo((path.steps[i - 1] + path.steps[i] - 1) / 2, 12);
    }
  });
});

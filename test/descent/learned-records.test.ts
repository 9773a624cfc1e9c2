/** What looks at a run takes the records that it learned from: those kept apart for validation count nowhere. */
import { dense, fit, flatten, gradientStatistics, hessianSpectrum, landscape, sequential, sharpnessAlong } from "steepest";
import { digits, split, streamed } from "steepest/data";
import { describe, expect, it } from "vitest";
import { recordCount } from "../../src/data/dataset.js";
import { trainingParts } from "../../src/data/split.js";
import { splitChunks } from "../../src/data/streamed.js";

describe("a run with a validation part", async () => {
  const data = digits({ train: 130, test: 1 });
  const seed = 5;
  const settings = { epochs: 2, batchSize: 26, seed, recordPath: true } as const;
  const run = await fit(sequential(flatten(), dense(10)), data, { ...settings, validation: 0.2 });
  const { training } = split(data, 0.2, seed);

  it("has the spectrum, the statistics, the sharpness and the landscape of the rest", async () => {
    const spectrum = await hessianSpectrum(run, { top: 1 });
    expect(spectrum).toEqual({ ...(await hessianSpectrum(run, training, { top: 1 })), seconds: spectrum.seconds });
    expect(spectrum.records).toBe(104);
    const statistics = await gradientStatistics(run, { batchSizes: [8], samples: 2 });
    expect(statistics.records).toBe(104);
    expect(statistics.loss).toBe((await hessianSpectrum(run, training, { top: 1 })).loss);
    expect((await sharpnessAlong(run, { points: 2 })).records).toBe(104);
    const around = await landscape(run, { ray: "random", size: 3 });
    expect(around.records).toBe(104);
    // Sums in another order: the losses of single records are the same.
    expect(around.centre).toBeCloseTo(spectrum.loss, 6);
  });

  it("has kept whole chunks apart where it was streamed", async () => {
    const chunk = 8;
    const kept = splitChunks(streamed(data, { chunk }), chunk, 0.3, seed);
    const { training: learned, validation } = trainingParts(data, { validation: 0.3, seed, chunk });
    for (const [part, expected] of [
      [learned, kept.training],
      [validation, kept.validation],
    ] as const) {
      const { inputs, targets } = await expected.read(0, recordCount(expected));
      expect(part?.targets.data).toEqual(targets.data);
      expect(part?.inputs.data).toEqual(inputs.data);
    }
  });
});

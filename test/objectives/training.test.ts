import { crossEntropy, dense, dropout, l2, meanSquared, relu, sequential, tensor } from "steepest";
import { describe, expect, it } from "vitest";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { batchIndices, stepsPerEpoch } from "../../src/data/batches.js";
import { noPreprocessing } from "../../src/data/dataset.js";
import { batchRows, orderVariable, Training, type TrainingParts } from "../../src/objectives/training.js";
import { epochOrder } from "../../src/tensor/permutation.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { readVariable } from "../../src/tensor/tensor.js";

describe("batchRows", () => {
  /** The rows that the steps of one epoch pick, as the program computes them from the epoch's order. */
  function picked(records: number, batchSize: number, count: number, seed: number, first: number, steps: number): number[][] {
    const step: Variable = { name: "step", type: { shape: [], dtype: "f64" } };
    const perEpoch: Variable = { name: "perEpoch", type: { shape: [], dtype: "f64" } };
    const order = orderVariable(records);
    const at = readVariable(step, true);
    const rows = batchRows(readVariable(order), at, readVariable(perEpoch, true), batchSize, count);
    const program = new WasmProgram([step, perEpoch, order]);
    program.write(step, [first]);
    program.write(perEpoch, [stepsPerEpoch(records, batchSize)]);
    program.write(order, epochOrder(seed, Math.floor(first / stepsPerEpoch(records, batchSize)), records));
    const { traces } = program.run(
      { name: "pick", writes: [{ variable: step, value: at.add(1) }], traces: [{ name: "rows", value: rows }] },
      steps,
    );
    return Array.from({ length: steps }, (_, i) => Array.from(traces.rows.subarray(i * count, (i + 1) * count)));
  }

  it.each([
    [12, 4, 1],
    [7, 7, 0],
    [1, 1, 5],
    [1000, 64, 2 ** 40 + 17],
    [60_000, 512, 3],
  ])("of %i records in batches of %i with seed %i are the rows that the host's definition names", (records, batchSize, seed) => {
    const full = Math.floor(records / batchSize);
    for (const epoch of [0, 1, 7]) {
      const first = epoch * stepsPerEpoch(records, batchSize);
      const some = Math.min(full, 9);
      for (const [i, rows] of picked(records, batchSize, batchSize, seed, first, some).entries())
        expect(rows).toEqual([...batchIndices({ records, batchSize, seed }, first + i)]);
    }
  });

  it.each([
    [10, 4, 1],
    [1000, 64, 9],
  ])("the remainder of %i records in batches of %i", (records, batchSize, seed) => {
    for (const epoch of [0, 1, 5]) {
      const step = (epoch + 1) * stepsPerEpoch(records, batchSize) - 1;
      expect(picked(records, batchSize, records % batchSize, seed, step, 1)[0]).toEqual([
        ...batchIndices({ records, batchSize, seed }, step),
      ]);
    }
  });

  it("visit each record once in an epoch, in another order in the next", () => {
    const epochs = [0, 1].map((epoch) => picked(60, 20, 20, 4, 3 * epoch, 3).flat());
    for (const order of epochs) expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect(epochs[0]).not.toEqual(epochs[1]);
  });
});

describe("Training", () => {
  const parts = (more: Partial<TrainingParts> = {}): TrainingParts => ({
    model: sequential(dense(2)).build([3]),
    loss: crossEntropy(),
    preprocessing: noPreprocessing,
    seed: 1,
    dtype: "f64",
    ...more,
  });
  const weights = (training: Training) =>
    tensor(
      training.layout.join(
        new Map([
          ["dense1.weight", [1, 2, 3, 4, 5, 6]],
          ["dense1.bias", [0.5, -0.5]],
        ]),
      ),
    );
  const inputs = tensor([
    [1, 0, -1],
    [2, 2, 2],
  ]);

  it("computes by hand-checked numbers: scores, loss, hits", () => {
    const training = new Training(parts());
    const { output, perRecord, loss, correct } = training.batch(weights(training), inputs, tensor([0, 1], { dtype: "i32" }), false);
    // x·W + b with W = [[1, 2], [3, 4], [5, 6]]
    expect(output.toArray()).toEqual([
      [-3.5, -4.5],
      [18.5, 23.5],
    ]);
    const expected = [Math.log(1 + Math.exp(-1)), Math.log(1 + Math.exp(-5))];
    for (const [i, x] of expected.entries()) expect(perRecord.data()[i]).toBeCloseTo(x, 14);
    expect(loss.item()).toBeCloseTo((expected[0] + expected[1]) / 2, 14);
    expect(correct?.item()).toBe(2);
  });

  it("prepares stored numbers: (x · scale + offset − mean) / std, channel by channel", () => {
    const training = new Training(parts({ preprocessing: { scale: 2, offset: 1, mean: [1, 2, 3], std: [1, 2, 4] } }));
    const bytes = tensor(Uint8Array.of(1, 0, 5), { shape: [1, 3] });
    // [3, 1, 11] − [1, 2, 3] = [2, −1, 8], over [1, 2, 4]: [2, −½, 2]
    expect(training.output(weights(training), bytes).toArray()).toEqual([[2 - 1.5 + 10 + 0.5, 4 - 2 + 12 - 0.5]]);
  });

  it("adds the regulariser to the mean loss while training, and only then", () => {
    const training = new Training(parts({ regularizer: l2(0.1) }));
    const theta = weights(training);
    const targets = tensor([0, 1], { dtype: "i32" });
    const [learning, judging] = [true, false].map((on) => training.batch(theta, inputs, targets, on).loss.item());
    // 0.1 · (1 + 4 + 9 + 16 + 25 + 36), without the biases
    expect(learning - judging).toBeCloseTo(9.1, 12);
  });

  it("never broadcasts targets of [n] against outputs of [n, 1]", () => {
    const training = new Training(parts({ model: sequential(dense(1)).build([1]), loss: meanSquared() }));
    const theta = tensor(
      training.layout.join(
        new Map([
          ["dense1.weight", [1]],
          ["dense1.bias", [0]],
        ]),
      ),
    );
    const { perRecord } = training.batch(theta, tensor([[1], [2], [3]]), tensor([1, 1, 1]), false);
    expect(perRecord.toArray()).toEqual([0, 1, 4]);
  });

  it("drops units while training, by step and seed", () => {
    const model = sequential(dense(40), relu(), dropout(0.5)).build([3]);
    const output = (seed: number, step: number, on: boolean) => {
      const training = new Training(parts({ model, seed, loss: meanSquared() }));
      const theta = tensor(training.layout.padded(new Float64Array(training.layout.count).fill(1)));
      return training.batch(theta, inputs, tensor(new Float64Array(80), { shape: [2, 40] }), on, { step: tensor(step) }).output.toArray();
    };
    expect(output(1, 0, true)).toEqual(output(1, 0, true));
    expect(output(1, 0, true)).not.toEqual(output(1, 1, true));
    expect(output(1, 0, true)).not.toEqual(output(2, 0, true));
    expect(output(1, 0, false)).toEqual(output(2, 1, false));
    // Kept units are doubled: 2 · (6 + 1) in the second record.
    expect(new Set((output(1, 0, true) as number[][])[1])).toEqual(new Set([0, 14]));
  });

  it("refuses a loss that has taken the mean already", () => {
    const training = new Training(parts({ loss: { name: "own", classification: false, perRecord: (y, t) => y.sub(t).square().mean() } }));
    expect(() =>
      training.batch(
        weights(training),
        inputs,
        tensor([
          [1, 2],
          [3, 4],
        ]),
        true,
      ),
    ).toThrow(/the loss own does not give one number for each record/);
  });
});

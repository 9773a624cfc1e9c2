import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/data/index.js";
import {
  arrayDataset,
  batchIndices,
  channelStatistics,
  checkBatchSize,
  checkDataset,
  classCounts,
  split,
  standardized,
  statistics,
  stepsPerEpoch,
} from "../../src/data/index.js";

describe("arrayDataset", () => {
  it("takes nested numbers of any depth", () => {
    const images = [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [5, 6],
        [7, 8],
      ],
    ];
    const data = arrayDataset({ inputs: images, targets: [0.5, -0.5], dtype: "f64" });
    expect(data.inputs).toEqual({ shape: [2, 2, 2], dtype: "f64", data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    expect(data.targets).toEqual({ shape: [2], dtype: "f64", data: Float64Array.of(0.5, -0.5) });
    expect(data.classes).toBeUndefined();
    expect(data.preprocessing).toEqual({ scale: 1, offset: 0 });
  });

  it("takes typed arrays without copying, a flat one as one field", () => {
    const x = Float32Array.of(1, 2, 3);
    expect(arrayDataset({ inputs: x, targets: x }).inputs).toEqual({ shape: [3, 1], dtype: "f32", data: x });
    const bytes = new Uint8Array(12);
    const data = arrayDataset({ inputs: { shape: [3, 2, 2, 1], data: bytes }, targets: Uint8Array.of(0, 1, 1), classes: 2 });
    expect(data.inputs.data).toBe(bytes);
    expect(data.targets.dtype).toBe("u8");
    expect(data.classes).toEqual(["0", "1"]);
  });

  it("turns names into labels", () => {
    const data = arrayDataset({ inputs: [1, 2, 3], targets: ["pear", "apple", "pear"], test: { inputs: [4], targets: ["plum"] } });
    expect(data.classes).toEqual(["apple", "pear", "plum"]);
    expect([...data.targets.data]).toEqual([1, 0, 1]);
    expect([...(data.test?.targets.data ?? [])]).toEqual([2]);
    expect(() => arrayDataset({ inputs: [1], targets: ["appl"], classes: ["apple", "pear"] })).toThrow(
      /none of the classes[\s\S]*record 0[\s\S]*"apple"/,
    );
  });

  it("turns whole numbers into labels where there are classes, and only there", () => {
    expect(arrayDataset({ inputs: [1, 2], targets: [1, 0], classes: ["no", "yes"] }).targets.dtype).toBe("i32");
    expect(arrayDataset({ inputs: [1, 2], targets: [1, 0] }).targets.dtype).toBe("f32");
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "a missing number",
      () =>
        arrayDataset({
          name: "t",
          inputs: [
            [1, 2],
            [3, Number.NaN],
          ],
          targets: [1, 2],
        }),
      /no finite number\n.*\n.*NaN\n.*t, record 1, field 1/,
    ],
    [
      "an infinity in a typed array",
      () => arrayDataset({ inputs: Float32Array.of(1, Infinity), targets: [1, 2] }),
      /Infinity\n.*data, record 1$/m,
    ],
    ["a number beyond f32", () => arrayDataset({ inputs: [1, 1e39], targets: [1, 2] }), /inputs hold.*\n.*\n.*1e\+39/],
    ["a bad target", () => arrayDataset({ inputs: [1, 2], targets: [1, -Infinity] }), /The targets hold.*\n.*\n.*-Infinity\n.*record 1/],
    [
      "a field of an image",
      () => arrayDataset({ inputs: { shape: [2, 2, 2, 1], data: Float64Array.of(0, 0, 0, 0, 0, 0, Number.NaN, 0) }, targets: [1, 2] }),
      /record 1, field \[1, 0, 0\]/,
    ],
    ["ragged rows", () => arrayDataset({ inputs: [[1, 2], [3]], targets: [1, 2] }), /ragged\n.*2 entries.*\n.*1 entries\n.*record 1/],
    ["rows among numbers", () => arrayDataset({ inputs: [[1], [[2]]], targets: [1, 2] }), /ragged/],
    ["an empty set", () => arrayDataset({ inputs: [], targets: [] }), /The inputs are empty\n.*at least one record/],
    ["empty records", () => arrayDataset({ inputs: [[], []], targets: [1, 2] }), /records of the inputs are empty/],
    [
      "lengths that disagree",
      () => arrayDataset({ inputs: [1, 2, 3], targets: [1, 2] }),
      /not as many targets.*\n.*3 targets.*\n.*2 targets/,
    ],
    [
      "a shape that data do not fill",
      () => arrayDataset({ inputs: { shape: [2, 2], data: [1, 2, 3] }, targets: [1, 2] }),
      /do not fill.*\n.*4 numbers.*\n.*3 numbers/,
    ],
    [
      "labels from 1",
      () => arrayDataset({ inputs: [1, 2], targets: [1, 2], classes: 2 }),
      /out of range\n.*0 to 1.*\n.*2\n.*record 1\n.*count from 0/,
    ],
    [
      "negative labels",
      () => arrayDataset({ inputs: [1, 2], targets: Int32Array.of(0, -1), classes: 2 }),
      /out of range\n.*\n.*-1\n.*record 1/,
    ],
    ["broken labels", () => arrayDataset({ inputs: [1, 2], targets: [0, 0.5], classes: 2 }), /out of range\n.*\n.*0\.5/],
    [
      "one-hot labels",
      () =>
        arrayDataset({
          inputs: [1, 2],
          targets: [
            [0, 1],
            [1, 0],
          ],
          classes: 2,
        }),
      /one whole number for each record[\s\S]*one-hot/,
    ],
    ["classes twice", () => arrayDataset({ inputs: [1, 2], targets: [0, 1], classes: ["a", "a"] }), /"a" twice/],
    [
      "a test part of another shape",
      () => arrayDataset({ inputs: [[1, 2]], targets: [1], test: { inputs: [[1]], targets: [1] } }),
      /test inputs.*another shape/,
    ],
    ["a std of 0", () => arrayDataset({ inputs: [[1, 2]], targets: [1], preprocessing: { std: [1, 0] } }), /preprocessing[\s\S]*std 0/],
    [
      "a mean for other channels",
      () => arrayDataset({ inputs: [[1, 2]], targets: [1], preprocessing: { mean: [1, 2, 3] } }),
      /mean does not fit.*\n.*or 2/,
    ],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("statistics", () => {
  const table = arrayDataset({
    inputs: [
      [1, 10],
      [2, 10],
      [6, 10],
    ],
    targets: [0, 1, 1],
    classes: 2,
  });

  it("are those of the textbook", () => {
    const [first, second] = channelStatistics(table.inputs);
    // mean 3, squared deviations 4 + 1 + 9 over 3.
    expect(first).toEqual({ count: 3, min: 1, max: 6, mean: 3, std: Math.sqrt(14 / 3) });
    expect(second.std).toBe(0);
    expect(statistics(table.inputs).mean).toBe(6.5);
    expect(classCounts(table, 2)).toEqual([1, 2]);
  });

  it("keep their digits where the mean is large", () => {
    const data = Float64Array.of(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16);
    // A classic case: the variance is 22.5 exactly; the difference of squares gives 0 or garbage.
    expect(statistics({ shape: [4], dtype: "f64", data }).std).toBe(Math.sqrt(22.5));
  });

  it("become a preprocessing", () => {
    const { preprocessing } = standardized(table);
    expect(preprocessing).toEqual({ scale: 1, offset: 0, mean: [3, 10], std: [Math.sqrt(14 / 3), 1] });
    const scaled = standardized({ ...table, preprocessing: { scale: 0.5, offset: 1 } });
    expect(scaled.preprocessing.mean).toEqual([2.5, 6]);
    expect(() => checkDataset(scaled)).not.toThrow();
  });
});

describe("split", () => {
  const count = 1000;
  const data: Dataset = arrayDataset({
    inputs: Array.from({ length: count }, (_, i) => [i, -i]),
    targets: Array.from({ length: count }, (_, i) => i),
    test: { inputs: [[1, 2]], targets: [1] },
  });

  it("puts every record into exactly one part, with its own target", () => {
    const { training, validation } = split(data, 0.1, 3);
    expect(training.inputs.shape).toEqual([900, 2]);
    expect(validation.inputs.shape).toEqual([100, 2]);
    expect([...training.targets.data, ...validation.targets.data].sort((a, b) => a - b)).toEqual([...data.targets.data]);
    for (const part of [training, validation])
      for (const [i, target] of part.targets.data.entries())
        expect([part.inputs.data[2 * i], part.inputs.data[2 * i + 1]]).toEqual([target, -target]);
    expect(training.test).toBe(data.test);
    expect(validation.test).toBeUndefined();
  });

  it("depends on the seed alone, and takes records from everywhere", () => {
    const records = (seed: number) => [...split(data, 0.1, seed).validation.targets.data];
    expect(records(3)).toEqual(records(3));
    expect(records(3)).not.toEqual(records(4));
    // The mean of 100 of 0…999 without replacement: 499.5, standard error 288.7 / 10 · √0.9.
    expect(Math.abs(records(3).reduce((a, b) => a + b) / 100 - 499.5)).toBeLessThan(4 * 27.4);
  });

  it("refuses to leave a part empty", () => {
    for (const fraction of [0, 1, -0.1, 0.0001, 0.9999, Number.NaN]) expect(() => split(data, fraction)).toThrow(/leaves a part empty/);
  });
});

describe("batches", () => {
  it("cover each epoch once, the last one smaller", () => {
    const order = { records: 10, batchSize: 4, seed: 1 };
    expect(stepsPerEpoch(10, 4)).toBe(3);
    for (const epoch of [0, 1, 5]) {
      const batches = [0, 1, 2].map((b) => batchIndices(order, 3 * epoch + b));
      expect(batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
      expect(batches.flatMap((batch) => [...batch]).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(batchIndices(order, 0)).not.toEqual(batchIndices(order, 3));
  });

  it("keep the order of the data without a seed", () => {
    expect([...batchIndices({ records: 5, batchSize: 2, seed: undefined }, 2)]).toEqual([4]);
    expect([...batchIndices({ records: 5, batchSize: 2, seed: undefined }, 3)]).toEqual([0, 1]);
  });

  it("are never larger than the data", () => {
    const data = arrayDataset({ name: "small", inputs: [1, 2, 3], targets: [1, 2, 3] });
    expect(() => checkBatchSize(3, data, data.name)).not.toThrow();
    expect(() => checkBatchSize(4, data, data.name)).toThrow(/batch is larger than the data\n.*1 to 3.*\n.*4\n.*small\n.*batchSize: 3/);
    for (const size of [0, -1, 1.5, Number.NaN]) expect(() => checkBatchSize(size, data, data.name)).toThrow(/batch size is not usable/);
  });
});

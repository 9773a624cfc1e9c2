/** Parts that are evaluated by one program: what one of them leaves over must not be taken for the beginning of another. */
import { fit, linear } from "steepest";
import { digits } from "steepest/data";
import { describe, expect, it } from "vitest";

describe("a test part", () => {
  it("is the same beside a validation part that is as large as what it leaves over", async () => {
    // 100 records kept apart; 356 are a batch of 256 and 100 left over.
    const data = digits({ train: 150, test: 356 });
    const run = await fit(linear(), data, { epochs: 1, batchSize: 50, validation: 2 / 3 });
    const { classes } = run.predictor()(data.test?.inputs.data ?? []);
    const right = Array.from(data.test?.targets.data ?? []).filter((label, i) => label === classes?.[i]).length;
    expect(run.test?.accuracy).toBe(right / 356);
  });
});

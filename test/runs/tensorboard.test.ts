import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adam, fit, gd, type HistoryRecord, linear, race, raceTraining } from "steepest";
import { digits } from "steepest/data";
import { saveRaceEvents, tensorboardLog } from "steepest/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventsOf } from "../exchange/event-reader.js";

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "steepest-events-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The events of the only file in a folder. */
function eventsIn(...path: string[]) {
  const files = readdirSync(join(root, ...path));
  expect(files).toHaveLength(1);
  expect(files[0]).toMatch(/^events\.out\.tfevents\.\d{10}\./);
  const [start, ...events] = eventsOf(readFileSync(join(root, ...path, files[0])));
  expect(start.version).toBe("brain.Event:2");
  return events;
}

/** Numbers as an event file keeps them. */
const rounded = (numbers: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Math.fround(value)]));

const data = digits({ train: 60, test: 20 });

describe("the log of a training for TensorBoard", () => {
  it("has every line of the history, training and validation apart", async () => {
    const began = new Date(Date.UTC(2026, 2, 5, 14, 7, 3, 250));
    const log = await tensorboardLog(join(root, "logs"), { name: "linear: a/b", began });
    log.text("settings", "adam");
    const lines: HistoryRecord[] = [];
    const onRecord = (line: HistoryRecord) => {
      lines.push(line);
      log.record(line);
    };
    const run = await fit(linear(), data, { epochs: 3, batchSize: 20, validation: 0.2, onRecord });
    log.close();
    expect(lines).toEqual(run.history);
    expect(log.folder).toBe(join(root, "logs", "linear_a_b"));

    const [settings, ...train] = eventsIn("logs", "linear_a_b", "train");
    expect(settings.texts).toEqual({ settings: "adam" });
    expect(train).toEqual(
      run.history.map(({ step, seconds, loss, learningRate, gradientNorm = Number.NaN, trainAccuracy = Number.NaN }) => ({
        wallTime: began.getTime() / 1000 + seconds,
        step,
        scalars: rounded({ loss, learning_rate: learningRate, gradient_norm: gradientNorm, accuracy: trainAccuracy }),
        texts: {},
      })),
    );
    const judged = run.history.filter(({ validationLoss }) => validationLoss !== undefined);
    expect(judged).toHaveLength(3);
    expect(eventsIn("logs", "linear_a_b", "validation").map(({ step, scalars }) => [step, scalars])).toEqual(
      judged.map(({ step, validationLoss = 0, validationAccuracy = 0 }) => [
        step,
        rounded({ loss: validationLoss, accuracy: validationAccuracy }),
      ]),
    );
  });

  it("has each line on the disk when it is written, and no curve that was not measured", async () => {
    const log = await tensorboardLog(join(root, "growing"));
    for (let step = 1; step <= 3; step++) {
      log.record({ step, epoch: step, seconds: step, loss: 1 / step, learningRate: 0.1 });
      expect(eventsIn("growing", "run", "train").map((event) => event.step)).toEqual(Array.from({ length: step }, (_, i) => i + 1));
    }
    expect(readdirSync(log.folder)).toEqual(["train"]);
    expect(Object.keys(eventsIn("growing", "run", "train")[0].scalars)).toEqual(["loss", "learning_rate"]);
    log.close();
    log.close();
    log.record({ step: 4, epoch: 4, seconds: 4, loss: 1, learningRate: 0.1 });
    expect(eventsIn("growing", "run", "train")).toHaveLength(3);
  });

  it("never mixes two runs", async () => {
    const folder = join(root, "twice");
    const logs = [await tensorboardLog(folder, { name: "a" }), await tensorboardLog(folder, { name: "a" })];
    for (const log of logs) log.close();
    expect(readdirSync(folder).sort()).toEqual(["a", "a-2"]);
  });

  it("says where it cannot write", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    await expect(tensorboardLog(file)).rejects.toThrow(/TensorBoard cannot be written/);
    await expect(tensorboardLog(join(file, "below"))).rejects.toThrow(/TensorBoard cannot be written/);
  });
});

describe("a race for TensorBoard", () => {
  it("has a folder for each method, with its losses over the evaluations", async () => {
    const result = race("x^2 + 10y^2", [1, 1], [gd(), adam({ learningRate: 0.1 })], { evaluations: 30, tune: false });
    await saveRaceEvents(result, join(root, "race"));
    expect(readdirSync(join(root, "race")).sort()).toEqual(result.table.map(({ name }) => name).sort());
    for (const { name, curve } of result.table) {
      const events = eventsIn("race", name).filter(({ scalars }) => "loss" in scalars);
      expect(events.map(({ step }) => step)).toEqual([...curve.evaluations]);
      expect(events.map(({ scalars }) => scalars.loss)).toEqual([...Float32Array.from(curve.loss)]);
    }
  });

  it("has a folder for each seed of a network, with what was judged at the end, and adds to what is there", async () => {
    mkdirSync(join(root, "networks", "gd"), { recursive: true });
    const result = await raceTraining(linear(), data, [gd({ learningRate: 0.1 })], {
      epochs: 1,
      batchSize: 20,
      seeds: [4, 9],
      tune: false,
    });
    await saveRaceEvents(result, join(root, "networks"));
    expect(readdirSync(join(root, "networks")).sort()).toEqual(["gd", "gd-2"]);
    for (const run of result.table[0].runs) {
      const events = eventsIn("networks", "gd-2", `seed-${run.seed}`).filter(({ texts }) => Object.keys(texts).length === 0);
      expect(events.slice(0, -1).map(({ step, scalars }) => [step, scalars.loss])).toEqual(
        run.curve.map(([step, loss]) => [step, Math.fround(loss)]),
      );
      expect(events.at(-1)).toMatchObject({
        step: run.steps,
        scalars: rounded({ validation_loss: run.validation?.loss ?? 0, test_loss: run.test?.loss ?? 0 }),
      });
    }
  });
});

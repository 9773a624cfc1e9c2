import { describe, expect, it } from "vitest";
import type { TrainProgress } from "../../src/cli/engine.js";
import { barLine, progressView } from "../../src/cli/progress.js";
import { columnsOf, Terminal } from "../../src/cli/terminal.js";

const at = (step: number, more: Partial<TrainProgress> = {}): TrainProgress => ({
  step,
  totalSteps: 100,
  epoch: step / 50,
  seconds: step / 10,
  loss: 1 / step,
  samplesPerSecond: 3921.7,
  ...more,
});

function terminal(columns: number | undefined, environment: Readonly<Record<string, string>> = { NO_COLOR: "1" }) {
  const written: string[] = [];
  const sink = { write: (text: string) => written.push(text), isTTY: columns !== undefined, columns };
  return { written, terminal: new Terminal(sink, environment) };
}

describe("the living line", () => {
  it("shows epoch, loss, time left and speed", () => {
    // 25 of 100 steps in 2.5 s: 7.5 s for the other 75, told in whole seconds.
    const line = barLine(at(25, { validationAccuracy: 0.9 }), 2, terminal(120).terminal);
    expect(line).toMatch(/^epoch 1\/2 {2}━{6}─{18} {3}loss 0\.0400 {3}8 s left {3}3,920 samples\/s {3}validation 90\.0 %$/);
  });

  it("never wraps, however narrow the terminal", () => {
    for (let columns = 1; columns < 140; columns++) {
      expect(barLine(at(60, { validationAccuracy: 0.9, seconds: 86400 }), 2000, terminal(columns).terminal).length).toBeLessThan(
        Math.max(columns, 1) + 0.5,
      );
    }
  });

  it("is drawn over itself, at most ten times a second, and stays at the end as it last was", () => {
    let now = 0;
    const { written, terminal: place } = terminal(100);
    const view = progressView(place, 2, () => now);
    for (let step = 1; step <= 100; step++, now += 10) view.update(at(step));
    view.end();
    // 100 updates in a second: one each 100 ms, then the last.
    expect(written.length).toBe(10 + 2);
    for (const text of written.slice(0, -1)) expect(text.startsWith("\r\u001b[2K")).toBe(true);
    expect(written.at(-2)).toContain("epoch 2/2");
    expect(written.at(-1)).toBe("\n");
  });
});

describe("without a terminal", () => {
  it("writes a plain line each epoch", () => {
    const { written, terminal: place } = terminal(undefined);
    const view = progressView(place, 2, () => 0);
    for (let step = 1; step <= 100; step++) view.update(at(step, step >= 50 ? { validationLoss: 0.5, validationAccuracy: 0.9 } : {}));
    view.end();
    expect(written).toEqual([
      "epoch 1 of 2, loss 0.02, validation loss 0.5, validation accuracy 90.0 %, 3,920 samples/s, 5.0 s\n",
      "epoch 2 of 2, loss 0.01, validation loss 0.5, validation accuracy 90.0 %, 3,920 samples/s, 10 s\n",
    ]);
  });

  it("writes a line each half minute of a long epoch, and the last state of an unfinished one", () => {
    let now = 0;
    const { written, terminal: place } = terminal(undefined);
    const view = progressView(place, 2, () => now);
    for (let step = 1; step <= 40; step++, now += 1000) view.update(at(step));
    view.end();
    expect(written.map((text) => text.split(",")[0])).toEqual(["epoch 0.62 of 2", "epoch 0.8 of 2"]);
  });
});

describe("colours", () => {
  it.each([
    ["on a terminal", 80, {}, true],
    ["not for NO_COLOR", 80, { NO_COLOR: "1" }, false],
    ["not for an empty NO_COLOR, which is as none", 80, { NO_COLOR: "" }, true],
    ["not on a dumb terminal", 80, { TERM: "dumb" }, false],
    ["not into a file", undefined, {}, false],
  ])("%s", (_, columns, environment, expected) => {
    const { terminal: place } = terminal(columns, environment);
    expect(place.bold("x") !== "x").toBe(expected);
  });
});

it("aligns columns", () => {
  expect(
    columnsOf(
      [
        ["a", "1"],
        ["long", "22"],
      ],
      [1],
    ),
  ).toEqual(["a      1", "long  22"]);
});

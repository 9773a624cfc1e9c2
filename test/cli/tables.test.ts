/** Tables from training to prediction, as a user starts it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RandomStream } from "../../src/tensor/random.js";
import { json, steepest } from "./program.js";

const root = mkdtempSync(join(tmpdir(), "steepest-tables-"));
const path = (name: string) => join(root, name);
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Price = 900 area − 4000 age + 50,000 + noise of deviation 3,000; columns of very different size. */
function houses(count: number, seed: number): { readonly text: string; readonly prices: number[] } {
  const random = new RandomStream(seed, "houses of a test");
  const prices: number[] = [];
  const lines = ["area,street,age,price"];
  for (let i = 0; i < count; i++) {
    const [area, age] = [random.between(40, 200), random.between(0, 9)];
    const noise = new Float64Array(1);
    random.fillNormal(noise, 0, 3000);
    prices.push(Math.round(900 * area - 4000 * age + 50_000 + noise[0]));
    lines.push(`${area.toFixed(1)},Elm ${i},${age.toFixed(2)},${prices[i]}`);
  }
  return { text: `${lines.join("\n")}\n`, prices };
}

/** Two clouds, named by numbers. */
function clouds(count: number): string {
  const random = new RandomStream(3, "clouds of a test");
  const lines = ["x,y,kind"];
  for (let i = 0; i < count; i++) {
    const kind = i % 2;
    lines.push(`${random.between(0, 1) + 2 * kind},${random.between(-500, 500)},${kind + 1}`);
  }
  return `${lines.join("\n")}\n`;
}

const options = ["--model", "linear", "--batch-size", "16", "--lr", "0.02", "--epochs", "40"];
const train = (table: string, out: string, ...more: string[]) => ["train", "--data", path(table), "--out", path(out), ...options, ...more];

beforeAll(() => {
  writeFileSync(path("houses.csv"), houses(200, 1).text);
  writeFileSync(path("clouds.csv"), clouds(100));
});

describe("steepest train --data TABLE.csv", () => {
  it("predicts numbers, says how far it is off in their own unit, and applies to new tables", async () => {
    const { code, result, err } = await json(...train("houses.csv", "houses", "--target", "price", "--columns", "area,age"));
    expect(code, err).toBe(0);
    // The noise has deviation 3,000; the mean of 40 squares lies within 4·√(2/40) of it with all but certainty, and prices spread by 40,000.
    expect(result.testRmse).toBeGreaterThan(1000);
    expect(result.testRmse).toBeLessThan(5500);
    expect(result.testRSquared).toBeGreaterThan(0.97);
    expect(result.testAccuracy).toBe(null);
    expect(readFileSync(join(path("houses"), "report.html"), "utf8")).toMatch(/of the variance of unseen records is explained/);

    const again = await json("evaluate", path("houses"));
    expect(again.result).toMatchObject({ records: 40, rmse: result.testRmse, rSquared: result.testRSquared, accuracy: null });

    // Other houses: what predict says of each record makes up the errors that evaluate says.
    const { text, prices } = houses(30, 2);
    writeFileSync(path("new.csv"), text);
    const judged = await json("evaluate", path("houses"), "--data", path("new.csv"));
    expect(judged.result.records).toBe(30);
    const said = await json("predict", path("houses"), path("new.csv"));
    const [{ records }] = said.result.tables as { readonly records: { readonly prediction: number }[] }[];
    const squares = records.reduce((sum, { prediction }, i) => sum + (prediction - prices[i]) ** 2, 0);
    const mean = prices.reduce((sum, x) => sum + x, 0) / prices.length;
    const spread = prices.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    expect(judged.result.rmse).toBeCloseTo(Math.sqrt(squares / 30), -1);
    expect(judged.result.rSquared).toBeCloseTo(1 - squares / spread, 5);

    // The column of the target is not needed to predict; columns may lie in another order.
    writeFileSync(path("unknown.csv"), "age,area\n3,100\n");
    const plain = await steepest("predict", path("houses"), path("unknown.csv"), "--quiet");
    expect([plain.code, Math.abs(Number(plain.out) - 128_000) < 3000]).toEqual([0, true]);
  });

  it("tells classes apart, also those that are written as numbers", async () => {
    const { code, result, err } = await json(...train("clouds.csv", "clouds", "--target", "kind", "--classes"));
    expect([code, result.testAccuracy], err).toEqual([0, 1]);
    const { classes, command } = JSON.parse(readFileSync(join(path("clouds"), "run.json"), "utf8"));
    expect([classes, command]).toEqual([["1", "2"], expect.stringContaining("--target kind --classes --missing refuse --model linear")]);
    // A table that holds one class alone, and in which the other does not come first.
    writeFileSync(path("twos.csv"), "y,x,kind\n0,2.5,2\n9,2.9,2\n");
    expect((await json("evaluate", path("clouds"), "--data", path("twos.csv"))).result).toMatchObject({ records: 2, accuracy: 1 });
    const { out } = await steepest("predict", path("clouds"), path("twos.csv"), "--top", "1");
    expect(out).toMatch(/twos\.csv +1 +2 +2 +\d+\.\d %\n.*twos\.csv +2 +2 /);
  });

  it("refuses what is missing, or drops it when asked to", async () => {
    const lines = houses(200, 1).text.split("\n");
    lines[5] = ",Elm 4,3,170000";
    lines[9] = "100,Elm 8,3,";
    writeFileSync(path("gaps.csv"), lines.join("\n"));
    const wanted = ["--target", "price", "--columns", "area,age"];
    const refused = await steepest(...train("gaps.csv", "gaps", ...wanted));
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/Column area[\s\S]*line 6, column 1[\s\S]*--missing drop/)]);
    const dropped = await json(...train("gaps.csv", "gaps", ...wanted, "--missing", "drop"));
    expect(dropped.code, dropped.err).toBe(0);
    // 198 records are left, a fifth of them for testing.
    expect((await json("evaluate", path("gaps"))).result.records).toBe(40);
    writeFileSync(path("gaps.csv"), lines.slice(0, 150).join("\n"));
    const changed = await steepest("evaluate", path("gaps"));
    expect([changed.code, changed.err]).toEqual([1, expect.stringMatching(/has changed since[\s\S]*198 records/)]);
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ["a target that is not there", ["--target", "prize", "--columns", "area,age"], 2, /no column prize[\s\S]*did you mean price/],
    ["a column that is not there", ["--target", "price", "--columns", "area,aeg"], 2, /no column aeg[\s\S]*did you mean age/],
    ["a column of words", ["--target", "price"], 1, /Column street[\s\S]*Elm 0[\s\S]*line 2, column \d+[\s\S]*--columns/],
  ])("says what is wrong: %s", async (_, more, code, message) => {
    const ended = await steepest(...train("houses.csv", "none", ...more));
    expect([ended.code, ended.err]).toEqual([code, expect.stringMatching(message)]);
  });

  it("does not mix tables and pictures", async () => {
    const { code, err } = await steepest("evaluate", path("clouds"), "--data", "digits");
    expect([code, err]).toEqual([1, expect.stringMatching(/trained on a table[\s\S]*x, y, kind/)]);
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import "../../src/index.js";
import { main } from "../../src/cli/main.js";
import { exhibits } from "../../src/lectures/index.js";
import { run } from "./fake-engine.js";

const folder = mkdtempSync(join(tmpdir(), "steepest-lectures-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("steepest lectures", () => {
  it("writes the page, the figures and the numbers, and prints the page's place", async () => {
    const out = join(folder, "some");
    const { code, out: printed, err } = await run(["lectures", "--only", "d1,D15", "--out", out]);
    expect([code, printed.trim()]).toEqual([0, join(out, "index.html")]);
    expect(
      err
        .trim()
        .split("\n")
        .map((line) => line.split(/\s/)[0]),
    ).toEqual(["D1", "D15"]);
    const files = readdirSync(out);
    expect(files).toEqual(expect.arrayContaining(["index.html", "numbers.json"]));
    expect(files.filter((name) => /^d(1|15)-[a-z]+\.svg$/.test(name))).toHaveLength(files.length - 2);
    const numbers: Record<string, Record<string, unknown>> = JSON.parse(readFileSync(join(out, "numbers.json"), "utf8"));
    expect(Object.keys(numbers)).toEqual(["D1", "D15"]);
    expect(numbers.D1["stepsTo1e-3"]).toEqual([18, 41, null]);
  });

  it("gives one object with --json", async () => {
    const out = join(folder, "json");
    const { code, out: printed, err } = await run(["lectures", "--only", "D2", "--out", out, "--json"]);
    expect([code, err]).toEqual([0, ""]);
    const result: { numbers: { D2: { "stepsTo1e-3": unknown } }; files: string[]; page: string } = JSON.parse(printed);
    expect(result.numbers.D2["stepsTo1e-3"]).toEqual([42, 42]);
    expect([...result.files].sort()).toEqual(readdirSync(out).sort());
  });

  it("writes each figure in the forms that are asked for", async () => {
    const out = join(folder, "forms");
    expect((await run(["lectures", "--only", "D15", "--out", out, "--also", "png,csv,ts"])).code).toBe(0);
    expect(readdirSync(out)).toEqual(["d15-loss.csv", "d15-loss.png", "d15-loss.svg", "d15-loss.ts", "index.html", "numbers.json"]);
    expect([...readFileSync(join(out, "d15-loss.png")).subarray(1, 4)]).toEqual([80, 78, 71]);
    expect(readFileSync(join(out, "d15-loss.csv"), "utf8")).toMatch(/^mark,label,x,y/);
    expect(readFileSync(join(out, "d15-loss.ts"), "utf8")).toContain('from "steepest/figures"');
  });

  it("teaches which exhibits there are", async () => {
    const { code, err } = await run(["lectures", "--only", "D77", "--out", folder]);
    expect(code).toBe(2);
    expect(err).toContain("there is no such exhibit");
    expect(err).toContain("D1, D2");
    expect(await run(["lectures", "--also", "gif"])).toMatchObject({ code: 2, err: expect.stringContaining("png, csv, ts") });
  });

  it("says what it cannot read or write", async () => {
    const file = join(folder, "a-file");
    writeFileSync(file, "");
    expect((await run(["lectures", "--only", "D1", "--out", join(file, "inside")])).code).toBe(1);
    expect((await run(["lectures", "--only", "D1", "--data", join(folder, "absent"), "--out", folder])).code).toBe(1);
  });

  // What an exhibit shows as a command line must be one. Those that train, or take a run or a picture, are tested with their commands.
  it("shows command lines that work", { timeout: 120_000 }, async () => {
    const lines = exhibits.flatMap(({ command }) => (command === undefined || /train|denoise| RUN /.test(command) ? [] : [command]));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain).slice(1);
      let told = "";
      const sink = { write: (text: string) => (told += text) };
      const code = await main(words, { stdout: { write: () => true }, stderr: sink, environment: {} });
      // A descent that diverges is told as such, with 1.
      expect([line, code, told]).toEqual([line, line.includes("--lr 100") ? 1 : 0, ""]);
    }
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engine } from "../../src/cli/connect.js";
import { parseCsv } from "../../src/data/csv.js";
import { eventsOf } from "../exchange/event-reader.js";
import { run, writeTinyMnist } from "./fake-engine.js";

let root = "";
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "steepest-race-"));
  writeTinyMnist(join(root, "mnist"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("race", () => {
  it("asks for a formula with its start, or for a problem with its own", async () => {
    const formula = await run([
      "race",
      "x^2 + 10*y^2",
      "--start",
      "y=2,x=1",
      "--evaluations",
      "77",
      "--target",
      "0.1",
      "--rates",
      "1e-3,1",
    ]);
    expect(formula.code).toBe(0);
    expect(formula.asked.race).toMatchObject({
      formula: "x^2 + 10*y^2",
      start: [1, 2],
      evaluations: 77,
      target: 0.1,
      rates: [1e-3, 1],
      tune: ["gd", "momentum", "nesterov", "adam", "lbfgs"],
    });
    const { asked } = await run(["race", "quadratic:1,4,9", "--start", "1,2,3", "--untuned"]);
    expect(asked.race).toMatchObject({ problem: { name: "quadratic:1,4,9", start: [1, 2, 3], dimension: 3 }, tune: false });
    expect((await run(["race", "rastrigin:6"])).asked.race).toMatchObject({ problem: { name: "rastrigin:6", dimension: 6 } });
    expect((await run(["race", "worstFunction:400"])).asked.race).toMatchObject({ problem: { dimension: 50 } });
  });

  it("reads optimizers with options of their own; a rate that is given stays", async () => {
    const list = "gd:lr=0.5,adam:beta2=0.9:schedule=step:1000:0.5:epsilon=1e-6,rmsprop:centered,momentum:clip-norm=2";
    const { asked, code } = await run(["race", "beale", "--optimizers", list]);
    expect(code).toBe(0);
    const entrants = asked.race?.optimizers ?? {};
    expect(Object.keys(entrants)).toEqual([
      "gd",
      "adam:beta2=0.9:schedule=step:1000:0.5:epsilon=1e-6",
      "rmsprop:centered",
      "momentum:clip-norm=2",
    ]);
    expect(asked.race?.tune).toEqual(Object.keys(entrants).slice(1));
    const [gd, adam, rmsprop, clipped] = Object.values(entrants);
    expect(gd.learningRate).toBe(0.5);
    expect(adam.settings).toMatchObject({ beta2: 0.9, epsilon: 1e-6 });
    expect(typeof adam.learningRate).toBe("object");
    expect(rmsprop.settings).toMatchObject({ centered: true });
    expect(clipped.name).toBe("clip(momentum)");
  });

  it("prints a table and a chart; the table alone; one object", async () => {
    const { out } = await run(["race", "beale", "--optimizers", "gd:lr=0.01,lbfgs"]);
    const lines = out.split("\n");
    expect(lines[0]).toBe("beale: 20 evaluations each, from f = 14.2; the minimum is 0.");
    expect(lines[3]).toMatch(/^ {3}method +rate +good decades +evaluations +steps +lowest f +final f +end$/);
    expect(lines[4]).toMatch(/^1 {2}lbfgs /);
    expect(lines[5]).toMatch(/^2 {2}gd +0\.01 /);
    expect(out).toContain("evaluations of f and its gradient");
    const quiet = await run(["race", "beale", "--optimizers", "gd:lr=0.01,lbfgs", "--quiet"]);
    expect(quiet.out).toBe(`${lines.slice(3, 6).join("\n")}\n`);
    const { out: text } = await run(["race", "beale", "--optimizers", "gd:lr=0.01,lbfgs", "--json"]);
    const result = JSON.parse(text);
    expect(result).toMatchObject({ name: "beale", evaluations: 20, start: 14.203125, minimum: 0, isMinimumKnown: true });
    expect(result.table.map((row: { readonly name: string }) => row.name)).toEqual(["lbfgs", "gd"]);
    expect(result.table[1]).toMatchObject({
      rank: 2,
      learningRate: 0.01,
      isTuned: false,
      status: "step-limit",
      evaluations: 20,
      steps: 19,
      trials: [],
    });
    expect(result.table[1]).not.toHaveProperty("curve");
  });

  it("writes figures and tables that hold the same numbers", async () => {
    const folder = join(root, "out");
    const { code, out } = await run(["race", "beale", "--optimizers", "gd:lr=0.01,lbfgs", "--out", folder, "--json"]);
    expect(code).toBe(0);
    expect(readdirSync(folder).sort()).toEqual([
      "curves.csv",
      "curves.svg",
      "race.json",
      "race.svg",
      "rates.csv",
      "rates.svg",
      "report.html",
      "table.csv",
    ]);
    const result = JSON.parse(out);
    expect(JSON.parse(readFileSync(join(folder, "race.json"), "utf8"))).toEqual(result);
    const table = parseCsv(readFileSync(join(folder, "table.csv"), "utf8"), "table.csv");
    expect([...table.numbers("best")]).toEqual(result.table.map((row: { readonly best: number }) => row.best));
    const curves = parseCsv(readFileSync(join(folder, "curves.csv"), "utf8"), "curves.csv");
    const gd = curves.text("name").flatMap((name, i) => (name === "gd" ? [curves.numbers("loss")[i]] : []));
    expect([gd.length, gd[0], gd.at(-1)]).toEqual([20, 14.203125, result.table[1].final]);
    for (const name of ["race.svg", "curves.svg"]) expect(readFileSync(join(folder, name), "utf8")).toContain(">lbfgs</text>");
    const page = readFileSync(join(folder, "report.html"), "utf8");
    expect(page).not.toMatch(/<script|@import|url\(|\son\w+=|NaN|undefined/i);
    expect(page).toContain(`<h1>lbfgs is first: there after ${result.table[0].evaluationsToTarget} evaluations</h1>`);
    expect([...page.matchAll(/<th scope="row">.*?<\/span>([^<]*)</g)].map(([, name]) => name)).toEqual(["lbfgs", "gd"]);
    // Again into the same folder: its own files are replaced.
    expect((await run(["race", "beale", "--out", folder])).code).toBe(0);
  });

  it("writes events for TensorBoard, and says beforehand where it cannot", async () => {
    const folder = join(root, "events");
    const { code, out } = await run(["race", "beale", "--optimizers", "gd:lr=0.01,lbfgs", "--tensorboard", folder]);
    expect([code, readdirSync(folder).sort()]).toEqual([0, ["gd", "lbfgs"]]);
    expect(out).toContain(`tensorboard --logdir ${folder}`);
    const [file] = readdirSync(join(folder, "gd"));
    const losses = eventsOf(readFileSync(join(folder, "gd", file))).flatMap(({ scalars }) => ("loss" in scalars ? [scalars.loss] : []));
    expect([losses.length, losses[0]]).toEqual([20, 14.203125]);
    const place = join(root, "no-folder");
    writeFileSync(place, "");
    const refused = await run(["race", "beale", "--tensorboard", place]);
    expect([refused.code, refused.asked.race]).toEqual([1, undefined]);
  });

  it("fails where all diverge, and does so with the engine itself", async () => {
    const argv = ["race", "x^4", "--start", "1e6", "--optimizers", "gd", "--rates", "1,10", "--evaluations", "50", "--quiet"];
    const { code, out } = await run(argv, { engine: { race: engine.race } });
    expect([code, out.includes("diverged")]).toEqual([1, true]);
  });

  it("races on networks", async () => {
    const argv = [
      "race",
      "--data",
      `mnist:${join(root, "mnist")}`,
      "--model",
      "linear",
      "--batch-size",
      "4",
      "--epochs",
      "2",
      "--seeds",
      "2",
    ];
    const folder = join(root, "network");
    const { code, out, asked } = await run([...argv, "--optimizers", "gd:lr=0.1,adam", "--out", folder]);
    expect(code).toBe(0);
    expect(asked.raceTraining).toMatchObject({
      epochs: 2,
      batchSize: 4,
      seeds: 2,
      validation: 0.1,
      tune: ["adam"],
      model: { name: "linear" },
    });
    expect(out).toMatch(/^linear on .*: 5 steps each\. By the mean validation loss over 2 seeds/);
    expect(out).toContain("validation loss");
    expect(out).toContain("test accuracy");
    expect(readdirSync(folder)).toContain("race.svg");
    const { out: text } = await run([...argv, "--json"]);
    expect(JSON.parse(text).table[0].runs).toHaveLength(2);
    const interrupted = await run(argv, {
      onInterrupt: (listener) => {
        listener();
        return () => undefined;
      },
    });
    expect(interrupted).toMatchObject({ code: 130, out: "" });
  });
});

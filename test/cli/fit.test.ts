import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engine } from "../../src/cli/connect.js";
import { run } from "./fake-engine.js";

let root = "";
const file = (name: string, text: string) => {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "steepest-fit-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** y = 2x + 1 and a column of words. */
const line = "x,y,label,w\n0,1,a,1\n1,3,b,1\n2,5,c,1\n3,7.5,d,0\n";

describe("steepest fit", () => {
  it("asks the engine for the columns that the formula names, and no others", async () => {
    const path = file("line.csv", line);
    const { code, asked } = await run(["fit", path, "y = a*x + b", "--start", "a=1, b=2", "--method", "lbfgs", "--weights", "w"]);
    expect(code).toBe(0);
    expect(asked.fit).toMatchObject({ formula: "y = a*x + b", start: { a: 1, b: 2 }, method: "lbfgs", weights: "w", confidence: 0.95 });
    expect(Object.keys(asked.fit?.data ?? {})).toEqual(["x", "y", "w"]);
    expect([...(asked.fit?.data.y ?? [])]).toEqual([1, 3, 5, 7.5]);
  });

  it("prints a table, or one JSON object, or the values alone", async () => {
    const path = file("line.csv", line);
    const argv = ["fit", path, "y = a*x + b", "--start", "a=1,b=2"];
    const { out } = await run(argv);
    expect(out).toMatch(
      /^Converged after 3 steps\n\n {2}parameter\s+value\s+standard error\s+95 % interval\n {2}a\s+1\s+0\.125\s+[-−]1 … 1\n/,
    );
    expect(out).toMatch(/residual standard deviation\s+0\.25 \(8 degrees of freedom\)/);
    expect(out).toContain("It fits.");
    expect(JSON.parse((await run([...argv, "--json"])).out)).toEqual({
      status: "converged",
      parameters: { a: 1, b: 2 },
      standardErrors: { a: 0.125, b: 0.125 },
      confidenceIntervals: { a: [-1, 1], b: [-1, 1] },
      correlation: [
        [1, 0],
        [0, 1],
      ],
      residualSumOfSquares: 0.5,
      residualStandardDeviation: 0.25,
      degreesOfFreedom: 8,
      undetermined: [],
      iterations: 3,
      evaluations: { value: 7, gradient: 4 },
      diagnosis: "It fits.",
    });
    expect((await run([...argv, "--quiet"])).out).toBe("a  1\nb  2\n");
  });

  it("fits with the engine itself, and draws", async () => {
    const path = file("line.csv", line);
    const figure = join(root, "out.svg");
    const { code, out } = await run(["fit", path, "y = a*x + b", "--start", "a=1,b=2", "--weights", "w", "--figure", figure, "--json"], {
      engine,
    });
    expect(code).toBe(0);
    const { parameters, status, residualSumOfSquares } = JSON.parse(out);
    expect(status).toBe("converged");
    // The fourth point counts nothing; the others lie on the line.
    expect(parameters.a).toBeCloseTo(2, 12);
    expect(parameters.b).toBeCloseTo(1, 12);
    expect(residualSumOfSquares).toBeLessThan(1e-25);
    const svg = readFileSync(figure, "utf8");
    expect(svg.match(/<circle/g)).toHaveLength(4);
    expect(svg.match(/<path/g)).toHaveLength(1);
  });

  it("has a dash for what the data do not determine", async () => {
    const { out } = await run(["fit", file("line.csv", line), "y = a*b*x", "--start", "a=1,b=2"], { engine });
    expect(out).toMatch(/\n {2}a( +[\d.]+) +– +–\n {2}b( +[\d.]+) +– +–\n/);
  });

  it("ends with 1 where the fit does not converge", async () => {
    const path = file("line.csv", line);
    const argv = ["fit", path, "y = a*exp(b*x)", "--start", "a=1,b=0.1", "--steps", "1"];
    const { code, out } = await run([...argv, "--json"], { engine });
    expect([code, JSON.parse(out).status]).toEqual([1, "step-limit"]);
    expect((await run(argv, { engine })).out).toMatch(/^Not converged: stopped after 1 step\n/);
  });

  it("says where a file or a formula is wrong", async () => {
    const broken = file("broken.csv", "x,y\n1,2\n2,two\n");
    const start = ["--start", "a=1"];
    expect((await run(["fit", broken, "y = a*x", ...start], { engine })).err).toMatch(
      /Column y[\s\S]*two[\s\S]*broken\.csv, line 3, column 3/,
    );
    expect(await run(["fit", join(root, "none.csv"), "y = a*x", ...start])).toMatchObject({ code: 1 });
    const path = file("line.csv", line);
    expect((await run(["fit", path, "y = a*z", ...start], { engine })).err).toMatch(/z is not known/);
    expect(await run(["fit", path, "y = a*", ...start], { engine })).toMatchObject({ code: 2 });
    expect((await run(["fit", path, "y = a*x", ...start, "--weights", "v"], { engine })).err).toMatch(/no column v/);
    const unwritable = join(root, "missing", "out.svg");
    expect((await run(["fit", path, "y = a*x", ...start, "--figure", unwritable], { engine })).err).toMatch(/figure cannot be written/);
    expect(existsSync(unwritable)).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { csvDataset } from "../../src/data/index.js";

const table = (rows: readonly string[]) => `a,b,kind\n${rows.join("\n")}\n`;

describe("csvDataset", () => {
  it("has names as classes, and numbers as numbers or, when asked, as classes by value", () => {
    const named = csvDataset(table(["1,10,x", "2,20,y", "3,30,x"]), { target: "kind", test: 0 });
    expect([named.inputs.shape, [...named.inputs.data], named.classes, [...named.targets.data]]).toEqual([
      [3, 2],
      [1, 10, 2, 20, 3, 30],
      ["x", "y"],
      [0, 1, 0],
    ]);
    const numbers = csvDataset(table(["1,10,2.5", "2,20,-1"]), { target: "kind", test: 0 });
    expect([numbers.classes, [...numbers.targets.data]]).toEqual([undefined, [2.5, -1]]);
    const labels = csvDataset(table(["1,10,10", "2,20,9", "3,1,10"]), { target: "kind", test: 0, classes: true });
    expect([labels.classes, [...labels.targets.data]]).toEqual([
      ["9", "10"],
      [1, 0, 1],
    ]);
  });

  it("standardizes over the training records, unless that is not wanted", () => {
    const rows = Array.from({ length: 50 }, (_, i) => `${i},${i * i},${i % 2 ? "x" : "y"}`);
    const data = csvDataset(table(rows), { target: "kind" });
    expect([data.inputs.shape[0], data.test?.inputs.shape[0]]).toEqual([40, 10]);
    const first = Array.from({ length: 40 }, (_, i) => data.inputs.data[2 * i]);
    const mean = first.reduce((sum, x) => sum + x, 0) / 40;
    expect(data.preprocessing.mean?.[0]).toBeCloseTo(mean, 10);
    expect(data.preprocessing.std?.[0]).toBeCloseTo(Math.sqrt(first.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 40), 10);
    expect(csvDataset(table(rows), { target: "kind", standardize: false }).preprocessing).toEqual({ scale: 1, offset: 0 });
    const all = [...first, ...Array.from({ length: 10 }, (_, i) => data.test?.inputs.data[2 * i])].sort((a, b) => Number(a) - Number(b));
    expect(all).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it("takes the columns asked for, and refuses what is not there or no number", () => {
    expect([...csvDataset(table(["1,10,x", "2,20,y"]), { target: "kind", columns: ["b"], test: 0 }).inputs.data]).toEqual([10, 20]);
    const bad = (text: string, options: Parameters<typeof csvDataset>[1]) => () => csvDataset(text, options);
    expect(bad(table(["1,2,x"]), { target: "kin" })).toThrow(/did you mean kind/);
    expect(bad(table(["1,2,x"]), { target: "kind", columns: ["c"] })).toThrow(/no column c/);
    expect(bad(table(["1,2,x", "3,4,x"]), { target: "kind" })).toThrow(/one class alone/);
    expect(bad(table(["1,two,x", "3,4,y"]), { target: "kind" })).toThrow(/line 2, column 3/);
    expect(bad(table(["1,2,x", "3,4,"]), { target: "kind" })).toThrow(/no class/);
    expect(bad("kind\nx\ny\n", { target: "kind" })).toThrow(/nothing to predict from/);
    expect(bad(table(["1,2,x", "3,4,y"]), { target: "kind", test: 1 })).toThrow(/share/);
  });

  it("drops records with empty cells in the columns that are used, when asked to", () => {
    const text = table(["1,10,x", ",20,y", "3,,x", "4,40,", "5,50,y"]);
    expect(() => csvDataset(text, { target: "kind" })).toThrow(/Column a[\s\S]*line 3, column 1/);
    const all = csvDataset(text, { target: "kind", test: 0, missing: "drop" });
    expect([[...all.inputs.data], all.fields]).toEqual([
      [1, 10, 5, 50],
      ["a", "b"],
    ]);
    const some = csvDataset(text, { target: "kind", columns: ["a"], test: 0, missing: "drop" });
    expect([[...some.inputs.data], some.fields]).toEqual([[1, 3, 5], ["a"]]);
  });

  it("takes the names of the classes by label, and refuses others", () => {
    const options = { target: "kind", test: 0, classes: ["z", "y", "x"] } as const;
    expect([...csvDataset(table(["1,10,x", "2,20,y"]), options).targets.data]).toEqual([2, 1]);
    expect(() => csvDataset(table(["1,10,x", "2,20,w"]), options)).toThrow(/none of the classes[\s\S]*record 1/);
  });
});

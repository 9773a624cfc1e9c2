import { describe, expect, it } from "vitest";
import { interpret } from "../../src/backends/interpreter/index.js";
import { ParameterLayout } from "../../src/models/layout.js";
import { tensor } from "../../src/tensor/create.js";

const parameters = [
  { path: "dense1.weight", shape: [5, 4] },
  { path: "dense1.bias", shape: [4] },
  { path: "scale1.gain", shape: [] },
];

describe("ParameterLayout", () => {
  it("starts each parameter on a 64-byte boundary", () => {
    const f32 = new ParameterLayout(parameters, "f32");
    expect(f32.entries.map(({ offset }) => offset)).toEqual([0, 32, 48]);
    expect([f32.size, f32.count]).toEqual([64, 25]);
    const f64 = new ParameterLayout(parameters, "f64");
    expect(f64.entries.map(({ offset }) => offset)).toEqual([0, 24, 32]);
    expect([f64.size, f64.count]).toEqual([40, 25]);
    for (const { offset } of f64.entries) expect((offset * 8) % 64).toBe(0);
  });

  it("knows what each parameter is for", () => {
    const { entries } = new ParameterLayout(parameters);
    expect(entries.map(({ kind, group }) => `${group} ${kind}`)).toEqual(["dense1 weight", "dense1 bias", "scale1 bias"]);
  });

  it("gives views that see their own part", () => {
    const layout = new ParameterLayout(parameters, "f64");
    const values = Float64Array.from({ length: 25 }, (_, i) => i + 1);
    const views = layout.views(tensor(layout.padded(values)));
    const parts = interpret([views["dense1.weight"], views["dense1.bias"], views["scale1.gain"]]);
    expect(parts.map((part) => [...part])).toEqual([[...values.slice(0, 20)], [21, 22, 23, 24], [25]]);
    expect(views["dense1.weight"].shape).toEqual([5, 4]);
  });

  it("goes from padded to unpadded and back, whole and in parts", () => {
    const layout = new ParameterLayout(parameters, "f32");
    const values = Float32Array.from({ length: 25 }, (_, i) => i + 0.5);
    const padded = layout.padded(values);
    expect(padded.length).toBe(64);
    expect(layout.unpadded(padded)).toEqual(values);
    expect(layout.join(layout.split(padded))).toEqual(padded);
  });

  it("says what does not fit", () => {
    const layout = new ParameterLayout(parameters, "f64");
    expect(() => layout.padded(new Float64Array(24))).toThrow(/25 elements[\s\S]*24 elements/);
    expect(() => layout.views(tensor(new Float64Array(25)))).toThrow(/f64\[40\], gaps included/);
    expect(() => layout.entry("dense1.wieght")).toThrow(/no parameter "dense1\.wieght"/);
    expect(() => layout.join(new Map([["dense1.weight", new Float64Array(20)]]))).toThrow(/dense1\.bias is missing/);
    expect(() => new ParameterLayout([parameters[0], parameters[0]])).toThrow(/two parameters are called "dense1\.weight"/);
  });
});

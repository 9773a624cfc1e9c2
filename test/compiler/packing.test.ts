import { describe, expect, it } from "vitest";
import { WasmProgram } from "../../src/backends/wasm/program.js";
import { compileEntry } from "../../src/compiler/compile.js";
import { showFunction } from "../../src/compiler/loops/print.js";
import type { EntryPoint } from "../../src/compiler/program.js";
import { concatenate } from "../../src/tensor/join.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { readVariable } from "../../src/tensor/tensor.js";
import { variable } from "./machine.js";

/** x ← x − m / (√v + ¼), m ← ¾ m + g, v ← ½ v + g², with g = (x₁ − 1, x₀ + x₀, x₂ + x₂, …): some numbers one by one, some together. */
function step(size: number, dtype: "f32" | "f64"): { variables: readonly Variable[]; point: EntryPoint } {
  const variables = ["x", "m", "v"].map((name) => variable(name, { shape: [size], dtype }));
  const [x, m, v] = variables.map((one) => readVariable(one));
  const one = (i: number) => x.slice([i], [1]);
  const gradient = concatenate(Array.from({ length: size }, (_, i) => (i === 0 ? one(Math.min(1, size - 1)).sub(1) : one(i).add(one(i)))));
  const mean = m.mul(0.75).add(gradient);
  const squares = v.mul(0.5).add(gradient.square());
  const next = x.sub(mean.div(squares.sqrt().add(0.25)));
  const isFar = x.abs().sum().gt(1e3);
  const keep = (old: typeof x, then: typeof x) => isFar.broadcastTo(x.shape).select(old, then);
  return {
    variables,
    point: {
      name: "step",
      writes: [
        { variable: variables[0], value: keep(x, next) },
        { variable: variables[1], value: keep(m, mean) },
        { variable: variables[2], value: keep(v, squares) },
      ],
      traces: [
        { name: "path", value: x },
        { name: "spread", value: gradient.square().sum() },
      ],
      stop: isFar,
    },
  };
}

/** The same in JavaScript, number by number. */
function expected(size: number, round: (x: number) => number, start: readonly number[], steps: number) {
  let x = start.map(round);
  let m = x.map(() => 0);
  let v = x.map(() => 0);
  const path: number[] = [];
  const spread: number[] = [];
  for (let step = 0; step < steps; step++) {
    const g = x.map((_, i) => (i === 0 ? round(x[Math.min(1, size - 1)] - 1) : round(x[i] + x[i])));
    path.push(...x);
    spread.push(g.map((a) => round(a * a)).reduce((a, b) => round(a + b)));
    if (x.map(Math.abs).reduce((a, b) => round(a + b)) > 1e3) break;
    m = m.map((a, i) => round(round(a * 0.75) + g[i]));
    v = v.map((a, i) => round(round(a * 0.5) + round(g[i] * g[i])));
    const root = v.map((a) => round(round(Math.sqrt(a)) + 0.25));
    x = x.map((a, i) => round(a - round(m[i] / root[i])));
  }
  return { x, m, v, path, spread };
}

const rounds = { f32: Math.fround, f64: (x: number) => x };

describe("small steps in vectors", () => {
  for (const dtype of ["f32", "f64"] as const)
    for (const size of [1, 2, 3, 4, 5, 7, 8, 15, 16])
      it(`give the bits of one number after the other: ${size} of ${dtype}`, () => {
        const { variables, point } = step(size, dtype);
        const start = Array.from({ length: size }, (_, i) => Math.cos(i + 1) * 3);
        const program = new WasmProgram(variables);
        program.write(variables[0], start);
        const { traces } = program.run(point, 40);
        const wanted = expected(size, rounds[dtype], start, 40);
        expect([...program.read(variables[0])]).toEqual(wanted.x);
        expect([...program.read(variables[1])]).toEqual(wanted.m);
        expect([...program.read(variables[2])]).toEqual(wanted.v);
        expect([...traces.path]).toEqual(wanted.path);
        expect([...traces.spread]).toEqual(wanted.spread);
      });

  it("are left, with all variables as they were, where nothing may change", () => {
    const { variables, point } = step(3, "f64");
    const program = new WasmProgram(variables);
    program.write(variables[0], [2000, 1, -1]);
    program.write(variables[1], [5, 6, 7]);
    expect(program.run(point, 10)).toMatchObject({ steps: 1, stopped: true });
    expect([...program.read(variables[0])]).toEqual([2000, 1, -1]);
    expect([...program.read(variables[1])]).toEqual([5, 6, 7]);
  });

  it("hold what has roots and quotients, and nothing where moving numbers costs more", () => {
    const text = ({ variables, point }: ReturnType<typeof step>) => {
      const { body } = compileEntry(point, variables);
      return body.kind === "scalar" ? showFunction(body.function) : "";
    };
    expect(text(step(2, "f64")).match(/sqrt/g)).toHaveLength(1);
    expect(text(step(5, "f64")).match(/sqrt/g)).toHaveLength(3);
    expect(text(step(3, "f32")).match(/sqrt/g)).toHaveLength(3);
    const variables = [variable("x", { shape: [2], dtype: "f64" })];
    const x = readVariable(variables[0]);
    const gradient = concatenate([x.slice([1], [1]), x.slice([0], [1])]);
    const point = { name: "step", writes: [{ variable: variables[0], value: x.sub(gradient.mul(0.5)) }], traces: [] };
    expect(text({ variables, point })).not.toMatch(/lane/);
  });
});

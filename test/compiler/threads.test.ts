import { describe, expect, it } from "vitest";
import { pullBack } from "../../src/autodiff/reverse.js";
import { addressOf, MemoryMap } from "../../src/backends/wasm/memory-map.js";
import { printModule } from "../../src/backends/wasm/printer.js";
import { viewOf, WasmProgram } from "../../src/backends/wasm/program.js";
import { openProgram } from "../../src/backends/wasm/threads/index.js";
import { compileEntry } from "../../src/compiler/compile.js";
import type { EntryPoint } from "../../src/compiler/program.js";
import { whileLoop } from "../../src/tensor/control.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { sizeOf } from "../../src/tensor/types.js";
import { variable } from "./machine.js";

/** One step with the blocks of every phase dealt to `threads` threads, which come in any order. All bytes of the variables. */
function step(point: EntryPoint, variables: readonly Variable[], threads: number, backwards: boolean): Uint8Array {
  const entry = compileEntry(point, variables);
  if (entry.body.kind !== "phases") throw new Error("the program runs in registers");
  const map = new MemoryMap(variables);
  const places = map.placeEntry(entry, threads);
  const pages = Math.ceil(map.bytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const { phases } = entry.body;
  const { bytes } = printModule(
    phases.map((p) => p.function),
    { memory: { initial: pages, maximum: pages, shared: false } },
  );
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  entry.inputs.forEach(({ data, type }, i) => viewOf(memory.buffer, places.inputs[i], type.dtype, data.length).set(data));
  variables.forEach((v, k) => {
    const view = viewOf(memory.buffer, map.variables[k], v.type.dtype, sizeOf(v.type.shape));
    for (let i = 0; i < view.length; i++) view[i] = ((i * 7919 + k * 31) % 1009) / 1009 - 0.5;
  });
  phases.forEach((phase, i) => {
    const run = exports[`f${i}`];
    if (typeof run !== "function") throw new Error("a phase without a function");
    const order = Array.from({ length: threads }, (_, t) => (backwards ? threads - 1 - t : t));
    for (const t of order) {
      const [begin, end] = [t, t + 1].map((k) => Math.floor((k * phase.blocks) / threads));
      if (begin === end) continue;
      run(begin, end, ...phase.places.map((p) => addressOf(p, map, places) + (p.region === "thread" ? t * entry.threadBytes : 0)));
    }
  });
  const { swaps } = entry.body;
  return Uint8Array.from(
    variables.flatMap((v, k) => {
      const swap = swaps.find((s) => s.variable === k);
      const at = swap ? places.others + swap.other : map.variables[k];
      return [...new Uint8Array(memory.buffer, at, sizeOf(v.type.shape) * (v.type.dtype === "f64" ? 8 : 4))];
    }),
  );
}

function programs(): Record<string, { point: EntryPoint; variables: Variable[] }> {
  const theta = variable("theta", { shape: [32768], dtype: "f32" });
  const x = variable("x", { shape: [96, 200], dtype: "f32" });
  const momentum = variable("momentum", theta.type);
  const loss = variable("loss", { shape: [], dtype: "f32" });
  const t = readVariable(theta);
  const [w1, b1, w2] = [
    t.unpack({ shape: [200, 128], offset: 0 }),
    t.unpack({ shape: [128], offset: 25600 }),
    t.unpack({ shape: [128, 40], offset: 25728 }),
  ];
  const logits = readVariable(x).matmul(w1).add(b1).relu().matmul(w2);
  const value = logits
    .logSumExp(1)
    .sub(logits.slice([0, 3], [96, 1]).reshape([96]))
    .mean();
  const [g] = pullBack([value], [value.fill(1)], [t]);
  if (g === undefined) throw new Error("no gradient");
  const scaled = g.div(g.norm().add(1));
  const m = readVariable(momentum).mul(0.9).add(scaled);
  const writes = (list: readonly (readonly [Variable, Tensor])[]) => list.map(([v, y]) => ({ variable: v, value: y }));

  const image = [8, 20, 20, 6];
  const u = variable("u", { shape: image, dtype: "f32" });
  const f = variable("f", { shape: [3, 3, 6, 8], dtype: "f32" });
  const out = variable("out", { shape: [8, 9, 9, 8], dtype: "f32" });
  const convolved = readVariable(u)
    .convolve(readVariable(f), { strides: [1, 1], padding: [0, 0, 0, 0], image, filter: [3, 3, 6, 8] })
    .relu();
  const pooling = { window: [2, 2], strides: [2, 2], image: convolved.shape } as const;
  const pooled = convolved.windowTake(convolved.windowArgmax(pooling), pooling);
  const energy = pooled.mul(readVariable(out)).sum();
  const [gu, gf] = pullBack(
    [energy],
    [energy.fill(1)],
    [readVariable(u), readVariable(f)].map((_, i) => convolved.node.inputs[0].node.inputs[i]),
  );
  if (gu === undefined || gf === undefined) throw new Error("no gradient");

  const v = variable("v", { shape: [300, 300], dtype: "f64" });
  const r = readVariable(v);
  const smooth = r
    .pad([1, 1], [1, 1])
    .slice([0, 1], [300, 300])
    .add(r.pad([1, 1], [1, 1]).slice([1, 0], [300, 300]))
    .mul(0.25)
    .add(r.mul(0.5));
  const pixels = variable("pixels", { shape: [300 * 301], dtype: "f32" });
  const speed = variable("speed", pixels.type);
  const total = variable("total", { shape: [], dtype: "f32" });
  const p = readVariable(pixels).reshape([300, 301]);
  const centre = p.slice([0, 0], [299, 300]);
  const across = p.slice([0, 1], [299, 300]).sub(centre);
  const down = p.slice([1, 0], [299, 300]).sub(centre);
  const variation = across.square().add(down.square()).add(0.01).sqrt().sum();
  const [slope] = pullBack([variation], [variation.fill(1)], [p]);
  if (slope === undefined) throw new Error("no gradient");
  const velocity = readVariable(speed)
    .mul(0.9)
    .add(slope.reshape([300 * 301]));

  return {
    "the energy of an image": {
      point: {
        name: "image",
        writes: writes([
          [pixels, readVariable(pixels).sub(velocity.mul(0.01))],
          [speed, velocity],
          [total, variation],
        ]),
        traces: [],
      },
      variables: [pixels, speed, total],
    },
    "a network": {
      point: {
        name: "mlp",
        writes: writes([
          [theta, t.sub(m.mul(0.1))],
          [momentum, m],
          [loss, value],
        ]),
        traces: [],
      },
      variables: [theta, x, momentum, loss],
    },
    "a convolution": {
      point: {
        name: "cnn",
        writes: writes([
          [u, gu],
          [f, gf],
          [out, pooled],
        ]),
        traces: [],
      },
      variables: [u, f, out],
    },
    "a stencil, column sums and transposes": {
      point: {
        name: "stencil",
        writes: writes([[v, smooth.sub(smooth.mean(0)).add(smooth.transpose().mul(0.1)).div(smooth.norm())]]),
        traces: [],
      },
      variables: [v],
    },
  };
}

describe("the same bits on any number of threads", () => {
  for (const [name, { point, variables }] of Object.entries(programs()))
    it(name, () => {
      const alone = step(point, variables, 1, false);
      expect(alone.some((byte) => byte !== 0)).toBe(true);
      for (const threads of [2, 3, 7])
        for (const backwards of [false, true])
          expect(Buffer.compare(step(point, variables, threads, backwards), alone), `${threads} threads`).toBe(0);
    });
});

describe("loops on several threads", () => {
  const size = 200_000;
  const x = variable("x", { shape: [size], dtype: "f64" });
  const n = variable("n", { shape: [], dtype: "f64" });
  const [v, count] = whileLoop(
    ([u]) => u.max().gt(1),
    ([u, k]) => [u.mul(0.75).add(u.reverse().mul(0.1)), k.add(1)] as const,
    [readVariable(x), readVariable(n)] as const,
  );
  const point: EntryPoint = {
    name: "shrink",
    writes: [
      { variable: x, value: v.add(readVariable(x).mul(1e-3)) },
      { variable: n, value: count },
    ],
    traces: [{ name: "n", value: count }],
  };
  const start = Float64Array.from({ length: size }, (_, i) => ((i * 7919) % 1009) / 100);

  it("give the same bits", async () => {
    const alone = new WasmProgram([x, n]);
    alone.write(x, start);
    const expected = alone.run(point, 3);
    for (const threads of [1, 2, 3]) {
      const program = await openProgram([x, n], { threads });
      await program.write(x, start);
      const actual = await program.run(point, 3);
      expect([...actual.traces.n]).toEqual([...expected.traces.n]);
      expect(Buffer.compare(Buffer.from((await program.read(x)).buffer), Buffer.from(alone.read(x).buffer)), `${threads} threads`).toBe(0);
      await program.close();
    }
  });
});

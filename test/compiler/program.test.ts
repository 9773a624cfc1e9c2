import { describe, expect, it } from "vitest";
import { pullBack } from "../../src/autodiff/reverse.js";
import { compileEntry } from "../../src/compiler/compile.js";
import type { EntryPoint } from "../../src/compiler/program.js";
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { iota, readVariable, type Tensor } from "../../src/tensor/tensor.js";
import { sizeOf } from "../../src/tensor/types.js";
import { agree, variable } from "./machine.js";

const kernelsOf = (point: EntryPoint, variables: readonly Variable[]): string[] => {
  const { body } = compileEntry(point, variables);
  return body.kind === "scalar" ? ["scalar"] : body.phases.map((p) => p.function.name);
};

for (const size of [3, 40, 5000])
  describe(`variables of ${size} elements`, () => {
    const make = (name: string) => variable(name, { shape: [size], dtype: "f64" });
    const [x, y, z] = [make("x"), make("y"), make("z")];
    const [rx, ry, rz] = [x, y, z].map((v) => readVariable(v));
    const entry = (writes: readonly (readonly [Variable, Tensor])[], more: Partial<EntryPoint> = {}): EntryPoint => ({
      name: "step",
      writes: writes.map(([v, value]) => ({ variable: v, value })),
      traces: [],
      ...more,
    });

    it("are swapped, and rotated", () => {
      agree(
        [x, y],
        [
          entry([
            [x, ry],
            [y, rx],
          ]),
        ],
      );
      agree(
        [x, y, z],
        [
          entry([
            [x, ry],
            [y, rz],
            [z, rx],
          ]),
        ],
      );
      agree(
        [x, y],
        [
          entry([
            [x, ry],
            [y, rx.add(1)],
          ]),
        ],
      );
      agree(
        [x, y],
        [
          entry([
            [x, ry.mul(0.5)],
            [y, rx.add(1)],
          ]),
        ],
      );
    });

    it("may get one value, or that of another", () => {
      const sum = rx.add(ry);
      agree(
        [x, y, z],
        [
          entry([
            [x, sum],
            [y, sum],
            [z, rx],
          ]),
        ],
      );
      agree(
        [x, y],
        [
          entry([
            [x, rx],
            [y, rx],
          ]),
        ],
      );
      agree(
        [x, y, z],
        [
          entry([
            [x, rx.fill(2)],
            [y, rx.fill(2)],
            [z, iota([size], 0, "f64")],
          ]),
        ],
      );
    });

    it("read by a stencil are not overwritten before", () => {
      const u = rx;
      const shifted = u
        .slice([1], [size - 1])
        .pad([0], [1])
        .add(u.slice([0], [size - 1]).pad([1], [0]));
      agree([x], [entry([[x, u.add(shifted.sub(u.mul(2)).mul(0.1))]])]);
      agree([x], [entry([[x, u.reverse().add(u)]])]);
      agree(
        [x, y],
        [
          entry([
            [x, u.sub(u.mean())],
            [y, u.reverse()],
          ]),
        ],
      );
      agree(
        [x, y],
        [
          entry([
            [x, u.add(u.sum())],
            [y, ry.add(u.max())],
          ]),
        ],
      );
    });

    it("give traces of old and new values, and stop", () => {
      const next = rx.mul(1.5);
      const traces = [
        { name: "old", value: rx },
        { name: "new", value: next },
        { name: "sum", value: next.sum() },
      ];
      agree([x], [entry([[x, next]], { traces })], 7);
      agree([x], [entry([[x, next]], { traces, stop: next.abs().max().gt(20) })], 50);
      agree([x], [entry([], { traces: [{ name: "sum", value: rx.square().sum() }] })]);
    });

    it("are seen by several entries in turn", () =>
      agree([x, y], [entry([[x, rx.add(ry)]]), { ...entry([[y, rx]]), name: "copy" }, entry([[x, ry.sub(rx)]])], 3));
  });

it("a stop flag that is a variable counts as it was before the step", () => {
  for (const size of [2, 100]) {
    const x = variable("x", { shape: [size], dtype: "f64" });
    const flag = variable("flag", { shape: [], dtype: "bool" });
    const next = readVariable(x).add(1);
    agree(
      [x, flag],
      [
        {
          name: "step",
          writes: [
            { variable: x, value: next },
            { variable: flag, value: next.max().gt(6) },
          ],
          traces: [],
          stop: readVariable(flag),
        },
      ],
      20,
    );
  }
});

it("records longer than their memory come in slices", () => {
  const x = variable("x", { shape: [3000], dtype: "f32" });
  const next = readVariable(x).mul(0.5).add(1);
  agree([x], [{ name: "step", writes: [{ variable: x, value: next }], traces: [{ name: "x", value: next }] }], 203);
});

describe("parameters", () => {
  const slots = [
    { shape: [12, 9], offset: 0 },
    { shape: [9], offset: 112 },
    { shape: [9, 5], offset: 128 },
    { shape: [5], offset: 176 },
  ];
  const theta = variable("theta", { shape: [192], dtype: "f64" });
  const input = tensor(
    Float64Array.from({ length: 20 * 12 }, (_, i) => ((i * 31) % 29) / 29),
    { shape: [20, 12] },
  );
  const labels = tensor(Int32Array.from({ length: 20 }, (_, i) => (i * 3) % 5));

  function lossAt(t: Tensor): Tensor {
    const [w1, b1, w2, b2] = slots.map((s) => t.unpack(s));
    const hidden = input.matmul(w1).add(b1).relu();
    const logits = hidden.matmul(w2).add(b2);
    const chosen = iota([20, 5], 1)
      .eq(labels.reshape([20, 1]).broadcastTo([20, 5]))
      .select(logits.logSoftmax(1), logits.fill(0));
    return chosen.sum().neg().div(20);
  }

  function gradient(t: Tensor): { loss: Tensor; gradient: Tensor } {
    const loss = lossAt(t);
    const [g] = pullBack([loss], [loss.fill(1)], [t]);
    if (g === undefined) throw new Error("no gradient");
    return { loss, gradient: g };
  }

  it("descend, and gaps stay zero", () => {
    const t = readVariable(theta);
    const { loss, gradient: g } = gradient(t);
    agree(
      [theta],
      [
        {
          name: "step",
          writes: [{ variable: theta, value: t.sub(g.mul(0.1)) }],
          traces: [
            { name: "loss", value: loss },
            { name: "gradient", value: g },
          ],
        },
      ],
    );
  });

  it("are updated by Adam in one pass", () => {
    const [m, v] = ["m", "v"].map((name) => variable(name, theta.type));
    const step = variable("step", { shape: [], dtype: "f64" });
    const [t, rm, rv, count] = [theta, m, v, step].map((x) => readVariable(x));
    const { loss, gradient: g } = gradient(t);
    const m1 = rm.mul(0.9).add(g.mul(0.1));
    const v1 = rv.mul(0.999).add(g.square().mul(0.001));
    const k = count.add(1);
    const power = (base: number) => k.mul(tensor(base).log()).exp();
    const next = t.sub(
      m1
        .div(k.fill(1).sub(power(0.9)))
        .mul(0.01)
        .div(
          v1
            .div(k.fill(1).sub(power(0.999)))
            .sqrt()
            .add(1e-8),
        ),
    );
    const point: EntryPoint = {
      name: "adam",
      writes: [
        { variable: theta, value: next },
        { variable: m, value: m1 },
        { variable: v, value: v1 },
        { variable: step, value: k },
      ],
      traces: [{ name: "loss", value: loss }],
    };
    agree([theta, m, v, step], [point]);
    const alone = variable("g", theta.type);
    const ga = readVariable(alone);
    const m2 = rm.mul(0.9).add(ga.mul(0.1));
    const v2 = rv.mul(0.999).add(ga.square().mul(0.001));
    const update: EntryPoint = {
      name: "update",
      writes: [
        { variable: theta, value: t.sub(m2.mul(0.01).div(v2.sqrt().add(1e-8))) },
        { variable: m, value: m2 },
        { variable: v, value: v2 },
      ],
      traces: [],
    };
    expect(kernelsOf(update, [theta, m, v, alone])).toEqual(["map0"]);
  });

  it("go through convolution, pooling, relu and a dense layer", () => {
    const image = [2, 9, 9, 2];
    const filter = [3, 3, 2, 4];
    const parameters = [
      { shape: filter, offset: 0 },
      { shape: [4], offset: 80 },
      { shape: [36, 3], offset: 96 },
    ];
    const t = variable("theta", { shape: [208], dtype: "f32" });
    const [f, b, w] = parameters.map((s) => readVariable(t).unpack(s));
    const x = tensor(
      Float32Array.from({ length: sizeOf(image) }, (_, i) => ((i * 17) % 23) / 23),
      { shape: image },
    );
    const convolved = x
      .convolve(f, { strides: [1, 1], padding: [0, 0, 0, 0], image, filter })
      .add(b)
      .relu();
    const pooling = { window: [2, 2], strides: [2, 2], image: [2, 7, 7, 4] } as const;
    const pooled = convolved.windowTake(convolved.windowArgmax(pooling), pooling);
    const logits = pooled.reshape([2, 36]).matmul(w);
    const loss = logits
      .logSumExp(1)
      .sum()
      .sub(logits.slice([0, 1], [2, 1]).sum());
    const theta32 = x.node.outputs.length > 0 ? f.node.inputs[0] : f;
    const [g] = pullBack([loss], [loss.fill(1)], [theta32]);
    if (g === undefined) throw new Error("no gradient");
    // The three views read one value of θ.
    expect(g.shape).toEqual([208]);
    agree([t], [{ name: "step", writes: [{ variable: t, value: theta32.sub(g.mul(0.01)) }], traces: [{ name: "loss", value: loss }] }], 3);
  });

  it("a gradient that other gradients read lies where it belongs", () => {
    // The bias of the input has the shape of the input: its gradient is the cotangent that the layer below uses.
    const t = variable("theta", { shape: [160], dtype: "f64" });
    const r = readVariable(t);
    const [w, b] = [r.unpack({ shape: [8, 8], offset: 0 }), r.unpack({ shape: [10, 8], offset: 64 })];
    const data = tensor(
      Float64Array.from({ length: 80 }, (_, i) => (i % 13) / 13),
      { shape: [10, 8] },
    );
    const loss = data.matmul(w).add(b).tanh().matmul(w).add(b).square().sum();
    const [g] = pullBack([loss], [loss.fill(1)], [r]);
    if (g === undefined) throw new Error("no gradient");
    agree(
      [t],
      [
        {
          name: "step",
          writes: [{ variable: t, value: r.sub(g.mul(0.001)) }],
          traces: [
            { name: "norm", value: g.square().sum() },
            { name: "g", value: g.unpack({ shape: [10, 8], offset: 64 }) },
          ],
        },
      ],
    );
  });
});

describe("structure", () => {
  it("softmax, cross-entropy and their gradient are one kernel over rows", () => {
    const logits = variable("logits", { shape: [64, 10], dtype: "f32" });
    const labels = tensor(Int32Array.from({ length: 64 }, (_, i) => i % 10));
    const z = readVariable(logits);
    const chosen = iota([64, 10], 1)
      .eq(labels.reshape([64, 1]).broadcastTo([64, 10]))
      .select(z.logSoftmax(1), z.fill(0))
      .sum(1)
      .neg();
    const [g] = pullBack([chosen], [chosen.fill(1)], [z]);
    if (g === undefined) throw new Error("no gradient");
    const out = variable("out", logits.type);
    const losses = variable("losses", { shape: [64], dtype: "f32" });
    const point: EntryPoint = {
      name: "rows",
      writes: [
        { variable: out, value: g },
        { variable: losses, value: chosen },
      ],
      traces: [],
    };
    expect(kernelsOf(point, [logits, out, losses])).toEqual(["rows0"]);
    agree([logits, out, losses], [point], 1);
  });

  it("a product takes bias and activation with it", () => {
    const [a, w] = [variable("a", { shape: [40, 30], dtype: "f32" }), variable("w", { shape: [30, 20], dtype: "f32" })];
    const out = variable("out", { shape: [40, 20], dtype: "f32" });
    const point: EntryPoint = {
      name: "layer",
      writes: [
        {
          variable: out,
          value: readVariable(a)
            .matmul(readVariable(w))
            .add(concatenate([readVariable(w).slice([0, 0], [1, 20])], 0))
            .relu(),
        },
      ],
      traces: [],
    };
    expect(kernelsOf(point, [a, w, out]).filter((n) => !n.startsWith("matmul"))).toEqual([]);
    agree([a, w, out], [point], 2);
  });
});

describe("records that are gathered", () => {
  const data = variable("data", { shape: [500, 30], dtype: "u8" });
  const places = variable("places", { shape: [64], dtype: "i32" });
  const labels = variable("labels", { shape: [500], dtype: "u8" });
  const w = variable("w", { shape: [30, 10], dtype: "f32" });
  const counter = variable("counter", { shape: [], dtype: "u32" });

  it("as bytes, by rows that the program computes itself", () => {
    const batch = iota([64], 0, "u32").add(readVariable(counter).mul(64)).mul(7).rem(500);
    const x = readVariable(data).take(batch).cast("f32").div(255);
    const y = readVariable(labels).take(batch).cast("i32");
    const weights = readVariable(w);
    const logits = x.matmul(weights);
    const loss = iota([64, 10], 1)
      .eq(y.rem(10).reshape([64, 1]).broadcastTo([64, 10]))
      .select(logits.logSoftmax(1), logits.fill(0))
      .sum()
      .neg()
      .div(64);
    const [g] = pullBack([loss], [loss.fill(1)], [weights]);
    if (g === undefined) throw new Error("no gradient");
    const point: EntryPoint = {
      name: "step",
      writes: [
        { variable: w, value: weights.sub(g.mul(0.1)) },
        { variable: counter, value: readVariable(counter).add(1) },
        { variable: places, value: batch.cast("i32") },
      ],
      traces: [{ name: "loss", value: loss }],
    };
    agree([data, places, labels, w, counter], [point], 4);
  });
});

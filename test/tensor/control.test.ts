import { beforeAll, describe, expect, it } from "vitest";
import { grad, jvp } from "../../src/autodiff/index.js";
import { interpreterEvaluator } from "../../src/backends/interpreter/index.js";
import { call, cond, scan, whileLoop } from "../../src/tensor/control.js";
import { tensor } from "../../src/tensor/create.js";
import type { Graph } from "../../src/tensor/primitive.js";
import { setEvaluator } from "../../src/tensor/read.js";
import { literal, type Tensor, zeros } from "../../src/tensor/tensor.js";
import { topological } from "../../src/tensor/walk.js";

beforeAll(() => {
  setEvaluator(interpreterEvaluator);
});

const isGraph = (value: unknown): value is Graph => typeof value === "object" && value !== null && "captured" in value;

function bodyOf(x: Tensor): Graph {
  const { body } = x.node.attributes;
  if (!isGraph(body)) throw new Error("no loop");
  return body;
}
const names = (graph: Graph) => {
  const formal = new Set([...graph.arguments, ...graph.captured].map((x) => x.node));
  return topological(graph.outputs, (n) => formal.has(n)).map((node) => node.primitive.name);
};

describe("scan", () => {
  const xs = tensor([1, 2, 3, 4]);

  it("carries along the rows and stacks the results", () => {
    const [sum, partial] = scan((c, x) => [c.add(x), c.mul(x)], tensor(0), xs);
    expect(sum.item()).toBe(10);
    expect(partial.toArray()).toEqual([0, 2, 9, 24]);
  });

  it("in reverse starts at the last row, and keeps results at their rows", () => {
    const [sum, partial] = scan((c, x) => [c.add(x), c], tensor(0), xs, { reverse: true });
    expect(sum.item()).toBe(10);
    expect(partial.toArray()).toEqual([9, 7, 4, 0]);
  });

  it("takes lists of carries and of sequences, or no sequence and a length", () => {
    const [[a, b], [products]] = scan(
      ([p, q], [x, y]) => [[p.add(x), q.add(y)] as const, [x.mul(y)] as const],
      [tensor(0), tensor(1)] as const,
      [xs, xs.mul(2)] as const,
    );
    expect([a.item(), b.item(), products.toArray()]).toEqual([10, 21, [2, 8, 18, 32]]);
    const [fibonacci] = scan(([p, q]) => [[q, p.add(q)] as const, []], [tensor(0), tensor(1)] as const, [], { length: 10 });
    expect(fibonacci.map((t) => t.item())).toEqual([55, 89]);
    const [kept, none] = scan((c, x) => [c.add(x), c], tensor(7), zeros([0]));
    expect([kept.item(), none.toArray()]).toEqual([7, []]);
  });

  it("computes what does not change outside its body, and keeps literals inside", () => {
    const w = tensor([1, 2]);
    const [, ys] = scan((c, x) => [c.add(x), c.mul(w.exp().sum()).add(c.fill(3))], tensor(0), xs);
    const body = bodyOf(ys);
    expect(names(body)).not.toContain("exp");
    expect(names(body)).toContain("literal");
    expect(body.captured.map((x) => x.node.primitive.name)).toEqual(["sum"]);
    expect(ys.node.inputs.slice(2)).toEqual(body.captured);
  });

  it("refuses a carry that changes its type, and lengths that disagree", () => {
    expect(() => scan((c, x) => [c.add(x).cast("f32"), []], tensor(0), xs)).toThrow(/expected: f64\n {2}received: f32/);
    expect(() => scan((c, x) => [c.add(xs).mul(x), []], tensor(0), xs)).toThrow(/expected: f64\n {2}received: f64\[4\]/);
    expect(() => scan((c, [x]) => [c.add(x), []], tensor(0), [xs, zeros([3])])).toThrow(/\[4\], \[3\]/);
    expect(() => scan((c) => [c, []], tensor(0), [])).toThrow(/option `length`/);
    expect(() => scan((c, x) => [c.add(x), []], tensor(0), tensor(1))).toThrow(/a scalar[\s\S]*close over/);
  });

  it("does not let a value inside be read", () => {
    expect(() => scan((c, x) => [c.mul(x.item()), []], tensor(1), xs)).toThrow(/read before it exists/);
  });
});

describe("cond", () => {
  const x = tensor([1, -2]);

  it("takes one branch", () => {
    const f = (y: Tensor) =>
      cond(
        y.sum().gt(0),
        (a) => a.mul(2),
        (a) => a.neg(),
        y,
      );
    expect(f(x).toArray()).toEqual([-1, 2]);
    expect(f(x.neg()).toArray()).toEqual([-2, 4]);
  });

  it("keeps what a branch computes inside that branch, also without operands", () => {
    const y = cond(
      x.sum().gt(0),
      () => x.exp(),
      () => x.sin(),
    );
    const [predicate, ...captured] = y.node.inputs;
    expect(predicate.dtype).toBe("bool");
    expect(captured).toEqual([x]);
  });

  it("lets numbers take the dtype of the other branch", () => {
    const y = tensor([3, 4], { dtype: "f32" });
    const f = (z: Tensor) =>
      cond(
        z.sum().gt(0),
        (a) => a.mul(2),
        (a) => a.gt(0).select(1, 0),
        z,
      );
    expect([f(y).dtype, f(y).toArray(), f(y.neg()).toArray()]).toEqual(["f32", [6, 8], [0, 0]]);
    expect(
      cond(
        y.sum().lt(0),
        () => y.gt(0).select(1, 0),
        () => y,
      ).dtype,
    ).toBe("f32");
  });

  it("needs one truth value, and branches of one type", () => {
    expect(() =>
      cond(
        x.gt(0),
        () => x,
        () => x,
      ),
    ).toThrow(/bool\[2\]/);
    expect(() =>
      cond(
        x.sum(),
        () => x,
        () => x,
      ),
    ).toThrow(/received: f64/);
    expect(() =>
      cond(
        x.sum().gt(0),
        () => x,
        () => x.sum(),
      ),
    ).toThrow(/expected: f64\[2\]\n {2}received: f64\n/);
  });
});

describe("whileLoop", () => {
  it("runs as often as its condition holds, not at all if it never does", () => {
    const collatz = (n: number) =>
      whileLoop(
        ([i]) => i.ne(1),
        ([i, steps]) => [i.rem(2).eq(0).select(i.shiftRight(1), i.mul(3).add(1)), steps.add(1)] as const,
        [tensor(n, { dtype: "i32" }), tensor(0, { dtype: "i32" })] as const,
      )[1].item();
    // The lengths of Collatz sequences: OEIS A006577.
    expect([1, 6, 7, 27].map(collatz)).toEqual([0, 8, 16, 111]);
  });

  it("computes square roots by Newton's method, with the derivative of the root in forward mode", () => {
    const root = (a: Tensor) =>
      whileLoop(
        (x) => x.square().sub(a).abs().gt(1e-14),
        (x) => x.add(a.div(x)).mul(0.5),
        a,
      );
    const { value, tangent } = jvp(root)(tensor(2), tensor(1));
    expect(value.item()).toBeCloseTo(Math.SQRT2, 14);
    // d√a/da = 1/(2√a); its error is of the order of the last step before the end, squared.
    expect(tangent.item()).toBeCloseTo(1 / (2 * Math.SQRT2), 10);
  });

  it("teaches what to do for a gradient", () => {
    expect(() =>
      grad((x: Tensor) =>
        whileLoop(
          (c) => c.lt(100),
          (c) => c.mul(x),
          x,
        ),
      )(3),
    ).toThrow(/scan with a fixed length[\s\S]*jvp/);
  });

  it("does not stand in the way of a gradient that does not pass through it", () => {
    const f = (x: Tensor) =>
      whileLoop(
        (c) => c.lt(100),
        (c) => c.mul(2),
        tensor(3),
      ).mul(x);
    expect(grad(f)(1).item()).toBe(192);
  });
});

describe("call", () => {
  it("is one named node", () => {
    const energy = (x: Tensor) => x.square().sum();
    const y = call(energy, [tensor([3, 4])]);
    expect(y.item()).toBe(25);
    expect(y.node.attributes).toMatchObject({ name: "energy" });
    expect(call((x) => [x.add(1), x] as const, [literal(1)]).map((t) => t.item())).toEqual([2, 1]);
  });
});

import { expect, test } from "vitest";
import { LoopBuilder } from "../../../src/compiler/loops/builder.js";
import * as ir from "../../../src/compiler/loops/expressions.js";
import { showFunction } from "../../../src/compiler/loops/print.js";

test("a whole function", () => {
  const b = new LoopBuilder();
  const begin = b.parameter(ir.I32, "begin");
  const end = b.parameter(ir.I32, "end");
  const x = b.cursorParameter("f32", "x");
  const total = b.result(ir.vector("f32"), "total");
  const sum = b.let(ir.constant(ir.vector("f32", 16), 0), "sum");
  b.for(begin, end, 16, (i) => {
    const at = b.point(x, i);
    const v = ir.load(at, 0, 16);
    b.set(sum, ir.multiplyAdd(v, v, sum));
    b.store(at, ir.select(ir.compare("gt", v, ir.constant(v.type, 0)), v, ir.unary("neg", v)));
    b.store(at, ir.splat(ir.load(x, 3), 4), 8, 2);
  });
  const line = b.point(x);
  b.stream(end, [{ cursor: line, step: 16 }], 4, () => b.set(sum, ir.add(sum, ir.load(line, 0, 16))));
  b.set(total, ir.horizontal("add", sum));
  b.if(
    ir.compare("lt", total, ir.constant(total.type, 1)),
    () => b.set(total, ir.constant(total.type, 1)),
    () => b.while(ir.compare("gt", total, ir.constant(total.type, 9)), () => b.set(total, ir.mul(total, ir.constant(total.type, 0.5)))),
  );
  expect(showFunction(b.finish("norm"))).toBe(
    `
function norm(begin: i32, end: i32, x: f32[]) -> total: f32
  sum = 0
  for i from begin to end by 16
    x2 = &x[i]
    %1 = x2[0..15]
    sum = %1 * %1 + sum
    %2 = x2[0..15]
    x2[0..15] = %2 > 0 ? %2 : -%2
    x2[8..14 by 2] = splat4(x[3])
  x3 = &x[0]
  end times, x3 += 16
    sum = sum + x3[0..15]
  total = sum of lanes(sum)
  if total < 1
    total = 1
  else
    while total > 9
      total = total * 0.5`.slice(1),
  );
});

test("parentheses where they are needed, and only there", () => {
  const show = (
    value: (a: ReturnType<LoopBuilder["parameter"]>, c: ReturnType<LoopBuilder["parameter"]>) => ReturnType<typeof ir.add>,
  ): string => {
    const b = new LoopBuilder();
    const [p, q] = [b.parameter(ir.vector("f64"), "p"), b.parameter(ir.vector("f64"), "q")];
    b.let(value(p, q), "v");
    return showFunction(b.finish("f")).split("\n")[1].trim();
  };
  expect(show((p, q) => ir.sub(p, ir.sub(q, p)))).toBe("v = p - (q - p)");
  expect(show((p, q) => ir.sub(ir.sub(p, q), p))).toBe("v = p - q - p");
  expect(show((p, q) => ir.mul(ir.add(p, q), q))).toBe("v = (p + q) * q");
  expect(show((p, q) => ir.add(ir.mul(p, q), q))).toBe("v = p * q + q");
  expect(show((p, q) => ir.div(p, ir.mul(p, q)))).toBe("v = p / (p * q)");
  expect(show((p, q) => ir.max(p, ir.unary("sqrt", q)))).toBe("v = max(p, sqrt(q))");
  expect(show((p, q) => ir.unary("neg", ir.add(p, q)))).toBe("v = -(p + q)");
});

test("calls, conversions and the rarer expressions", () => {
  const inner = new LoopBuilder();
  inner.cursorParameter("u8", "bytes");
  inner.parameter(ir.vector("i32", 4), "n");
  inner.result(ir.I32, "r");
  const callee = inner.finish("inner");
  const b = new LoopBuilder();
  const bytes = b.cursorParameter("u8", "bytes");
  const s = b.parameter(ir.I32, "s");
  const u = b.load(bytes, 2, 4, s);
  b.call(callee, [bytes, ir.bitcast("i32", ir.convert("f32", u))]);
  b.advance(bytes, ir.add(s, ir.index(1)));
  b.set(u, ir.shuffle(u, u, [0, 5, 2, 7]));
  b.let(ir.lane(ir.binary("xor", u, ir.splat(ir.convert("u32", s), 4)), 2), "k");
  expect(showFunction(b.finish("outer"))).toBe(
    `
function outer(bytes: u8[], s: i32)
  t = bytes[2.. by s]
  r = inner(bytes, i32.bits(f32(t)))
  bytes += s + 1
  t = shuffle(t, t; 0 5 2 7)
  k = (t ^ splat4(u32(s))).lane(2)`.slice(1),
  );
});

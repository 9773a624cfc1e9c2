import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { forLanes, LoopBuilder } from "../../../src/compiler/loops/builder.js";
import * as ir from "../../../src/compiler/loops/expressions.js";
import { type MathName, mathFunctions } from "../../../src/compiler/loops/math/index.js";
import { call } from "../../backends/wasm/machine.js";
import { evaluator, type FloatDType } from "./evaluate.js";
import { exact, exactly, ulps } from "./exact.js";
import { cases, uniform } from "./points.js";

const names: MathName[] = ["exp", "expm1", "log", "log1p", "sin", "cos", "tan", "tanh", "atan", "erf", "pow"];
const dtypes = ["f32", "f64"] as const;

test("all functions are listed", () => {
  expect(Object.keys(mathFunctions).sort()).toEqual([...names].sort());
});

describe.each(dtypes)("%s", (dtype) => {
  const single = dtype === "f32";
  /** What docs/accuracy.md promises, in units of the last place. */
  const bound: Record<MathName, number> = {
    exp: 1,
    expm1: 2,
    log: 1,
    log1p: 1,
    sin: single ? 1.5 : 0.85,
    cos: single ? 1.5 : 0.85,
    tan: 2,
    tanh: 1.5,
    atan: 2,
    erf: 1.5,
    pow: 1.5,
  };

  test.each(cases(dtype))("$name is accurate for $domain", ({ name, sample }) => {
    const { x, y } = sample(name === "tan" || name === "sin" || name === "cos" ? 1200 : 600);
    const got = evaluator(name, dtype, 4)(x, y);
    let [worst, at] = [0, 0];
    got.forEach((value, i) => {
      const error = ulps(value, exact[name](x[i], y[i]), dtype);
      if (error > worst) [worst, at] = [error, i];
    });
    expect(worst, `at ${x[at]}, ${y[at]}: ${got[at]}`).toBeLessThanOrEqual(bound[name]);
  });

  test.each(names)("%s gives the same bits in every number of lanes", (name) => {
    const x = [0, -0, 1, -1, NaN, Infinity, -Infinity, 1e-40, -1e-310, 3e38, 1e300, 0.625, 88.8, -104, 710];
    const random = uniform(7);
    while (x.length < 992) x.push((random() - 0.5) * 2 ** Math.floor(random() * 40 - 20));
    const y = x.map((_, i) => x[(i * 7 + 3) % x.length]);
    const bits = (values: number[]): bigint[] => [
      ...new BigUint64Array(Float64Array.from(values, (v) => (Number.isNaN(v) ? NaN : v)).buffer),
    ];
    const scalar = bits(evaluator(name, dtype, 1)(x, y));
    for (const lanes of [4, 8, 16]) expect(bits(evaluator(name, dtype, lanes)(x, y))).toEqual(scalar);
  });

  const least = single ? 2 ** -149 : 2 ** -1074;
  const largest = single ? 3.4028234663852886e38 : Number.MAX_VALUE;
  const inf = Infinity;
  const special: [MathName, [number, number][]][] = [
    [
      "exp",
      [
        [0, 1],
        [-0, 1],
        [inf, inf],
        [-inf, 0],
        [NaN, NaN],
        [single ? 89 : 710, inf],
        [single ? -104 : -746, 0],
        [1e38, inf],
        [-1e38, 0],
        [least, 1],
      ],
    ],
    [
      "expm1",
      [
        [0, 0],
        [-0, -0],
        [inf, inf],
        [-inf, -1],
        [NaN, NaN],
        [single ? 89 : 710, inf],
        [-50, -1],
        [least, least],
        [-least, -least],
      ],
    ],
    [
      "log",
      [
        [0, -inf],
        [-0, -inf],
        [1, 0],
        [inf, inf],
        [-inf, NaN],
        [-1, NaN],
        [-least, NaN],
        [NaN, NaN],
      ],
    ],
    [
      "log1p",
      [
        [0, 0],
        [-0, -0],
        [-1, -inf],
        [inf, inf],
        [-inf, NaN],
        [-1.5, NaN],
        [NaN, NaN],
        [least, least],
        [-least, -least],
      ],
    ],
    [
      "sin",
      [
        [0, 0],
        [-0, -0],
        [inf, NaN],
        [-inf, NaN],
        [NaN, NaN],
        [least, least],
        [-least, -least],
      ],
    ],
    [
      "cos",
      [
        [0, 1],
        [-0, 1],
        [inf, NaN],
        [-inf, NaN],
        [NaN, NaN],
        [least, 1],
      ],
    ],
    [
      "tan",
      [
        [0, 0],
        [-0, -0],
        [inf, NaN],
        [-inf, NaN],
        [NaN, NaN],
        [least, least],
      ],
    ],
    [
      "tanh",
      [
        [0, 0],
        [-0, -0],
        [inf, 1],
        [-inf, -1],
        [NaN, NaN],
        [least, least],
        [-least, -least],
        [largest, 1],
        [20, 1],
      ],
    ],
    [
      "atan",
      [
        [0, 0],
        [-0, -0],
        [NaN, NaN],
        [least, least],
        [-least, -least],
      ],
    ],
    [
      "erf",
      [
        [0, 0],
        [-0, -0],
        [inf, 1],
        [-inf, -1],
        [NaN, NaN],
        [7, 1],
        [-7, -1],
        [least, least],
      ],
    ],
  ];
  test.each(special)("%s at its special values", (name, pairs) => {
    for (const lanes of [1, 4]) {
      const padded = [...pairs, ...pairs, ...pairs, ...pairs];
      expect(evaluator(name, dtype, lanes)(padded.map(([x]) => x))).toEqual(padded.map(([, y]) => y));
    }
  });

  test("pow at its special values: IEEE 754, which is JavaScript's but for a base of 1 or −1", () => {
    const values = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5, -2.5, inf, -inf, NaN, 1e-30, -1e-30, 1e30, -1e30, 2 ** 52 + 1, 4, -4].map(
      (v) => (single ? Math.fround(v) : v),
    );
    const [x, y, expected]: number[][] = [[], [], []];
    for (const a of values)
      for (const b of values) {
        x.push(a);
        y.push(b);
        const simple = Math.abs(a) === 1 || Number.isNaN(a) || b === 0 || !Number.isFinite(a) || !Number.isFinite(b) || a === 0;
        const ieee = a === 1 || (a === -1 && Math.abs(b) === inf) ? 1 : a ** b;
        expected.push(simple ? ieee : NaN);
      }
    const got = evaluator("pow", dtype, 4)(x, y);
    got.forEach((value, i) => {
      const [a, b] = [x[i], y[i]];
      const where = `${a} to the ${b}`;
      if (!Number.isNaN(expected[i]) || Number.isNaN(a ** b)) expect(value, where).toBe(expected[i]);
      else expect(ulps(value, exact.pow(a, b), dtype), where).toBeLessThanOrEqual(1.5);
    });
  });

  test("pow with a number as exponent", () => {
    const values = [0, -0, 1, -1, 2, -2, 0.3, -0.7, inf, -inf, NaN, 1e-30, 1e30, -1e30, 12345, 77].map((v) =>
      single ? Math.fround(v) : v,
    );
    for (const lanes of [1, 4])
      for (const exponent of [0, 1, 2, 3, -1, 0.5, 4, -2, 1.5]) {
        const b = new LoopBuilder();
        const x = b.cursorParameter(dtype, "x");
        forLanes(b, values.length, lanes === 1 ? [1] : [4], (i, n) => {
          const at = b.point(x, i);
          b.store(at, mathFunctions.pow(b, ir.load(at, 0, n), ir.constant(ir.vector(dtype, n), exponent)));
        });
        const got = call(b.finish("power"), [values]).arrays[0];
        got.forEach((value, i) => {
          const wanted = values[i] ** exponent;
          const where = `${values[i]} to the ${exponent}`;
          if (!Number.isFinite(wanted) || wanted === 0) expect(value, where).toBe(wanted);
          else expect(ulps(value, exactly(wanted), dtype), where).toBeLessThanOrEqual(2);
        });
      }
  });

  test.each(["sin", "cos"] as const)("%s stays bounded where its argument can no longer be reduced", (name) => {
    const x = Array.from({ length: 400 }, (_, i) => 1.7e6 * 2 ** (i / (single ? 3.8 : 0.4)));
    for (const value of evaluator(name, dtype, 4)(x.map((v) => Math.min(v, largest)))) expect(Math.abs(value)).toBeLessThanOrEqual(1);
  });

  test.each(names)("%s agrees with the host's", (name) => {
    if (name === "erf") return expect("erf" in Math).toBe(false);
    const random = uniform(name.charCodeAt(1));
    const x = Array.from({ length: 800 }, () => (single ? Math.fround(random() * 20) : random() * 20));
    const y = x.map((_, i) => x[(i + 1) % x.length] - 10);
    const rounded = single ? y.map(Math.fround) : y;
    const host = name === "pow" ? Math.pow : Math[name];
    evaluator(
      name,
      dtype,
      8,
    )(x, rounded).forEach((value, i) => {
      // The host promises nothing exact; engines stay within about one unit in f64.
      expect(ulps(value, exactly(host(x[i], rounded[i])), dtype), `${x[i]}, ${rounded[i]}`).toBeLessThanOrEqual(3);
    });
  });
});

/** The validation sets of NumPy: inputs and outputs from a library of higher precision. */
describe("NumPy's validation sets", () => {
  const folder = new URL(`${process.env.STEEPEST_SHARED ?? "../shared"}/data/numpy-umath/`, `file://${process.cwd()}/`);
  const available = existsSync(folder);
  const files: [MathName, string][] = [
    ["exp", "exp"],
    ["expm1", "expm1"],
    ["log", "log"],
    ["log1p", "log1p"],
    ["sin", "sin"],
    ["cos", "cos"],
    ["tan", "tan"],
    ["tanh", "tanh"],
    ["atan", "arctan"],
  ];
  const view = new DataView(new ArrayBuffer(8));
  const decode = (hex: string, dtype: FloatDType): number => {
    view.setBigUint64(0, 0n);
    if (dtype === "f32") view.setUint32(0, Number(hex));
    else view.setBigUint64(0, BigInt(hex));
    return dtype === "f32" ? view.getFloat32(0) : view.getFloat64(0);
  };

  test.skipIf(!available).each(files)(`%s${available ? "" : " (skipped: no shared data)"}`, (name, file) => {
    const rows = readFileSync(new URL(`umath-validation-set-${file}.csv`, folder), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("np.float"))
      .map((line) => line.split(","));
    for (const dtype of dtypes) {
      const mine = rows.filter((row) => row[0] === (dtype === "f32" ? "np.float32" : "np.float64"));
      const x = mine.map((row) => decode(row[1], dtype));
      const wanted = mine.map((row) => decode(row[2], dtype));
      const reduced = name === "sin" || name === "cos" || name === "tan";
      let compared = 0;
      evaluator(
        name,
        dtype,
        4,
      )(x).forEach((value, i) => {
        // Larger angles are outside what is promised (docs/accuracy.md).
        if (reduced && Math.abs(x[i]) > 1.6e6) return;
        compared++;
        const where = `${dtype} ${name}(${x[i]}) = ${value}, wanted ${wanted[i]}`;
        if (!Number.isFinite(wanted[i])) expect(value, where).toBe(wanted[i]);
        else if (!Number.isFinite(value)) expect.fail(where);
        else expect(ulps(value, exactly(wanted[i]), dtype), where).toBeLessThanOrEqual(2);
      });
      if (mine.length > 0) expect(compared).toBeGreaterThan(mine.length / 3);
    }
  });
});

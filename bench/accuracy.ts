/**
 * Measures the accuracy of the elementary functions against their exact values and writes docs/accuracy.md.
 *
 *     node scripts/run-typescript.mjs bench/accuracy.ts [points per function, default 20000] [--write]
 */
import { writeFileSync } from "node:fs";
import type { MathName } from "../src/compiler/loops/math/index.js";
import { evaluator, type FloatDType } from "../test/compiler/loops/evaluate.js";
import { exact, ulps } from "../test/compiler/loops/exact.js";
import { cases } from "../test/compiler/loops/points.js";

const points = Number(process.argv[2] ?? 20000) || 20000;
const hex = (x: number): string => String(x);

interface Row {
  name: MathName;
  dtype: FloatDType;
  domain: string;
  worst: number;
  mean: number;
  at: string;
}

const rows: Row[] = [];
for (const dtype of ["f32", "f64"] as const)
  for (const { name, domain, sample } of cases(dtype)) {
    const { x, y } = sample(points);
    const got = evaluator(name, dtype, 4)(x, y);
    let [worst, sum, at] = [0, 0, 0];
    for (let i = 0; i < x.length; i++) {
      const error = ulps(got[i], exact[name](x[i], y[i]), dtype);
      sum += error;
      if (error > worst) [worst, at] = [error, i];
    }
    rows.push({ name, dtype, domain, worst, mean: sum / x.length, at: name === "pow" ? `${hex(x[at])}, ${hex(y[at])}` : hex(x[at]) });
    const row = rows[rows.length - 1];
    console.log(
      `${row.name.padEnd(6)} ${row.dtype} ${row.domain.padEnd(28)} worst ${row.worst.toFixed(3)}  mean ${row.mean.toFixed(3)}  at ${row.at}`,
    );
  }

if (process.argv.includes("--write")) {
  const lines = rows.map(
    (r) => `| \`${r.name}\` | ${r.dtype} | ${r.domain.replaceAll("|", "\\|")} | ${r.worst.toFixed(2)} | ${r.mean.toFixed(2)} | ${r.at} |`,
  );
  writeFileSync(
    new URL("docs/accuracy.md", `file://${process.cwd()}/`),
    `# Accuracy of the elementary functions

Steepest computes \`exp\`, \`log\`, \`sin\` and their kin itself, from operations whose results WebAssembly fixes to the last bit. So a
program gives the same bits on every machine and engine, in scalar code and in vector code.

The error is the distance from the exact value in units of the last place (ulp) of the result; a correctly rounded function
has at most 0.5. Measured by \`bench/accuracy.ts\` on ${points} points per line, half of them spread evenly over the range and half over
its exponents, with the edges of every range; the exact values come from series in 400-bit arithmetic.

| function | type | range | worst, ulp | mean, ulp | worst at |
|---|---|---|---:|---:|---|
${lines.join("\n")}

Beyond the ranges of the table:

- \`sin\`, \`cos\`, \`tan\`: for |x| > 1.6·10⁶ (2²⁰ quarter turns) the argument can no longer be reduced exactly. The absolute error of \`sin\` and
  \`cos\` is then about 2·10⁻¹⁶·|x|, which f32 does not feel before 5·10⁸; beyond 3·10⁹ (f32) and 10¹⁵ (f64) they are only bounded by 1 and the
  same everywhere. At ±∞ they are NaN.
- \`exp\`, \`expm1\`, \`pow\` overflow to ∞ and go through the subnormal numbers to 0; \`log(±0)\` is −∞ and \`log\` of a negative number is NaN.
- \`pow(x, 0)\` and \`pow(1, y)\` are 1 even for NaN, as in IEEE 754; JavaScript's \`**\` gives NaN for \`1 ** NaN\`.
- NaN goes through; functions that are odd keep the sign of zero.
`,
  );
}

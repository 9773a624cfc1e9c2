/**
 * Measures the accuracy of the elementary functions and of convolutions against their exact values and writes docs/accuracy.md.
 *
 *     node scripts/run-typescript.mjs bench/accuracy.ts [points per function, default 20000] [--write]
 */
import { writeFileSync } from "node:fs";
import type { MathName } from "../src/compiler/loops/math/index.js";
import { evaluator, type FloatDType } from "../test/compiler/loops/evaluate.js";
import { exact, ulps } from "../test/compiler/loops/exact.js";
import { cases } from "../test/compiler/loops/points.js";
import { convolutionErrors } from "./convolution-accuracy.js";

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

const convolutions = (
  [
    ["directly", 16, 16, 4, "direct"],
    ["directly", 16, 32, 4, "direct"],
    ["directly", 16, 128, 2, "direct"],
    ["tiles of 2 × 2", 5, 32, 8, undefined],
    ["tiles of 4 × 4", 16, 16, 4, undefined],
    ["tiles of 4 × 4", 16, 32, 4, undefined],
    ["tiles of 4 × 4", 16, 128, 2, undefined],
  ] as const
).map(([how, size, channels, batch, algorithm]) => {
  const cells = convolutionErrors(size, channels, batch, algorithm).map((e) => `${e.typical.toFixed(1)}, ${e.worst.toFixed(1)}`);
  return `| ${how} | ${size} × ${size} × ${channels} | ${cells.join(" | ")} |`;
});
console.log(convolutions.join("\n"));

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

## Convolutions

Dense 3 × 3 convolutions in float32 with at least 16 channels on both sides, and both their gradients, are computed by Winograd's algorithm: in tiles
of 4 × 4 results where that saves a tenth of the multiplications of tiles of 2 × 2, which is nearly everywhere. Everything else is summed directly:
float64, fewer channels (a network's first and last layers), other filters, strides, dilation. The shape alone decides, so the bits do not
depend on the machine.

Errors against float64 in units of 2⁻²⁴ (6·10⁻⁸): the root of the mean square relative to that of the results, and the largest relative to the
largest result. Pixels in [0, 1), half of them 0, as behind a ReLU; weights and gradients in [−1, 1), scaled.

| how | images | result | gradient for the images | gradient for the filters |
|---|---|---:|---:|---:|
${convolutions.join("\n")}

Tiles of 4 × 4 so cost two bits of the 24: typical errors are 10⁻⁶ of a typical result, which is 10⁴ times less than what gradients differ from batch to
batch. Results that are much smaller than their neighbours have larger relative errors. Where that matters, use float64.
`,
  );
}

/** Matrix products by themselves, and the linear support vector machine. */
import { multiclassHinge } from "../../src/models/losses.js";
import { gd } from "../../src/optimizers/gradient-descent.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { fromHost, readVariable } from "../../src/tensor/tensor.js";
import { hashUniform, labels } from "./data.js";
import { type Compilable, type Descent, descentJob, descentStep, entryJob } from "./descent.js";
import type { Workload } from "./workload.js";

/** (rows × inner) · (inner × columns). */
export function product(rows: number, inner = rows, columns = rows): Compilable & { readonly result: Variable } {
  const matrix = (name: string, ...shape: readonly number[]): Variable => ({ name, type: { shape, dtype: "f32" } });
  const [a, b, result] = [matrix("a", rows, inner), matrix("b", inner, columns), matrix("c", rows, columns)];
  return {
    entry: { name: "product", writes: [{ variable: result, value: readVariable(a).matmul(readVariable(b)) }], traces: [] },
    variables: [a, b, result],
    values: new Map([
      [a, hashUniform(rows * inner, 8, -1, 1)],
      [b, hashUniform(inner * columns, 9, -1, 1)],
    ]),
    result,
  };
}

const multiplication = (name: string, [m, k, n]: readonly [number, number, number], beside?: string): Workload => ({
  name,
  unit: "GFLOP/s",
  flops: 2 * m * k * n,
  bytes: 4 * (m * k + k * n + m * n),
  bound: "arithmetic",
  ...(beside === undefined ? {} : { beside }),
  open(options) {
    const { result, ...compilable } = product(m, k, n);
    return entryJob(compilable, result, options);
  },
  step: () => product(m, k, n),
});

const gemm = (n: number, beside?: string): Workload => multiplication(`gemm${n}`, [n, n, n], beside);

const SVM = { batch: 256, features: 3073, classes: 10 };

export function supportVectors(): Descent {
  const { batch, features, classes } = SVM;
  const x = fromHost(hashUniform(batch * features, 5, -0.5, 0.5), [batch, features], "f32");
  const y = fromHost(labels(batch, classes), [batch], "i32");
  const hinge = multiclassHinge();
  return {
    parameters: { size: features * classes, dtype: "f32", entries: [{ path: "weight", shape: [features, classes], offset: 0 }] },
    optimizer: gd({ learningRate: 1e-3 }),
    start: hashUniform(features * classes, 6, -0.01, 0.01),
    loss(theta) {
      const weights = theta.unpack({ shape: [features, classes], offset: 0 });
      return hinge.perRecord(x.matmul(weights), y).mean().add(theta.square().sum().mul(0.5e-3));
    },
  };
}

export const productWorkloads: readonly Workload[] = [
  gemm(256),
  gemm(512),
  gemm(1024),
  gemm(2048),
  // Sizes that fill no tile, beside the next ones that fill whole vectors.
  gemm(62, "gemm64"),
  gemm(64),
  gemm(250, "gemm256"),
  multiplication("gemm1000x10", [1000, 1000, 10], "gemm1024x12"),
  multiplication("gemm1024x12", [1024, 1024, 12]),
  multiplication("gemm3073x10", [256, 3073, 10], "gemm3072x12"),
  multiplication("gemm3072x12", [256, 3072, 12]),
  {
    name: "svm",
    unit: "ms/step",
    flops: 2 * 2 * SVM.batch * SVM.features * SVM.classes,
    bytes: 4 * (SVM.batch * SVM.features + 3 * SVM.features * SVM.classes),
    bound: "arithmetic",
    open: (options) => descentJob(supportVectors(), options),
    step: () => descentStep(supportVectors()),
  },
];

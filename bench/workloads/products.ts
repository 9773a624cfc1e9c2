/** Matrix products by themselves, and the linear support vector machine. */
import { multiclassHinge } from "../../src/models/losses.js";
import { gd } from "../../src/optimizers/gradient-descent.js";
import type { Variable } from "../../src/tensor/primitives/leaves.js";
import { fromHost, readVariable } from "../../src/tensor/tensor.js";
import { hashUniform, labels } from "./data.js";
import { type Compilable, type Descent, descentJob, descentStep, entryJob } from "./descent.js";
import type { Workload } from "./workload.js";

export function product(n: number): Compilable & { readonly result: Variable } {
  const matrix = (name: string): Variable => ({ name, type: { shape: [n, n], dtype: "f32" } });
  const [a, b, result] = ["a", "b", "c"].map(matrix);
  return {
    entry: { name: "product", writes: [{ variable: result, value: readVariable(a).matmul(readVariable(b)) }], traces: [] },
    variables: [a, b, result],
    values: new Map([
      [a, hashUniform(n * n, 8, -1, 1)],
      [b, hashUniform(n * n, 9, -1, 1)],
    ]),
    result,
  };
}

const gemm = (n: number): Workload => ({
  name: `gemm${n}`,
  unit: "GFLOP/s",
  flops: 2 * n ** 3,
  bytes: 12 * n * n,
  bound: "arithmetic",
  open(threads) {
    const { result, ...compilable } = product(n);
    return entryJob(compilable, result, threads);
  },
  step: () => product(n),
});

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
  {
    name: "svm",
    unit: "ms/step",
    flops: 2 * 2 * SVM.batch * SVM.features * SVM.classes,
    bytes: 4 * (SVM.batch * SVM.features + 3 * SVM.features * SVM.classes),
    bound: "arithmetic",
    open: (threads) => descentJob(supportVectors(), threads),
    step: () => descentStep(supportVectors()),
  },
];

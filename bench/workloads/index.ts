import { curves } from "./curves.js";
import { landscapeWorkloads } from "./landscape.js";
import { memoryWorkloads } from "./memory.js";
import { networkWorkloads } from "./networks.js";
import { numberWorkloads } from "./numbers.js";
import { productWorkloads } from "./products.js";
import { spectrumWorkloads } from "./spectrum.js";
import type { Workload } from "./workload.js";

const all = [...numberWorkloads, ...productWorkloads, ...networkWorkloads, ...memoryWorkloads, ...landscapeWorkloads, ...spectrumWorkloads];
const order = [
  ..."quad rosen gemm256 gemm512 gemm1024 gemm2048 mlp64 mlp512 cnn dncnn resnet20 landscape hessian adam10m svm tikhonov tv".split(" "),
  ..."rof quad+path rosen+path gemm62 gemm250 gemm1000x10 gemm3073x10".split(" "),
];

/** In the order of the tables. */
export const workloads: readonly Workload[] = order.flatMap((name) => all.filter((w) => w.name === name));

/** Any workload, also one that only stands beside another, or is a point of a curve. */
export function workloadNamed(name: string): Workload {
  const found = all.find((w) => w.name === name) ?? curves.flatMap((curve) => curve.points).find((w) => w.name === name);
  if (found === undefined) throw new Error(`there is no workload ${name}`);
  return found;
}

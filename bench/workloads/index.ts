import { memoryWorkloads } from "./memory.js";
import { networkWorkloads } from "./networks.js";
import { numberWorkloads } from "./numbers.js";
import { productWorkloads } from "./products.js";
import type { Workload } from "./workload.js";

const all = [...numberWorkloads, ...productWorkloads, ...networkWorkloads, ...memoryWorkloads];
const order = "quad rosen gemm256 gemm512 gemm1024 gemm2048 mlp64 mlp512 cnn dncnn adam10m svm tikhonov tv".split(" ");

/** In the order of the tables. */
export const workloads: readonly Workload[] = order.flatMap((name) => all.filter((w) => w.name === name));

/**
 * From nothing to the first step, once, in a process of its own: `first-step-program.ts public|stages WORKLOAD`. Workloads are `quad`,
 * `mlp64`, `cnn`, and a number: so many dense layers of width 64. Prints a line of JSON: milliseconds by name.
 */
import type { Dataset } from "steepest/data";
import { printEntry } from "../src/backends/wasm/driver.js";
import { MemoryMap } from "../src/backends/wasm/memory-map.js";
import { MOST_PAGES } from "../src/backends/wasm/pages.js";
import { compileEntry, planEntry } from "../src/compiler/compile.js";
import { hashUniform, labels } from "./workloads/data.js";
import { descentStep } from "./workloads/descent.js";
import { convolutional, deepPerceptron, perceptron } from "./workloads/networks.js";

const [view, name] = process.argv.slice(2);
const times: Record<string, number> = {};
let last = performance.now();
const mark = (stage: string) => {
  times[stage] = performance.now() - last;
  last = performance.now();
};

/** The whole way through the published bundle. */
async function throughThePublicFace(): Promise<void> {
  const steepest = await import("steepest");
  mark("import");
  if (name === "quad") {
    steepest.minimize((x: number, y: number) => 0.5 * x * x + 2 * y * y + x * y, [2, 1], { steps: 1, tolerance: 0 });
    mark("first step");
    return;
  }
  const { dense, relu, conv2d, maxPool2d, flatten, sequential, fit } = steepest;
  const layers =
    name === "mlp64"
      ? [dense(256), relu(), dense(128), relu(), dense(10)]
      : name === "cnn"
        ? [conv2d(16, 3), relu(), maxPool2d(2), conv2d(32, 3), relu(), maxPool2d(2), flatten(), dense(10)]
        : [...Array.from({ length: Number(name) }, () => [dense(64), relu()]).flat(), dense(10)];
  const shape = name === "cnn" ? [28, 28, 1] : name === "mlp64" ? [784] : [64];
  const size = shape.reduce((a, b) => a * b, 1);
  const data: Dataset = {
    name: "noise",
    inputs: { data: hashUniform(256 * size, 1), shape: [256, ...shape], dtype: "f32" },
    targets: { data: labels(256, 10), shape: [256], dtype: "i32" },
    classes: Array.from({ length: 10 }, (_, i) => String(i)),
    preprocessing: { scale: 1, offset: 0 },
  };
  last = performance.now();
  await fit(sequential(...layers), data, {
    batchSize: 64,
    epochs: 0.25,
    onProgress: () => {
      if (times["first step"] === undefined) mark("first step");
    },
  });
}

/** Stage by stage, on this thread alone. */
function stageByStage(): void {
  const descent = name === "mlp64" ? perceptron(64) : name === "cnn" ? convolutional() : deepPerceptron(Number(name));
  last = performance.now();
  const { entry, variables } = descentStep(descent);
  mark("trace");
  const compiled = compileEntry(entry, variables);
  mark("compile");
  const map = new MemoryMap(variables);
  const module = printEntry(compiled, map, map.placeEntry(compiled, 2), { shared: true, maximum: MOST_PAGES, fast: false });
  mark("print");
  new WebAssembly.Module(module);
  mark("engine");
  // Compiled again, the upper levels alone: their code is warm now.
  planEntry(entry, variables);
  mark("plan again");
}

if (view === "public") await throughThePublicFace();
else stageByStage();
console.log(JSON.stringify(times));
process.exit(0);

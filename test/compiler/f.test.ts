import { test, expect } from "vitest";
import { fit } from "../../src/descent/fit.js";
import { linear, mlp, cnn } from "../../src/models/ready.js";
import { adam } from "../../src/optimizers/adam.js";
import { cosine } from "../../src/optimizers/schedules/cosine.js";
import { digits } from "../../src/data/digits.js";
import { evaluate } from "../../src/backends/wasm/evaluate.js";
import { setEvaluator } from "../../src/tensor/read.js";
setEvaluator(evaluate);
test("fit", async () => {
  const data = digits();
  for (const [name, model] of [["linear", linear()], ["mlp", mlp()]] as const) {
    const run = await fit(model, data, { optimizer: adam({ learningRate: cosine(1e-3) }), epochs: 2, batchSize: 64, validation: 0.1, threads: 2 });
    console.log(name, run.status, run.diagnosis, run.seconds, run.samplesPerSecond, run.trainLoss, run.validation?.accuracy, run.test?.accuracy, run.history.length);
  }
}, 200000);

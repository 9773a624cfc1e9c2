import { test, expect } from "vitest";
import { minimize, maximize } from "/work/main/src/descent/minimize.js";
import { gd } from "/work/main/src/optimizers/gradient-descent.js";
import { momentum } from "/work/main/src/optimizers/momentum.js";
import { adam } from "/work/main/src/optimizers/adam.js";
import { evaluate } from "/work/main/src/backends/wasm/evaluate.js";
import { setEvaluator } from "/work/main/src/tensor/read.js";
import { tensor } from "/work/main/src/tensor/create.js";
setEvaluator(evaluate);
test("snippets", () => {
  const run = minimize((x) => x ** 2, 8.7, { optimizer: gd({ learningRate: 0.2 }), steps: 20, path: true });
  expect(run.solution).toBe(0.00031808578428547864);
  expect(run.status).toBe("step-limit");
  expect(run.path.at(1)).toBeCloseTo(5.22, 12);
  console.log(run.diagnosis, run.path.length);
  console.log(minimize((x, { a }) => (x - a) ** 2, 0, { constants: { a: 3 } }));
  console.log(maximize((x) => -(x ** 2), 1).diagnosis);
  const r = minimize("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 }, { optimizer: momentum({ learningRate: 0.1, beta: 0.8 }) });
  console.log(r.solution, r.diagnosis);
  const d = minimize("x^2", 1, { optimizer: gd({ learningRate: 1000 }) });
  console.log(d.status, d.steps, d.loss, d.diagnosis);
  const t = minimize((w) => w.sub(tensor([1, 2, 3])).square().sum(), tensor([0, 0, 0]), { optimizer: gd({ learningRate: 0.1 }) });
  console.log(t.solution.toArray(), t.status, t.steps);
  const rb = minimize((x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2, [-1.2, 1], { optimizer: adam({ learningRate: 0.01 }), steps: 10000, bounds: [[-2, 2], [0, 3]] });
  console.log(rb.solution, rb.status, rb.steps);
  for (let i = 0; i < 30; i++) { const t0 = performance.now(); minimize((x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2, [-1.2, 1], { optimizer: adam({ learningRate: 0.01 }), steps: 10000, tolerance: 0 }); if (i % 7 < 2) console.log((performance.now() - t0).toFixed(2), "ms"); }
});

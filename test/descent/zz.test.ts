import { expect, it } from "vitest";
import { adam, gd, maximize, minimize, momentum, objective, tensor } from "steepest";
it("x", () => {
  for (const rate of [0.01,0.1, 1, 100, 1000]) { const r = minimize("x^2", 1, { optimizer: gd({ learningRate: rate }), steps: 100 }); console.log(rate, r); }
  console.log(minimize("x^2 - y^2", [1, 0], { optimizer: gd({ learningRate: 0.1 }) }).diagnosis);
  console.log(minimize("-x^2", 0).diagnosis, minimize("-x^2", 1, {optimizer: gd()}).diagnosis);
  console.log(minimize("1/(1+exp(-x))", -40).diagnosis, minimize("x^4", 1).diagnosis, minimize("x^3", 1, {optimizer: gd()}).diagnosis);
  console.log(maximize("3 - x^2 - 50y^2", [1,1], {optimizer: gd({learningRate: 0.001}), steps: 100}).diagnosis);
  console.log(maximize("3 - x^2 - 50y^2", [1,1], {optimizer: gd({learningRate: 0.01})}).diagnosis);
  console.log(maximize("3 - x^2 - 50y^2", [1,1], {optimizer: gd({learningRate: 0.1})}).diagnosis);
  const b = minimize(objective({ value: (x) => x[0] ** 2 + 3 * x[1] ** 2, gradient: (x) => [2 * x[0], 6 * x[1]] }), [1, 1], { optimizer: gd({ learningRate: 0.1 }), steps: 200, path: true });
  console.log(b, b.path.length);
  console.log(JSON.stringify(minimize("x^2", {x: 1}, { steps: 2, path: true })));
  console.log(minimize((w) => w.sub(tensor([1, 2, 3])).square().sum(), tensor([0, 0, 0]), { optimizer: gd({ learningRate: 0.1 }) }));
  console.log(minimize("log(x)", -1).diagnosis);
  for (let i = 0; i < 40; i++) { const t0 = performance.now(); minimize((x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2, [-1.2, 1], { optimizer: adam({ learningRate: 0.01 }), steps: 10000, tolerance: 0 }); if (i % 7 < 2) console.log((performance.now() - t0).toFixed(2), "ms"); }
  for (let i = 0; i < 40; i++) { const t0 = performance.now(); minimize("(1 - x) ^ 2 + 100 * (y - x * x) ^ 2", [-1.2, 1], { optimizer: gd({ learningRate: 0.001 }), steps: 10000, tolerance: 0 }); if (i % 7 < 2) console.log((performance.now() - t0).toFixed(2), "ms"); }
});

/** The compiled engine walks the paths of the papers' equations, for methods that PyTorch 1.13 lacks: up to 300 steps in float64. */
import { readFileSync } from "node:fs";
import {
  adafactor,
  adam,
  lamb,
  lion,
  lookahead,
  minimize,
  momentum,
  muon,
  type Optimizer,
  sam,
  type Tensor,
  tensor,
  weightDecay,
} from "steepest";
import { describe, expect, it } from "vitest";

interface Fixture {
  readonly H: readonly number[][];
  readonly A: readonly number[][];
  readonly B: readonly number[][];
  readonly starts: { readonly vector: readonly number[]; readonly matrix: readonly number[][] };
  readonly cases: readonly {
    readonly name: string;
    readonly problem: "vector" | "matrix";
    readonly trajectory: readonly { readonly step: number; readonly theta: readonly number[] }[];
  }[];
}

const fixture: Fixture = JSON.parse(readFileSync(new URL("../fixtures/optimizers/papers.json", import.meta.url), "utf8"));
const [H, A, B] = [fixture.H, fixture.A, fixture.B].map((rows) => tensor(rows));
const starts = { vector: tensor(fixture.starts.vector), matrix: tensor(fixture.starts.matrix) };
const losses = {
  vector: (x: Tensor) => x.matmul(H.matmul(x)).mul(0.5),
  matrix: (w: Tensor) => A.matmul(w).sub(B).square().sum().mul(0.5),
};

const ours: Readonly<Record<string, Optimizer>> = {
  lion: lion({ learningRate: 0.003 }),
  "lion with decay": weightDecay(lion({ learningRate: 0.01, beta1: 0.95, beta2: 0.98 }), { rate: 0.3 }),
  "adafactor on a vector": adafactor(),
  lamb: lamb({ learningRate: 0.01 }),
  "lamb with decay": lamb({ learningRate: 0.01, beta2: 0.99, weightDecay: 0.1 }),
  adafactor: adafactor(),
  "adafactor with other numbers": adafactor({ learningRate: 0.2, memory: 0.6, clipping: 0.5, smallest: 0.01 }),
  muon: muon({ learningRate: 0.02 }),
  "muon, other form": muon({ learningRate: 0.01, beta: 0.9, nesterov: false, iterations: 3, weightDecay: 0, scale: "aspect" }),
  "sam(momentum)": sam(momentum({ learningRate: 0.002 })),
  "sam(momentum), adaptive": sam(momentum({ learningRate: 0.002 }), { radius: 0.1, adaptive: true }),
  "lookahead(adam)": lookahead(adam({ learningRate: 0.02 })),
};

describe("paths of the papers' equations", () => {
  it.each(fixture.cases)("$name on the $problem", ({ name, problem, trajectory }) => {
    const { path } = minimize(losses[problem], starts[problem], { optimizer: ours[name], steps: 300, tolerance: 0, path: true });
    const rows = path.rows();
    for (const { step, theta } of trajectory)
      theta.forEach((expected, i) => {
        expect(Math.abs(rows[step][i] - expected), `step ${step}, element ${i}`).toBeLessThan(1e-10 * Math.max(1, Math.abs(expected)));
      });
  });
});

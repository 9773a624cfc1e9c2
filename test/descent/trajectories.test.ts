/** The compiled engine walks PyTorch's paths: 1,000 steps in float64. */
import { minimize, type Optimizer, tensor } from "steepest";
import { describe, expect, it } from "vitest";
import { cases, hessian, optimizerOf, type ProblemName, startOf, worstDistance } from "../optimizers/trajectories.js";

const bowl = hessian.flatMap((row, i) => row.map((h, j) => `${h / 2}*x${i}*x${j}`)).join(" + ");
const formulas: Readonly<Record<ProblemName, string>> = { quadratic: bowl, rosenbrock: "(1 - x0)^2 + 100 (x1 - x0^2)^2" };
const H = tensor(hessian.map((row) => [...row]));

/** Every point by way of scalars in registers. */
function byFormula(optimizer: Optimizer, problem: ProblemName, start: readonly number[], at: readonly number[]): number[][] {
  const named = Object.fromEntries(start.map((x, i) => [`x${i}`, x]));
  const { path } = minimize(formulas[problem], named, { optimizer, steps: 1000, tolerance: 0, path: true });
  const rows = path.rows();
  return at.map((step) => rows[step]);
}

/** And by way of tensors and loops. */
function byTensor(optimizer: Optimizer, problem: ProblemName, start: readonly number[], at: readonly number[]): number[][] {
  const f =
    problem === "quadratic"
      ? (x: ReturnType<typeof tensor>) => x.matmul(H.matmul(x)).mul(0.5)
      : (x: ReturnType<typeof tensor>) => {
          const [a, b] = [x.slice([0], [1]).reshape([]), x.slice([1], [1]).reshape([])];
          return a.neg().add(1).square().add(b.sub(a.square()).square().mul(100));
        };
  const { path } = minimize(f, tensor([...start]), { optimizer, steps: 1000, tolerance: 0, path: true });
  const rows = path.rows();
  return at.map((step) => rows[step]);
}

describe.each([
  ["formula", byFormula],
  ["tensor", byTensor],
] as const)("PyTorch's paths from a %s", (_, run) => {
  it.each(cases)("$optimizer on $problem with $options $weightDecay $clip $schedule", (one) => {
    const { distance, where } = worstDistance(one, run);
    expect(distance, where).toBeLessThan(1e-10);
  });
});

it.each(cases.filter(({ averaged }) => averaged !== undefined))("$optimizer on $problem keeps PyTorch's mean", (one) => {
  const named = Object.fromEntries(startOf(one.problem).map((x, i) => [`x${i}`, x]));
  const run = minimize(formulas[one.problem], named, { optimizer: optimizerOf(one), steps: 1000, tolerance: 0 });
  const ours = Object.values(run.averaged ?? {});
  expect(ours.length).toBe(one.averaged?.length);
  for (const [i, mean] of (one.averaged ?? []).entries()) expect(Math.abs(ours[i] - mean)).toBeLessThan(1e-10);
});

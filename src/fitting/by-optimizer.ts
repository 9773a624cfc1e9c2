/** A fit by any optimizer: the parameters scaled so that each matters alike, and the end judged like that of Levenberg–Marquardt. */

import type { LoopResult } from "../descent/least-squares/index.js";
import { isSecondOrderMinimum, LinearModel, type LoopSettings, type ResidualProgram } from "../descent/least-squares/index.js";
import { minimize } from "../descent/minimize.js";
import type { Optimizer } from "../optimizers/optimizer.js";
import { fromHost, type Tensor } from "../tensor/tensor.js";

/** Rounds of descent, each scaled anew where the one before ended. */
const ROUNDS = 8;
/** A minimum for those who go by gradients: the linear model can remove so small a share of the residuals. */
const NEAR = 1e-6;

/**
 * Minimises Σr² over u, where θ = θ₀ + S u:
 *
 *     g(u) = Σ rᵢ(θ₀ + S u)² / Σ rᵢ(θ₀)²,   Sⱼ = ‖r(θ₀)‖ / ‖J's column j‖
 *
 * so that all second derivatives of the linear model along the axes are 2. Where a round has ended, θ₀ and S are taken anew there.
 *
 * @param residuals r of a traced θ
 */
export function fitByOptimizer(
  residuals: (theta: Tensor) => Tensor,
  program: ResidualProgram,
  start: Float64Array,
  optimizer: Optimizer,
  settings: LoopSettings,
): LoopResult {
  const began = performance.now();
  const columns = { loss: [] as number[], gradientNorm: [] as number[], learningRate: [] as number[] };
  const path: Float64Array[] = [];
  let model = new LinearModel(program.linearize(start));
  let steps = 0;
  let ended: LoopResult["status"] = "converged";
  let diagnosis = "";
  for (let round = 0; round < ROUNDS && model.isFinite && !model.isMinimum(settings.tolerance); round++) {
    const seconds = settings.seconds - (performance.now() - began) / 1000;
    if (steps >= settings.steps || !(seconds > 0)) break;
    const { length, scale } = model;
    const origin = model.at.theta;
    const unit = scale.map((c) => length / c);
    const theta = (u: Tensor) => fromHost(origin, [origin.length], "f64").add(u.mul(fromHost(unit, [unit.length], "f64")));
    const f = (u: Tensor) => residuals(theta(u)).div(length).square().sum();
    const run = minimize(f, fromHost(new Float64Array(origin.length), [origin.length], "f64"), {
      optimizer,
      steps: settings.steps - steps,
      tolerance: settings.tolerance,
      path: settings.path,
      ...(Number.isFinite(seconds) ? { seconds } : {}),
      ...(settings.targetLoss === undefined ? {} : { targetLoss: settings.targetLoss / (length * length) }),
    });
    const square = length * length;
    for (const loss of run.history.loss) columns.loss.push(loss * square);
    columns.gradientNorm.push(...run.history.gradientNorm);
    columns.learningRate.push(...run.history.learningRate);
    const place = (u: ArrayLike<number>) => origin.map((x, j) => x + unit[j] * u[j]);
    if (settings.path) for (const row of run.path.rows().slice(0, -1)) path.push(place(row));
    steps += run.steps;
    program.evaluations.value += run.evaluations.value;
    program.evaluations.gradient += run.evaluations.gradient;
    ended = run.status;
    diagnosis = run.diagnosis;
    const next = new LinearModel(program.linearize(place(run.theta)));
    if (!next.isFinite) break;
    const gained = 1 - (next.length / length) * (next.length / length);
    model = next;
    if (!(gained > 1e-14) || ended === "stopped-early") break;
  }
  const finished = {
    model,
    steps,
    history: {
      loss: Float64Array.from(columns.loss),
      gradientNorm: Float64Array.from(columns.gradientNorm),
      learningRate: Float64Array.from(columns.learningRate),
    },
    path: settings.path ? [...path, model.at.theta] : [],
  };
  if (!model.isFinite)
    return { ...finished, status: "diverged", reason: "the model or its derivatives are no finite numbers at the start" };
  const offset = String(Number(model.offset.toPrecision(2)));
  if (model.isMinimum(NEAR) || isSecondOrderMinimum(program, model, NEAR))
    return { ...finished, status: "converged", reason: `a step could remove ${offset} of the residuals` };
  const status = ended === "converged" ? "stalled" : ended;
  return { ...finished, status, reason: `a step could still remove ${offset} of the residuals (${diagnosis.replace(/[.:][\s\S]*$/, "")})` };
}

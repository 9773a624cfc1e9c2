/** What happened in a descent, in plain words, from what was measured. */
import type { DescentHistory } from "./run.js";
import type { Status } from "./history.js";

/** What a diagnosis goes by. */
export interface Facts {
  readonly status: Status;
  readonly steps: number;
  readonly optimizer: string;
  readonly tolerance: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly history: DescentHistory;
  /** gᵀHg / gᵀg at the start and at the end: the curvature of f along the gradient. Undefined where it cannot be computed. */
  readonly curvature?: { readonly start: number; readonly end: number };
  /** Extreme eigenvalues of the Hessian at the end, for few variables. */
  readonly eigenvalues?: { readonly least: number; readonly most: number };
}

export function diagnose(facts: Facts): string {
  const sentences = [headline(facts), ...details(facts)];
  return sentences.join(" ");
}

function headline({ status, steps, tolerance, loss, gradientNorm }: Facts): string {
  const where = `f = ${short(loss)}, |∇f| = ${short(gradientNorm)}`;
  switch (status) {
    case "converged":
      return `Converged after ${plural(steps)}: the gradient's norm ${short(gradientNorm)} is at most the tolerance ${short(tolerance)}.`;
    case "step-limit":
      return `All ${plural(steps)} were done: ${where}.`;
    case "stopped-early":
      return `Stopped early after ${plural(steps)}: ${where}.`;
    case "diverged":
      return `Diverged at step ${steps + 1}: loss or gradient was no longer a finite number. The last good point has ${where}.`;
    case "stalled":
      return `Stalled after ${plural(steps)}: a step no longer changes θ in its floating-point numbers. ${where}.`;
    case "aborted":
      return `Aborted after ${plural(steps)}: ${where}.`;
  }
}

function details(facts: Facts): string[] {
  const { status, history, optimizer, curvature, eigenvalues, gradientNorm } = facts;
  const notes: string[] = [];
  const rate = history.learningRate[Math.max(0, history.learningRate.length - 1)];
  if (optimizer === "gd" && curvature !== undefined && (status === "diverged" || bouncing(history.loss))) {
    const lambda = Math.max(curvature.start, curvature.end);
    if (rate * lambda > 1.99) notes.push(`Step too long: α·λ = ${short(rate * lambda)} along the gradient, and gradient descent needs α·λ < 2, here α < ${short(2 / lambda)}.`);
  } else if (status === "diverged") notes.push("Try a smaller learning rate.");
  if (eigenvalues !== undefined && (status === "converged" || gradientNorm < 1e-3)) {
    const { least, most } = eigenvalues;
    if (least < -1e-8 * Math.max(1, Math.abs(most))) notes.push(most > 0 ? `This is a saddle point: the Hessian's eigenvalues run from ${short(least)} to ${short(most)}.` : "This is a maximum: all eigenvalues of the Hessian are negative.");
    else if (least > 1e-10 * most) notes.push(`A minimum: the Hessian's eigenvalues run from ${short(least)} to ${short(most)}.`);
    else notes.push("The Hessian is singular here: whether this is a minimum, it cannot say.");
  }
  if (status === "step-limit" && eigenvalues !== undefined && eigenvalues.least > 0) {
    const condition = eigenvalues.most / eigenvalues.least;
    if (condition > 20) {
      const root = Math.sqrt(condition);
      const momentum = ((root - 1) / (root + 1)) * ((root - 1) / (root + 1));
      const span = Math.sqrt(eigenvalues.most) + Math.sqrt(eigenvalues.least);
      notes.push(`A ravine: condition number ${short(condition)}; momentum with β ≈ ${short(momentum)} at α ≈ ${short(4 / (span * span))} suits.`);
    }
  }
  if (status === "step-limit" && flat(history.loss)) notes.push("The loss has hardly fallen over the last tenth of the steps.");
  else if (status === "step-limit" && falling(history.loss)) notes.push("It was still falling: more steps would lower it further.");
  return notes;
}

const bouncing = (loss: Float64Array): boolean => {
  const last = loss.length - 1;
  return last >= 2 && loss[last] >= loss[last - 1] && loss[last] >= loss[0];
};

const tenth = (loss: Float64Array): readonly [number, number] => [loss[Math.floor(loss.length * 0.9)] ?? Number.NaN, loss[loss.length - 1] ?? Number.NaN];

function flat(loss: Float64Array): boolean {
  const [before, after] = tenth(loss);
  return loss.length >= 50 && Math.abs(before - after) <= 1e-9 * Math.max(Math.abs(before), Math.abs(after));
}

function falling(loss: Float64Array): boolean {
  const [before, after] = tenth(loss);
  return loss.length >= 10 && after < before - 1e-6 * Math.abs(before);
}

const plural = (steps: number): string => `${steps} step${steps === 1 ? "" : "s"}`;

/** Three or four digits that matter. */
function short(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  return String(Number(x.toPrecision(4)));
}

/** What happened in a descent, in plain words, from what was measured. Where the measurements do not tell, nothing is claimed. */
import type { Status } from "./history.js";
import type { DescentHistory } from "./run.js";

/** What a diagnosis goes by. */
export interface Facts {
  readonly status: Status;
  readonly steps: number;
  readonly optimizer: string;
  readonly tolerance: number;
  /** Why it ended, where the method has words of its own for it. */
  readonly reason?: string;
  /** −1 for ascent: all that follows is about −f then, but for `loss` and `history`, which are f's. */
  readonly sign: 1 | -1;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly history: DescentHistory;
  /** max |θᵢ| at the end. */
  readonly size: number;
  /** gᵀHg / gᵀg at the start and at the end: the curvature along the gradient. NaN, or absent, where it cannot be computed. */
  readonly curvature?: { readonly start: number; readonly end: number };
  /** Extreme eigenvalues of the Hessian at the end, for few variables. */
  readonly eigenvalues?: { readonly least: number; readonly most: number };
}

export function diagnose(facts: Facts): string {
  const { status } = facts;
  const notes =
    status === "diverged"
      ? [whyDiverged(facts)]
      : [
          withoutLimit(facts),
          tooLong(facts),
          whereItIs(facts),
          ...(status === "step-limit" ? [ravine(facts), Number.isNaN(facts.gradientNorm) ? undefined : trend(facts)] : []),
        ];
  return [headline(facts), ...notes.filter((note) => note !== undefined)].join(" ");
}

/** Rules that search along a line, or in a region. */
const searching: ReadonlySet<string> = new Set(["lbfgs", "conjugateGradient", "steepestDescent", "newtonCg"]);

const endings: Readonly<Record<Status, string>> = {
  converged: "Converged",
  "step-limit": "Ended",
  "stopped-early": "Stopped early",
  diverged: "Diverged",
  stalled: "Stalled",
  aborted: "Aborted",
};

function headline({ status, steps, tolerance, loss, gradientNorm, optimizer, reason }: Facts): string {
  const where = `f = ${short(loss)}${Number.isNaN(gradientNorm) ? "" : `, |∇f| = ${short(gradientNorm)}`}`;
  if (reason !== undefined) return `${endings[status]} after ${plural(steps)}: ${reason}. ${where}.`;
  switch (status) {
    case "converged":
      return `Converged after ${plural(steps)}: the gradient's norm ${short(gradientNorm)} is at most the tolerance ${short(tolerance)}.`;
    case "step-limit":
      return `All ${plural(steps)} were done: ${where}.`;
    case "stopped-early":
      return `Stopped early after ${plural(steps)}: ${where}.`;
    case "diverged":
      return Number.isFinite(loss) && Number.isFinite(gradientNorm)
        ? `Diverged at step ${steps + 1}: loss or gradient was no longer a finite number. The last good point has ${where}.`
        : `There is nothing to descend on: at the start ${where}.`;
    case "stalled":
      return searching.has(optimizer)
        ? `Stalled after ${plural(steps)}: the search finds no lower point in floating-point numbers. ${where}.`
        : `Stalled after ${plural(steps)}: a step no longer changes θ in its floating-point numbers. ${where}.`;
    case "aborted":
      return `Aborted after ${plural(steps)}: ${where}.`;
  }
}

function whyDiverged(facts: Facts): string {
  const { loss, gradientNorm, sign } = facts;
  if (!(Number.isFinite(loss) && Number.isFinite(gradientNorm))) return "Start where the objective and its slope are finite.";
  if (isUnbounded(facts))
    return sign === 1 ? "f fell without limit: it seems to have no minimum." : "f rose without limit: it seems to have no maximum.";
  return tooLong(facts) ?? "A smaller learning rate may help.";
}

/** Whether f is by now far below where it began. */
const isUnbounded = ({ loss, history, sign }: Facts): boolean =>
  history.loss.length > 0 && sign * loss < -1e6 * Math.max(1, Math.abs(history.loss[0]));

/** A line search that ran to the end of the numbers, downhill all the way. */
function withoutLimit(facts: Facts): string | undefined {
  if (facts.status !== "stalled" || !isUnbounded(facts)) return undefined;
  return `f seems to be unbounded ${facts.sign === 1 ? "below" : "above"}: it went on ${facts.sign === 1 ? "falling" : "rising"} to the end of what numbers can hold.`;
}

/** Gradient descent on a curvature λ multiplies the distance by 1 − αλ: it grows beyond αλ = 2, and flips for ever at 2. */
function tooLong({ optimizer, status, history, curvature, eigenvalues, sign }: Facts): string | undefined {
  const rate = history.learningRate.at(-1);
  if (optimizer !== "gd" || rate === undefined || curvature === undefined) return undefined;
  if (status !== "diverged" && !rising(history.loss, sign)) return undefined;
  const known = [curvature.start, curvature.end, eigenvalues?.most ?? Number.NaN].filter(Number.isFinite);
  const lambda = Math.max(...known, 0);
  if (rate * lambda < 1.999) return undefined;
  return `The step is too long: α·λ = ${short(rate * lambda)} for the curvature λ = ${short(lambda)}, and gradient descent needs α·λ < 2, here α < ${short(2 / lambda)}.`;
}

/** What kind of point the end is, where second derivatives can tell. */
function whereItIs({ status, gradientNorm, eigenvalues, size, sign }: Facts): string | undefined {
  if (eigenvalues === undefined) return undefined;
  const { least, most } = eigenvalues;
  const largest = Math.max(Math.abs(least), Math.abs(most));
  // A Newton step is about |g| / |λ|: far from a critical point the Hessian does not say what kind it is.
  const isNear = gradientNorm <= 1e-4 * largest * Math.max(1, size);
  const [minimum, maximum] = sign === 1 ? ["minimum", "maximum"] : ["maximum", "minimum"];
  const [lowest, highest] = sign === 1 ? [short(least), short(most)] : [short(-most), short(-least)];
  const range =
    lowest === highest ? `the Hessian's only eigenvalue is ${lowest}` : `the Hessian's eigenvalues run from ${lowest} to ${highest}`;
  const zero = 1e-8 * largest;
  if (isNear && largest > 0) {
    if (least > zero) return `This is a ${minimum}: ${range}.`;
    if (most < -zero) return `This is a ${maximum}: ${range}.`;
    if (least < -zero && most > zero) return `This is a saddle point: ${range}.`;
    if (least < -zero) return `This is no ${minimum}: ${range}.`;
    return `The Hessian is singular here: whether this is a ${minimum}, it cannot say.`;
  }
  // Nor is there a critical point within a short Newton step.
  if (status === "converged" && gradientNorm <= 1e-4 && gradientNorm >= 0.1 * largest)
    return `Slope and curvature both vanish here: a plateau, or a ${minimum} too flat to tell.`;
  return undefined;
}

/** Where the eigenvalues of the Hessian lie far apart, gradient descent is slow, and momentum of the right size is best (Polyak 1964). */
function ravine({ eigenvalues }: Facts): string | undefined {
  if (eigenvalues === undefined || !(eigenvalues.least > 0)) return undefined;
  const { least, most } = eigenvalues;
  const condition = most / least;
  if (condition < 20) return undefined;
  const root = Math.sqrt(condition);
  const share = (root - 1) / (root + 1);
  const span = Math.sqrt(most) + Math.sqrt(least);
  return `A ravine: condition number ${short(condition)}; momentum with β ≈ ${short(share * share)} at α ≈ ${short(4 / (span * span))} suits.`;
}

/** By the means of the last tenth of the steps and of the tenth before, so that losses that jump up and down mislead no one. */
function trend({ history: { loss }, sign }: Facts): string | undefined {
  const tenth = Math.floor(loss.length / 10);
  if (tenth < 1) return undefined;
  const [before, after] = [mean(loss.subarray(-2 * tenth, -tenth)), mean(loss.subarray(-tenth))];
  if (tenth >= 5 && Math.abs(before - after) <= 1e-9 * Math.max(Math.abs(before), Math.abs(after)))
    return "The loss has hardly changed over the last tenth of the steps.";
  if (sign * after < sign * before - 1e-6 * Math.abs(before))
    return sign === 1
      ? "It was still falling: more steps would lower it further."
      : "It was still rising: more steps would raise it further.";
  return undefined;
}

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Whether the last losses are no better than the first. */
function rising(loss: Float64Array, sign: 1 | -1): boolean {
  const last = loss.length - 1;
  return last >= 2 && sign * loss[last] >= sign * loss[last - 1] && sign * loss[last] >= sign * loss[0];
}

const plural = (steps: number): string => `${steps} step${steps === 1 ? "" : "s"}`;

/** Four digits that matter. */
function short(x: number): string {
  if (!Number.isFinite(x)) return String(x);
  return String(Number(x.toPrecision(4)));
}

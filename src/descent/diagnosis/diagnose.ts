/** What happened in a descent, in plain words and as data, from what was measured. Where the measurements do not tell, nothing is claimed. */
import { norm } from "../../algebra/index.js";
import type { Optimizer } from "../../optimizers/optimizer.js";
import type { Status } from "../history.js";
import type { DescentHistory } from "../run.js";
import { findEndless } from "./endless.js";
import { type Finding, plural, short } from "./finding.js";
import type { Landscape } from "./landscape.js";
import { culpritOf } from "./not-finite.js";
import { findPlace } from "./place.js";
import { findTrend } from "./trend.js";

/** What a diagnosis goes by. */
export interface Facts {
  readonly status: Status;
  readonly steps: number;
  /** The rule: a name is enough for searches that have none. */
  readonly optimizer: Pick<Optimizer, "name" | "stableUpTo" | "settings">;
  readonly tolerance: number;
  /** Why it ended, where the method has words of its own for it. */
  readonly reason?: string;
  /** −1 for ascent. */
  readonly sign: 1 | -1;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly history: DescentHistory;
  /** The objective, where it can be looked at. */
  readonly landscape?: Landscape;
  /** Whether a search followed f down to the end of the numbers. */
  readonly ranAway?: boolean;
}

export interface Diagnosis {
  readonly text: string;
  readonly findings: readonly Finding[];
}

export function diagnose(facts: Facts): Diagnosis {
  const findings = facts.status === "diverged" ? whyDiverged(facts) : howItEnded(facts);
  const advice = facts.status === "diverged" && findings.every(({ kind }) => kind === "not-finite") ? [adviceFor(facts)] : [];
  return { text: [headline(facts), ...findings.map(({ text }) => text), ...advice].join(" "), findings };
}

/** Whatever the tolerance: a gradient above this is not small. */
const SMALL = 1e-4;

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

function headline({ status, steps, tolerance, loss, gradientNorm, optimizer, reason, ranAway, sign }: Facts): string {
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
      if (ranAway)
        return `Diverged after ${plural(steps)}: the search followed f ${sign === 1 ? "down" : "up"} to the end of the numbers. ${where}.`;
      return Number.isFinite(loss) && Number.isFinite(gradientNorm)
        ? `Diverged at step ${steps + 1}: loss or gradient was no longer a finite number. The last good point has ${where}.`
        : `There is nothing to descend on: at the start ${where}.`;
    case "stalled":
      return searching.has(optimizer.name)
        ? `Stalled after ${plural(steps)}: the search finds no lower point in floating-point numbers. ${where}.`
        : `Stalled after ${plural(steps)}: a step no longer changes θ in its floating-point numbers. ${where}.`;
    case "aborted":
      return `Aborted after ${plural(steps)}: ${where}.`;
  }
}

function howItEnded(facts: Facts): Finding[] {
  const { status, landscape, gradientNorm, tolerance, history, sign, optimizer } = facts;
  const long = tooLong(facts);
  // A rule with noise, or a step that is too long, is not where it would come to rest.
  const place =
    landscape === undefined || long.length > 0
      ? []
      : findPlace(landscape, status === "converged" && gradientNorm <= Math.min(tolerance, SMALL));
  const ended = status === "step-limit" || status === "stopped-early";
  const trend = ended && !Number.isNaN(gradientNorm) ? findTrend(history.loss, sign, optimizer.name.includes("gradientNoise")) : [];
  const isFalling = trend.some(({ kind }) => kind === "still-falling");
  const endless = place.length === 0 && isFalling && landscape !== undefined ? findEndless(landscape) : [];
  const steep = ended && endless.length === 0 && long.length === 0 ? ravine(facts) : [];
  return [
    ...long,
    ...place,
    ...endless,
    ...(status === "stalled" ? floatLimit(facts) : []),
    ...steep,
    ...(isFalling && endless.length === 0 && steep.length === 0 ? tooShort(facts) : []),
    ...(status === "step-limit" ? trend : []),
  ];
}

function whyDiverged(facts: Facts): Finding[] {
  const { loss, gradientNorm, sign, landscape, steps, ranAway } = facts;
  const isStart = !(Number.isFinite(loss) && Number.isFinite(gradientNorm));
  const unbounded: Finding[] = isUnbounded(facts)
    ? [
        {
          kind: "unbounded",
          value: loss,
          text: sign === 1 ? "f fell without limit: it seems to have no minimum." : "f rose without limit: it seems to have no maximum.",
        },
      ]
    : [];
  if (ranAway || facts.reason !== undefined) return unbounded;
  const culprit = landscape && culpritOf(landscape.objective, isStart ? landscape.end : landscape.next);
  const step = isStart ? 0 : steps + 1;
  const first: Finding[] =
    culprit === undefined
      ? []
      : [
          {
            kind: "not-finite",
            step,
            operation: culprit.operation,
            operands: culprit.operands,
            text: `The first thing not finite was ${culprit.text}.`,
          },
        ];
  if (isStart) return first;
  return [...(unbounded.length > 0 ? unbounded : tooLong(facts)), ...first];
}

const adviceFor = ({ loss, gradientNorm, reason }: Facts): string =>
  reason !== undefined
    ? "Nothing more is known."
    : Number.isFinite(loss) && Number.isFinite(gradientNorm)
      ? "A smaller learning rate may help."
      : "Start where the objective and its slope are finite.";

/** Whether f is by now far below where it began. */
const isUnbounded = ({ loss, history, sign }: Facts): boolean =>
  history.loss.length > 0 && sign * loss < -1e6 * Math.max(1, Math.abs(history.loss[0]));

/**
 * Beyond the edge of stability each step multiplies the distance across the ravine by more than 1. What decides is the curvature where it
 * began, or where it is now.
 */
function tooLong({ optimizer, status, history, landscape, sign }: Facts): Finding[] {
  const { stableUpTo: edge, name, settings } = optimizer;
  const rates = history.learningRate;
  if (edge === undefined || landscape === undefined || rates.length === 0) return [];
  if (status !== "diverged" && !rising(history.loss, sign)) return [];
  const places = [
    { at: landscape.start, learningRate: rates[0] },
    { at: landscape.end, learningRate: rates[rates.length - 1] },
  ];
  for (const { at, learningRate } of places) {
    const curvature = landscape.largestCurvature(at);
    const product = learningRate * curvature;
    if (!(product >= 0.9995 * edge && Number.isFinite(product))) continue;
    const beta = settings?.beta;
    const rule = name === "gd" ? "gradient descent" : typeof beta === "number" ? `${name} with β = ${short(beta)}` : name;
    const largestRate = edge / curvature;
    return [
      {
        kind: "step-too-long",
        learningRate,
        curvature,
        product,
        edge,
        largestRate,
        text: `The step is too long: α·λ = ${short(product)} for the curvature λ = ${short(curvature)}, and ${rule} needs α·λ < ${short(edge)}, here α < ${short(largestRate)}.`,
      },
    ];
  }
  return [];
}

/**
 * Where f curves with c along the gradient, the step 1/c goes lowest on it. One that is ten times shorter wastes steps, if the longer
 * one is stable and f does fall there as the parabola says.
 */
function tooShort({ optimizer, landscape, history }: Facts): Finding[] {
  const learningRate = history.learningRate.at(-1);
  if (optimizer.name !== "gd" || landscape === undefined || learningRate === undefined) return [];
  const { end, gradient, sign, value } = landscape;
  const slope = norm(gradient);
  const curvature = landscape.curvatureAlongGradient(end);
  const product = learningRate * curvature;
  if (!(product > 0 && product <= 0.1 && learningRate * landscape.largestCurvature(end) <= 0.2)) return [];
  const best = 1 / curvature;
  const fall =
    value -
    landscape.valueAt(
      gradient.map((g) => -g / slope),
      slope * best,
    );
  if (!(fall >= (0.25 * slope * slope) / curvature)) return [];
  return [
    {
      kind: "step-too-short",
      learningRate,
      curvature: sign * curvature,
      product,
      bestRate: best,
      text: `The step is short: along the gradient f curves with ${short(sign * curvature)}, and a rate of ${short(best)} would go ${sign === 1 ? "lowest" : "highest"} there, ${short(Math.round(1 / product))} times this one.`,
    },
  ];
}

/** Where the eigenvalues of the Hessian lie far apart, gradient descent is slow, and momentum of the right size is best (Polyak 1964). */
function ravine({ landscape, optimizer, sign, history }: Facts): Finding[] {
  if (landscape === undefined || searching.has(optimizer.name)) return [];
  const { least, most } = landscape.spectrum;
  if (least === undefined || most === undefined || !landscape.isDefinite) return [];
  const condition = most.value / least.value;
  if (condition < 20) return [];
  // The Hessian of this point has to hold as far as the minimum that it promises.
  const step = landscape.newtonStep();
  if (step === undefined || !(norm(landscape.gradientAt(step)) <= 0.1 * norm(landscape.gradient))) return [];
  const root = Math.sqrt(condition);
  const share = (root - 1) / (root + 1);
  const span = Math.sqrt(most.value) + Math.sqrt(least.value);
  const [beta, learningRate] = [share * share, 4 / (span * span)];
  const used = optimizer.settings?.beta;
  const near = (a: number, b: number) => Math.abs(a - b) <= 0.1 * b;
  if (typeof used === "number" && near(used, beta) && near(history.learningRate.at(-1) ?? Number.NaN, learningRate)) return [];
  const [low, high] = sign === 1 ? [least.value, most.value] : [-most.value, -least.value];
  return [
    {
      kind: "ravine",
      least: low,
      most: high,
      condition,
      beta,
      learningRate,
      text: `A ravine: condition number ${short(condition)}; momentum with β ≈ ${short(beta)} at α ≈ ${short(learningRate)} suits.`,
    },
  ];
}

/** Where what is left to gain, or the step itself, is smaller than the spacing of the numbers. */
function floatLimit({ landscape, optimizer, history }: Facts): Finding[] {
  if (landscape === undefined) return [];
  const { epsilon, reach, value, gradient, dtype } = landscape;
  const advice = dtype === "f32" ? "float64 would go further" : "measure f and θ from a value near their ends to go further";
  if (searching.has(optimizer.name)) {
    const step = landscape.newtonStep();
    // Along flat directions nobody knows what could be gained.
    if (step === undefined || !landscape.isDefinite) return [];
    const gain = Math.abs(step.reduce((sum, p, i) => sum + p * gradient[i], 0)) / 2;
    const spacing = epsilon * Math.abs(value);
    if (!(gain <= 16 * Math.max(spacing, landscape.noise))) return [];
    return [
      {
        kind: "float-limit",
        spacing,
        text: `This is the limit of ${dtype}: f could fall by about ${short(gain)}, and its numbers here are ${short(spacing)} apart; ${advice}.`,
      },
    ];
  }
  const rate = history.learningRate.at(-1) ?? Number.NaN;
  const slope = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  const spacing = epsilon * reach;
  if (optimizer.stableUpTo === undefined || !(rate * slope <= 4 * spacing)) return [];
  return [
    {
      kind: "float-limit",
      spacing,
      text: `This is the limit of ${dtype}: a step of α|∇f| = ${short(rate * slope)} is lost where numbers are ${short(spacing)} apart; ${advice}.`,
    },
  ];
}

/** Whether the last losses are no better than the first. */
function rising(loss: Float64Array, sign: 1 | -1): boolean {
  const last = loss.length - 1;
  return last >= 2 && sign * loss[last] >= sign * loss[last - 1] && sign * loss[last] >= sign * loss[0];
}

/** D6: one step of momentum and of Nesterov's method, with all their vectors. */
import { steepestDirection } from "../analysis/directions.js";
import { taylor } from "../analysis/taylor.js";
import { minimize } from "../descent/minimize.js";
import { lineChart } from "../figures/line-chart.js";
import { stepVectorsFigure } from "../figures/step-vectors-figure.js";
import { momentum } from "../optimizers/momentum.js";
import { nesterov } from "../optimizers/nesterov.js";
import type { Exhibit } from "./exhibit.js";
import { withVelocity } from "./velocity.js";

const f = "0.5x^2 + 2y^2 + x*y";
const theta = { x: 8.7, y: -7.9 };
const velocity = { x: -1.2, y: 1.5 };
const [learningRate, beta] = [0.05, 0.9];

const code = `import { taylor } from "steepest";

const model = taylor("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 });
const [v, mu, alpha] = [{ x: -1.2, y: 1.5 }, 0.9, 0.05];
// One step of momentum, μv − α∇f(θ):
[mu * v.x - alpha * model.gradient.x, mu * v.y - alpha * model.gradient.y]; // → [-1.12, 2.495]
// Nesterov's step differs by −αH·μv, exactly on a quadratic:
const ahead = taylor("0.5x^2 + 2y^2 + x*y", { x: 8.7 + mu * v.x, y: -7.9 + mu * v.y });
[mu * v.x - alpha * ahead.gradient.x, mu * v.y - alpha * ahead.gradient.y]; // → [-1.1335, 2.279]`;

export const nesterovAndMomentum = {
  id: "D6",
  title: "Nesterov's method against momentum",
  shows:
    "Momentum adds the gradient of where it stands to the jump μv; Nesterov's method jumps first and adds the gradient of where it lands. " +
    "On a quadratic the two steps differ by −αH·μv exactly: the look-ahead brakes along directions of high curvature.",
  formula: [
    "momentum:      v ← μv − α∇f(θ),          θ ← θ + v",
    "look-ahead:     v ← μv − α∇f(θ + μv),   θ ← θ + v",
    "full look-ahead: v ← μv − α∇f(θ + v),    θ ← θ + v",
  ],
  code,
  mistake:
    "The usual picture has no numbers, and two methods share the name: looking ahead by μv, and by the whole v. They lead to different points, and are stable up to αλ = (2 + 2μ)/(1 + 2μ) = 1.357 and 2(1 + μ)/3 = 1.267. " +
    "Libraries keep a third thing, the point ahead itself.",
  make() {
    const move = (rule: Parameters<typeof withVelocity>[0]) => {
      const { x, y } = minimize(f, theta, { optimizer: withVelocity(rule, velocity), steps: 1, tolerance: 0 }).solution;
      return [x - theta.x, y - theta.y];
    };
    const steps = {
      momentum: move(momentum({ learningRate, beta, form: "step" })),
      lookAhead: move(nesterov({ learningRate, beta, form: "look-ahead" })),
      fullLookAhead: move(nesterov({ learningRate, beta, form: "full-look-ahead" })),
    };
    const jump = [beta * velocity.x, beta * velocity.y];
    const here = taylor(f, theta);
    const ahead = taylor(f, { x: theta.x + jump[0], y: theta.y + jump[1] });
    const bent = (here.hessian ?? []).map(([a, b]) => -learningRate * (a * jump[0] + b * jump[1]));
    // Twenty steps of each, from rest.
    const paths = [
      { name: "momentum", optimizer: momentum({ learningRate, beta, form: "step" }) },
      { name: "Nesterov", optimizer: nesterov({ learningRate, beta, form: "look-ahead" }) },
    ] as const;
    const losses = paths.map(({ name, optimizer }) => {
      const { history } = minimize(f, theta, { optimizer, steps: 100, tolerance: 0 });
      return { name, loss: [...history.loss] };
    });
    const chart = lineChart({
      title: "Loss, from rest",
      subtitle: "α = 0.05, μ = 0.9",
      x: { label: "step", style: "count" },
      y: { label: "f", kind: "log" },
      series: losses.map(({ name, loss }, i) => ({ name, colour: i === 0 ? 1 : 2, points: loss.map((f, k) => [k, f]) })),
    });
    const edge = (rule: { readonly stableUpTo?: number }) => rule.stableUpTo ?? null;
    return {
      numbers: {
        steps,
        jump,
        gradientHere: [here.gradient.x, here.gradient.y],
        gradientAhead: [ahead.gradient.x, ahead.gradient.y],
        difference: [steps.lookAhead[0] - steps.momentum[0], steps.lookAhead[1] - steps.momentum[1]],
        "−αH·μv": bent,
        slopeHere: steepestDirection(f, theta).slope,
        stableUpTo: {
          momentum: edge(momentum({ beta })),
          lookAhead: edge(nesterov({ beta, form: "look-ahead" })),
          fullLookAhead: edge(nesterov({ beta, form: "full-look-ahead" })),
        },
      },
      figures: [
        {
          name: "vectors",
          figure: stepVectorsFigure({
            title: "One step from (8.7, −7.9) with v = (−1.2, 1.5)",
            f: (x, y) => 0.5 * x * x + 2 * y * y + x * y,
            at: [theta.x, theta.y],
            steps: [
              {
                name: "momentum",
                jump: [jump[0], jump[1]],
                pull: [steps.momentum[0] - jump[0], steps.momentum[1] - jump[1]],
                looksAhead: false,
              },
              {
                name: "nesterov",
                jump: [jump[0], jump[1]],
                pull: [steps.lookAhead[0] - jump[0], steps.lookAhead[1] - jump[1]],
                looksAhead: true,
              },
            ],
          }),
          caption:
            "The same jump μv in both. The pull is shorter where the jump lands, since the slope is smaller there: the two ends differ by (−0.0135, −0.216).",
        },
        { name: "loss", figure: chart, caption: "From rest: momentum swings; the look-ahead damps the swings at the same rate." },
      ],
    };
  },
} satisfies Exhibit;

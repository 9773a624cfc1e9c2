/** D10: the loss along the negative gradient, by the size of the step. */
import { taylor } from "../analysis/taylor.js";
import { minimize } from "../descent/minimize.js";
import { lineChart } from "../figures/line-chart.js";
import { steepestDescent } from "../optimizers/steepest-descent.js";
import type { Exhibit } from "./exhibit.js";

/** A quadratic, on which the second-order model is exact, and one on which it is not. */
const subjects = [
  { name: "quadratic", f: "0.5x^2 + 2y^2 + x*y", at: { x: 8.7, y: -7.9 } },
  { name: "banana", f: "(1-x)^2 + 20(3y-x^2)^2", at: { x: -1.21, y: 0.853 } },
] as const;

const code = `import { taylor } from "steepest";

const model = taylor("0.5x^2 + 2y^2 + x*y", { x: 8.7, y: -7.9 });
const { x, y } = model.gradient;
const ray = model.along({ x: -x, y: -y }); // φ(α) = f(θ − α∇f)
ray.slope;         // → -525.05
ray.bestStep;      // → 0.25466…
ray.descendsBelow; // → 0.50933…`;

export const stepSize = {
  id: "D10",
  title: "The effect of the step size",
  shows:
    "Along the negative gradient the loss is a curve φ(α) that starts with the slope −‖∇f‖²: it falls below every α that is small enough, reaches its least, and rises above its start. " +
    "The second-order model, a parabola, says where; on a quadratic exactly, elsewhere as far as it holds.",
  formula: ["φ(α) = f(θ − α∇f) ≈ f − α‖∇f‖² + ½α² ∇fᵀH∇f", "best α = ‖∇f‖² / ∇fᵀH∇f,   lower than f(θ) for α < 2‖∇f‖² / ∇fᵀH∇f"],
  code,
  command: 'steepest gradient "0.5x^2 + 2y^2 + x*y" --at x=8.7,y=-7.9',
  mistake:
    "The usual slide has one arrow and two words, slow and overshoot. The bound 2/λmax of the Hessian is that of the worst direction; a single step may be longer where it leads along a flatter one. " +
    "And one textbook form of the model lacks the ½ of its last term, which halves the best step.",
  make() {
    const profiles = subjects.map(({ name, f, at }) => {
      const model = taylor(f, at);
      const { x, y } = model.gradient;
      const direction = { x: -x, y: -y };
      const ray = model.along(direction);
      const first = taylor(f, at, { order: 1 }).along(direction);
      const value = (alpha: number) => model.value + alpha * ray.slope + first.remainder(alpha);
      const best = ray.bestStep ?? 0;
      // The remainders at two steps, one twice the other: their ratio is 2 to the order.
      const small = best / 64;
      const order = (remainder: (alpha: number) => number) => Math.log2(remainder(2 * small) / remainder(small));
      const exact = minimize(f, at, { optimizer: steepestDescent({ lineSearch: "exact" }), steps: 1, tolerance: 0 });
      const moved = (exact.solution.x - at.x) / direction.x;
      return {
        name,
        value,
        ray,
        numbers: {
          value: model.value,
          slope: ray.slope,
          curvature: ray.curvature ?? null,
          bestByModel: best,
          descendsBelowByModel: ray.descendsBelow ?? null,
          bestByExactSearch: moved,
          valueAtBestByModel: value(best),
          valueAtTwiceBest: value(2 * best),
          remainderOrders: { tangent: order(first.remainder), parabola: name === "quadratic" ? null : order(ray.remainder) },
        },
      };
    });
    return {
      numbers: Object.fromEntries(profiles.map(({ name, numbers }) => [name, numbers])),
      figures: profiles.map(({ name, value, ray, numbers }) => {
        const end = 2.4 * numbers.bestByModel;
        const alphas = Array.from({ length: 97 }, (_, i) => (end * i) / 96);
        return {
          name,
          figure: lineChart({
            title: `Loss along −∇f: ${name}`,
            x: { label: "α" },
            y: { label: "f", kind: "linear", domain: [Math.min(0, numbers.valueAtBestByModel), 1.4 * numbers.value] },
            series: [
              { name: "φ(α)", points: alphas.map((alpha) => [alpha, value(alpha)] as const), dots: false },
              { name: "parabola", points: alphas.map((alpha) => [alpha, ray.model(alpha)] as const), dots: false, reference: true },
            ],
          }),
          caption:
            name === "quadratic"
              ? "On a quadratic the parabola is the loss itself: twice the best step leads back to the start's height."
              : "On the banana the parabola holds near the start only, and promises too little.",
        };
      }),
    };
  },
} satisfies Exhibit;

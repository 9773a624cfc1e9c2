/** D10: the loss along the negative gradient, by the size of the step. */
import { taylor } from "../analysis/taylor.js";
import { minimize } from "../descent/minimize.js";
import { contourFigure } from "../figures/contour-figure.js";
import { stepProfileFigure } from "../figures/step-profile-figure.js";
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
ray.bestStep;      // → 0.25467…
ray.descendsBelow; // → 0.50935…`;

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
    const best = profiles[0].numbers.bestByModel;
    return {
      numbers: Object.fromEntries(profiles.map(({ name, numbers }) => [name, numbers])),
      figures: [
        ...profiles.map(({ name, value, ray, numbers }) => ({
          name,
          figure: stepProfileFigure({
            title: `Loss along −∇f: ${name}`,
            phi: value,
            slope: ray.slope,
            ...(ray.curvature === undefined ? {} : { curvature: ray.curvature }),
            end: 2.4 * numbers.bestByModel,
          }),
          caption:
            name === "quadratic"
              ? "On a quadratic the parabola is the loss itself: twice the best step leads back to the start's height."
              : "On the banana the parabola holds near the start only; twice its best step leads higher than the start.",
        })),
        {
          name: "arrow",
          figure: contourFigure({
            title: "The same steps in the plane",
            subtitle: "½x² + 2y² + xy",
            caption: "From (8.7, −7.9) along −∇f: half the best step, the best one, twice the best one.",
            f: (x, y) => 0.5 * x * x + 2 * y * y + x * y,
            window: { x: [2, 15], y: [-9, 5] },
            minimum: 0,
            marks: [
              { kind: "arrow", from: [8.7, -7.9], to: [8.7 - 0.8 * 2 * best, -7.9 + 22.9 * 2 * best], paint: "muted" },
              { kind: "point", at: [8.7, -7.9], shape: "ring", paint: "ink" },
              ...[0.5, 1, 2].map(
                (share) =>
                  ({
                    kind: "point",
                    at: [8.7 - 0.8 * share * best, -7.9 + 22.9 * share * best],
                    shape: share === 1 ? "star" : "dot",
                    paint: share === 1 ? 2 : 1,
                    label: share === 1 ? "best" : share === 2 ? "twice" : "half",
                  }) as const,
              ),
            ],
          }),
          caption: "The best step ends where the direction touches a level line; twice as far, the level of the start is met again.",
        },
      ],
    };
  },
} satisfies Exhibit;

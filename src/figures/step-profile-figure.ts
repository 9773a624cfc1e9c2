/** The loss along a step, with its tangent and its parabola. */
import { Figure } from "./figure.js";
import type { Mark, SeriesColour } from "./marks.js";
import { formatNumberForPrint } from "./number-format.js";
import type { Point } from "./thinning.js";

export interface StepProfileOptions {
  readonly title: string;
  readonly subtitle?: string;
  /** φ(α), the loss after a step of the size α. */
  readonly phi: (alpha: number) => number;
  /** φ′(0). */
  readonly slope: number;
  /** φ″(0): the parabola is drawn where it is given. */
  readonly curvature?: number;
  /** How far is looked. Default: a fifth beyond the step at which the parabola is as high as its start. */
  readonly end?: number;
  /** Steps of interest, marked on the curve. Default: the least of the parabola. */
  readonly steps?: readonly { readonly alpha: number; readonly label: string }[];
}

/** Places at which the curve is drawn. */
const PLACES = 160;

/**
 * φ(α) along a direction, with the tangent φ(0) + αφ′(0), the parabola φ(0) + αφ′(0) + ½α²φ″(0), and the height of the start: steps that end below it descend.
 *
 * @example
 * ```ts
 * import { taylor } from "steepest";
 * import { stepProfileFigure } from "steepest/figures";
 * const ray = taylor((x) => x ** 2, 1).along(-2); // φ(α) = (1 − 2α)²
 * const figure = stepProfileFigure({ title: "x², from 1", phi: (alpha) => (1 - 2 * alpha) ** 2, slope: ray.slope, curvature: ray.curvature });
 * figure.toSvg(); // text that starts with <svg
 * ```
 */
export function stepProfileFigure({ title, subtitle, phi, slope, curvature, ...options }: StepProfileOptions): Figure {
  const best = curvature !== undefined && curvature > 0 && slope < 0 ? -slope / curvature : undefined;
  const end = options.end ?? (best === undefined ? 1 : 2.4 * best);
  const start = phi(0);
  const alphas = Array.from({ length: PLACES + 1 }, (_, i) => (end * i) / PLACES);
  const curve = alphas.map((alpha): Point => [alpha, phi(alpha)]);
  const bent = curvature ?? 0;
  const parabola = alphas.map((alpha): Point => [alpha, start + alpha * slope + 0.5 * alpha * alpha * bent]);
  const steps =
    options.steps ?? (best === undefined ? [] : [{ alpha: best, label: `least of the parabola, ${formatNumberForPrint(best, 3)}` }]);
  const lowest = Math.min(
    ...curve.map(([, y]) => y).filter(Number.isFinite),
    ...(curvature === undefined ? [] : parabola.map(([, y]) => y)),
  );
  const highest = Math.min(Math.max(...curve.map(([, y]) => y).filter(Number.isFinite)), start + 1.2 * (start - lowest));
  const margin = 0.08 * (highest - lowest || 1);
  const domain: [number, number] = [lowest - margin, highest + margin];
  // The tangent as far as it stays in the figure.
  const reach = slope < 0 ? Math.min(end, (domain[0] - start) / slope) : end;
  const line = (points: readonly Point[], colour: SeriesColour, label: string, dashed: boolean): Mark => ({
    kind: "line",
    points,
    colour,
    label,
    trail: true,
    dots: false,
    ...(dashed ? { dashed } : {}),
  });
  return new Figure({
    title,
    ...(subtitle === undefined ? {} : { subtitle }),
    alt: `The loss along a step falls from ${formatNumberForPrint(start, 3)} with the slope ${formatNumberForPrint(slope, 3)}${best === undefined ? "" : `; the parabola is least at ${formatNumberForPrint(best, 3)}, where the loss is ${formatNumberForPrint(phi(best), 3)}`}.`,
    x: { label: "step size α", kind: "linear", style: "number", domain: [0, end] },
    y: { label: "φ(α)", kind: "linear", style: "number", domain },
    marks: [
      { kind: "rule", axis: "y", at: start, label: "the start" },
      line(
        [
          [0, start],
          [reach, start + reach * slope],
        ],
        5,
        "tangent",
        true,
      ),
      ...(curvature === undefined ? [] : [line(parabola, 1, "parabola", true)]),
      line(curve, 0, "φ(α)", false),
      ...steps.map(
        ({ alpha, label }): Mark => ({ kind: "point", at: [alpha, phi(alpha)], shape: "dot", paint: "ink", label, side: "above" }),
      ),
    ],
  });
}

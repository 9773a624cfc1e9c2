/** A fitted curve over its data. */
import type { CurveFit } from "../fitting/curve-fit.js";
import type { Figure } from "./figure.js";
import { lineChart } from "./line-chart.js";
import { formatNumberForPrint } from "./number-format.js";
import type { Point } from "./thinning.js";

/** Places at which the curve is drawn. */
const PLACES = 240;

/**
 * The data as points and the model as a curve. With several predictors there is no curve in the plane: there the fitted values are drawn
 * against the measured ones, with the line on which both agree.
 *
 * @example
 * ```ts
 * import { fitCurve } from "steepest";
 * import { fitChart } from "steepest/figures";
 * const fit = fitCurve("y = a*x + b", { x: [0, 1, 2], y: [1, 3.1, 4.9] }, { start: { a: 1, b: 0 } });
 * fitChart(fit).toSvg(); // text that starts with <svg
 * ```
 */
export function fitChart(fit: CurveFit): Figure {
  const { formula, responseName, response, fitted, residualStandardDeviation: s } = fit;
  const predictors = Object.entries(fit.predictors);
  const subtitle = Number.isFinite(s) ? `residual standard deviation ${formatNumberForPrint(s, 3)}` : "";
  const [low, high] = extent(response);
  const common = { title: formula, subtitle };
  const y = (label: string) => ({ label, kind: "linear" as const });
  if (predictors.length !== 1) {
    const [from, to] = extent(fitted);
    const ends = [Math.min(low, from), Math.max(high, to)];
    return lineChart({
      ...common,
      x: { label: `fitted ${responseName}` },
      y: y(responseName),
      series: [
        { name: "agreement", points: ends.map((v): Point => [v, v]), dots: false, colour: 1 },
        { name: "data", points: Array.from(response, (v, i): Point => [fitted[i], v]), joined: false, colour: 0 },
      ],
    });
  }
  const [[name, x]] = predictors;
  const [left, right] = extent(x);
  const places = Float64Array.from({ length: PLACES + 1 }, (_, i) => left + ((right - left) * i) / PLACES);
  const curve = fit.predict({ [name]: places });
  // Near a pole the curve would flatten everything else.
  const room = 2 * (high - low) || 1;
  const shown = Array.from(places, (v, i): Point => [v, curve[i]]).filter(([, v]) => v >= low - room && v <= high + room);
  return lineChart({
    ...common,
    x: { label: name },
    y: y(responseName),
    series: [
      { name: "data", points: Array.from(response, (v, i): Point => [x[i], v]), joined: false, colour: 0 },
      { name: "model", points: shown, dots: false, colour: 1 },
    ],
  });
}

function extent(values: Float64Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of values) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return [low, high];
}

/** How restorations went: energy, gap and quality by iteration. */
import type { RestorationLook } from "../vision/restore.js";
import type { Figure } from "./figure.js";
import { lineChart } from "./line-chart.js";
import { type Panels, panels } from "./panels.js";
import type { Point } from "./thinning.js";

/** A restoration to be drawn: `restore` returns it. */
export interface RestorationCourse {
  readonly method: string;
  readonly history: readonly RestorationLook[];
}

/** The charts one by one, a line for each method; what none has is left out. Energies of several methods are not of one kind and are not drawn together. */
export function restorationCharts(courses: readonly RestorationCourse[]): Figure[] {
  const chart = (title: string, subtitle: string, label: string, pick: (look: RestorationLook) => number | undefined) => {
    const series = courses.flatMap(({ method, history }) => {
      const points = history.flatMap((look): Point[] => {
        const value = pick(look);
        return value === undefined || !Number.isFinite(value) ? [] : [[look.iteration, value]];
      });
      return points.length === 0 ? [] : [{ name: method, points }];
    });
    return series.length === 0 ? [] : [lineChart({ title, subtitle, x: { label: "iteration", style: "count" }, y: { label }, series })];
  };
  return [
    ...(courses.length > 1 ? [] : chart("Energy", "what is minimised", "energy", ({ energy }) => energy)),
    // A gap of exactly 0 has no place on a logarithmic axis.
    ...chart("Gap", "at most so far from the minimum", "energy", ({ gap }) => (gap === 0 ? undefined : gap)),
    ...chart("PSNR", "against the clean picture, in dB", "PSNR in dB", ({ psnr }) => psnr),
  ];
}

/**
 * Energy, gap and PSNR of a restoration by iteration, as far as they are known, beside each other.
 *
 * @example
 * ```ts
 * import { tensor } from "steepest";
 * import { restorationChart } from "steepest/figures";
 * import { restore, totalVariation } from "steepest/vision";
 * const run = await restore(tensor([[0, 0.1, 0, 1, 0.9, 1]]), totalVariation({ lambda: 2 }));
 * restorationChart(run).figures.map(({ description }) => description.title); // → ["Energy", "Gap"]
 * ```
 */
export const restorationChart = (course: RestorationCourse): Panels =>
  panels({ title: `Restoration: ${course.method}`, figures: restorationCharts([course]), columns: 3 });

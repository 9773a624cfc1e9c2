/** Figures of a race: how fast each method went down, and how much that depended on its rate. */
import type { Race, RaceCurve } from "../race/index.js";
import { TrainingRace, type TrainingTrial } from "../race/index.js";
import type { Figure } from "./figure.js";
import { lineChart, type Series } from "./line-chart.js";
import type { SeriesColour } from "./marks.js";
import { formatCount, formatNumberForPrint } from "./number-format.js";
import { optimizerColours } from "./optimizer-colours.js";
import { type Panels, panels } from "./panels.js";
import { type Point, smooth } from "./thinning.js";

/** Beyond so small a share of the way down nothing is told apart any more. */
const LEAST = 1e-12;

/**
 * The lowest loss so far over the evaluations, a line for each method, both axes logarithmic; of a training the loss over the steps, mean over the
 * seeds. Each optimizer has the same colour in every figure.
 *
 * @example
 * ```ts
 * import { adam, gd, race } from "steepest";
 * import { raceChart } from "steepest/figures";
 * raceChart(race("x^2 + 10y^2", [1, 1], [gd(), adam()], { evaluations: 100 })).toSvg(); // text that starts with <svg
 * ```
 */
export function raceChart(race: Race | TrainingRace): Figure {
  return curves(race, race.name);
}

function curves(race: Race | TrainingRace, title: string): Figure {
  const colours = coloursOf(race);
  if (race instanceof TrainingRace)
    return lineChart({
      title,
      subtitle: `training loss, mean of ${race.seeds.length === 1 ? "one seed" : `${race.seeds.length} seeds`}, smoothed`,
      x: { label: "steps", style: "count" },
      y: { label: "loss", kind: "log" },
      series: race.table.map(({ name, runs }, i): Series => {
        const points = meanCurve(runs);
        return { name, points: smooth(points, Math.max(1, Math.round(points.length / 20))), dots: false, colour: colours[i] };
      }),
    });
  const { label, of } = gapOf(race);
  const { low, high } = roomOf(race);
  return lineChart({
    title,
    subtitle: `${label}, the best so far`,
    x: { label: "evaluations of f and its gradient", kind: "log", style: "count", domain: [1, Math.max(2, race.evaluations)] },
    y: { label, kind: "log", domain: [low, high] },
    series: race.table.map(({ name, curve }, i): Series => {
      const points = lowest(curve, race.evaluations).map(([x, loss]): Point => [x, Math.max(of(loss), low / 100)]);
      return { name, points, dots: false, colour: colours[i] };
    }),
    ...(of(race.target) > low ? { rules: [{ kind: "rule", axis: "y", at: of(race.target), label: "target" }] } : {}),
  });
}

/**
 * The loss at the end over the rate, a line for each method whose rate was looked for, with a dot at the one chosen; rates at which it diverged, or ended above the
 * start, are left out.
 */
export function rateChart(race: Race | TrainingRace): Figure {
  const colours = coloursOf(race);
  const x = { label: "learning rate", kind: "log", style: "power" } as const;
  if (race instanceof TrainingRace) {
    const score = ({ validation, trainLoss }: TrainingTrial) => validation?.loss ?? trainLoss;
    return lineChart({
      title: `${race.hasValidation ? "Validation" : "Training"} loss at the end, by rate`,
      subtitle: "dots: chosen; left out: diverged",
      x,
      y: { label: "loss", kind: "log" },
      series: race.table.flatMap(({ name, trials, learningRate, scheduleScale }, i): Series[] => {
        const points = trials.flatMap((trial): Point[] =>
          trial.status === "diverged" || trial.rate === undefined ? [] : [[trial.rate, score(trial)]],
        );
        return withChoice(name, points, colours[i], learningRate ?? scheduleScale);
      }),
    });
  }
  const { label, of } = gapOf(race);
  const { low, high } = roomOf(race);
  return lineChart({
    title: "At the end, by rate",
    subtitle: `${label}; dots: chosen; left out: above the start`,
    x,
    y: { label, kind: "log", domain: [low, high] },
    series: race.table.flatMap(({ name, trials, learningRate, scheduleScale }, i): Series[] => {
      const points = trials.flatMap(({ rate, final, status }): Point[] =>
        status === "diverged" || of(final) > high ? [] : [[rate, Math.max(of(final), low / 100)]],
      );
      return withChoice(name, points, colours[i], learningRate ?? scheduleScale);
    }),
  });
}

/** The line of a method, and a dot at the rate that was chosen. */
function withChoice(name: string, points: readonly Point[], colour: SeriesColour, rate: number | undefined): Series[] {
  if (points.length === 0) return [];
  return [
    { name, points, dots: false, colour },
    { name: "", points: points.filter(([x]) => x === rate), joined: false, colour },
  ];
}

/** Both figures side by side. */
export function raceFigure(race: Race | TrainingRace): Panels {
  const budget =
    race instanceof TrainingRace
      ? `${formatCount(race.steps)} steps each`
      : `${formatCount(race.evaluations)} evaluations each, every rate tuned alike`;
  const figures = race.table.some(({ trials }) => trials.length > 0)
    ? [curves(race, "Descents"), rateChart(race)]
    : [curves(race, "Descents")];
  return panels({ title: `Race: ${race.name}`, subtitle: budget, figures });
}

const coloursOf = (race: Race | TrainingRace) => optimizerColours(race.table.map(({ optimizer }) => optimizer.name));

/** What is drawn of a loss: how far it lies above the known minimum; where none is known, the loss itself, or how far above the lowest one seen. */
function gapOf({ isMinimumKnown, minimum }: Race): { readonly label: string; of(loss: number): number } {
  if (!isMinimumKnown && minimum > 0) return { label: "f", of: (loss) => loss };
  const known = isMinimumKnown && minimum === 0 ? "f" : isMinimumKnown ? `f − (${formatNumberForPrint(minimum)})` : "f − lowest f";
  return { label: known, of: (loss) => loss - minimum };
}

/** From the loss at the start down to a bit below the target, or to the best that was reached. */
function roomOf(race: Race): { readonly low: number; readonly high: number } {
  const { of } = gapOf(race);
  const whole = of(race.start) > 0 ? of(race.start) : 1;
  const positive = race.table.map(({ best }) => of(best)).filter((gap) => gap > 0);
  const least = Math.max(whole * LEAST, Math.min(whole, ...positive));
  const target = of(race.target);
  return { low: target > 0 ? Math.min(least, target / 10) : least, high: whole };
}

/** The lowest loss so far, at numbers of evaluations that lie evenly on a logarithmic axis. */
function lowest({ evaluations, loss }: RaceCurve, budget: number): Point[] {
  const points: Point[] = [];
  let [least, i] = [Number.POSITIVE_INFINITY, 0];
  for (let x = 1; x <= budget; x = Math.min(Math.max(x + 1, Math.floor(x * 1.02)), Math.max(budget, x + 1))) {
    for (; i < loss.length && evaluations[i] <= x; i++) least = Math.min(least, Number.isNaN(loss[i]) ? least : loss[i]);
    points.push([x, least]);
  }
  return points;
}

/** The mean of several histories, which have their points at the same steps; as long as the shortest. */
function meanCurve(runs: readonly TrainingTrial[]): Point[] {
  const length = Math.min(...runs.map(({ curve }) => curve.length));
  return Array.from(
    { length },
    (_, i): Point => [runs[0].curve[i][0], runs.reduce((sum, { curve }) => sum + curve[i][1], 0) / runs.length],
  );
}

/** The table of a race as rows of text, and as aligned lines. */
import { type Race, type RaceRow, type Spread, TrainingRace, type TrainingRaceRow } from "../race/index.js";
import { formatCount, formatDuration, formatNumber } from "./number-format.js";

const NONE = "–";

/**
 * The table as cells, the heads first: rank, method, rate, decades of good rates, and what the race is about.
 *
 * Of losses beside a known minimum the distance to it is shown.
 */
export function raceRows(race: Race | TrainingRace): string[][] {
  if (race instanceof TrainingRace) {
    const { hasValidation, table } = race;
    const isClassifier = table.some(
      ({ testAccuracy, validationAccuracy }) => testAccuracy !== undefined || validationAccuracy !== undefined,
    );
    const hasTest = table.some(({ testLoss }) => testLoss !== undefined);
    const heads = [
      ...["", "method", "rate", "good decades", "training loss"],
      ...(hasValidation ? ["validation loss"] : []),
      ...(hasTest ? [isClassifier ? "test accuracy" : "test loss"] : []),
      ...["diverged"],
    ];
    const rows = table.map((row) => [
      ...first(row),
      spread(row.trainLoss),
      ...(hasValidation ? [spread(row.validationLoss)] : []),
      ...(hasTest ? [isClassifier ? percents(row.testAccuracy) : spread(row.testLoss)] : []),
      row.diverged === 0 ? "" : `${row.diverged} of ${race.seeds.length}`,
    ]);
    return [heads, ...rows].map((row) => (table.some(({ diverged }) => diverged > 0) ? row : row.slice(0, -1)));
  }
  const { isMinimumKnown, minimum, table } = race;
  const shown = (loss: number) => formatNumber(isMinimumKnown ? loss - minimum : loss, 3);
  const above = isMinimumKnown && minimum !== 0 ? "f − f*" : "f";
  const isTimed = table.some(({ secondsPerStep }) => secondsPerStep !== undefined);
  const heads = [
    "",
    "method",
    "rate",
    "good decades",
    "evaluations",
    "steps",
    `lowest ${above}`,
    `final ${above}`,
    "end",
    ...(isTimed ? ["a step"] : []),
  ];
  const rows = table.map((row) => [
    ...first(row),
    count(row.evaluationsToTarget),
    count(row.stepsToTarget),
    shown(row.best),
    shown(row.final),
    ends[row.status],
    ...(isTimed ? [row.secondsPerStep === undefined ? NONE : formatDuration(row.secondsPerStep)] : []),
  ]);
  return [heads, ...rows];
}

/**
 * The table in aligned lines, as `steepest race` prints it.
 *
 * @example
 * ```ts
 * import { gd, lbfgs, race } from "steepest";
 * import { raceTable } from "steepest/figures";
 * raceTable(race("x^2 + 10y^2", [1, 1], [gd(), lbfgs()], { evaluations: 100 })).split("\n").length; // → 3
 * ```
 */
export function raceTable(race: Race | TrainingRace): string {
  const rows = raceRows(race);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  // The method's name and the word at the end stand left, numbers right.
  const isLeft = (column: number) => column === 1 || rows[0][column] === "end";
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isLeft(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

const ends: Readonly<Record<RaceRow["status"], string>> = {
  converged: "gradient 0",
  "step-limit": "budget",
  "stopped-early": "stopped",
  diverged: "diverged",
  stalled: "stalled",
  aborted: "aborted",
};

function first({ rank, name, learningRate, scheduleScale, goodDecades }: RaceRow | TrainingRaceRow): string[] {
  const rate =
    learningRate !== undefined ? formatNumber(learningRate, 3) : scheduleScale !== undefined ? `×${formatNumber(scheduleScale, 3)}` : NONE;
  return [String(rank), name, rate, goodDecades === undefined ? NONE : formatNumber(goodDecades, 3)];
}

const count = (value: number | undefined): string => (value === undefined ? NONE : formatCount(value));

const spread = (value: Spread | undefined): string =>
  value === undefined
    ? NONE
    : value.mean >= 0.1 && value.mean < 1000
      ? `${value.mean.toFixed(3)} ± ${value.sd.toFixed(3)}`
      : `${formatNumber(value.mean, 3)} ± ${formatNumber(value.sd, 2)}`;

const percents = (value: Spread | undefined): string =>
  value === undefined ? NONE : `${(100 * value.mean).toFixed(2)} ± ${(100 * value.sd).toFixed(2)} %`;

/** What a race leaves on the disk: figures, tables, and all of it as JSON. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { raceChart, raceFigure, rateChart } from "../figures/race-chart.js";
import { type Race, TrainingRace } from "../race/index.js";
import { writeAtomically } from "./atomic-file.js";
import { renderRace } from "./race-report.js";

/**
 * Writes `report.html`, `race.svg` (both figures), `curves.svg`, `rates.svg`, `table.csv`, `rates.csv`, `curves.csv` and `race.json` to a folder, which is made where it is
 * missing. Files of these names are replaced; others stay.
 *
 * @example
 * ```ts no-run
 * import { adam, gd, race } from "steepest";
 * import { saveRace } from "steepest/node";
 * await saveRace(race("x^2 + 10y^2", [1, 1], [gd(), adam()]), "races/bowl");
 * ```
 */
export async function saveRace(race: Race | TrainingRace, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const size = { width: 760, height: 460 };
  const files: readonly [string, string][] = [
    ["report.html", renderRace(race)],
    ["race.svg", raceFigure(race).toSvg()],
    ["curves.svg", raceChart(race).toSvg(size)],
    ["rates.svg", rateChart(race).toSvg(size)],
    ["table.csv", csv(tableOf(race))],
    ["rates.csv", csv(ratesOf(race))],
    ["curves.csv", csv(curvesOf(race))],
    ["race.json", `${JSON.stringify(race, undefined, 2)}\n`],
  ];
  for (const [name, content] of files) await writeAtomically(join(folder, name), content);
}

type Cell = string | number | undefined;

/** RFC 4180, without quotes where none are needed; what is missing stays empty. */
const csv = (rows: readonly (readonly Cell[])[]): string =>
  `${rows.map((row) => row.map((cell) => (typeof cell === "string" && /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : (cell ?? ""))).join(",")).join("\n")}\n`;

function tableOf(race: Race | TrainingRace): Cell[][] {
  if (race instanceof TrainingRace) {
    const columns = ["trainLoss", "validationLoss", "validationAccuracy", "testLoss", "testAccuracy"] as const;
    return [
      ["rank", "name", "learningRate", "scheduleScale", "goodDecades", ...columns.flatMap((name) => [name, `${name}Sd`]), "diverged"],
      ...race.table.map((row): Cell[] => [
        ...[row.rank, row.name, row.learningRate, row.scheduleScale, row.goodDecades],
        ...columns.flatMap((name): Cell[] => [row[name]?.mean, row[name]?.sd]),
        row.diverged,
      ]),
    ];
  }
  const columns = [
    ...(["rank", "name", "learningRate", "scheduleScale", "goodDecades", "evaluationsToTarget", "stepsToTarget"] as const),
    ...(["best", "final", "meanDecades", "status", "steps", "evaluations"] as const),
  ];
  return [[...columns], ...race.table.map((row): Cell[] => columns.map((name) => row[name]))];
}

function ratesOf(race: Race | TrainingRace): Cell[][] {
  if (race instanceof TrainingRace)
    return [
      ["name", "rate", "trainLoss", "validationLoss", "status"],
      ...race.table.flatMap(({ name, trials }) => trials.map((t): Cell[] => [name, t.rate, t.trainLoss, t.validation?.loss, t.status])),
    ];
  return [
    ["name", "rate", "evaluationsToTarget", "best", "final", "status"],
    ...race.table.flatMap(({ name, trials }) =>
      trials.map((t): Cell[] => [name, t.rate, t.evaluationsToTarget, t.best, t.final, t.status]),
    ),
  ];
}

function curvesOf(race: Race | TrainingRace): Cell[][] {
  if (race instanceof TrainingRace)
    return [
      ["name", "seed", "step", "loss"],
      ...race.table.flatMap(({ name, runs }) =>
        runs.flatMap(({ seed, curve }) => curve.map(([step, loss]): Cell[] => [name, seed, step, loss])),
      ),
    ];
  return [
    ["name", "evaluations", "loss"],
    ...race.table.flatMap(({ name, curve }) => Array.from(curve.loss, (loss, i): Cell[] => [name, curve.evaluations[i], loss])),
  ];
}

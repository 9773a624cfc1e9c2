/** Several trained runs side by side: final numbers, settings that differ, curves with the same smoothing. */
import { coloursOfNames } from "../figures/distinct-colours.js";
import type { Figure } from "../figures/figure.js";
import { lineChart, type Series } from "../figures/line-chart.js";
import type { SeriesColour } from "../figures/marks.js";
import { formatCount } from "../figures/number-format.js";
import { thin } from "../figures/thinning.js";
import { SteepestError } from "../tensor/error.js";
import { renderComparison } from "./comparison-page.js";
import { type Measure, type Progress, smoothCurve } from "./history-curves.js";
import { inWords, words } from "./report-words.js";
import { type PlainData, parameterCount, type RunData, type RunResults } from "./run-data.js";

/** A setting in which runs differ. */
export interface DifferentSetting {
  readonly setting: string;
  /** In words, one for each run; undefined where a run has no such setting. */
  readonly values: readonly (string | undefined)[];
}

/** Records from which on curves are smoothed unless told otherwise. */
const MANY = 80;
/** Points of a curve on the page: there are a dozen figures, and each is as wide as 300. */
const POINTS = 300;

interface Curve {
  readonly title: string;
  readonly measure: Measure;
  readonly label: string;
  readonly style?: "percent";
  /** Measured over batches, and noisy. */
  readonly isNoisy: boolean;
}

const curves: readonly Curve[] = [
  { title: "Training loss", measure: "loss", label: "loss", isNoisy: true },
  { title: "Validation loss", measure: "validationLoss", label: "loss", isNoisy: false },
  { title: "Training accuracy", measure: "trainAccuracy", label: "share recognised", style: "percent", isNoisy: true },
  { title: "Validation accuracy", measure: "validationAccuracy", label: "share recognised", style: "percent", isNoisy: false },
  { title: "Training PSNR", measure: "trainPsnr", label: "PSNR in dB", isNoisy: true },
  { title: "Validation PSNR", measure: "validationPsnr", label: "PSNR in dB", isNoisy: false },
  { title: "Learning rate", measure: "learningRate", label: "learning rate", isNoisy: false },
  { title: "Gradient", measure: "gradientNorm", label: "2-norm", isNoisy: true },
];

const axes = {
  step: { label: "step", style: "count" },
  epoch: { label: "epoch", style: "number" },
  seconds: { label: "time", style: "duration" },
} as const;

/** Trained runs, compared: see `compareRuns`. */
export class RunComparison {
  readonly names: readonly string[];
  readonly runs: readonly RunData[];
  /** Steps over which the noise of single batches is averaged, the same for all. */
  readonly smoothing: number;
  /** The settings that are not the same for all. */
  readonly different: readonly DifferentSetting[];
  /** How many settings are the same for all. */
  readonly alike: number;
  /** Colours of the runs, by their names: the same run has the same colour beside others. */
  readonly colours: readonly SeriesColour[];

  constructor(runs: Readonly<Record<string, RunData>>, smoothing?: number) {
    this.names = Object.keys(runs);
    this.runs = Object.values(runs);
    this.colours = coloursOfNames(this.names);
    const longest = Math.max(...this.runs.map(({ history }) => history.at(-1)?.step ?? 0));
    const isLong = this.runs.some(({ history }) => history.length >= MANY);
    this.smoothing = smoothing ?? (isLong ? Math.max(1, Math.round(longest / 40)) : 1);
    const settings = this.runs.map(settingsOf);
    const all = [...new Set(settings.flatMap((own) => [...own.keys()]))];
    const isSame = (name: string) => settings.every((own) => JSON.stringify(own.get(name)) === JSON.stringify(settings[0].get(name)));
    this.different = all.filter((name) => !isSame(name)).map((name) => ({ setting: words(name), values: valuesOf(name, settings) }));
    this.alike = all.length - this.different.length;
  }

  /**
   * Whether numbers of all can be held against each other: the same data, the same share kept apart, and for losses the same loss. Which records are kept apart for
   * validation follows from the seed, and of streamed data from the chunks.
   */
  isComparable(what: "loss" | "accuracy", part: "test" | "validation"): boolean {
    const [{ configuration: first }] = this.runs;
    const keys = [
      ...["data", "records", "validation", "table", "sigma", "patch"],
      ...(what === "loss" ? ["loss", "lossSettings"] : []),
      ...(part === "validation" ? ["seed", "chunk"] : []),
    ];
    return this.runs.every(({ configuration }) => keys.every((key) => JSON.stringify(configuration[key]) === JSON.stringify(first[key])));
  }

  /** The curves over steps, epochs or seconds, a line for each run; what no run has measured is left out. */
  figures(over: Progress): Figure[] {
    return curves.flatMap(({ title, measure, label, style, isNoisy }) => {
      const series = this.runs.flatMap(({ history }, i) => {
        const points = smoothCurve(history, measure, over, isNoisy ? this.smoothing : 1);
        return points.length === 0 ? [] : [{ name: this.names[i], points: thin(points, POINTS), colour: this.colours[i] }];
      });
      if (series.length === 0) return [];
      const losses = [...new Set(this.runs.map(({ configuration }) => configuration.loss))];
      const quantity = label === "loss" && losses.length === 1 ? losses[0] : label;
      const mean = isNoisy && this.smoothing > 1 ? `, mean of ${formatCount(this.smoothing)} steps` : "";
      const y = { label: quantity, ...(style === undefined ? {} : { style }), ...(measure === "learningRate" ? rateAxis(series) : {}) };
      const last = Math.max(...this.runs.map(({ history }) => history.at(-1)?.[over] ?? 0));
      const x = { ...axes[over], domain: [0, last > 0 ? last : 1] as const };
      return [lineChart({ title, subtitle: `${quantity}${mean}`, x, y, series })];
    });
  }

  /** The page: one file, nothing fetched, no script. */
  toHtml(created: Date = new Date()): string {
    return renderComparison(this, created);
  }

  /** For JSON: results and differences, without histories and weights. */
  toJSON(): object {
    const { names, runs, different, alike, smoothing } = this;
    return {
      runs: runs.map((run, i) => ({ name: names[i], title: run.title, parameters: parameterCount(run), ...withoutConfusion(run.results) })),
      different: Object.fromEntries(different.map(({ setting, values }) => [setting, values.map((value) => value ?? null)])),
      alike,
      smoothing,
    };
  }
}

/**
 * Compares trained runs, as `loadRun` gives them, under names of one's own.
 *
 * @param options `smoothing`: steps over which the noise of single batches is averaged, the same for all; default a fortieth of the longest run
 * @throws SteepestError for fewer than two runs
 * @example
 * ```ts no-run
 * import { writeFileSync } from "node:fs";
 * import { compareRuns, loadRun } from "steepest/node";
 * const comparison = compareRuns({ adam: await loadRun("runs/adam"), momentum: await loadRun("runs/momentum") });
 * comparison.different; // [{ setting: "optimizer", values: ["adam", "momentum"] }, …]
 * writeFileSync("comparison.html", comparison.toHtml());
 * ```
 */
export function compareRuns(runs: Readonly<Record<string, RunData>>, { smoothing }: { readonly smoothing?: number } = {}): RunComparison {
  const count = Object.keys(runs).length;
  if (count < 2)
    throw new SteepestError({ problem: "there is nothing to compare", expected: "two runs or more, by name", received: `${count}` });
  if (smoothing !== undefined && !(smoothing >= 1))
    throw new SteepestError({ problem: "smoothing cannot be used", expected: "a number of steps ≥ 1", received: String(smoothing) });
  return new RunComparison(runs, smoothing);
}

/** Rates from 0 on; logarithmic where those of one run are much smaller than those of another, and then without the ends of schedules that fall to nothing. */
function rateAxis(series: readonly Series[]) {
  const tops = series.map(({ points }) => Math.max(...points.map((point) => point[1]))).filter((top) => top > 0);
  const [least, most] = [Math.min(...tops), Math.max(...tops)];
  if (tops.length === 0) return { kind: "linear" } as const;
  return most > 20 * least ? ({ kind: "log", domain: [least / 100, most] } as const) : ({ kind: "linear", domain: [0, most] } as const);
}

/** All settings by name, those of the optimizer each on its own. */
function settingsOf({ configuration, inputShape, classes }: RunData): ReadonlyMap<string, PlainData> {
  const { optimizer, ...rest } = configuration;
  const { name, ...parameters } = optimizer;
  return new Map<string, PlainData>([
    ...Object.entries(rest),
    ["optimizer", name],
    ...Object.entries(parameters),
    ["inputs", [...inputShape]],
    ["classes", classes ? [...classes] : null],
  ]);
}

function valuesOf(name: string, settings: readonly ReadonlyMap<string, PlainData>[]): (string | undefined)[] {
  const values = settings.map((own) => own.get(name));
  if (name !== "model") return values.map((value) => (value === undefined ? undefined : inWords(value)));
  const names = values.map(nameOf);
  // Models that share a name are told apart by their layers.
  const isPlain = (at: number) =>
    names[at] !== undefined && values.every((other, i) => names[i] !== names[at] || JSON.stringify(other) === JSON.stringify(values[at]));
  return values.map((value, i) => (value === undefined ? undefined : isPlain(i) ? names[i] : inWords(value).replaceAll("type ", "")));
}

function nameOf(model: PlainData | undefined): string | undefined {
  if (typeof model !== "object" || model === null || !("name" in model)) return undefined;
  return typeof model.name === "string" ? model.name : undefined;
}

function withoutConfusion({ test, ...results }: RunResults): object {
  return {
    ...results,
    ...(test ? { test: { loss: test.loss, ...(test.accuracy === undefined ? {} : { accuracy: test.accuracy }) } } : {}),
  };
}

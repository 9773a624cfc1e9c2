/** The page of a comparison of runs. */
import { formatCount, formatDuration, formatNumberForPrint, formatPercent } from "../figures/number-format.js";
import { escapeText } from "../figures/svg-text.js";
import type { Progress } from "./history-curves.js";
import { renderPage } from "./report-page.js";
import { dayAndTime, roundTo } from "./report-words.js";
import type { RunComparison } from "./run-comparison.js";
import { parameterCount, type RunData } from "./run-data.js";
import { version } from "./version.js";

/** One column of the final numbers. */
interface Column {
  readonly title: string;
  of(run: RunData): number | undefined;
  readonly show: (value: number) => string;
  /** Which end is good, and what must be the same for all before one is called the best. */
  readonly best?: { readonly is: "low" | "high"; readonly given: "loss" | "accuracy"; readonly part: "test" | "validation" };
}

const loss = (value: number) => formatNumberForPrint(value, 4);
const decibels = (value: number) => `${value.toFixed(2)} dB`;
const share = (value: number) => formatPercent(value, 2);

/** The final numbers, in the order of the table. */
export const finalNumbers: readonly Column[] = [
  {
    title: "test accuracy",
    of: ({ results }) => results.test?.accuracy,
    show: share,
    best: { is: "high", given: "accuracy", part: "test" },
  },
  { title: "test loss", of: ({ results }) => results.test?.loss, show: loss, best: { is: "low", given: "loss", part: "test" } },
  { title: "RMSE", of: ({ results }) => results.rmse, show: loss, best: { is: "low", given: "accuracy", part: "test" } },
  { title: "R²", of: ({ results }) => results.rSquared, show: share, best: { is: "high", given: "accuracy", part: "test" } },
  { title: "test PSNR", of: ({ results }) => results.test?.psnr, show: decibels, best: { is: "high", given: "accuracy", part: "test" } },
  {
    title: "validation PSNR",
    of: ({ results }) => results.validationPsnr,
    show: decibels,
    best: { is: "high", given: "accuracy", part: "validation" },
  },
  {
    title: "validation accuracy",
    of: ({ results }) => results.validationAccuracy,
    show: share,
    best: { is: "high", given: "accuracy", part: "validation" },
  },
  {
    title: "validation loss",
    of: ({ results }) => results.validationLoss,
    show: loss,
    best: { is: "low", given: "loss", part: "validation" },
  },
  { title: "training loss", of: ({ results }) => results.trainLoss, show: loss },
  { title: "parameters", of: parameterCount, show: formatCount },
  { title: "epochs", of: ({ results }) => results.epochs, show: (value) => formatNumberForPrint(value, 3) },
  { title: "steps", of: ({ results }) => results.steps, show: formatCount },
  { title: "time", of: ({ results }) => results.seconds, show: formatDuration },
  { title: "samples / s", of: ({ results }) => results.samplesPerSecond, show: (value) => formatCount(roundTo(value, 3)) },
];

/** The place of the best run in a column; undefined where none is, where all are alike, or where they cannot be held against each other. */
export function bestOf({ of, best }: Column, comparison: RunComparison): number | undefined {
  if (best === undefined || !comparison.isComparable(best.given, best.part)) return undefined;
  const values = comparison.runs.map((run) => (run.results.status === "diverged" ? undefined : of(run)));
  const known = values.filter((value) => value !== undefined && Number.isFinite(value));
  const top = best.is === "low" ? Math.min(...known.map(Number)) : Math.max(...known.map(Number));
  const at = values.indexOf(top);
  return known.length > 1 && values.lastIndexOf(top) === at ? at : undefined;
}

const shownOver: readonly (readonly [over: Progress, label: string])[] = [
  ["epoch", "epochs"],
  ["step", "steps"],
  ["seconds", "time"],
];

/** The buttons above the curves work without a script: each shows its own set. */
const style = [
  ".swatch{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;margin-right:.5rem}",
  ".over-axis{position:absolute;opacity:0}",
  ".choices{display:flex;gap:.25rem;margin-top:.75rem}",
  ".choices label{padding:.3rem .8rem;border:1px solid var(--hairline);border-radius:1rem;cursor:pointer;font-size:.9375rem;color:var(--muted)}",
  ".choices ~ .figures{display:none}",
  ...shownOver.map(
    ([over]) =>
      `#over-${over}:checked ~ .choices [for=over-${over}]{background:var(--ink);color:var(--paper);border-color:var(--ink)}` +
      `#over-${over}:focus-visible ~ .choices [for=over-${over}]{outline:2px solid var(--series-0);outline-offset:2px}` +
      `#over-${over}:checked ~ .over-${over}{display:grid}`,
  ),
  ".wide-table td,.wide-table th{white-space:nowrap}",
  ".wide-table td+.n,.wide-table th+.n{padding-left:.7rem}",
  ".wide-table th[scope=col]{vertical-align:bottom}",
  ".wide-table th[scope=col].n{white-space:normal}",
  ".wide-table .after{padding-left:1rem}",
  ".best{font-weight:700}",
  ".differ td{overflow-wrap:anywhere;min-width:6rem}",
].join("");

/** @param created when the page was made */
export function renderComparison(comparison: RunComparison, created: Date): string {
  const { names } = comparison;
  const title = `${names.length} runs compared`;
  return renderPage(
    `${title} · ${names.join(", ")}`,
    [header(comparison, title, created), numbers(comparison), learning(comparison), settings(comparison), commands(comparison), footer],
    style,
  );
}

function header(comparison: RunComparison, title: string, created: Date): string {
  const { runs, different, alike } = comparison;
  const titles = [...new Set(runs.map((run) => run.title))];
  const [data, losses] = [comparison.isComparable("accuracy", "test"), comparison.isComparable("loss", "test")];
  const isValidated = runs.some(({ results }) => results.validationLoss !== undefined);
  const apart = isValidated && !comparison.isComparable("accuracy", "validation");
  const differ =
    different.length === 0
      ? "All settings are alike."
      : `They differ in ${formatCount(different.length)} of ${formatCount(different.length + alike)} settings.`;
  const caution = !data
    ? " Their data are not the same: their numbers cannot be held against each other."
    : losses
      ? ""
      : " Their losses are not the same: of their numbers, accuracies alone can be held against each other.";
  const validated = data && apart ? " Each kept other records apart: their validation numbers cannot be held against each other." : "";
  return `<header>
<p class="over">${escapeText(titles.join(" · "))} · <time datetime="${created.toISOString()}">${dayAndTime(created)}</time></p>
<h1>${escapeText(title)}</h1>
<p class="lede">${escapeText(differ + caution + validated)}</p>
</header>`;
}

const swatch = (colour: number): string => `<span class="swatch" style="background:var(--series-${colour})"></span>`;

function numbers(comparison: RunComparison): string {
  const { runs, names, colours } = comparison;
  const columns = finalNumbers.filter(({ of }) => runs.some((run) => of(run) !== undefined));
  const best = columns.map((column) => bestOf(column, comparison));
  // How they ended is worth a column where one did not do all its epochs.
  const withEnd = runs.some(({ results }) => results.status !== "step-limit");
  const head = columns.map(({ title }) => `<th scope="col" class="n">${escapeText(title)}</th>`).join("");
  const rows = runs.map((run, i) => {
    const cells = columns.map(({ of, show }, at) => {
      const value = of(run);
      return `<td class="n${best[at] === i ? " best" : ""}">${value === undefined ? "–" : escapeText(show(value))}</td>`;
    });
    return `<tr><th scope="row">${swatch(colours[i])}${escapeText(names[i])}</th>${cells.join("")}${withEnd ? `<td class="after">${ends[run.results.status]}</td>` : ""}</tr>`;
  });
  return `<section><h2>What came of them</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Final numbers"><table class="plain wide-table">
<thead><tr><th scope="col">run</th>${head}${withEnd ? '<th scope="col" class="after">end</th>' : ""}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div></section>`;
}

/** How a run ended, in a word. */
export const ends: Readonly<Record<RunData["results"]["status"], string>> = {
  converged: "converged",
  "step-limit": "all epochs",
  "stopped-early": "stopped early",
  diverged: "diverged",
  stalled: "stalled",
  aborted: "interrupted",
};

function learning(comparison: RunComparison): string {
  const sets = shownOver.map(([over]) => [over, comparison.figures(over)] as const);
  if (sets.every(([, figures]) => figures.length === 0)) return "";
  const inputs = shownOver.map(
    ([over], i) => `<input type="radio" class="over-axis" name="over" id="over-${over}"${i === 0 ? " checked" : ""}>`,
  );
  const labels = shownOver.map(([over, label]) => `<label for="over-${over}">${label}</label>`);
  const figures = sets.map(
    ([over, drawn]) =>
      `<div class="figures over-${over}">${drawn.map((figure) => `<figure>${figure.toSvg({ embedded: true })}</figure>`).join("\n")}</div>`,
  );
  const { smoothing } = comparison;
  const note =
    smoothing > 1
      ? `What is measured over batches is averaged over ${formatCount(smoothing)} steps, for all runs alike.`
      : "Nothing is smoothed.";
  return `<section><h2>How they learned</h2>
<p class="note">${note} Below: over epochs, steps or time.</p>
${inputs.join("")}<div class="choices">${labels.join("")}</div>
${figures.join("\n")}</section>`;
}

function settings({ different, names, colours, alike }: RunComparison): string {
  if (different.length === 0) return "";
  const head = names.map((name, i) => `<th scope="col">${swatch(colours[i])}${escapeText(name)}</th>`);
  const rows = different.map(
    ({ setting, values }) =>
      `<tr><th scope="row">${escapeText(setting)}</th>${values.map((value) => `<td>${value === undefined ? "–" : escapeText(value)}</td>`).join("")}</tr>`,
  );
  return `<section><h2>What was different</h2>
<p class="note">${formatCount(alike)} other settings are the same for all.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Settings that differ"><table class="plain differ">
<thead><tr><th scope="col">setting</th>${head.join("")}</tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div></section>`;
}

function commands({ runs }: RunComparison): string {
  const known = runs.flatMap(({ command }) => (command === undefined ? [] : [escapeText(command)]));
  return known.length === 0 ? "" : `<section><h2>The same again</h2>\n<pre tabindex="0"><code>${known.join("\n")}</code></pre></section>`;
}

const footer = `<footer>Made by Steepest ${version}.</footer>`;

/** The report of a run: one self-contained page without a script. */
import type { Figure } from "../figures/figure.js";
import { formatCount, formatDuration, formatNumberForPrint, formatPercent } from "../figures/number-format.js";
import { escapeText } from "../figures/svg-text.js";
import { firstFilters, runFigures } from "./report-figures.js";
import { renderPage } from "./report-page.js";
import { confusionSection, mistakesSection, samplesSection } from "./report-predictions.js";
import { dayAndTime, inWords, roundTo, words } from "./report-words.js";
import type { PlainData, ReportMaterial, RunConfiguration, RunData } from "./run-data.js";
import { parameterCount } from "./run-data.js";
import { version } from "./version.js";

export interface ReportOptions extends ReportMaterial {
  /** Where the run lies, to be named on the page. */
  readonly folder?: string;
  /** Steps over which curves are averaged. Default: a fortieth of the run, unless it is short. */
  readonly smoothing?: number;
}

/** The page `report.html` of a run: everything in one file, nothing fetched. */
export function renderReport(run: RunData, options: ReportOptions = {}): string {
  const { samples = [], mistakes = [], created = new Date(), folder, smoothing } = options;
  const { title } = run;
  const body = [
    header(run, created),
    numbers(run),
    learning(run, smoothing),
    confusionSection(run),
    mistakesSection(run, mistakes),
    samplesSection(run, samples),
    filters(run),
    layers(run),
    settings(run),
    again(run),
    footer(folder),
  ];
  return renderPage(`${title} · ${headline(run)}`, body);
}

const statusWords: Readonly<Record<RunData["results"]["status"], string>> = {
  converged: "It converged.",
  "step-limit": "It ran all its epochs.",
  "stopped-early": "It stopped early, when the validation loss no longer improved.",
  diverged: "It diverged: the loss was no longer finite.",
  stalled: "It stalled.",
  aborted: "It was interrupted; what was learned until then is kept.",
};

/** The result in a few words. */
export function headline({ results }: Pick<RunData, "results">): string {
  const { test, trainLoss, rmse, rSquared } = results;
  if (results.status === "diverged") return "Training diverged";
  if (test?.accuracy !== undefined) {
    const records = (test.confusion ?? []).flat().reduce((sum, count) => sum + count, 0);
    return `${formatPercent(test.accuracy, 2)} of ${records > 0 ? `${formatCount(records)} ` : ""}unseen records are recognised`;
  }
  if (rmse !== undefined && rSquared !== undefined)
    return `${formatPercent(rSquared)} of the variance of unseen records is explained; they are predicted to ± ${formatNumberForPrint(rmse, 3)}`;
  const quality = test?.psnr ?? results.validationPsnr;
  if (quality !== undefined) return `Unseen pictures are restored to ${quality.toFixed(2)} dB`;
  return test === undefined ? `Training loss ${formatNumberForPrint(trainLoss)}` : `Test loss ${formatNumberForPrint(test.loss)}`;
}

function header(run: RunData, created: Date): string {
  const { title, results } = run;
  const diagnosis = results.diagnosis === "" ? "" : ` ${results.diagnosis.replace(/([^.!?])$/, "$1.")}`;
  return `<header>
<p class="over">${escapeText(title)} · <time datetime="${created.toISOString()}">${dayAndTime(created)}</time></p>
<h1>${escapeText(headline(run))}</h1>
<p class="lede">${escapeText(statusWords[results.status] + diagnosis)}</p>
</header>`;
}

function numbers(run: RunData): string {
  const { results } = run;
  const { test } = results;
  const items: [name: string, value: string][] = [];
  if (test !== undefined) items.push(["test loss", formatNumberForPrint(test.loss, 3)]);
  if (results.validationLoss !== undefined) items.push(["validation loss", formatNumberForPrint(results.validationLoss, 3)]);
  for (const [name, psnr] of [
    ["test PSNR", test?.psnr],
    ["validation PSNR", results.validationPsnr],
    ["PSNR on training pictures", results.seenPsnr],
  ] as const)
    if (psnr !== undefined) items.push([name, `${psnr.toFixed(2)} dB`]);
  items.push(
    ["training loss", formatNumberForPrint(results.trainLoss, 3)],
    ["parameters", formatCount(parameterCount(run))],
    [`for ${formatCount(results.epochs)} ${results.epochs === 1 ? "epoch" : "epochs"}`, formatDuration(results.seconds)],
    ["samples a second", formatCount(roundTo(results.samplesPerSecond, 3))],
  );
  return `<dl class="numbers">${items.map(([name, value]) => `<div><dt>${escapeText(name)}</dt><dd>${escapeText(value)}</dd></div>`).join("")}</dl>`;
}

function learning(run: RunData, smoothing: number | undefined): string {
  const figures = runFigures(run, smoothing);
  if (figures.length === 0) return "";
  const draw = (figure: Figure) => `<figure>${figure.toSvg({ embedded: true })}</figure>`;
  return `<section><h2>How it learned</h2>
<div class="figures">${figures.map(draw).join("\n")}</div></section>`;
}

function filters(run: RunData): string {
  const figure = firstFilters(run);
  if (figure === undefined) return "";
  const width = Math.round(figure.description.x.domain?.[1] ?? 0);
  return `<section><h2>What the first layer looks for</h2>
<figure class="scroll" tabindex="0" role="region" aria-label="Filters"><div style="width:${width}px">${figure.toSvg({ embedded: true, width })}</div></figure></section>`;
}

function layers(run: RunData): string {
  if (run.layers.length === 0) return "";
  const shape = (extents: readonly number[]) => extents.map(formatCount).join(" × ");
  const rows = run.layers.map(
    ({ layer, outputShape, parameters }) =>
      `<tr><td>${escapeText(layer)}</td><td class="n">${shape(outputShape)}</td><td class="n">${parameters === 0 ? "–" : formatCount(parameters)}</td></tr>`,
  );
  return `<section><h2>The model</h2>
<p class="note">Each input has the shape ${shape(run.inputShape)}; shapes are those of one record.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Layers of the model"><table class="plain">
<thead><tr><th scope="col">layer</th><th scope="col" class="n">output</th><th scope="col" class="n">parameters</th></tr></thead>
<tbody>${rows.join("")}</tbody>
<tfoot><tr><th scope="row" colspan="2">together</th><td class="n">${formatCount(parameterCount(run))}</td></tr></tfoot>
</table></div></section>`;
}

function settings({ configuration, preprocessing, classes }: RunData): string {
  const rows: [string, string][] = Object.entries(configuration)
    .filter(([name]) => name !== "model")
    .map(([name, value]) => [words(name), name === "validation" ? share(value) : inWords(value)]);
  const { scale, offset, mean, std } = preprocessing;
  const scaled =
    scale === 1 && offset === 0
      ? "as stored"
      : `stored × ${formatNumberForPrint(scale)}${offset === 0 ? "" : ` + ${formatNumberForPrint(offset)}`}`;
  const centred = [
    ...(mean === undefined ? [] : [`mean ${inWords(mean)}`]),
    ...(std === undefined ? [] : [`standard deviation ${inWords(std)}`]),
  ];
  rows.push(["inputs", [scaled, ...centred].join(", ")]);
  if (classes !== undefined) rows.push(["classes", classes.join(", ")]);
  return `<section><h2>Settings</h2>
<table class="plain settings"><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td></tr>`).join("")}</tbody></table></section>`;
}

const share = (value: PlainData): string =>
  typeof value === "number" ? `${formatPercent(value, 0)} of the training records` : inWords(value);

function again({ command, configuration }: RunData): string {
  if (command === undefined) return "";
  const { seed } = configuration satisfies RunConfiguration;
  return `<section><h2>The same again</h2>
<p class="note">With the seed ${seed}, this command gives the same weights bit for bit, on any machine and any number of threads.</p>
<pre tabindex="0"><code>${escapeText(command)}</code></pre></section>`;
}

function footer(folder: string | undefined): string {
  const files = "<code>weights.safetensors</code>, <code>history.jsonl</code> and <code>run.json</code> lie beside this page";
  const evaluate =
    folder === undefined ? "" : `; <code>steepest evaluate ${escapeText(quoted(folder))}</code> applies the model to new data`;
  return `<footer>${files}${evaluate}. Made by Steepest ${version}.</footer>`;
}

/** A path as a shell takes it. */
const quoted = (path: string): string => (/^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

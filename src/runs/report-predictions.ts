/** What the model says of records it never saw: the confusion matrix, mistakes, samples. */
import { formatCount, formatPercent } from "../figures/number-format.js";
import { pngDataUri } from "../figures/png.js";
import { escapeText } from "../figures/svg-text.js";
import type { RunData, Sample } from "./run-data.js";

/** More rows than this are no picture any more. */
const largestMatrix = 30;
const mostMistakes = 36;
const mostSamples = 24;

const nameOf = (classes: readonly string[] | undefined, label: number): string => classes?.[label] ?? String(label);

/** The class of the highest probability. */
export function predicted({ probabilities }: Pick<Sample, "probabilities">): number {
  let best = 0;
  for (let label = 1; label < probabilities.length; label++) if (probabilities[label] > probabilities[best]) best = label;
  return best;
}

export function confusionSection({ results, classes }: RunData): string {
  const counts = results.test?.confusion;
  if (counts === undefined || counts.length < 2) return "";
  const names = counts.map((_, label) => nameOf(classes, label));
  const pairs = counts
    .flatMap((row, label) => row.map((count, said) => ({ label, said, count })))
    .filter(({ label, said, count }) => label !== said && count > 0)
    .sort((a, b) => b.count - a.count);
  const wrong = pairs.reduce((sum, { count }) => sum + count, 0);
  const list = pairs.slice(0, 3).map(({ label, said, count }) => `${names[label]} read as ${names[said]} (${formatCount(count)})`);
  const sentence =
    wrong === 0 ? "No record of the test set is mistaken." : `${formatCount(wrong)} mistakes. Most frequent: ${list.join(", ")}.`;
  const matrix = counts.length <= largestMatrix ? confusionTable(counts, names) : "";
  return `<section><h2>Where it is wrong</h2>
<p class="note">${escapeText(sentence)} ${matrix === "" ? "" : "Rows are what the records are, columns what the model says."}</p>
${matrix}</section>`;
}

function confusionTable(counts: readonly (readonly number[])[], names: readonly string[]): string {
  const highest = Math.max(1, ...counts.flatMap((row, label) => row.filter((_, said) => said !== label)));
  const isLong = names.some((name) => name.length > 3);
  const head = names.map((name) => `<th scope="col">${isLong ? `<div class="tall">${escapeText(name)}</div>` : escapeText(name)}</th>`);
  const rows = counts.map((row, label) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count, said) => {
      if (count === 0) return `<td class="zero" style="--c:var(--paper);--p:0%">·</td>`;
      // The square root keeps single mistakes visible beside frequent ones; the mixture stays light enough for the ink on it.
      const share = label === said ? 0.1 + (0.25 * count) / Math.max(1, total) : 0.1 + 0.4 * Math.sqrt(count / highest);
      return `<td style="--c:var(--series-${label === said ? 0 : 1});--p:${Math.round(share * 100)}%">${formatCount(count)}</td>`;
    });
    const found = total === 0 ? "–" : formatPercent(row[label] / total);
    return `<tr><th scope="row">${escapeText(names[label])}</th>${cells.join("")}<td class="share">${found}</td></tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><table class="confusion">
<thead><tr><td class="share"></td>${head.join("")}<th scope="col">found</th></tr></thead>
<tbody>${rows.join("\n")}</tbody></table></div>`;
}

export function mistakesSection({ classes, results }: RunData, mistakes: readonly Sample[]): string {
  if (mistakes.length === 0) return "";
  const certain = [...mistakes].sort((a, b) => b.probabilities[predicted(b)] - a.probabilities[predicted(a)]);
  const shown = certain.slice(0, mostMistakes);
  const confusion = results.test?.confusion;
  const total =
    confusion?.flatMap((row, label) => row.filter((_, said) => said !== label)).reduce((sum, count) => sum + count, 0) ?? mistakes.length;
  const which =
    total > shown.length ? `${shown.length} of ${formatCount(total)}, the most certain first` : "All of them, the most certain first";
  const tiles = shown.map((sample) => {
    const said = predicted(sample);
    const [is, as] = [nameOf(classes, sample.label), nameOf(classes, said)];
    return tile(
      sample,
      `<span><b>${escapeText(is)}</b> read as <b class="wrong">${escapeText(as)}</b></span><span class="quiet">${certainty(sample, said)}</span>`,
    );
  });
  return `<section><h2>The mistakes</h2>
<p class="note">${which}. Below each picture: what it is, what the model says, how sure it is.</p>
<ul class="${tilesClass(classes)}">${tiles.join("\n")}</ul></section>`;
}

export function samplesSection({ classes }: RunData, samples: readonly Sample[]): string {
  if (samples.length === 0) return "";
  const tiles = samples.slice(0, mostSamples).map((sample) => {
    const said = predicted(sample);
    const isRight = said === sample.label;
    const verdict = `<b class="${isRight ? "right" : "wrong"}">${escapeText(nameOf(classes, said))}</b>`;
    const truth = isRight ? "" : `, is ${escapeText(nameOf(classes, sample.label))}`;
    return tile(sample, `<span>${verdict}${truth}</span><span class="quiet">${certainty(sample, said)}</span>`);
  });
  return `<section><h2>Samples</h2>
<p class="note">Records of the test set as they come, with what the model says and how sure it is.</p>
<ul class="${tilesClass(classes)}">${tiles.join("\n")}</ul></section>`;
}

/** Long names need more room than digits. */
const tilesClass = (classes: readonly string[] | undefined): string => (classes?.some((name) => name.length > 5) ? "tiles wide" : "tiles");

const certainty = (sample: Sample, said: number): string => formatPercent(sample.probabilities[said], 0);

function tile({ image, index }: Sample, caption: string): string {
  const className = image.channels <= 2 ? ' class="grey"' : "";
  return `<li><img${className} src="${pngDataUri(image)}" width="${image.width}" height="${image.height}" alt="Test record ${index}">${caption}</li>`;
}

/** What the model says of records it never saw: the confusion matrix, mistakes, samples. */
import { confusionFigure, confusionWidth, frequentMistakes } from "../figures/confusion-figure.js";
import { formatCount, formatPercent } from "../figures/number-format.js";
import { pngDataUri } from "../figures/png.js";
import { escapeText } from "../figures/svg-text.js";
import type { RunData, Sample } from "./run-data.js";

/** Units of the page; matrices of many classes are drawn smaller. */
const widestMatrix = 1400;
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
  const pairs = frequentMistakes(counts, names);
  const wrong = pairs.reduce((sum, { count }) => sum + count, 0);
  const list = pairs.slice(0, 3).map(({ is, as, count }) => `${is} read as ${as} (${formatCount(count)})`);
  const sentence =
    wrong === 0 ? "No record of the test set is mistaken." : `${formatCount(wrong)} mistakes. Most frequent: ${list.join(", ")}.`;
  const figure = confusionFigure(counts, { classes: names });
  const width = Math.min(confusionWidth(figure), widestMatrix);
  return `<section><h2>Where it is wrong</h2>
<p class="note">${escapeText(sentence)}</p>
<figure class="scroll" tabindex="0" role="region" aria-label="Confusion matrix"><div style="width:${width}px">${figure.toSvg({ embedded: true, width })}</div></figure></section>`;
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

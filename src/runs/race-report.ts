/** The report of a race: one self-contained page without a script. */
import type { Figure } from "../figures/figure.js";
import { formatCount, formatNumberForPrint } from "../figures/number-format.js";
import { optimizerColours } from "../figures/optimizer-colours.js";
import { raceChart, rateChart } from "../figures/race-chart.js";
import { raceRows } from "../figures/race-table.js";
import { escapeText } from "../figures/svg-text.js";
import { type Race, TrainingRace } from "../race/index.js";
import { renderPage } from "./report-page.js";
import { version } from "./version.js";

/** The page `report.html` of a race: who came how far, how, and at which rates. */
export function renderRace(race: Race | TrainingRace): string {
  const title = headline(race);
  const figures = [raceChart(race), rateChart(race)].filter(({ description }) => description.marks.some(({ kind }) => kind === "line"));
  return renderPage(
    `${race.name} · ${title}`,
    [
      `<header>
<p class="over">A race of optimizers: ${escapeText(race.name)}</p>
<h1>${escapeText(title)}</h1>
<p class="lede">${escapeText(rules(race))}</p>
</header>`,
      table(race),
      `<section><h2>How they went</h2>
${drawn(figures, race.table.length)}</section>`,
      `<footer><code>table.csv</code>, <code>rates.csv</code>, <code>curves.csv</code> and <code>race.json</code> lie beside this page. Made by Steepest ${version}.</footer>`,
    ],
    style,
  );
}

const style = `
.swatch{display:inline-block;width:.7rem;height:.7rem;border-radius:50%;margin-right:.5rem}
.ranks td,.ranks th{white-space:nowrap}
.plain.ranks .n{padding-right:1rem}
.figures.broad{grid-template-columns:1fr}
@media (min-width:48rem){.broad~.figures{display:none}}
@media (max-width:47.99rem){.broad{display:none}}
`;

/** Many lines need the whole width of a page; a phone has none to give: then each figure is drawn for both. */
function drawn(figures: readonly Figure[], lines: number): string {
  const row = (name: string, width?: number) =>
    `<div class="${name}">${figures.map((figure) => `<figure>${figure.toSvg({ embedded: true, ...(width ? { width } : {}) })}</figure>`).join("\n")}</div>`;
  return lines > 5 ? row("figures broad", 720) + row("figures") : row("figures");
}

function headline(race: Race | TrainingRace): string {
  const first = race.table.filter(({ rank }) => rank === 1).map(({ name }) => name);
  const who = `${first.join(" and ")} ${first.length === 1 ? "is" : "are"} first`;
  if (race instanceof TrainingRace) return who;
  const { evaluationsToTarget, best } = race.table[0];
  return evaluationsToTarget === undefined
    ? `${who}: down to ${formatNumberForPrint(best, 3)}`
    : `${who}: there after ${formatCount(evaluationsToTarget)} evaluations`;
}

function rules(race: Race | TrainingRace): string {
  if (race instanceof TrainingRace) return `${formatCount(race.steps)} steps each. ${race.ranking}`;
  const { evaluations, start, target } = race;
  const goal = Number.isNaN(target) ? "Nobody came below the start." : `Arrived is who is at ${formatNumberForPrint(target, 3)} or below.`;
  return `${formatCount(evaluations)} evaluations each, from f = ${formatNumberForPrint(start, 4)}. ${goal} ${race.ranking}`;
}

function table(race: Race | TrainingRace): string {
  const [heads, ...rows] = raceRows(race);
  const colours = optimizerColours(race.table.map(({ optimizer }) => optimizer.name));
  const isText = (column: number) => column === 1 || heads[column] === "end";
  const cell = (text: string, column: number, row: number) =>
    column === 1
      ? `<th scope="row"><span class="swatch" style="background:var(--series-${colours[row]})"></span>${escapeText(text)}</th>`
      : `<td${isText(column) ? "" : ' class="n"'}>${escapeText(text)}</td>`;
  return `<section><h2>The ranks</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Ranks"><table class="plain ranks">
<thead><tr>${heads.map((head, i) => `<th scope="col"${isText(i) ? "" : ' class="n"'}>${escapeText(head)}</th>`).join("")}</tr></thead>
<tbody>${rows.map((row, i) => `<tr>${row.map((text, column) => cell(text, column, i)).join("")}</tr>`).join("\n")}</tbody></table></div></section>`;
}

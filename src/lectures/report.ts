/** The exhibits as one self-contained page. */
import { Figure } from "../figures/figure.js";
import { formatDuration } from "../figures/number-format.js";
import { Panels } from "../figures/panels.js";
import { labelOf } from "../figures/svg.js";
import { escapeText } from "../figures/svg-text.js";
import { renderPage } from "../runs/report-page.js";
import { version } from "../runs/version.js";
import type { Exhibit, ExhibitFigure } from "./exhibit.js";
import type { Made } from "./make.js";
import { numbersTable } from "./numbers-table.js";

/** `index.html`. */
export function lecturesReport(made: readonly Made[]): string {
  return renderPage(
    "Gradient descent, computed again · Steepest",
    [header(made), contents(made), ...made.map(section), footer(made)],
    style,
  );
}

const header = (made: readonly Made[]): string => `<header>
<p class="over">Steepest ${version}</p>
<h1>Gradient descent, computed again</h1>
<p class="lede">What five lectures on gradient descent say and draw, as ${made.length === 1 ? "one exhibit" : `${made.length} exhibits`}: each with its formula, the call that shows it, figures, and numbers that this call computed a moment ago. Nothing here was drawn by hand or typed in.</p>
</header>`;

const contents = (made: readonly Made[]): string =>
  `<nav aria-label="Exhibits"><ol class="contents">${made
    .map(({ exhibit }) => `<li><a href="#${anchor(exhibit)}"><span>${exhibit.id}</span> ${escapeText(exhibit.title)}</a></li>`)
    .join("")}</ol></nav>`;

function section({ exhibit, outcome }: Made): string {
  const { id, title, shows, formula, code, command, mistake } = exhibit;
  const data = outcome.data === undefined ? "" : `<p class="note">${escapeText(outcome.data)}</p>`;
  const shell = command === undefined ? "" : `<pre tabindex="0"><code>${escapeText(command)}</code></pre>`;
  return `<section id="${anchor(exhibit)}">
<h2><a class="number" href="#${anchor(exhibit)}">${id}</a> ${escapeText(title)}</h2>
<p class="shows">${escapeText(shows)}</p>
<div class="formula scroll" tabindex="0" role="region" aria-label="Formula">${formula.map((line) => `<p>${lowered(escapeText(line))}</p>`).join("")}</div>
${data}<div class="figures">${outcome.figures.map(drawn).join("\n")}</div>
<aside><h3>What the usual picture gets wrong</h3><p>${escapeText(mistake)}</p></aside>
<h3>The call</h3>
<pre tabindex="0"><code>${escapeText(code)}</code></pre>${shell}
<details><summary>The numbers</summary>${numbersTable(outcome.numbers)}</details>
</section>`;
}

/** `s_y` and `Σ_{j≠y}` with what stands below set below. */
const lowered = (line: string): string =>
  line.replace(/_(?:\{([^}]*)\}|(\p{L}))/gu, (_, many: string | undefined, one: string) => `<sub>${many ?? one}</sub>`);

/** Columns of a page: figures side by side that are part of one picture are drawn for the room that they get. */
const PAGE = 860;

function drawn({ figure, caption }: ExhibitFigure): string {
  const words = `<figcaption>${escapeText(caption)}</figcaption>`;
  if (!(figure instanceof Panels)) return `<figure>${figure.toSvg({ embedded: true })}${words}</figure>`;
  const width = Math.min(400, Math.floor(PAGE / figure.columns));
  const pictures = figure.figures.every(({ description }) => description.axes === false);
  const parts = figure.figures.map((part) => (pictures ? picture(part, width) : part.toSvg({ embedded: true, width })));
  return `<figure class="panels${pictures ? " pictures" : ""}" style="--columns:${figure.columns}"><p class="heading">${escapeText(figure.title)}</p><div>${parts.join("")}</div>${words}</figure>`;
}

/** A picture with its name above as text of the page: it stays as large as all text where the picture becomes small. */
function picture({ description }: Figure, width: number): string {
  const { title, subtitle } = description;
  const name = title === "" ? "" : `<p><b>${escapeText(title)}</b>${subtitle === undefined ? "" : ` ${escapeText(subtitle)}`}</p>`;
  const bare = new Figure({ ...description, title: "", subtitle: "", alt: labelOf(description) });
  return `<div>${name}${bare.toSvg({ embedded: true, width })}</div>`;
}

function footer(made: readonly Made[]): string {
  const seconds = made.reduce((sum, one) => sum + one.seconds, 0);
  return `<footer>Computed in ${formatDuration(seconds)} by <code>steepest lectures</code>. All numbers are in <code>numbers.json</code>, and each figure in a file of its own, beside this page.</footer>`;
}

const anchor = ({ id }: Pick<Exhibit, "id">): string => id.toLowerCase();

const style = `
.contents{list-style:none;margin:2rem 0 0;padding:1.1rem 0;border:solid var(--hairline);border-width:1px 0;columns:18rem;column-gap:2rem;font-size:.9375rem}
.contents a{color:inherit;text-decoration:none;display:block;padding:.2rem 0}
.contents a:hover,.contents a:focus-visible{text-decoration:underline}
.contents span,.number{color:var(--muted);font-variant-numeric:tabular-nums}
.contents span{display:inline-block;min-width:2.2rem}
.number{text-decoration:none;margin-right:.35rem}
.shows{max-width:42rem;text-wrap:pretty}
.formula sub{font-size:.75em;line-height:0}
.formula{margin-top:1.1rem;margin-bottom:1.1rem;font:italic 1.0625rem/1.7 ui-serif,"STIX Two Text","Cambria Math","Source Serif 4",Georgia,serif;white-space:pre-wrap}
.figures>.panels{grid-column:1/-1}
section>.figures{grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr))}
.panels>div{display:grid;grid-template-columns:repeat(var(--columns),1fr);gap:1.5rem}
.pictures>div{gap:.75rem 1rem;align-items:end}
.pictures p:not(.heading){font-size:.75rem;line-height:1.35;color:var(--muted);margin-bottom:.2rem}
.pictures b{color:var(--ink)}
.heading{font-weight:600;margin-bottom:.75rem}
figcaption{color:var(--muted);font-size:.9375rem;max-width:42rem;margin-top:.5rem;text-wrap:pretty}
aside{max-width:42rem;margin:1.75rem 0 0;padding:.1rem 0 .1rem 1rem;border-left:3px solid var(--series-1)}
h3{font-size:.9375rem;font-weight:600;margin:1.5rem 0 0;padding:0}
aside h3{margin-top:0;color:var(--series-1)}
details{margin-top:1.25rem}
summary{cursor:pointer;font-weight:600;font-size:.9375rem;padding:.25rem 0}
summary:focus-visible,.contents a:focus-visible{outline:2px solid var(--series-0);outline-offset:2px}
@media (max-width:40rem){
.panels>div{grid-template-columns:1fr}
/* A table of pictures is turned: what belongs to one of them stands in a line. */
.pictures>div{grid-template:repeat(var(--columns),auto)/none;grid-auto-flow:column;grid-auto-columns:1fr;gap:.75rem .5rem}
}
@media print{details:not([open])>:not(summary){display:block}section{break-inside:auto}}
`;

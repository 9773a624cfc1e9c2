/** The report of a restored picture: one self-contained page without a script. */
import type { Image } from "../data/images/image.js";
import { imageRow, type RowPicture } from "../figures/image-row.js";
import { formatCount, formatDuration, formatNumberForPrint } from "../figures/number-format.js";
import { type RestorationCourse, restorationCharts } from "../figures/restoration-chart.js";
import { escapeText } from "../figures/svg-text.js";
import { packPictures } from "./packed-pictures.js";
import { renderPage } from "./report-page.js";
import { dayAndTime, inWords, words } from "./report-words.js";
import type { PlainData } from "./run-data.js";
import { version } from "./version.js";

/** What one method gave. */
export interface RestoredPicture extends RestorationCourse {
  /** As large as the result is to be shown; all pictures of a report have one size. */
  readonly picture: Image;
  readonly iterations: number;
  readonly status: "converged" | "step-limit" | "diverged" | "aborted";
  readonly seconds: number;
  /** How many numbers were looked for. */
  readonly variables: number;
  /** Of a network: how long it was trained. */
  readonly trainingSeconds?: number;
  readonly energy?: number;
  readonly gap?: number;
  readonly psnr?: number;
  readonly ssim?: number;
}

export interface RestorationReport {
  /** What was done: `denoise photo.png`. */
  readonly title: string;
  readonly before: Image;
  readonly psnrBefore?: number;
  /** The one that was asked for first; the others stand beside it. */
  readonly methods: readonly RestoredPicture[];
  readonly clean?: Image;
  readonly settings: Readonly<Record<string, PlainData | undefined>>;
  /** What makes it again. */
  readonly command: string;
  readonly created: Date;
}

/** Pictures shown smaller than this are not enlarged in part. */
const SMALL = 96;

/** The page: pictures with an enlarged part and their errors, the course of energy, gap and PSNR, numbers and settings. */
export async function renderRestoration(report: RestorationReport): Promise<string> {
  const [first] = report.methods;
  const title = headline(report, first);
  const page = renderPage(
    `${report.title} · ${title}`,
    [
      header(report, first, title),
      numbers(report, first),
      pictures(report),
      course(report),
      comparison(report),
      settings(report),
      again(report),
      footer,
    ],
    ".strip{overflow-x:auto;margin:1.5rem -1.25rem 0;padding:0 1.25rem}.strip svg{display:block;width:100%;min-width:40rem;height:auto}",
  );
  return packPictures(page);
}

const decibels = (value: number): string => `${value.toFixed(2)} dB`;

function headline({ psnrBefore }: RestorationReport, { psnr, energy, gap, status }: RestoredPicture): string {
  if (status === "diverged") return "The restoration diverged";
  if (psnr !== undefined)
    return psnrBefore === undefined ? `PSNR ${decibels(psnr)}` : `PSNR ${decibels(psnr)}, ${decibels(psnrBefore)} before`;
  if (energy === undefined) return "A picture restored";
  return `Energy ${formatNumberForPrint(energy, 5)}${gap === undefined ? "" : `, at most ${formatNumberForPrint(gap, 2)} above its minimum`}`;
}

const endings: Readonly<Record<RestoredPicture["status"], string>> = {
  converged: "It converged",
  "step-limit": "It stopped",
  diverged: "It diverged",
  aborted: "It was interrupted",
};

function header({ title, created }: RestorationReport, first: RestoredPicture, line: string): string {
  const { iterations, status, method, seconds } = first;
  const lede = `${endings[status]} after ${formatCount(iterations)} ${iterations === 1 ? "iteration" : "iterations"} of ${method}, in ${formatDuration(seconds)}.`;
  return `<header>
<p class="over">${escapeText(title)} · <time datetime="${created.toISOString()}">${dayAndTime(created)}</time></p>
<h1>${escapeText(line)}</h1>
<p class="lede">${escapeText(lede)}</p>
</header>`;
}

function numbers({ psnrBefore, methods }: RestorationReport, { psnr, ssim, energy, gap, variables }: RestoredPicture): string {
  if (methods.length > 1) return "";
  const items: (readonly [string, string | undefined])[] = [
    ["PSNR before", psnrBefore === undefined ? undefined : decibels(psnrBefore)],
    ["PSNR", psnr === undefined ? undefined : decibels(psnr)],
    ["SSIM", ssim?.toFixed(4)],
    ["energy", energy === undefined ? undefined : formatNumberForPrint(energy, 5)],
    ["gap, at most", gap === undefined ? undefined : formatNumberForPrint(gap, 2)],
    ["numbers looked for", formatCount(variables)],
  ];
  const shown = items.flatMap(([name, value]) => (value === undefined ? [] : [`<div><dt>${name}</dt><dd>${escapeText(value)}</dd></div>`]));
  return `<dl class="numbers">${shown.join("")}</dl>`;
}

function pictures({ before, psnrBefore, methods, clean }: RestorationReport): string {
  const row: RowPicture[] = [
    asRow("before", before, psnrBefore),
    ...methods.map(({ method, picture, psnr }) => asRow(method, picture, psnr)),
    ...(clean ? [asRow("clean", clean, undefined)] : []),
  ];
  const { width, height } = row[0];
  const zoom = Math.min(width, height) < SMALL ? undefined : detail(row[row.length - 1]);
  const figure = imageRow({
    title: "",
    pictures: row,
    ...(zoom ? { zoom } : {}),
    ...(clean ? { reference: row.length - 1 } : {}),
  });
  const errors = clean ? " Beneath them what is too dark in blue, too light in red." : "";
  const parts = zoom ? " The marked part is enlarged below." : "";
  return `<section><h2>The pictures</h2>
<p class="note">${formatCount(width)} × ${formatCount(height)} pixels.${parts}${errors}</p>
<figure class="strip" tabindex="0" role="region" aria-label="The pictures">${figure.toSvg({ embedded: true, width: 220 * row.length })}</figure></section>`;
}

/** Without what is transparent, in 8 bits. */
function asRow(name: string, { width, height, channels, depth, data }: Image, psnr: number | undefined): RowPicture {
  const colours = channels < 3 ? 1 : 3;
  const samples = new Uint8Array(width * height * colours);
  const scale = depth === 16 ? 255 / 65535 : 1;
  for (let at = 0; at < width * height; at++)
    for (let c = 0; c < colours; c++) samples[at * colours + c] = Math.round(data[at * channels + c] * scale);
  return { name, width, height, channels: colours, samples, ...(psnr === undefined ? {} : { note: decibels(psnr) }) };
}

/** The part, a quarter as wide and high, where neighbouring pixels differ most: there restorations are told apart. */
function detail({ width, height, channels, samples }: RowPicture) {
  const part = { width: Math.floor(width / 4), height: Math.floor(height / 4) };
  let best = { x: 0, y: 0, most: -1 };
  for (let y = 0; y + part.height <= height; y += Math.ceil(part.height / 4))
    for (let x = 0; x + part.width <= width; x += Math.ceil(part.width / 4)) {
      let sum = 0;
      for (let row = y; row < y + part.height - 1; row++)
        for (let column = x; column < x + part.width - 1; column++) {
          const at = (row * width + column) * channels;
          sum += (samples[at + channels] - samples[at]) ** 2 + (samples[at + width * channels] - samples[at]) ** 2;
        }
      if (sum > best.most) best = { x, y, most: sum };
    }
  return { x: best.x, y: best.y, ...part };
}

function course({ methods }: RestorationReport): string {
  const figures = restorationCharts(methods);
  if (figures.length === 0) return "";
  return `<section><h2>How it went</h2>
<div class="figures">${figures.map((figure) => `<figure>${figure.toSvg({ embedded: true })}</figure>`).join("\n")}</div></section>`;
}

function comparison({ methods }: RestorationReport): string {
  if (methods.length < 2) return "";
  const cells = (each: RestoredPicture) => [
    formatCount(each.variables),
    each.trainingSeconds === undefined ? "–" : formatDuration(each.trainingSeconds),
    formatDuration(each.seconds),
    each.psnr === undefined ? "–" : decibels(each.psnr),
    each.ssim === undefined ? "–" : each.ssim.toFixed(4),
  ];
  const heads = ["numbers looked for", "trained", "this picture", "PSNR", "SSIM"].map((name) => `<th scope="col" class="n">${name}</th>`);
  const rows = methods.map(
    (each) =>
      `<tr><th scope="row">${escapeText(each.method)}</th>${cells(each)
        .map((cell) => `<td class="n">${escapeText(cell)}</td>`)
        .join("")}</tr>`,
  );
  return `<section><h2>The methods</h2>
<div class="scroll" tabindex="0" role="region" aria-label="The methods"><table class="plain">
<thead><tr><th scope="col">method</th>${heads.join("")}</tr></thead>
<tbody>${rows.join("")}</tbody></table></div></section>`;
}

function settings({ settings: given }: RestorationReport): string {
  const rows = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`<tr><th scope="row">${escapeText(words(name))}</th><td>${escapeText(inWords(value))}</td></tr>`],
  );
  return `<section><h2>Settings</h2>
<table class="plain settings"><tbody>${rows.join("")}</tbody></table></section>`;
}

const again = ({ command }: RestorationReport): string =>
  `<section><h2>The same again</h2>
<pre tabindex="0"><code>${escapeText(command)}</code></pre></section>`;

const footer = `<footer>Made by Steepest ${version}.</footer>`;

/** Colours, by role. Figures name roles; the page or the figure itself says what they are in light and in dark. */

/** One set of colours. */
export interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly hairline: string;
  readonly series: readonly [string, string, string, string, string, string, string, string];
}

/**
 * The series are the blue, vermilion, green, purple and orange of Okabe and Ito, told apart by all common kinds of colour vision, then slate,
 * crimson and teal for figures with more lines than that; darkened (in light) or lightened (in dark) until text in them reaches a contrast of
 * 4.5 : 1 against the paper.
 */
export const lightTheme: Theme = {
  paper: "#fdfcfa",
  ink: "#1d1c1a",
  muted: "#68645d",
  hairline: "#e5e1da",
  series: ["#0a64a4", "#b84800", "#00755a", "#a03f78", "#8a6400", "#4c5563", "#a8323e", "#007080"],
};

export const darkTheme: Theme = {
  paper: "#161514",
  ink: "#eceae6",
  muted: "#a29d94",
  hairline: "#33302d",
  series: ["#6cb8f0", "#ff9b5c", "#3ec9a2", "#e39bc4", "#e0b64a", "#aeb7c6", "#ff8a94", "#58cfe0"],
};

/** The colours as CSS custom properties. */
export const themeVariables = ({ paper, ink, muted, hairline, series }: Theme): string =>
  [
    `--paper:${paper}`,
    `--ink:${ink}`,
    `--muted:${muted}`,
    `--hairline:${hairline}`,
    ...series.map((colour, i) => `--series-${i}:${colour}`),
  ].join(";");

/** Style sheet text that gives `selector` the light colours, and the dark ones on a screen where the reader prefers them: paper is light. */
export const themeStyle = (selector: string): string =>
  `${selector}{color-scheme:light dark;${themeVariables(lightTheme)}}@media screen and (prefers-color-scheme:dark){${selector}{${themeVariables(darkTheme)}}}`;

/** What the marks look like; part of every page that holds figures. */
export const figureStyle = [
  ".steepest{font:12px/1.3 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-variant-numeric:tabular-nums}",
  ".steepest text{fill:var(--muted)}",
  ".steepest .title{font-size:14px;font-weight:600;fill:var(--ink)}",
  ".steepest .heading{font-size:17px;font-weight:600;fill:var(--ink)}",
  ".steepest .grid{stroke:var(--hairline);stroke-width:1;shape-rendering:crispEdges}",
  ".steepest .aside{font-size:12px;font-weight:400;fill:var(--muted)}",
  ".steepest .edge{fill:none;stroke:var(--muted);stroke-opacity:.5;stroke-width:1}",
  ".steepest .rule{stroke:var(--muted);stroke-width:1;stroke-dasharray:3 3}",
  ".steepest .line{fill:none;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}",
  ".steepest .faint{stroke-width:1;opacity:.35}",
  ".steepest .reference{stroke:var(--muted);stroke-width:1.25;stroke-dasharray:5 4}",
  ".steepest .dashed{stroke-dasharray:6 3}",
  ".steepest .halo{fill:none;stroke:var(--paper);stroke-opacity:.75;stroke-width:3.5;stroke-linejoin:round;stroke-linecap:round}",
  ".steepest .note{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}",
  ".steepest .strong{font-weight:600}",
  ".steepest .band{fill-opacity:.2}",
  ".steepest .level{fill:var(--series-5)}",
  ".steepest .contour{fill:none;stroke:var(--series-5);stroke-opacity:.55;stroke-width:.75}",
  ".steepest .place{stroke:var(--paper);stroke-width:1.25;paint-order:stroke}",
  ".steepest .outlined{stroke:var(--paper);stroke-opacity:.6;stroke-width:.5}",
  ".steepest .pixels{image-rendering:pixelated}",
  ".steepest .dot{stroke:var(--paper);stroke-width:1.5}",
  ".steepest .small{stroke-width:.5}",
  ".steepest .end{font-weight:600}",
].join("");

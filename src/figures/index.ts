/** Figures: curves as SVG or in the terminal, pictures as PNG. */
export type { Axis, FigureDescription, LineMark, Mark, NumberStyle, RuleMark, SeriesColour } from "./description.js";
export { Figure } from "./figure.js";
export { fitChart } from "./fit-chart.js";
export type { LineChartOptions, Series } from "./line-chart.js";
export { lineChart } from "./line-chart.js";
export { noiseChart } from "./noise-chart.js";
export { formatCount, formatDuration, formatNumber, formatNumberForPrint, formatPercent, formatPower } from "./number-format.js";
export { optimizerColours } from "./optimizer-colours.js";
export type { PanelsOptions } from "./panels.js";
export { Panels, panels } from "./panels.js";
export { pngDataUri } from "./png.js";
export { raceChart, raceFigure, rateChart } from "./race-chart.js";
export { raceRows, raceTable } from "./race-table.js";
export type { ScaleKind } from "./scale.js";
export type { SvgOptions } from "./svg.js";
export type { TerminalOptions } from "./terminal.js";
export type { Point } from "./thinning.js";

/** Figures: curves as SVG or in the terminal, pictures as PNG. */
export type { Sampled } from "../analysis/values.js";
export { type BasinFigureOptions, basinFigure } from "./basin-figure.js";
export type { ConfusionOptions } from "./confusion-figure.js";
export { confusionFigure, confusionWidth } from "./confusion-figure.js";
export type { ContourFigureOptions, Trail } from "./contour-figure.js";
export { contourFigure } from "./contour-figure.js";
export type { CurvePath, CurvePathOptions } from "./curve-path-figure.js";
export { curvePathFigure } from "./curve-path-figure.js";
export type { Axis, FigureDescription, NumberStyle } from "./description.js";
export { Figure } from "./figure.js";
export { fitChart } from "./fit-chart.js";
export type { GradientFanOptions } from "./gradient-fan-figure.js";
export { gradientFanFigure } from "./gradient-fan-figure.js";
export type { Grid } from "./grid.js";
export { levelsByFactors, levelsEvenly, sampleGrid } from "./grid.js";
export type { Corner, HingeFigureOptions } from "./hinge-figure.js";
export { hingeFigure } from "./hinge-figure.js";
export type { ImageRowOptions, RowPicture } from "./image-row.js";
export { imageRow } from "./image-row.js";
export { planeFigure, rayFigure } from "./landscape-figure.js";
export type { LayerFigureOptions, ShapedArray } from "./layer-figures.js";
export { activationFigure, filterFigure } from "./layer-figures.js";
export type { LineChartOptions, Series } from "./line-chart.js";
export { lineChart } from "./line-chart.js";
export type {
  ArrowMark,
  BandMark,
  BarMark,
  CellsMark,
  ContourMark,
  HeatMark,
  ImageMark,
  LineMark,
  Mark,
  Paint,
  PointMark,
  Polygon,
  PolygonMark,
  RuleMark,
  SeriesColour,
  TextMark,
} from "./marks.js";
export { noiseChart } from "./noise-chart.js";
export { formatCount, formatDuration, formatNumber, formatNumberForPrint, formatPercent, formatPower } from "./number-format.js";
export { optimizerColours } from "./optimizer-colours.js";
export type { PanelsOptions } from "./panels.js";
export { Panels, panels } from "./panels.js";
export type { GridPicture, PictureGridOptions } from "./picture-grid.js";
export { pictureGrid } from "./picture-grid.js";
export { pngDataUri } from "./png.js";
export { raceChart, raceFigure, rateChart } from "./race-chart.js";
export { raceRows, raceTable } from "./race-table.js";
export type { RateSweep, RateSweepOptions } from "./rate-sweep-figure.js";
export { rateSweepFigure } from "./rate-sweep-figure.js";
export type { RestorationCourse } from "./restoration-chart.js";
export { restorationChart } from "./restoration-chart.js";
export type { RunFigureOptions } from "./run-figure.js";
export { runFigure } from "./run-figure.js";
export type { ScaleKind } from "./scale.js";
export { sharpnessFigure } from "./sharpness-figure.js";
export { type SpectrumFigureOptions, spectrumFigure } from "./spectrum-figure.js";
export type { SpreadChartOptions, SpreadGroup } from "./spread-chart.js";
export { spreadChart } from "./spread-chart.js";
export type { StepProfileOptions } from "./step-profile-figure.js";
export { stepProfileFigure } from "./step-profile-figure.js";
export type { StepVectors, StepVectorsOptions } from "./step-vectors-figure.js";
export { stepVectorsFigure } from "./step-vectors-figure.js";
export type { SurfaceFigureOptions, SurfacePath } from "./surface-figure.js";
export { surfaceFigure } from "./surface-figure.js";
export type { SvgOptions } from "./svg.js";
export type { TerminalOptions } from "./terminal.js";
export type { Point } from "./thinning.js";

/** How the eigenvalues of a Hessian are spread. */
import type { HessianSpectrum } from "../descent/hessian-spectrum/hessian-spectrum.js";
import { SteepestError } from "../tensor/error.js";
import { Figure } from "./figure.js";
import type { LineMark } from "./marks.js";
import { formatCount, formatNumberForPrint, formatPercent } from "./number-format.js";
import type { Point } from "./thinning.js";

export interface SpectrumFigureOptions {
  /** Default: "Spectrum of the Hessian". */
  readonly title?: string;
  readonly subtitle?: string;
  /** σ of the Gaussians. Default: a hundredth of the range. */
  readonly bandwidth?: number;
}

/** Points of the curve. */
const COUNT = 600;

/**
 * The density of `hessianSpectrum` on a logarithmic axis, with the eigenvalues that are known by themselves as ticks at its foot. The lower end of the axis is a tenth of what
 * one single eigenvalue makes: what is below is nobody's.
 *
 * @throws SteepestError for a spectrum without density
 * @example
 * ```ts
 * import { hessianSpectrum, trace } from "steepest";
 * import { spectrumFigure } from "steepest/figures";
 * const objective = trace("x^2 + 5y^2 + x*y*z + 20z^2", { x: 1, y: 1, z: 1 });
 * spectrumFigure(await hessianSpectrum(objective, { top: 3, density: true })).toSvg(); // text that starts with <svg
 * ```
 */
export function spectrumFigure(
  spectrum: Pick<HessianSpectrum, "density" | "largest" | "smallest">,
  options: SpectrumFigureOptions = {},
): Figure {
  const { density, largest, smallest } = spectrum;
  if (density === undefined)
    throw new SteepestError({
      problem: "the spectrum has no density to draw",
      fix: "ask for it: hessianSpectrum(run, { density: true })",
    });
  const { bandwidth = density.bandwidth } = options;
  const known = [...new Set([...largest, ...smallest].map(({ value }) => value))].filter(Number.isFinite);
  const low = Math.min(density.range[0], ...known) - 4 * bandwidth;
  const high = Math.max(density.range[1], ...known) + 4 * bandwidth;
  const floor = 0.1 / (density.dimension * bandwidth * Math.sqrt(2 * Math.PI));
  const values = Array.from({ length: COUNT + 1 }, (_, i): Point => {
    const t = low + ((high - low) * i) / COUNT;
    return [t, Math.max(floor, density.at(t, bandwidth))];
  });
  const top = values.reduce((most, [, value]) => Math.max(most, value), floor);
  const tick = floor * Math.exp(0.06 * Math.log(top / floor));
  const ticks = known.map(
    (value): LineMark => ({
      kind: "line",
      points: [
        [value, floor],
        [value, tick],
      ],
      colour: 1,
      dots: false,
    }),
  );
  const negative = density.below(-bandwidth);
  const words = [
    `${formatCount(density.dimension)} eigenvalues from ${formatNumberForPrint(density.range[0], 3)} to ${formatNumberForPrint(density.range[1], 3)}`,
    `${formatPercent(negative, 1)} of them below −σ`,
  ];
  return new Figure({
    title: options.title ?? "Spectrum of the Hessian",
    subtitle: options.subtitle ?? "density of eigenvalues, log scale",
    caption: `${words.join(", ")}. Gaussians with σ = ${formatNumberForPrint(bandwidth, 2)}.${known.length > 0 ? ` Ticks: ${formatCount(known.length)} eigenvalues that are known by themselves.` : ""}`,
    alt: `The density of eigenvalues on a logarithmic axis: ${words.join(", ")}.`,
    x: { label: "eigenvalue", kind: "linear", style: "number", domain: [low, high] },
    y: { label: "density", kind: "log", style: "power", domain: [floor, top * 1.5] },
    marks: [{ kind: "line", points: values, colour: 0, dots: false }, ...ticks],
  });
}

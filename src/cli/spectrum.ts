/** `steepest spectrum`: the curvature of a trained run. */
import type { HessianSpectrum } from "../descent/hessian-spectrum/hessian-spectrum.js";
import { formatCount, formatDuration, formatNumber, formatPercent } from "../figures/number-format.js";
import { spectrumFigure } from "../figures/spectrum-figure.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { saveFigure } from "./files.js";
import { hessianOptions, overRecords } from "./hessian.js";
import { textOption, toggle, UsageError, wholeOption } from "./options.js";
import { columnsOf, type Terminal } from "./terminal.js";

const top = wholeOption("top", { help: "how many of the largest eigenvalues", default: 10, atLeast: 0, atMost: 1000 });
const bottom = wholeOption("bottom", { help: "how many of the smallest", default: 0, atLeast: 0, atMost: 1000 });
const trace = toggle("trace", "estimate the trace, from 32 random vectors");
const density = toggle("density", "estimate how all eigenvalues are spread, from 4 random vectors of 40 products");
const out = textOption("out", "FILE", {
  help: "draw the density, as .svg, .png, .csv or .ts; it takes --density along",
  default: undefined,
});

export const spectrum: Command = {
  name: "spectrum",
  summary: "eigenvalues of a trained run's Hessian",
  about:
    "Looks at the curvature of the training loss at the weights of a run: the largest eigenvalues of its Hessian by Lanczos' method, the trace, and the density of all eigenvalues, from products with the " +
    "Hessian alone. ‖Hv − λv‖ stands beside each eigenvalue: one of the Hessian's lies so near.",
  examples: [
    "steepest spectrum runs/cnn",
    "steepest spectrum runs/cnn --top 3 --bottom 1 --trace --images 500 --json",
    "steepest spectrum runs/cnn --density --out spectrum.svg",
  ],
  positionals: [{ name: "DIR", help: "a run folder that training has written" }],
  options: [top, bottom, trace, density, ...hessianOptions, out],
  async run(context, args) {
    const { engine, out: terminal } = context;
    if (args.get(top) + args.get(bottom) === 0 && !args.get(trace) && !args.get(density) && args.get(out) === undefined)
      throw new UsageError({ problem: "nothing is asked for", fix: "ask for eigenvalues (--top, --bottom), --trace or --density" });
    const file = args.get(out);
    const looked = await overRecords(context, args, (request, tell) =>
      engine.spectrum({
        ...request,
        ...{ top: args.get(top), bottom: args.get(bottom), trace: args.get(trace), density: args.get(density) || file !== undefined },
        onProgress: ({ stage, products }) => tell(`${stage}: ${formatCount(products)} products with the Hessian`),
      }),
    );
    if (looked === undefined) return exitCodes.interrupted;
    const { folder, run, dataset, found } = looked;
    if (file !== undefined)
      await saveFigure(file, spectrumFigure(found, { subtitle: `${run.title}, ${formatCount(found.records ?? 0)} records; log scale` }));
    const { largest, smallest, ...rest } = found;
    const short = (list: HessianSpectrum["largest"]) => list.map(({ value, residual }) => ({ value, residual }));
    if (args.get(json))
      printJson(terminal, { run: folder, data: dataset.name, ...rest, largest: short(largest), smallest: short(smallest) });
    else if (args.get(quiet)) for (const { value } of [...largest, ...smallest]) terminal.line(formatNumber(value, 8));
    else {
      show(terminal, run.title, found);
      if (file !== undefined) terminal.line(`The density is in ${file}.`);
    }
    return found.converged ? exitCodes.done : exitCodes.failed;
  },
};

function show(out: Terminal, title: string, found: HessianSpectrum): void {
  const {
    parameters,
    records = 0,
    loss,
    gradientNorm,
    largest,
    smallest,
    converged,
    trace: sum,
    density: spread,
    products,
    seconds,
  } = found;
  out.line(`${out.bold(title)}: the Hessian of ${formatCount(parameters)} weights over ${formatCount(records)} records`);
  out.line(`loss ${formatNumber(loss)}, ‖∇L‖ = ${formatNumber(gradientNorm)}`);
  const rows = [
    ...largest.map((pair, i) => ({ pair, name: `λ${i + 1}` })),
    ...smallest.map((pair, i) => ({ pair, name: i === 0 ? "least" : `least ${i + 1}` })),
  ];
  if (rows.length > 0) {
    out.line();
    const lines = rows.map(({ pair: { value, residual }, name }) => [
      `  ${name}`,
      formatNumber(value, 6),
      `± ${formatNumber(residual, 2)}`,
    ]);
    for (const line of columnsOf(lines, [1])) out.line(line);
  }
  out.line();
  if (!converged) out.line("Not all of them are as exact as they should be: the products were used up.");
  const [first] = largest;
  if (first !== undefined && first.value > 0)
    out.line(`Gradient descent is stable below the rate 2/λ1 = ${formatNumber(2 / first.value, 4)}.`);
  if (sum)
    out.line(
      `Trace ${formatNumber(sum.value, 4)} ± ${formatNumber(sum.standardError, 2)}: ${formatNumber(sum.value / parameters, 3)} in the mean.`,
    );
  if (spread) {
    const [low, high] = spread.range;
    out.line(
      `Density from ${formatNumber(low, 3)} to ${formatNumber(high, 3)}; ${formatPercent(spread.below(-spread.bandwidth), 1)} of all eigenvalues lie below −${formatNumber(spread.bandwidth, 2)}.`,
    );
  }
  out.line(`${formatCount(products)} products with the Hessian in ${formatDuration(seconds)}.`);
}

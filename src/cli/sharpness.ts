/** `steepest sharpness`: the largest eigenvalue of the Hessian on the way of a training. */
import type { Sharpness } from "../descent/hessian-spectrum/sharpness.js";
import { formatCount, formatNumber } from "../figures/number-format.js";
import { sharpnessFigure } from "../figures/sharpness-figure.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { saveFigure } from "./files.js";
import { hessianOptions, overRecords } from "./hessian.js";
import { textOption, wholeOption } from "./options.js";
import { columnsOf, type Terminal } from "./terminal.js";

const points = wholeOption("points", {
  help: "points of the path, evenly spaced, both ends among them",
  default: undefined,
  defaultText: "20, or all where there are fewer",
  atLeast: 1,
});
const out = textOption("out", "FILE", { help: "draw it, as .svg, .png, .csv or .ts", default: undefined });

export const sharpness: Command = {
  name: "sharpness",
  summary: "the largest curvature on the way of a training",
  about:
    "Measures the largest eigenvalue λ1 of the training loss's Hessian at points of a recorded path, beside the edge of stability: gradient descent at the rate α is stable below 2/α, with momentum β below " +
    "2(1 + β)/α. With full batches and a constant rate the sharpness tends to rise to this edge and to stay about it. Needs a run that was trained with --record-path.",
  examples: [
    "steepest sharpness runs/mlp",
    "steepest sharpness runs/mlp --points 50 --images 500 --out sharpness.svg",
    "steepest sharpness runs/mlp --json",
  ],
  positionals: [{ name: "DIR", help: "a run folder that training has written, with its path" }],
  options: [points, ...hessianOptions, out],
  async run(context, args) {
    const { engine, out: terminal } = context;
    const pointCount = args.get(points);
    const looked = await overRecords(context, args, (request, tell) =>
      engine.sharpness({
        ...request,
        ...(pointCount === undefined ? {} : { points: pointCount }),
        onProgress: ({ done, points: all }) => tell(`${formatCount(done)} of ${formatCount(all)} points`),
      }),
    );
    if (looked === undefined) return exitCodes.interrupted;
    const { folder, run, dataset, found } = looked;
    const file = args.get(out);
    const subtitle = `${run.title}, ${formatCount(found.records)} records`;
    const figure = sharpnessFigure(found, { subtitle });
    if (file !== undefined) await saveFigure(file, figure);
    if (args.get(json)) printJson(terminal, { run: folder, data: dataset.name, ...found });
    else if (args.get(quiet)) for (const { step, sharpness: value } of found.points) terminal.line(`${step} ${formatNumber(value, 8)}`);
    else {
      terminal.line(figure.toTerminal({ columns: Math.min(terminal.columns, 72), rows: 16, colour: terminal.colour }));
      terminal.line();
      show(terminal, found);
      if (file !== undefined) terminal.line(`\nFigure: ${terminal.bold(file)}`);
    }
    return exitCodes.done;
  },
};

function show(out: Terminal, { points: all, stableUpTo, products }: Sharpness): void {
  const rows = all.map(({ step, loss, sharpness: value, edge }) => [
    `  ${formatCount(step)}`,
    formatNumber(loss, 4),
    formatNumber(value, 4),
    ...(edge === undefined ? [] : [formatNumber(edge, 4)]),
  ]);
  const head = ["  step", "loss", "λ1", ...(stableUpTo === undefined ? [] : ["edge"])];
  for (const line of columnsOf([head, ...rows], [1, 2, 3])) out.line(line);
  out.line();
  const above = all.filter(({ sharpness: value, edge }) => edge !== undefined && value > edge).length;
  out.line(
    stableUpTo === undefined
      ? "The edge of stability of this optimizer is not known."
      : `Edge of stability: ${formatNumber(stableUpTo, 4)}/α. Above it at ${formatCount(above)} of ${formatCount(all.length)} points.`,
  );
  out.line(`${formatCount(products)} products with the Hessian.`);
}

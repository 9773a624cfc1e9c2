/** `steepest basins`: which minimum a descent reaches from where. */
import { basinFigure } from "../figures/basin-figure.js";
import { formatNumber, formatPercent } from "../figures/number-format.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { readWindow } from "./critical.js";
import { saveFigure } from "./files.js";
import { optimizerOptions } from "./optimizer-options.js";
import { asUsage, textOption, UsageError, wholeOption } from "./options.js";
import { showPoint } from "./point.js";
import { columnsOf } from "./terminal.js";

const window = textOption("window", "INTERVALS", {
  help: "where descents start: -5:5 for both variables, -5:5,0:2 in their order, or x=-5:5,y=0:2",
  default: "-5:5",
});
const size = wholeOption("size", { help: "starts along each axis", default: 256, atLeast: 1, atMost: 4096 });
const steps = wholeOption("steps", { help: "most steps of each descent", default: 200, atLeast: 1, atMost: 1e6 });
const out = textOption("out", "FILE", { help: "write the map, as .svg, .png, .csv or .ts", default: undefined });
const method = optimizerOptions("gd");

export const basins: Command = {
  name: "basins",
  summary: "which minimum is reached from where, as a map",
  about:
    "Starts a descent in each cell of a window of two variables, all in one compiled program, and says which minimum each has reached, and in how many steps. Minima, saddles and maxima are those that " +
    "critical finds; the picture shows them, with the directions in which descents leave the saddles.",
  examples: [
    'steepest basins "(x^2+y-11)^2 + (x+y^2-7)^2" --lr 0.01 --out basins.svg',
    'steepest basins "(x^2+y-11)^2 + (x+y^2-7)^2" --optimizer momentum --lr 0.005 --size 512 --out basins.png',
    'steepest basins "x^4 - 2x^2 + y^2" --window -2:2 --lr 0.1 --json',
  ],
  positionals: [{ name: "FORMULA", help: "a function of two variables, in quotes" }],
  options: [window, size, steps, ...method.list, out],
  async run(context, args) {
    const { engine, out: terminal, err } = context;
    const [formula] = args.positionals;
    const variables = asUsage(() => engine.variables(formula));
    if (variables.length !== 2)
      throw new UsageError({
        problem: "basins are a map of functions of two variables",
        expected: "a formula in two variables, such as x and y",
        received: variables.length === 0 ? "none" : variables.join(", "),
      });
    const intervals = readWindow(args.get(window), variables);
    const { optimizer, data } = method.choose(args);
    const abort = new AbortController();
    const endListening = context.onInterrupt(() => abort.abort());
    const isWatched = err.isTerminal && !args.get(quiet);
    const request = {
      formula,
      window: Object.fromEntries(variables.map((name, i) => [name, intervals[i]])),
      ...{ optimizer, size: args.get(size), steps: args.get(steps), signal: abort.signal },
      onProgress({ done, starts }: { readonly done: number; readonly starts: number }) {
        if (isWatched) err.write(`\r\u001b[2K${formatPercent(done / starts)} of the starts`);
      },
    };
    try {
      const map = await engine.basins(request);
      if (isWatched) err.write("\r\u001b[2K");
      const file = args.get(out);
      const rate = typeof data.learningRate === "number" ? `, rate ${formatNumber(data.learningRate)}` : "";
      if (file !== undefined) await saveFigure(file, basinFigure(map, { title: formula, subtitle: `${data.name}${rate}` }));
      const { x, y, columns, rows, minima, diverged, underWay, reached, steps: taken, critical, diagnosis } = map;
      if (args.get(json))
        printJson(terminal, {
          ...{ variables, window: [x, y], optimizer: data, limit: map.limit, columns, rows, minima, diverged, underWay },
          ...{ saddles: critical.saddles, maxima: critical.maxima, reached: [...reached], steps: [...taken], diagnosis },
        });
      else if (args.get(quiet)) for (const { share, point } of minima) terminal.line([share, ...numbersOf(point)].join(" "));
      else {
        terminal.line(terminal.bold(diagnosis));
        const shown = minima.map(({ point, value, share, isInWindow }) => [
          `  ${formatPercent(share, 1)}`,
          showPoint(numbersOf(point).map((n) => formatNumber(n, 6))),
          formatNumber(value, 6),
          isInWindow ? "" : "outside the window",
        ]);
        if (shown.length > 0) terminal.line();
        for (const line of shown.length > 0 ? columnsOf([["  starts", showPoint(variables), "f", ""], ...shown]) : []) terminal.line(line);
        if (file !== undefined) terminal.line(`\nThe map is in ${file}.`);
      }
      return exitCodes.done;
    } catch (error) {
      if (abort.signal.aborted) return exitCodes.interrupted;
      throw error;
    } finally {
      endListening();
    }
  },
};

const numbersOf = (point: unknown): number[] => Object.values(Object(point)).map(Number);

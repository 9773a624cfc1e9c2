/** `steepest landscape`: the loss of a trained run on a plane or a ray through its weights. */
import { recordCount } from "../data/dataset.js";
import { extentOfValues } from "../figures/grid.js";
import { planeFigure, rayFigure } from "../figures/landscape-figure.js";
import { formatCount, formatDuration, formatNumber, formatPercent } from "../figures/number-format.js";
import { LandscapeFile } from "../runs/landscape-file.js";
import { loadRun } from "../runs/run-folder.js";
import type { StoredRun } from "../runs/stored-run.js";
import type { Arguments } from "./arguments.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import { fast, threads } from "./computing.js";
import type { LandscapeChoice, LandscapeResult } from "./engine.js";
import { saveFigure, saveJson } from "./files.js";
import { choiceOption, finite, textOption, toggle, UsageError, wholeOption } from "./options.js";
import { lookedAt, recordOptions } from "./run-dataset.js";
import { columnsOf, type Terminal } from "./terminal.js";

const plane = choiceOption("plane", ["random", "pca", "eigen", "gradient"], {
  help: "which plane: random directions, the one that holds most of the path, the steepest curvatures, or the gradient",
  default: undefined,
  defaultText: "random",
});
const ray = textOption("ray", "random|eigen|gradient|to:DIR", {
  help: "a ray instead of a plane; to:DIR leads to the weights of another run",
  default: undefined,
});
const normalise = choiceOption("normalise", ["filter", "layer", "none"], {
  help: "how random directions are scaled to the weights",
  default: "filter",
});
const size = wholeOption("size", {
  help: "points along an axis",
  default: undefined,
  defaultText: "51, of a ray 201",
  atLeast: 2,
  atMost: 4096,
});
const extent = textOption("extent", "E|LOW:HIGH", {
  help: "half the width of the window in lengths of the directions, or its ends; for pca, times the window that holds the path",
  default: undefined,
  defaultText: "1, of a ray to another run -0.5:1.5",
  check: readExtent,
});
const seed = wholeOption("seed", { help: "of random directions", default: 1, atLeast: 0, atMost: 2 ** 32 - 1 });
const out = textOption("out", "FILE", { help: "write the figure: .svg, .png, .csv, .ts; or the numbers: .json", default: undefined });
const again = toggle("again", "compute all points anew, instead of going on where an earlier call stopped");

/** Seconds between two writes of what is known. */
const KEEP = 5;

export const landscape: Command = {
  name: "landscape",
  summary: "the loss around a trained run, on a plane or a ray",
  about:
    "Computes the mean loss of a trained network on planes and rays through the space of its weights, on some of its training records, and draws it as level lines. Random directions are scaled " +
    "to the weights filter by filter (Li et al. 2018), so that networks can be compared. The plane of the path (pca) needs a run that was trained with --record-path, and shows its own error. Coarse " +
    "grids come first; what was computed is kept in the run folder, and the same call goes on there.",
  examples: [
    "steepest landscape runs/mlp",
    "steepest landscape runs/cnn --plane pca --size 33 --out path.svg",
    "steepest landscape runs/cnn --plane random --normalise layer --extent 0.5 --images 200 --json",
    "steepest landscape runs/a --ray to:runs/b --out between.png",
  ],
  positionals: [{ name: "DIR", help: "a run folder that training has written" }],
  options: [plane, ray, normalise, size, extent, ...recordOptions, seed, threads, fast, again, out],
  async run(context, args) {
    const [folder] = args.positionals;
    const run = await loadRun(folder);
    const choice = await choiceOf(args);
    const { dataset: part, records, given } = await lookedAt(run, folder, args);
    const window = args.get(extent);
    const isRay = "ray" in choice;
    const points = args.get(size) ?? (isRay ? 201 : 51);
    const file = new LandscapeFile(
      folder,
      {
        ...{
          data: given ?? run.configuration.data,
          records,
          of: recordCount(part),
          choice: nameOf(choice),
          normalise: args.get(normalise),
          seed: args.get(seed),
        },
        ...{ size: points, extent: window ?? "", fast: args.get(fast) ? 1 : 0 },
      },
      [run, ...("ray" in choice && typeof choice.ray === "object" ? [choice.ray.to] : [])].flatMap(({ weights }) =>
        weights.map((weight) => weight.data),
      ),
    );
    const known = args.get(again) ? undefined : await file.read(isRay ? points : points * points);
    const abort = new AbortController();
    const endListening = context.onInterrupt(() => abort.abort());
    const view = args.get(quiet) ? undefined : progressView(context.err);
    let kept = performance.now();
    let keeping: Promise<void> = Promise.resolve();
    let failure: unknown;
    let result: LandscapeResult;
    const began = performance.now();
    try {
      result = await context.engine.landscape({
        run,
        choice,
        data: part,
        records,
        normalise: args.get(normalise),
        seed: args.get(seed),
        size: points,
        extent: window === undefined ? undefined : readExtent(window),
        known,
        threads: args.get(threads),
        fast: args.get(fast),
        signal: abort.signal,
        onProgress(progress) {
          view?.update(progress);
          if (performance.now() - kept < 1000 * KEEP) return;
          kept = performance.now();
          keeping = keeping
            .then(() => file.write(progress.slice.values))
            .catch((error: unknown) => {
              failure ??= error;
              abort.abort();
            });
        },
      });
      await keeping;
      if (failure !== undefined) throw failure;
    } catch (error) {
      if (failure !== undefined) throw failure;
      // While directions are still looked for, there is nothing to keep.
      if (abort.signal.aborted) return exitCodes.interrupted;
      throw error;
    } finally {
      view?.end();
      endListening();
    }
    await file.write(result.values);
    const seconds = (performance.now() - began) / 1000;
    const target = args.get(out);
    const summary = { ...summaryOf(result), seconds, file: file.path, ...(target === undefined ? {} : { out: target }) };
    const figure = result.stride === 0 ? undefined : result.kind === "ray" ? rayFigure(result) : planeFigure(result);
    if (target !== undefined && figure !== undefined)
      await (target.toLowerCase().endsWith(".json") ? saveJson(target, summary) : saveFigure(target, figure));
    if (args.get(json)) printJson(context.out, summary);
    else if (args.get(quiet)) context.out.line(target ?? file.path);
    else {
      const drawn = figure && ("figures" in figure ? figure.figures[0] : figure);
      if (drawn) context.out.line(drawn.toTerminal({ columns: Math.min(context.out.columns, 72), rows: 18, colour: context.out.colour }));
      context.out.line();
      for (const line of columnsOf(rowsOf(result, run, seconds))) context.out.line(line);
      if (target !== undefined) context.out.line(`\nFigure: ${context.out.bold(target)}`);
      if (!result.complete) context.out.line("\nStopped. What was computed is kept: the same command goes on from there.");
    }
    return result.complete ? exitCodes.done : exitCodes.interrupted;
  },
};

/** @throws UsageError for a plane and a ray at once, and for a ray that there is not */
async function choiceOf(args: Arguments): Promise<LandscapeChoice> {
  const [chosenPlane, chosenRay] = [args.get(plane), args.get(ray)];
  if (chosenRay === undefined) return { plane: chosenPlane ?? "random" };
  if (chosenPlane !== undefined) throw new UsageError({ problem: "--plane and --ray do not go together", fix: "leave one of them out" });
  if (chosenRay === "random" || chosenRay === "eigen" || chosenRay === "gradient") return { ray: chosenRay };
  if (!chosenRay.startsWith("to:") || chosenRay.length < 4)
    throw new UsageError({
      problem: "--ray cannot be used",
      expected: "random, eigen, gradient, or to:DIR with another run folder",
      received: chosenRay,
    });
  const folder = chosenRay.slice(3);
  return { ray: { to: await loadRun(folder), folder } };
}

const nameOf = (choice: LandscapeChoice): string =>
  "plane" in choice ? `plane ${choice.plane}` : typeof choice.ray === "string" ? `ray ${choice.ray}` : `ray to ${choice.ray.folder}`;

/** @throws UsageError for text that is no window */
function readExtent(text: string): number | readonly [number, number] {
  const parts = text.split(":").map(finite);
  const [first, second] = parts;
  if (parts.length === 1 && first !== undefined && first > 0) return first;
  if (parts.length === 2 && first !== undefined && second !== undefined && first < second) return [first, second];
  throw new UsageError({
    problem: "--extent cannot be used",
    expected: "a number above 0, or two ascending ends: -0.5:1.5",
    received: text,
  });
}

/** All numbers, for programs. */
function summaryOf(result: LandscapeResult): object {
  const axis = (i: 0 | 1, values: Float64Array) => {
    const { kind, name, length, explained, eigenvalue } = result.directions[i] ?? result.directions[0];
    return {
      direction: kind,
      name,
      length,
      ...(explained === undefined ? {} : { explained }),
      ...(eigenvalue === undefined ? {} : { eigenvalue }),
      values: [...values],
    };
  };
  const { kind, name, size: points, a, values, centre, records, normalisation, path, done, complete } = result;
  return {
    ...{ kind, name, size: points, records, normalise: normalisation, seed: result.seed, done, complete, centre },
    ...(result.kind === "plane"
      ? {
          a: axis(0, a),
          b: axis(1, result.b),
          values: Array.from(result.b, (_, j) => [...values.slice(j * points, (j + 1) * points)]),
        }
      : { a: axis(0, a), values: [...values] }),
    ...(result.kind === "plane" && result.directions.every(({ explained }) => explained !== undefined)
      ? { explained: result.directions.map(({ explained }) => explained) }
      : {}),
    ...(path
      ? {
          path: {
            ...{ steps: [...path.steps], a: [...path.a], b: [...path.b], loss: [...path.loss], sliceLoss: [...path.sliceLoss] },
            ...{ distance: [...path.distance], largestError: largestError(path) },
          },
        }
      : {}),
  };
}

const largestError = ({ loss, sliceLoss }: { readonly loss: Float64Array; readonly sliceLoss: Float64Array }): number =>
  loss.reduce((most, x, i) => Math.max(most, Math.abs(x - sliceLoss[i])), 0);

function rowsOf(result: LandscapeResult, run: StoredRun, seconds: number): string[][] {
  const { directions, path, centre, values, records = 0, done } = result;
  const known = values.filter(Number.isFinite);
  const [low, high] = extentOfValues(known);
  const explained = directions.reduce((sum, direction) => sum + (direction.explained ?? 0), 0);
  return [
    ["  run", run.title],
    ...directions.map(({ name, eigenvalue }, i): string[] => [
      `  ${"ab"[i]}`,
      eigenvalue === undefined ? name : `${name}, eigenvalue ${formatNumber(eigenvalue)}`,
    ]),
    ["  loss at the weights", formatNumber(centre)],
    ...(known.length > 0 ? [["  lowest and highest", `${formatNumber(low)} … ${formatNumber(high)}`]] : []),
    ...(explained > 0 ? [["  path held by the plane", formatPercent(explained)]] : []),
    ...(path
      ? [
          ["  largest error along it", formatNumber(largestError(path))],
          ["  largest distance", formatNumber(Math.max(...path.distance))],
        ]
      : []),
    ["  points", `${formatCount(done)} on ${formatCount(records)} records, ${formatDuration(seconds)}`],
  ];
}

/** One living line on a terminal, now and then a line elsewhere. */
function progressView(terminal: Terminal) {
  let shown = performance.now();
  let isOpen = false;
  return {
    update({
      done,
      total,
      seconds,
      fresh,
    }: {
      readonly done: number;
      readonly total: number;
      readonly seconds: number;
      readonly fresh: number;
    }): void {
      const gap = terminal.isTerminal ? 100 : 30_000;
      if (performance.now() - shown < gap && done < total) return;
      shown = performance.now();
      const left = fresh > 0 ? (seconds / fresh) * (total - done) : undefined;
      const text = `${formatCount(done)} of ${formatCount(total)} points${left === undefined || done === total ? "" : `, ${formatDuration(left)} left`}`;
      terminal.write(terminal.isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
      isOpen = terminal.isTerminal;
    },
    end(): void {
      if (isOpen) terminal.line();
    },
  };
}

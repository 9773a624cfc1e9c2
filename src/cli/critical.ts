/** `steepest critical`: minima, maxima and saddles of a formula in a window, and whether it is convex there. */
import { formatCount, formatNumber } from "../figures/number-format.js";
import type { Command } from "./command.js";
import { exitCodes, json, printJson, quiet } from "./command.js";
import type { CriticalResult } from "./engine.js";
import { asUsage, finite, textOption, UsageError, wholeOption } from "./options.js";
import { showPoint } from "./point.js";
import { columnsOf, type Terminal } from "./terminal.js";

const window = textOption("window", "INTERVALS", {
  help: "where to search: -5:5 for every variable, -5:5,0:2 in their order, or x=-5:5,y=0:2",
  default: "-5:5",
});
const starts = wholeOption("starts", {
  help: "searches, from points all over the window",
  default: undefined,
  defaultText: "256 to 4096",
  atLeast: 1,
  atMost: 100_000,
});

export const critical: Command = {
  name: "critical",
  summary: "minima, maxima and saddles of a formula in a window; is it convex?",
  about:
    "Finds where the gradient of a formula of few variables is 0, from many starts at once, and says what is there by the eigenvalues of the exact Hessian; where it is singular " +
    "the neighbours decide. Says, too, whether f is convex in the window: only where that is proven, and not only where there is a witness.",
  examples: ['steepest critical "(x^2+y-11)^2 + (x+y^2-7)^2" --window x=-5:5,y=-5:5', 'steepest critical "x^3 - 3x" --window -3:3 --json'],
  positionals: [{ name: "FORMULA", help: "what to search, in quotes" }],
  options: [window, starts],
  async run({ engine, out }, args) {
    const [formula] = args.positionals;
    const variables = asUsage(() => engine.variables(formula));
    const intervals = readWindow(args.get(window), variables);
    const result = asUsage(() => engine.critical({ formula, window: intervals, starts: args.get(starts) }));
    if (args.get(json)) printJson(out, { variables, window: intervals, ...result });
    else if (args.get(quiet))
      for (const { kind, point } of result.points) out.line([kind, ...point.map((x) => formatNumber(x, 8))].join(" "));
    else print(out, variables, result);
    return exitCodes.done;
  },
};

/** One interval for each variable; a single one without a name counts for all. */
export function readWindow(text: string, variables: readonly string[]): (readonly [number, number])[] {
  const example = variables.map((name) => `${name}=-5:5`).join(",");
  const wrong = (problem: string) =>
    new UsageError({
      problem,
      expected: `low:high with low < high for each of ${variables.join(", ")}`,
      received: text,
      fix: `for example --window ${example}`,
    });
  const interval = (written: string): readonly [number, number] => {
    const ends = written.split(":").map(finite);
    const [low, high] = ends;
    if (ends.length !== 2 || low === undefined || high === undefined || !(low < high))
      throw wrong("--window holds something that is no interval");
    return [low, high];
  };
  const parts = text.split(",").map((part) => part.trim());
  const named = parts.filter((part) => part.includes("="));
  if (named.length === 0) {
    if (parts.length === 1) return variables.map(() => interval(parts[0]));
    if (parts.length !== variables.length) throw wrong("--window does not fit the variables of the formula");
    return parts.map(interval);
  }
  if (named.length < parts.length) throw wrong("--window mixes named and unnamed intervals");
  const given = new Map(parts.map((part) => [part.slice(0, part.indexOf("=")).trim(), part.slice(part.indexOf("=") + 1)] as const));
  const unknown = [...given.keys()].find((name) => !variables.includes(name));
  if (unknown !== undefined) throw wrong(`the formula has no variable ${unknown}`);
  return variables.map((name) => {
    const written = given.get(name);
    if (written === undefined) throw wrong(`--window says nothing of ${name}`);
    return interval(written);
  });
}

function print(
  out: Terminal,
  variables: readonly string[],
  { points, diagnosis, convexity, lowest, starts, converged }: CriticalResult,
): void {
  out.line(out.bold(diagnosis));
  if (points.length > 0) {
    out.line();
    const shown = points.slice(0, 40);
    const rows = shown.map((p) => [
      `  ${p.kind}${p.isGlobal ? " *" : ""}`,
      showPoint(p.point.map((x) => formatNumber(x, 8))),
      formatNumber(p.value, 8),
      p.eigenvalues.map((x) => formatNumber(x, 4)).join(", "),
      p.decidedBy === "hessian" ? "" : p.reason,
    ]);
    const head = ["  ", showPoint(variables), "f", variables.length === 1 ? "f″" : "eigenvalues", ""];
    for (const line of columnsOf([head, ...rows])) out.line(line);
    if (shown.length < points.length) out.line(`  and ${points.length - shown.length} more; --json has all`);
    if (points.some((p) => p.isGlobal)) out.line("  * the lowest (highest) value met in the window");
  }
  out.line();
  out.line(`Lowest value met in the window: ${formatNumber(lowest.value, 8)} at ${showPoint(lowest.point.map((x) => formatNumber(x, 6)))}`);
  out.line(convexity.diagnosis);
  out.line(`${formatCount(starts)} searches, of which ${formatCount(converged)} ended at a critical point in the window.`);
}

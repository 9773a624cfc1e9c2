/** The one shape of every error a user of Steepest can meet. */
export interface ErrorParts {
  /** What happened, in one sentence without a full stop. */
  readonly problem: string;
  readonly expected?: string;
  readonly received?: string;
  /** The user's own call site, a layer, a file and record, a line and column. */
  readonly where?: string;
  /** What to do about it. */
  readonly fix?: string;
}

/**
 * An error that teaches: what was expected, what was received, where, and what to do.
 *
 * @example
 * ```ts
 * try {
 *   tensor([1, 2, 3]).add(tensor([1, 2]));
 * } catch (error) {
 *   if (error instanceof SteepestError) console.log(error.fix);
 * }
 * ```
 */
export class SteepestError extends Error {
  override readonly name = "SteepestError";
  readonly problem: string;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly where: string | undefined;
  readonly fix: string | undefined;

  constructor(parts: ErrorParts) {
    const lines = [parts.problem];
    if (parts.expected !== undefined) lines.push(`  expected: ${parts.expected}`);
    if (parts.received !== undefined) lines.push(`  received: ${parts.received}`);
    if (parts.where !== undefined) lines.push(`  where:    ${parts.where}`);
    if (parts.fix !== undefined) lines.push(`  fix:      ${parts.fix}`);
    super(lines.join("\n"));
    this.problem = parts.problem;
    this.expected = parts.expected;
    this.received = parts.received;
    this.where = parts.where;
    this.fix = parts.fix;
  }
}

/** An error in tensor code of the user's own: it says where that stands. */
export function tracingError(parts: ErrorParts): SteepestError {
  return new SteepestError({ where: callSite(), ...parts });
}

/** The known name nearest to a mistyped one, or undefined when none is near (edit distance at most a third of its length). Of equally near ones, the one that begins alike. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { readonly name: string; readonly distance: number; readonly prefix: number } | undefined;
  for (const candidate of known) {
    const [typed, meant] = [name.toLowerCase(), candidate.toLowerCase()];
    const distance = editDistance(typed, meant);
    const prefix = commonPrefix(typed, meant);
    if (best === undefined || distance < best.distance || (distance === best.distance && prefix > best.prefix))
      best = { name: candidate, distance, prefix };
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(Math.max(best.name.length, name.length) / 3))
    ? best.name
    : undefined;
}

function commonPrefix(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

/** Insertions, deletions, substitutions, and swaps of neighbours, each counted as one. */
function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(previous[j] + 1, current[j - 1] + 1, substitution);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, beforePrevious[j - 2] + 1);
      current.push(least);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length];
}

/** The first line of the current stack that is not inside Steepest itself: the user's own call site. */
export function callSite(): string | undefined {
  // V8 keeps ten frames unless told otherwise, and a layer within a model within a transform takes more.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack?.split("\n").slice(1) ?? [];
  Error.stackTraceLimit = limit;
  const inside = /[\\/]steepest[\\/](dist|src)[\\/]|node:internal|\(native\)|<anonymous>$/;
  const line = stack.find((frame) => !inside.test(frame) && !frame.includes(ownFolder));
  return line?.trim().replace(/^at /, "");
}

const ownFolder = import.meta.url.replace(/\/(tensor\/)?[^/]*$/, "/").replace(/^file:\/\//, "");

/** NIST's Statistical Reference Datasets for nonlinear regression, in the text files that NIST publishes. */
import { SteepestError } from "../tensor/error.js";

/** A certified regression. */
export interface StrdProblem {
  readonly name: string;
  /** As a formula: `y = b1*(1 - exp(-b2*x))`. */
  readonly formula: string;
  /** Columns by name. */
  readonly data: Readonly<Record<string, Float64Array>>;
  /** Start 1, far away, and start 2, near. */
  readonly starts: readonly [Readonly<Record<string, number>>, Readonly<Record<string, number>>];
  /** To eleven digits. */
  readonly certified: {
    readonly parameters: Readonly<Record<string, number>>;
    readonly standardErrors: Readonly<Record<string, number>>;
    readonly residualSumOfSquares: number;
    readonly residualStandardDeviation: number;
    readonly degreesOfFreedom: number;
  };
}

/**
 * Reads one of the files `*.dat` of https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml.
 *
 * @param where the name of the file, for messages
 * @throws SteepestError where a part of the file is missing or holds something that is no number
 */
export function parseStrd(text: string, where = "StRD data"): StrdProblem {
  const lines = text.split(/\r?\n/);
  const fail = (problem: string, received?: string): SteepestError =>
    new SteepestError({
      problem,
      ...(received === undefined ? {} : { received }),
      where,
      expected: "a file of NIST's nonlinear regressions",
    });
  const number = (word: string | undefined): number => {
    const value = word === undefined || word === "" ? Number.NaN : Number(word);
    if (!Number.isFinite(value)) throw fail("something in the file is no number", word);
    return value;
  };
  const certified = (label: string): number => {
    const line = lines.find((l) => l.startsWith(label));
    if (line === undefined) throw fail(`the file has no "${label}"`);
    return number(line.slice(line.indexOf(":") + 1).trim());
  };
  const name = /^Dataset Name:\s*(\S+)/m.exec(text)?.[1];
  if (name === undefined) throw fail("the file has no name", lines[0]);

  const modelAt = lines.findIndex((l) => l.startsWith("Model:"));
  const startsAt = lines.findIndex((l, i) => i > modelAt && /starting values/i.test(l));
  if (modelAt < 0 || startsAt < 0) throw fail("the file has no model");
  const written = lines.slice(modelAt + 1, startsAt);
  const first = written.findIndex((l) => l.includes("="));
  if (first < 0) throw fail("the file has no model");
  const formula = written
    .slice(first)
    .map((l) => l.trim())
    .filter((l) => l !== "")
    .join(" ")
    .replaceAll("[", "(")
    .replaceAll("]", ")")
    .replace(/\s*\+\s*e\s*$/, "")
    .replaceAll(/\s+/g, " ");

  const rows = lines.slice(startsAt).flatMap((l) => {
    const match = /^\s*(b\d+)\s*=\s*(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*$/.exec(l);
    return match === null ? [] : [{ parameter: match[1], numbers: match.slice(2).map(number) }];
  });
  if (rows.length === 0) throw fail("the file has no parameters");
  const column = (i: number) => Object.fromEntries(rows.map(({ parameter, numbers }) => [parameter, numbers[i]]));

  const dataAt = lines.findLastIndex((l) => l.startsWith("Data:"));
  const names = lines[dataAt].slice("Data:".length).trim().split(/\s+/);
  const records = lines
    .slice(dataAt + 1)
    .filter((l) => l.trim() !== "")
    .map((l) => l.trim().split(/\s+/).map(number));
  const ragged = records.findIndex((record) => record.length !== names.length);
  if (ragged >= 0 || records.length === 0) throw fail(`row ${ragged + 1} of the data does not have ${names.length} numbers`);
  return {
    name,
    formula,
    data: Object.fromEntries(names.map((key, i) => [key, Float64Array.from(records, (record) => record[i])])),
    starts: [column(0), column(1)],
    certified: {
      parameters: column(2),
      standardErrors: column(3),
      residualSumOfSquares: certified("Residual Sum of Squares:"),
      residualStandardDeviation: certified("Residual Standard Deviation:"),
      degreesOfFreedom: certified("Degrees of Freedom:"),
    },
  };
}

/** The data of a fit: named columns of one length, and weights. */
import { SteepestError } from "../tensor/error.js";

/** Columns by name. */
export type CurveData = Readonly<Record<string, ArrayLike<number>>>;

/** Checked columns. */
export interface Columns {
  readonly rows: number;
  readonly byName: ReadonlyMap<string, Float64Array>;
}

/**
 * @throws SteepestError where columns are missing, of unequal length, or hold something that is no finite number
 */
export function columnsOf(data: CurveData): Columns {
  const entries = typeof data === "object" && data !== null ? Object.entries(data) : [];
  const [first] = entries;
  if (first === undefined)
    throw new SteepestError({
      problem: "there are no data",
      expected: "columns of numbers by name, such as { x: [1, 2, 3], y: [2, 4, 6] }",
      received: String(data),
    });
  const rows = first[1]?.length ?? 0;
  return { rows, byName: new Map(entries.map(([name, values]) => [name, checked(name, values, rows, first[0])])) };
}

function checked(name: string, values: ArrayLike<number>, rows: number, like: string): Float64Array {
  if (!(Array.isArray(values) || ArrayBuffer.isView(values)))
    throw new SteepestError({ problem: `the column ${name} is no list of numbers`, received: String(values) });
  if (values.length !== rows || rows === 0)
    throw new SteepestError({
      problem: rows === 0 ? `the column ${name} is empty` : "the columns have different lengths",
      expected: rows === 0 ? "at least one number" : `${rows} numbers in ${name}, as in ${like}`,
      received: String(values.length),
    });
  const list: ArrayLike<unknown> = values;
  for (let i = 0; i < rows; i++) {
    const value = list[i];
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new SteepestError({
        problem: `the column ${name} holds something that is no finite number`,
        received: `${String(value)} in row ${i + 1}`,
        fix: "leave out rows with missing values before fitting",
      });
  }
  return Float64Array.from(values);
}

/**
 * Weights wᵢ of the squares.
 *
 * @throws SteepestError for negative weights, all zeros, and a list of another length
 */
export function weightsOf(weights: ArrayLike<number> | string, { rows, byName }: Columns): Float64Array {
  const column = typeof weights === "string" ? byName.get(weights) : undefined;
  if (typeof weights === "string" && column === undefined)
    throw new SteepestError({
      problem: `there is no column ${weights} to weigh by`,
      expected: [...byName.keys()].join(", "),
      received: weights,
    });
  const values = column ?? checked("weights", typeof weights === "string" ? [] : weights, rows, [...byName.keys()][0] ?? "");
  const bad = values.findIndex((w) => w < 0);
  if (bad >= 0 || values.every((w) => w === 0))
    throw new SteepestError({
      problem: "the weights are not usable",
      expected: "numbers ≥ 0, not all 0: each square counts so often, 1/σ² of its datum",
      received: bad >= 0 ? `${values[bad]} in row ${bad + 1}` : "zeros",
    });
  return values;
}

/** Tables of comma-separated values, read strictly: what is doubtful is refused, with its file, line and column. */
import { nearest, SteepestError } from "../tensor/error.js";

/** A table with named columns. */
export interface CsvTable {
  readonly names: readonly string[];
  /** Records, without the line of names. */
  readonly rows: number;
  /**
   * A column as numbers.
   *
   * @throws SteepestError for an unknown name, and at the first cell that is no finite number
   */
  numbers(name: string): Float64Array;
  /** A column as it is written. */
  text(name: string): readonly string[];
  /**
   * The records that have something in each of these columns.
   *
   * @throws SteepestError for an unknown name
   */
  complete(names: readonly string[]): CsvTable;
}

interface Cell {
  readonly text: string;
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
}

/**
 * Reads a table whose first line names the columns. Fields are separated by commas (or all by semicolons, or all by tabs, as the first line
 * has it); a field in double quotes may hold separators, line breaks and doubled quotes (RFC 4180). Empty lines may stand at the end alone.
 *
 * @param input text, or its bytes in UTF-8
 * @param where the name of the file, for messages
 * @throws SteepestError for bytes that are no UTF-8, names that are missing, doubled or numbers, records of another length, and broken quotes
 * @example
 * ```ts
 * import { parseCsv } from "steepest/data";
 * parseCsv("x,y\n1,2.5\n2,3.5\n").numbers("y"); // → [2.5, 3.5]
 * ```
 */
export function parseCsv(input: string | Uint8Array, where = "CSV data"): CsvTable {
  const records = cells(decoded(input, where).replace(/^\uFEFF/, ""), where);
  while (records.length > 0 && isEmpty(records[records.length - 1])) records.pop();
  const [head, ...body] = records;
  if (head === undefined)
    throw new SteepestError({ problem: "The table is empty", expected: "a first line with the columns' names", where });
  const names = head.map(({ text }) => text.trim());
  names.forEach((name, i) => {
    const place = at(where, head[i]);
    if (name === "")
      throw new SteepestError({ problem: `Column ${i + 1} has no name`, where: place, fix: "name every column in the first line" });
    if (numberOf(name) !== undefined)
      throw new SteepestError({
        problem: "The first line holds a number where a column's name is expected",
        received: name,
        where: place,
        fix: "put a line of names above the numbers, such as x,y",
      });
    if (names.indexOf(name) !== i) throw new SteepestError({ problem: `Two columns are called ${name}`, where: place, fix: "rename one" });
  });
  for (const record of body) {
    if (isEmpty(record))
      throw new SteepestError({ problem: "A line in the table is empty", where: at(where, record[0]), fix: "remove it" });
    if (record.length !== names.length)
      throw new SteepestError({
        problem: "A record does not have one field for each column",
        expected: `${names.length}: ${names.join(", ")}`,
        received: `${record.length}`,
        where: at(where, record[Math.min(record.length, names.length) - 1]),
        fix: record.length > names.length ? "a field with a separator in it stands in double quotes" : undefined,
      });
  }
  return tableOf(names, body, where);
}

function tableOf(names: readonly string[], body: readonly (readonly Cell[])[], where: string): CsvTable {
  const indexOf = (name: string): number => {
    const index = names.indexOf(name);
    if (index >= 0) return index;
    const meant = nearest(name, names);
    throw new SteepestError({
      problem: `The table has no column ${name}`,
      expected: names.join(", "),
      where,
      fix: meant === undefined ? undefined : `did you mean ${meant}?`,
    });
  };
  const column = (name: string): Cell[] => {
    const index = indexOf(name);
    return body.map((record) => record[index]);
  };
  return {
    names,
    rows: body.length,
    complete(wanted) {
      const indices = wanted.map(indexOf);
      return tableOf(
        names,
        body.filter((record) => indices.every((index) => record[index].text.trim() !== "")),
        where,
      );
    },
    text: (name) => column(name).map(({ text }) => text),
    numbers: (name) =>
      Float64Array.from(column(name), (cell) => {
        const value = numberOf(cell.text);
        if (value !== undefined) return value;
        throw new SteepestError({
          problem: `Column ${name} holds something that is no finite number`,
          received: cell.text.trim() === "" ? "nothing" : cell.text,
          where: at(where, cell),
          fix: /^\s*[+-]?\d+,\d+\s*$/.test(cell.text)
            ? "decimals are written with a point"
            : cell.text.trim() === ""
              ? "leave out records with missing values"
              : "leave the column out, or write numbers in it",
        });
      }),
  };
}

const at = (where: string, { line, column }: Cell): string => `${where}, line ${line}, column ${column}`;

const isEmpty = (record: readonly Cell[]): boolean => record.length === 1 && record[0].text.trim() === "";

function numberOf(text: string): number | undefined {
  const trimmed = text.trim();
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return undefined;
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : undefined;
}

function decoded(input: string | Uint8Array, where: string): string {
  if (typeof input === "string") return input;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(input);
  } catch {
    throw new SteepestError({
      problem: "The file is no text in UTF-8",
      where,
      fix: "save it as CSV with the encoding UTF-8; a spreadsheet's own format is not read",
    });
  }
}

/** All records, each a list of cells. */
function cells(text: string, where: string): Cell[][] {
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const separator = firstLine.includes(",") ? "," : firstLine.includes(";") ? ";" : firstLine.includes("\t") ? "\t" : ",";
  const records: Cell[][] = [];
  let [record, line, lineStart, i] = [[] as Cell[], 1, 0, 0];
  const newLine = () => {
    i += text[i] === "\r" && text[i + 1] === "\n" ? 2 : 1;
    line++;
    lineStart = i;
  };
  while (i <= text.length) {
    const place = { line, column: i - lineStart + 1 };
    let value = "";
    if (text[i] === '"') {
      i++;
      for (;;) {
        if (i >= text.length) throw new SteepestError({ problem: "A quoted field does not end", where: at(where, { text: "", ...place }) });
        if (text[i] === '"' && text[i + 1] === '"') {
          value += '"';
          i += 2;
        } else if (text[i] === '"') break;
        else if (text[i] === "\n" || text[i] === "\r") {
          const from = i;
          newLine();
          value += text.slice(from, i);
        } else value += text[i++];
      }
      i++;
      if (i < text.length && text[i] !== separator && text[i] !== "\n" && text[i] !== "\r")
        throw new SteepestError({
          problem: "Something follows a closing quote",
          received: text[i],
          where: at(where, { text: "", line, column: i - lineStart + 1 }),
          fix: "a quote within a quoted field is doubled",
        });
    } else {
      const from = i;
      while (i < text.length && text[i] !== separator && text[i] !== "\n" && text[i] !== "\r") i++;
      value = text.slice(from, i);
    }
    record.push({ text: value, ...place });
    if (text[i] === separator) i++;
    else {
      records.push(record);
      record = [];
      if (i >= text.length) break;
      newLine();
    }
  }
  return records;
}

/** Where a command writes: what is a terminal, how wide it is, whether colours are wanted. */

/** A stream that can be written to: `process.stdout`, or a buffer in a test. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** One of the two output streams, with what it can show. */
export class Terminal {
  readonly isTerminal: boolean;
  readonly colour: boolean;
  readonly #sink: Sink;

  /** @param environment `NO_COLOR` (any text) and `TERM=dumb` switch colours off */
  constructor(sink: Sink, environment: Readonly<Record<string, string | undefined>>) {
    this.#sink = sink;
    this.isTerminal = sink.isTTY === true && environment.TERM !== "dumb";
    this.colour = this.isTerminal && (environment.NO_COLOR ?? "") === "";
  }

  /** Read anew each time: windows change their size. */
  get columns(): number {
    const { columns } = this.#sink;
    return columns !== undefined && columns > 0 ? columns : 80;
  }

  write(text: string): void {
    this.#sink.write(text);
  }

  line(text = ""): void {
    this.#sink.write(`${text}\n`);
  }

  bold(text: string): string {
    return this.#paint(text, 1);
  }

  quiet(text: string): string {
    return this.#paint(text, 2);
  }

  red(text: string): string {
    return this.#paint(text, 31);
  }

  blue(text: string): string {
    return this.#paint(text, 34);
  }

  #paint(text: string, code: number): string {
    return this.colour && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}

/** Rows of text in columns, numbers (`alignRight`) at their right edge. Colours must be put on afterwards, or on the last column. */
export function columnsOf(rows: readonly (readonly string[])[], alignRight: readonly number[] = [], gap = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => (alignRight.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join(gap)
      .trimEnd(),
  );
}

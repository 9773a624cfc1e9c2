/** How far a study is, for the one who waits: one line that changes on a terminal, now and then a line in a file. */

/** Seconds between two lines where they stay. */
const PAUSE = 30;

export function progressTo(stream: { readonly isTTY?: boolean; write(text: string): unknown }): {
  report(text: string): void;
  end(): void;
} {
  let last = performance.now();
  if (stream.isTTY === true) return { report: (text) => stream.write(`\r\x1b[K${text}`), end: () => stream.write("\r\x1b[K") };
  return {
    report(text) {
      if (performance.now() - last < 1000 * PAUSE) return;
      last = performance.now();
      stream.write(`${text}\n`);
    },
    end: () => undefined,
  };
}

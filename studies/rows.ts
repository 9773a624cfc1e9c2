/** The rows of a study: which are asked for, and how they are measured one after the other. */
import { SteepestError, type TrainingProgress } from "steepest";
import type { Measured, StudyOptions } from "./study.js";

/** A row before it is measured. */
export interface Planned extends Omit<Measured, "values" | "seconds"> {
  /** What one run takes beside the other rows, in any unit: tells how long all will take. */
  readonly work: number;
  /**
   * One run.
   *
   * @param tell takes the share that is done, and what there is to say
   */
  run(seed: number, tell: (share: number, text: string) => void): Promise<number>;
}

/**
 * The rows with a text in their names, large or small letters alike; all without a text.
 *
 * @throws SteepestError if there is none
 */
export function chosen<R extends { readonly name: string }>(rows: readonly R[], only: string | undefined): readonly R[] {
  const found = only === undefined ? rows : rows.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()));
  if (found.length > 0) return found;
  throw new SteepestError({ problem: "no row has this in its name", expected: rows.map(({ name }) => name).join("; "), received: only });
}

/** Measures each row that is asked for with each seed, and says how long the rest will take. Bounds hold for whole runs alone. */
export async function measure(planned: readonly Planned[], { seeds, only, quick, report }: StudyOptions): Promise<Measured[]> {
  const rows = chosen(planned, only);
  const all = seeds.length * rows.reduce((sum, { work }) => sum + work, 0);
  const began = performance.now();
  let done = 0;
  const measured: Measured[] = [];
  for (const { run, work, bounds, ...row } of rows) {
    const start = performance.now();
    const values: number[] = [];
    for (const seed of seeds) {
      values.push(
        await run(seed, (share, text) => {
          const [passed, part] = [(performance.now() - began) / 1000, (done + share * work) / all];
          report(`${row.name}, seed ${seed}: ${text}${part > 0 ? `; ${duration((passed * (1 - part)) / part)} left` : ""}`);
        }),
      );
      done += work;
    }
    measured.push({ ...row, values, seconds: (performance.now() - start) / 1000, ...(bounds && !quick ? { bounds } : {}) });
  }
  return measured;
}

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;

/** Hands the progress of a training on. */
export const telling =
  (tell: (share: number, text: string) => void) =>
  ({ step, totalSteps, loss }: TrainingProgress): void =>
    tell(step / totalSteps, `step ${step} of ${totalSteps}, loss ${loss.toFixed(4)}`);

/**
 * What a program and its workers say to each other. One worker of the pool is the driver: it runs thread 0, cuts a run into
 * slices, and in unshared mode owns the memory. The others join a run that is under way; they take part from its next slice on.
 */
export type WorkerRequest =
  /** A memory to work in: shared, or made by the worker itself. */
  | {
      readonly type: "open";
      readonly program: number;
      readonly memory: WebAssembly.Memory | undefined;
      readonly pages: number;
      readonly maximum: number;
    }
  | { readonly type: "grow"; readonly program: number; readonly pages: number }
  | ({ readonly type: "entry"; readonly program: number; readonly entry: number } & EntryFacts)
  | { readonly type: "close"; readonly program: number }
  | { readonly type: "write"; readonly program: number; readonly at: number; readonly data: Uint8Array }
  | { readonly type: "read"; readonly program: number; readonly id: number; readonly at: number; readonly length: number }
  | {
      readonly type: "run";
      readonly id: number;
      readonly program: number;
      readonly entry: number;
      readonly steps: number;
      readonly threads: number;
      /** Helpers worth waiting for before the first slice, and for how long, in milliseconds. */
      readonly expected: number;
      readonly patience: number;
      /** Milliseconds that a slice should take. */
      readonly target: number;
      readonly state: Int32Array | undefined;
    }
  | { readonly type: "join"; readonly program: number; readonly entry: number; readonly state: Int32Array }
  | { readonly type: "abort"; readonly id: number };

export type WorkerReply =
  | { readonly type: "ready"; readonly protocol: number }
  | {
      readonly type: "done";
      readonly id: number;
      readonly steps: number;
      readonly stopped: boolean;
      readonly traces: readonly ArrayBuffer[];
    }
  | { readonly type: "data"; readonly id: number; readonly data: ArrayBuffer }
  | { readonly type: "failed"; readonly reason: string; readonly stack: string };

/** What a worker needs to know of an entry point. */
export interface EntryFacts {
  /** The module's bytes: V8 compiles equal bytes once, whichever thread asks. */
  readonly module: Uint8Array;
  readonly capacity: number;
  /** Address of the first row, and bytes of a row. */
  readonly traces: readonly { readonly at: number; readonly row: number }[];
  /** The word that is not zero when the run is to end. */
  readonly abort: number;
  /** Words that hold 1 when the step was the last one, in turn. */
  readonly halts: readonly number[];
}

/**
 * Words that the threads of one run share, made anew for each run so that a late thread meets none but its own:
 * threads that have joined; the number of the slice, −1 at the end; slice number · 256 + threads that take part; its steps;
 * how often helpers have come to the end of a slice. They lie on cache lines of their own.
 */
export const STATE_WORDS = 64;

/** Stands in the abort word; its bit differs from that of a stop condition. */
export const ABORT = 2;

/** What a call refuses, and how it says so. */
import { SteepestError } from "../src/tensor/error.js";

/** A `SteepestError`, or the failure of the test: anything else that was thrown, as it was. */
function taught(error: unknown): SteepestError {
  if (error instanceof SteepestError) return error;
  throw error;
}

/** The error that a call throws; it must be one that teaches. */
export function errorOf(call: () => unknown): SteepestError {
  try {
    call();
  } catch (error) {
    return taught(error);
  }
  throw new Error("nothing was thrown");
}

/** What that error says. */
export const messageOf = (call: () => unknown): string => errorOf(call).message;

/** The error of a promise that must not be kept. */
export const rejectionOf = (work: Promise<unknown>): Promise<SteepestError> =>
  work.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: unknown) => taught(error),
  );

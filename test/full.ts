/** The long forms of tests: `npm run test:full` asks for them; `npm test` and `.ci/run` take the short ones. */

/** Whether the long forms are asked for. */
export const isFull: boolean = process.env.STEEPEST_FULL === "1";

/**
 * The first where the long form is asked for, else the second: `full(200, 40)` random graphs. The short form must be able to fail for the
 * same reasons as the long one; it may only be less likely to find a rare one.
 */
export const full = <T>(long: T, short: T): T => (isFull ? long : short);

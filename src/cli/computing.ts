/** Options of the commands that compute on several threads. */
import { toggle, wholeOption } from "./options.js";

/** How many threads share the work: undefined for as many as the machine has. The results do not depend on it. */
export const threads = wholeOption("threads", {
  help: "threads to compute with; the result does not depend on it",
  default: undefined,
  defaultText: "all",
  atLeast: 1,
  atMost: 256,
});

/** Products and sums in one instruction, whose last bits differ from machine to machine. */
export const fast = toggle("fast", "multiply and add in one instruction: up to 1.4 times faster, last bits vary between machines");

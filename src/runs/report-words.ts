/** Settings and paths as a person would write them. */
import { formatNumberForPrint } from "../figures/number-format.js";
import type { PlainData } from "./run-data.js";

/** `batchSize` → `batch size`. */
export const words = (name: string): string =>
  name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);

/** Plain data: `adam (learning rate 0.001, beta1 0.9)`. */
export function inWords(value: PlainData | readonly number[]): string {
  if (value === null) return "none";
  if (typeof value === "number") return formatNumberForPrint(value, 6);
  if (typeof value !== "object") return value === true ? "yes" : value === false ? "no" : value;
  if (isList(value)) return value.map((item) => inWords(item)).join(", ");
  const { name, ...rest } = value;
  const parameters = Object.entries(rest).map(([key, item]) => `${words(key)} ${inWords(item)}`);
  return name === undefined ? parameters.join(", ") : `${inWords(name)}${parameters.length > 0 ? ` (${parameters.join(", ")})` : ""}`;
}

const isList = (value: PlainData | readonly number[]): value is readonly PlainData[] => Array.isArray(value);

const months = "January February March April May June July August September October November December".split(" ");

/** `5 March 2026, 14:07 UTC` */
export const dayAndTime = (time: Date): string =>
  `${time.getUTCDate()} ${months[time.getUTCMonth()]} ${time.getUTCFullYear()}, ${time.toISOString().slice(11, 16)} UTC`;

/** A number with so many digits that count. */
export const roundTo = (value: number, digits: number): number => (Number.isFinite(value) ? Number(value.toPrecision(digits)) : value);

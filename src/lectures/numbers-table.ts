/** The numbers of an exhibit as rows of a table. */
import { formatNumberForPrint } from "../figures/number-format.js";
import { escapeText } from "../figures/svg-text.js";
import type { Numbers, Value } from "./exhibit.js";

/** Values of a list that are shown; numbers.json has all. */
const SHOWN = 10;

/** Name and value of each row; what is named inside a name comes as `outer · inner`. */
export function numberRows(numbers: Numbers): [name: string, value: string][] {
  const rows: [string, string][] = [];
  const visit = (name: string, value: Value) => {
    if (isRecord(value))
      for (const [inner, part] of Object.entries(value)) visit(name === "" ? words(inner) : `${name} · ${words(inner)}`, part);
    else if (isList(value) && value.some(isRecord)) value.forEach((part, i) => visit(`${name} · ${i + 1}`, part));
    else rows.push([name, shown(value)]);
  };
  visit("", numbers);
  return rows;
}

/** The same as HTML. */
export const numbersTable = (numbers: Numbers): string =>
  `<div class="scroll" tabindex="0" role="region" aria-label="Numbers"><table class="plain settings"><tbody>${numberRows(numbers)
    .map(([name, value]) => `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td></tr>`)
    .join("")}</tbody></table></div>`;

function shown(value: Value): string {
  if (value === null) return "never";
  if (typeof value === "number") return formatNumberForPrint(value, 6);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (!isList(value)) return "";
  const parts = value.slice(0, SHOWN).map((part) => (isList(part) ? `(${shown(part)})` : shown(part)));
  return value.length > SHOWN ? `${parts.join(", ")}, … (${value.length} values)` : parts.join(", ");
}

/** `stableBelow` → `stable below`; names with signs of their own stay as they are. */
const words = (name: string): string =>
  /^[a-zA-Z]+$/.test(name)
    ? name.replace(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    : name;

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);
const isRecord = (value: Value): value is { readonly [name: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A figure as the TypeScript that makes it. */
import type { FigureDescription } from "./description.js";

/** A module that exports the figure, whole: numbers are written so that reading gives the same bits. */
export function renderTypeScript(description: FigureDescription): string {
  return `import { Figure } from "steepest/figures";\n\nexport const figure = new Figure(${literal(description)});\n`;
}

/** The same of several figures in one picture. */
export function renderPanelsTypeScript(parts: {
  title: string;
  subtitle: string;
  columns: number;
  descriptions: readonly FigureDescription[];
}): string {
  const { descriptions, ...rest } = parts;
  const figures = descriptions.map((description) => `new Figure(${literal(description)})`).join(", ");
  return `import { Figure, panels } from "steepest/figures";\n\nexport const figure = panels({ ${fieldsOf(rest)}, figures: [${figures}] });\n`;
}

const fieldsOf = (value: object): string =>
  Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${name}: ${literal(field)}`)
    .join(", ");

const isTyped = (value: unknown): value is ArrayLike<number> => ArrayBuffer.isView(value) && "length" in value;

function literal(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  // Bytes are samples of a picture, which have to be bytes; all other numbers may come as a list.
  if (value instanceof Uint8Array) return `Uint8Array.from([${value.join(", ")}])`;
  if (isTyped(value)) return literal(Array.from(value));
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object" && value !== null) return `{ ${fieldsOf(value)} }`;
  return String(value);
}

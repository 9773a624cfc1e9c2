/** Numbers against their printed forms. */
import { expect } from "vitest";

/** Equal to the digits that a text shows: half a unit of its last one. */
export function expectPrinted(value: number, printed: string): void {
  const [mantissa, exponent = "0"] = printed.toLowerCase().split("e");
  const digits = (mantissa.split(".")[1] ?? "").length;
  const unit = 10 ** (Number(exponent) - digits);
  expect(Math.abs(value - Number(printed)), `${value} is not ${printed}`).toBeLessThanOrEqual(unit * 0.5 * (1 + 1e-9));
}

/** A list of numbers, or lists of them, against their printed forms. */
export function expectAll(values: readonly (number | readonly number[])[], printed: string): void {
  const flat = values.flat();
  const texts = printed.split(/[\s,]+/);
  expect(flat).toHaveLength(texts.length);
  for (const [i, value] of flat.entries()) expectPrinted(value, texts[i]);
}

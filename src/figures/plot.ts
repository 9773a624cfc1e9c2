/** The place in which marks are drawn. */
import type { NumberStyle } from "./description.js";
import type { Paint } from "./marks.js";
import type { Scale } from "./scale.js";

/** The plotting area and its scales. */
export interface Plot {
  readonly x: Scale;
  readonly y: Scale;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly xStyle: NumberStyle;
  readonly yStyle: NumberStyle;
}

export const paintOf = (paint: Paint): string => (typeof paint === "number" ? `var(--series-${paint})` : `var(--${paint})`);

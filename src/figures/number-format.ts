/** Numbers as people read them: few digits, units, the same everywhere. */

/**
 * A number with `digits` significant digits and no padding zeros; scientific outside 10⁻⁴ … 10⁶. Plain ASCII, so that it can be copied.
 *
 * @example
 * ```ts
 * import { formatNumber } from "steepest/figures";
 * formatNumber(0.000123456); // "0.0001235"
 * formatNumber(1.5e-7); // "1.5e-7"
 * ```
 */
export function formatNumber(x: number, digits = 4): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : x > 0 ? "Infinity" : "-Infinity";
  if (x === 0) return "0";
  const [mantissa, exponent] = splitScientific(x.toExponential(digits - 1));
  if (exponent < -4 || exponent >= Math.max(6, digits)) return `${trimZeros(mantissa)}e${exponent}`;
  return trimZeros(Number(x.toPrecision(digits)).toFixed(Math.max(0, digits - 1 - exponent)));
}

/** As `formatNumber`, with the typographic minus and powers of ten: `1.5×10⁻⁷`. For figures and pages. */
export function formatNumberForPrint(x: number, digits = 4): string {
  const text = formatNumber(x, digits);
  const at = text.indexOf("e");
  const printed = at < 0 ? text : `${text.slice(0, at)}×10${superscript(text.slice(at + 1))}`;
  return printed.replace(/^1×/, "").replace(/^-/, "−");
}

/** A power of ten as such, also where its zeros would be few: `10³`. Other numbers as `formatNumberForPrint`. */
export function formatPower(x: number): string {
  const [mantissa, exponent] = splitScientific(x.toExponential(3));
  return trimZeros(mantissa) === "1" ? `10${superscript(String(exponent))}` : formatNumberForPrint(x);
}

/** A count with thin groups of three digits for people: `21,578`. */
export const formatCount = (n: number): string =>
  (Number.isFinite(n) ? Math.round(n).toString() : String(n)).replace(/\B(?=(\d{3})+$)/g, ",");

/** A share from 0 to 1 as per cent, rounded down near 100 so that nothing imperfect shows as 100 %: `98.7 %`. */
export function formatPercent(share: number, decimals = 1): string {
  const rounded = (share * 100).toFixed(decimals);
  if (share < 1 && Number(rounded) >= 100) return `${(100 - 1 / powerOfTen(decimals)).toFixed(decimals)} %`;
  return `${decimals > 0 ? rounded.replace(/^100\.0+$/, "100") : rounded} %`;
}

/** A duration: `2.5 µs`, `41 ms`, `9.3 s`, `41 s`, `2 min 05 s`, `1 h 04 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 0.9995e-3 && seconds !== 0) return `${formatNumber(seconds * 1e6, seconds < 1e-5 ? 2 : 3)} µs`;
  if (seconds < 0.9995) return `${formatNumber(seconds * 1000, seconds < 0.01 ? 2 : 3)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function splitScientific(text: string): [mantissa: string, exponent: number] {
  const at = text.indexOf("e");
  return [text.slice(0, at), Number(text.slice(at + 1))];
}

const trimZeros = (text: string): string => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

const powerOfTen = (exponent: number): number => Number(`1e${exponent}`);

const superscript = (text: string): string => text.replace(/[-0-9]/g, (digit) => superscripts.charAt("-0123456789".indexOf(digit)));
const superscripts = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹";

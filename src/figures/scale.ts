/** Scales: from data to places on a figure, with the ticks a person would choose. Linear ones are d3's. */
import { ticks as evenTicks, nice as niceInterval } from "d3-array";

/** A map from a data interval to an interval of the figure. */
export interface Scale {
  readonly kind: ScaleKind;
  /** The data interval, widened to its outer ticks where that was asked for. */
  readonly domain: readonly [number, number];
  /** The place of a value. Values outside the domain lie outside the range; NaN has no place. */
  at(value: number): number;
  /** Values to mark, ascending, all within the domain. */
  readonly ticks: readonly number[];
}

export type ScaleKind = "linear" | "log";

export interface ScaleOptions {
  readonly kind: ScaleKind;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  /** About how many ticks. Default 5. */
  readonly tickCount?: number;
  /** Widen the domain to whole ticks. Default false. */
  readonly nice?: boolean;
}

/** A linear or logarithmic scale. A domain without extent is widened around its value; a logarithmic one keeps to positive values. */
export function makeScale({ kind, domain, range, tickCount = 5, nice = false }: ScaleOptions): Scale {
  const wide = widened(kind, domain);
  const [from, to] = nice ? niceDomain(kind, wide, tickCount) : wide;
  const measure = kind === "log" ? Math.log : (x: number) => x;
  const [start, length] = [measure(from), measure(to) - measure(from)];
  return {
    kind,
    domain: [from, to],
    at: (value) => range[0] + ((measure(value) - start) / length) * (range[1] - range[0]),
    ticks: kind === "log" ? logTicks(from, to, tickCount) : linearTicks(from, to, tickCount),
  };
}

/** Below this, the power of ten that divides a step would overflow. */
const smallest = 1e-290;

function widened(kind: ScaleKind, [a, b]: readonly [number, number]): [number, number] {
  const [from, to] = a <= b ? [a, b] : [b, a];
  if (kind === "log") return from === to ? [from / 2, to * 2] : [from, to];
  if (to - from > Math.max(Math.abs(from), Math.abs(to)) * 1e-12 && to - from > smallest) return [from, to];
  const margin = Math.abs(from) <= smallest ? 1 : Math.abs(from) / 2;
  return [from - margin, to + margin];
}

function niceDomain(kind: ScaleKind, [from, to]: readonly [number, number], tickCount: number): [number, number] {
  if (kind === "linear") return niceInterval(from, to, Math.max(1, tickCount));
  const factors = [...logFactors(from, to), 10];
  const steps = [from, to].flatMap((x) => factors.map((factor) => factor * decade(x))).sort((a, b) => a - b);
  const below = steps.filter((step) => step <= from * (1 + 1e-9)).at(-1) ?? from;
  return [below, steps.find((step) => step >= to * (1 - 1e-9)) ?? to];
}

/** Where a decade is divided, by how many of them are shown. */
const logFactors = (from: number, to: number): readonly number[] => (to / from > 3000 ? [1] : to / from > 8 ? [1, 3] : [1, 2, 5]);

/** Multiples of 1, 2 or 5 times a power of ten, about `count` of them, between `from` and `to`. */
export const linearTicks = (from: number, to: number, count: number): number[] => evenTicks(from, to, Math.max(1, count));

/** Powers of ten, with 3 or with 2 and 5 between them where there are few, every second or third where there are many. */
export function logTicks(from: number, to: number, count: number): number[] {
  const [low, high] = [Math.floor(Math.log10(from) + 1e-9), Math.ceil(Math.log10(to) - 1e-9)];
  const within = (x: number) => x >= from * (1 - 1e-9) && x <= to * (1 + 1e-9);
  const powers = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  const fine = powers.flatMap((power) => logFactors(from, to).map((factor) => Number(`${factor}e${power}`))).filter(within);
  if (fine.length < 2) return linearTicks(from, to, count).filter((tick) => tick > 0);
  if (fine.length <= count + 2) return fine;
  const stride = Math.ceil((powers.length - 1) / count);
  return powers
    .filter((power) => power % stride === 0)
    .map(decadeOf)
    .filter(within);
}

const decade = (x: number): number => decadeOf(Math.floor(Math.log10(x) + 1e-9));

/** 10 to a whole power, correctly rounded (the parser rounds correctly, `10 ** n` need not). */
const decadeOf = (power: number): number => Number(`1e${power}`);

/** What the segments of a JPEG file say (ITU-T T.81), before any of its picture is decoded. */
import { SteepestError } from "../../../tensor/error.js";
import type { HuffmanTable } from "./huffman.js";

/** One of the planes that make up the picture, and its coefficients. */
export interface Component {
  readonly id: number;
  /** Sampling factors: how often it is sampled where others are sampled once. */
  readonly h: number;
  readonly v: number;
  readonly quantization: number;
  /** Its own size in samples, without padding. */
  readonly width: number;
  readonly height: number;
  /** Its blocks: those that its size needs, and those that whole units of all components need. */
  readonly blocksWide: number;
  readonly blocksHigh: number;
  readonly stride: number;
  /** 64 for each block in natural order, `stride` blocks in a row. */
  readonly coefficients: Int16Array;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly isProgressive: boolean;
  readonly components: readonly Component[];
  readonly maxH: number;
  readonly maxV: number;
  /** Units of all components, each h × v blocks of every component. */
  readonly unitsWide: number;
  readonly unitsHigh: number;
}

/** The tables in force; segments replace them as the file goes on. */
export interface Tables {
  /** 64 divisors in natural order. */
  readonly quantization: (Uint16Array | undefined)[];
  readonly dc: (HuffmanTable | undefined)[];
  readonly ac: (HuffmanTable | undefined)[];
  /** Units between restart markers; 0 for none. */
  restartInterval: number;
}

/** Natural order of the k-th coefficient of a zigzag. */
export const zigzag = Uint8Array.of(
  ...[0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48],
  ...[41, 34, 27, 20, 13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23],
  ...[30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
);

export const damaged = (what: string, where: string): SteepestError =>
  new SteepestError({ problem: `The JPEG file is damaged: ${what}`, where, fix: "Download or save the file again" });

export const unsupported = (what: string, where: string): SteepestError =>
  new SteepestError({
    problem: `The JPEG file is of a kind that is not read: ${what}`,
    expected: "baseline or progressive JPEG with Huffman codes and 8 bits a sample",
    where,
    fix: "Save it again as an ordinary JPEG, or as PNG",
  });

/** The frame of an SOF segment, without the room for its coefficients. */
export interface FrameHeader extends Omit<Frame, "components"> {
  readonly components: readonly Omit<Component, "coefficients">[];
}

/** Reads SOF0, SOF1 and SOF2. */
export function readFrame(marker: number, segment: Uint8Array, where: string): FrameHeader {
  if (segment.length < 6) throw damaged("its frame header is too short", where);
  const [bits, heightHigh, heightLow, widthHigh, widthLow, count] = segment;
  const [width, height] = [widthHigh * 256 + widthLow, heightHigh * 256 + heightLow];
  if (bits !== 8) throw unsupported(`${bits} bits a sample`, where);
  if (height === 0) throw unsupported("its height stands behind its data (DNL)", where);
  if (width === 0) throw damaged("its width is 0", where);
  if (count !== 1 && count !== 3 && count !== 4) throw unsupported(`${count} components`, where);
  if (segment.length !== 6 + 3 * count) throw damaged("its frame header has another length than its components need", where);
  const listed = Array.from({ length: count }, (_, i) => {
    const [id, sampling, quantization] = segment.subarray(6 + 3 * i);
    return { id, h: sampling >> 4, v: sampling & 15, quantization };
  });
  for (const { id, h, v, quantization } of listed) {
    if (h < 1 || h > 4 || v < 1 || v > 4) throw damaged(`a component is sampled ${h} × ${v} times`, where);
    if (quantization > 3) throw damaged(`a component uses the quantization table ${quantization}`, where);
    if (listed.filter((other) => other.id === id).length > 1) throw damaged(`two components are numbered ${id}`, where);
  }
  const maxH = Math.max(...listed.map(({ h }) => h));
  const maxV = Math.max(...listed.map(({ v }) => v));
  if (listed.some(({ h, v }) => maxH % h !== 0 || maxV % v !== 0))
    throw unsupported("its components are sampled at fractions of each other", where);
  const unitsWide = Math.ceil(width / (8 * maxH));
  const unitsHigh = Math.ceil(height / (8 * maxV));
  const components = listed.map((component) => {
    const own = { width: Math.ceil((width * component.h) / maxH), height: Math.ceil((height * component.v) / maxV) };
    return {
      ...component,
      ...own,
      blocksWide: Math.ceil(own.width / 8),
      blocksHigh: Math.ceil(own.height / 8),
      stride: unitsWide * component.h,
    };
  });
  return { width, height, isProgressive: marker === 0xc2, components, maxH, maxV, unitsWide, unitsHigh };
}

/** Reads DQT: tables of 64 divisors of one or two bytes. */
export function readQuantization(segment: Uint8Array, tables: Tables, where: string): void {
  for (let at = 0; at < segment.length; ) {
    const [bytes, index] = [(segment[at] >> 4) + 1, segment[at] & 15];
    if (bytes > 2 || index > 3 || at + 1 + 64 * bytes > segment.length)
      throw damaged("its quantization tables (DQT) are not readable", where);
    const table = new Uint16Array(64);
    for (let k = 0; k < 64; k++) {
      const from = at + 1 + k * bytes;
      table[zigzag[k]] = bytes === 1 ? segment[from] : segment[from] * 256 + segment[from + 1];
    }
    tables.quantization[index] = table;
    at += 1 + 64 * bytes;
  }
}

/** One scan: which components, which coefficients of them, at which bits. */
export interface Scan {
  readonly components: readonly { readonly component: Component; readonly dc: number; readonly ac: number }[];
  /** First and last coefficient in zigzag order. */
  readonly first: number;
  readonly last: number;
  /** The bit that an earlier scan ended at (0: none did), and the one that this scan ends at. */
  readonly high: number;
  readonly low: number;
}

/** Reads SOS. */
export function readScan(segment: Uint8Array, frame: Frame, where: string): Scan {
  const count = segment[0] ?? 0;
  if (count < 1 || count > 4 || segment.length !== 4 + 2 * count) throw damaged("a scan header (SOS) is not readable", where);
  const components = Array.from({ length: count }, (_, i) => {
    const [id, codes] = segment.subarray(1 + 2 * i);
    const component = frame.components.find((candidate) => candidate.id === id);
    if (component === undefined) throw damaged(`a scan is of component ${id}, which the picture lacks`, where);
    return { component, dc: codes >> 4, ac: codes & 15 };
  });
  if (new Set(components.map(({ component }) => component)).size < count) throw damaged("a scan has one component twice", where);
  const [first, last, bits] = segment.subarray(1 + 2 * count);
  const scan = { components, first, last, high: bits >> 4, low: bits & 15 };
  if (!frame.isProgressive) {
    if (first !== 0 || last !== 63 || bits !== 0) throw damaged("a scan of a baseline picture asks for a part of the coefficients", where);
  } else {
    const spectrum = first === 0 ? last === 0 : last >= first && last <= 63 && count === 1;
    if (!spectrum || scan.low > 13 || (scan.high !== 0 && scan.high !== scan.low + 1))
      throw damaged("a progressive scan is of impossible coefficients", where);
  }
  const blocks = components.reduce((sum, { component }) => sum + component.h * component.v, 0);
  if (count > 1 && blocks > 10) throw damaged("a unit of a scan has more than ten blocks", where);
  return scan;
}

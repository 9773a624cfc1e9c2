/** Decoding the coefficients of a scan: sequential, and the four kinds of progressive ones (T.81, annexes F and G). */
import type { Component, Frame, Scan, Tables } from "./header.js";
import { damaged, zigzag } from "./header.js";
import { BitReader, type HuffmanTable } from "./huffman.js";

/** Decodes one block, whose coefficients begin at `at`. */
type BlockDecoder = (coefficients: Int16Array, at: number) => void;

/**
 * Decodes one scan into the coefficients of its components.
 *
 * @param at where its data begin
 * @returns where they end
 */
export function decodeScan(bytes: Uint8Array, at: number, scan: Scan, frame: Frame, tables: Tables, where: string): number {
  const reader = new BitReader(bytes, at, where);
  const state: ScanState = { runLength: 0, predictions: scan.components.map(() => 0) };
  const decoders = scan.components.map(({ dc, ac }, i) => {
    const tableOf = (kind: "dc" | "ac", index: number): HuffmanTable => {
      const table = tables[kind][index];
      if (table === undefined) throw damaged(`a scan uses the Huffman table ${kind.toUpperCase()} ${index}, which is not there`, where);
      return table;
    };
    if (!frame.isProgressive) return sequential(reader, state, i, tableOf("dc", dc), tableOf("ac", ac), where);
    if (scan.first === 0) return scan.high === 0 ? dcFirst(reader, state, i, scan, tableOf("dc", dc), where) : dcRefined(reader, scan);
    return (scan.high === 0 ? acFirst : acRefined)(reader, state, scan, tableOf("ac", ac), where);
  });

  const [only] = scan.components;
  const isAlone = scan.components.length === 1;
  // A component that comes alone has no padding to whole units.
  const [wide, high] = isAlone ? [only.component.blocksWide, only.component.blocksHigh] : [frame.unitsWide, frame.unitsHigh];
  const { restartInterval } = tables;
  for (let unit = 0; unit < wide * high; unit++) {
    if (restartInterval > 0 && unit > 0 && unit % restartInterval === 0) {
      reader.restart((unit / restartInterval - 1) & 7);
      state.runLength = 0;
      state.predictions.fill(0);
    }
    const row = Math.floor(unit / wide);
    const column = unit % wide;
    if (isAlone) decoders[0](only.component.coefficients, blockAt(only.component, row, column));
    else
      for (let i = 0; i < decoders.length; i++) {
        const { component } = scan.components[i];
        for (let y = 0; y < component.v; y++)
          for (let x = 0; x < component.h; x++)
            decoders[i](component.coefficients, blockAt(component, row * component.v + y, column * component.h + x));
      }
    reader.check();
  }
  return reader.at;
}

const blockAt = ({ stride }: Component, row: number, column: number): number => 64 * (row * stride + column);

interface ScanState {
  /** Blocks still to come that end before they begin. */
  runLength: number;
  /** The last DC coefficient of each component of the scan. */
  readonly predictions: number[];
}

/** A DC coefficient, as the difference to the one before. */
function difference(reader: BitReader, table: HuffmanTable, where: string): number {
  const size = reader.decode(table);
  if (size > 15) throw damaged("a DC coefficient has more than 15 bits", where);
  return reader.signed(size);
}

function sequential(reader: BitReader, state: ScanState, i: number, dc: HuffmanTable, ac: HuffmanTable, where: string): BlockDecoder {
  return (coefficients, at) => {
    state.predictions[i] += difference(reader, dc, where);
    coefficients[at] = state.predictions[i];
    for (let k = 1; k < 64; k++) {
      const code = reader.decode(ac);
      const run = code >> 4;
      const size = code & 15;
      if (size === 0) {
        if (run !== 15) return;
        k += 15;
        continue;
      }
      k += run;
      if (k > 63) throw damaged("a block has more than 64 coefficients", where);
      coefficients[at + zigzag[k]] = reader.signed(size);
    }
  };
}

function dcFirst(reader: BitReader, state: ScanState, i: number, { low }: Scan, table: HuffmanTable, where: string): BlockDecoder {
  return (coefficients, at) => {
    state.predictions[i] += difference(reader, table, where);
    coefficients[at] = state.predictions[i] << low;
  };
}

function dcRefined(reader: BitReader, { low }: Scan): BlockDecoder {
  return (coefficients, at) => {
    if (reader.bit() === 1) coefficients[at] |= 1 << low;
  };
}

function acFirst(reader: BitReader, state: ScanState, { first, last, low }: Scan, table: HuffmanTable, where: string): BlockDecoder {
  return (coefficients, at) => {
    if (state.runLength > 0) {
      state.runLength--;
      return;
    }
    for (let k = first; k <= last; k++) {
      const code = reader.decode(table);
      const run = code >> 4;
      const size = code & 15;
      if (size === 0) {
        if (run !== 15) {
          state.runLength = (1 << run) - 1 + reader.take(run);
          return;
        }
        k += 15;
        continue;
      }
      k += run;
      if (k > 63) throw damaged("a block has more than 64 coefficients", where);
      coefficients[at + zigzag[k]] = reader.signed(size) * (1 << low);
    }
  };
}

function acRefined(reader: BitReader, state: ScanState, { first, last, low }: Scan, table: HuffmanTable, where: string): BlockDecoder {
  const unit = 1 << low;
  const refine = (coefficients: Int16Array, place: number) => {
    // A coefficient that has this bit already was refined by a scan before, in a file that refines twice.
    if (reader.bit() === 1 && (coefficients[place] & unit) === 0) coefficients[place] += coefficients[place] > 0 ? unit : -unit;
  };
  return (coefficients, at) => {
    let k = first;
    if (state.runLength === 0) {
      for (; k <= last; k++) {
        const code = reader.decode(table);
        let run = code >> 4;
        let value = 0;
        if ((code & 15) === 0) {
          if (run < 15) {
            state.runLength = (1 << run) + reader.take(run);
            break;
          }
        } else if ((code & 15) === 1) value = reader.bit() === 1 ? unit : -unit;
        else throw damaged("a coefficient that is refined has more than one bit", where);
        // The run counts coefficients that are still 0; those that are not get their next bit on the way.
        for (; k <= last; k++) {
          const place = at + zigzag[k];
          if (coefficients[place] !== 0) refine(coefficients, place);
          else if (run === 0) {
            if (value !== 0) coefficients[place] = value;
            break;
          } else run--;
        }
      }
    }
    if (state.runLength > 0) {
      for (; k <= last; k++) {
        const place = at + zigzag[k];
        if (coefficients[place] !== 0) refine(coefficients, place);
      }
      state.runLength--;
    }
  };
}

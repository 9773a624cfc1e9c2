/** The Huffman codes of T.81, annex K.3, which frames of Motion-JPEG use without bringing them along. */

import type { Tables } from "./header.js";
import { readHuffman } from "./huffman.js";

const bytesOf = (hex: string): number[] => (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));

/** Values `first` … `last` in each row of sixteen, from row `from` to row `to`. */
const rows = (from: number, to: number, first: number, last: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, r) => Array.from({ length: last - first + 1 }, (_, i) => (from + r) * 16 + first + i)).flat();

const dcValues = Array.from({ length: 12 }, (_, i) => i);

/** As a DHT segment holds them: kind and number, how many codes there are of each length, their values. */
const segment = Uint8Array.of(
  0x00,
  ...bytesOf("00010501010101010100000000000000"),
  ...dcValues,
  0x01,
  ...bytesOf("00030101010101010101010000000000"),
  ...dcValues,
  0x10,
  ...bytesOf("0002010303020403050504040000017d"),
  ...bytesOf("01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a"),
  ...rows(3, 3, 4, 10),
  ...rows(4, 8, 3, 10),
  ...rows(9, 13, 2, 10),
  ...rows(14, 15, 1, 10),
  0x11,
  ...bytesOf("00020102040403040705040400010277"),
  ...bytesOf("0001020311040521310612415107617113223281081442"),
  ...bytesOf("91a1b1c109233352f0156272d10a162434e125f11718191a262728292a"),
  ...rows(3, 3, 5, 10),
  ...rows(4, 7, 3, 10),
  ...rows(8, 15, 2, 10),
);

/** Puts the standard codes in force. */
export const useStandardTables = (tables: Tables, where: string): void => readHuffman(segment, tables, where);

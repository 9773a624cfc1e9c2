/** Huffman codes of JPEG, and the bits that they are read from. */
import { damaged, type Tables } from "./header.js";

/** Codes of up to 16 bits. Those of up to 8 are looked up at once. */
export interface HuffmanTable {
  /** By the next 8 bits: `length << 8 | value`, or 0 where the code is longer or there is none. */
  readonly short: Uint16Array;
  /** By length: the first code that is too large for it, and what to add to a code to find its value. */
  readonly limit: Int32Array;
  readonly offset: Int32Array;
  readonly values: Uint8Array;
}

/** Reads DHT: for each table, how many codes there are of each length, and their values. */
export function readHuffman(segment: Uint8Array, tables: Tables, where: string): void {
  for (let at = 0; at < segment.length; ) {
    const [kind, index] = [segment[at] >> 4, segment[at] & 15];
    const lengths = segment.subarray(at + 1, at + 17);
    const count = lengths.reduce((sum, n) => sum + n, 0);
    if (kind > 1 || index > 3 || count > 256 || at + 17 + count > segment.length)
      throw damaged("its Huffman tables (DHT) are not readable", where);
    tables[kind === 0 ? "dc" : "ac"][index] = tableOf(lengths, segment.slice(at + 17, at + 17 + count), where);
    at += 17 + count;
  }
}

function tableOf(lengths: Uint8Array, values: Uint8Array, where: string): HuffmanTable {
  const short = new Uint16Array(256);
  const limit = new Int32Array(18);
  const offset = new Int32Array(18);
  let [code, k] = [0, 0];
  for (let length = 1; length <= 16; length++) {
    offset[length] = k - code;
    for (let i = 0; i < lengths[length - 1]; i++, code++, k++) {
      if (length > 8) continue;
      const from = code << (8 - length);
      short.fill((length << 8) | values[k], from, from + (1 << (8 - length)));
    }
    if (code > 1 << length) throw damaged("a Huffman table has more codes than fit its lengths", where);
    limit[length] = code;
    code <<= 1;
  }
  return { short, limit, offset, values };
}

/** Bits of the coded data, from the high ones down. A marker ends them; what is asked for beyond is 0, and counted. */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #where: string;
  #at: number;
  #bits = 0;
  #count = 0;
  /** Bits that were made up, since the data had ended. */
  #invented = 0;

  constructor(bytes: Uint8Array, at: number, where: string) {
    this.#bytes = bytes;
    this.#at = at;
    this.#where = where;
  }

  /** Where the next marker is, as far as is known: what is read ahead ends there. */
  get at(): number {
    return this.#at;
  }

  #fill(): void {
    const bytes = this.#bytes;
    while (this.#count <= 24) {
      let byte = 0;
      if (this.#invented > 0 || this.#at >= bytes.length || (bytes[this.#at] === 0xff && bytes[this.#at + 1] !== 0)) this.#invented += 8;
      else {
        byte = bytes[this.#at];
        this.#at += byte === 0xff ? 2 : 1;
      }
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }

  /** The next bits as a number; at most 16. */
  take(count: number): number {
    if (count === 0) return 0;
    if (this.#count < count) this.#fill();
    this.#count -= count;
    return (this.#bits >>> this.#count) & ((1 << count) - 1);
  }

  bit(): number {
    if (this.#count < 1) this.#fill();
    this.#count--;
    return (this.#bits >>> this.#count) & 1;
  }

  /** A number of so many bits, of which the first tells the sign (T.81, EXTEND). */
  signed(count: number): number {
    const value = this.take(count);
    return count > 0 && value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /** The value of the next code. */
  decode({ short, limit, offset, values }: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const found = short[(this.#bits >>> (this.#count - 8)) & 255];
    if (found !== 0) {
      this.#count -= found >> 8;
      return found & 255;
    }
    const ahead = (this.#bits >>> (this.#count - 16)) & 0xffff;
    for (let length = 9; length <= 16; length++) {
      const code = ahead >> (16 - length);
      if (code >= limit[length]) continue;
      this.#count -= length;
      return values[code + offset[length]];
    }
    throw damaged("its data have a code that no table knows", this.#where);
  }

  /** @throws SteepestError when bits were used that the data do not have */
  check(): void {
    if (this.#count < this.#invented) throw damaged("the data of a scan end early", this.#where);
  }

  /** Ends an interval: goes to the next restart marker, which is to have this number. Bytes before it that belong to nothing are passed over. */
  restart(number: number): void {
    this.check();
    const bytes = this.#bytes;
    const at = nextMarker(bytes, this.#at);
    if (bytes[at + 1] !== 0xd0 + number) throw damaged("a restart marker is missing", this.#where);
    this.#at = at + 2;
    this.#bits = 0;
    this.#count = 0;
    this.#invented = 0;
  }
}

/** Where the next marker begins: its 0xff, the last where there are several; the end of the file where there is none. */
export function nextMarker(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff) return at;
  }
  return bytes.length;
}

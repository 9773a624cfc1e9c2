import { joinedBytes } from "../../src/data/bytes.js";
/** Tar archives written by hand, for readers to be tried on. */

export interface Member {
  readonly name: string;
  readonly content?: Uint8Array;
  /** "0" a file, "2" a link, "5" a folder, … */
  readonly type?: string;
  /** What the header claims; default: the truth. */
  readonly size?: number | "binary";
  readonly prefix?: string;
  /** Default: POSIX. */
  readonly magic?: string;
}

const text = new TextEncoder();

/** One header and its content, padded to blocks. */
export function member({ name, content = new Uint8Array(0), type = "0", size, prefix = "", magic = "ustar\x0000" }: Member): Uint8Array {
  const header = new Uint8Array(512);
  const put = (value: string, at: number) => header.set(text.encode(value), at);
  put(name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  if (size === "binary") {
    header[124] = 0x80;
    new DataView(header.buffer).setUint32(132, content.length);
  } else put(`${(size ?? content.length).toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put(type, 156);
  put(magic, 257);
  put(prefix, 345);
  put("        ", 148);
  const sum = header.reduce((a, b) => a + b);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const out = new Uint8Array(512 + Math.ceil(content.length / 512) * 512);
  out.set(header);
  out.set(content, 512);
  return out;
}

/** Members, and the two blocks of zeros that end an archive. */
export const tar = (...members: readonly Member[]): Uint8Array => joinedBytes([...members.map(member), new Uint8Array(1024)]);

/** A record of a pax header: its length, which counts itself, then KEY=VALUE. */
export function paxRecord(key: string, value: string): Uint8Array {
  const rest = ` ${key}=${value}\n`;
  const bytes = text.encode(rest).length;
  let length = bytes + 1;
  while (bytes + String(length).length !== length) length++;
  return text.encode(`${length}${rest}`);
}

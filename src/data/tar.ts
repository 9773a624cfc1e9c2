/**
 * Members of a tar archive, read from a stream of bytes. Nothing is written anywhere; what was not asked for is passed over, and what was
 * asked for is kept only up to a size that the caller states.
 */
import { SteepestError } from "../tensor/error.js";

export interface TarOptions {
  /** The name of the archive, for messages. */
  readonly where: string;
  /** The most bytes that a member of this name may have; undefined for a member that is not wanted. */
  readonly wanted: (name: string) => number | undefined;
  /** The most bytes that the whole archive may have, unpacked. */
  readonly most: number;
}

const BLOCK = 512;
/** Names longer than this are no names. */
const LONGEST_EXTENSION = 65_536;

/**
 * The wanted members by name. Understood are the formats of POSIX (ustar and pax) and GNU.
 *
 * @param pieces the archive, in pieces of any size
 * @throws SteepestError for a damaged or truncated archive, links and devices, names that lead out of the archive (absolute, with `..`,
 *   backslashes or drive letters), names that occur twice (also where only upper and lower case differ), members and archives that are too large
 */
export async function readTar(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { where, wanted, most }: TarOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const archive = new TarStream(pieces, where, most);
  const kept = new Map<string, Uint8Array>();
  const seen = new Set<string>();
  // What an extension says of the member after it.
  let extended: { readonly path?: string; readonly size?: number } = {};
  try {
    for (;;) {
      const block = await archive.take(BLOCK);
      if (block.every((byte) => byte === 0)) {
        await archive.expectEnd();
        return kept;
      }
      const header = parseHeader(block, `${where}, byte ${archive.position - BLOCK}`);
      if (header.kind === "pax" || header.kind === "longName") {
        if (header.size > LONGEST_EXTENSION)
          throw refused(
            "The archive holds a header that is too large",
            `at most ${LONGEST_EXTENSION} bytes`,
            `${header.size} bytes`,
            where,
          );
        const content = await archive.member(header.size);
        extended = header.kind === "pax" ? paxOf(content, where) : { ...extended, path: text(content, where) };
        continue;
      }
      const { size = header.size, path = header.path } = extended;
      extended = {};
      if (header.kind === "passed") {
        await archive.pass(size);
        continue;
      }
      const name = usualName(path, where);
      if (header.kind === "folder") {
        await archive.pass(size);
        continue;
      }
      if (seen.has(name.toLowerCase())) throw refused("The archive holds two files of one name", "each name once", name, where);
      seen.add(name.toLowerCase());
      const limit = wanted(name);
      if (limit === undefined) await archive.pass(size);
      else if (size > limit)
        throw refused("A file of the archive is too large", `at most ${limit} bytes`, `${size} bytes`, `${where}, ${name}`);
      else kept.set(name, await archive.member(size));
    }
  } finally {
    await archive.close();
  }
}

/** A stream read in stretches of known length. */
class TarStream {
  readonly #pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  readonly #where: string;
  readonly #most: number;
  #piece: Uint8Array = new Uint8Array(0);
  position = 0;

  constructor(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, where: string, most: number) {
    this.#pieces = Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
    this.#where = where;
    this.#most = most;
  }

  /** The next bytes, copied. */
  async take(length: number): Promise<Uint8Array> {
    this.#claim(length);
    const out = new Uint8Array(length);
    await this.#walk(length, (bytes, at) => out.set(bytes, at));
    return out;
  }

  /** The content of a member, and the padding after it. */
  async member(size: number): Promise<Uint8Array> {
    const content = await this.take(size);
    await this.#skip(padded(size) - size);
    return content;
  }

  async pass(size: number): Promise<void> {
    await this.#skip(padded(size));
  }

  /** After a block of zeros: nothing but zeros. */
  async expectEnd(): Promise<void> {
    for (let piece: Uint8Array | undefined = this.#piece; piece !== undefined; piece = await this.#next()) {
      this.#claim(piece.length);
      if (piece.some((byte) => byte !== 0)) throw refused("The archive goes on after its end", "zeros", "other bytes", this.#where);
      this.position += piece.length;
    }
  }

  async close(): Promise<void> {
    await this.#pieces.return?.();
  }

  async #skip(length: number): Promise<void> {
    this.#claim(length);
    await this.#walk(length, () => undefined);
  }

  async #walk(length: number, use: (bytes: Uint8Array, at: number) => void): Promise<void> {
    for (let at = 0; at < length; ) {
      if (this.#piece.length === 0) {
        const next = await this.#next();
        if (next === undefined)
          throw refused(
            "The archive is truncated",
            `${length - at} more bytes`,
            `${this.position} bytes in all`,
            this.#where,
            "Download the file again",
          );
        this.#piece = next;
      }
      const some = this.#piece.subarray(0, length - at);
      use(some, at);
      this.#piece = this.#piece.subarray(some.length);
      this.position += some.length;
      at += some.length;
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#pieces.next();
    return done === true ? undefined : value;
  }

  /** Refused before anything is reserved or unpacked. */
  #claim(length: number): void {
    if (this.position + length > this.#most)
      throw refused("The archive is too large", `at most ${this.#most} bytes`, `at least ${this.position + length} bytes`, this.#where);
  }
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

interface TarHeader {
  readonly kind: "file" | "folder" | "pax" | "longName" | "passed";
  readonly path: string;
  readonly size: number;
}

const kinds: ReadonlyMap<string, TarHeader["kind"]> = new Map([
  ["\0", "file"],
  ["0", "file"],
  ["7", "file"],
  ["5", "folder"],
  ["x", "pax"],
  ["g", "passed"],
  ["L", "longName"],
] as const);

function parseHeader(block: Uint8Array, where: string): TarHeader {
  const sum = block.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  if (sum !== numberOf(block.subarray(148, 156)))
    throw refused("This is no tar archive, or it is damaged: the sum of a header is wrong", "the header's own sum", String(sum), where);
  const type = String.fromCharCode(block[156]);
  const kind = kinds.get(type);
  const size = numberOf(block.subarray(124, 136));
  const name = text(block.subarray(0, 100), where);
  // "ustar", then a zero: POSIX, with a place for the folders' names. GNU puts other things there.
  const isPosix = text(block.subarray(257, 263), where) === "ustar" && block[262] === 0;
  const prefix = isPosix ? text(block.subarray(345, 500), where) : "";
  if (kind === undefined)
    throw refused("The archive holds a link or a device", "files and folders", `type "${type}", named ${JSON.stringify(name)}`, where);
  if (!Number.isSafeInteger(size) || size < 0)
    throw refused("A header of the archive states an impossible size", "a whole number", String(size), where);
  return { kind, size, path: prefix === "" ? name : `${prefix}/${name}` };
}

/** Octal digits, or, where the first bit is set, a binary number. NaN for anything else. */
function numberOf(field: Uint8Array): number {
  if (field[0] >= 0x80) return field.reduce((value, byte, i) => value * 256 + (i === 0 ? byte & 0x7f : byte), 0);
  const digits = new TextDecoder("latin1")
    .decode(field)
    .replace(/[\0 ]+$/, "")
    .trimStart();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : digits === "" ? 0 : Number.NaN;
}

/** Up to the first zero, as UTF-8. */
function text(bytes: Uint8Array, where: string): string {
  const end = bytes.indexOf(0);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(end < 0 ? bytes : bytes.subarray(0, end));
  } catch {
    throw refused("A name in the archive is no text", "UTF-8", "other bytes", where);
  }
}

/** Records "LENGTH KEY=VALUE\n", of which the path and the size count. */
function paxOf(bytes: Uint8Array, where: string): { readonly path?: string; readonly size?: number } {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const head = /^(\d{1,6}) /.exec(new TextDecoder("latin1").decode(bytes.subarray(at, at + 8)));
    const length = head === null ? 0 : Number(head[1]);
    const record = head === null ? undefined : /^([^=]+)=([\s\S]*)\n$/.exec(text(bytes.subarray(at + head[0].length, at + length), where));
    if (!record || at + length > bytes.length)
      throw refused("An extended header of the archive is damaged", "records of the form LENGTH KEY=VALUE", "something else", where);
    const [, key, value] = record;
    if (key === "path") found.path = value;
    if (key === "size") found.size = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    at += length;
  }
  if (found.size !== undefined && Number.isNaN(found.size))
    throw refused("An extended header of the archive states an impossible size", "a whole number", "something else", where);
  return found;
}

/** The name without "./", if it stays within the archive. */
function usualName(path: string, where: string): string {
  const name = path.replace(/^(\.\/)+/, "");
  const isBad = /^\/|^[A-Za-z]:|[\\\p{Cc}]/u.test(name) || name.split("/").includes("..");
  if (isBad || path === "")
    throw refused("The archive holds a file whose name leads out of it", "plain names within the archive", JSON.stringify(path), where);
  return name;
}

const refused = (problem: string, expected: string, received: string, where: string, fix?: string): SteepestError =>
  new SteepestError({ problem, expected, received, where, ...(fix === undefined ? {} : { fix }) });

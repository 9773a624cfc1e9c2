/** An npy file on disk whose records are read as they are wanted. In Node. */
import { type FileHandle, open } from "node:fs/promises";
import { SteepestError } from "../tensor/error.js";
import { type NpyData, type NpyDType, type NpyHeader, npyHeader, npyNumbers } from "./npy.js";

/** Longer headers are not read by `parseNpy` either. */
const HEADER = 65_548;

/** A file whose records are read as they are wanted. */
export class NpyFile {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #header: NpyHeader;
  readonly records: number;
  /** Of one record. */
  readonly shape: readonly number[];
  readonly size: number;
  readonly recordBytes: number;

  private constructor(handle: FileHandle, path: string, header: NpyHeader) {
    this.#handle = handle;
    this.#path = path;
    this.#header = header;
    [this.records, ...this.shape] = header.shape;
    this.size = this.shape.reduce((product, extent) => product * extent, 1);
    this.recordBytes = this.size * header.width;
  }

  get dtype(): NpyDType {
    return this.#header.dtype;
  }

  static async open(path: string): Promise<NpyFile> {
    const handle = await open(path).catch((error: unknown) => {
      throw new SteepestError({
        problem: "The file cannot be read",
        received: error instanceof Error ? error.message : String(error),
        where: path,
      });
    });
    try {
      const { size } = await handle.stat();
      const begin = new Uint8Array(Math.min(size, HEADER));
      await handle.read(begin, 0, begin.length, 0);
      const header = npyHeader(begin, path);
      if (size !== header.bytes)
        throw new SteepestError({
          problem: size < header.bytes ? "The file is truncated" : "The file goes on after its data",
          expected: `${header.bytes} bytes`,
          received: `${size}`,
          where: path,
        });
      if (header.shape.length === 0 || header.count === 0)
        throw new SteepestError({
          problem: "The file holds no records",
          expected: "an array whose first axis counts them",
          received: `shape [${header.shape.join(", ")}]`,
          where: path,
        });
      if (header.isFortran && header.shape.length > 1)
        throw new SteepestError({
          problem: "The file is stored in columns, so that no record lies in one piece",
          where: path,
          fix: "in Python, save np.ascontiguousarray(x)",
        });
      return new NpyFile(handle, path, header);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Room for so many records. */
  room(records: number): NpyData {
    return npyNumbers(new Uint8Array(records * this.recordBytes), { ...this.#header, start: 0, count: records * this.size }, this.#path);
  }

  async read(first: number, records: number): Promise<NpyData> {
    const bytes = new Uint8Array(records * this.recordBytes);
    const from = this.#header.start + first * this.recordBytes;
    for (let got = 0; got < bytes.length; ) {
      const { bytesRead } = await this.#handle.read(bytes, got, bytes.length - got, from + got);
      if (bytesRead === 0) throw new SteepestError({ problem: "The file became shorter while it was read", where: this.#path });
      got += bytesRead;
    }
    return npyNumbers(
      bytes,
      { ...this.#header, start: 0, count: records * this.size },
      `${this.#path}, records ${first} to ${first + records - 1}`,
    );
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

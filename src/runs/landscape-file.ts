/** Landscapes in a run folder: what was computed of one, so that an interrupted one goes on. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "../exchange/safetensors.js";
import { SteepestError } from "../tensor/error.js";
import type { HostData } from "../tensor/types.js";
import { writeAtomically } from "./atomic-file.js";

/** All that the values of a landscape depend on, as plain text. */
export type LandscapeKey = Readonly<Record<string, string | number | readonly number[]>>;

/** A file of values in a run folder. */
export class LandscapeFile {
  readonly path: string;
  readonly #key: string;

  /** @param weights what the landscape is around, and what its rays lead to */
  constructor(folder: string, key: LandscapeKey, weights: readonly HostData[]) {
    const hash = createHash("sha256");
    for (const { buffer, byteOffset, byteLength } of weights) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
    this.#key = JSON.stringify({ ...key, weights: hash.digest("hex") });
    this.path = join(folder, `landscape-${createHash("sha256").update(this.#key).digest("hex").slice(0, 12)}.safetensors`);
  }

  /** Values of an earlier call, NaN where they are missing; undefined where there are none of so many points. A damaged file counts as none. */
  async read(points: number): Promise<Float64Array | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(this.path);
    } catch {
      return undefined;
    }
    try {
      const { arrays, metadata } = readSafetensors(bytes, this.path);
      const values = arrays.find(({ name }) => name === "values")?.data;
      return metadata.get("landscape") === this.#key && values instanceof Float64Array && values.length === points ? values : undefined;
    } catch (error) {
      if (error instanceof SteepestError) return undefined;
      throw error;
    }
  }

  async write(values: Float64Array): Promise<void> {
    const arrays = [{ name: "values", shape: [values.length], dtype: "f64", data: values } as const];
    try {
      await writeAtomically(this.path, writeSafetensors({ arrays, metadata: new Map([["landscape", this.#key]]) }));
    } catch (error) {
      throw new SteepestError({
        problem: "The landscape cannot be kept in the run folder",
        received: error instanceof Error ? error.message : String(error),
        where: this.path,
      });
    }
  }
}

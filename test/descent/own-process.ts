/** Programs in a process of their own, where what they hold can be measured. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { root } from "../../scripts/sources.mjs";

/** How a program imports a file of `src/`. */
export const source = (...path: readonly string[]): string => JSON.stringify(join(root, "src", ...path));

/** `wasmBytes()` in the program: what all its WebAssembly memories hold together. */
const counting = `
const memories = [];
const Plain = WebAssembly.Memory;
WebAssembly.Memory = class extends Plain {
  constructor(descriptor) {
    super(descriptor);
    memories.push(this);
  }
};
const wasmBytes = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
`;

/**
 * Bundles a program, runs it, and reads what it printed: JSON, a value in each line.
 *
 * @param program imports what it needs by `await import(source(…))`, after its memories are counted
 * @param folder where the bundle may lie
 * @param flags of Node: `--expose-gc`
 */
export async function runInProcess<T>(program: string, folder: string, ...flags: readonly string[]): Promise<T[]> {
  const outfile = join(folder, "program.mjs");
  const stdin = { contents: `${counting}${program}\nprocess.exit(0);`, resolveDir: root, loader: "js" } as const;
  await build({ stdin, outfile, bundle: true, format: "esm", platform: "node", target: ["es2022"], logLevel: "error" });
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, outfile]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

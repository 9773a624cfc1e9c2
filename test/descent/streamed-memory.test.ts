import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeNpy } from "../../src/data/index.js";
import { full } from "../full.js";
import { runInProcess, source } from "./own-process.js";

const folder = mkdtempSync(join(tmpdir(), "steepest-streamed-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SIZE = 1024;
const CLASSES = 10;
/** A gigabyte, or forty megabytes. */
const records = full(1_000_000, 40_000);
const memory = full(100e6, 4e6);

/** Pictures whose first bytes are bright at the place of their label. */
function writeFiles(): void {
  const labels = Uint8Array.from({ length: records }, (_, i) => (i * 7) % CLASSES);
  writeFileSync(join(folder, "labels.npy"), writeNpy({ shape: [records], data: labels }));
  const header = writeNpy({ shape: [1, SIZE], data: new Uint8Array(SIZE) });
  const text = Buffer.from(header.subarray(0, header.length - SIZE)).toString("latin1");
  // The header is padded with spaces: the longer shape takes as many of them.
  const shape = `(${records}, ${SIZE})`;
  const longer = text.replace(`(1, ${SIZE})`, shape).replace(new RegExp(` {${shape.length - `(1, ${SIZE})`.length}}\n$`), "\n");
  expect(longer).toHaveLength(text.length);
  const file = openSync(join(folder, "images.npy"), "w");
  writeSync(file, Buffer.from(longer, "latin1"));
  const block = 1000;
  const background = Uint8Array.from({ length: block * SIZE }, (_, i) => (i * 31) % 101);
  for (let first = 0; first < records; first += block) {
    const pixels = background.slice();
    for (let i = 0; i < block; i++) pixels[i * SIZE + labels[first + i]] = 255;
    writeSync(file, pixels);
  }
  closeSync(file);
}

const program = `
const { adam, dense, fit, flatten, sequential } = await import(${source("index.ts")});
const { bytesToUnit } = await import(${source("data", "index.ts")});
const { npyDataset } = await import(${source("node.ts")});
const [inputs, targets] = ${JSON.stringify([join(folder, "images.npy"), join(folder, "labels.npy")])};
const data = await npyDataset(inputs, targets, {
  classes: ${CLASSES}, preprocessing: bytesToUnit, memory: ${memory}, test: { inputs, targets },
});
const run = await fit(sequential(flatten(), dense(${CLASSES})), data, { optimizer: adam({ learningRate: 0.01 }), batchSize: 128, validation: 0.02 });
console.log(JSON.stringify({
  status: run.status, steps: run.steps, accuracy: run.test.accuracy, validated: run.validation.confusion.flat().reduce((a, b) => a + b),
  resident: 1024 * process.resourceUsage().maxRSS, wasm: wasmBytes(), waiting: run.waitingForData,
}));
`;

it(
  "a training on a file larger than its memory stays within it",
  async () => {
    writeFiles();
    type Result = Record<"steps" | "accuracy" | "validated" | "resident" | "wasm" | "waiting", number> & { readonly status: string };
    const [result] = await runInProcess<Result>(program, folder);
    expect(result).toMatchObject({ status: "step-limit", steps: Math.ceil((records - result.validated) / 128) });
    expect(Math.abs(result.validated - 0.02 * records)).toBeLessThan(0.01 * records);
    // The bright byte says it all.
    expect(result.accuracy).toBeGreaterThan(0.95);
    // Besides the records lie what does not grow with them: batches of 256 as f32, their traces, the program of the tensors that `fit` asks for by themselves.
    expect(result.wasm).toBeLessThan(memory + 12e6);
    expect(result.wasm).toBeGreaterThan(memory / 2);
    expect(result.resident).toBeLessThan(500e6);
    expect(result.waiting).toBeLessThan(1);
  },
  full(300_000, 60_000),
);

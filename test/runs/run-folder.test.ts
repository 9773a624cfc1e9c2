import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkRunFolder, loadRun, saveRun } from "../../src/runs/run-folder.js";
import { version } from "../../src/runs/version.js";
import { rejectionOf } from "../errors.js";
import { exampleRun } from "./example-run.js";

let root = "";
let next = 0;
const fresh = () => join(root, `run-${next++}`);

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "steepest-runs-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const saved = async () => {
  const folder = fresh();
  await saveRun(exampleRun, folder, { created: new Date(0) });
  return folder;
};

it("has the version of the package", () => {
  const { version: published } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(version).toBe(published);
});

describe("saveRun and loadRun", () => {
  it("give back what was saved", async () => {
    const folder = await saved();
    expect(await loadRun(folder)).toEqual({ ...exampleRun, created: "1970-01-01T00:00:00.000Z", version });
  });

  it("leave the four files and nothing else", async () => {
    expect(readdirSync(await saved()).sort()).toEqual(["history.jsonl", "report.html", "run.json", "weights.safetensors"]);
  });

  it("write what other programs can read", async () => {
    const folder = await saved();
    const record = JSON.parse(readFileSync(join(folder, "run.json"), "utf8"));
    expect([record.format, record.formatVersion]).toEqual(["steepest-run", 1]);
    expect(record.configuration).toEqual(exampleRun.configuration);
    expect(record.weights.sha256).toBe(
      createHash("sha256")
        .update(readFileSync(join(folder, "weights.safetensors")))
        .digest("hex"),
    );
    const lines = readFileSync(join(folder, "history.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(exampleRun.history);
  });

  it("keep a diverged run, its NaN included", async () => {
    const folder = fresh();
    const results = { ...exampleRun.results, status: "diverged", trainLoss: Number.NaN } as const;
    await saveRun({ ...exampleRun, results, history: [{ ...exampleRun.history[0], loss: Number.NaN }] }, folder);
    const run = await loadRun(folder);
    expect([run.results.status, run.results.trainLoss, run.history[0].loss]).toEqual(["diverged", Number.NaN, Number.NaN]);
  });

  it("write the same bytes for the same run", async () => {
    const [a, b] = [await saved(), await saved()];
    for (const name of ["run.json", "history.jsonl", "weights.safetensors"])
      expect(readFileSync(join(a, name)).equals(readFileSync(join(b, name)))).toBe(true);
  });
});

describe("loadRun refuses", () => {
  const message = async (folder: string) => (await rejectionOf(loadRun(folder))).message;
  const changed = async (change: (record: Record<string, Record<string, unknown>>) => void) => {
    const folder = await saved();
    const at = join(folder, "run.json");
    const record = JSON.parse(readFileSync(at, "utf8"));
    change(record);
    writeFileSync(at, JSON.stringify(record));
    return message(folder);
  };

  it("what is not there", async () => {
    expect(await message(join(root, "nowhere"))).toContain("no such run folder");
    const empty = fresh();
    mkdirSync(empty);
    expect(await message(empty)).toContain("holds no run");
  });

  it("changed weights", async () => {
    const folder = await saved();
    const at = join(folder, "weights.safetensors");
    const bytes = readFileSync(at);
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(at, bytes);
    expect(await message(folder)).toContain("not those that this run was saved with");
    rmSync(at);
    expect(await message(folder)).toContain("missing");
  });

  it("a newer format, by the version that wrote it", async () => {
    const text = await changed((record) => Object.assign(record, { formatVersion: 2, steepest: "9.9.9" }));
    expect(text).toContain("newer version");
    expect(text).toContain("9.9.9");
  });

  it("a field that is missing or of another kind, by its name", async () => {
    expect(await changed((record) => Reflect.deleteProperty(record.configuration, "seed"))).toContain("configuration › seed");
    expect(await changed((record) => Object.assign(record.results, { status: "fine" }))).toContain("results › status");
    expect(await changed((record) => Object.assign(record, { layers: [{ layer: "dense", outputShape: ["2"], parameters: 1 }] }))).toContain(
      "layers[0] › outputShape[0]",
    );
  });

  it("weights outside the folder", async () => {
    for (const file of ["../weights.safetensors", "/etc/passwd", "..", "a/b"]) {
      expect(await changed((record) => Object.assign(record.weights, { file }))).toContain("inside the run folder");
    }
  });

  it("damaged text, by its line", async () => {
    const folder = await saved();
    writeFileSync(join(folder, "history.jsonl"), `${JSON.stringify(exampleRun.history[0])}\n{"step": 10, "ep`);
    expect(await message(folder)).toContain("history.jsonl, line 2");
    writeFileSync(join(folder, "run.json"), "{");
    expect(await message(folder)).toContain("damaged");
  });
});

describe("checkRunFolder", () => {
  it("accepts a new or an empty folder, and leaves no trace", async () => {
    const deep = join(root, "deep", "er", "run");
    await checkRunFolder(deep);
    expect(existsSync(join(root, "deep"))).toBe(false);
    const empty = fresh();
    mkdirSync(empty);
    await checkRunFolder(empty);
    expect(readdirSync(empty)).toEqual([]);
  });

  it("refuses a folder with another run, which stays as it is, unless forced", async () => {
    const folder = await saved();
    const before = statSync(join(folder, "run.json")).mtimeMs;
    await expect(checkRunFolder(folder)).rejects.toThrow(/another run[\s\S]*--force/);
    await expect(saveRun(exampleRun, folder)).rejects.toThrow(/another run/);
    expect(statSync(join(folder, "run.json")).mtimeMs).toBe(before);
    await saveRun({ ...exampleRun, title: "Second" }, folder, { force: true });
    expect((await loadRun(folder)).title).toBe("Second");
  });

  it("refuses a folder with anything else in it", async () => {
    const folder = fresh();
    mkdirSync(folder);
    writeFileSync(join(folder, "thesis.tex"), "");
    await expect(checkRunFolder(folder)).rejects.toThrow(/not empty[\s\S]*thesis\.tex/);
  });

  it("refuses a file, and a path through a file", async () => {
    const file = fresh();
    writeFileSync(file, "");
    await expect(checkRunFolder(file)).rejects.toThrow(/is a file/);
    await expect(checkRunFolder(join(file, "run"))).rejects.toThrow(/cannot be saved[\s\S]*part of the path is a file/);
  });

  // The superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")("refuses a folder that cannot be written", async () => {
    const folder = fresh();
    mkdirSync(folder);
    chmodSync(folder, 0o500);
    await expect(checkRunFolder(folder)).rejects.toThrow(/cannot be saved[\s\S]*no permission/);
  });

  it.skipIf(!existsSync("/proc/version"))("refuses a place where nothing can be made", async () => {
    await expect(checkRunFolder("/proc/steepest-run")).rejects.toThrow(/cannot be saved/);
  });
});

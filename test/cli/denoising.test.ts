/** A denoiser from clean pictures to a picture without noise, as a user does it: processes, the real engine, files on disk. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodePng, readImage } from "steepest/images";
import { loadRun } from "steepest/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./fake-engine.js";
import { json, steepest } from "./program.js";

let root = "";
const at = (name: string) => join(root, name);

/** Slopes with an edge, another for each number. */
const drawn = (width: number, height: number, at: number) =>
  encodePng({
    ...{ width, height, channels: 1, depth: 8 },
    data: Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return 70 + 2 * x + (x + at * y > 12 + at ? 80 : 0);
    }),
  });

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "steepest-denoising-"));
  mkdirSync(at("clean/test"), { recursive: true });
  for (let i = 0; i < 8; i++) writeFileSync(at(`clean/${i}.png`), drawn(28 + i, 26, i));
  writeFileSync(at("clean/test/last.png"), drawn(30, 30, 2.5));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const data = () => ["--data", `pictures:${at("clean")}`];
const small = ["--patch", "12", "--patches", "64", "--batch-size", "16", "--lr", "0.005"];

describe("steepest train --data pictures:DIR", () => {
  it("trains a denoiser, says in dB how well, and the denoiser denoises", { timeout: 60_000 }, async () => {
    const folder = at("denoiser");
    const size = ["--depth", "3", "--filters", "6", "--sigma", "20..30", "--epochs", "20", "--validation", "0.25"];
    const { code, result, err } = await json("train", ...data(), ...size, ...small, "--out", folder, "--threads", "2");
    expect([code, err.match(/validation PSNR \d\d\.\d\d dB/g)?.length ?? 0], err).toEqual([0, 20]);
    const { noisy, trained, validation, gap, test } = result.psnr as Record<string, number>;
    // Mean variance of a deviation that is even from 20 to 30: 633.3.
    expect(noisy).toBeCloseTo(10 * Math.log10((255 * 255) / (1900 / 3)), 10);
    for (const psnr of [trained, validation, test]) expect(psnr).toBeGreaterThan(noisy + 3);
    expect(gap).toBeCloseTo(trained - validation, 10);

    const stored = await loadRun(folder);
    expect(stored.configuration).toMatchObject({ loss: "halfSquaredSum", sigma: [20, 30], patch: 12, patches: 64, augment: ["dihedral"] });
    expect(stored.results).toMatchObject({ validationPsnr: validation, seenPsnr: trained, test: { psnr: test } });
    expect(stored.history.filter(({ validationPsnr }) => validationPsnr !== undefined)).toHaveLength(20);
    expect(stored.command).toMatch(
      /--data pictures:\S+ --model dncnn --channels 1 --depth 3 --filters 6 --sigma 20\.\.30 --patch 12 --patches 64 /,
    );
    const report = readFileSync(join(folder, "report.html"), "utf8");
    expect(report).toMatch(/Unseen pictures are restored to \d\d\.\d\d dB/);
    expect(report).toMatch(/PSNR in dB/);

    await steepest("degrade", at("clean/test/last.png"), "-o", at("noisy.png"), "--noise", "gaussian", "--sigma", "25");
    const restored = await json(
      "denoise",
      at("noisy.png"),
      "-o",
      at("restored.png"),
      "--method",
      `dncnn:${folder}`,
      "--clean",
      at("clean/test/last.png"),
    );
    expect(restored.result.psnr).toBeGreaterThan(Number(restored.result.psnrInput) + 3);
    // Beside energies: one network for all pictures, and as many unknowns as pixels for each.
    const methods = ["tv", `dncnn:${folder}`, "tikhonov"];
    const compared = await json("denoise", at("noisy.png"), "-o", at("by-tv.png"), "--against", methods.slice(1).join(), "--clean", at("clean/test/last.png"), "--compare", at("all.png")); // biome-ignore format: one command
    const rows = compared.result.comparison as Record<string, number>[];
    expect(rows.map(({ method }) => method)).toEqual(methods);
    expect(rows.map(({ variables }) => variables)).toEqual([900, stored.layers.reduce((sum, { parameters }) => sum + parameters, 0), 900]);
    expect(rows.map(({ trainingSeconds }) => trainingSeconds)).toEqual([null, stored.results.seconds, null]);
    expect(rows[1].psnr).toBe(restored.result.psnr);
    expect(rows[0]).toMatchObject({ psnr: compared.result.psnr, ssim: compared.result.ssim, lambda: compared.result.lambda });
    for (const { seconds } of rows) expect(seconds).toBeGreaterThan(0);
    expect((await readImage(readFileSync(at("all.png")))).width).toBe(5 * 30 + 4 * 8);
    const words = await steepest(
      "denoise",
      at("noisy.png"),
      "-o",
      at("by-tv.png"),
      "--against",
      "tikhonov",
      "--clean",
      at("clean/test/last.png"),
    );
    expect(words.out).toMatch(/method +variables +trained +this picture +PSNR +SSIM\n +tv +900 +– .*dB.*\n +tikhonov +900 /);
    expect((await steepest("denoise", at("noisy.png"), "-o", at("no.png"), "--against", "tv,tikhonof")).code).toBe(2);

    // What has no classes cannot be evaluated as if it had.
    const evaluated = await steepest("evaluate", folder);
    expect([evaluated.code, evaluated.err]).toEqual([2, expect.stringMatching(/steepest denoise/)]);
  });

  it("trains autoencoders", { timeout: 60_000 }, async () => {
    const { code, result } = await json(
      "train",
      ...data(),
      "--model",
      "autoencoder",
      "--filters",
      "4,3",
      "--sigma",
      "0",
      ...small,
      "--epochs",
      "1",
      "--validation",
      "0",
      "--out",
      at("auto"),
    );
    expect(code).toBe(0);
    expect(result.psnr).toMatchObject({ noisy: null, trained: null, validation: null, gap: null });
    expect((await loadRun(at("auto"))).inputShape).toEqual([12, 12, 1]);
  });

  it("has defaults that a command written again repeats", async () => {
    const { code, asked } = await run(["train", ...data(), "--patch", "20", "--out", at("fake")]);
    expect(code).toBe(0);
    expect(asked.train).toMatchObject({ epochs: 10, batchSize: 32, model: { name: "dncnn" }, optimizer: { name: "adam" } });
    expect(asked.train?.dataset).toMatchObject({ kind: "restoration", sigma: [0, 55], patch: 20, patches: 128 });
  });

  it.each([
    [["--model", "cnn"], /--model cnn tells classes apart/],
    [["--model", "dncnn", "--filters", "8,4"], /one number of filters/],
    [["--model", "autoencoder", "--depth", "4"], /as deep as it has --filters/],
    [["--model", "autoencoder", "--patch", "42"], /multiple of 4/],
    [["--sigma", "30..20"], /--sigma cannot be used/],
    [["--sigma", "-1"], /--sigma cannot be used/],
    [["--filters", "0"], /--filters cannot be used/],
    [["--standardize"], /neither --memory nor --standardize/],
    [["--memory", "20MB"], /neither --memory nor --standardize/],
    [["--image-size", "32"], /--image-size is for folders/],
  ])("refuses %j", async (options, message) => {
    const { code, err } = await run(["train", ...data(), ...options, "--out", at("never")]);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  it("refuses options of denoisers beside other networks, denoisers of other data, and pictures that do not hold a patch", async () => {
    const ended = async (...options: string[]) => {
      const { code, err } = await run(["train", ...options, "--out", at("never")]);
      return [code, err] as const;
    };
    expect(await ended("--data", "digits", "--sigma", "25")).toEqual([2, expect.stringMatching(/--sigma is for denoisers/)]);
    expect(await ended("--data", "digits", "--model", "dncnn")).toEqual([2, expect.stringMatching(/pictures:DIR/)]);
    expect(await ended("--data", "pictures:")).toEqual([2, expect.stringMatching(/pictures needs the folder/)]);
    expect(await ended(...data(), "--patch", "27")).toEqual([1, expect.stringMatching(/smaller than a patch[\s\S]*0\.png \(28 × 26\)/)]);
    expect(await ended("--data", `pictures:${at("nowhere")}`)).toEqual([1, expect.stringMatching(/no folder of that name/)]);
  });
});

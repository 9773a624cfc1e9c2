import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adam, cosine, dncnn, fit, linear } from "steepest";
import { digits, restorationPairs } from "steepest/data";
import { saveRun } from "steepest/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Image } from "../../src/data/images/image.js";
import { encodePng, readImage } from "../../src/data/images/index.js";
import { psnr, ssim } from "../../src/vision.js";
import { run } from "./fake-engine.js";

let root = "";
const at = (name: string) => join(root, name);
const picture = async (name: string): Promise<Image> => readImage(readFileSync(at(name)));

/** A square on a slope, with as many channels as asked for. */
function drawn(width: number, height: number, channels: number, depth: 8 | 16 = 8): Image {
  const size = width * height * channels;
  const data = depth === 8 ? new Uint8Array(size) : new Uint16Array(size);
  for (let i = 0; i < size; i++) {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const inside = x > width / 4 && x < width / 2 && y > height / 4;
    const isAlpha = channels % 2 === 0 && channel === channels - 1;
    const value = isAlpha ? 200 : (inside ? 190 : 60) + x - 10 * channel;
    data[i] = depth === 8 ? value : 257 * value + 3;
  }
  return depth === 8
    ? { width, height, channels, depth, data: Uint8Array.from(data) }
    : { width, height, channels, depth, data: Uint16Array.from(data) };
}

async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run([...argv, "--json"]);
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out);
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "steepest-restoration-"));
  for (const [name, image] of Object.entries({
    grey: drawn(40, 32, 1),
    colour: drawn(20, 16, 3),
    alpha: drawn(20, 16, 4),
    words: drawn(20, 16, 1, 16),
  }))
    writeFileSync(at(`${name}.png`), encodePng(image));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("degrade", () => {
  it("changes nothing where nothing is asked for, with any channels and 16 bits", async () => {
    for (const name of ["grey", "colour", "alpha", "words"]) {
      await json("degrade", at(`${name}.png`), "-o", at("same.png"));
      expect(await picture("same.png")).toEqual(await picture(`${name}.png`));
    }
  });

  it("is the same for the same seed, and says how much worse the picture is", async () => {
    const one = await json("degrade", at("grey.png"), "-o", at("a.png"), "--noise", "gaussian", "--sigma", "25", "--seed", "3");
    await json("degrade", at("grey.png"), "--output", at("b.png"), "--noise", "gaussian", "--sigma", "25", "--seed", "3");
    await json("degrade", at("grey.png"), "-o", at("c.png"), "--noise", "gaussian", "--sigma", "25", "--seed", "4");
    expect(await picture("a.png")).toEqual(await picture("b.png"));
    expect(await picture("a.png")).not.toEqual(await picture("c.png"));
    expect(one).toMatchObject({ output: at("a.png"), width: 40, height: 32, channels: 1, depth: 8 });
    expect(one.psnr).toBe(psnr(await picture("a.png"), await picture("grey.png")));
    // 20.17 dB, with 1,280 pixels some tenths more or less; clipping may add some.
    expect(Math.abs(Number(one.psnr) - 20.17)).toBeLessThan(1);
  });

  it("keeps what is transparent", async () => {
    await json("degrade", at("alpha.png"), "-o", at("a.png"), "--noise", "salt-and-pepper", "--share", "0.5");
    const [before, after] = [await picture("alpha.png"), await picture("a.png")];
    const alphas = (image: Image) => Array.from(image.data).filter((_, i) => i % 4 === 3);
    expect(alphas(after)).toEqual(alphas(before));
    expect(after.data).not.toEqual(before.data);
  });

  it("reduces, blurs and masks", async () => {
    expect(await json("degrade", at("grey.png"), "-o", at("small.png"), "--downsample", "4", "--16-bit")).toMatchObject({
      width: 10,
      height: 8,
      depth: 16,
    });
    await json("degrade", at("grey.png"), "-o", at("shaken.png"), "--motion", "5,90");
    await json("degrade", at("colour.png"), "-o", at("holes.png"), "--mask", "2,3,5,4", "--mask-output", at("mask.png"));
    const mask = await picture("mask.png");
    expect(Array.from(mask.data).reduce((sum, x) => sum + x, 0)).toBe(255 * (20 * 16 - 5 * 4));
    const holes = await picture("holes.png");
    expect([...holes.data.subarray((3 * 20 + 2) * 3, (3 * 20 + 2) * 3 + 3)]).toEqual([0, 0, 0]);
  });

  it.each<[string[], RegExp]>([
    [[], /IN is missing/],
    [["grey.png"], /--output is missing/],
    [["grey.png", "-o", "out.jpg"], /ends in \.png/],
    [["grey.png", "-o", "x.png", "--noise", "gausian"], /did you mean gaussian/],
    [["grey.png", "-o", "x.png", "--blur", "2", "--motion", "4"], /in one way/],
    [["grey.png", "-o", "x.png", "--blur", "-1"], /σ of a Gaussian kernel/],
    [["grey.png", "-o", "x.png", "--mask", "30,0,30,5"], /inside/],
    [["grey.png", "-o", "x.png", "--mask-output", "m.png"], /--mask makes/],
    [["grey.png", "-o", "x.png", "--downsample", "3"], /divides its sides/],
  ])("refuses %j", async (argv, message) => {
    const { code, err } = await run(["degrade", ...argv.map((word) => (word === "grey.png" ? at(word) : word))]);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });
});

describe("denoise", () => {
  beforeAll(() => run(["degrade", at("grey.png"), "-o", at("noisy.png"), "--noise", "gaussian", "--sigma", "15", "--quiet"]));

  it("restores, and tells what it did", async () => {
    for (const method of ["tv", "tikhonov", "huber", "smoothed-tv"]) {
      const result = await json(
        "denoise",
        at("noisy.png"),
        "-o",
        at("out.png"),
        "--sigma",
        "15",
        "--clean",
        at("grey.png"),
        "--method",
        method,
      );
      expect(Object.keys(result)).toEqual(expect.arrayContaining(["method", "lambda", "iterations", "energy", "gap", "psnr", "ssim", "psnrInput", "seconds"])); // biome-ignore format: one list
      expect(result).toMatchObject({ method, status: "converged", sigma: 15 });
      const [out, clean, noisy] = [await picture("out.png"), await picture("grey.png"), await picture("noisy.png")];
      expect([result.psnr, result.ssim, result.psnrInput]).toEqual([psnr(out, clean), ssim(out, clean), psnr(noisy, clean)]);
      expect(Number(result.psnr)).toBeGreaterThan(Number(result.psnrInput) + 1);
      expect(Number(result.gap)).toBeLessThanOrEqual(1e-4 * Number(result.energy));
    }
  });

  it("finds λ to the end, however few iterations are asked for then", async () => {
    const argv = ["denoise", at("noisy.png"), "-o", at("out.png"), "--sigma", "15"] as const;
    const few = await json(...argv, "--iterations", "1");
    expect(few).toMatchObject({ iterations: 1, lambda: (await json(...argv)).lambda });
  });

  it("writes the pictures side by side, the figure, and words", async () => {
    const { code, out } = await run(["denoise", at("noisy.png"), "-o", at("out.png"), "--lambda", "10", "--clean", at("grey.png"), "--compare", at("both.png"), "--figure", at("energy.svg")]); // biome-ignore format: one command
    expect(code).toBe(0);
    expect(out).toMatch(/Converged after \d+ iterations[\s\S]*λ +10[\s\S]*PSNR before[\s\S]*SSIM/);
    expect(await picture("both.png")).toMatchObject({ width: 3 * 40 + 16, height: 32, channels: 3 });
    expect(readFileSync(at("energy.svg"), "utf8")).toMatch(/^<svg[\s\S]*Energy[\s\S]*Gap[\s\S]*PSNR/);
  });

  it("writes a page with the pictures, their errors, and how it went", async () => {
    const argv = [
      "denoise",
      at("noisy.png"),
      "-o",
      at("out.png"),
      "--lambda",
      "10",
      "--clean",
      at("grey.png"),
      "--report",
      at("page.html"),
    ];
    const result = await json(...argv);
    const html = readFileSync(at("page.html"), "utf8");
    expect(html).not.toMatch(/<script|@import|url\(|\son\w+=|NaN|undefined/i);
    expect(html).toContain(`PSNR ${Number(result.psnr).toFixed(2)} dB, ${Number(result.psnrInput).toFixed(2)} dB before`);
    for (const title of ["Energy", "Gap", "PSNR"]) expect(html).toMatch(new RegExp(`aria-label="${title}\\. `));
    expect(html).toContain(`steepest ${argv.join(" ").replace("-o", "--output")}`);
    // Before, after and clean, as they are on the disk, and below them their errors: too small for an enlarged part.
    const shown = await Promise.all(
      [...html.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, packed]) => readImage(Buffer.from(packed, "base64"))),
    );
    expect(shown.map(({ channels }) => channels)).toEqual([1, 1, 1, 3, 3, 1]);
    for (const [i, name] of ["noisy.png", "out.png", "grey.png"].entries()) expect(shown[i]).toEqual(await picture(name));

    const both = await run([...argv, "--against", "tikhonov", "--quiet"]);
    expect(both.code).toBe(0);
    expect(readFileSync(at("page.html"), "utf8")).toMatch(/<th scope="row">tv<[\s\S]*<th scope="row">tikhonov</);
    const enlarged = await run(["upscale", at("noisy.png"), "-o", at("large.png"), "--iterations", "5", "--report", at("large.html")]);
    expect([enlarged.code, readFileSync(at("large.html"), "utf8").includes("80 × 64 pixels")]).toEqual([0, true]);
  });

  it("keeps 16 bits, colours and what is transparent, whatever the number of threads", async () => {
    for (const name of ["words", "colour", "alpha"]) {
      await json("denoise", at(`${name}.png`), "-o", at("one.png"), "--lambda", "5", "--threads", "1");
      await json("denoise", at(`${name}.png`), "-o", at("two.png"), "--lambda", "5", "--threads", "2");
      const [one, two, given] = [await picture("one.png"), await picture("two.png"), await picture(`${name}.png`)];
      expect(one).toEqual(two);
      expect([one.width, one.height, one.channels, one.depth]).toEqual([given.width, given.height, given.channels, given.depth]);
    }
  });

  it("estimates the noise where nothing is said", async () => {
    const result = await json("denoise", at("noisy.png"), "-o", at("out.png"));
    expect(Math.abs(Number(result.sigma) - 15)).toBeLessThan(3);
  });

  it.each<[string[], number, RegExp]>([
    [["--method", "tvv"], 2, /did you mean tv\?/],
    [["--method", "tv:3"], 2, /nothing behind a colon/],
    [["--data", "l1"], 2, /--lambda/],
    [["--lambda", "0"], 2, /above 0/],
    [["--lambda", "5", "--clean", "colour.png"], 1, /the clean picture does not fit/],
    [["--sigma", "250"], 1, /σ may be too large/],
    [["--lambda", "5", "--clean", "none.png"], 1, /none\.png/],
  ])("refuses %j", async (argv, expected, message) => {
    rmSync(at("no.png"), { force: true });
    const { code, err } = await run([
      "denoise",
      at("noisy.png"),
      "-o",
      at("no.png"),
      ...argv.map((word) => (word.endsWith(".png") ? at(word) : word)),
    ]);
    expect(err).toMatch(message);
    expect(code).toBe(expected);
    expect(existsSync(at("no.png"))).toBe(false);
  });

  it("says what is no picture", async () => {
    writeFileSync(at("text.png"), "no picture");
    expect(await run(["denoise", at("text.png"), "-o", at("no.png")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("This is no picture"),
    });
    expect(await run(["denoise", at("absent.png"), "-o", at("no.png")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("absent.png"),
    });
  });
});

describe("deblur, inpaint and upscale", () => {
  it("restore what was degraded in a known way", async () => {
    await run(["degrade", at("grey.png"), "-o", at("blurred.png"), "--blur", "1.2"]);
    const sharp = await json(
      "deblur",
      at("blurred.png"),
      "-o",
      at("sharp.png"),
      "--blur",
      "1.2",
      "--clean",
      at("grey.png"),
      "--tolerance",
      "1e-3",
      "--iterations",
      "3000",
    );
    expect(Number(sharp.psnr)).toBeGreaterThan(Number(sharp.psnrInput) + 3);

    await run(["degrade", at("grey.png"), "-o", at("holes.png"), "--mask", "random", "--share", "0.5", "--mask-output", at("mask.png")]);
    const whole = await json(
      "inpaint",
      at("holes.png"),
      "-o",
      at("whole.png"),
      "--mask",
      at("mask.png"),
      "--clean",
      at("grey.png"),
      "--tolerance",
      "1e-3",
    );
    expect(Number(whole.psnr)).toBeGreaterThan(Number(whole.psnrInput) + 10);

    await run(["degrade", at("grey.png"), "-o", at("small.png"), "--downsample", "2"]);
    const large = await json(
      "upscale",
      at("small.png"),
      "-o",
      at("large.png"),
      "--clean",
      at("grey.png"),
      "--tolerance",
      "1e-3",
      "--method",
      "huber",
    );
    expect(await picture("large.png")).toMatchObject({ width: 40, height: 32 });
    expect(Number(large.psnr)).toBeGreaterThan(25);
    expect(large.psnrInput).toBeUndefined();
  });

  it.each<[string[], number, RegExp]>([
    [["deblur", "grey.png", "-o", "no.png"], 2, /needs to know the blur/],
    [["inpaint", "grey.png", "-o", "no.png"], 2, /--mask is missing/],
    [["inpaint", "grey.png", "-o", "no.png", "--mask", "colour.png"], 1, /the mask does not fit/],
    [["upscale", "grey.png", "-o", "no.png", "--factor", "1"], 2, /at least 2/],
  ])("refuse %j", async (argv, expected, message) => {
    const { code, err } = await run(argv.map((word) => (word.endsWith(".png") ? at(word) : word)));
    expect(err).toMatch(message);
    expect(code).toBe(expected);
  });
});

describe("denoise with a trained network", () => {
  it("takes noise out of pictures of other sizes than it was trained on, plane by plane in colour", async () => {
    const { width, height } = drawn(40, 32, 1);
    const pairs = restorationPairs([drawn(width, height, 1), drawn(50, 50, 1)], { patch: 16, sigma: 25, patches: 160 });
    await saveRun(
      await fit(dncnn({ depth: 3, filters: 8 }), pairs, { epochs: 40, batchSize: 16, optimizer: adam({ learningRate: cosine(0.01) }) }),
      at("dncnn"),
    );
    for (const name of ["grey", "colour"]) {
      await json("degrade", at(`${name}.png`), "-o", at("noisy.png"), "--noise", "gaussian", "--sigma", "25");
      const asked = ["denoise", at("noisy.png"), "-o", at("learned.png"), "--method", `dncnn:${at("dncnn")}`, "--clean", at(`${name}.png`)];
      const { psnr: after, psnrInput, energy, lambda } = await json(...asked);
      expect([energy, lambda]).toEqual([undefined, undefined]);
      expect(Number(after)).toBeGreaterThan(Number(psnrInput) + 3);
    }
    const first = await picture("learned.png");
    await json("denoise", at("noisy.png"), "-o", at("again.png"), "--method", `dncnn:${at("dncnn")}`, "--threads", "1");
    expect(await picture("again.png")).toEqual(first);
  });

  it("says what cannot be done", async () => {
    await saveRun(await fit(linear(), digits({ train: 20, test: 5 })), at("linear"));
    for (const [more, code, message] of [
      [["--method", "dncnn"], 2, /dncnn needs RUN/],
      [["--method", `dncnn:${at("linear")}`], 1, /did not train a denoiser/],
      [["--method", `dncnn:${at("linear")}`, "--lambda", "2"], 2, /minimises no energy/],
      [["--method", `dncnn:${at("nowhere")}`], 1, /nowhere/],
    ] as const) {
      const ended = await run(["denoise", at("grey.png"), "-o", at("x.png"), ...more]);
      expect(ended.code).toBe(code);
      expect(ended.err).toMatch(message);
    }
  });
});

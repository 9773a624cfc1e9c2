/** Gaussian noise on the 68 pictures of BSD68, removed by minimising energies and by one's own networks: how far that comes beside methods that were built or trained for it. */
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { applyInTiles, SteepestError, type Tensor, tensor } from "steepest";
import { digits } from "steepest/data";
import { type Image, readImage } from "steepest/images";
import { loadRun } from "steepest/node";
import { exactTikhonov, gaussianNoise, imageTensor, psnr, restore, tensorImage, totalVariation } from "steepest/vision";
import { measure, type Planned } from "./rows.js";
import type { Study, StudyOptions, StudyResult } from "./study.js";

export const bsd68: Study = {
  name: "bsd68",
  title: "Denoising BSD68 by energies and by trained networks",
  needs: "the 68 pictures of BSD68 as PNG files, as steepest data get bsd68 puts them",
  seeds: 1,
  builtIn: true,
  takesRuns: "a denoiser for grey pictures that steepest train made, at each σ that it was trained for",
  run,
};

/** σ of 255, and what was published of two methods at that noise. */
const levels = [
  { sigma: 15, others: "BM3D 31.07, DnCNN 31.73" },
  { sigma: 25, others: "BM3D 28.57, DnCNN 29.23" },
  { sigma: 50, others: "BM3D 25.62, DnCNN 26.23" },
] as const;

/** λσ for total variation, λσ² for Tikhonov: in these units the best is about the same at all levels. */
const factors = {
  variation: [0.5, 0.7, 0.85, 1, 1.2, 1.4, 2, 2.8],
  tikhonov: [0.001, 0.002, 0.003, 0.005, 0.008, 0.012, 0.02, 0.03],
} as const;

type Denoiser = (noisy: Tensor, lambda: number) => Promise<Tensor>;

/** A network that was trained. */
interface Learned {
  readonly name: string;
  /** Of 255: the least and the largest noise that it has met. */
  readonly sigma: readonly [number, number];
  readonly effort: string;
  denoise(noisy: Tensor): Promise<Tensor>;
}

const byTikhonov: Denoiser = async (noisy, lambda) => exactTikhonov(noisy, { lambda });
const byVariation: Denoiser = async (noisy, lambda) =>
  (await restore(noisy, totalVariation({ lambda }), { tolerance: 1e-3, iterations: 500 })).image;

async function run(options: StudyOptions): Promise<StudyResult> {
  const pictures = await picturesOf(options);
  const learned = await Promise.all((options.runs ?? []).map(learnedFrom));
  const rows = levels.flatMap(({ sigma, others }): Planned[] => {
    const deviation = sigma / 255;
    const noisy = (seed: number, index: number) => gaussianNoise(imageTensor(pictures[index]), { sigma: deviation, seed, index });
    /** Mean PSNR over every n-th picture, rounded to 8 bits. */
    const mean = async (
      method: Denoiser,
      lambda: number | undefined,
      seed: number,
      every: number,
      tell: (share: number, text: string) => void,
    ) => {
      let [sum, count] = [0, 0];
      for (let i = 0; i < pictures.length; i += every) {
        sum += psnr(tensorImage(await method(noisy(seed, i), lambda ?? 0)), pictures[i]);
        tell(
          (i + 1) / pictures.length,
          `${lambda === undefined ? "" : `λ = ${lambda.toPrecision(3)}, `}picture ${i + 1} of ${pictures.length}`,
        );
        count++;
      }
      return sum / count;
    };
    const denoised =
      (method: Denoiser, lambdas: readonly number[]) => async (seed: number, tell: (share: number, text: string) => void) => {
        const tried: (readonly [lambda: number, psnr: number])[] = [];
        for (const [i, lambda] of lambdas.entries())
          tried.push([lambda, await mean(method, lambda, seed, 8, (share, text) => tell((0.5 * (i + share)) / lambdas.length, text))]);
        const [best] = tried.reduce((a, b) => (b[1] > a[1] ? b : a));
        return mean(method, best, seed, 1, (share, text) => tell(0.5 + 0.5 * share, text));
      };
    const expected = 20 * Math.log10(255 / sigma);
    const effort = `${pictures.length} pictures`;
    return [
      {
        name: `noisy, σ = ${sigma}`,
        published: `${expected.toFixed(2)} (20 log₁₀ 255/σ)`,
        bounds: [expected - 0.02, expected + 0.02],
        effort,
        work: 1,
        async run(seed) {
          const each = pictures.map((picture, i) => psnr(noisy(seed, i), imageTensor(picture)));
          return each.reduce((sum, x) => sum + x, 0) / each.length;
        },
      },
      {
        name: `Tikhonov, σ = ${sigma}`,
        published: others,
        effort,
        work: 10,
        run: denoised(
          byTikhonov,
          factors.tikhonov.map((factor) => factor / deviation ** 2),
        ),
      },
      {
        name: `total variation, σ = ${sigma}`,
        published: others,
        effort,
        work: 60,
        run: denoised(
          byVariation,
          factors.variation.map((factor) => factor / deviation),
        ),
      },
      ...learned
        .filter((network) => network.sigma[0] <= sigma && sigma <= network.sigma[1])
        .map((network) => ({
          name: `${network.name}, σ = ${sigma}`,
          published: others,
          effort: network.effort,
          work: 60,
          run: (seed: number, tell: (share: number, text: string) => void) => mean(network.denoise, undefined, seed, 1, tell),
        })),
    ];
  });
  return {
    quantity: "PSNR in dB",
    percent: false,
    rows: await measure(rows, options),
    protocol: [
      `${pictures.length} pictures; Gaussian noise that is not clipped, one seed for each picture; restored pictures rounded to 8 bits, nothing cut off at the borders.`,
      `λ is the best of ${factors.variation.length} on every eighth picture, the same for all pictures of one σ; the PSNR is over all of them.`,
      ...(learned.length === 0
        ? []
        : [
            "Networks: one application to each picture, without a look at σ; they have not met these pictures if they were trained on Train400.",
          ]),
      "Tikhonov: the exact minimum by cosines. Total variation: isotropic, until the gap is a thousandth of the energy.",
      "BM3D and DnCNN as the authors of DnCNN print them (arXiv 1608.03981), with noise of their own.",
    ],
  };
}

/** @throws SteepestError for a run that is no denoiser of grey pictures */
async function learnedFrom(folder: string): Promise<Learned> {
  const run = await loadRun(folder);
  const { sigma } = run.configuration;
  const [from, to] = Array.isArray(sigma) ? sigma.map(Number) : [];
  if (from === undefined || to === undefined || run.inputShape.at(-1) !== 1)
    throw new SteepestError({
      problem: "The run did not train a denoiser of grey pictures",
      expected: "what steepest train --data pictures:DIR leaves",
      received: `${run.title}, of inputs [${run.inputShape.join(", ")}]`,
      where: folder,
    });
  const weights = run.layers.reduce((sum, { parameters }) => sum + parameters, 0);
  const minutes = run.results.seconds / 60;
  return {
    name: basename(resolve(folder)),
    sigma: [from, to],
    effort: `${weights} weights, trained once in ${minutes < 10 ? minutes.toFixed(1) : Math.round(minutes)} min`,
    async denoise(noisy) {
      const [height, width] = noisy.shape;
      const { data } = await applyInTiles({ training: run.training, ...run.point }, { width, height, channels: 1, data: noisy.data() });
      return tensor(data, { shape: [height, width] });
    },
  };
}

async function picturesOf({ data, quick }: StudyOptions): Promise<readonly Image[]> {
  if (quick || data === undefined) {
    const { inputs } = digits({ train: 3, test: 1 });
    return [0, 1, 2].map((i) => ({
      width: 28,
      height: 28,
      channels: 1,
      depth: 8,
      data: Uint8Array.from(inputs.data.subarray(784 * i, 784 * (i + 1))),
    }));
  }
  const names = (await readdir(data)).filter((name) => name.endsWith(".png")).sort();
  if (names.length === 0)
    throw new SteepestError({ problem: "There are no pictures in the folder", expected: "files that end in .png", where: data });
  return Promise.all(names.map(async (name) => readImage(await readFile(join(data, name)), { where: name, channels: 1, depth: 8 })));
}

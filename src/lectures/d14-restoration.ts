/** D14: one degraded picture restored twice, by minimising an energy and by a network that has learned it. */
import { digits } from "../data/digits.js";
import { restorationPairs } from "../data/restoration/pairs.js";
import { fit } from "../descent/fit.js";
import { applyInTiles } from "../descent/tiles.js";
import { imageRow, type RowPicture } from "../figures/image-row.js";
import { lineChart } from "../figures/line-chart.js";
import { conv2d, type Model, relu, residual, sequential } from "../models/index.js";
import { adam } from "../optimizers/adam.js";
import { gd } from "../optimizers/gradient-descent.js";
import { cosine } from "../optimizers/schedules/cosine.js";
import { tensor } from "../tensor/create.js";
import type { Tensor } from "../tensor/tensor.js";
import { gaussianNoise } from "../vision/degradations.js";
import { chooseLambda } from "../vision/discrepancy.js";
import { tikhonov, totalVariation } from "../vision/energies.js";
import { exactTikhonov } from "../vision/exact-tikhonov.js";
import { imageTensor, tensorImage } from "../vision/pictures.js";
import { psnr } from "../vision/quality.js";
import { type RestorationLook, restore } from "../vision/restore.js";
import type { Exhibit } from "./exhibit.js";
import { mosaic } from "./mosaic.js";

/** Standard deviation of the noise, of 255. */
const sigma = 25;
/** Of Tikhonov's energy. */
const lambda = 2;
const [pictures, depth, filters, patch, patches, epochs] = [48, 4, 16, 20, 1600, 6] as const;

/** A small DnCNN: convolutions that estimate the noise, which is then taken away. Without batch normalisation, which needs more steps than there is time for. */
const network: Model = sequential(
  residual(
    sequential(conv2d(filters, 3), relu(), ...Array.from({ length: depth - 2 }, () => [conv2d(filters, 3), relu()]).flat(), conv2d(1, 3)),
  ),
);

const code = `import { digits } from "steepest/data";
import { gaussianNoise, imageTensor, psnr, restore, totalVariation } from "steepest/vision";

const { inputs } = digits({ train: 1, test: 1 });
const data = Uint8Array.from(inputs.data);
const clean = imageTensor({ width: 28, height: 28, channels: 1, depth: 8, data });
const noisy = gaussianNoise(clean, { sigma: 25 / 255, seed: 7 });
const restored = await restore(noisy, totalVariation({ lambda: 8 }), { reference: clean });
psnr(noisy, clean) < 21;      // → true
(restored.psnr ?? 0) > 23;    // → true`;

const decibels = (value: number): string => `${value.toFixed(2)} dB`;

/** A tensor of values from 0 to 1 as a picture to be shown. */
function picture(name: string, values: Tensor, note: string): RowPicture {
  const { width, height, data } = tensorImage(values.maximum(0).minimum(1));
  return { name, note, width, height, channels: 1, samples: Uint8Array.from(data) };
}

export const restoration = {
  id: "D14",
  title: "Restoring a picture: by an energy, by a network",
  shows:
    "A variational method minimises an energy whose variables are the pixels, anew for each picture; a network spends that effort once, on its weights, and then restores in one pass. " +
    "Side by side on one picture: how many variables, how long the training, how long the picture, how many decibels.",
  formula: [
    "J(u) = Σ |∇u| + (λ/2) ‖u − f‖²   (total variation),   J(u) = ½‖∇u‖² + (λ/2) ‖u − f‖²   (Tikhonov)",
    "Tikhonov by gradient descent: eigenvalues of the Hessian in [λ, λ + 8), stable for α < 2/(8 + λ)",
    "θ* = argmin Σᵢ ½ ‖F_θ(xᵢ) − yᵢ‖² over pairs (noisy, clean);   restored: F_{θ*}(x)",
  ],
  code,
  command: "steepest denoise noisy.png --reference clean.png --output restored.png",
  mistake:
    "Comparisons usually give the energy the λ that is best against the true picture, which nobody has; here λ comes from the noise alone. " +
    "And they print decibels without what these cost: the training before the first picture, and that the network knows one kind of picture and one strength of noise.",
  async make({ cifar10, threads }) {
    const common = threads === undefined ? {} : { threads };
    const data = cifar10 ?? digits({ train: 1200, test: 100 });
    const side = cifar10 === undefined ? 4 : 3;
    const tile = cifar10 === undefined ? 5 : 4;
    const clean = imageTensor(mosaic(data.test ?? data, 0, side, side)).cast("f32");
    const noisy = gaussianNoise(clean, { sigma: sigma / 255, seed: 7 });

    // By an energy: λ from the noise, then one minimisation.
    const chosen = await chooseLambda(noisy, (weight) => totalVariation({ lambda: weight }), { sigma: sigma / 255, ...common });
    const variational = await restore(noisy, totalVariation({ lambda: chosen.lambda }), {
      reference: clean,
      every: 5,
      iterations: 600,
      ...common,
    });
    // By gradient descent, below its limit and above.
    const limit = 2 / (8 + lambda);
    const descents = [];
    for (const share of [0.5, 0.95, 1.1]) {
      const optimizer = gd({ learningRate: share * limit });
      const { history, status } = await restore(noisy, tikhonov({ lambda }), {
        method: optimizer,
        iterations: 60,
        every: 1,
        tolerance: 0,
        reference: clean,
        ...common,
      });
      descents.push({ share, learningRate: share * limit, status, history });
    }
    const exact = exactTikhonov(noisy, { lambda });

    // By a network, from other pictures of the same kind.
    const images = Array.from({ length: pictures }, (_, i) => mosaic(data, i * tile * tile, tile, tile));
    const began = performance.now();
    const run = await fit(network, restorationPairs(images, { patch, sigma, patches }), {
      optimizer: adam({ learningRate: cosine(3e-3) }),
      epochs,
      batchSize: 16,
      ...common,
    });
    const trained = (performance.now() - began) / 1000;
    const [height, width] = clean.shape;
    const restoring = performance.now();
    const learned = await applyInTiles(run, { width, height, channels: 1, data: noisy.data() }, common);
    const applied = (performance.now() - restoring) / 1000;
    const learnedImage = tensor(learned.data, { shape: clean.shape });

    const last = ({ history }: { readonly history: readonly RestorationLook[] }) => history[history.length - 1];
    const curve = (history: readonly RestorationLook[], of: (look: RestorationLook) => number | undefined) =>
      history.map((look) => [look.iteration, of(look) ?? Number.NaN] as const);
    const best = Math.max(...variational.history.map(({ psnr: decibels }) => decibels ?? 0));
    return {
      numbers: {
        sigma,
        psnr: { noisy: psnr(noisy, clean), variational: psnr(variational.values, clean), learned: psnr(learnedImage, clean) },
        variables: { variational: clean.shape.reduce((a, b) => a * b, 1), learned: run.training.layout.count },
        secondsToTrain: { variational: 0, learned: trained },
        secondsForThePicture: { variational: variational.seconds, learned: applied },
        variational: {
          lambda: chosen.lambda,
          residual: chosen.residual * 255,
          iterations: variational.iterations,
          energy: variational.energy,
          gap: variational.gap ?? null,
          psnrBest: best,
        },
        tikhonov: {
          lambda,
          stableBelow: limit,
          exactPsnr: psnr(exact, clean),
          descents: descents.map(({ share, history }) => {
            const [first, end] = [history[0], last({ history })];
            return { "share of the limit": share, energyOfTheStart: first.energy, energyAtTheEnd: end.energy, psnr: end.psnr ?? null };
          }),
        },
      },
      data: `${cifar10 === undefined ? "Mosaics of the built-in digits (give a folder with CIFAR-10 to see photographs)" : "Mosaics of CIFAR-10, in grey"}; Gaussian noise of σ = ${sigma} of 255. The network has ${depth} convolutions with ${filters} filters that estimate the noise, and was trained on ${epochs * patches} patches of ${patch} × ${patch} from ${pictures} other mosaics.`,
      figures: [
        {
          name: "pictures",
          figure: imageRow({
            title: "One picture, restored twice",
            pictures: [
              picture("noisy", noisy, decibels(psnr(noisy, clean))),
              picture("by an energy", variational.values, decibels(psnr(variational.values, clean))),
              picture("by a network", learnedImage, decibels(psnr(learnedImage, clean))),
              picture("clean", clean, ""),
            ],
            zoom: { x: Math.floor(width / 4), y: Math.floor(height / 4), width: Math.floor(width / 4), height: Math.floor(height / 4) },
            reference: 3,
          }),
          caption: "Total variation keeps edges and flattens what is fine; the network has learned from pictures of this kind.",
        },
        {
          name: "energy",
          figure: lineChart({
            title: "Energy over the iterations",
            subtitle: "Tikhonov by gradient descent",
            x: { label: "iteration", style: "count" },
            y: { label: "J", kind: "log" },
            series: descents.map(({ share, history }) => ({
              name: `${share} of the limit`,
              points: curve(history, ({ energy }) => energy),
              dots: false,
            })),
          }),
          caption: "Below 2/(8 + λ) the energy falls; a tenth above, the finest checkerboard grows without end.",
        },
        {
          name: "psnr",
          figure: lineChart({
            title: "Decibels over the iterations",
            subtitle: "total variation, primal–dual",
            x: { label: "iteration", style: "count" },
            y: { label: "PSNR, dB", kind: "linear" },
            series: [
              { name: "variational", points: curve(variational.history, ({ psnr: decibels }) => decibels), dots: false },
              {
                name: "learned",
                reference: true,
                points: [0, variational.iterations].map((iteration) => [iteration, psnr(learnedImage, clean)] as const),
              },
            ],
          }),
          caption: "Each picture costs the energy its iterations; the network (dashed) has its decibels in one pass.",
        },
      ],
    };
  },
} satisfies Exhibit;

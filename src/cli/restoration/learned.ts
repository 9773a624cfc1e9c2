/** Denoisers that were trained, from their run folders. */
import { applyInTiles, type ImageModel } from "../../descent/tiles.js";
import { loadRun } from "../../runs/run-folder.js";
import type { StoredRun } from "../../runs/stored-run.js";
import { SteepestError } from "../../tensor/error.js";
import { fromHost, type Tensor } from "../../tensor/tensor.js";
import { sameShape, showShape } from "../../tensor/types.js";
import { UsageError } from "../options.js";
import type { Denoiser } from "./denoiser.js";

/** `dncnn:RUN`: one application of a network to the whole picture. */
export const dncnnDenoiser: Denoiser = {
  name: "dncnn",
  argument: "RUN",
  async denoise({ values, lambda, data, threads }, folder) {
    if (lambda !== undefined || data !== "l2")
      throw new UsageError({
        problem: "a trained network minimises no energy",
        expected: "--method dncnn:RUN without --lambda and --data",
        received: lambda === undefined ? `--data ${data}` : `--lambda ${lambda}`,
      });
    const run = await loadRun(folder);
    const restored = await denoised(networkOf(run, folder), values, threads);
    return {
      ...{ values: restored, iterations: 1, status: "converged", history: [] },
      ...{ variables: run.layers.reduce((sum, { parameters }) => sum + parameters, 0), trainingSeconds: run.results.seconds },
    };
  },
};

/** The network of a run folder, from pictures to pictures. */
function networkOf(run: StoredRun, folder: string): ImageModel {
  const { inputShape, outputShape } = run.model;
  if (inputShape.length !== 3 || !sameShape(inputShape, outputShape))
    throw new SteepestError({
      problem: "The run did not train a denoiser",
      expected: "a network from pictures to pictures: fit(dncnn(…), restorationPairs(…)), saved with saveRun",
      received: `${run.title}, from ${showShape(inputShape)} to ${showShape(outputShape)}`,
      where: folder,
    });
  return { training: run.training, ...run.point };
}

/** A network of one channel takes the planes of a picture one by one. */
async function denoised(model: ImageModel, values: Tensor, threads: number | undefined): Promise<Tensor> {
  const [channels, height, width] = values.rank === 2 ? [1, ...values.shape] : values.shape;
  const own = model.training.parts.model.inputShape[2];
  if (own !== 1 && own !== channels)
    throw new SteepestError({
      problem: "The network was trained on pictures of other channels",
      expected: `${own} channels`,
      received: `${channels}`,
    });
  const plane = height * width;
  const from = values.data();
  const result = new Float32Array(from.length);
  for (let first = 0; first < channels; first += own) {
    // Planes one behind the other, and the channels of a pixel side by side.
    const data = Float32Array.from({ length: own * plane }, (_, i) => from[(first + (i % own)) * plane + Math.floor(i / own)]);
    const output = await applyInTiles(model, { width, height, channels: own, data }, threads === undefined ? {} : { threads });
    output.data.forEach((x, i) => {
      result[(first + (i % own)) * plane + Math.floor(i / own)] = x;
    });
  }
  return fromHost(result, values.shape, "f32");
}

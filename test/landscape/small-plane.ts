/** A plane around a small network, and its figure: the same bits in every engine and with any number of threads. */
import { dense, fit, flatten, landscape, relu, sequential } from "steepest";
import { digits } from "steepest/data";
import { planeFigure } from "steepest/figures";
import { hashOf } from "../backends/threads/network.js";

/** Hashes of the losses and of the figure. Renew the first only for a change of the arithmetic that is meant, the second for one of how planes are drawn. */
export const SMALL_PLANE = { losses: "bc496f89", figure: "1fcf904e" };

export async function smallPlane(threads: number): Promise<typeof SMALL_PLANE> {
  const model = sequential(flatten(), dense(8), relu(), dense(10));
  const run = await fit(model, digits({ train: 100, test: 1 }), { epochs: 1, batchSize: 20, threads: 1 });
  const plane = await landscape(run, { plane: "random", size: 9, threads });
  return { losses: hashOf(plane.values), figure: hashOf(new TextEncoder().encode(planeFigure(plane).toSvg())) };
}

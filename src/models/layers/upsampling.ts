/** Layers that make images larger without learning how. */
import { SteepestError } from "../../tensor/error.js";
import { concatenate, stack } from "../../tensor/join.js";
import type { Tensor } from "../../tensor/tensor.js";
import { described } from "../description.js";
import { defineLayer, type Layer } from "../layer.js";
import { checkImage, checkPair, type Pair } from "./checks.js";

export interface UpsampleOptions {
  /** "nearest": each pixel is repeated. "bilinear": between the centres of pixels, and beyond the outermost as they are. Default "nearest". */
  readonly mode?: "nearest" | "bilinear";
}

/**
 * Enlarges images by whole factors.
 *
 *     nearest     y[i] = x[⌊i/f⌋]
 *     bilinear    y[i] = (1 − t) x[j] + t x[j + 1],  j + t = (i + ½)/f − ½, along each axis
 *
 * Elsewhere: PyTorch `Upsample` with `align_corners=False`, Keras `UpSampling2D`.
 *
 * @param factor f: a number, or [down, across]
 * @param options `mode` ("nearest")
 * @throws SteepestError for factors that are not whole and ≥ 1, an unknown mode, and, when built, for inputs that are not images
 */
export function upsample2d(factor: Pair, options: UpsampleOptions = {}): Layer {
  const factors = checkPair("the factor of upsample2d", factor);
  const { mode = "nearest" } = options;
  if (mode !== "nearest" && mode !== "bilinear")
    throw new SteepestError({ problem: "upsample2d knows no such mode", expected: '"nearest" or "bilinear"', received: String(mode) });
  return described(
    { type: "upsample2d", factor: factors, mode },
    defineLayer({
      name: "upsample",
      outputShape(input) {
        checkImage("upsample2d", input);
        return [input[0] * factors[0], input[1] * factors[1], input[2]];
      },
      apply(x) {
        if (mode === "bilinear") return between(between(x, 1, factors[0]), 2, factors[1]);
        const [n, height, width, channels] = x.shape;
        return x
          .broadcastAlong([n, height, factors[0], width, factors[1], channels], [0, 1, 3, 5])
          .reshape([n, height * factors[0], width * factors[1], channels]);
      },
    }),
  );
}

/** Linear interpolation along one axis: each of the f new places between two pixels has weights of its own. */
function between(x: Tensor, axis: number, factor: number): Tensor {
  if (factor === 1) return x;
  const extent = x.shape[axis];
  const part = (start: number, size: number) =>
    x.slice(
      x.shape.map((_, a) => (a === axis ? start : 0)),
      x.shape.map((whole, a) => (a === axis ? size : whole)),
    );
  const before = extent === 1 ? x : concatenate([part(0, 1), part(0, extent - 1)], axis);
  const after = extent === 1 ? x : concatenate([part(1, extent - 1), part(extent - 1, 1)], axis);
  const places = Array.from({ length: factor }, (_, i) => {
    const at = (i + 0.5) / factor - 0.5;
    return at < 0 ? mixed(before, x, 1 + at) : mixed(x, after, at);
  });
  return stack(places, axis + 1).reshape(x.shape.map((whole, a) => (a === axis ? whole * factor : whole)));
}

/** (1 − t) a + t b */
const mixed = (a: Tensor, b: Tensor, t: number): Tensor => a.mul(a.fill(1 - t)).add(b.mul(b.fill(t)));

/** Sets that θ is kept in: after every step it is brought back to the nearest point of the set. */
import { norm } from "../algebra/index.js";
import { whileLoop } from "../tensor/control.js";
import { SteepestError } from "../tensor/error.js";
import { fromHost, literal, type Tensor } from "../tensor/tensor.js";
import { allocate, type DType, type HostData } from "../tensor/types.js";
import { type Box, projected, projection } from "./bounds.js";

/** A closed convex set with its projection, traced and of numbers. */
export interface Region {
  /** What it is made of: regions of equal keys are the same set. */
  readonly key: string;
  /** θ ↦ the nearest point of the set. */
  project(theta: Tensor): Tensor;
  nearest(theta: HostData): HostData;
  /** Whether each coordinate is brought back by itself, as into a box. */
  readonly coordinatewise?: boolean;
  /**
   * Whether it lies in a space of so many dimensions.
   *
   * @throws SteepestError where it does not
   */
  check(size: number): void;
}

export const boxRegion = (box: Box): Region => ({
  key: JSON.stringify([Array.from(box.low, String), Array.from(box.high, String)]),
  project: (theta) => projection(box, theta.dtype)(theta),
  nearest: (theta) => projected(theta, box),
  coordinatewise: true,
  check: () => undefined,
});

export interface BallOptions {
  /** Default 1. */
  readonly radius?: number;
  /** Default: the origin. */
  readonly centre?: readonly number[];
}

/**
 * ‖θ − centre‖₂ ≤ radius, as the option `within` of `minimize`.
 *
 * @throws SteepestError for a radius that is no number > 0
 * @example
 * ```ts
 * import { ball, gd, minimize } from "steepest";
 * const run = minimize("x + y", { x: 0, y: 0 }, { optimizer: gd({ learningRate: 0.1 }), within: ball({ radius: 5 }) });
 * run.solution; // → { x: -3.53553390…, y: -3.53553390… }
 * ```
 */
export function ball({ radius = 1, centre }: BallOptions = {}): Region {
  if (!(Number.isFinite(radius) && radius > 0) || centre?.every(Number.isFinite) === false)
    throw new SteepestError({
      problem: "this is no ball",
      expected: "a radius > 0 and a centre of finite numbers",
      received: `radius ${radius}, centre ${JSON.stringify(centre)}`,
    });
  return {
    key: JSON.stringify(["ball", radius, centre]),
    project(theta) {
      const middle = centre === undefined ? theta.fill(0) : held(centre, theta.dtype);
      const away = theta.sub(middle);
      const length = away.square().sum().sqrt();
      const share = length.gt(radius).select(length.reciprocal().mul(radius), length.fill(1));
      return middle.add(away.mul(share));
    },
    nearest(theta) {
      const away = theta.map((x, i) => x - (centre?.[i] ?? 0));
      const length = norm(away);
      return length <= radius ? theta : away.map((x, i) => (centre?.[i] ?? 0) + (x * radius) / length);
    },
    check(size) {
      if (centre !== undefined && centre.length !== size)
        throw new SteepestError({
          problem: "the centre of the ball does not fit",
          expected: `${size} numbers`,
          received: `${centre.length}`,
        });
    },
  };
}

/**
 * θ ≥ 0 with Σ θᵢ = total: shares and probabilities, as the option `within` of `minimize`.
 *
 *     θᵢ ← max(θᵢ − τ, 0),  τ so that they sum to the total (Michelot 1986: exact after finitely many rounds)
 *
 * @throws SteepestError for a total that is no number > 0
 * @example
 * ```ts
 * import { gd, minimize, simplex } from "steepest";
 * const run = minimize("(x-2)^2 + (y-1)^2 + z^2", { x: 1, y: 1, z: 1 }, { optimizer: gd({ learningRate: 0.1 }), within: simplex() });
 * run.solution; // → { x: 1, y: 0, z: 0 }
 * ```
 */
export function simplex({ total = 1 }: { readonly total?: number } = {}): Region {
  if (!(Number.isFinite(total) && total > 0))
    throw new SteepestError({ problem: "this is no simplex", expected: "a total > 0", received: String(total) });
  return {
    key: JSON.stringify(["simplex", total]),
    project(theta) {
      const x = theta.cast("f64");
      const none = literal(0);
      // The set of positive entries only shrinks: once τ stays, it is the right one.
      const [, tau] = whileLoop(
        ([before, now]) => now.gt(before),
        ([, now]) => {
          const kept = x.gt(now);
          const sum = kept.select(x, none).sum().sub(total);
          return [now, sum.div(kept.cast("f64").sum()).maximum(now)];
        },
        [literal(Number.NEGATIVE_INFINITY), x.sum().sub(total).div(x.size)],
      );
      return x.sub(tau).maximum(none).cast(theta.dtype);
    },
    nearest(theta) {
      const sorted = Array.from(theta).sort((a, b) => b - a);
      let [sum, tau] = [0, 0];
      sorted.forEach((x, i) => {
        sum += x;
        const next = (sum - total) / (i + 1);
        if (x > next) tau = next;
      });
      return theta.map((x) => Math.max(x - tau, 0));
    },
    check: () => undefined,
  };
}

function held(values: readonly number[], dtype: DType): Tensor {
  const data = allocate(dtype, values.length);
  data.set(values);
  return fromHost(data, [values.length], dtype);
}

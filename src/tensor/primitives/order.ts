/** Selections by order. Their derivative follows the winners: equal winners of a maximum share it evenly. */
import { structural } from "../primitive.js";
import type { Tensor } from "../tensor.js";
import { type Shape, sizeOf } from "../types.js";

export interface AxisAttributes {
  readonly [key: string]: unknown;
  /** Reduced axes, ascending. */
  readonly axes: readonly number[];
}

/** Splits flat indices of x into (kept, reduced) and calls body for each element. */
function eachReduced(shape: Shape, axes: readonly number[], body: (kept: number, flat: number) => void): void {
  const keep = shape.map((_, axis) => !axes.includes(axis));
  const size = sizeOf(shape);
  for (let flat = 0; flat < size; flat++) {
    let rest = flat;
    let kept = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (keep[axis]) {
        kept += (rest % shape[axis]) * stride;
        stride *= shape[axis];
      }
      rest = Math.floor(rest / shape[axis]);
    }
    body(kept, flat);
  }
}

const kept = (shape: Shape, axes: readonly number[]) => shape.filter((_, axis) => !axes.includes(axis));

/** 1 / (number of winners) at each winner, 0 elsewhere. */
function shares({ axes }: AxisAttributes, x: Tensor, output: Tensor): Tensor {
  const keptAxes = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const winners = x.eq(output.broadcastAlong(x.shape, keptAxes)).cast(x.dtype);
  return winners.div(winners.sum(axes).broadcastAlong(x.shape, keptAxes));
}

const extremum = (name: string, better: (a: number, b: number) => boolean, start: number) =>
  structural<AxisAttributes>({
    name,
    types: ({ axes }, [x]) => [{ shape: kept(x.shape, axes), dtype: x.dtype }],
    evaluate: ({ axes }, [x], [{ shape }]) => {
      const out = new Float64Array(sizeOf(shape)).fill(start);
      eachReduced(x.shape, axes, (at, flat) => {
        if (better(x.data[flat], out[at]) || Number.isNaN(x.data[flat])) out[at] = x.data[flat];
      });
      return [out];
    },
    derivative: {
      jvp: (attributes, [x], [output], [tangent]) => [tangent && shares(attributes, x, output).mul(tangent).sum(attributes.axes)],
      vjp: (attributes, [x], [output], [cotangent]) => {
        const keptAxes = x.shape.map((_, axis) => axis).filter((axis) => !attributes.axes.includes(axis));
        return [cotangent && shares(attributes, x, output).mul(cotangent.broadcastAlong(x.shape, keptAxes))];
      },
    },
    batching: { batch: ({ axes }, [x], { again }) => again({ axes: axes.map((axis) => axis + 1) }, [x.value]) },
  });

export const order = {
  reduceMax: extremum("reduceMax", (a, b) => a > b, Number.NEGATIVE_INFINITY),
  reduceMin: extremum("reduceMin", (a, b) => a < b, Number.POSITIVE_INFINITY),
  /** Index of the largest element along one axis; the first wins. */
  argmax: structural<{ readonly axis: number }>({
    name: "argmax",
    types: ({ axis }, [x]) => [{ shape: kept(x.shape, [axis]), dtype: "i32" }],
    evaluate: ({ axis }, [x], [{ shape }]) => {
      const out = new Float64Array(sizeOf(shape));
      const best = new Float64Array(out.length).fill(Number.NEGATIVE_INFINITY);
      const inner = sizeOf(x.shape.slice(axis + 1));
      eachReduced(x.shape, [axis], (at, flat) => {
        if (x.data[flat] > best[at]) {
          best[at] = x.data[flat];
          out[at] = Math.floor(flat / inner) % x.shape[axis];
        }
      });
      return [out];
    },
    derivative: "zero",
    batching: { batch: ({ axis }, [x], { again }) => again({ axis: axis + 1 }, [x.value]) },
  }),
};

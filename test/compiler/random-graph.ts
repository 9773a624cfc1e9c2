/** Builds a graph from a list of numbers: whatever the numbers are, the graph is a valid one, and shorter lists give smaller graphs. */
import { tensor } from "../../src/tensor/create.js";
import { concatenate } from "../../src/tensor/join.js";
import { iota, type Tensor } from "../../src/tensor/tensor.js";
import { type Shape, sizeOf } from "../../src/tensor/types.js";

const MOST_ELEMENTS = 6000;
const START: readonly Shape[] = [[], [3], [17], [4, 5], [5, 4], [33, 2], [2, 3, 4], [1, 7], [130, 9], [3, 1, 40], [1100]];

export interface RandomGraph {
  readonly inputs: readonly Tensor[];
  readonly values: readonly Tensor[];
}

/** `smooth`: only operations that a derivative passes through, without kinks. `given`: other values for the inputs. */
export function randomGraph(numbers: readonly number[], smooth = false, given: readonly Tensor[] = []): RandomGraph {
  let next = 0;
  const pick = (count: number): number => (count <= 1 ? 0 : (numbers[next++ % Math.max(1, numbers.length)] ?? 0) % count);
  const inputs = [0, 1, 2].map((seed) => {
    const shape = START[pick(START.length)];
    const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7919 + seed * 131) % 211) / 128 - 0.75);
    return given[seed] ?? tensor(data, { shape });
  });
  const values: Tensor[] = [...inputs];
  const operand = () => values[values.length - 1 - pick(Math.min(values.length, 6))];
  const steps = Math.min(40, Math.ceil(numbers.length / 3));
  for (let step = 0; step < steps; step++) {
    const made = apply(operand(), operand, pick, smooth);
    if (made !== undefined && made.size <= MOST_ELEMENTS && made.rank <= 5) values.push(made);
  }
  return { inputs, values };
}

function apply(x: Tensor, operand: () => Tensor, pick: (count: number) => number, smooth: boolean): Tensor | undefined {
  const axis = x.rank > 0 ? pick(x.rank) : 0;
  switch (pick(smooth ? 21 : 26)) {
    case 0:
    case 1:
    case 2: {
      // Of two shapes that broadcast, or of two sums.
      const y = operand();
      const fits = y.rank <= x.rank && y.shape.every((n, a) => n === 1 || n === x.shape[x.rank - y.rank + a]);
      const other = fits ? y : y.mean();
      return pick(2) === 0 ? x.add(other) : x.mul(other);
    }
    case 3:
      return x.mul(0.5).tanh();
    case 4:
      return x.sin();
    case 5:
      return x.sub(x.mean()).mul(0.3);
    case 6:
      return x.transpose();
    case 7:
      return x.rank > 1 ? x.transpose([...x.shape.keys()].map((a) => (a + 1) % x.rank)) : x.reshape([1, x.size]);
    case 8:
      return x.reshape(factors(x.size, pick));
    case 9:
      return x.rank > 0 ? x.reverse(axis) : x.neg();
    case 10:
      return x.pad(
        x.shape.map(() => pick(3)),
        x.shape.map(() => pick(4)),
      );
    case 11:
      return x.pad(
        x.shape.map(() => pick(2)),
        x.shape.map(() => pick(2)),
        x.shape.map(() => pick(2)),
      );
    case 12:
      return x.slice(
        x.shape.map((n) => pick(Math.ceil(n / 2))),
        x.shape.map((n) => Math.max(1, Math.floor(n / 2))),
      );
    case 13:
      return x.slice(
        x.shape.map(() => 0),
        x.shape.map((n) => Math.ceil(n / 2)),
        x.shape.map(() => 2),
      );
    case 14:
      return x.rank > 0 ? x.mean(axis) : x.exp().log();
    case 15:
      return x.rank > 0
        ? x
            .mul(0.5)
            .sum(axis)
            .mul(1 / x.shape[axis])
        : x.square();
    case 16: {
      const before = pick(2) === 0;
      return x.broadcastAlong(
        before ? [2, ...x.shape] : [...x.shape, 3],
        x.shape.map((_, a) => (before ? a + 1 : a)),
      );
    }
    case 17: {
      const y = operand();
      const fits = x.rank > 0 && y.rank === x.rank && y.shape.every((n, a) => a === axis || n === x.shape[a]);
      return x.rank > 0 ? concatenate([x, fits ? y : x.mul(2), x.reverse(axis)], axis) : x.neg();
    }
    case 18: {
      const y = operand();
      const [a, b] = [x.reshape([x.rank > 0 ? x.shape[0] : 1, -1]), y.reshape([y.rank > 0 ? y.shape[0] : 1, -1])];
      return a.shape[1] === b.shape[0] ? a.matmul(b).mul(1 / a.shape[1]) : a.matmul(a.transpose()).mul(1 / a.shape[1]);
    }
    case 19:
      return x.rank > 0 ? x.softmax(axis) : x;
    case 20:
      return x.rank > 0 ? x.take(tensor(Int32Array.from({ length: 1 + pick(9) }, (_, i) => (i * 3 + 1) % x.shape[0]))) : x.sigmoid();
    case 21:
      return x.rank > 0 ? x.max(axis) : x.abs();
    case 22:
      return x.rank > 0 ? x.add(x.argmax(axis).cast("f64").mul(1e-9).mean()) : x;
    case 23:
      return x.relu();
    case 24:
      return x.rank > 0 ? x.add(iota(x.shape, axis, "f64").mul(0.01)) : x;
    default:
      return x.gt(0.1234).select(x, x.mul(-0.5));
  }
}

/** A shape of `size` elements with one to three axes. */
function factors(size: number, pick: (count: number) => number): number[] {
  const divisors = Array.from({ length: Math.min(size, 64) }, (_, i) => i + 1).filter((d) => size % d === 0);
  const first = divisors[pick(divisors.length)];
  const rest = size / first;
  if (pick(2) === 0) return pick(2) === 0 ? [first, rest] : [rest, first];
  const second = divisors.filter((d) => rest % d === 0)[pick(divisors.filter((d) => rest % d === 0).length)];
  return [first, rest / second, second];
}

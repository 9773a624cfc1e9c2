/** Random correct objectives: smooth operations and those with kinks, products, selections, broadcasts, in float64 or float32. */
import { concatenate, type Objective, type Tensor, tensor, trace } from "steepest";
import { RandomStream } from "../../../src/tensor/random.js";

export function randomObjective(seed: number, dtype: "f32" | "f64"): { readonly objective: Objective; readonly theta: readonly number[] } {
  const random = new RandomStream(seed, "random objectives");
  const [rows, columns] = [1 + random.integer(4), 1 + random.integer(4)];
  const draw = (count: number) => Array.from({ length: count }, () => random.between(-1.5, 1.5));
  const theta = draw(rows * columns);
  const constant = (shape: readonly number[]) => tensor(draw(shape.reduce((a, b) => a * b, 1)), { shape: [...shape], dtype });
  const plan = Array.from({ length: 3 + random.integer(8) }, () => [random.integer(22), random.integer(1000)] as const);
  const constants = plan.map(() => constant([rows, columns]));
  const square = plan.map(() => constant([columns, columns]));
  const order = plan.map(() =>
    tensor(
      Array.from({ length: rows }, () => random.integer(rows)),
      { dtype: "i32" },
    ),
  );
  const apply = (x: Tensor, y: Tensor, i: number): Tensor => {
    const [kind, number] = plan[i];
    const axis = number % 2;
    switch (kind) {
      case 0:
        return x.add(y);
      case 1:
        return x.mul(y);
      case 2:
        return x.sub(constants[i]).sin();
      case 3:
        return x.mul(constants[i]).tanh();
      case 4:
        return x.relu();
      case 5:
        return x.abs();
      case 6:
        return x.maximum(y);
      case 7:
        return x.minimum(constants[i]);
      case 8:
        return x
          .max(axis)
          .broadcastAlong([rows, columns], [1 - axis])
          .add(x);
      case 9:
        return x.softmax(axis);
      case 10:
        return x.matmul(square[i]).mul(0.5);
      case 11:
        return x.square().add(1).log();
      case 12:
        return x.square().add(0.5).sqrt();
      case 13:
        return x.take(order[i]);
      case 14:
        return x.reverse(axis);
      case 15:
        return x.gt(constants[i]).select(x, y.mul(0.5));
      case 16:
        return x.sigmoid().mul(y);
      case 17:
        return x.sub(x.mean(axis).broadcastAlong([rows, columns], [1 - axis]));
      case 18:
        return x.div(y.square().add(1));
      case 19:
        return x.mul(0.5).exp().mul(0.5);
      case 20:
        return concatenate([x.slice([0, 0], [1, columns]), x], 0).slice([0, 0], [rows, columns]);
      default:
        return x.cos().add(y.logSoftmax(axis).mul(0.1));
    }
  };
  const f = (x: Tensor) => {
    const values = [x];
    plan.forEach(([, number], i) => {
      values.push(apply(values[values.length - 1], values[number % values.length], i));
    });
    return values[values.length - 1]
      .mul(constants[0])
      .sum()
      .add(values[values.length - 1].square().mean());
  };
  return { objective: trace(f, tensor(theta, { shape: [rows, columns], dtype })), theta };
}

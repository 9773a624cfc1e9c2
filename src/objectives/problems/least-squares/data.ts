/** Moré, Garbow and Hillstrom, problems 6, 8–12 and 15–19: curves fitted to data, measured or made up. */
import { tensor } from "../../../tensor/create.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { coordinates, counting, known, sumOfSquares } from "../problem.js";

export const jennrichSampson = sumOfSquares({
  name: "jennrichSampson",
  about: "Jennrich and Sampson: two exponentials that grow into each other.",
  dimension: 2,
  start: [0.3, 0.4],
  minima: [{ value: 124.3621823556, at: [[0.2578252135686, 0.2578252135686]] }],
  residuals(p) {
    const [x, y] = coordinates(p);
    const i = counting(10);
    return i
      .mul(2)
      .add(2)
      .sub(i.mul(x).exp().add(i.mul(y).exp()));
  },
});

export const bard = sumOfSquares({
  name: "bard",
  about: "Bard: a rational curve; a second valley leads to infinity, where f = 17.4286.",
  dimension: 3,
  start: [1, 1, 1],
  minima: [{ value: 0.00821487730657897, at: [[0.0824105597, 1.1330360919, 2.3436951787]] }],
  residuals(p) {
    const [a, b, c] = coordinates(p);
    const u = counting(15);
    const v = u.neg().add(16);
    const measured = tensor([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39]);
    return measured.sub(u.div(v.mul(b).add(u.minimum(v).mul(c))).add(a));
  },
});

export const gaussian = sumOfSquares({
  name: "gaussian",
  about: "Gaussian: a bell curve whose data are rounded to four digits.",
  dimension: 3,
  start: [0.4, 1, 0],
  minima: [{ value: 1.12793276961912e-8, at: [] }],
  residuals(p) {
    const [height, width, centre] = coordinates(p);
    const t = counting(15).neg().add(8).mul(0.5);
    const half = [0.0009, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521];
    const measured = tensor([...half, 0.3989, ...half.toReversed()]);
    return t.sub(centre).square().mul(width).mul(-0.5).exp().mul(height).sub(measured);
  },
});

export const meyer = sumOfSquares({
  name: "meyer",
  about: "Meyer: an exponential of a hyperbola, so badly scaled that most methods give up; MGH10 of NIST.",
  dimension: 3,
  start: [0.02, 4000, 250],
  minima: [{ value: 87.945855170396, at: [[0.005609636471, 6181.346346, 345.2236346]] }],
  residuals(p) {
    const [a, b, c] = coordinates(p);
    const measured = tensor([34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744, 8261, 7030, 6005, 5147, 4427, 3820, 3307, 2872]);
    return b.div(counting(16).mul(5).add(45).add(c)).exp().mul(a).sub(measured);
  },
});

export const gulf = sumOfSquares({
  name: "gulf",
  about: "Gulf Research: flat far away, and not differentiable where the second variable meets a datum.",
  dimension: 3,
  start: [5, 2.5, 0.15],
  minima: [{ value: 0, at: [[50, 25, 1.5]] }],
  residuals(p) {
    const [a, b, c] = coordinates(p);
    const t = counting(99).div(100);
    const y = t
      .log()
      .mul(-50)
      .pow(2 / 3)
      .add(25);
    return y.sub(b).abs().pow(c).div(a).neg().exp().sub(t);
  },
});

export const box3d = sumOfSquares({
  name: "box3d",
  about: "Box in three dimensions: a difference of exponentials; a whole line x₁ = x₂, x₃ = 0 solves it, too.",
  dimension: 3,
  start: [0, 10, 20],
  minima: [
    {
      value: 0,
      at: [
        [1, 10, 1],
        [10, 1, -1],
      ],
    },
  ],
  residuals(p) {
    const [a, b, c] = coordinates(p);
    const t = counting(10).div(-10);
    return t
      .mul(a)
      .exp()
      .sub(t.mul(b).exp())
      .sub(t.exp().sub(t.mul(10).exp()).mul(c));
  },
});

export const kowalikOsborne = sumOfSquares({
  name: "kowalikOsborne",
  about: "Kowalik and Osborne: a rational curve of enzyme speeds; a valley leads to infinity, where f = 1.02734e-3. MGH09 of NIST.",
  dimension: 4,
  start: [0.25, 0.39, 0.415, 0.39],
  minima: [{ value: 3.0750560384924e-4, at: [[0.1928069345, 0.1912823287, 0.1230565069, 0.1360623306]] }],
  residuals(p) {
    const [a, b, c, d] = coordinates(p);
    const u = tensor([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]);
    const measured = tensor([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]);
    const squares = u.square();
    return measured.sub(
      squares
        .add(u.mul(b))
        .mul(a)
        .div(squares.add(u.mul(c)).add(d)),
    );
  },
});

export const brownDennis = sumOfSquares({
  name: "brownDennis",
  about: "Brown and Dennis: large residuals, so that Gauss and Newton's step misses the curvature.",
  dimension: 4,
  start: [25, 5, -5, -1],
  minima: [{ value: 85822.20162635, at: [[-11.5944399305, 13.2036300513, -0.4034394881, 0.2367787746]] }],
  residuals(p) {
    const [a, b, c, d] = coordinates(p);
    const t = counting(20).div(5);
    return t.mul(b).add(a).sub(t.exp()).square().add(t.sin().mul(d).add(c).sub(t.cos()).square());
  },
});

export const osborne1 = sumOfSquares({
  name: "osborne1",
  about: "Osborne 1: two exponentials and a constant; MGH17 of NIST.",
  dimension: 5,
  start: [0.5, 1.5, -1, 0.01, 0.02],
  minima: [{ value: 5.464894697483e-5, at: [[0.37541005211, 1.9358469127, -1.4646871366, 0.01286753464, 0.022122699662]] }],
  residuals(p) {
    const [a, b, c, d, e] = coordinates(p);
    const t = counting(33, 0).mul(-10);
    const measured = tensor([
      0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.85, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.58, 0.558, 0.538,
      0.522, 0.506, 0.49, 0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.42, 0.414, 0.411, 0.406,
    ]);
    return measured.sub(t.mul(d).exp().mul(b).add(t.mul(e).exp().mul(c)).add(a));
  },
});

export const biggsExp6 = sumOfSquares({
  name: "biggsExp6",
  about: "Biggs: three exponentials in six variables; some descents end in the local minimum.",
  dimension: 6,
  start: [1, 2, 1, 1, 1, 1],
  minima: [{ value: 0, at: [[1, 10, 1, 5, 4, 3]] }, ...known(5.65564992549e-3, 0.30636677262479)],
  residuals(p) {
    const [a, b, c, d, e, f] = coordinates(p);
    const t = counting(13).div(-10);
    const measured = t.exp().sub(t.mul(10).exp().mul(5)).add(t.mul(4).exp().mul(3));
    return t.mul(a).exp().mul(c).sub(t.mul(b).exp().mul(d)).add(t.mul(e).exp().mul(f)).sub(measured);
  },
});

export const osborne2 = sumOfSquares({
  name: "osborne2",
  about: "Osborne 2: an exponential and three bells in eleven variables.",
  dimension: 11,
  start: [1.3, 0.65, 0.65, 0.7, 0.6, 3, 5, 7, 2, 4.5, 5.5],
  minima: known(0.0401377362935477),
  residuals(p) {
    const x = coordinates(p);
    const t = counting(65, 0).div(10);
    const bell = (height: Tensor, width: Tensor, centre: Tensor) => t.sub(centre).square().mul(width).neg().exp().mul(height);
    const bells = [1, 2, 3].map((i) => bell(x[i], x[i + 4], x[i + 7]));
    const sum = bells.reduce((a, b) => a.add(b), t.mul(x[4]).neg().exp().mul(x[0]));
    return tensor(osborne2Data).sub(sum);
  },
});

const osborne2Data: readonly number[] = [
  1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608, 0.655, 0.616, 0.606, 0.602, 0.626, 0.651,
  0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661, 0.612, 0.558, 0.533, 0.495, 0.5, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428,
  0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559, 0.597, 0.625, 0.739, 0.71, 0.729, 0.72, 0.636,
  0.581, 0.428, 0.292, 0.162, 0.098, 0.054,
];

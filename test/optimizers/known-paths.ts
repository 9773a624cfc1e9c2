/** Objectives and paths that several methods are held against. */
import type { Tensor } from "steepest";

/** Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² */
export const chained = (x: Tensor): Tensor => {
  const [a, b] = [x.slice([0], [x.size - 1]), x.slice([1], [x.size - 1])];
  return b.sub(a.square()).square().mul(100).add(a.sub(1).square()).sum();
};

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** Conjugate gradients (Hestenes and Stiefel) for ½ Σ λᵢ xᵢ²: all points. */
export function conjugateGradients(eigenvalues: readonly number[], start: readonly number[], steps: number): number[][] {
  const times = (v: readonly number[]) => v.map((x, i) => eigenvalues[i] * x);
  let x = [...start];
  let residual = times(x).map((g) => -g);
  let direction = residual;
  const path = [x];
  for (let k = 0; k < steps; k++) {
    const image = times(direction);
    const rate = dot(residual, residual) / dot(direction, image);
    const next = residual.map((r, i) => r - rate * image[i]);
    const beta = dot(next, next) / dot(residual, residual);
    x = x.map((v, i) => v + rate * direction[i]);
    direction = next.map((r, i) => r + beta * direction[i]);
    residual = next;
    path.push(x);
  }
  return path;
}

/** The best constant settings on a quadratic whose eigenvalues lie between two bounds. */

/** A rate, and the factor by which the error shrinks with it in each step. */
export interface BestRate {
  readonly learningRate: number;
  readonly rate: number;
}

/** Gradient descent: α = 2/(λ + Λ), and the error shrinks by (Λ − λ)/(Λ + λ). */
export const bestRate = (low: number, high: number): BestRate => ({
  learningRate: 2 / (low + high),
  rate: (high - low) / (high + low),
});

/** Momentum (Polyak 1964): α = 4/(√λ + √Λ)², √β = (√Λ − √λ)/(√Λ + √λ), and the error shrinks by √β in the long run. */
export function bestHeavyBall(low: number, high: number): BestRate & { readonly beta: number } {
  const sum = Math.sqrt(low) + Math.sqrt(high);
  const rate = (Math.sqrt(high) - Math.sqrt(low)) / sum;
  return { learningRate: 4 / (sum * sum), beta: rate * rate, rate };
}

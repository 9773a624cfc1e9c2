/** The numbers of the exhibits against numbers that were worked out elsewhere, in float64, to the digits printed there. */
import { describe, expect, it } from "vitest";
import "../../src/index.js";
import { pathOnTheCurve } from "../../src/lectures/d01-path-on-the-curve.js";
import { twoRatesOneSpeed } from "../../src/lectures/d02-two-rates-one-speed.js";
import { correlatedQuadratic } from "../../src/lectures/d03-correlated-quadratic.js";
import { canyon } from "../../src/lectures/d04-canyon.js";
import { momentumDemonstration } from "../../src/lectures/d05-momentum-demonstration.js";
import { nesterovAndMomentum } from "../../src/lectures/d06-nesterov-and-momentum.js";
import { criticalPointsOfAllKinds } from "../../src/lectures/d07-critical-points.js";
import { saddleEscape } from "../../src/lectures/d08-saddle-escape.js";
import { batches } from "../../src/lectures/d09-batches.js";
import { stepSize } from "../../src/lectures/d10-step-size.js";
import { svmLandscape } from "../../src/lectures/d11-svm-landscape.js";
import { hingePieces } from "../../src/lectures/d12-hinge-pieces.js";
import { printTheLoss } from "../../src/lectures/d15-exercise.js";
import { movingAverages } from "../../src/lectures/d17-moving-average.js";
import { expectAll, expectPrinted } from "./printed.js";

describe("the numbers of the lectures", () => {
  it("D1: x² from 8.7", () => {
    const { numbers } = pathOnTheCurve.make();
    expectAll(numbers.factors, "0.6 -0.8 -1.1");
    expectAll(numbers.x1, "5.22 -6.96 -9.57");
    expectAll(numbers.x10, "0.0526056 0.934155 22.5656");
    expectPrinted(numbers.x20[2], "58.5292");
    // From 8.7 with the factor 0.8: ln(8.7/10⁻³)/ln 1.25 = 40.66…
    expect(numbers["stepsTo1e-3"]).toEqual([18, 41, null]);
  });

  it("D2: x₁² + x₂² from (8.7, −7.9)", () => {
    const { numbers } = twoRatesOneSpeed.make();
    expectAll(numbers.factors, "0.8 0.8 -0.8 -0.8".replaceAll(" ", ","));
    expectAll(numbers.x10, "0.934155 -0.848256 0.934155 -0.848256");
    expect(numbers["stepsTo1e-3"]).toEqual([42, 42]);
    // Each of the 60 products with ±0.8 rounds two coordinates of at most 8.7, by at most half a unit in the last place.
    for (const distance of numbers.farthestFromLine) expect(distance).toBeLessThan(60 * 8.7 * 2 ** -52);
  });

  it("D3: ½x₁² + 2x₂² + x₁x₂, α = 0.2", () => {
    const { numbers } = correlatedQuadratic.make();
    expect(numbers.hessian).toEqual([
      [1, 1],
      [1, 4],
    ]);
    expectAll(numbers.eigenvalues, "4.302776 0.697224");
    expectPrinted(numbers.condition, "6.1713");
    expectPrinted(numbers.stableBelow, "0.464816");
    expectAll(numbers.factors, "0.139445 0.860555");
    expectAll(numbers.x1, "8.54 -3.32");
    expectAll(numbers.x2, "7.496 -2.372");
    expectAll(numbers.x10, "2.26309 -0.685208");
    expect(numbers["stepsTo1e-3"]).toBe(62);
    expectPrinted(numbers.best.learningRate, "0.4");
    expectAll([numbers.best.rate, numbers.best.measured], "0.721110 0.721110");
    expectAll([numbers.heavyBall.learningRate, numbers.heavyBall.beta, numbers.heavyBall.rate], "0.472584 0.181460 0.425982");
  });

  it("D4: the canyon", () => {
    const { numbers } = canyon.make();
    const { condition100: narrow, condition1000: narrower } = numbers;
    expectAll([narrow.gd.learningRate, narrow.gd.rate], "0.0198020 0.980198");
    expectAll([narrow.momentum.learningRate, narrow.momentum.beta, narrow.momentum.rate], "0.0330579 0.669421 0.818182");
    expect([narrow.gd["stepsTo1e-6"], narrow.momentum.stepsByRate]).toEqual([691, 69]);
    expect([narrower.gd["stepsTo1e-6"], narrower.momentum.stepsByRate]).toEqual([6908, 219]);
    // A double root: both errors are (1 + k·c)·√βᵏ with 0 < c < 1, which costs some steps more, not a multiple of them.
    for (const { momentum } of [narrow, narrower]) {
      expect(momentum["stepsTo1e-6"]).toBeGreaterThan(momentum.stepsByRate);
      expect(momentum["stepsTo1e-6"]).toBeLessThan(1.6 * momentum.stepsByRate);
    }
  });

  it("D5: (1 − x)² + 20 (3y − x²)², α = 0.0035", () => {
    const { numbers } = momentumDemonstration.make();
    expectPrinted(numbers.f150, "1.4610e-5");
    expectPrinted(numbers.f150WithoutMomentum, "0.503971");
    expect(numbers["firstWithin0.05"]).toEqual([83, 665]);
    expectAll(numbers.minimum, "1.0000000000 0.3333333333");
    expectAll(numbers.eigenvalues, "520.617 1.38297");
    expectPrinted(numbers.condition, "376.4");
    expectAll([numbers.stableBelow.withoutMomentum, numbers.stableBelow.withMomentum], "0.00384160 0.00703012");
    expect(numbers["status at α = 0.0062, β = 0.74"]).toBe("diverged");
  });

  it("D6: one step of each, from (8.7, −7.9) with v = (−1.2, 1.5)", () => {
    const { numbers } = nesterovAndMomentum.make();
    expectAll(numbers.steps.momentum, "-1.12 2.495");
    expectAll(numbers.steps.lookAhead, "-1.1335 2.279");
    expectAll(numbers.steps.fullLookAhead, "-1.135 2.255");
    expectAll(numbers.difference, "-0.0135 -0.216");
    expectAll(numbers["−αH·μv"], "-0.0135 -0.216");
    expectAll([numbers.stableUpTo.lookAhead ?? 0, numbers.stableUpTo.fullLookAhead ?? 0], "1.35714 1.26667");
  });

  it("D7: critical points", async () => {
    const { numbers } = await criticalPointsOfAllKinds.make({});
    expect(numbers.kindsAt0).toEqual({ minimum: "minimum", maximum: "maximum", inflection: "inconclusive", flatMinimum: "minimum" });
    // Himmelblau's function: Applied Nonlinear Programming, 1972.
    const places = numbers.himmelblau.minima.map(([x, y]) => [x, y]).sort(([a], [b]) => a - b);
    expectAll(places, "-3.779310 -3.283186 -2.805118 3.131313 3.000000 2.000000 3.584428 -1.848127");
    expect(numbers.himmelblau.globalMinima).toBe(4);
    // Every start diverges, ends at one of the four, or is still under way.
    expect(numbers.himmelblau.basins).toHaveLength(4);
    expect(numbers.himmelblau.basins.reduce((sum, { share }) => sum + share, numbers.himmelblau.diverged)).toBeLessThanOrEqual(1 + 1e-12);
    for (const { share } of numbers.himmelblau.basins) expect(share).toBeGreaterThan(0.1);
    expectAll(numbers.himmelblau.maxima, "-0.270845 -0.923039 181.617");
    expect(numbers.himmelblau.saddles).toHaveLength(4);
    expectAll(numbers.beale.saddle, "0.0000000000 1.0000000000");
    expectPrinted(numbers.beale.valueAtSaddle, "14.203125");
    expectAll(numbers.beale.minimum, "3.0000000000 0.5000000000");
    const { twoValleys } = numbers;
    // A descent with so small a rate never crosses the hill (α f″ < 1 on the window): each start ends in its own valley.
    expect(twoValleys.startsThatEndInTheDeepOne).toBe(twoValleys.startsLeftOfTheHill);
    expect(twoValleys.leavesTheShallowOne.withoutNoise).toBe(false);
    expect(twoValleys.leavesTheShallowOne.withNoise).toBeGreaterThan(0);
  });

  it("D8: the saddle", () => {
    const { numbers } = saddleEscape.make();
    const steps = Object.fromEntries(Object.entries(numbers.steps).map(([name, by]) => [name, [by["1e-3"], by["1e-6"], by["0"]]]));
    expect(steps).toEqual({
      gd: [349, 698, null],
      momentum: [72, 140, null],
      nesterov: [68, 132, null],
      adagrad: [17, 18, null],
      adagradScalar: [224, 446, null],
      adadelta: [13, 19, null],
      rmsprop: [72, 73, null],
      adam: [77, 78, null],
    });
    for (const start of ["1e-3", "1e-6"]) expect(Math.ceil(numbers.gdByTheory[start])).toBe(numbers.steps.gd[start]);
    // Ten times the noise is as a start ten times as far: ln 10/ln 1.02 = 116.3 steps less. The seeds are the same, and so are the paths but for their size.
    const medians = numbers.gdFrom0WithNoise.map(({ median }) => median);
    for (let i = 1; i < medians.length; i++) expect(Math.abs(medians[i - 1] - medians[i] - 116.3)).toBeLessThanOrEqual(1);
  });

  it("D9: batches of eight points", () => {
    const { numbers } = batches.make();
    // The normal equations of the line: slope = cov(x, y)/var(x), by hand over the eight points.
    const [xs, ys] = [
      [-1.25, -0.75, -0.25, 0.25, 0.75, 1.25, 1.75, 2.25],
      [-0.9, 0.75, 0.1, 1.6, 0.85, 2.5, 1.8, 3.4],
    ];
    const [mx, my] = [xs, ys].map((list) => list.reduce((a, b) => a + b) / 8);
    const slope = xs.reduce((sum, x, i) => sum + (x - mx) * (ys[i] - my), 0) / xs.reduce((sum, x) => sum + (x - mx) ** 2, 0);
    expect(numbers.minimum[0]).toBeCloseTo(my - slope * mx, 10);
    expect(numbers.minimum[1]).toBeCloseTo(slope, 10);
    // ∂/∂w (w₀ + w₁x − y)² at (−2, 2.5)
    for (const [i, [offset, along]] of numbers.gradients.entries()) {
      const residual = -2 + 2.5 * xs[i] - ys[i];
      expect(offset).toBeCloseTo(2 * residual, 12);
      expect(along).toBeCloseTo(2 * residual * xs[i], 12);
    }
    for (const { measured, predicted } of numbers.spread) expect(measured).toBeCloseTo(predicted, 12);
    expect(numbers.spread.map(({ size }) => size)).toEqual([1, 2, 4, 8]);
    // Of second order, with a term of third order that is some 10⁻³ of it at these rates.
    expect(numbers["order of (one epoch − one batch step)"]).toBeCloseTo(2, 1);
    // αs²/(λ(2 − αλ)) = 0.2 · 0.25 / (2 · 1.6). Neighbours correlate by 0.6 a step, so 19,900 steps count as 19,900 (1 − 0.36)/(1 + 0.36) = 9,365 squares, each
    // with the deviation √2: 4 standard errors are 5.9 %.
    expect(numbers.fluctuation.predicted).toBeCloseTo(0.015625, 12);
    expect(Math.abs(numbers.fluctuation.measured / 0.015625 - 1)).toBeLessThan(0.059);
    const ended = numbers.afterAllEpochs;
    expect(numbers.afterOneEpoch["1 point"]).toBeLessThan(numbers.afterOneEpoch["all 8 points"]);
    expect(ended["1 point"]).toBeGreaterThan(ended["2 points"]);
    expect(ended["2 points"]).toBeGreaterThan(ended["all 8 points"]);
    expect(ended["1 point, annealed"]).toBeLessThan(ended["1 point"] / 4);
  });

  it("D10: the step size", () => {
    const { quadratic, banana } = stepSize.make().numbers;
    // H = [[1, 1], [1, 4]], g = (0.8, −22.9): ‖g‖² = 525.05, gᵀHg = 0.64 − 36.64 + 2097.64.
    expectAll([quadratic.slope, quadratic.curvature ?? 0], "-525.05 2061.64");
    expect(quadratic.bestByModel).toBeCloseTo(525.05 / 2061.64, 12);
    expect(quadratic.bestByExactSearch).toBeCloseTo(quadratic.bestByModel, 12);
    // Twice the best step of a parabola leads back to its start's height.
    expect(quadratic.valueAtTwiceBest).toBeCloseTo(quadratic.value, 10);
    // The slopes 2 and 3 of Taylor's remainders.
    expect(quadratic.remainderOrders.tangent).toBeCloseTo(2, 6);
    expect(banana.remainderOrders.tangent).toBeCloseTo(2, 2);
    expect(banana.remainderOrders.parabola).toBeCloseTo(3, 2);
  });

  it("D11: the hinge loss of a linear classifier bends where the formula says", { timeout: 60_000 }, async () => {
    const { numbers } = await svmLandscape.make({});
    expect(numbers.weights).toBe(7850);
    expect(numbers.corners.length).toBeGreaterThan(5);
    expect(numbers.corners.length).toBeLessThanOrEqual(9);
    // Losses of some tens, in float64: second differences of straight pieces are rounding, some 10⁻¹⁴ each; those across a corner are not.
    expect(numbers.largestBendElsewhere).toBeLessThan(1e-11);
    expect(numbers.smallestBend).toBeGreaterThan(-1e-11);
    expect(numbers.largestBendAtCorners).toBeGreaterThan(1e-3);
  });

  it("D12: three hinges and their mean", () => {
    const { numbers } = hingePieces.make();
    expectAll(numbers.kinks, "-1.5111 0.6 1.3 1.7286");
    expectAll(numbers.values, "3.4367 2.1700 1.9833 2.0119");
    expectAll(numbers.slopes, "-0.9 -0.6 -0.2667 0.0667 0.3");
    expectPrinted(numbers.minimum.w0, "1.3");
    // Where 0 is a subgradient lies the minimum, and nowhere else.
    expect(numbers.subgradients.map(([low, high]) => low <= 0 && 0 <= high)).toEqual([false, false, true, false]);
  });

  it("D15: the exercise", () => {
    const { numbers } = printTheLoss.make();
    expectAll(numbers.factors, "0.98 0.8 -1 -199 -1999");
    expect(numbers.overflowAt).toEqual([null, null, null, 68, 47]);
    expect(numbers.status).toEqual(["step-limit", "step-limit", "step-limit", "diverged", "diverged"]);
    expect(numbers.loss[2]).toEqual([1, 1, 1, 1, 1, 1]);
    // x²: the loss is multiplied by (1 − 2η)² exactly, since 199² and 1999² are whole numbers.
    expect(numbers.loss[3].slice(0, 4)).toEqual([1, 39601, 39601 ** 2, 39601 ** 3]);
    expect(numbers.twoVariables.loss[3].slice(0, 3)).toEqual([2, 2 * 39601, 2 * 39601 ** 2]);
  });

  it("D17: the moving average", () => {
    const { numbers } = movingAverages.make();
    for (const beta of [0.5, 0.9, 0.98])
      for (const [k, weight] of numbers.weights[beta].entries()) expect(weight / ((1 - beta) * beta ** k)).toBeCloseTo(1, 12);
    // 1 − 0.9¹⁰ and 1 − 0.98¹⁰
    expectPrinted(numbers.averageOfOnesAfter10["0.9"], "0.6513215599");
    expectPrinted(numbers.averageOfOnesAfter10["0.98"], "0.1829271931");
    expectAll(Object.values(numbers.adamFirstStep), "1.00000 3.16228 10.0000");
    expectPrinted(numbers.adamTenthStep.multipliedInstead, "42.6");
    expectPrinted(numbers.adamTenthStep.corrected, "1.000000000");
  });
});

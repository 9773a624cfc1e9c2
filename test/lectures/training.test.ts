/** The exhibits that train networks, which take some seconds each and so belong to the long form, and those on data of one's own. */
import { cifar10 } from "steepest/data";
import { describe, expect, it } from "vitest";
import { isFull } from "../full.js";
import { describeShared, sharedPath } from "../shared-data.js";
import "../../src/index.js";
import { svmLandscape } from "../../src/lectures/d11-svm-landscape.js";
import { networkLandscape } from "../../src/lectures/d13-network-landscape.js";
import { restoration } from "../../src/lectures/d14-restoration.js";
import { gradientNorm } from "../../src/lectures/d16-gradient-norm.js";

describe.skipIf(!isFull)("the exhibits that train", () => {
  it("D13: filter-normalised directions do not notice that layers are rescaled", { timeout: 120_000 }, async () => {
    const { numbers } = await networkLandscape.make({});
    // Factors of 4 and ¼ scale all numbers of a layer exactly: the same bits.
    expect(numbers.changeBySameFunctionRescaled.filter).toBe(0);
    expect(numbers.changeBySameFunctionRescaled.none).toBeGreaterThan(0.1);
    expect(numbers.range[0]).toBeGreaterThan(0.5 * numbers.loss);
    for (const corner of numbers.corners) expect(corner).toBeGreaterThan(2 * numbers.loss);
  });

  it("D14: a picture restored by an energy and by a network", { timeout: 120_000 }, async () => {
    const { numbers } = await restoration.make({});
    // Noise of σ = 25 of 255 that nothing cuts off: 20 log₁₀(255/25) dB, to the fluctuation of 12,544 squares.
    expect(Math.abs(numbers.psnr.noisy - 20.17)).toBeLessThan(0.2);
    // λ puts the result as far from the data as the noise was, to 1 %.
    expect(Math.abs(numbers.variational.residual / 25 - 1)).toBeLessThan(0.011);
    expect(numbers.psnr.variational).toBeGreaterThan(numbers.psnr.noisy + 3);
    expect(numbers.psnr.learned).toBeGreaterThan(numbers.psnr.variational);
    // 3 × 3 filters: 1 → 16 → 16 → 16 → 1, with biases.
    expect(numbers.variables).toEqual({ variational: 112 * 112, learned: 160 + 2 * 2320 + 145 });
    const [half, near, above] = numbers.tikhonov.descents;
    expect(half.psnr ?? 0).toBeCloseTo(numbers.tikhonov.exactPsnr, 3);
    expect(near.energyAtTheEnd).toBeLessThan(near.energyOfTheStart);
    expect(above.energyAtTheEnd).toBeGreaterThan(above.energyOfTheStart);
  });

  it("D16: the gradient's norm", { timeout: 120_000 }, async () => {
    const { numbers } = await gradientNorm.make({});
    expect(numbers.lossRatio).toBeLessThan(0.1);
    expect(numbers.gradientNormRatio).toBeGreaterThan(0.5);
    expect(numbers.medianBatchGradientNormInTheLastEpoch).toBeGreaterThan(numbers.gradientNorm[numbers.gradientNorm.length - 1]);
    // The losses of the seeds lie far closer together than the weights do.
    expect(numbers.seeds.relative).toBeLessThan(0.1);
    expect(numbers.seeds.distanceOfTheFirstTwo).toBeGreaterThan(numbers.seeds.lengthOfTheFirst);
  });
});

describeShared("the exhibits on CIFAR-10", "cifar10", () => {
  it("D11: the hinge loss of a linear classifier of 3,072 pixels and a bias", { timeout: 120_000 }, async () => {
    const { data, numbers } = await svmLandscape.make({ cifar10: await cifar10(sharedPath("cifar10")) });
    expect(data).toContain("30,730 weights");
    expect(numbers.weights).toBe(10 * (32 * 32 * 3 + 1));
    expect(numbers.corners.length).toBeGreaterThan(0);
    expect(numbers.corners.length).toBeLessThanOrEqual(9);
    // As on the digits, of losses of some hundreds.
    expect(numbers.largestBendElsewhere).toBeLessThan(1e-10);
    expect(numbers.smallestBend).toBeGreaterThan(-1e-10);
    expect(numbers.largestBendAtCorners).toBeGreaterThan(1e-3);
  });

  it.skipIf(!isFull)("D14: grey mosaics of photographs are restored", { timeout: 120_000 }, async () => {
    const { data, numbers } = await restoration.make({ cifar10: await cifar10(sharedPath("cifar10")) });
    expect(data).toContain("Mosaics of CIFAR-10");
    expect(Math.abs(numbers.psnr.noisy - 20.17)).toBeLessThan(0.2);
    expect(numbers.psnr.variational).toBeGreaterThan(numbers.psnr.noisy + 2);
    expect(numbers.psnr.learned).toBeGreaterThan(numbers.psnr.variational);
  });
});

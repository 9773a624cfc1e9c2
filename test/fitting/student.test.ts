import { describe, expect, it } from "vitest";
import { incompleteBeta, logGamma, studentQuantile, studentTails } from "../../src/fitting/student.js";

describe("Student's t", () => {
  // The columns of every table; to more digits from SciPy 1.17 (stats.t.ppf).
  it.each([
    [0.975, 1, 12.706204736174694],
    [0.975, 2, 4.302652729749464],
    [0.95, 5, 2.0150483733330233],
    [0.975, 10, 2.2281388519862735],
    [0.995, 12, 3.0545395893929017],
    [0.9, 30, 1.3104150253913958],
    [0.9995, 3, 12.923978636687485],
    [0.975, 125, 1.9791241094237972],
    [0.975, 1e6, 1.959966356814107],
    [0.6, 4, 0.2707222947075976],
    [0.999999, 7, 14.241469651921154],
  ])("is not above t with probability %f for %f degrees of freedom", (p, freedom, t) => {
    expect(studentQuantile(p, freedom) / t).toBeCloseTo(1, 9);
    expect(studentQuantile(1 - p, freedom)).toBeCloseTo(-studentQuantile(p, freedom), 5);
  });

  it("has closed forms for one and two degrees of freedom", () => {
    // F(t) = ½ + atan(t)/π, and t = (2p − 1)/√(2p(1 − p))
    for (const p of [0.51, 0.7, 0.9, 0.99, 0.9999]) {
      expect(studentQuantile(p, 1) / Math.tan(Math.PI * (p - 0.5))).toBeCloseTo(1, 10);
      expect((studentQuantile(p, 2) * Math.sqrt(2 * p * (1 - p))) / (2 * p - 1)).toBeCloseTo(1, 11);
    }
    expect(studentQuantile(0.5, 3)).toBe(0);
    expect(studentTails(0, 9)).toBe(1);
  });

  it("rests on Γ and B", () => {
    expect(logGamma(1)).toBeCloseTo(0, 14);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14);
    expect(logGamma(101) / 363.73937555556347).toBeCloseTo(1, 14);
    expect(logGamma(0.1)).toBeCloseTo(2.252712651734206, 13);
    // Iₓ(1, 1) = x, Iₓ(2, 3) = 6x² − 8x³ + 3x⁴
    for (const x of [0, 0.01, 0.3, 0.5, 0.9, 1]) {
      expect(incompleteBeta(x, 1, 1)).toBeCloseTo(x, 14);
      expect(incompleteBeta(x, 2, 3)).toBeCloseTo(6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4, 14);
    }
  });
});

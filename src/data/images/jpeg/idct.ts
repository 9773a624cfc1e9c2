/**
 * The inverse cosine transform of a block, in whole numbers: the algorithm of Loeffler, Ligtenberg and Moschytz with 12 multiplications
 * (ICASSP 1989), with 13 fractional bits, as libjpeg's accurate one. The same bits as that of most programs that show pictures.
 */

/** After the columns, then after the rows. */
const block = new Int32Array(64);

/**
 * @param coefficients 64 from `at` on, in natural order
 * @param divisors the quantization table
 * @param out samples from 0 to 255, 8 rows `stride` apart, from `to` on
 */
export function inverseTransform(
  coefficients: Int16Array,
  at: number,
  divisors: Uint16Array,
  out: Uint8Array,
  to: number,
  stride: number,
): void {
  for (let x = 0; x < 8; x++) {
    const c = at + x;
    const x1 = coefficients[c + 8];
    const x2 = coefficients[c + 16];
    const x3 = coefficients[c + 24];
    const x4 = coefficients[c + 32];
    const x5 = coefficients[c + 40];
    const x6 = coefficients[c + 48];
    const x7 = coefficients[c + 56];
    const x0 = Math.imul(coefficients[c], divisors[x]);
    if ((x1 | x2 | x3 | x4 | x5 | x6 | x7) === 0) {
      // Two of the 13 bits are kept between columns and rows.
      const constant = x0 << 2;
      for (let i = x; i < 64; i += 8) block[i] = constant;
      continue;
    }
    transform(
      x0,
      Math.imul(x1, divisors[x + 8]),
      Math.imul(x2, divisors[x + 16]),
      Math.imul(x3, divisors[x + 24]),
      Math.imul(x4, divisors[x + 32]),
      Math.imul(x5, divisors[x + 40]),
      Math.imul(x6, divisors[x + 48]),
      Math.imul(x7, divisors[x + 56]),
      x,
      8,
      13 - 2,
    );
  }
  for (let r = 0; r < 64; r += 8) {
    // The two bits that are left, and three more, since the two passes together multiply by 8.
    transform(block[r], block[r + 1], block[r + 2], block[r + 3], block[r + 4], block[r + 5], block[r + 6], block[r + 7], r, 1, 13 + 2 + 3);
    const row = to + (r >> 3) * stride;
    for (let i = 0; i < 8; i++) {
      const sample = block[r + i] + 128;
      out[row + i] = Math.min(255, Math.max(0, sample));
    }
  }
}

/** One-dimensional, of 8 numbers; the results, which have 13 more bits, are rounded off by `shift` bits and go to `block`, `step` apart. */
function transform(
  x0: number,
  x1: number,
  x2: number,
  x3: number,
  x4: number,
  x5: number,
  x6: number,
  x7: number,
  to: number,
  step: number,
  shift: number,
): void {
  // Factors are round(x · 2^13), for x = 0.541196100, 1.847759065, 0.765366865 here. Even part.
  const e = Math.imul(x2 + x6, 4433);
  const even2 = (e - Math.imul(x6, 15137)) | 0;
  const even3 = (e + Math.imul(x2, 6270)) | 0;
  const half = 1 << (shift - 1);
  const even0 = (((x0 + x4) << 13) + half) | 0;
  const even1 = (((x0 - x4) << 13) + half) | 0;
  const a0 = (even0 + even3) | 0;
  const a3 = (even0 - even3) | 0;
  const a1 = (even1 + even2) | 0;
  const a2 = (even1 - even2) | 0;
  // Odd part: 1.175875602, 0.899976223, 2.562915447, 1.961570560, 0.390180644, then 0.298631336, 2.053119869, 3.072711026, 1.501321110.
  const z5 = Math.imul(x7 + x3 + x5 + x1, 9633);
  const z1 = -Math.imul(x7 + x1, 7373) | 0;
  const z2 = -Math.imul(x5 + x3, 20995) | 0;
  const z3 = (z5 - Math.imul(x7 + x3, 16069)) | 0;
  const z4 = (z5 - Math.imul(x5 + x1, 3196)) | 0;
  const b0 = (Math.imul(x7, 2446) + z1 + z3) | 0;
  const b1 = (Math.imul(x5, 16819) + z2 + z4) | 0;
  const b2 = (Math.imul(x3, 25172) + z2 + z3) | 0;
  const b3 = (Math.imul(x1, 12299) + z1 + z4) | 0;
  block[to] = (a0 + b3) >> shift;
  block[to + step] = (a1 + b2) >> shift;
  block[to + 2 * step] = (a2 + b1) >> shift;
  block[to + 3 * step] = (a3 + b0) >> shift;
  block[to + 4 * step] = (a3 - b0) >> shift;
  block[to + 5 * step] = (a2 - b1) >> shift;
  block[to + 6 * step] = (a1 - b2) >> shift;
  block[to + 7 * step] = (a0 - b3) >> shift;
}

import { describe, expect, it } from "vitest";
import { pullBack } from "../../src/autodiff/index.js";
import { interpret } from "../../src/backends/interpreter/index.js";
import {
  type Augmentation,
  affine,
  applyAugmentations,
  brightness,
  contrast,
  crop,
  cutout,
  defineAugmentation,
  dihedral,
  flip,
  gaussianNoise,
  mixup,
  parseAugmentations,
  rescale,
  rotate,
  shift,
  turn,
} from "../../src/data/augmentations/index.js";
import "../../src/index.js";
import { tensor } from "../../src/tensor/create.js";
import { RandomStream, streamKey, threefry2x32, uniform24 } from "../../src/tensor/random.js";
import { literalSeed, recordWords, tracedStreamKey } from "../../src/tensor/random-bits.js";
import { ones, type Tensor } from "../../src/tensor/tensor.js";
import { messageOf } from "../errors.js";
import { chiSquare, quantile999 } from "../tensor/chi-square.js";

const SEED = 5;
const STEP = 3;

/** Pictures of any numbers, [records, height, width, channels]. */
function pictures(records: number, height: number, width: number, channels: number, dtype: "f32" | "f64" = "f64"): Tensor {
  const random = new RandomStream(records + height, "pictures");
  const data = Float64Array.from({ length: records * height * width * channels }, () => random.between(-1, 1));
  return tensor(dtype === "f32" ? Float32Array.from(data) : data, { shape: [records, height, width, channels] });
}

function augmented(list: readonly Augmentation[], inputs: Tensor, targets?: Tensor, classes?: number) {
  const words = (purpose: string, shape: readonly number[]) => recordWords(tracedStreamKey(literalSeed(SEED), purpose, STEP), shape);
  const labels = targets ?? tensor(new Int32Array(inputs.shape[0]));
  return applyAugmentations(list, { inputs, targets: labels }, words, classes);
}

const inputsAfter = (list: readonly Augmentation[], inputs: Tensor): Tensor => augmented(list, inputs).inputs;
const numbers = (x: Tensor): Float64Array => interpret([x])[0];

/** The words of a record's element, from the host's generator. */
const wordsOf = (purpose: string, record: number, element = 0) =>
  threefry2x32(...streamKey(SEED, `augmentation ${purpose}`, STEP), element, record);
const uniformOf = (purpose: string, record: number): number => uniform24(wordsOf(purpose, record)[0]);
const between = (u: number, low: number, high: number): number => low + (high - low) * u;

/** x at a place of record r, 0 outside. */
function reader(x: Tensor) {
  const [, height, width, channels] = x.shape;
  const data = numbers(x);
  return (r: number, i: number, j: number, c: number): number =>
    i < 0 || j < 0 || i >= height || j >= width ? 0 : data[((r * height + i) * width + j) * channels + c];
}

/** A picture made number by number. */
function made(x: Tensor, value: (r: number, i: number, j: number, c: number) => number): Float64Array {
  const [records, height, width, channels] = x.shape;
  const out: number[] = [];
  for (let r = 0; r < records; r++)
    for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) for (let c = 0; c < channels; c++) out.push(value(r, i, j, c));
  return Float64Array.from(out);
}

function expectClose(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) expect(Math.abs(found[i] - expected[i])).toBeLessThanOrEqual(tolerance);
}

describe("augmentations, number by number on the host from the same bits", () => {
  const x = pictures(7, 5, 6, 2);
  const at = reader(x);
  const square = pictures(9, 5, 5, 3);
  const atSquare = reader(square);

  it.each(["horizontal", "vertical"] as const)("flip %s", (direction) => {
    const flips = (r: number) => wordsOf("flip1 ", r)[0] >>> 8 < 0.3 * 2 ** 24;
    const expected = made(x, (r, i, j, c) =>
      !flips(r) ? at(r, i, j, c) : direction === "horizontal" ? at(r, i, 5 - j, c) : at(r, 4 - i, j, c),
    );
    expect(numbers(inputsAfter([flip({ direction, probability: 0.3 })], x))).toEqual(expected);
  });

  it("turn", () => {
    const turned = (quarters: number, r: number, i: number, j: number, c: number): number =>
      quarters === 0 ? atSquare(r, i, j, c) : turned(quarters - 1, r, j, 4 - i, c);
    const expected = made(square, (r, i, j, c) => {
      const word = wordsOf("turn1 ", r)[0];
      const [odd, half] = [word >>> 31, (word >>> 30) & 1];
      return turned(2 * half + odd, r, i, j, c);
    });
    expect(numbers(inputsAfter([turn()], square))).toEqual(expected);
  });

  it.each(["zero", "edge", "reflect"] as const)("crop, with %s outside", (outside) => {
    const place = (p: number, extent: number) => {
      if (outside === "zero") return p;
      if (outside === "edge") return Math.min(Math.max(p, 0), extent - 1);
      return p < 0 ? -p : p >= extent ? 2 * (extent - 1) - p : p;
    };
    const moved = (purpose: string, r: number) => Math.floor(((wordsOf(`crop1 ${purpose}`, r)[0] >>> 16) * 7) / 65536) - 3;
    const expected = made(x, (r, i, j, c) => at(r, place(i + moved("down", r), 5), place(j + moved("across", r), 6), c));
    expect(numbers(inputsAfter([crop({ padding: 3, outside })], x))).toEqual(expected);
  });

  it("affine: rotated, scaled and shifted, between pixels bilinear", () => {
    const expected = made(x, (r, i, j, c) => {
      const angle = (between(uniformOf("affine1 rotation", r), -40, 40) * Math.PI) / 180;
      const s = between(uniformOf("affine1 scale", r), 0.7, 1.4);
      const t = [between(uniformOf("affine1 down", r), -0.3, 0.3) * 5, between(uniformOf("affine1 across", r), -0.3, 0.3) * 6];
      const [down, across] = [i - 2 - t[0], j - 2.5 - t[1]];
      const row = 2 + (across * Math.sin(angle) + down * Math.cos(angle)) / s;
      const column = 2.5 + (across * Math.cos(angle) - down * Math.sin(angle)) / s;
      const [top, left] = [Math.floor(row), Math.floor(column)];
      const [v, u] = [row - top, column - left];
      return (
        (1 - v) * ((1 - u) * at(r, top, left, c) + u * at(r, top, left + 1, c)) +
        v * ((1 - u) * at(r, top + 1, left, c) + u * at(r, top + 1, left + 1, c))
      );
    });
    // Float64 throughout: places are good to 1e-14, and slopes between pixels are at most 2.
    expectClose(numbers(inputsAfter([affine({ rotation: 40, scale: [0.7, 1.4], shift: 0.3 })], x)), expected, 1e-12);
  });

  it("brightness and contrast", () => {
    const delta = (r: number) => between(uniformOf("brightness1 ", r), -0.2, 0.2);
    expectClose(
      numbers(inputsAfter([brightness(0.2)], x)),
      made(x, (r, i, j, c) => at(r, i, j, c) + delta(r)),
      1e-15,
    );
    const mean = (r: number, c: number) => {
      let sum = 0;
      for (let i = 0; i < 5; i++) for (let j = 0; j < 6; j++) sum += at(r, i, j, c);
      return sum / 30;
    };
    const expected = made(x, (r, i, j, c) => (at(r, i, j, c) - mean(r, c)) * between(uniformOf("contrast1 ", r), 0.5, 1.5) + mean(r, c));
    expectClose(numbers(inputsAfter([contrast(0.5)], x)), expected, 1e-14);
  });

  it("Gaussian noise of one level, and of a level for each record", () => {
    const normal = (r: number, element: number) => {
      const [first, second] = wordsOf("gaussianNoise1 ", r, element);
      return Math.sqrt(-2 * Math.log(uniform24(first) + 2 ** -25)) * Math.cos(2 * Math.PI * uniform24(second));
    };
    const element = (i: number, j: number, c: number) => (i * 6 + j) * 2 + c;
    const fixed = made(x, (r, i, j, c) => at(r, i, j, c) + 0.1 * normal(r, element(i, j, c)));
    expectClose(numbers(inputsAfter([gaussianNoise(0.1)], x)), fixed, 1e-13);
    const level = (r: number) => between(uniformOf("gaussianNoise1 level", r), 0.05, 0.5);
    const blind = made(x, (r, i, j, c) => at(r, i, j, c) + level(r) * normal(r, element(i, j, c)));
    expectClose(numbers(inputsAfter([gaussianNoise([0.05, 0.5])], x)), blind, 1e-13);
  });

  it("cutout", () => {
    const covers = (purpose: string, r: number, p: number, extent: number) => {
      const first = Math.floor(uniformOf(`cutout1 ${purpose}`, r) * extent) - 1;
      return p >= first && p < first + 3;
    };
    const expected = made(x, (r, i, j, c) => (covers("down", r, i, 5) && covers("across", r, j, 6) ? 0.5 : at(r, i, j, c)));
    expect(numbers(inputsAfter([cutout({ size: 3, value: 0.5 })], x))).toEqual(expected);
  });

  it("the compiled kernels give what the interpreter gives", () => {
    const list = [
      flip(),
      dihedral(),
      crop({ padding: 2 }),
      affine({ rotation: 20, scale: 0.2, shift: 0.1 }),
      contrast(0.3),
      cutout({ size: 2 }),
    ];
    const one = pictures(9, 5, 5, 3, "f32");
    const found = inputsAfter(list, one);
    // Float32 places near 5 are good to a few 2^-22, and so is what lies between pixels that differ by 2.
    expectClose(found.data(), numbers(found), 1e-5);
  });
});

describe("geometry is exact", () => {
  it("flipped twice, and turned back, a picture is itself", () => {
    const x = pictures(3, 4, 5, 2);
    const twice = [flip({ probability: 1 }), flip({ probability: 1 })];
    expect(numbers(inputsAfter(twice, x))).toEqual(numbers(x));
    expect(numbers(inputsAfter([flip({ probability: 1 })], x))).not.toEqual(numbers(x));
    const quarter = rotate([90, 90]);
    const square = pictures(2, 5, 5, 1);
    expectClose(numbers(inputsAfter([quarter, quarter, quarter, quarter], square)), numbers(square), 1e-12);
  });

  it("rotation by 90 degrees is a turn counter-clockwise", () => {
    const x = pictures(1, 4, 4, 1);
    const at = reader(x);
    expectClose(
      numbers(inputsAfter([rotate([90, 90])], x)),
      made(x, (r, i, j, c) => at(r, j, 3 - i, c)),
      1e-12,
    );
  });

  it("a shift of whole pixels moves them, and scale 2 spreads them from the centre", () => {
    const x = pictures(1, 5, 5, 1);
    const at = reader(x);
    const moved = made(x, (r, i, j, c) => at(r, i - 2, j - 2, c));
    expectClose(numbers(inputsAfter([shift([0.4, 0.4])], x)), moved, 1e-12);
    const near = numbers(inputsAfter([rescale([2, 2])], x));
    for (const [i, j] of [
      [0, 0],
      [0, 4],
      [2, 2],
      [4, 2],
    ])
      expect(near[5 * i + j]).toBeCloseTo(at(0, 2 + (i - 2) / 2, 2 + (j - 2) / 2, 0), 12);
  });

  it("all eight symmetries come, equally often; and all four turns", () => {
    const one = Float64Array.from([1, 2, 3, 4]);
    const count = (augmentation: Augmentation, records: number) => {
      const x = tensor(
        Float64Array.from({ length: 4 * records }, (_, i) => one[i % 4]),
        { shape: [records, 2, 2, 1] },
      );
      const data = numbers(inputsAfter([augmentation], x));
      const seen = new Map<string, number>();
      for (let r = 0; r < records; r++) {
        const key = data.subarray(4 * r, 4 * r + 4).join("");
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      return seen;
    };
    const eight = count(dihedral(), 1600);
    expect([...eight.keys()].sort()).toEqual(["1234", "1324", "2143", "2413", "3142", "3412", "4231", "4321"]);
    expect(chiSquare([...eight.values()], 200)).toBeLessThan(quantile999(7));
    const four = count(turn(), 1600);
    expect([...four.keys()].sort()).toEqual(["1234", "2413", "3142", "4321"]);
    expect(chiSquare([...four.values()], 400)).toBeLessThan(16.27); // 99.9 % of χ² with 3 degrees of freedom
  });

  it("a crop comes to each of its places equally often", () => {
    const records = 2500;
    const x = tensor(
      Float64Array.from({ length: 25 * records }, (_, i) => i % 25),
      { shape: [records, 5, 5, 1] },
    );
    const data = numbers(inputsAfter([crop({ padding: 2, outside: "edge" })], x));
    const counts = new Array<number>(25).fill(0);
    for (let r = 0; r < records; r++) counts[data[25 * r + 12]]++;
    expect(chiSquare(counts, 100)).toBeLessThan(quantile999(24));
  });
});

describe("mixup", () => {
  const cumulative: readonly [number, (x: number) => number][] = [
    [0.5, (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x))],
    [1, (x) => x],
    [2, (x) => x * x * (3 - 2 * x)],
  ];

  /** λ of so many records: the first of the numbers (1, 0), mixed with (0, 0)… is not seen; a batch of alternating 1 and 0 shows λ and 1 − λ. */
  function lambdas(alpha: number, records: number): Float64Array {
    const x = tensor(
      Float64Array.from({ length: records }, (_, i) => (i + 1) % 2),
      { shape: [records, 1] },
    );
    return numbers(augmented([mixup(alpha)], x, x).inputs);
  }

  it.each(cumulative)("with α = %f its λ follow Beta(α, α)", (alpha, cdf) => {
    const counts = new Array<number>(20).fill(0);
    // The law is symmetric: 1 − λ is as good.
    for (const λ of lambdas(alpha, 4000)) counts[Math.min(19, Math.floor(20 * cdf(λ)))]++;
    expect(chiSquare(counts, 200)).toBeLessThan(quantile999(19));
  });

  it("with small α the variance is that of the law, 1/(4(2α + 1))", () => {
    const values = lambdas(0.2, 4000);
    const squares = values.reduce((sum, λ) => sum + (λ - 0.5) ** 2, 0) / values.length;
    // (λ − ½)² lies in [0, ¼]: the mean of 4,000 is good to 5 · 0.125/√4,000.
    expect(Math.abs(squares - 1 / 5.6)).toBeLessThan(5 * (0.125 / Math.sqrt(4000)));
  });

  it("mixes records with the next, and their labels into distributions that sum to one", () => {
    const x = pictures(4, 2, 2, 1);
    const { inputs, targets } = augmented([mixup(1)], x, tensor(Int32Array.of(2, 0, 1, 2)), 3);
    expect(targets.shape).toEqual([4, 3]);
    const soft = numbers(targets);
    const λ = [soft[2], soft[3], soft[7], soft[11]];
    expect(soft[0]).toBeCloseTo(1 - λ[0], 15);
    expect(soft[11]).toBe(1); // 2 follows 2
    for (let r = 0; r < 4; r++) expect(soft[3 * r] + soft[3 * r + 1] + soft[3 * r + 2]).toBeCloseTo(1, 15);
    const at = reader(x);
    const expected = made(x, (r, i, j, c) => λ[r] * at(r, i, j, c) + (1 - λ[r]) * at(r + 1, i, j, c));
    expectClose(numbers(inputs).subarray(0, 12), expected.subarray(0, 12), 1e-15);
  });

  it("refuses labels without classes", () => {
    expect(messageOf(() => augmented([mixup()], pictures(2, 2, 2, 1)))).toMatch(/mixup cannot mix/);
  });
});

describe("augmentations", () => {
  it("let gradients through: ⟨∇⟨Ax, y⟩, x⟩ = ⟨Ax, y⟩ for what is linear", () => {
    const x = pictures(3, 5, 5, 2);
    const y = pictures(3, 5, 5, 2).reverse(1);
    const list = [
      flip(),
      dihedral(),
      crop({ padding: 2 }),
      affine({ rotation: 30, scale: 0.3, shift: 0.2 }),
      contrast(0.4),
      cutout({ size: 2 }),
    ];
    const value = (at: Tensor) => inputsAfter(list, at).mul(y).sum();
    const [found = x.fill(0)] = pullBack([value(x)], [ones([])], [x]);
    const [left] = numbers(found.mul(x).sum());
    expect(left).toBeCloseTo(numbers(value(x))[0], 12);
    expect(Math.abs(left)).toBeGreaterThan(1e-3);
  });

  it("keep their numbers when another is put in between, and two of one kind draw apart", () => {
    const x = pictures(40, 3, 3, 1);
    const idle = defineAugmentation({ name: "idle", apply: ({ inputs }) => inputs });
    expect(numbers(inputsAfter([flip(), idle, brightness(1)], x))).toEqual(numbers(inputsAfter([flip(), brightness(1)], x)));
    expect(numbers(inputsAfter([flip(), flip()], x))).not.toEqual(numbers(x));
  });

  it("are read from a text", () => {
    const names = parseAugmentations(
      "flip, flip:vertical,crop:4,turn,dihedral,shift:0.1,rotate:15,rescale:.1,brightness:0.2,contrast:0.2,noise:0.1,cutout:8,mixup,mixup:0.4",
    );
    expect(names.map(({ name }) => name).join(" ")).toBe(
      "flip flip crop turn dihedral shift rotate rescale brightness contrast gaussianNoise cutout mixup mixup",
    );
    expect(names[1].settings).toEqual({ direction: "vertical", probability: 0.5 });
    for (const [text, message] of [
      ["flap", /no augmentation "flap"/],
      ["crop", /cannot be made/],
      ["crop:1.5", /crop\(\) cannot/],
      ["turn:3", /cannot be made/],
      ["flip:left", /cannot be made/],
      ["", /no augmentation/],
    ] as const)
      expect(messageOf(() => parseAugmentations(text))).toMatch(message);
  });

  it("refuse what they cannot do", () => {
    const flat = tensor(new Float64Array(6), { shape: [2, 3] });
    for (const [work, message] of [
      [() => inputsAfter([flip()], flat), /takes pictures/],
      [() => inputsAfter([turn()], pictures(1, 2, 3, 1)), /square/],
      [() => inputsAfter([crop({ padding: 3, outside: "reflect" })], pictures(1, 3, 3, 1)), /not so much picture/],
      [() => crop({ padding: -1 }), /crop\(\)/],
      [() => flip({ probability: 2 }), /flip\(\)/],
      [() => rescale(1), /rescale\(\)/],
      [() => rotate([10, -10]), /rotate\(\)/],
      [() => gaussianNoise(-1), /gaussianNoise\(\)/],
      [() => cutout({ size: 0 }), /cutout\(\)/],
      [() => mixup(0), /mixup\(\)/],
      [() => defineAugmentation({ name: "two words", apply: ({ inputs }) => inputs }), /plain name/],
      [
        () =>
          inputsAfter(
            [defineAugmentation({ name: "half", apply: ({ inputs }) => inputs.slice([0, 0, 0, 0], [1, 1, 3, 1]) })],
            pictures(1, 3, 3, 1),
          ),
        /another shape/,
      ],
    ] as const)
      expect(messageOf(work)).toMatch(message);
  });
});

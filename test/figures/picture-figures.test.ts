import { conv2d, dense, fit, flatten, relu, sequential } from "steepest";
import { digits } from "steepest/data";
import { activationFigure, confusionFigure, confusionWidth, type Figure, filterFigure, type Mark, pictureGrid } from "steepest/figures";
import { describe, expect, it } from "vitest";
import { signed, viridis } from "../../src/figures/palette.js";

const marksOf = <K extends Mark["kind"]>({ description }: Figure, kind: K) =>
  description.marks.filter((mark): mark is Extract<Mark, { readonly kind: K }> => mark.kind === kind);

/** Colours of a picture, pixel by pixel. */
const pixels = ({ samples }: { readonly samples: Uint8Array }) =>
  Array.from({ length: samples.length / 3 }, (_, i) => [...samples.subarray(3 * i, 3 * i + 3)]);

describe("pictures in rows", () => {
  const picture = { width: 4, height: 2, channels: 1, samples: Uint8Array.from({ length: 8 }, (_, i) => i), words: ["a", "b"] } as const;

  it("stand from left to right and from top to bottom, without overlap, words below", () => {
    const figure = pictureGrid({ title: "t", alt: "a", pictures: Array.from({ length: 5 }, () => picture), columns: 3, size: 40 });
    const images = marksOf(figure, "image");
    expect(images).toHaveLength(5);
    const places = images.map(({ x, y }) => [x[0], y[0], x[1], y[1]]);
    // Twice as wide as high, as the picture is.
    for (const [left, low, right, high] of places) expect([right - left, high - low]).toEqual([40, 20]);
    expect([places[1][0] > places[0][2], places[3][3] < places[0][1], places[3][0]]).toEqual([true, true, 0]);
    const texts = marksOf(figure, "text");
    expect(texts.map(({ text }) => text)).toEqual(Array.from({ length: 5 }, () => ["a", "b"]).flat());
    // The words of the first row end above the pictures of the second.
    for (const { at } of texts.slice(0, 6)) expect([at[1] < places[0][1], at[1] - 6 > places[3][3]]).toEqual([true, true]);
    for (const { at } of texts) expect(at[1] - 6).toBeGreaterThanOrEqual(figure.description.y.domain?.[0] ?? Number.NaN);
    expect(figure.toSvg({ width: figure.description.x.domain?.[1] })).toMatch(/^<svg/);
  });
});

describe("filters", () => {
  it("are drawn on one scale, symmetric about 0, pixel by pixel", () => {
    // [height 1, width 2, channels 1, filters 2]
    const figure = filterFigure({ shape: [1, 2, 1, 2], data: [1, -2, 0, 0.5] });
    const [first, second] = marksOf(figure, "image").map(pixels);
    expect(first).toEqual([signed(0.75), signed(0.5)].map((colour) => [...colour]));
    expect(second).toEqual([signed(0), signed(0.625)].map((colour) => [...colour]));
  });

  it("of three channels are colours about grey, and of others one picture for each channel, a row for each filter", () => {
    const colour = filterFigure({ shape: [1, 1, 3, 1], data: [1, 0, -1] });
    expect(pixels(marksOf(colour, "image")[0])).toEqual([[255, 128, 0]]);
    const wide = filterFigure({ shape: [1, 1, 2, 3], data: [1, 2, 3, 4, 5, 6] });
    // data[channel · 3 + filter]
    expect(marksOf(wide, "image").map((image) => pixels(image)[0])).toEqual([1, 4, 2, 5, 3, 6].map((w) => [...signed(0.5 + w / 12)]));
    expect(new Set(marksOf(wide, "image").map(({ x }) => x[0])).size).toBe(2);
  });

  it("of a linear layer take the shape of its input, and are refused without", () => {
    const weights = { shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => i) };
    expect(marksOf(filterFigure(weights, { input: [2, 2, 1] }), "image").map(({ width, height }) => [width, height])).toEqual(
      Array.from({ length: 3 }, () => [2, 2]),
    );
    expect(() => filterFigure(weights)).toThrow(/see no picture/);
    expect(() => filterFigure(weights, { input: [3, 2, 1] })).toThrow(/see no picture/);
    expect(marksOf(filterFigure({ shape: [1, 1, 1, 2], data: [0, 0] }), "image").map((image) => pixels(image)[0])).toEqual([
      [...signed(0.5)],
      [...signed(0.5)],
    ]);
  });
});

describe("activations", () => {
  it("of a layer of images have a picture for each channel, on one scale", () => {
    const positive = activationFigure({ shape: [1, 1, 2, 2], data: [0, 4, 2, 1] });
    expect(marksOf(positive, "image").map(pixels)).toEqual([
      [0, 0.5].map((share) => [...viridis(share)]),
      [1, 0.25].map((share) => [...viridis(share)]),
    ]);
    const both = activationFigure({ shape: [1, 1, 1, 2], data: [-2, 1] });
    expect(marksOf(both, "image").map((image) => pixels(image)[0])).toEqual([[...signed(0)], [...signed(0.75)]]);
  });

  it("of other layers have a bar for each number, and of several inputs are refused", () => {
    const figure = activationFigure({ shape: [1, 3], data: [0.5, -1, 2] });
    expect(marksOf(figure, "bars")[0].bars.map(({ value }) => value)).toEqual([0.5, -1, 2]);
    expect(() => activationFigure({ shape: [2, 3], data: new Float32Array(6) })).toThrow(/one input at a time/);
  });

  it("come from a trained model, layer by layer", async () => {
    const data = digits({ train: 64, test: 1 });
    const run = await fit(sequential(conv2d(4, 3), relu(), flatten(), dense(10)), data);
    const picture = data.inputs.data.subarray(0, 784);
    const given = run.predictor().activations(picture, "relu1");
    const images = marksOf(activationFigure(given), "image");
    expect(images.map(({ width, height }) => [width, height])).toEqual(Array.from({ length: 4 }, () => [28, 28]));
    const highest = Math.max(...given.data);
    expect(pixels(images[2])[100]).toEqual([...viridis(given.data[100 * 4 + 2] / highest)]);
    const weights = { shape: [3, 3, 1, 4], data: run.weights.get("conv1.weight") ?? [] };
    expect(marksOf(filterFigure(weights), "image")).toHaveLength(4);
  });
});

describe("a confusion matrix", () => {
  const counts = [
    [3, 1, 0],
    [0, 4, 0],
    [0, 25, 75],
  ];

  it("has its counts where rows and columns meet, and the share of each class that was found", () => {
    const figure = confusionFigure(counts, { classes: ["a", "b", "c"] });
    const written = new Map(marksOf(figure, "text").map(({ at, text }) => [at.map((v) => v.toFixed(2)).join(), text]));
    counts.forEach((row, label) =>
      row.forEach((count, said) => expect(written.get(`${said}.50,${2 - label}.50`)).toBe(count === 0 ? "·" : String(count))),
    );
    expect([2, 1, 0].map((row) => written.get(`4.65,${row}.50`))).toEqual(["75.0 %", "100 %", "75.0 %"]);
    const [cells] = marksOf(figure, "cells");
    // From the lowest row on: c, b, a. Nothing where nothing is, hits in one colour and mistakes in the other.
    expect(Array.from(cells.classes)).toEqual([-1, 1, 0, -1, 0, -1, 0, 1, -1]);
    const shades = Array.from(cells.shades ?? []);
    // One mistake of 25 stays a fifth as strong as the most frequent.
    expect((shades[7] - 0.12) / (shades[1] - 0.12)).toBeCloseTo(1 / 5, 12);
    expect(figure.description.alt).toContain("82 of 108 records right");
    expect(confusionWidth(figure)).toBeGreaterThan(3 * 40);
  });

  it("names long classes beside their rows, and writes no numbers into cells that are too small", () => {
    const long = confusionFigure([[1, 0], [0, 1]], { classes: ["aeroplane", "cat"] }); // biome-ignore format: a matrix
    expect(marksOf(long, "text").map(({ text }) => text)).toEqual(expect.arrayContaining(["aeroplane 0", "cat 1", "0", "1"]));
    const many = confusionFigure(Array.from({ length: 40 }, (_, i) => Array.from({ length: 40 }, (_, j) => (i === j ? 9 : 0))));
    expect(marksOf(many, "text")).toHaveLength(3 * 40 + 1);
    expect(() => confusionFigure([[1, 2]])).toThrow(/no confusion matrix/);
    expect(confusionFigure([[5]]).description.alt).toContain("No mistakes.");
  });
});

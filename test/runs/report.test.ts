import { describe, expect, it } from "vitest";
import { headline, renderReport } from "../../src/runs/report.js";
import { exampleRun, sample } from "./example-run.js";

const mistakes = [sample(3, 0, [0.3, 0.6, 0.1]), sample(5, 2, [0.02, 0.9, 0.08])];
const samples = [sample(0, 1, [0.1, 0.8, 0.1]), ...mistakes];
const page = renderReport(exampleRun, { samples, mistakes, created: new Date(Date.UTC(2026, 2, 5, 14, 7)), folder: "runs/my run" });

describe("the report", () => {
  it("is one file that fetches nothing and runs nothing", () => {
    expect(page).not.toMatch(/<script|@import|url\(|<link[^>]+href="(?!data:)|\son\w+=/i);
    for (const [, source] of page.matchAll(/src="([^"]*)"/g)) expect(source).toMatch(/^data:image\/png;base64,/);
    expect([...page.matchAll(/https?:\/\/[^"\s<]+/g)].map(([url]) => url).filter((url) => url !== "http://www.w3.org/2000/svg")).toEqual(
      [],
    );
  });

  it("has a style sheet in which every brace is closed: what follows an open one would hold in one case only", () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? "";
    expect(style.split("{").length).toBeGreaterThan(50);
    expect(style.split("}").length).toBe(style.split("{").length);
  });

  it("states the results", () => {
    expect(headline(exampleRun)).toBe("80.00 % of 10 unseen records are recognised");
    expect(page).toContain(headline(exampleRun));
    expect(page).toContain("The loss fell to 0.31 and was still falling.");
    expect(page).toContain("5 March 2026, 14:07 UTC");
    for (const title of ["Loss", "Accuracy", "Learning rate", "Gradient"]) expect(page).toContain(`aria-label="${title}. `);
  });

  it("shows mistakes, the most certain first, and samples", () => {
    const captions = [...page.matchAll(/<b>([^<]*)<\/b> read as <b class="wrong">([^<]*)<\/b><\/span><span class="quiet">([^<]*)/g)].map(
      (match) => match.slice(1),
    );
    expect(captions).toEqual([
      ["&lt;cross&gt;", "square", "90 %"],
      ["disc", "square", "60 %"],
    ]);
    expect(page.match(/<img /g)?.length).toBe(5);
  });

  it("shows the confusion matrix with what was found of each class", () => {
    expect(page).toContain("2 mistakes. Most frequent: disc read as square (1), &lt;cross&gt; read as square (1).");
    expect(page).toContain(
      'aria-label="Confusion matrix. 3 classes, 8 of 10 records right. Most frequent mistakes: disc as square (1), &lt;cross&gt; as square (1)."',
    );
    for (const share of ["75.0 %", "100 %", "66.7 %"]) expect(page).toContain(`>${share}</text>`);
  });

  it("shows the filters of a first layer that sees pictures, and of no other", () => {
    const weights = (name: string, shape: readonly number[], size: number) => [
      { name, shape, dtype: "f32" as const, data: new Float32Array(size).fill(0.5) },
    ];
    const filters = (run: typeof exampleRun) => renderReport(run).match(/What the first layer looks for/g)?.length ?? 0;
    expect(filters({ ...exampleRun, weights: weights("conv1.weight", [3, 3, 3, 8], 216) })).toBe(1);
    expect(filters({ ...exampleRun, weights: weights("dense1.weight", [4, 3], 12) })).toBe(1);
    expect(filters({ ...exampleRun, weights: weights("conv1.weight", [3, 3, 5, 2], 90) })).toBe(0);
    expect(filters({ ...exampleRun, inputShape: [4], weights: weights("dense1.weight", [4, 3], 12) })).toBe(0);
    expect(filters({ ...exampleRun, inputShape: [6], weights: weights("embedding1.weight", [9, 3], 27) })).toBe(0);
  });

  it("lists the layers, the settings and the way to repeat it", () => {
    expect(page).toContain('<td>dense 3</td><td class="n">3</td><td class="n">15</td>');
    expect(page).toContain("adam (learning rate 0.001, beta1 0.9, schedule cosine)");
    expect(page).toContain("steepest train --data shapes --model linear --seed 7");
    expect(page).toContain("steepest evaluate &#39;runs/my run&#39;");
  });

  it("escapes every name it is given", () => {
    const evil = '<img src=x onerror=alert(1)>"&';
    const html = renderReport(
      {
        ...exampleRun,
        title: evil,
        classes: [evil, evil, evil],
        command: evil,
        configuration: { ...exampleRun.configuration, data: evil, [evil]: evil, loss: evil },
        layers: [{ layer: evil, outputShape: [1], parameters: 0 }],
        results: { ...exampleRun.results, diagnosis: evil },
      },
      { samples, mistakes, folder: evil },
    );
    expect(html).not.toContain("<img src=x");
    expect(html).not.toContain(evil);
  });

  it("does without what was not measured", () => {
    const { test: _, validationLoss: __, ...results } = exampleRun.results;
    const html = renderReport({
      ...exampleRun,
      classes: undefined,
      results,
      history: [{ step: 1, epoch: 1, seconds: 1, loss: 2, learningRate: 0.1 }],
    });
    expect(html).toContain("Training loss 0.31");
    expect(html).not.toMatch(/NaN|undefined|Confusion|Accuracy\./);
    expect(renderReport({ ...exampleRun, history: [] })).not.toContain("How it learned");
  });
});

/** What all exhibits have in common, and the page made of them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import "../../src/index.js";
import { Panels } from "../../src/figures/panels.js";
import type { Exhibit, Numbers, Value } from "../../src/lectures/exhibit.js";
import { exhibits } from "../../src/lectures/index.js";
import { exhibitsNamed, makeExhibits, numbersOf } from "../../src/lectures/make.js";
import { numberRows } from "../../src/lectures/numbers-table.js";
import { lecturesReport } from "../../src/lectures/report.js";

const page = readFileSync(new URL("../../docs/lectures.md", import.meta.url), "utf8");

/** Every number in the values, however deep. */
function numbersIn(value: Value): number[] {
  if (typeof value === "number") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(numbersIn);
}

describe("the exhibits", () => {
  it("have ids of their own, in their order", () => {
    const numbers = exhibits.map(({ id }) => Number(id.slice(1)));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  });

  it.each(exhibits.map((exhibit): [string, Exhibit] => [exhibit.id, exhibit]))(
    "%s says what it shows in two sentences, and its call is run by the docs",
    (_, exhibit) => {
      // A sentence ends in a point before a space and a capital, a figure, or the end.
      expect(exhibit.shows.split(/(?<=[a-z0-9)])\. (?=[A-Z])/)).toHaveLength(2);
      expect(page).toContain(`\`\`\`ts\n${exhibit.code}\n\`\`\`\n`);
    },
  );

  it("are found by their ids", () => {
    expect(exhibitsNamed([])).toBe(exhibits);
    expect(exhibitsNamed(["d15", " D1 "]).map(({ id }) => id)).toEqual(["D1", "D15"]);
    expect(() => exhibitsNamed(["D99"])).toThrow(/no such exhibit/);
  });
});

describe("the page", () => {
  const fixed: Exhibit = {
    ...exhibits[0],
    id: "D99",
    title: "A < B & C",
    make: () => ({ numbers: { half: 0.5, list: [1, 2], none: null, deep: { stableBelow: 2 } }, figures: [] }),
  };

  it("is one file, with every figure in it, and without anything that a browser would fetch or run", async () => {
    const made = await makeExhibits(exhibitsNamed(["D1", "D15"]), {});
    const html = lecturesReport(made);
    // Panels come one by one, so that a phone can put them below each other.
    const figures = made
      .flatMap(({ outcome }) => outcome.figures)
      .flatMap(({ figure }) => (figure instanceof Panels ? figure.figures : [figure]));
    expect(html.match(/<svg[^>]* role="img"/g)).toHaveLength(figures.length);
    expect(html).not.toMatch(/<script|\ssrc=|<link (?!rel="icon" href="data:,")|@import|url\(/);
    expect(html).toContain('<section id="d15">');
  });

  it("escapes what it shows, and tells of the numbers by name", async () => {
    const made = await makeExhibits([fixed], {});
    expect(lecturesReport(made)).toContain("A &lt; B &amp; C");
    expect(numbersOf(made)).toEqual({ D99: { half: 0.5, list: [1, 2], none: null, deep: { stableBelow: 2 } } });
    const rows: Numbers = made[0].outcome.numbers;
    expect(numberRows(rows)).toEqual([
      ["half", "0.5"],
      ["list", "1, 2"],
      ["none", "never"],
      ["deep · stable below", "2"],
    ]);
  });

  it("holds no number that JSON would lose", async () => {
    const made = await makeExhibits(exhibitsNamed(["D1", "D2", "D3", "D6", "D12", "D15", "D17"]), {});
    for (const { exhibit, outcome } of made)
      for (const x of numbersIn(outcome.numbers)) expect(Number.isFinite(x), `${exhibit.id}: ${x}`).toBe(true);
  });

  it("stops between exhibits when it is told to", async () => {
    const abort = new AbortController();
    const told: string[] = [];
    const making = makeExhibits([fixed, { ...fixed, id: "D100" }], { signal: abort.signal }, ({ id }, seconds) => {
      told.push(`${id} ${seconds === undefined ? "begins" : "ends"}`);
      if (seconds !== undefined) abort.abort();
    });
    await expect(making).rejects.toThrow();
    expect(told).toEqual(["D99 begins", "D99 ends"]);
  });
});

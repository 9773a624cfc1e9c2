/** The pictures of the documentation are those that `steepest lectures` draws: `npx vitest run -u test/lectures` draws them anew. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import "../../src/index.js";
import { exhibits } from "../../src/lectures/index.js";
import { makeExhibits } from "../../src/lectures/make.js";
import { isFull } from "../full.js";

const docs = new URL("../../docs/", import.meta.url);
const files = readdirSync(new URL("lectures/", docs));
const page = readFileSync(new URL("lectures.md", docs), "utf8");

/** They train networks for ten seconds and more. */
const long = ["D14"];

describe("the pictures of the documentation", () => {
  it("are all shown", () => {
    const shown = Array.from(page.matchAll(/!\[[^\]]+\]\(lectures\/([\w-]+\.svg)\)/g), ([, name]) => name);
    expect(shown.sort()).toEqual([...files].sort());
  });

  it.each(exhibits.map(({ id }) => id))("are there of %s", (id) => {
    expect(files.some((name) => name.startsWith(`${id.toLowerCase()}-`))).toBe(true);
  });

  const drawn = exhibits.map(({ id }) => id).filter((id) => isFull || !long.includes(id));
  it.each(drawn)("of %s are as they are drawn now", { timeout: 120_000 }, async (id) => {
    const [{ outcome }] = await makeExhibits(
      exhibits.filter((exhibit) => exhibit.id === id),
      {},
    );
    const shown = files.filter((name) => name.startsWith(`${id.toLowerCase()}-`));
    for (const file of shown) {
      const made = outcome.figures.find(({ name }) => file === `${id.toLowerCase()}-${name}.svg`);
      if (made === undefined) throw new Error(`no figure of ${id} is called ${file}`);
      await expect(made.figure.toSvg()).toMatchFileSnapshot(new URL(`lectures/${file}`, docs).pathname);
    }
  });
});

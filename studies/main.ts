// Published experiments, done again: `npm run study -- NAME --data DIR [--only ROW] [--seeds N] [--quick] [--json]`.

import { parseArgs } from "node:util";
import { SteepestError } from "steepest";
import { bsd68 } from "./bsd68.js";
import { cifar10Cnn } from "./cifar10-cnn.js";
import { fashion2c2d } from "./fashion-2c2d.js";
import { linearLadder } from "./linear-ladder.js";
import { mnist } from "./mnist.js";
import { progressTo } from "./progress.js";
import type { Study } from "./study.js";
import { asJson, asMarkdown } from "./table.js";

const studies: readonly Study[] = [linearLadder, mnist, fashion2c2d, cifar10Cnn, bsd68];

const help = `npm run study -- NAME --data DIR [options]

A published experiment, done again: a table of its numbers over several seeds, beside those that were published.

${studies
  .map(({ name, title, needs, takesRuns }) => {
    const indent = `\n${" ".repeat(name.length + 6)}`;
    return `  ${name}    ${title}${indent}needs ${needs}${takesRuns === undefined ? "" : `${indent}takes --run DIR, ${takesRuns}`}`;
  })
  .join("\n")}

  --data DIR   where its data lie
  --run DIR    the run folder of a trained network, to be measured as well; more than once for several
  --only ROW   only the rows with this in their names: a long study can be done row by row
  --seeds N    how many seeds, from 1 on (default: as many as the study says)
  --quick      a small part of it in seconds, some on built-in data: shows that it works, not what it finds
  --json       one object instead of a table
  --markdown   a table as Markdown (the default)

example: npm run study -- linear-ladder --data data/cifar-10-batches-bin`;

/** Wrong usage: said with the way out, and exit code 2. */
class Usage extends Error {}

const number = (text: string): number => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 1000)
    throw new Usage(`--seeds takes a whole number from 1 to 1000, not ${JSON.stringify(text)}`);
  return value;
};

async function main(): Promise<void> {
  const { values, positionals } = parse();
  if (values.help) {
    console.log(help);
    return;
  }
  const [name, ...more] = positionals;
  const study = studies.find((candidate) => candidate.name === name);
  if (study === undefined || more.length > 0)
    throw new Usage(
      `${name === undefined ? "which study?" : `there is no study ${JSON.stringify(positionals.join(" "))}.`} There are: ${studies.map((s) => s.name).join(", ")}`,
    );
  if (values.data === undefined && !(values.quick && study.builtIn)) throw new Usage(`${study.name} needs --data DIR: ${study.needs}`);
  if (values.run !== undefined && study.takesRuns === undefined) throw new Usage(`${study.name} takes no --run`);
  const count = values.seeds === undefined ? (values.quick ? 2 : study.seeds) : number(values.seeds);
  if (values.json && values.markdown) throw new Usage("--json or --markdown, not both");
  const progress = progressTo(process.stderr);
  const result = await study.run({
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.run === undefined ? {} : { runs: values.run }),
    ...(values.only === undefined ? {} : { only: values.only }),
    seeds: Array.from({ length: count }, (_, i) => i + 1),
    quick: values.quick ?? false,
    report: progress.report,
  });
  progress.end();
  console.log(values.json ? asJson(study, result) : asMarkdown(study, result));
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        data: { type: "string" },
        run: { type: "string", multiple: true },
        only: { type: "string" },
        seeds: { type: "string" },
        quick: { type: "boolean" },
        json: { type: "boolean" },
        markdown: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Usage || error instanceof SteepestError)) throw error;
  console.error(error instanceof Usage ? `${error.message}\n\n--help says more.` : error.message);
  process.exitCode = error instanceof Usage ? 2 : 1;
}

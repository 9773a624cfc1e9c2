// Adds up a run of .ci/run: `node scripts/ci-count.mjs FOLDER` reads the reports that its stages left there and prints the last
// line, `N passed, N failed[, N skipped]`. Ends with 1 when anything failed, or when nothing was run at all.
//
// NAME.vitest.json    a report of Vitest's JSON reporter: each test counts
// NAME.browser.json   a report of scripts/browser-tests.mjs: each test counts
// NAME.KIND.code      the exit code of the command that wrote such a report: a failure that no test explains counts as one
// NAME.check          the exit code of a further stage, which counts as one test

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
if (folder === undefined || !existsSync(folder)) {
  console.error("usage: node scripts/ci-count.mjs FOLDER");
  process.exit(2);
}

let passed = 0;
let failed = 0;
let skipped = 0;

/** @param {{ testResults: { name: string, status: string, message?: string, assertionResults: { status: string, fullName: string }[] }[] }} report */
function countVitest(report) {
  for (const file of report.testResults) {
    // A file that could not be loaded has no tests to blame: it fails as one.
    if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")) {
      failed++;
      console.log(`FAILED ${file.name}: ${file.message ?? "could not be run"}`);
    }
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed++;
      else if (test.status === "failed") {
        failed++;
        console.log(`FAILED ${test.fullName}`);
      } else skipped++;
    }
  }
}

/** @param {string} name */
const read = (name) => readFileSync(join(folder, name), "utf8").trim();

/**
 * @param {string} stage
 * @param {string} code
 */
function fail(stage, code) {
  failed++;
  console.log(`FAILED ${stage} (exit code ${code})`);
}

for (const name of readdirSync(folder).sort()) {
  if (name.endsWith(".check")) {
    if (read(name) === "0") passed++;
    else fail(name.replace(/\.check$/, ""), read(name));
  } else if (name.endsWith(".code")) {
    const before = failed;
    const report = name.replace(/\.code$/, ".json");
    const stage = name.replace(/\..*$/, "");
    if (!existsSync(join(folder, report))) {
      fail(`${stage}: no report`, read(name));
      continue;
    }
    const contents = JSON.parse(read(report));
    if (name.includes(".vitest.")) countVitest(contents);
    else {
      passed += contents.passed;
      failed += contents.failed;
      skipped += contents.skipped;
    }
    if (read(name) !== "0" && failed === before) fail(`${stage}: an error outside its tests`, read(name));
  }
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig(({ mode }) => {
  // `npm run test:full`: see test/full.ts.
  const isFull = mode === "full" || process.env.STEEPEST_FULL === "1";
  return {
    resolve: {
      // Tests and documentation examples run the source itself, under the names users import.
      alias: [
        { find: /^steepest$/, replacement: source("index.ts") },
        { find: /^steepest\/data$/, replacement: source("data/index.ts") },
        { find: /^steepest\/images$/, replacement: source("data/images/index.ts") },
        { find: /^steepest\/figures$/, replacement: source("figures/index.ts") },
        { find: /^steepest\/vision$/, replacement: source("vision.ts") },
        { find: /^steepest\/exchange$/, replacement: source("exchange/index.ts") },
        { find: /^steepest\/node$/, replacement: source("node.ts") },
      ],
    },
    test: {
      include: ["test/**/*.test.ts"],
      environment: "node",
      env: { STEEPEST_FULL: isFull ? "1" : "" },
      testTimeout: isFull ? 900_000 : 30_000,
      hookTimeout: 60_000,
    },
  };
});

// How the tests run: with one copy of graphql, and dist compiled before the first of them.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: {
    // One graphql for the tests and for Yoga's CommonJS build; two copies fail with "another module or realm".
    alias: { graphql: createRequire(import.meta.url).resolve("graphql/index.js") },
  },
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/build.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    coverage: { provider: "v8", include: ["src/**"], reporter: ["text"] },
  },
});

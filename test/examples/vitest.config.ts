// Configures the run of the examples. It installs packages, so it is not a part of `npm test`.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    globalSetup: ["test/support/build.ts"],
    include: ["test/examples/*.run.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});

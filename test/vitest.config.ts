// Configures the tests: one copy of graphql, dist compiled before the first test, and two files at a time.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Files that count memory, sockets or timers of their own process, or replace globals: each has a process of its own. */
const measuring = [
  "test/docs/clients.test.ts",
  "test/execution/documents.test.ts",
  "test/http/hostile-http.test.ts",
  "test/limits/inflight-memory.test.ts",
  "test/http/pipelining.test.ts",
  "test/request/uploads-aborts.test.ts",
  "test/request/uploads-memory.test.ts",
  "test/telemetry/metrics.test.ts",
  "test/transports/cancellation.test.ts",
  "test/transports/event-loop.test.ts",
  "test/transports/stream-leaving.test.ts",
  "test/transports/stream-resources.test.ts",
  "test/transports/stream-stall.test.ts",
  "test/transports/websocket/floods.test.ts",
];

/** What holds for every file. Not `extends`: it would compile dist once more for each project. */
const everywhere = {
  resolve: {
    // One graphql for the tests and for Yoga's CommonJS build; two copies fail with "another module or realm".
    alias: { graphql: createRequire(import.meta.url).resolve("graphql/index.js") },
  },
  root: fileURLToPath(new URL("..", import.meta.url)),
};
const timeouts = { testTimeout: 20_000, hookTimeout: 60_000 };

export default defineConfig({
  ...everywhere,
  test: {
    globalSetup: ["test/support/build.ts"],
    maxWorkers: 2,
    // What runs in a browser is not counted here.
    coverage: { provider: "v8", include: ["src/**"], exclude: ["src/graphiql/browser/**"], reporter: ["text"] },
    projects: [
      {
        ...everywhere,
        // These files share two processes: what they import is loaded twice, not once a file.
        test: { ...timeouts, name: "shared", include: ["test/**/*.test.ts"], exclude: measuring, isolate: false },
      },
      { ...everywhere, test: { ...timeouts, name: "measuring", include: measuring } },
    ],
  },
});

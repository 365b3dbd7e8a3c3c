// Bundles the command: dist/main.js with the modules that it loads at the start, which halves the time of a start.
// The other files of dist stay as the compiler has written them, for embedding.
import { rm } from "node:fs/promises";
import { build } from "esbuild";
import { builtins } from "./builtins.mjs";

// Names hold a hash of the content, so chunks of an earlier build would stay.
await rm("dist/chunks", { recursive: true, force: true });

await build({
  entryPoints: ["src/main.ts"],
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  // What is imported dynamically is a chunk, and is loaded only when it is needed.
  splitting: true,
  platform: "node",
  target: "node20",
  format: "esm",
  // Its CommonJS build, which is its main one, would be copied for each module that imports it, at every start.
  alias: { graphql: "graphql/index.mjs" },
  plugins: [builtins],
  // Less to read and to compile at each start; names stay, for stacks.
  minifyWhitespace: true,
  minifySyntax: true,
  // Packages that a server does not load at every start: they stay in node_modules. OpenTelemetry's api is not one of them,
  // as prom-client loads it; both copies share one global registry.
  external: [
    "pino-pretty",
    "pngjs",
    "gpt-tokenizer",
    "jose",
    "@opentelemetry/core",
    "@opentelemetry/exporter-*",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-*",
    "@opentelemetry/semantic-conventions",
  ],
  // Bundled CommonJS packages call `require` for Node's own modules; an ES module has none.
  banner: { js: "import { createRequire as c } from 'node:module'; globalThis.require ??= c(import.meta.url);" },
  logLevel: "error",
});

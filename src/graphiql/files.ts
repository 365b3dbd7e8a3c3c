// Builds GraphiQL's files from its bundle: a small page that browsers revalidate, and six files, named by their hash, that
// browsers keep.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import type { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import type * as GraphiQLBundle from "@graphql-yoga/render-graphiql/graphiql";
import { createStartScript } from "./script.ts";
import { graphiqlTabs } from "./tabs.ts";

/** The output of a compressor. */
export type Bytes = Uint8Array<ArrayBuffer>;

/**
 * One file, held as brotli. Its other forms are made for the first client that needs them, and kept: clients that take
 * their time, however many, hold none of their own.
 */
export interface StoredFile {
  type: string;
  cacheControl: string;
  hash: string;
  brotli: Bytes;
  gzip?: Promise<Bytes>;
  identity?: Promise<Bytes>;
}

/** The package exports no type for its options. */
type GraphiQLOptions = NonNullable<Parameters<typeof renderGraphiQL>[0]>;

const pageOptions: GraphiQLOptions = {
  title: "OpenAI GraphQL",
  defaultTabs: [...graphiqlTabs],
  defaultEditorToolsVisibility: "variables",
  additionalHeaders: { "x-graphql-yoga-csrf": "1" },
  // For subscriptions as well: with GET their prompts would be in the URL.
  method: "POST",
  // The headers hold keys. localStorage keeps them only if the user turns that on in GraphiQL's settings.
  shouldPersistHeaders: false,
};

/** Yields the page under "", the other files under their names. Reads the 9 MB bundle and releases it. */
export async function createFiles(endpoint: string): Promise<Map<string, StoredFile>> {
  const files = new Map<string, StoredFile>();
  const bundle = readBundle();
  const add = async (extension: string, type: string, content: string | Buffer) => {
    const file = await storeFile(type, "public, max-age=31536000, immutable", content);
    const name = `graphiql-${file.hash}.${extension}`;
    files.set(name, file);
    // Relative, so that the page works behind a proxy that serves it under another path.
    return `${endpoint.slice(endpoint.lastIndexOf("/") + 1) || "."}/${name}`;
  };
  const [script, style, icon, editorWorkerService, json, graphql] = await Promise.all([
    add("js", "text/javascript; charset=utf-8", createStartScript(bundle.js)),
    // Without this rule, tabs that are there from the start move under the pointer, and the click is lost.
    add("css", "text/css; charset=utf-8", `${bundle.css}\n.graphiql-tab { transform: none !important; }`),
    add("ico", "image/x-icon", Buffer.from(bundle.favicon.slice(bundle.favicon.indexOf(",") + 1), "base64")),
    add("js", "text/javascript; charset=utf-8", bundle.editorWorkerService),
    add("js", "text/javascript; charset=utf-8", bundle.jsonWorker),
    add("js", "text/javascript; charset=utf-8", bundle.graphqlWorker),
  ]);
  const settings = JSON.stringify({ options: pageOptions, workers: { editorWorkerService, json, graphql } });
  const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${pageOptions.title}</title>
<link rel="icon" href="${icon}">
<link rel="stylesheet" href="${style}">
<script id="settings" type="application/json">${settings.replaceAll("<", "\\u003c")}</script>
<script src="${script}" defer></script>
<body class="no-focus-outline"><noscript>GraphiQL needs JavaScript.</noscript><div id="root"></div>
`;
  return files.set("", await storeFile("text/html; charset=utf-8", "no-cache", page));
}

/** By `require`, because a CommonJS module can be removed from the cache; an ES module's 9 MB of strings would stay. */
function readBundle(): typeof GraphiQLBundle {
  const require = createRequire(import.meta.url);
  const path = require.resolve("@graphql-yoga/render-graphiql/graphiql");
  const bundle: typeof GraphiQLBundle = require(path);
  delete require.cache[path];
  return bundle;
}

async function storeFile(type: string, cacheControl: string, content: string | Buffer): Promise<StoredFile> {
  const hash = createHash("sha256").update(content).digest("base64url").slice(0, 16);
  // Quality 5 is 5 % larger than 9 and takes less than half the time.
  const compressed = await promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } });
  return { type, cacheControl, hash, brotli: new Uint8Array(compressed) };
}

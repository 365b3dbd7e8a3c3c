// Reads GraphiQL's files as the build has written them: a small page that browsers revalidate, and its parts, named by
// their hash, that browsers keep. The build is .build/page.mjs.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress } from "node:zlib";

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

/** What the build says of its files: their names. */
interface Manifest {
  main: string;
  style: string;
  icon: string;
  workers: Record<string, string>;
}

const TYPES: Record<string, string> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

/** Yields the page under "", the other files under their names. Rejects if the page has not been built. */
export async function readFiles(endpoint: string): Promise<Map<string, StoredFile>> {
  const directory = findDirectory();
  const manifest: Manifest = JSON.parse(await readFile(join(directory, "page.json"), "utf8"));
  const files = new Map<string, StoredFile>();
  for (const stored of await readdir(directory)) {
    const [, name = "", extension = ""] = /^(graphiql-.*\.(\w+))\.br$/.exec(stored) ?? [];
    const type = TYPES[extension];
    if (!type) continue;
    const cacheControl = "public, max-age=31536000, immutable";
    files.set(name, toFile(type, cacheControl, await readFile(join(directory, stored))));
  }
  const page = await promisify(brotliCompress)(writePage(manifest, endpoint));
  return files.set("", toFile("text/html; charset=utf-8", "no-cache", page));
}

/** Where the build writes: the same for the sources, the compiled files and the bundle. */
function findDirectory(): string {
  const root = dirname(createRequire(import.meta.url).resolve("openai-graphql-server/package.json"));
  return join(root, "dist/page");
}

function writePage({ main, style, icon, workers }: Manifest, endpoint: string): string {
  // Relative, so that the page works behind a proxy that serves it under another path.
  const urlOf = (name: string) => `${endpoint.slice(endpoint.lastIndexOf("/") + 1) || "."}/${name}`;
  const workerUrls = Object.fromEntries(Object.entries(workers).map(([label, name]) => [label, urlOf(name)]));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>OpenAI GraphQL</title>
<link rel="icon" href="${urlOf(icon)}">
<link rel="stylesheet" href="${urlOf(style)}">
<script id="settings" type="application/json">${JSON.stringify({ workers: workerUrls })}</script>
<script src="${urlOf(main)}" type="module"></script>
<body class="no-focus-outline"><noscript>GraphiQL needs JavaScript.</noscript><div id="root"></div>
`;
}

function toFile(type: string, cacheControl: string, compressed: Buffer): StoredFile {
  const hash = createHash("sha256").update(compressed).digest("base64url").slice(0, 16);
  return { type, cacheControl, hash, brotli: new Uint8Array(compressed) };
}

// Bundles GraphiQL's page into dist/page: files named by their hash, as brotli, page.json, which says what each is, and the
// licences of what is in them.
// That takes seconds, so it is done only when something that the page is made of has changed.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { build } from "esbuild";
import { readLicences } from "./licences.mjs";

const SOURCE = "src/graphiql";
const TARGET = "dist/page";

/** The bundles, by the names that page.json gives them. */
const ENTRIES = {
  main: `${SOURCE}/browser/main.tsx`,
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
  graphql: `${SOURCE}/browser/graphql-worker.ts`,
};

/** Monaco's style is a part of GraphiQL's, so what its modules import is left out. */
const oneStyle = {
  name: "one-style",
  setup(build) {
    build.onLoad({ filter: /monaco-editor.*\.css$/ }, () => ({ contents: "", loader: "css" }));
  },
};

const made = await hashOfSources();
if ((await readManifest())?.made !== made) await writePage();

/** Of all that the page is made of: its sources, this file, and the versions of the packages. */
async function hashOfSources() {
  const names = (await readdir(SOURCE, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const hash = createHash("sha256");
  for (const path of [...paths, ".build/page.mjs", ".build/licences.mjs", "package-lock.json"]) {
    hash.update(`${path}\n`).update(await readFile(path).catch(() => ""));
  }
  return hash.digest("hex");
}

async function readManifest() {
  try {
    return JSON.parse(await readFile(`${TARGET}/page.json`, "utf8"));
  } catch {
    return undefined;
  }
}

async function writePage() {
  const { outputFiles, metafile } = await build({
    entryPoints: [...Object.values(ENTRIES), `${SOURCE}/browser/icon.svg`],
    outdir: TARGET,
    entryNames: "graphiql-[hash]",
    chunkNames: "graphiql-[hash]",
    assetNames: "graphiql-[hash]",
    bundle: true,
    // The page and its workers share what they have in common; what prettifies is loaded when it is needed.
    splitting: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    jsx: "automatic",
    minify: true,
    metafile: true,
    write: false,
    define: { "process.env.NODE_ENV": '"production"' },
    loader: { ".ttf": "dataurl", ".svg": "copy" },
    plugins: [oneStyle],
    logLevel: "error",
  });
  const outputs = Object.entries(metafile.outputs);
  const nameOf = (path) => outputs.find(([, { entryPoint }]) => entryPoint?.endsWith(path))?.[0];
  const main = nameOf(ENTRIES.main);
  const manifest = {
    made,
    main: basename(main),
    style: basename(metafile.outputs[main].cssBundle),
    icon: basename(outputs.find(([name]) => name.endsWith(".svg"))[0]),
    workers: Object.fromEntries(["editor", "json", "graphql"].map((name) => [name, basename(nameOf(ENTRIES[name]))])),
  };
  // The manifest goes first and comes last: a build that was cut short is made again.
  await rm(TARGET, { recursive: true, force: true });
  await mkdir(TARGET, { recursive: true });
  await Promise.all(
    outputFiles.map(async ({ path, contents }) => {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length };
      await writeFile(`${path}.br`, await promisify(brotliCompress)(contents, { params }));
    }),
  );
  await writeFile(`${TARGET}/licences.txt`, await readLicences(Object.keys(metafile.inputs)));
  await writeFile(`${TARGET}/page.json`, JSON.stringify(manifest));
}

// The order of the folders in src: a folder imports only folders that stand below it, type-only imports included.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** Every folder of src, from the top of the house down, with the packages that no file in it may import. */
const FOLDERS: readonly [folder: string, forbidden?: RegExp][] = [
  [""],
  ["process"],
  ["app"],
  ["config"],
  ["transports"],
  ["transports/websocket"],
  ["transports/shared"],
  ["edge", /^(?:graphql-yoga|@pothos\/core)$/],
  ["graphiql/browser", /^(?:node:.*|graphql-yoga|@pothos\/core|undici)$/],
  ["graphiql/browser/reading", /^(?:node:.*|graphql-yoga|@pothos\/core|undici)$/],
  ["graphiql/browser/media", /^(?:node:.*|graphql-yoga|@pothos\/core|undici)$/],
  ["graphiql/browser/uploads", /^(?:node:.*|graphql-yoga|@pothos\/core|undici)$/],
  ["graphiql/browser/operations", /^(?:node:.*|graphql-yoga|@pothos\/core|undici)$/],
  ["graphiql/browser/headers", /^(?:node:.*|graphql-yoga|@pothos\/core|undici)$/],
  ["graphiql", /^(?:graphql-yoga|@pothos\/core)$/],
  ["request", /^@pothos\/core$/],
  ["execution", /^(?:node:http|@pothos\/core|graphql-yoga)$/],
  ["execution/replays", /^(?:node:http|@pothos\/core|graphql-yoga)$/],
  ["execution/plan", /^(?:node:.*|@pothos\/core|graphql-yoga)$/],
  ["telemetry", /^(?:graphql|graphql-yoga|@pothos\/core)$/],
  ["media", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["limits", /^(?:graphql-yoga|@pothos\/core|graphql-upload-minimal)$/],
  ["limits/counting", /^(?:graphql.*|@pothos\/core)$/],
  ["callers", /^(?:graphql-yoga|@pothos\/core|graphql-upload-minimal)$/],
  ["storage", /^(?:graphql.*|@pothos\/core|undici|node:.*)$/],
  ["http", /^(?:graphql-yoga|@pothos\/core)$/],
  ["http/fetch", /^(?:graphql.*|@pothos\/core)$/],
  ["schema", /^(?:undici|node:.*)$/],
  ["schema/audio", /^(?:undici|node:.*)$/],
  ["schema/chat", /^(?:undici|node:.*)$/],
  ["schema/completions", /^(?:undici|node:.*)$/],
  ["schema/embeddings", /^(?:undici|node:.*)$/],
  ["schema/images", /^(?:undici|node:.*)$/],
  ["schema/moderations", /^(?:undici|node:.*)$/],
  ["schema/files", /^(?:undici|node:.*)$/],
  ["schema/shared", /^(?:undici|node:.*)$/],
  ["errors", /^(?:graphql-yoga|@pothos\/core|undici)$/],
  ["openai/audio", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/images", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/embeddings", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/moderations", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai", /^(?:graphql.*|@pothos\/core)$/],
  ["openai/joining", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/dialects", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/client", /^(?:graphql.*|@pothos\/core)$/],
  ["openai/client/bytes", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/client/connections", /^(?:graphql.*|@pothos\/core)$/],
  ["openai/client/events", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/client/failures", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["openai/client/uploads", /^(?:graphql.*|@pothos\/core)$/],
  ["openai/client/secrets", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox/audio", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox/chat", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox/completions", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox/embeddings", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox/moderations", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox/images", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["sandbox/shared", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["files", /^(?:graphql.*|@pothos\/core|undici)$/],
  ["json", /^(?:graphql.*|@pothos\/core|undici|node:.*)$/],
];

/** The only files that may import the sandbox, which everything else reaches over HTTP. */
const OPENS_SANDBOX = /^(?:main\.ts|sandbox\/.*)$/;

const order = FOLDERS.map(([folder]) => folder);
const folderOf = (file: string) => dirname(file).replace(/^\.$/, "");
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));

/** What each file imports, own files as paths below src. */
const imports = new Map(
  files.map((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
    const found = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(([, name = ""]) => name);
    return [file, found.map((name) => (name.startsWith(".") ? relative(SRC, join(SRC, dirname(file), name)) : name))];
  }),
);

test("every folder of src has its place in the order", () => {
  expect([...new Set(files.map(folderOf))].sort()).toEqual([...order].sort());
});

test.each(FOLDERS)("%s imports only what stands below it", (folder, forbidden) => {
  const place = order.indexOf(folder);
  const wrong = files
    .filter((file) => folderOf(file) === folder)
    .flatMap((file) =>
      (imports.get(file) ?? []).filter((name) => isWrong(file, name)).map((name) => `${file} imports ${name}`),
    );
  expect(wrong).toEqual([]);

  function isWrong(file: string, name: string): boolean {
    if (!files.includes(name)) return forbidden?.test(name) ?? false;
    if (name.startsWith("sandbox/") && !OPENS_SANDBOX.test(file)) return true;
    return order.indexOf(folderOf(name)) < place;
  }
});

test("no file imports itself by way of others", () => {
  const done = new Set<string>();
  const circles: string[] = [];
  function follow(file: string, way: readonly string[]): void {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(" > "));
    if (way.includes(file) || done.has(file)) return;
    for (const name of imports.get(file) ?? []) if (imports.has(name)) follow(name, [...way, file]);
    done.add(file);
  }
  for (const file of files) follow(file, []);
  expect(circles).toEqual([]);
});

test("files are short and folders are small", () => {
  const lines = (file: string) => readFileSync(join(SRC, file), "utf8").split("\n").length - 1;
  expect(files.filter((file) => lines(file) > 200)).toEqual([]);
  const total = files.reduce((sum, file) => sum + lines(file), 0);
  const large = order.filter((folder) => {
    const own = files.filter((file) => folderOf(file) === folder);
    return own.length > 15 || own.reduce((sum, file) => sum + lines(file), 0) > 0.13 * total;
  });
  expect(large).toEqual([]);
});
